/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The UART of QEMU's mps2-an385: what a reader of the guide would write. */
#include "../cpu.h"
#include "../uart.h"

#define DATA REG32(base)
#define STATE REG32(base + 0x04)
#define CONTROL REG32(base + 0x08)
#define INTERRUPTS REG32(base + 0x0c)
#define DIVISOR REG32(base + 0x10)

#define TX_FULL (1u << 0)
#define RX_FULL (1u << 1)
#define BOTH_ENABLE (3u << 0)
#define TX_INTERRUPT (1u << 2)
#define RX_INTERRUPT (1u << 3)
#define ALL_INTERRUPTS 15u

/* Its interrupt for what has gone has a number of its own, 1. */
void device_open(uintptr_t base, uint32_t divisor)
{
	DIVISOR = divisor;
	CONTROL = BOTH_ENABLE;
	nvic_enable(1);
}

bool device_has_byte(uintptr_t base)
{
	return STATE & RX_FULL;
}

uint8_t device_take(uintptr_t base)
{
	return (uint8_t)DATA;
}

bool device_has_room(uintptr_t base)
{
	return !(STATE & TX_FULL);
}

void device_give(uintptr_t base, uint8_t byte)
{
	DATA = byte;
}

void device_acknowledge(uintptr_t base)
{
	INTERRUPTS = ALL_INTERRUPTS;
}

void device_ask(uintptr_t base, bool byte, bool room)
{
	CONTROL = BOTH_ENABLE | (byte ? RX_INTERRUPT : 0) | (room ? TX_INTERRUPT : 0);
}
