/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "text.h"
#include "unframe.h"

void unframe_start(struct unframe *unframe)
{
	mn_sermux_receiver_init(&unframe->receiver, unframe->buffer, sizeof unframe->buffer);
}

static void text(struct unframe *unframe, const uint8_t *data, size_t len)
{
	unframe->sink.text(unframe->sink.context, data, len);
}

static void bad(struct unframe *unframe, enum unframe_bad kind, const struct mn_sermux_item *item)
{
	unframe->sink.bad(unframe->sink.context, kind, item->data, item->len);
}

static bool expects(struct unframe *unframe, uint16_t port)
{
	return unframe->sink.expects(unframe->sink.context, port);
}

/* A text can be valid COBS by chance. The frame is encoded again to see what it was. */
static bool was_text(struct unframe *unframe, const struct mn_sermux_item *item)
{
	size_t wire = mn_sermux_encode(unframe->scratch, sizeof unframe->scratch, item->port,
				       item->data, item->len);
	if (wire == 0 || !text_is(unframe->scratch, wire - 1))
		return false;
	text(unframe, unframe->scratch, wire - 1);
	return true;
}

static void frame(struct unframe *unframe, const struct mn_sermux_item *item)
{
	if (expects(unframe, item->port) || !was_text(unframe, item))
		unframe->sink.frame(unframe->sink.context, item->port, item->data, item->len);
}

/* A line without a zero at its end, and then a frame: both are there to be had. */
static bool text_then_frame(struct unframe *unframe, const uint8_t *data, size_t len)
{
	size_t split = text_prefix(data, len);
	if (split == 0 || split == len || !text_is(data, split))
		return false;
	size_t got = mn_cobs_decode(unframe->scratch, data + split, len - split);
	if (got == MN_COBS_INVALID || got <= MN_SERMUX_HEADER)
		return false;
	uint16_t port = (uint16_t)(unframe->scratch[0] | unframe->scratch[1] << 8);
	if (!expects(unframe, port))
		return false;
	text(unframe, data, split);
	unframe->sink.frame(unframe->sink.context, port, unframe->scratch + MN_SERMUX_HEADER,
			    got - MN_SERMUX_HEADER);
	return true;
}

static void not_cobs(struct unframe *unframe, const struct mn_sermux_item *item)
{
	if (text_is(item->data, item->len))
		text(unframe, item->data, item->len);
	else if (!text_then_frame(unframe, item->data, item->len))
		bad(unframe, UNFRAME_NOT_COBS, item);
}

static void too_short(struct unframe *unframe, const struct mn_sermux_item *item)
{
	if (text_is(item->data, item->len))
		text(unframe, item->data, item->len);
	else
		bad(unframe, UNFRAME_TOO_SHORT, item);
}

static void too_long(struct unframe *unframe, const struct mn_sermux_item *item)
{
	/* The cut may have gone through a character. */
	size_t len = text_prefix(item->data, item->len);
	if (item->len - len > 3 || !text_is(item->data, len)) {
		bad(unframe, UNFRAME_TOO_LONG, item);
		return;
	}
	/* A long boot log: show this part, and look at the next one afresh. */
	text(unframe, item->data, len);
	mn_sermux_receiver_reset(&unframe->receiver);
}

static void take_item(struct unframe *unframe, const struct mn_sermux_item *item)
{
	switch (item->kind) {
	case MN_SERMUX_FRAME:
		frame(unframe, item);
		break;
	case MN_SERMUX_BAD_COBS:
		not_cobs(unframe, item);
		break;
	case MN_SERMUX_SHORT:
		too_short(unframe, item);
		break;
	case MN_SERMUX_OVERLONG:
		too_long(unframe, item);
		break;
	case MN_SERMUX_FLUSH:
	case MN_SERMUX_NONE:
		break;
	}
}

void unframe_take(struct unframe *unframe, const uint8_t *data, size_t len)
{
	struct mn_sermux_receiver *receiver = &unframe->receiver;
	while (len > 0) {
		struct mn_sermux_item item;
		/* No more than fits: of a text that is too long for a frame nothing is skipped. */
		size_t room = receiver->cap - receiver->len;
		size_t part = len < room || receiver->skipping ? len : room;
		size_t took = mn_sermux_receive(receiver, data, part, &item);
		take_item(unframe, &item);
		data += took;
		len -= took;
	}
}

bool unframe_is_unfinished(const struct unframe *unframe)
{
	return unframe->receiver.len > 0 && !unframe->receiver.skipping;
}

void unframe_flush(struct unframe *unframe)
{
	struct mn_sermux_receiver *receiver = &unframe->receiver;
	if (receiver->skipping || !text_is(receiver->buffer, receiver->len))
		return;
	text(unframe, receiver->buffer, receiver->len);
	mn_sermux_receiver_reset(receiver);
}
