/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <mnemos/drivers/storm.h>
#include <mnemos/platform.h>

#define MN_LOG_TARGET "drivers::storm"

static void tell(struct mn_storms *storms, struct mn_kernel *kernel)
{
	struct mn_kernel *const outer = mn_running;

	mn_running = kernel; /* whose log it is */
	mn_warn("interrupt %u never ends: masked for 1 s", (unsigned)storms->irq);
	mn_running = outer;
}

bool mn_storm_excuse(struct mn_storms *storms, struct mn_storm_source *source,
		     const _Atomic uint32_t *moved, uint32_t *moved_before)
{
	const uint32_t now = atomic_load_explicit(moved, memory_order_relaxed);

	if (now == *moved_before)
		return false;
	*moved_before = now;
	storms->count--;
	source->count = 0;
	return true;
}

bool mn_storm_turn(struct mn_storms *storms, struct mn_kernel *kernel, uint64_t *deadline_us)
{
	const uint32_t count = storms->count;

	storms->turn++;
	if (storms->told == count && !storms->masked)
		return false;
	const uint64_t now_us = mn_platform_now_us(kernel);

	if (storms->told != count) {
		storms->told = count;
		storms->masked = true;
		storms->until_us = now_us + MN_STORM_PAUSE_US;
		tell(storms, kernel);
	}
	if (*deadline_us > storms->until_us)
		*deadline_us = storms->until_us;
	storms->masked = now_us < storms->until_us;
	return !storms->masked;
}
