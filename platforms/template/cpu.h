/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The processor: a Cortex-M3 or later. Names of registers are those of its manual. */
#ifndef TEMPLATE_CPU_H
#define TEMPLATE_CPU_H

#include <stdint.h>

#define REG32(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* FILL IN: interrupts of devices that the chip has, which come behind the processor's own. */
#define FIRST_IRQ 16
#define IRQS 96

#define SYST_CSR REG32(0xe000e010)
#define SYST_RVR REG32(0xe000e014)
#define SYST_CVR REG32(0xe000e018)
#define NVIC_ISER(n) REG32(0xe000e100 + 4 * (n))
#define SCB_ICSR REG32(0xe000ed04)

#define SYST_CSR_ENABLE (1u << 0)
#define SYST_CSR_INTERRUPT (1u << 1)
#define SYST_CSR_PROCESSOR_CLOCK (1u << 2)
#define ICSR_SYSTICK_PENDING (1u << 26)

/* Holds interrupts back; returns how it was before, for cpu_restore. */
static inline uint32_t cpu_hold(void)
{
	uint32_t before;

	__asm volatile("mrs %0, primask\n\tcpsid i" : "=r"(before)::"memory");
	return before;
}

static inline void cpu_restore(uint32_t before)
{
	__asm volatile("msr primask, %0\n\tisb" ::"r"(before) : "memory");
}

/* Sleeps until an interrupt is pending, also while interrupts are held back. */
static inline void cpu_sleep(void)
{
	__asm volatile("dsb\n\twfi" ::: "memory");
}

/* Which device's interrupt is being handled. */
static inline unsigned cpu_irq(void)
{
	uint32_t exception;

	__asm volatile("mrs %0, ipsr" : "=r"(exception));
	return (exception & 0x1ff) - FIRST_IRQ;
}

static inline void nvic_enable(unsigned irq)
{
	NVIC_ISER(irq / 32) = 1u << irq % 32;
}

#endif
