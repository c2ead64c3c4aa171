/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Panics: a broken invariant ends the system, loudly.
 *
 * Expected failures are returned as error codes; a panic is for what cannot happen. It
 * prints reason, file and line, the running task and where it stands, and every task
 * with what it waits for, through mn_platform_panic_write, and then calls
 * mn_platform_halt. Assertions stay on in every build; the condition's text is not kept,
 * so one costs a compare, a branch and a line number. Any context.
 */
#ifndef MNEMOS_PANIC_H
#define MNEMOS_PANIC_H

/* Ends the system unless the condition holds. */
#define MN_ASSERT(condition)                                               \
	do {                                                               \
		if (__builtin_expect(!(condition), 0))                     \
			mn__panic(__FILE__, __LINE__, "assertion failed"); \
	} while (0)

/* Ends the system for a reason given as constant text. */
#define MN_PANIC(reason) mn__panic(__FILE__, __LINE__, (reason))

_Noreturn void mn__panic(const char *file, int line, const char *reason);

#endif
