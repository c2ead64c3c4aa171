/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From reset to main, and every trap.
 *
 * mscratch holds the top of the trap stack while main runs and 0 while a trap is handled, so a
 * trap in the handler is told from all others.
 */
#include "registers.h"

	.section	.start, "ax"
	.globl start
start:
	csrw	mie, zero
	csrr	t0, mhartid
	bnez	t0, park		/* one hart is enough for one executor */
	.option	push
	.option	norelax
	la	gp, __global_pointer$
	.option	pop
	la	tp, mem_tls
	la	sp, mem_stack_end
	la	t0, trap
	csrw	mtvec, t0
	la	t0, mem_trap_stack_end
	csrw	mscratch, t0

	la	t0, mem_bss
	la	t1, mem_bss_end
	j	2f
1:	STORE	zero, (t0)
	addi	t0, t0, REGISTER_SIZE
2:	bltu	t0, t1, 1b

	la	t0, mem_stack
	la	t1, mem_trap_stack_end
	li	t2, STACK_PAINT
3:	sw	t2, (t0)
	addi	t0, t0, 4
	bltu	t0, t1, 3b

	call	main
park:
	wfi
	j	park

	/* Those that a C function may change, and those that it keeps. */
	.macro	CHANGED what
	\what	x1, 1*REGISTER_SIZE(sp)
	\what	x5, 5*REGISTER_SIZE(sp)
	\what	x6, 6*REGISTER_SIZE(sp)
	\what	x7, 7*REGISTER_SIZE(sp)
	\what	x10, 10*REGISTER_SIZE(sp)
	\what	x11, 11*REGISTER_SIZE(sp)
	\what	x12, 12*REGISTER_SIZE(sp)
	\what	x13, 13*REGISTER_SIZE(sp)
	\what	x14, 14*REGISTER_SIZE(sp)
	\what	x15, 15*REGISTER_SIZE(sp)
	\what	x16, 16*REGISTER_SIZE(sp)
	\what	x17, 17*REGISTER_SIZE(sp)
	\what	x28, 28*REGISTER_SIZE(sp)
	\what	x29, 29*REGISTER_SIZE(sp)
	\what	x30, 30*REGISTER_SIZE(sp)
	\what	x31, 31*REGISTER_SIZE(sp)
	.endm

	.macro	KEPT what
	\what	x3, 3*REGISTER_SIZE(sp)
	\what	x4, 4*REGISTER_SIZE(sp)
	\what	x8, 8*REGISTER_SIZE(sp)
	\what	x9, 9*REGISTER_SIZE(sp)
	\what	x18, 18*REGISTER_SIZE(sp)
	\what	x19, 19*REGISTER_SIZE(sp)
	\what	x20, 20*REGISTER_SIZE(sp)
	\what	x21, 21*REGISTER_SIZE(sp)
	\what	x22, 22*REGISTER_SIZE(sp)
	\what	x23, 23*REGISTER_SIZE(sp)
	\what	x24, 24*REGISTER_SIZE(sp)
	\what	x25, 25*REGISTER_SIZE(sp)
	\what	x26, 26*REGISTER_SIZE(sp)
	\what	x27, 27*REGISTER_SIZE(sp)
	.endm

	.balign	4
trap:
	csrrw	sp, mscratch, sp
	beqz	sp, again
	addi	sp, sp, -TRAP_FRAME_SIZE
	CHANGED	STORE
	csrrw	t0, mscratch, zero
	STORE	t0, 2*REGISTER_SIZE(sp)
	csrr	t0, mepc
	STORE	t0, (sp)
	csrr	a0, mcause
	bgez	a0, fault		/* the top bit tells interrupts */
	call	trap_interrupt
	beqz	a0, fault		/* that nothing asked for */
	LOAD	t0, (sp)
	csrw	mepc, t0
	addi	t0, sp, TRAP_FRAME_SIZE
	csrw	mscratch, t0
	CHANGED	LOAD
	LOAD	sp, 2*REGISTER_SIZE(sp)
	mret

	/* There is no way back, but all there was to be told. */
fault:
	KEPT	STORE
	mv	a0, sp
	call	trap_fault

	/* The handler has trapped: a few words on a fresh stack, and a third trap just stops. */
again:
	la	t0, stop
	csrw	mtvec, t0
	la	sp, mem_trap_stack_end
	call	trap_in_trap
	.balign	4
stop:
	wfi
	j	stop
