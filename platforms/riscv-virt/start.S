/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From reset to main, and every trap.
 *
 * Traps have a stack of their own, which begins with a frame. mscratch holds where the frame is
 * while main runs, main's sp while an interrupt is handled and 0 while a fault is told of: so a
 * trap in a handler is told from all others. No interrupt comes in one: the processor holds it
 * back.
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
	la	t0, traps + 1		/* 1: each interrupt at a place of its own */
	csrw	mtvec, t0
	la	t0, mem_trap_stack_end - TRAP_FRAME_SIZE
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

	/*
	 * By the number of the interrupt, four bytes each; faults come to the first. Those
	 * behind the devices' are never enabled. Nothing changes mepc meanwhile: whatever
	 * would is a fault.
	 */
	.balign	256
	.option	push
	.option	norvc
traps:
	.rept	TIMER
	j	fault
	.endr
	j	timer
	.rept	EXTERNAL - TIMER - 1
	j	fault
	.endr
	.option	pop
	csrrw	sp, mscratch, sp
	CHANGED	STORE
	la	a0, board		/* begins with its interrupt controller */
	call	plic_interrupt
	CHANGED	LOAD
	csrrw	sp, mscratch, sp
	mret

timer:
	csrrw	sp, mscratch, sp
	CHANGED	STORE
	call	board_look
	CHANGED	LOAD
	csrrw	sp, mscratch, sp
	mret

	/* There is no way back, but all there was to be told. Below sp is room on either stack. */
fault:
	csrrw	sp, mscratch, sp
	beqz	sp, again
	STORE	t0, -REGISTER_SIZE(sp)
	la	t0, mem_trap_stack_end - TRAP_FRAME_SIZE
	bne	sp, t0, again
	LOAD	t0, -REGISTER_SIZE(sp)
	CHANGED	STORE
	KEPT	STORE
	csrrw	t0, mscratch, zero
	STORE	t0, 2*REGISTER_SIZE(sp)
	csrr	t0, mepc
	STORE	t0, (sp)
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
