/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The timer: a counter, and one deadline at which it interrupts. It makes no tick: between two
 * deadlines nothing happens.
 */
#ifndef RISCV_VIRT_CLINT_H
#define RISCV_VIRT_CLINT_H

#include <mnemos/config.h>

struct clint {
	volatile uint32_t *count, *compare; /* registers, of 64 bits: low half first */
	uint32_t mhz;
};

/* Starts with no deadline. */
void clint_open(struct clint *clint, const struct mn_config_clint *config);

/* Counts since reset. In halves where the processor has 32 bits: both of one moment. */
static inline uint64_t clint_count(const struct clint *clint)
{
	const volatile uint32_t *const count = clint->count;
	uint32_t high, low;

	if (sizeof(uintptr_t) == sizeof(uint64_t))
		return *(const volatile uint64_t *)(uintptr_t)count;
	do {
		high = count[1];
		low = count[0];
	} while (high != count[1]);
	return (uint64_t)high << 32 | low;
}

/* Microseconds since reset. */
static inline uint64_t clint_now_us(const struct clint *clint)
{
	return clint_count(clint) / clint->mhz;
}

/*
 * Interrupts from `count` on. In halves, the high one is at its most while the low one changes: no
 * earlier deadline in between.
 */
static inline void clint_compare(const struct clint *clint, uint64_t count)
{
	volatile uint32_t *const compare = clint->compare;

	if (sizeof(uintptr_t) == sizeof(uint64_t)) {
		*(volatile uint64_t *)(uintptr_t)compare = count;
		return;
	}
	compare[1] = UINT32_MAX;
	compare[0] = (uint32_t)count;
	compare[1] = (uint32_t)(count >> 32);
}

/* The same, from so many counts on that are to come: soon, and so a few instructions. */
static inline void clint_arm_in(const struct clint *clint, uint32_t counts)
{
	clint_compare(clint, clint_count(clint) + counts);
}

/* Interrupts from `deadline_us` on, until another is set; MN_NEVER: not at all. */
void clint_arm(const struct clint *clint, uint64_t deadline_us);

#endif
