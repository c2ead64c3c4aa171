/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cpu.h"
#include "registers.h"
#include "stack.h"

/* Of memory.ld. */
extern char mem_code[], mem_code_end[], mem_guard[], mem_stack[], mem_stack_end[];

#define GUARD_SIZE ((uintptr_t)4096)

/* A PMP entry's byte: what is allowed, where the address lies, and that it is for us too. */
#define PMP_READ 0x01u
#define PMP_EXECUTE 0x04u
#define PMP_UP_TO_HERE 0x08u /* from the entry before */
#define PMP_POWER_OF_2 0x18u
#define PMP_LOCKED 0x80u

void stack_guard(void)
{
	CPU_WRITE(pmpaddr0, ((uintptr_t)mem_guard | (GUARD_SIZE / 2 - 1)) >> 2);
	CPU_WRITE(pmpaddr1, (uintptr_t)mem_code >> 2);
	CPU_WRITE(pmpaddr2, (uintptr_t)mem_code_end >> 2);
	CPU_WRITE(pmpcfg0, (PMP_LOCKED | PMP_POWER_OF_2) |
				   (PMP_LOCKED | PMP_UP_TO_HERE | PMP_READ | PMP_EXECUTE) << 16);
}

bool stack_guards(uintptr_t address)
{
	return address - (uintptr_t)mem_guard < GUARD_SIZE;
}

size_t stack_size(void)
{
	return (size_t)(mem_stack_end - mem_stack);
}

/* start.S has painted it. */
size_t stack_high_water(void)
{
	const uint32_t *at = (const uint32_t *)(const void *)mem_stack;
	const uint32_t *end = (const uint32_t *)(const void *)mem_stack_end;

	while (at < end && *at == STACK_PAINT)
		at++;
	return (size_t)((const char *)end - (const char *)at);
}
