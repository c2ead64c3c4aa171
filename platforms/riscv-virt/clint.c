/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <mnemos/timer.h>
#include "clint.h"
#include "cpu.h"

/* Registers of 64 bits, in halves where a processor of 32 bits has to do the same. */
#define COMPARE 0x4000
#define COUNT 0xbff8
#define HIGH 4

static volatile uint32_t *at(const struct clint *clint, uintptr_t offset)
{
	return cpu_register(clint->base + offset);
}

uint64_t clint_count(const struct clint *clint)
{
	uint32_t high, low;

	if (sizeof(uintptr_t) == sizeof(uint64_t)) /* in one piece */
		return *(volatile uint64_t *)(clint->base + COUNT);
	do {
		high = *at(clint, COUNT + HIGH);
		low = *at(clint, COUNT);
	} while (high != *at(clint, COUNT + HIGH));
	return (uint64_t)high << 32 | low;
}

uint64_t clint_now_us(const struct clint *clint)
{
	return clint_count(clint) / clint->mhz;
}

/* The high half is at its most while the low one changes: no earlier deadline in between. */
static void compare(const struct clint *clint, uint64_t count)
{
	*at(clint, COMPARE + HIGH) = UINT32_MAX;
	*at(clint, COMPARE) = (uint32_t)count;
	*at(clint, COMPARE + HIGH) = (uint32_t)(count >> 32);
}

void clint_open(struct clint *clint, const struct mn_config_clint *config)
{
	*clint = (struct clint){.base = config->base, .mhz = config->mhz, .armed_us = MN_NEVER};
	compare(clint, UINT64_MAX);
}

void clint_arm(struct clint *clint, uint64_t deadline_us)
{
	if (deadline_us == clint->armed_us)
		return;
	clint->armed_us = deadline_us;
	compare(clint,
		deadline_us > UINT64_MAX / clint->mhz ? UINT64_MAX : deadline_us * clint->mhz);
}
