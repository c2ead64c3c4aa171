/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What is wrong with a target, in plain words, from the model of it.
 *
 * Healthy, and not mentioned: a server that waits for calls, a driver that waits for its
 * interrupt, a task that sleeps or has a time-out, a consumer that waits for more. A wait is
 * judged only once it has lasted DIAGNOSE_PATIENCE_NS. A cause is told once, with those who wait
 * behind it; they are no findings of their own.
 */
#ifndef CROWTTY_DIAGNOSE_H
#define CROWTTY_DIAGNOSE_H

#include "model.h"

/* How long a wait for another task, or a call in service, is not remarkable. */
#define DIAGNOSE_PATIENCE_NS UINT64_C(2000000000)

/* The same for calls in a queue of some length. */
#define DIAGNOSE_QUEUE_PATIENCE_NS UINT64_C(250000000)

enum finding_severity {
	FINDING_NOTE,    /* to be known */
	FINDING_WARNING, /* may be wrong */
	FINDING_ERROR,   /* does not end by itself */
};

/*  kind                    word, in JSON     severity */
#define FINDING_LIST(X)                                                                          \
	X(FINDING_PANIC, "panic", FINDING_ERROR)               /* it has ended, and said so */   \
	X(FINDING_CYCLE, "cycle", FINDING_ERROR)               /* tasks wait for each other */   \
	X(FINDING_NO_YIELD, "no-yield", FINDING_ERROR)         /* a poll that does not end */    \
	X(FINDING_SILENCE, "silence", FINDING_ERROR)           /* nothing comes any more */      \
	X(FINDING_LOST_WAKE, "lost-wake", FINDING_ERROR)       /* what it waits for is there */  \
	X(FINDING_HOLDER_ENDED, "holder-ended", FINDING_ERROR) /* held by a dead task */         \
	X(FINDING_READER_ENDED, "reader-ended", FINDING_ERROR) /* full, and nobody takes */      \
	X(FINDING_LOST_TASK, "lost-task", FINDING_ERROR)       /* waits for nothing known */     \
	X(FINDING_NO_REPLY, "no-reply", FINDING_ERROR)         /* a call that is not answered */ \
	X(FINDING_SPIN, "spin", FINDING_WARNING)               /* never waits */                 \
	X(FINDING_SLOW_SERVER, "slow-server", FINDING_WARNING) /* calls queue */                 \
	X(FINDING_NO_SERVICE, "no-service", FINDING_WARNING)   /* nobody offers it */            \
	X(FINDING_BLOCKED, "blocked", FINDING_WARNING)         /* waits long for a task */       \
	X(FINDING_QUEUE_FULL, "queue-full", FINDING_WARNING)   /* nobody seen to take */         \
	X(FINDING_MEMORY, "memory", FINDING_WARNING)           /* a task waits for memory */     \
	X(FINDING_HEAP_FULL, "heap-full", FINDING_WARNING)     /* nearly */                      \
	X(FINDING_LOSS, "loss", FINDING_NOTE)                  /* of the trace itself */

enum finding_kind {
#define FINDING__ENUM(kind, word, severity) kind,
	FINDING_LIST(FINDING__ENUM)
#undef FINDING__ENUM
		FINDING_KINDS
};

/* Good during the callback. */
struct finding {
	enum finding_kind kind;
	enum finding_severity severity;
	const char *text;      /* one sentence: what, since when, what to do */
	const uint32_t *tasks; /* the causes first, then who waits behind them */
	size_t task_count;
	uint64_t since_ns; /* the target's time; 0: unknown */
};

/* Calls `found` for each finding, the severest first. Returns how many there were. */
size_t diagnose(const struct model *model,
		void (*found)(void *context, const struct finding *finding), void *context);

/* "cycle", ...; "error", "warning", "note". */
const char *finding_word(enum finding_kind kind);
const char *finding_severity_word(enum finding_severity severity);

#endif
