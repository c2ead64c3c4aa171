/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>
#include <uv.h>
#include <zlib.h>

#include "log.h"
#include "record.h"

#define HEADER_SIZE 16
#define RECORD_SIZE 20 /* without data */
#define CHECKED_SIZE 16
#define MOST_DATA ((size_t)16 * 1024 * 1024)

static const char magic[8] = "crowtty\x01";

static void put_number(uint8_t *out, uint64_t number, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		out[i] = (uint8_t)(number >> (8 * i));
}

static uint64_t get_number(const uint8_t *in, size_t bytes)
{
	uint64_t number = 0;
	for (size_t i = bytes; i > 0; i--)
		number = number << 8 | in[i - 1];
	return number;
}

static uint32_t checksum(const uint8_t *head, const void *data, size_t len)
{
	uLong sum = crc32(0, head, CHECKED_SIZE);
	/* No data may be NULL, which would ask zlib for its initial value. */
	return (uint32_t)(len ? crc32(sum, data, (uInt)len) : sum);
}

/*
 * Writing.
 */

static bool write_all(struct recorder *recorder, const void *head, size_t head_len,
		      const void *data, size_t len)
{
	struct iovec parts[2] = {{(void *)head, head_len}, {(void *)data, len}};
	if (writev(recorder->fd, parts, 2) == (ssize_t)(head_len + len)) {
		recorder->size += head_len + len;
		return true;
	}
	/* A short write to a file means that the disk is full. */
	log_fatal("recording to %s ended: %s", recorder->path, strerror(errno ? errno : ENOSPC));
	recorder_close(recorder);
	return false;
}

/*
 * What is in a file already is kept: it may be the only recording of what is looked for.
 * A header alone holds nothing; a start that failed leaves one.
 */
static int open_unused(const char *path)
{
	struct stat status;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0 || fstat(fd, &status) || !S_ISREG(status.st_mode) ||
	    status.st_size <= HEADER_SIZE)
		return fd;
	close(fd);
	errno = EEXIST;
	return -1;
}

bool recorder_open(struct recorder *recorder, const char *path)
{
	recorder->path = path;
	recorder->size = 0;
	recorder->start_ns = uv_hrtime();
	recorder->fd = open_unused(path);
	if (recorder->fd < 0) {
		log_fatal("cannot record to %s: %s", path,
			  errno == EEXIST ? "it exists; remove it, or choose another name"
					  : strerror(errno));
		return false;
	}
	struct timeval now;
	gettimeofday(&now, NULL);
	uint8_t header[HEADER_SIZE];
	memcpy(header, magic, sizeof magic);
	put_number(header + 8, (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_usec, 8);
	return write_all(recorder, header, sizeof header, NULL, 0);
}

void recorder_put(struct recorder *recorder, enum record_kind kind, const void *data, size_t len)
{
	if (recorder->fd < 0)
		return;
	uint8_t head[RECORD_SIZE] = {0};
	put_number(head, uv_hrtime() - recorder->start_ns, 8);
	put_number(head + 8, len, 4);
	head[12] = (uint8_t)kind;
	put_number(head + CHECKED_SIZE, checksum(head, data, len), 4);
	errno = 0;
	write_all(recorder, head, sizeof head, data, len);
}

void recorder_close(struct recorder *recorder)
{
	if (recorder->fd >= 0)
		close(recorder->fd);
	recorder->fd = -1;
}

/*
 * Reading.
 */

static int map(struct recording *recording)
{
	int fd = open(recording->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	struct stat status;
	int error = fstat(fd, &status) ? errno : 0;
	if (!error && !S_ISREG(status.st_mode))
		error = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
	recording->size = error ? 0 : (size_t)status.st_size;
	if (recording->size > 0) {
		recording->bytes = mmap(NULL, recording->size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (recording->bytes == MAP_FAILED)
			error = errno;
	}
	close(fd);
	return error;
}

bool recording_open(struct recording *recording, const char *path)
{
	*recording = (struct recording){.path = path, .at = HEADER_SIZE};
	int error = map(recording);
	if (error == EINVAL) {
		log_fatal("%s is not a recording: it is not a regular file", path);
		return false;
	}
	if (error) {
		log_fatal("cannot read %s: %s", path, strerror(error));
		return false;
	}
	if (recording->size < HEADER_SIZE || memcmp(recording->bytes, magic, sizeof magic) != 0) {
		log_fatal("%s is not a recording of crowtty%s", path,
			  recording->size < HEADER_SIZE ? " (or its beginning is cut off)" : "");
		recording_close(recording);
		return false;
	}
	recording->start_us = get_number(recording->bytes + 8, 8);
	return true;
}

static enum record_result damaged(struct recording *recording, const char *what)
{
	log_fatal("%s is damaged at byte %zu of %zu (%s); what is before that is good",
		  recording->path, recording->at, recording->size, what);
	recording->at = recording->size;
	return RECORD_DAMAGED;
}

enum record_result recording_next(struct recording *recording, struct record *record)
{
	static const uint8_t zeros[3];
	const uint8_t *head = recording->bytes + recording->at;
	size_t left = recording->size - recording->at;
	if (left == 0)
		return RECORD_END;
	if (left < RECORD_SIZE)
		return damaged(recording, "cut off in the head of a record");
	record->time_ns = get_number(head, 8);
	record->len = (size_t)get_number(head + 8, 4);
	record->kind = head[12];
	record->data = head + RECORD_SIZE;
	if (record->len > MOST_DATA || record->kind < RECORD_FROM_TARGET ||
	    record->kind > RECORD_DOWN || memcmp(head + 13, zeros, sizeof zeros) != 0)
		return damaged(recording, "not the head of a record");
	if (left - RECORD_SIZE < record->len)
		return damaged(recording, "cut off in the data of a record");
	if (get_number(head + CHECKED_SIZE, 4) != checksum(head, record->data, record->len))
		return damaged(recording, "wrong checksum");
	if (record->time_ns < recording->last_ns)
		return damaged(recording, "time runs backwards");
	recording->last_ns = record->time_ns;
	recording->at += RECORD_SIZE + record->len;
	return RECORD_GOOD;
}

void recording_close(struct recording *recording)
{
	if (recording->bytes)
		munmap(recording->bytes, recording->size);
	recording->bytes = NULL;
}
