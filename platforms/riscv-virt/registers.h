/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What C and assembly agree on: the order of a trap frame, and how wide a register is. */
#ifndef RISCV_VIRT_REGISTERS_H
#define RISCV_VIRT_REGISTERS_H

#if __riscv_xlen == 64
#define REGISTER_SIZE 8
#define STORE sd
#define LOAD ld
#else
#define REGISTER_SIZE 4
#define STORE sw
#define LOAD lw
#endif

/* x0 .. x31, with pc in the place of x0; a multiple of 16, as sp has to be. */
#define TRAP_FRAME_SIZE (32 * REGISTER_SIZE)

/* The numbers of the interrupts of the timer and of all devices. */
#define TIMER 7
#define EXTERNAL 11

/* What unused stack is filled with. */
#define STACK_PAINT 0x57ac57ac

#endif
