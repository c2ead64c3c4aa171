/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <mnemos/panic.h>
#include <mnemos/timer.h>
#include <mnemos/watchdog.h>
#include "clock.h"
#include "cortex_m.h"

/* Registers of one half of the timer, which counts down. */
struct half {
	volatile uint32_t load, value, control, clear, raw, masked, background, unused;
};

/* In `control`. */
#define ONE_SHOT (1u << 0)
#define BITS_32 (1u << 1)
#define INTERRUPT (1u << 5)
#define RELOADS (1u << 6)
#define ENABLE (1u << 7)

/* Cycles of the longest alarm: half a round of the counter. */
#define LONGEST 0x7fffffffu

static struct {
	struct half *counter, *alarm;
	uint32_t cycles_per_us;
	uint32_t last; /* value of the counter, when now_us was right */
	uint32_t rest; /* cycles since then that are no whole microsecond */
	uint64_t now_us;
} self;

void clock_open(uintptr_t base, uint32_t hz)
{
	if (hz % 1000000 != 0)
		MN_PANIC("platform.clock_hz is not a multiple of 1 MHz");
	self.counter = (struct half *)base;
	self.alarm = self.counter + 1;
	self.cycles_per_us = hz / 1000000;
	self.counter->control = 0;
	self.counter->load = UINT32_MAX;
	self.counter->control = BITS_32 | ENABLE;
	self.last = self.counter->value;
	/* RELOADS: else QEMU's timer does not start again when `load` is set after its end. */
	self.alarm->control = ONE_SHOT | RELOADS | BITS_32 | INTERRUPT | ENABLE;
	self.alarm->load = LONGEST;
}

/* With interrupts held back. No 64-bit division: what has passed fits 32 bits. */
static void update(void)
{
	const uint32_t value = self.counter->value;
	const uint32_t passed = self.last - value + self.rest;

	self.last = value;
	self.now_us += passed / self.cycles_per_us;
	self.rest = passed % self.cycles_per_us;
}

uint64_t clock_now_us(void)
{
	const uint32_t before = cpu_hold();
	uint64_t now_us;

	update();
	now_us = self.now_us;
	cpu_restore(before);
	return now_us;
}

uint64_t clock_now_cycles(void)
{
	const uint32_t before = cpu_hold();
	uint64_t cycles;

	update();
	cycles = self.now_us * self.cycles_per_us + self.rest;
	cpu_restore(before);
	return cycles;
}

static void set(uint64_t in_us)
{
	const uint32_t most_us = LONGEST / self.cycles_per_us;
	const uint32_t us = in_us < most_us ? (uint32_t)in_us : most_us;

	self.alarm->load = us * self.cycles_per_us - self.rest;
}

/* `rest` is less than a microsecond, so the alarm is at least one cycle ahead. */
bool clock_alarm(uint64_t deadline_us)
{
	const uint32_t before = cpu_hold();
	bool ahead;

	update();
	ahead = deadline_us > self.now_us;
	if (ahead)
		set(deadline_us - self.now_us);
	cpu_restore(before);
	return ahead;
}

void clock_watch(void)
{
	clock_alarm(clock_now_us() + MN_WATCHDOG_MS * 1000);
}

void clock_interrupt(void)
{
	self.alarm->clear = 1;
	clock_watch();
}
