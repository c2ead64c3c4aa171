/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The log: text for people, from call sites with a level and a target.
 *
 *     #define MN_LOG_TARGET "kernel::bbq"      // once, before the first use in a file
 *     mn_warn("port %u: ring full, %zu bytes dropped", port, len);
 *
 * A filter says what is shown: a level, or a list such as "info,kernel::bbq=trace"; a
 * target matches its own name and all below it ("kernel" matches "kernel::bbq"), the
 * longest match counts. A site whose level no directive reaches costs a load and a
 * branch. The build option log_level removes levels altogether. Where the text goes is
 * the platform's affair (mn_kernel_config.log). Task context only; never waits.
 *
 * The same records, and typed ones, can be watched from a host: see trace.h.
 */
#ifndef MNEMOS_LOG_H
#define MNEMOS_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <mnemos/error.h>

struct mn_kernel;

/* Order and numbers as on the trace wire; OFF is not a level of a record. */
enum mn_log_level {
	MN_LOG_TRACE,
	MN_LOG_DEBUG,
	MN_LOG_INFO,
	MN_LOG_WARN,
	MN_LOG_ERROR,
	MN_LOG_OFF
};

/* The least level compiled in (build option log_level). */
#ifndef MN_LOG_COMPILED
#define MN_LOG_COMPILED MN_LOG_TRACE
#endif

/* Whether tracing is compiled in (build option trace). */
#ifndef MN_TRACE_COMPILED
#define MN_TRACE_COMPILED 1
#endif

/* What a call site makes: a text; or, see trace.h, an event or a span with typed fields. */
enum mn_site_kind { MN_SITE_LOG, MN_SITE_EVENT, MN_SITE_SPAN };

/* What a field is; its value takes 64 bits. */
enum mn_field_type {
	MN_FIELD_UNSIGNED,
	MN_FIELD_SIGNED,
	MN_FIELD_DOUBLE,
	MN_FIELD_BOOL,
	MN_FIELD_TEXT, /* a text that lasts: its address */
	MN_FIELD_COPY, /* a text to be copied */
	MN_FIELD_POINTER
};

struct mn_log_field {
	const char *name; /* as written: an expression */
	uint8_t type;     /* enum mn_field_type */
};

/* A call site; constant. */
struct mn_log_site {
	const char *target;
	const char *file;
	const char *format; /* of an event or a span: its name */
	uint16_t line;
	uint8_t level;
	uint8_t field_count : 5;
	uint8_t kind : 2;   /* enum mn_site_kind */
	uint8_t copies : 1; /* a field is a MN_FIELD_COPY */
	struct mn_log_field fields[];
};

/* Where records go. `args` fit site->format. Must not wait and must not log. */
typedef void mn_log_sink(void *context, const struct mn_log_site *site, va_list args);

/* Directives a filter can have, besides its default level. */
#define MN_LOG_DIRECTIVES 8
#define MN_LOG_TARGET_MAX 32

/* Which records are shown: by the longest directive that matches, else by `level`. */
struct mn_log_filter {
	uint8_t level; /* for targets that no directive matches */
	uint8_t least; /* least of all levels here: what a site tests first */
	uint8_t count;
	struct {
		char target[MN_LOG_TARGET_MAX];
		uint8_t level;
	} directive[MN_LOG_DIRECTIVES];
};

/*
 * Reads a filter: comma-separated `level` or `target=level`; blanks around parts are
 * ignored, an empty text is "info". On an error returns false, leaves `filter` alone and
 * points `*where` at the part that is wrong.
 */
bool mn_log_filter_parse(struct mn_log_filter *filter, const char *text, const char **where);

/* Whether a filter lets a record through. */
bool mn_log_filter_shows(const struct mn_log_filter *filter, const char *target,
			 enum mn_log_level level);

/* Puts a filter in force; also says whether the kernel's own events are traced. */
void mn_log_set_filter(struct mn_kernel *kernel, const struct mn_log_filter *filter);

/* "TRACE" ... "ERROR", "OFF". */
const char *mn_log_level_name(enum mn_log_level level);

#define MN__LOG(lvl, fmt, ...)                                                                 \
	do {                                                                                   \
		static const struct mn_log_site mn__site = {.target = MN_LOG_TARGET,           \
							    .file = __FILE__,                  \
							    .format = fmt,                     \
							    .line = __LINE__,                  \
							    .level = lvl};                     \
		if ((lvl) >= MN_LOG_COMPILED && __builtin_expect((lvl) >= mn__log_least(), 0)) \
			mn__log(&mn__site, fmt __VA_OPT__(, ) __VA_ARGS__);                    \
	} while (0)

/* Log at a level, as printf: mn_info("%s is %u", name, value). */
#define mn_trace(...) MN__LOG(MN_LOG_TRACE, __VA_ARGS__)
#define mn_debug(...) MN__LOG(MN_LOG_DEBUG, __VA_ARGS__)
#define mn_info(...) MN__LOG(MN_LOG_INFO, __VA_ARGS__)
#define mn_warn(...) MN__LOG(MN_LOG_WARN, __VA_ARGS__)
#define mn_error(...) MN__LOG(MN_LOG_ERROR, __VA_ARGS__)

/*
 * For the last line of a task whose end nobody waits for, as nobody else will say why it is no
 * longer there: logs `why` at warn, unless that is a cancellation, and answers it.
 *
 *     MN_RETURN(self, mn_log_end(MN_RESULT(self)));
 */
#define mn_log_end(why)                                                              \
	(MN_LOG_WARN < MN_LOG_COMPILED ? (why) : __extension__({                     \
		static const struct mn_log_site mn__site = {.target = MN_LOG_TARGET, \
							    .file = __FILE__,        \
							    .format = MN__LOG_END,   \
							    .line = __LINE__,        \
							    .level = MN_LOG_WARN};   \
		mn__log_end(&mn__site, (why));                                       \
	}))

#define MN__LOG_END "ends: %s"
mn_poll mn__log_end(const struct mn_log_site *site, mn_poll why);

static inline uint8_t mn__log_least(void); /* in kernel.h */
__attribute__((format(printf, 2, 3))) void mn__log(const struct mn_log_site *site, const char *fmt,
						   ...);

#endif
