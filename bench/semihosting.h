/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a board asks of the emulator it runs in, by Arm's semihosting, which RISC-V has taken over:
 * an operation's number and a word or a block of words.
 */
#ifndef BENCH_SEMIHOSTING_H
#define BENCH_SEMIHOSTING_H

#include <stddef.h>
#include <stdint.h>

#ifdef __riscv
/* The three are what tells it from a breakpoint; none compressed, and all in one page. */
#define SEMIHOSTING             \
	".option norvc\n\t"     \
	"slli x0, x0, 0x1f\n\t" \
	"ebreak\n\t"            \
	"srai x0, x0, 7\n\t"    \
	"ret"
#else
#define SEMIHOSTING "bkpt 0xab\n\tbx lr"
#endif

/* Both arguments and the result are already where they should be. */
static __attribute__((naked, noinline, aligned(16))) uintptr_t semihosting(uintptr_t operation
									   __attribute__((unused)),
									   const uintptr_t *block
									   __attribute__((unused)))
{
	__asm__(SEMIHOSTING);
}

/* To the emulator's standard error. */
static inline void semihosting_write(const char *text)
{
	semihosting(0x04, (const uintptr_t *)(const void *)text);
}

/* The words given by -semihosting-config, with a space between; empty if they do not fit. */
static inline void semihosting_command_line(char *text, size_t size)
{
	const uintptr_t block[] = {(uintptr_t)text, size};

	if (semihosting(0x15, block) != 0)
		text[0] = '\0';
}

/* Ends the emulator. */
static inline _Noreturn void semihosting_exit(uintptr_t code)
{
	const uintptr_t block[] = {0x20026, code};

	for (;;)
		semihosting(0x20, block);
}

#endif
