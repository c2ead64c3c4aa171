/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Tracing: what happens in the system, as typed records, for a host that watches.
 *
 *     #define MN_LOG_TARGET "services::uart"           // as for the log
 *
 *     mn_event(MN_LOG_WARN, "ring full", port, self->rx.len);
 *
 *     mn_span_begin(&self->span, MN_LOG_DEBUG, "request", port);
 *     MN_AWAIT(self, uart_send(&self->send, ...));      // the span goes on while it waits
 *     mn_span_end(&self->span);
 *
 * An event is a point in time with a name and up to MN_TRACE_FIELDS fields. A field is an
 * expression: its text is the name (of `self->rx.len` the last word, "len"), its type follows
 * from the expression:
 *
 *     integers, bool, float, double   the value
 *     const char *                    a copy of the text, at most MN_TRACE_TEXT bytes
 *     mn_text("lasting text")         no copy: for texts that stay, such as a task's name
 *     any other pointer               the address
 *
 * A span is a piece of time in the life of one task, which may cross its waits. It lives in the
 * task's own struct, zeroed at first. Whatever the task does until the end of the span belongs
 * to it, and to no other task's. Spans nest in any order; those that are open when the task
 * ends are ended then. A span begun at a level that is not shown costs nothing more, and its end
 * does nothing.
 *
 * The log's records (mn_info and its like, see log.h) are events too, with their text as field
 * `message`; so are the kernel's own: who was woken by whom, who waits for what, which call led
 * to which. A driver can forget none of these.
 *
 * Where it goes. Records are written to a ring in memory, which a carrier such as the trace
 * daemon empties (trace_reader.h) and sends to a host. Events are also shown by the local log,
 * where its filter says so. Each of the two has a filter of its own, of targets and levels.
 *
 * Context: any for mn_event, also interrupt handlers (between mn_interrupt_enter and
 * mn_interrupt_exit) and, through mn_event_in, other threads; from there it goes to the ring
 * only. Spans are for tasks. Nothing here waits, allocates, or takes a lock. When the ring is
 * full a record is dropped as a whole and counted by its kind; the host is told.
 *
 * Cost: a site that is not shown is a load, a comparison and a branch (3 instructions on the
 * host); an event with two integers some hundred instructions and 48 bytes of the ring. A site
 * has 16 bytes of constants (24 on 64-bit machines), 8 (16) more for each field, and its texts.
 * The build option -Dtrace=false removes all of this file and the kernel's own events, and
 * leaves the log; -Dlog_level removes the levels below, but not the kernel's own events.
 */
#ifndef MNEMOS_TRACE_H
#define MNEMOS_TRACE_H

#include <mnemos/kernel.h>

/* Fields that an event or span can have. */
#define MN_TRACE_FIELDS 8

/* Bytes of a copied text, or of a record of the log. A longer one is cut, and ends in "...". */
#define MN_TRACE_TEXT 120

/* A text that lasts as long as the kernel, as the value of a field. */
struct mn_text {
	const char *text;
};

static inline struct mn_text mn_text(const char *text)
{
	return (struct mn_text){text};
}

/*
 * An event of the running kernel: mn_event(level, "name", fields...). The fields are evaluated
 * only if it is shown.
 */
#define mn_event(lvl, ...) MN__SITE_DO(MN_SITE_EVENT, lvl, mn__emit_event, mn_running, __VA_ARGS__)

/*
 * The same of a kernel that is not the running one, for start-up code and other threads. It is
 * nobody's, and goes to the ring only.
 */
#define mn_event_in(kernel, lvl, ...) \
	MN__SITE_DO(MN_SITE_EVENT, lvl, mn__emit_event_in, kernel, __VA_ARGS__)

/* A span, in the struct of its task. For readers; the functions below write it. */
struct mn_span {
	struct mn_list link;  /* open: in the kernel's list */
	struct mn_task *task; /* whose it is */
	uint32_t id;          /* unique in its kernel; 0: not open */
};

/*
 * Begins a span of the running task: mn_span_begin(&span, level, "name", fields...). A span
 * that is open is ended first.
 */
