/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* FILL IN: the UART of your board, from its data sheet. See uart.h; this one is deaf and dumb. */
#include "uart.h"

/* FILL IN: speed, eight bits, no parity; enable sender and receiver. */
void device_open(uintptr_t base, uint32_t divisor)
{
	(void)base;
	(void)divisor;
}

/* FILL IN: a bit of a status register. */
bool device_has_byte(uintptr_t base)
{
	(void)base;
	return false;
}

/* FILL IN: read the data register. */
uint8_t device_take(uintptr_t base)
{
	(void)base;
	return 0;
}

/* FILL IN: another bit of a status register. */
bool device_has_room(uintptr_t base)
{
	(void)base;
	return true;
}

/* FILL IN: write the data register. */
void device_give(uintptr_t base, uint8_t byte)
{
	(void)base;
	(void)byte;
}

/* FILL IN, if the device has a register in which interrupts are cleared. */
void device_acknowledge(uintptr_t base)
{
	(void)base;
}

/* FILL IN, before you set `polled = false`: two bits of an interrupt enable register. */
void device_ask(uintptr_t base, bool byte, bool room)
{
	(void)base;
	(void)byte;
	(void)room;
}
