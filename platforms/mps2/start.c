/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From reset to main(): the vectors, two stacks, and memory as C expects it.
 *
 * Tasks run on one stack (PSP), handlers on another (MSP), so that a handler can still report
 * when a task has used up its own.
 */
#include <string.h>
#include "cortex_m.h"
#include "fault.h"
#include "interrupts.h"
#include "stack.h"

/* Of the linker script. */
extern uint8_t data_start[], data_end[];
extern uint32_t bss_start[], bss_end[];
extern const uint8_t data_image[];

int main(void);
_Noreturn void reset(void);

static _Noreturn __attribute__((used)) void start(void)
{
	memcpy(data_start, data_image, (size_t)(data_end - data_start));
	for (volatile uint32_t *word = bss_start; word < bss_end; word++)
		*word = 0; /* not memset, which goes byte by byte */
	fault_enable();
	stack_guard();
	main();
	__builtin_unreachable();
}

/* Naked, because it changes the stack below its feet. CONTROL.SPSEL is bit 1. */
__attribute__((naked)) void reset(void)
{
	__asm volatile("ldr r0, =task_stack_end\n\t"
		       "msr psp, r0\n\t"
		       "movs r0, #2\n\t"
		       "msr control, r0\n\t"
		       "isb\n\t"
		       "bl stack_paint\n\t"
		       "b start");
}

/* In the order of the architecture; what should never come is a fault, too. */
__attribute__((section(".vectors"), used)) static void (*const vectors[FIRST_IRQ + IRQS])(void) = {
	[0] = (void (*)(void))(uintptr_t)handler_stack_end, /* not a vector: MSP at reset */
	[1] = reset,
	[2 ... 6] = fault,   /* NMI, HardFault, MemManage, BusFault, UsageFault */
	[11 ... 15] = fault, /* SVCall, DebugMonitor, one that does not exist, PendSV, SysTick */
	[FIRST_IRQ... FIRST_IRQ + IRQS - 1] = interrupt,
};
