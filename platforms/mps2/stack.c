/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cortex_m.h"
#include "stack.h"

#define PAINT 0xa5a5a5a5u

/* Addresses that are denied. A region's size is a power of two, its start a multiple of it. */
#define NULL_SIZE 7u   /* log2: the vectors lie there, which the processor itself may read */
#define BELOW_SIZE 12u /* there is no memory, so it costs none */
#define BELOW_RAM (0x20000000u - (1u << BELOW_SIZE))
#define INNER_SIZE 5u

/*
 * Runs on the stack that it paints, and so must not use it: the compiler has registers enough
 * for two pointers, though not for counting coverage too. The few words at the top are used by
 * now anyway.
 */
__attribute__((used, no_profile_instrument_function)) void stack_paint(void)
{
	volatile uint32_t *at = (volatile uint32_t *)(void *)task_stack;
	volatile uint32_t *const end = (volatile uint32_t *)(void *)handler_stack_end;

	while (at < end)
		*at++ = PAINT;
}

static void region(uint32_t number, uintptr_t base, uint32_t size_log2, uint32_t access)
{
	MPU_RBAR = (uint32_t)base | MPU_RBAR_VALID | number;
	MPU_RASR = access | MPU_RASR_NORMAL | MPU_RASR_SIZE(size_log2) | MPU_RASR_ENABLE;
}

/* Of two regions the one with the higher number counts. */
void stack_guard(void)
{
	if (MPU_TYPE == 0) /* a processor without */
		return;
	region(0, 0x00000000, 29, MPU_RASR_READ_ONLY);
	region(1, 0x20000000, 29, MPU_RASR_READ_WRITE | MPU_RASR_XN);
	region(2, 0, NULL_SIZE, MPU_RASR_NO_ACCESS | MPU_RASR_XN);
	region(3, BELOW_RAM, BELOW_SIZE, MPU_RASR_NO_ACCESS | MPU_RASR_XN);
	region(4, (uintptr_t)handler_stack, INNER_SIZE, MPU_RASR_NO_ACCESS | MPU_RASR_XN);
	MPU_CTRL = MPU_CTRL_ENABLE | MPU_CTRL_PRIVDEFENA;
	cpu_settle();
}

size_t stack_high_water(const uint8_t *begin, const uint8_t *end)
{
	const uint8_t *at = begin;

	if (begin == handler_stack)
		at += 1u << INNER_SIZE;
	while (at < end && *(const uint32_t *)(const void *)at == PAINT)
		at += sizeof(uint32_t);
	return (size_t)(end - at);
}

bool stack_is_guard(uintptr_t address)
{
	return address - BELOW_RAM < 1u << BELOW_SIZE ||
	       address - (uintptr_t)handler_stack < 1u << INNER_SIZE;
}

bool stack_is_null(uintptr_t address)
{
	return address < 1u << NULL_SIZE;
}
