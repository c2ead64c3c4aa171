/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The log as text on standard output, a line a record:
 *
 *     [    1.000237] INFO  services::serial_mux: port 0 is open
 *
 * The time is the kernel's, in seconds since its start. Colours only on a terminal, and not
 * if NO_COLOR is set. Control characters are shown as \xNN, so a record is always one line.
 * Lines are collected and written before the machine sleeps. The reader of a pipe is waited
 * for, nothing is dropped; one that has gone changes nothing but that. On a full disk the machine
 * goes on, too, and its exit code says so.
 */
#ifndef MELPOMENE_LOG_SINK_H
#define MELPOMENE_LOG_SINK_H

#include <mnemos/kernel.h>

/* Where the log goes. */
struct log_sink {
	const struct mn_kernel *kernel; /* whose time it is */
	bool colour;
};

/* Prepares standard output, and a sink for the kernel, which may be initialised later. */
void log_sink_open(struct log_sink *sink, const struct mn_kernel *kernel);

/* The kernel's mn_log_sink; the context is a struct log_sink. */
void log_sink_write(void *context, const struct mn_log_site *site, va_list args);

/* A record from a device, whose callbacks are no tasks; obeys the kernel's filter. */
void log_sink_say(struct log_sink *sink, enum mn_log_level level, const char *target,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Writes out what is collected. */
void log_sink_flush(void);

/* False, after it was told, if some of it was lost, but for a reader that has gone. */
bool log_sink_is_whole(void);

#endif
