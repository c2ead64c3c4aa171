/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "log_sink.h"
#include "tell.h"

/* A longer text is cut. */
#define TEXT_MAX 1024

static const char *colour_of(uint8_t level)
{
	static const char *const colours[] = {
		[MN_LOG_TRACE] = "\033[35m", [MN_LOG_DEBUG] = "\033[34m",
		[MN_LOG_INFO] = "\033[32m",  [MN_LOG_WARN] = "\033[33m",
		[MN_LOG_ERROR] = "\033[31m",
	};

	return colours[level];
}

static bool wants_colour(void)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

void log_sink_open(struct log_sink *sink, const struct mn_kernel *kernel)
{
	setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
	*sink = (struct log_sink){.kernel = kernel, .colour = wants_colour()};
}

static void put_text(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == '\177')
			printf("\\x%02x", (unsigned)*text);
		else
			putchar(*text);
	}
}

void log_sink_write(void *context, const struct mn_log_site *site, va_list args)
{
	const struct log_sink *sink = context;
	const uint64_t now_us = mn_platform_now_us(sink->kernel);
	char text[TEXT_MAX];

	vsnprintf(text, sizeof text, site->format, args);
	printf("%s[%5u.%06u]%s %s%-5s%s %s: ", sink->colour ? "\033[2m" : "",
	       (unsigned)(now_us / 1000000), (unsigned)(now_us % 1000000),
	       sink->colour ? "\033[0m" : "", sink->colour ? colour_of(site->level) : "",
	       mn_log_level_name((enum mn_log_level)site->level), sink->colour ? "\033[0m" : "",
	       site->target);
	put_text(text);
	putchar('\n');
}

void log_sink_say(struct log_sink *sink, enum mn_log_level level, const char *target,
		  const char *format, ...)
{
	const struct mn_log_site site = {.target = target,
					 .file = __FILE__,
					 .format = format,
					 .line = __LINE__,
					 .level = (uint8_t)level};
	va_list args;

	if (!mn_log_filter_shows(&sink->kernel->log_filter, target, level))
		return;
	va_start(args, format);
	log_sink_write(sink, &site, args);
	va_end(args);
}

static int first_error;

void log_sink_flush(void)
{
	if (fflush(stdout) && !first_error)
		first_error = errno;
}

bool log_sink_is_whole(void)
{
	if (!first_error || first_error == EPIPE)
		return true;
	tell("some of the log could not be written: %s", strerror(first_error));
	return false;
}
