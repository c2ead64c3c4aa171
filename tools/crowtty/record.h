/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Recordings: everything on the line, both ways, with its time.
 *
 * The file is a header and records to its end. Numbers are little endian.
 *
 *     header   8 bytes   "crowtty" 0x01
 *              8 bytes   start, microseconds since 1970-01-01 UTC
 *     record   8 bytes   time since the start, nanoseconds; never less than the one before
 *              4 bytes   length of the data, at most 16777216
 *              1 byte    kind: 1 from the target, 2 to the target, 3 line up, 4 line down
 *              3 bytes   zero
 *              4 bytes   CRC-32 (of zlib) of the 16 bytes before and the data
 *              n bytes   data: bytes of the line; for kinds 3 and 4 a text for people
 *
 * Each record is written when its bytes pass, so that a recording is good up to the moment
 * of a crash.
 */
#ifndef CROWTTY_RECORD_H
#define CROWTTY_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum record_kind {
	RECORD_FROM_TARGET = 1,
	RECORD_TO_TARGET,
	RECORD_UP,
	RECORD_DOWN,
};

struct recorder {
	int fd; /* -1 when not recording */
	const char *path;
	uint64_t size; /* bytes written */
	uint64_t start_ns;
};

/* Creates the file; one with content is kept. Returns false after reporting an error. */
bool recorder_open(struct recorder *recorder, const char *path);

/* Writes a record. The first failure is reported and ends the recording, nothing else. */
void recorder_put(struct recorder *recorder, enum record_kind kind, const void *data, size_t len);
void recorder_close(struct recorder *recorder);

struct recording {
	const char *path;
	uint8_t *bytes; /* the file, mapped */
	size_t size, at;
	uint64_t last_ns;
	uint64_t start_us;
};

struct record {
	uint64_t time_ns;
	enum record_kind kind;
	const uint8_t *data; /* inside the recording */
	size_t len;
};

enum record_result {
	RECORD_GOOD,
	RECORD_END,
	RECORD_DAMAGED, /* reported; nothing behind it can be trusted */
};

/* Returns false after reporting an error. */
bool recording_open(struct recording *recording, const char *path);
enum record_result recording_next(struct recording *recording, struct record *record);
void recording_close(struct recording *recording);

#endif
