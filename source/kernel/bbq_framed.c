/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Frames. A frame is one exact grant and one commit, so the bytes that are there in one
 * piece are whole frames, the first of which begins where they begin.
 */
#include <string.h>
#include <mnemos/bbq_framed.h>
#include <mnemos/panic.h>

static mn_poll skip_header(struct mn_bbq_write *op, mn_poll got)
{
	if (got == MN_OK) {
		op->data += MN_BBQ_FRAME_HEADER;
		op->len -= MN_BBQ_FRAME_HEADER;
	}
	return got;
}

/* What to ask the queue for; more than any queue holds if a header cannot say it. */
static size_t frame_size(size_t payload)
{
	return payload <= MN_BBQ_FRAME_MAX ? payload + MN_BBQ_FRAME_HEADER : SIZE_MAX;
}

mn_poll mn_bbq_write_frame(struct mn_bbq_write *op, struct mn_bbq *q, size_t most)
{
	return skip_header(op, mn_bbq_write_exact(op, q, frame_size(most)));
}

mn_poll mn_bbq_try_write_frame(struct mn_bbq_write *op, struct mn_bbq *q, size_t most)
{
	return skip_header(op, mn_bbq_try_write_exact(op, q, frame_size(most)));
}

void mn_bbq_commit_frame(struct mn_bbq *q, size_t used)
{
	const size_t total = used + MN_BBQ_FRAME_HEADER;
	uint8_t *header = q->storage + q->write;

	MN_ASSERT(used <= MN_BBQ_FRAME_MAX && total <= q->granted);
	header[0] = (uint8_t)total;
	header[1] = (uint8_t)(total >> 8);
	mn_bbq_commit(q, total);
}

mn_poll mn_bbq_send_frame(struct mn_bbq_write *op, struct mn_bbq *q, const void *data, size_t len)
{
	const mn_poll got = mn_bbq_write_frame(op, q, len);

	if (got != MN_OK)
		return got;
	if (len)
		memcpy(op->data, data, len);
	mn_bbq_commit_frame(q, len);
	return MN_OK;
}

/* Total length of the frame at `data`, or 0 if there is none. */
static size_t frame_at(const uint8_t *data, size_t len)
{
	const size_t total = len < MN_BBQ_FRAME_HEADER ? 0 : data[0] | (size_t)data[1] << 8;

	return total < MN_BBQ_FRAME_HEADER || total > len ? 0 : total;
}

static mn_poll find_payload(struct mn_bbq_read *op, mn_poll got)
{
	size_t total;

	if (got != MN_OK)
		return got;
	total = frame_at(op->data, op->len);
	if (total == 0)
		return MN_EBADMSG;
	op->data += MN_BBQ_FRAME_HEADER;
	op->len = total - MN_BBQ_FRAME_HEADER;
	return MN_OK;
}

mn_poll mn_bbq_read_frame(struct mn_bbq_read *op, struct mn_bbq *q)
{
	if (q->flags & (MN__BBQ_IRQ_READS | MN__BBQ_IRQ_WRITES))
		return MN_ENOTSUP;
	return find_payload(op, mn_bbq_read(op, q));
}

mn_poll mn_bbq_try_read_frame(struct mn_bbq_read *op, struct mn_bbq *q)
{
	if (q->flags & (MN__BBQ_IRQ_READS | MN__BBQ_IRQ_WRITES))
		return MN_ENOTSUP;
	return find_payload(op, mn_bbq_try_read(op, q));
}

void mn_bbq_release_frame(struct mn_bbq *q)
{
	const size_t total = frame_at(q->storage + q->read, q->lent);

	MN_ASSERT(total != 0);
	mn_bbq_release(q, total);
}
