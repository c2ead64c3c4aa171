/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Asynchronous bodies: linear functions with explicit waits, and no stack of their own.
 *
 * Rules. The struct named after the actor is its whole memory; its first member is
 * `struct mn_task task` (a task) or `struct mn_frame frame` (an operation that lives in
 * a parent). A body takes one parameter, `self`. It begins with MN_BEGIN, ends with
 * MN_END, and returns an mn_poll. No local lives across a wait: keep it in the struct,
 * or in an inner block between two waits. A wait's expression is evaluated again at each
 * poll, so its arguments must still mean the same then. Each operation is zeroed before
 * its first use, polled until it is no longer MN_PENDING, and may then be used again.
 * No `switch` around a wait (these macros are one), no two waits on one line.
 *
 *     struct blink {
 *             struct mn_task task;
 *             struct mn_sleep nap;
 *             struct led_call set;       // child operations live in their parent
 *             struct led_client led;
 *     };
 *
 *     static mn_poll blink_run(struct blink *self)
 *     {
 *             MN_BEGIN(self);
 *             MN_TRY(self, led_connect(&self->connect, &self->led, NULL));
 *             for (;;) {
 *                     MN_TRY(self, mn_sleep(&self->nap, 250000));
 *                     MN_AWAIT(self, led_toggle(&self->set, &self->led));
 *                     if (MN_RESULT(self) == MN_EGONE)
 *                             MN_RETURN(self, MN_OK);
 *             }
 *             MN_END(self);
 *     }
 *
 * The resume point is the source line; a dump of the system prints it.
 */
#ifndef MNEMOS_ASYNC_H
#define MNEMOS_ASYNC_H

#include <stdint.h>
#include <mnemos/error.h>

/* What every body needs to go on: all zero means "from the start". */
struct mn_frame {
	uint16_t resume; /* line of the wait the body stands at; 0 before the first */
	uint8_t result;  /* what the last MN_AWAIT ended with */
	uint8_t flags;   /* of a task: the kernel's; of an operation: its own */
};

#define MN__FRAME(self) ((struct mn_frame *)(void *)(self))
#define MN_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define MN_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* A resume point that no wait has: memory was overwritten, or a switch stands in a switch. */
_Noreturn void mn__bad_resume(const struct mn_frame *frame, const char *file);

#define MN_BEGIN(self)                     \
	switch (MN__FRAME(self)->resume) { \
	case 0:

/* Waits for `operation`; goes on with how it ended in MN_RESULT(self). */
#define MN_AWAIT(self, operation)                               \
	do {                                                    \
		MN__FRAME(self)->resume = __LINE__;             \
		__attribute__((fallthrough));                   \
	case __LINE__:                                          \
		MN__FRAME(self)->result = (uint8_t)(operation); \
		if (MN__FRAME(self)->result == MN_PENDING)      \
			return MN_PENDING;                      \
	} while (0)

/* Waits for `operation`; an error ends the body with that error. */
#define MN_TRY(self, operation)                                    \
	do {                                                       \
		MN__FRAME(self)->resume = __LINE__;                \
		__attribute__((fallthrough));                      \
	case __LINE__:;                                            \
		const mn_poll mn__polled = (operation);            \
		if (mn__polled != MN_OK) {                         \
			if (MN_UNLIKELY(mn__polled != MN_PENDING)) \
				MN__FRAME(self)->resume = 0;       \
			return mn__polled;                         \
		}                                                  \
	} while (0)

/* Lets every other ready task run once, then goes on. */
#define MN_YIELD(self)                              \
	do {                                        \
		MN__FRAME(self)->resume = __LINE__; \
		mn_yield();                         \
		return MN_PENDING;                  \
	case __LINE__:;                             \
	} while (0)

#define MN_RESULT(self) ((mn_poll)MN__FRAME(self)->result)

/* Ends the body; it can be started again. */
#define MN_RETURN(self, code)                \
	do {                                 \
		MN__FRAME(self)->resume = 0; \
		return (code);               \
	} while (0)

#define MN_END(self)                                       \
	MN_RETURN(self, MN_OK);                            \
	default:                                           \
		mn__bad_resume(MN__FRAME(self), __FILE__); \
		}

#endif
