/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>

#include "memory.h"
#include "outbox.h"

#define CHUNK_SIZE 65536

struct outbox_chunk {
	struct outbox_chunk *next;
	size_t start, end; /* the bytes not yet written are data[start..end) */
	uint8_t data[CHUNK_SIZE];
};

void outbox_open(struct outbox *outbox, uv_stream_t *stream,
		 void (*on_written)(struct outbox *outbox, int status))
{
	outbox->stream = stream;
	outbox->on_written = on_written;
	outbox->request.data = outbox;
}

uint8_t *outbox_space(struct outbox *outbox, size_t need)
{
	struct outbox_chunk *tail = outbox->tail;
	if (!tail || CHUNK_SIZE - tail->end < need) {
		tail = memory_get(sizeof *tail);
		tail->next = NULL;
		tail->start = tail->end = 0;
		if (outbox->tail)
			outbox->tail->next = tail;
		else
			outbox->head = tail;
		outbox->tail = tail;
	}
	return tail->data + tail->end;
}

void outbox_commit(struct outbox *outbox, size_t len)
{
	outbox->tail->end += len;
	outbox->len += len;
}

void outbox_add(struct outbox *outbox, const void *data, size_t len)
{
	const uint8_t *from = data;
	while (len > 0) {
		uint8_t *to = outbox_space(outbox, 1);
		size_t room = CHUNK_SIZE - outbox->tail->end;
		size_t part = len < room ? len : room;
		memcpy(to, from, part);
		outbox_commit(outbox, part);
		from += part;
		len -= part;
	}
}

/* Takes bytes off the front. The last chunk stays, for the next bytes. */
static void consume(struct outbox *outbox, size_t len)
{
	struct outbox_chunk *head = outbox->head;
	head->start += len;
	outbox->len -= len;
	if (head->start < head->end)
		return;
	if (head != outbox->tail) {
		outbox->head = head->next;
		free(head);
	} else {
		head->start = head->end = 0;
	}
}

static void written(uv_write_t *request, int status)
{
	struct outbox *outbox = request->data;
	outbox->writing = false;
	if (status == UV_ECANCELED) {
		outbox_clear(outbox);
		return;
	}
	if (status == 0)
		consume(outbox, outbox->writing_len);
	outbox->on_written(outbox, status);
}

int outbox_send(struct outbox *outbox)
{
	while (outbox->len > 0 && !outbox->writing) {
		struct outbox_chunk *head = outbox->head;
		uv_buf_t buf = uv_buf_init((char *)head->data + head->start,
					   (unsigned)(head->end - head->start));
		int n = uv_try_write(outbox->stream, &buf, 1);
		if (n > 0) {
			consume(outbox, (size_t)n);
			continue;
		}
		if (n != UV_EAGAIN)
			return n;
		int error = uv_write(&outbox->request, outbox->stream, &buf, 1, written);
		if (error)
			return error;
		outbox->writing = true;
		outbox->writing_len = buf.len;
	}
	return 0;
}

size_t outbox_trim(struct outbox *outbox, size_t limit)
{
	size_t before = outbox->len;
	while (outbox->len > limit) {
		struct outbox_chunk **from = outbox->writing ? &outbox->head->next : &outbox->head;
		struct outbox_chunk *oldest = *from;
		if (!oldest)
			break;
		size_t have = oldest->end - oldest->start;
		size_t excess = outbox->len - limit;
		size_t part = have < excess ? have : excess;
		oldest->start += part;
		outbox->len -= part;
		if (oldest->start < oldest->end)
			break;
		if (oldest == outbox->tail) {
			oldest->start = oldest->end = 0;
			break;
		}
		*from = oldest->next;
		free(oldest);
	}
	return before - outbox->len;
}

void outbox_clear(struct outbox *outbox)
{
	struct outbox_chunk *kept = outbox->writing ? outbox->head : NULL;
	struct outbox_chunk *chunk = kept ? kept->next : outbox->head;
	while (chunk) {
		struct outbox_chunk *next = chunk->next;
		free(chunk);
		chunk = next;
	}
	if (kept)
		kept->next = NULL;
	outbox->head = outbox->tail = kept;
	outbox->len = kept ? kept->end - kept->start : 0;
}
