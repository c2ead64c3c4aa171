/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Input: a byte that sets the receiver's limit, a byte that sets how the stream is cut, then the
 * stream. It is heard whole, byte by byte and in the cuts; all three must report the same.
 */
#include <mnemos/proto/sermux.h>
#include "fuzz.h"

/* Stands for all that was heard: FNV-1a over every field of every item. */
struct heard {
	uint64_t hash;
	size_t items;
};

static void mix(struct heard *heard, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++)
		heard->hash = (heard->hash ^ bytes[i]) * 0x100000001b3u;
}

/* A frame that was accepted can be sent again and is heard as the same. */
static void check_frame(const struct mn_sermux_item *item)
{
	size_t cap = MN_SERMUX_BOUND(item->len);
	uint8_t *wire = fuzz_alloc(cap), *buffer = fuzz_alloc(cap);
	size_t len = mn_sermux_encode(wire, cap, item->port, item->data, item->len);
	struct mn_sermux_receiver receiver;
	struct mn_sermux_item again;

	FUZZ_CHECK(item->len > 0 && len > 0);
	mn_sermux_receiver_init(&receiver, buffer, cap);
	FUZZ_CHECK(mn_sermux_receive(&receiver, wire, len, &again) == len);
	FUZZ_CHECK(again.kind == MN_SERMUX_FRAME && again.port == item->port);
	FUZZ_CHECK(again.len == item->len && memcmp(again.data, item->data, item->len) == 0);
	free(wire);
	free(buffer);
}

static void hear(struct heard *heard, const struct mn_sermux_receiver *receiver,
		 const struct mn_sermux_item *item)
{
	if (item->kind == MN_SERMUX_NONE)
		return;
	FUZZ_CHECK(item->data >= receiver->buffer);
	FUZZ_CHECK(item->data + item->len <= receiver->buffer + receiver->cap);
	mix(heard, &item->kind, sizeof(item->kind));
	mix(heard, &item->port, sizeof(item->port));
	mix(heard, &item->len, sizeof(item->len));
	mix(heard, item->data, item->len);
	heard->items++;
	if (item->kind == MN_SERMUX_FRAME)
		check_frame(item);
}

/* The piece comes in memory of its own, so that reading beyond it is seen. */
static void feed(struct mn_sermux_receiver *receiver, const uint8_t *data, size_t len,
		 struct heard *heard)
{
	uint8_t *piece = fuzz_alloc(len);

	memcpy(piece, data, len);
	for (size_t at = 0; at < len;) {
		struct mn_sermux_item item;
		size_t taken = mn_sermux_receive(receiver, piece + at, len - at, &item);

		FUZZ_CHECK(taken > 0 && taken <= len - at);
		FUZZ_CHECK(item.kind != MN_SERMUX_NONE || taken == len - at);
		at += taken;
		hear(heard, receiver, &item);
	}
	free(piece);
}

/* Pieces of 1 to `longest` bytes, their lengths derived from the seed. */
static struct heard listen(const uint8_t *data, size_t len, size_t cap, uint32_t seed,
			   size_t longest)
{
	uint8_t *buffer = fuzz_alloc(cap);
	struct mn_sermux_receiver receiver;
	struct heard heard = {0};

	mn_sermux_receiver_init(&receiver, buffer, cap);
	for (size_t at = 0, step; at < len; at += step) {
		seed = seed * 1664525u + 1013904223u;
		step = 1 + (seed >> 8) % longest;
		step = step < len - at ? step : len - at;
		feed(&receiver, data + at, step, &heard);
	}
	free(buffer);
	return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct heard whole, bytes, cut;
	size_t cap;

	if (len < 3)
		return 0;
	cap = 2 * (size_t)data[0] + 2;
	whole = listen(data + 2, len - 2, cap, 0, SIZE_MAX);
	bytes = listen(data + 2, len - 2, cap, 0, 1);
	cut = listen(data + 2, len - 2, cap, data[1], 1 + data[1]);
	FUZZ_CHECK(whole.items == bytes.items && whole.hash == bytes.hash);
	FUZZ_CHECK(whole.items == cut.items && whole.hash == cut.hash);
	return 0;
}
