/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Frames of the serial multiplex; the contract is in the header. */
#include <string.h>
#include <mnemos/proto/sermux.h>

/* Valid COBS of at most this many bytes has no full group, so it decodes to one byte less:
 * no room for a port and a byte of payload. */
#define SHORT_WIRE (MN_SERMUX_HEADER + 1)

size_t mn_sermux_encode(uint8_t *out, size_t cap, uint16_t port, const void *payload, size_t len)
{
	const uint8_t header[MN_SERMUX_HEADER] = {(uint8_t)port, (uint8_t)(port >> 8)};
	struct mn_cobs_encoder encoder;
	uint8_t *end;

	/* The first test keeps the bound of an absurd length from wrapping round. */
	if (len > cap || MN_SERMUX_BOUND(len) > cap)
		return 0;
	mn_cobs_begin(&encoder, out);
	mn_cobs_add(&encoder, header, sizeof(header));
	mn_cobs_add(&encoder, payload, len);
	end = mn_cobs_end(&encoder);
	*end++ = 0;
	return (size_t)(end - out);
}

void mn_sermux_receiver_init(struct mn_sermux_receiver *receiver, uint8_t *buffer, size_t cap)
{
	receiver->buffer = buffer;
	receiver->cap = cap;
	mn_sermux_receiver_reset(receiver);
}

void mn_sermux_receiver_reset(struct mn_sermux_receiver *receiver)
{
	receiver->len = 0;
	receiver->skipping = false;
}

/* Appends what the buffer has room for. */
static void keep(struct mn_sermux_receiver *receiver, const uint8_t *in, size_t len)
{
	size_t room = receiver->cap - receiver->len;

	if (len > room)
		len = room;
	memcpy(receiver->buffer + receiver->len, in, len);
	receiver->len += len;
}

/* Ends the unfinished frame: its bytes are shown as they came. */
static void show_raw(struct mn_sermux_receiver *receiver, enum mn_sermux_kind kind,
		     struct mn_sermux_item *item)
{
	item->kind = kind;
	item->data = receiver->buffer;
	item->len = receiver->len;
	receiver->len = 0;
}

static bool is_cobs_of_short(const uint8_t *wire, size_t len)
{
	uint8_t scratch[SHORT_WIRE];

	return mn_cobs_decode(scratch, wire, len) != MN_COBS_INVALID;
}

/* Decodes a whole frame, from the input or in place in the buffer. A bad one is left (or put)
 * in the buffer as it was on the wire; mn_cobs_decode writes nothing then. */
static void finish(struct mn_sermux_receiver *receiver, const uint8_t *wire, size_t len,
		   struct mn_sermux_item *item)
{
	uint8_t *buffer = receiver->buffer;
	enum mn_sermux_kind kind = MN_SERMUX_BAD_COBS;

	if (len > SHORT_WIRE) {
		size_t decoded = mn_cobs_decode(buffer, wire, len);

		if (decoded != MN_COBS_INVALID) {
			item->kind = MN_SERMUX_FRAME;
			item->port = (uint16_t)(buffer[0] | buffer[1] << 8);
			item->data = buffer + MN_SERMUX_HEADER;
			item->len = decoded - MN_SERMUX_HEADER;
			receiver->len = 0;
			return;
		}
	} else if (is_cobs_of_short(wire, len)) {
		kind = len > 0 ? MN_SERMUX_SHORT : MN_SERMUX_FLUSH;
	}
	if (wire != buffer)
		keep(receiver, wire, len);
	show_raw(receiver, kind, item);
}

/* The rest of an over-long frame; returns how much of the input belongs to it. */
static size_t skip(struct mn_sermux_receiver *receiver, const uint8_t *in, size_t len)
{
	const uint8_t *zero = memchr(in, 0, len);

	receiver->skipping = !zero;
	return zero ? (size_t)(zero - in) + 1 : len;
}

size_t mn_sermux_receive(struct mn_sermux_receiver *receiver, const void *data, size_t len,
			 struct mn_sermux_item *item)
{
	const uint8_t *in = data;
	const uint8_t *zero;
	size_t skipped = 0, run;

	*item = (struct mn_sermux_item){.kind = MN_SERMUX_NONE};
	if (len > 0 && receiver->skipping)
		skipped = skip(receiver, in, len);
	if (skipped == len)
		return len;
	in += skipped;
	len -= skipped;

	zero = memchr(in, 0, len);
	run = zero ? (size_t)(zero - in) : len;
	if (run >= receiver->cap - receiver->len) { /* the terminator no longer fits */
		keep(receiver, in, run);
		show_raw(receiver, MN_SERMUX_OVERLONG, item);
		receiver->skipping = !zero;
	} else if (!zero) {
		keep(receiver, in, run);
	} else if (receiver->len == 0) {
		finish(receiver, in, run, item);
	} else {
		keep(receiver, in, run);
		finish(receiver, receiver->buffer, receiver->len, item);
	}
	return skipped + run + (zero ? 1 : 0);
}
