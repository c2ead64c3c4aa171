/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The log: filters, and the way from a call site to the platform's sink. */
#include <stdio.h>
#include <string.h>
#include <mnemos/trace.h>
#include "internal.h"

static const char *const level_names[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "OFF"};

const char *mn_log_level_name(enum mn_log_level level)
{
	return level <= MN_LOG_OFF ? level_names[level] : "?";
}

static bool same_ignoring_case(const char *upper, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (upper[i] != c) /* also at the end of upper */
			return false;
	}
	return upper[len] == '\0';
}

static bool parse_level(uint8_t *level, const char *text, size_t len)
{
	for (unsigned i = 0; i < sizeof level_names / sizeof *level_names; i++) {
		if (same_ignoring_case(level_names[i], text, len)) {
			*level = (uint8_t)i;
			return true;
		}
	}
	return false;
}

static size_t trim(const char **text, size_t len)
{
	while (len && **text == ' ') {
		(*text)++;
		len--;
	}
	while (len && (*text)[len - 1] == ' ')
		len--;
	return len;
}

/* One part: "level", or "target=level". */
static bool parse_part(struct mn_log_filter *filter, const char *part, size_t len)
{
	const char *equals = memchr(part, '=', len);
	const char *word = equals ? equals + 1 : part;
	size_t word_len = trim(&word, len - (size_t)(word - part));
	uint8_t level;

	if (!parse_level(&level, word, word_len))
		return false;
	if (!equals) {
		filter->level = level;
		return true;
	}
	const size_t target_len = trim(&part, (size_t)(equals - part));

	if (target_len == 0 || target_len >= MN_LOG_TARGET_MAX ||
	    filter->count == MN_LOG_DIRECTIVES)
		return false;
	memcpy(filter->directive[filter->count].target, part, target_len);
	filter->directive[filter->count++].level = level;
	return true;
}

bool mn_log_filter_parse(struct mn_log_filter *filter, const char *text, const char **where)
{
	struct mn_log_filter parsed = {.level = MN_LOG_INFO};

	while (*text) {
		const char *part = text;
		size_t len = strcspn(text, ",");

		text += len + (text[len] == ',');
		len = trim(&part, len);
		if (len && !parse_part(&parsed, part, len)) {
			*where = part;
			return false;
		}
	}
	parsed.least = parsed.level;
	for (unsigned i = 0; i < parsed.count; i++)
		if (parsed.directive[i].level < parsed.least)
			parsed.least = parsed.directive[i].level;
	*filter = parsed;
	return true;
}

/* "kernel" covers "kernel" and "kernel::bbq", not "kernels". */
static bool covers(const char *directive, const char *target, size_t *len)
{
	*len = strlen(directive);
	return strncmp(directive, target, *len) == 0 &&
	       (target[*len] == '\0' || target[*len] == ':');
}

bool mn_log_filter_shows(const struct mn_log_filter *filter, const char *target,
			 enum mn_log_level level)
{
	uint8_t least = filter->level;
	size_t longest = 0, len;

	for (unsigned i = 0; i < filter->count; i++) {
		if (covers(filter->directive[i].target, target, &len) && len >= longest) {
			longest = len;
			least = filter->directive[i].level;
		}
	}
	return level >= least;
}

/* With how much of a text the trace's cut is one of its own. */
#define TEXT_MAX (MN_TRACE_TEXT + 2)

void mn__log_apply(struct mn_kernel *kernel)
{
	kernel->text_least = kernel->log ? kernel->log_filter.least : MN_LOG_OFF;
	kernel->trace_least = MN_TRACE_COMPILED ? mn__trace_apply(kernel) : MN_LOG_OFF;
	kernel->log_least =
		kernel->text_least < kernel->trace_least ? kernel->text_least : kernel->trace_least;
}

void mn_log_set_filter(struct mn_kernel *kernel, const struct mn_log_filter *filter)
{
	kernel->log_filter = *filter;
	mn__log_apply(kernel);
}

static __attribute__((noinline)) void to_trace(struct mn_kernel *kernel,
					       const struct mn_log_site *site, va_list args)
{
	char text[TEXT_MAX];

	vsnprintf(text, sizeof text, site->format, args);
	mn__trace_message(kernel, site, text);
}

void mn__log(const struct mn_log_site *site, const char *fmt, ...)
{
	struct mn_kernel *kernel = mn_running;
	va_list args;

	(void)fmt; /* is site->format, once more for the compiler's check of the arguments */
	if (MN_TRACE_COMPILED && mn__trace_wants_message(kernel, site)) {
		va_start(args, fmt);
		to_trace(kernel, site, args);
		va_end(args);
	}
	if (site->level < kernel->text_least ||
	    !mn_log_filter_shows(&kernel->log_filter, site->target, site->level))
		return;
	va_start(args, fmt);
	kernel->log(kernel->log_context, site, args);
	va_end(args);
}

mn_poll mn__log_end(const struct mn_log_site *site, mn_poll why)
{
	if (why != MN_ECANCELED && site->level >= mn__log_least())
		mn__log(site, MN__LOG_END, mn_error_text(why));
	return why;
}