#define mn_span_begin(span, lvl, ...) \
	MN__SITE_DO(MN_SITE_SPAN, lvl, mn__span_begin, (span), __VA_ARGS__)

/* Ends it. No-op if it is not open, so each way out of a body may call it. */
static inline void mn_span_end(struct mn_span *span);

/* ---- Interrupts ------------------------------------------------------------------- */

/* An interrupt handler that runs; on its stack. */
struct mn_interrupt {
	struct mn_kernel *running;
	uint32_t outer;
};

/*
 * The first and the last thing a platform's interrupt handler does, with the number of the
 * interrupt. What happens in between is said to be the handler's, and not of the task that it
 * interrupts; mn_running is `kernel` there. They nest. Cost: some ten instructions each.
 */
static inline void mn_interrupt_enter(struct mn_interrupt *interrupt, struct mn_kernel *kernel,
				      uint32_t number);
static inline void mn_interrupt_exit(struct mn_interrupt *interrupt);

/* ---- Carriers --------------------------------------------------------------------- */

/*
 * A task that carries the trace away, or is on the way of those bytes to the host, is muted:
 * else each record would lead to others, for ever. What it does, and that it is woken, is not
 * recorded in the ring; snapshots show it, as a carrier. For good; also before tracing starts.
 */
static inline void mn_trace_mute(struct mn_task *task)
{
	task->frame.flags |= MN__TASK_MUTED;
}

/* The same for an interrupt; of those numbered 64 and above nothing can be muted. */
static inline void mn_trace_mute_interrupt(struct mn_kernel *kernel, uint32_t number)
{
	if (MN_TRACE_COMPILED && number < 64)
		kernel->muted_interrupts |= UINT64_C(1) << number;
}

/* ---- Inline ----------------------------------------------------------------------- */

/* From a site whose level is shown by somebody; `values` are as the site's fields say. */
void mn__emit_event(struct mn_kernel *kernel, const struct mn_log_site *site,
		    const uint64_t *values);
void mn__emit_event_in(struct mn_kernel *kernel, const struct mn_log_site *site,
		       const uint64_t *values);
void mn__span_begin(struct mn_span *span, const struct mn_log_site *site, const uint64_t *values);
void mn__span_end(struct mn_span *span);

/* The interrupt that runs has begun, or is about to end. */
__attribute__((cold)) void mn__event_interrupt(struct mn_kernel *kernel, bool ends);

static inline void mn_interrupt_enter(struct mn_interrupt *interrupt, struct mn_kernel *kernel,
				      uint32_t number)
{
	if (!MN_TRACE_COMPILED)
		return;
	interrupt->running = mn_running;
	interrupt->outer = kernel->interrupt;
	kernel->interrupt = number + 1;
	mn_running = kernel;
	if (MN_UNLIKELY(kernel->watch))
		mn__event_interrupt(kernel, false);
}

static inline void mn_interrupt_exit(struct mn_interrupt *interrupt)
{
	if (!MN_TRACE_COMPILED)
		return;
	if (MN_UNLIKELY(mn_running->watch))
		mn__event_interrupt(mn_running, true);
	mn_running->interrupt = interrupt->outer;
	mn_running = interrupt->running;
}

static inline void mn_span_end(struct mn_span *span)
{
	if (MN_TRACE_COMPILED && MN_UNLIKELY(span->id != 0))
		mn__span_end(span);
}

static inline uint64_t mn__value_signed(int64_t value)
{
	return (uint64_t)value;
}

static inline uint64_t mn__value_unsigned(uint64_t value)
{
	return value;
}

static inline uint64_t mn__value_double(double value)
{
	uint64_t bits;

	__builtin_memcpy(&bits, &value, sizeof bits);
	return bits;
}

static inline uint64_t mn__value_pointer(const void *value)
{
	return (uintptr_t)value;
}

static inline uint64_t mn__value_text(struct mn_text value)
{
	return (uintptr_t)value.text;
}

