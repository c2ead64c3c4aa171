/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The timer: a counter, and one deadline at which it interrupts. It makes no tick: between two
 * deadlines nothing happens.
 */
#ifndef RISCV_VIRT_CLINT_H
#define RISCV_VIRT_CLINT_H

#include <mnemos/config.h>

struct clint {
	uintptr_t base;
	uint32_t mhz;
	uint64_t armed_us; /* the deadline that is set */
};

/* Starts with no deadline. */
void clint_open(struct clint *clint, const struct mn_config_clint *config);

/* Counts since reset. */
uint64_t clint_count(const struct clint *clint);

/* Microseconds since reset. */
uint64_t clint_now_us(const struct clint *clint);

/* Interrupts from `deadline_us` on, until another is set; MN_NEVER: not at all. */
void clint_arm(struct clint *clint, uint64_t deadline_us);

#endif
