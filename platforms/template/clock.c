/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <mnemos/panic.h>
#include <mnemos/watchdog.h>
#include "board.h"
#include "clock.h"
#include "cpu.h"

static struct {
	uint32_t cycles_per_us;
	uint64_t ms_us;  /* microseconds of whole milliseconds */
	uint64_t now_us; /* said last */
} self;

void clock_open(uint32_t hz)
{
	if (hz == 0 || hz % 1000000 != 0)
		MN_PANIC("platform.clock_hz is not a multiple of 1 MHz");
	self.cycles_per_us = hz / 1000000;
	SYST_RVR = hz / 1000 - 1;
	SYST_CVR = 0;
	SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_INTERRUPT | SYST_CSR_PROCESSOR_CLOCK;
}

/*
 * A pending interrupt means that the timer has begun anew: the count is read after it, as the
 * one before may be of either round. In the moment between, the count alone would go back.
 */
uint64_t clock_now_us(void)
{
	const uint32_t before = cpu_hold();
	uint32_t left = SYST_CVR;
	uint64_t now_us = self.ms_us;

	if (SCB_ICSR & ICSR_SYSTICK_PENDING) {
		left = SYST_CVR;
		now_us += 1000;
	}
	if (self.cycles_per_us) /* else it is not open: a panic at the start */
		now_us += (SYST_RVR - left) / self.cycles_per_us;
	if (now_us > self.now_us)
		self.now_us = now_us;
	now_us = self.now_us;
	cpu_restore(before);
	return now_us;
}

void clock_interrupt(void)
{
	self.ms_us += 1000;
	if (self.ms_us % (MN_WATCHDOG_MS * 1000) == 0)
		board_look();
	if (board.config->platform.uart.enabled && board.config->platform.uart.polled)
		uart_interrupt(&board.uart);
}
