/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The processor's control and status registers, and device registers. */
#ifndef RISCV_VIRT_CPU_H
#define RISCV_VIRT_CPU_H

#include <stdint.h>

#define MSTATUS_MIE 0x8u /* interrupts are taken */
#define MIE_TIMER 0x80u
#define MIE_EXTERNAL 0x800u

#define CPU_READ(csr)                                              \
	({                                                         \
		uintptr_t value_;                                  \
		__asm__ volatile("csrr %0, " #csr : "=r"(value_)); \
		value_;                                            \
	})
#define CPU_WRITE(csr, value) \
	__asm__ volatile("csrw " #csr ", %0" ::"rK"((uintptr_t)(value)) : "memory")
#define CPU_SET(csr, bits) \
	__asm__ volatile("csrs " #csr ", %0" ::"rK"((uintptr_t)(bits)) : "memory")
#define CPU_CLEAR(csr, bits) \
	__asm__ volatile("csrc " #csr ", %0" ::"rK"((uintptr_t)(bits)) : "memory")

/* A device register at an address. */
static inline volatile uint32_t *cpu_register(uintptr_t address)
{
	return (volatile uint32_t *)address;
}

#endif
