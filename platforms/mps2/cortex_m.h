/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The processor: what of ARMv7-M this platform uses. Names are those of its manual. */
#ifndef MPS2_CORTEX_M_H
#define MPS2_CORTEX_M_H

#include <stdint.h>

#define REG32(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* Interrupts of devices come behind the processor's own exceptions. */
#define FIRST_IRQ 16
#define IRQS 32

#define NVIC_ISER REG32(0xe000e100) /* irqs 0 to 31: enable */
#define NVIC_ICER REG32(0xe000e180) /* disable */
#define NVIC_ISPR REG32(0xe000e200) /* set pending */

#define SCB_CCR REG32(0xe000ed14)
#define SCB_SHCSR REG32(0xe000ed24)
#define SCB_CFSR REG32(0xe000ed28)
#define SCB_HFSR REG32(0xe000ed2c)
#define SCB_MMFAR REG32(0xe000ed34)
#define SCB_BFAR REG32(0xe000ed38)

#define CCR_DIV_0_TRP (1u << 4)
#define SHCSR_MEMFAULT (1u << 16)
#define SHCSR_BUSFAULT (1u << 17)
#define SHCSR_USGFAULT (1u << 18)
#define CFSR_MSTKERR (1u << 4)
#define CFSR_MMARVALID (1u << 7)
#define CFSR_UNSTKERR (1u << 11)
#define CFSR_STKERR (1u << 12)
#define CFSR_BFARVALID (1u << 15)

#define MPU_TYPE REG32(0xe000ed90)
#define MPU_CTRL REG32(0xe000ed94)
#define MPU_RBAR REG32(0xe000ed9c)
#define MPU_RASR REG32(0xe000eda0)

#define MPU_CTRL_ENABLE (1u << 0)
#define MPU_CTRL_PRIVDEFENA (1u << 2) /* where no region is, the usual map holds */
#define MPU_RBAR_VALID (1u << 4)      /* the region's number is in the low bits */
#define MPU_RASR_ENABLE (1u << 0)
#define MPU_RASR_SIZE(log2) (((log2)-1u) << 1)
#define MPU_RASR_XN (1u << 28)
#define MPU_RASR_NO_ACCESS (0u << 24)
#define MPU_RASR_READ_WRITE (3u << 24)
#define MPU_RASR_READ_ONLY (6u << 24)
#define MPU_RASR_NORMAL (2u << 16) /* memory that is written through, not shared */

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

/* What was stored before has reached the processor's own devices and is in force. */
static inline void cpu_settle(void)
{
	__asm volatile("dsb\n\tisb" ::: "memory");
}

/* The number of the exception that runs; 0: none. */
static inline uint32_t cpu_exception(void)
{
	uint32_t number;

	__asm volatile("mrs %0, ipsr" : "=r"(number));
	return number & 0x1ff;
}

static inline void nvic_enable(unsigned irq)
{
	NVIC_ISER = 1u << irq;
}

/* The interrupt comes as soon as it may: before this returns, in task context. */
static inline void nvic_pend(unsigned irq)
{
	NVIC_ISPR = 1u << irq;
	cpu_settle();
}

#endif
