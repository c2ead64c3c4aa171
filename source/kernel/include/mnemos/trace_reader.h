/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The ring of trace records, for who carries them away; who makes them is in trace.h.
 *
 *     static struct mn_trace trace;                     // lives as long as the kernel
 *     mn_trace_start(&kernel, &trace, memory, size);    // nothing is shown yet
 *     mn_trace_mute(&self->task);
 *     mn_trace_set_filter(&kernel, &filter);            // when a host asks
 *
 *     for (;;) {
 *             MN_TRY(self, mn_irq_wait(&self->wait, &trace.irq));
 *             ...give it some milliseconds, or until the irq is raised again...
 *             while (mn_trace_next(&trace, &self->record))
 *                     ...send it...
 *             mn_trace_take_lost(&trace, &self->lost);
 *     }
 *
 * One task reads. The interrupt `trace.irq` is raised when a record comes after mn_trace_next
 * has answered false, and once more when the ring is half full; then not before mn_trace_next
 * answers false again. So the reader drains until then.
 *
 * The ring. Many write, one reads, nobody locks. A writer reserves words by moving `head`
 * (compare and swap), fills them, and commits by storing the record's header; the reader takes
 * records in the order of their reservation up to the first that is not committed, zeroes their
 * words, and then moves `tail`. So what lies between tail and head is whole or begins with 0,
 * and what does not fit is not begun. Writers may interrupt each other anywhere.
 *
 * Times are of mn_platform_trace_time; 44 bits are in the ring. Records come in the order of
 * their times,
 * except where threads compete.
 */
#ifndef MNEMOS_TRACE_READER_H
#define MNEMOS_TRACE_READER_H

#include <stdatomic.h>
#include <mnemos/irq.h>
#include <mnemos/log.h>
#include <mnemos/trace.h>
#include <mnemos/proto/trace.h>

/* Least and most bytes of a ring. The most that is a power of two of the memory is used. */
#define MN_TRACE_RING_MIN 512
#define MN_TRACE_RING_MAX (1u << 30)

/* What could not be recorded for want of room, since it was last asked. */
struct mn_trace_lost {
	uint32_t events;        /* also the kernel's and the log's */
	uint32_t new_spans;     /* such a span is as if its level were not shown */
	uint32_t span_activity; /* enter, exit, drop */
	uint32_t in_interrupts; /* of these, how many in interrupt handlers */
};

union mn__trace_word;

/* A kernel's trace. For readers; the functions below write it. */
struct mn_trace {
	struct mn_kernel *kernel;
	union mn__trace_word *ring;
	uint32_t words;            /* of the ring, a power of two */
	_Atomic uint32_t head;     /* words reserved so far, modulo 2^32 */
	_Atomic uint32_t tail;     /* words read so far */
	_Atomic uint32_t raise_at; /* words in use at which `irq` is raised */
	_Atomic uint32_t lost[4];  /* in the order of struct mn_trace_lost */
	uint32_t shown;            /* of the kernel's events, one bit each: see trace_events.h */
	uint32_t span_id;          /* last given */
	struct mn_list spans;      /* open ones, newest first */
	uint64_t time;             /* of a record taken out before, as far as it changes seldom */
	struct mn_irq irq;         /* see above */
	struct mn_log_filter filter;
};

/*
 * Prepares tracing over `memory`, aligned to 8 bytes; nothing is shown before
 * mn_trace_set_filter. Once in a kernel's life. Panics if the memory is too small.
 */
void mn_trace_start(struct mn_kernel *kernel, struct mn_trace *trace, void *memory, size_t size);

/*
 * Puts a filter in force for records, the log's own is another. Task context or start-up. If it
 * shows nothing at all, open spans are forgotten, so that a host that comes later does not hear
 * of spans that it has not seen begin.
 */
void mn_trace_set_filter(struct mn_kernel *kernel, const struct mn_log_filter *filter);

/* What a record is. */
enum mn_record_kind {
	MN_RECORD_NONE,
	MN_RECORD_EVENT,
	MN_RECORD_SPAN,  /* a new one */
	MN_RECORD_ENTER, /* its task begins to run in it */
	MN_RECORD_EXIT,  /* its task stops to run, or leaves it */
	MN_RECORD_DROP,  /* it is over */
};

/* A record, taken out of the ring. Texts of its values lie in `text`, or last. */
struct mn_record {
	enum mn_record_kind kind;
	uint64_t time;                  /* of mn_platform_trace_time */
	uint32_t task;                  /* id of the running one; 0: none, or an interrupt */
	uint32_t cause;                 /* message that it was handling; 0: none */
	uint32_t span;                  /* all but EVENT: its id */
	uint32_t parent;                /* EVENT, SPAN: the innermost span around; 0: none */
	const struct mn_log_site *site; /* EVENT, SPAN; see mn_site_name and its like */
	uint32_t value_count;
	/*
	 * In the order of the site's fields; of a MN_SITE_LOG the one is its message, as
	 * DEBUG_TEXT. A mn_text is a TEXT_ID whose u64 is its address.
	 */
	struct mn_trace_value values[MN_TRACE_FIELDS];
	char text[MN_TRACE_FIELDS * MN_TRACE_TEXT];
};

/* The oldest record; false if there is none. Texts in it are valid UTF-8. */
bool mn_trace_next(struct mn_trace *trace, struct mn_record *record);

/* What was lost since the last time. */
void mn_trace_take_lost(struct mn_trace *trace, struct mn_trace_lost *lost);

/* The name of a site's field, not terminated; of a MN_SITE_LOG the one is "message". */
struct mn_trace_text mn_site_field(const struct mn_log_site *site, unsigned field);

/* Names are good for as long as the program. */
static inline unsigned mn_site_field_count(const struct mn_log_site *site)
{
	return site->kind == MN_SITE_LOG ? 1 : site->field_count;
}

/* Whether a task is muted. */
static inline bool mn_trace_muted(const struct mn_task *task)
{
	return task->frame.flags & MN__TASK_MUTED;
}

#endif
