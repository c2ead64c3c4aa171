/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From reset to main() on a Cortex-M: the vectors, and memory as C expects it. For another
 * processor see platforms/riscv-virt/start.S.
 */
#include <string.h>
#include "board.h"
#include "clock.h"
#include "cpu.h"

/* Of the linker script. */
extern uint8_t data_start[], data_end[], bss_start[], bss_end[], stack_end[];
extern const uint8_t data_image[];

int main(void);
_Noreturn void reset(void);

void reset(void)
{
	memcpy(data_start, data_image, (size_t)(data_end - data_start));
	memset(bss_start, 0, (size_t)(bss_end - bss_start));
	main();
	__builtin_unreachable();
}

/* In the order of the architecture. */
__attribute__((section(".vectors"), used)) static void (*const vectors[FIRST_IRQ + IRQS])(void) = {
	[0] = (void (*)(void))(uintptr_t)stack_end, /* not a vector: the stack at reset */
	[1] = reset,
	[2 ... 14] = board_fault,
	[15] = clock_interrupt,
	[FIRST_IRQ... FIRST_IRQ + IRQS - 1] = board_interrupt,
};