#define MN__BY_TYPE(x, uns, sig, flt, boolean, text, copy, pointer) \
	_Generic((x),                                                                              \
		bool: boolean,                                                                     \
		unsigned char: uns,                                                                \
		unsigned short: uns,                                                               \
		unsigned int: uns,                                                                 \
		unsigned long: uns,                                                                \
		unsigned long long: uns,                                                           \
		char: sig,                                                                         \
		signed char: sig,                                                                  \
		short: sig,                                                                        \
		int: sig,                                                                          \
		long: sig,                                                                         \
		long long: sig,                                                                    \
		float: flt,                                                                        \
		double: flt,                                                                       \
		struct mn_text: text,                                                              \
		char *: copy,                                                                      \
		const char *: copy,                                                                \
		default: pointer)

#define MN__TYPE_OF(x)                                                                     \
	MN__BY_TYPE(x, MN_FIELD_UNSIGNED, MN_FIELD_SIGNED, MN_FIELD_DOUBLE, MN_FIELD_BOOL, \
		    MN_FIELD_TEXT, MN_FIELD_COPY, MN_FIELD_POINTER)
#define MN__VALUE_OF(x)                                                                            \
	MN__BY_TYPE(x, mn__value_unsigned, mn__value_signed, mn__value_double, mn__value_unsigned, \
		    mn__value_text, mn__value_pointer, mn__value_pointer)                          \
	(x),
#define MN__FIELD_OF(x) {#x, MN__TYPE_OF(x)},
#define MN__COPIES_OF(x) (MN__TYPE_OF(x) == MN_FIELD_COPY) ||
#define MN__ONE_OF(x) 1 +

/* do(a) do(b) ... for up to MN_TRACE_FIELDS arguments. */
#define MN__EACH(do, ...) __VA_OPT__(MN__EACH_1(do, __VA_ARGS__))
#define MN__EACH_1(do, a, ...) \
	do                     \
	(a) __VA_OPT__(MN__EACH_2(do, __VA_ARGS__))
#define MN__EACH_2(do, a, ...) \
	do                     \
	(a) __VA_OPT__(MN__EACH_3(do, __VA_ARGS__))
#define MN__EACH_3(do, a, ...) \
	do                     \
	(a) __VA_OPT__(MN__EACH_4(do, __VA_ARGS__))
#define MN__EACH_4(do, a, ...) \
	do                     \
	(a) __VA_OPT__(MN__EACH_5(do, __VA_ARGS__))
#define MN__EACH_5(do, a, ...) \
	do                     \
	(a) __VA_OPT__(MN__EACH_6(do, __VA_ARGS__))
#define MN__EACH_6(do, a, ...) \
	do                     \
	(a) __VA_OPT__(MN__EACH_7(do, __VA_ARGS__))
#define MN__EACH_7(do, a, ...) \
	do                     \
	(a) __VA_OPT__(MN__EACH_8(do, __VA_ARGS__))
#define MN__EACH_8(do, a) \
	do                \
	(a)

/* A site, and what is done there with `subject` (a kernel or a span) if its level is shown. */
#define MN__SITE_DO(what, lvl, action, subject, text, ...)                                   \
	do {                                                                                 \
		static const struct mn_log_site mn__site = {                                 \
			.target = MN_LOG_TARGET,                                             \
			.file = __FILE__,                                                    \
			.format = text,                                                      \
			.line = __LINE__,                                                    \
			.level = lvl,                                                        \
			.kind = what,                                                        \
			.copies = MN__EACH(MN__COPIES_OF, __VA_ARGS__) 0,                    \
			.field_count = MN__EACH(MN__ONE_OF, __VA_ARGS__) 0,                  \
			.fields = {MN__EACH(MN__FIELD_OF, __VA_ARGS__)}};                    \
                                                                                             \
		if (MN_TRACE_COMPILED && (lvl) >= MN_LOG_COMPILED &&                         \
		    MN_UNLIKELY((lvl) >= MN__LEAST_OF(subject))) {                           \
			const uint64_t mn__values[] = {MN__EACH(MN__VALUE_OF, __VA_ARGS__)}; \
                                                                                             \
			action(subject, &mn__site, mn__values);                              \
		}                                                                            \
	} while (0)

/* A span's kernel is the running one. */
#define MN__LEAST_OF(subject) \
	_Generic((subject), struct mn_span * : mn_running, default : (subject))->log_least

#endif
