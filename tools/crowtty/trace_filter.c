/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "log.h"
#include "trace_filter.h"

static bool parse_level(enum mn_trace_level *level, const char *text, size_t len)
{
	static const char *const names[] = {
		[MN_TRACE_TRACE] = "trace", [MN_TRACE_DEBUG] = "debug", [MN_TRACE_INFO] = "info",
		[MN_TRACE_WARN] = "warn",   [MN_TRACE_ERROR] = "error", [MN_TRACE_OFF] = "off",
	};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strlen(names[i]) == len && strncasecmp(names[i], text, len) == 0) {
			*level = (enum mn_trace_level)i;
			return true;
		}
	}
	return false;
}

static size_t trim(const char **text, size_t len)
{
	while (len > 0 && **text == ' ') {
		(*text)++;
		len--;
	}
	while (len > 0 && (*text)[len - 1] == ' ')
		len--;
	return len;
}

/* Returns what is wrong with it, or NULL. */
static const char *add_directive(struct trace_filter *filter, const char *target, size_t len,
				 enum mn_trace_level level)
{
	if (len == 0)
		return "a target is missing in front of \"=\"";
	if (len >= TRACE_FILTER_TARGET_MAX)
		return "a target has at most 31 characters";
	if (filter->count == TRACE_FILTER_DIRECTIVES)
		return "there are at most 8 targets";
	memcpy(filter->directives[filter->count].target, target, len);
	filter->directives[filter->count++].level = level;
	return NULL;
}

/* One part: "level" or "target=level". */
static const char *parse_part(struct trace_filter *filter, const char *part, size_t len)
{
	const char *equals = memchr(part, '=', len);
	const char *word = equals ? equals + 1 : part;
	size_t word_len = trim(&word, len - (size_t)(word - part));
	enum mn_trace_level level;
	if (!parse_level(&level, word, word_len))
		return "the levels are trace, debug, info, warn, error and off";
	if (!equals) {
		filter->level = level;
		return NULL;
	}
	size_t target_len = trim(&part, (size_t)(equals - part));
	return add_directive(filter, part, target_len, level);
}

bool trace_filter_parse(struct trace_filter *filter, const char *text)
{
	struct trace_filter parsed = {.level = MN_TRACE_INFO};
	for (const char *rest = text; *rest;) {
		const char *part = rest, *wrong = NULL;
		size_t len = strcspn(rest, ",");
		rest += len + (rest[len] == ',');
		len = trim(&part, len);
		if (len > 0)
			wrong = parse_part(&parsed, part, len);
		if (wrong) {
			log_fatal("trace filter, \"%.*s\": %s", (int)len, part, wrong);
			return false;
		}
	}
	parsed.least = parsed.level;
	for (unsigned i = 0; i < parsed.count; i++)
		if (parsed.directives[i].level < parsed.least)
			parsed.least = parsed.directives[i].level;
	*filter = parsed;
	return true;
}

/* "kernel" covers "kernel" and "kernel::bbq", not "kernels". */
static bool covers(const char *directive, size_t len, const char *target)
{
	return strncmp(directive, target, len) == 0 && (target[len] == '\0' || target[len] == ':');
}

bool trace_filter_shows(const struct trace_filter *filter, const char *target,
			enum mn_trace_level level)
{
	enum mn_trace_level least = filter->level;
	size_t longest = 0;
	for (unsigned i = 0; i < filter->count; i++) {
		size_t len = strlen(filter->directives[i].target);
		if (len >= longest && covers(filter->directives[i].target, len, target)) {
			longest = len;
			least = filter->directives[i].level;
		}
	}
	return level >= least && least != MN_TRACE_OFF;
}
