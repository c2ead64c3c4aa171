/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "clint.h"
#include "cpu.h"

/* Registers of 64 bits. */
#define COMPARE 0x4000
#define COUNT 0xbff8

void clint_open(struct clint *clint, const struct mn_config_clint *config)
{
	*clint = (struct clint){
		.count = cpu_register(config->base + COUNT),
		.compare = cpu_register(config->base + COMPARE),
		.mhz = config->mhz,
	};
	clint_compare(clint, UINT64_MAX);
}

void clint_arm(const struct clint *clint, uint64_t deadline_us)
{
	clint_compare(clint, deadline_us > UINT64_MAX / clint->mhz ? UINT64_MAX
								   : deadline_us * clint->mhz);
}
