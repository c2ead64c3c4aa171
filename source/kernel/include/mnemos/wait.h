/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Waits: what a task waits for, and who can end it.
 *
 * Every operation that can be MN_PENDING has a `struct mn_wait`. It serves people, not
 * scheduling: at any time each task's list of waits says exactly what the task is stuck
 * on and, where there is one, which task could free it (mn_wait_holder). A task that
 * races two operations has two waits. An operation that stays pending shows its wait
 * anew at each poll; of a task that is ready or running the list means nothing.
 */
#ifndef MNEMOS_WAIT_H
#define MNEMOS_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <mnemos/async.h>

struct mn_kernel;
struct mn_task;

/* Who can end a wait. */
enum mn_wait_holder {
	MN_HELD_BY_NOBODY, /* nobody in particular */
	MN_HELD_BY_FIRST,  /* the task that the first member of `on` points to */
	MN_HELD_BY_ITSELF, /* `on` is the task */
	MN_HELD_BY_SERVER, /* `on` is a client: the task of the server it is connected to */
	MN_HELD_BY_READER  /* `on` is a queue: the task that waited last to take from it */
};

/*  name                 holder            text, as in "waits for a reply from" */
#define MN_WAIT_LIST(X)                                               \
	X(MN_WAIT_NONE, MN_HELD_BY_NOBODY, "nothing")                 \
	X(MN_WAIT_SLEEP, MN_HELD_BY_NOBODY, "time")                   \
	X(MN_WAIT_JOIN, MN_HELD_BY_ITSELF, "the end of task")         \
	X(MN_WAIT_QUEUED, MN_HELD_BY_SERVER, "its turn at")           \
	X(MN_WAIT_CALL, MN_HELD_BY_SERVER, "a reply from")            \
	X(MN_WAIT_SERVE, MN_HELD_BY_NOBODY, "a call to")              \
	X(MN_WAIT_CONNECT, MN_HELD_BY_NOBODY, "the service")          \
	X(MN_WAIT_EVENT, MN_HELD_BY_NOBODY, "event")                  \
	X(MN_WAIT_QUEUE, MN_HELD_BY_NOBODY, "a wake from queue")      \
	X(MN_WAIT_MUTEX, MN_HELD_BY_FIRST, "mutex")                   \
	X(MN_WAIT_SEMAPHORE, MN_HELD_BY_NOBODY, "semaphore")          \
	X(MN_WAIT_SEND, MN_HELD_BY_READER, "room in channel")         \
	X(MN_WAIT_RECEIVE, MN_HELD_BY_NOBODY, "a message in channel") \
	X(MN_WAIT_ONESHOT, MN_HELD_BY_NOBODY, "the value of oneshot") \
	X(MN_WAIT_WRITE, MN_HELD_BY_READER, "room in bbq")            \
	X(MN_WAIT_READ, MN_HELD_BY_NOBODY, "bytes in bbq")            \
	X(MN_WAIT_MEMORY, MN_HELD_BY_NOBODY, "memory of heap")        \
	X(MN_WAIT_IRQ, MN_HELD_BY_NOBODY, "interrupt")                \
	X(MN_WAIT_OTHER, MN_HELD_BY_NOBODY, "condition")

enum mn_wait_kind {
#define MN__WAIT_ENUM(name, holder, text) name,
	MN_WAIT_LIST(MN__WAIT_ENUM)
#undef MN__WAIT_ENUM
		MN_WAIT_OVER =
			64 /* this and above: no longer waiting, an operation's own meaning */
};

struct mn_wait {
	struct mn_wait *more; /* the other wait, while the task races two; set by mn_race */
	struct mn_task *task; /* who waits; whom to wake */
	const void *on;       /* the object waited on; its type follows from kind */
	uint32_t since;       /* when it began, in units of 1024 us of kernel time */
	uint8_t kind;         /* enum mn_wait_kind; MN_WAIT_NONE when not waiting */
	uint8_t state;        /* the operation's own */
};

/* The task that can end this wait; NULL if none in particular, or if it has ended. */
struct mn_task *mn_wait_holder(const struct mn_kernel *kernel, const struct mn_wait *wait);

/*
 * Whether nobody is left to end this wait: the owner of the mutex has ended, or the task that
 * took from the full queue. (Who never had to wait for a queue's content is not known.)
 */
bool mn_wait_holder_ended(const struct mn_kernel *kernel, const struct mn_wait *wait);

/*
 * Whether what is waited for is there already: bytes in the queue, the mutex free, the event
 * set. If so of a task that is neither ready nor running, nobody has woken it. False where the
 * kernel cannot know.
 */
bool mn_wait_over(const struct mn_kernel *kernel, const struct mn_wait *wait);

/* What is waited for, in words ("a reply from"). */
const char *mn_wait_text(const struct mn_wait *wait);

/* The name of the service that is waited for, if it is one; else NULL. */
const char *mn_wait_service(const struct mn_kernel *kernel, const struct mn_wait *wait);

/* What a task waits for, `more` leads on; NULL if it is ready or running, or has no wait. */
const struct mn_wait *mn_task_waits(const struct mn_kernel *kernel, const struct mn_task *task);

#endif
