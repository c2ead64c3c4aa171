/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "text.h"

#define MOST_SHOWN 4096

static bool is_text_byte(uint8_t byte)
{
	return (byte >= 0x20 && byte < 0x7f) || (byte >= 0x07 && byte <= 0x0d) || byte == 0x1b;
}

/* Length of the UTF-8 sequence of two to four bytes at `data`, 0 if it is not one. */
static size_t sequence(const uint8_t *data, size_t len)
{
	/* First byte, bounds of the second: Unicode 15, table 3-7. */
	static const struct {
		uint8_t first, last, second_min, second_max, len;
	} rows[] = {
		{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (data[0] < rows[i].first || data[0] > rows[i].last)
			continue;
		if (len < rows[i].len || data[1] < rows[i].second_min ||
		    data[1] > rows[i].second_max)
			return 0;
		for (size_t k = 2; k < rows[i].len; k++)
			if ((data[k] & 0xc0) != 0x80)
				return 0;
		return rows[i].len;
	}
	return 0;
}

size_t text_prefix(const uint8_t *data, size_t len)
{
	size_t at = 0;
	while (at < len) {
		size_t step = is_text_byte(data[at]) ? 1 : sequence(data + at, len - at);
		if (step == 0)
			break;
		at += step;
	}
	return at;
}

static bool has_substance(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] > 0x20)
			return true;
	return false;
}

bool text_is(const uint8_t *data, size_t len)
{
	return has_substance(data, len) && text_prefix(data, len) == len;
}

/* One line, in pieces that the log takes whole. */
static void show_line(const uint8_t *line, size_t len)
{
	while (len > 0 && line[len - 1] == '\r')
		len--;
	while (len > 0) {
		size_t part = len < MOST_SHOWN ? len : MOST_SHOWN;
		log_line(LOG_NOTE, LOG_NO_PORT, "TEXT", "%.*s", (int)part, (const char *)line);
		line += part;
		len -= part;
	}
}

void text_show(const uint8_t *data, size_t len)
{
	while (len > 0) {
		const uint8_t *end = memchr(data, '\n', len);
		size_t line = end ? (size_t)(end - data) : len;
		show_line(data, line);
		line += end != NULL;
		data += line;
		len -= line;
	}
}

const char *text_quote(char *out, size_t size, const void *data, size_t len)
{
	const uint8_t *from = data;
	size_t at = 0;
	for (size_t i = 0; i < len; i++) {
		char one[8];
		if (from[i] == '\n' || from[i] == '\r')
			snprintf(one, sizeof one, "\\%c", from[i] == '\n' ? 'n' : 'r');
		else if (from[i] == '"' || from[i] == '\\')
			snprintf(one, sizeof one, "\\%c", from[i]);
		else if (from[i] >= 0x20 && from[i] != 0x7f && from[i] < 0x80)
			snprintf(one, sizeof one, "%c", from[i]);
		else
			snprintf(one, sizeof one, "\\x%02x", from[i]);
		size_t need = strlen(one);
		if (at + need + 4 > size) {
			at += (size_t)snprintf(out + at, size - at, "...");
			break;
		}
		memcpy(out + at, one, need);
		at += need;
	}
	out[at] = '\0';
	return out;
}
