/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Frames in a byte queue: messages of any length that arrive whole.
 *
 * In the queue a frame is its total length, two bytes, least first, which counts
 * themselves, and then the payload. Both sides work in place:
 *
 *     MN_TRY(self, mn_bbq_write_frame(&self->tx, &q, 100));   // room for 100 bytes
 *     size_t n = encode(self->tx.data, self->tx.len);
 *     mn_bbq_commit_frame(&q, n);                             // a frame of n bytes
 *
 *     MN_TRY(self, mn_bbq_read_frame(&self->rx, &q));
 *     decode(self->rx.data, self->rx.len);
 *     mn_bbq_release_frame(&q);
 *
 * Everything bbq.h says about turns, grants and ends holds. Use a queue for frames only or
 * for bytes only; a reader that finds no frame gets MN_EBADMSG. A queue with an interrupt
 * side carries bytes only (MN_ENOTSUP).
 */
#ifndef MNEMOS_BBQ_FRAMED_H
#define MNEMOS_BBQ_FRAMED_H

#include <mnemos/bbq.h>

/* Bytes before the payload, and how long that may be. */
#define MN_BBQ_FRAME_HEADER 2
#define MN_BBQ_FRAME_MAX (UINT16_MAX - MN_BBQ_FRAME_HEADER)

/*
 * Waits for room for a frame of up to `most` bytes, 0 included; op->data and op->len are
 * its payload. Give up with mn_bbq_commit(q, 0). Errors: MN_ETOOBIG for more than the
 * capacity or the header can hold, MN_ECLOSED, MN_ECANCELED, MN_ENOTSUP.
 */
mn_poll mn_bbq_write_frame(struct mn_bbq_write *op, struct mn_bbq *q, size_t most);

/* The same without waiting: MN_EFULL if there is no room now or others are at their turn. */
mn_poll mn_bbq_try_write_frame(struct mn_bbq_write *op, struct mn_bbq *q, size_t most);

/* Sends the granted frame with the first `used` bytes of its payload; 0 is a frame too. */
void mn_bbq_commit_frame(struct mn_bbq *q, size_t used);

/* Waits for room and sends a copy of `data` as one frame. Errors as mn_bbq_write_frame. */
mn_poll mn_bbq_send_frame(struct mn_bbq_write *op, struct mn_bbq *q, const void *data, size_t len);

/*
 * Waits for a frame; op->data and op->len are its payload, until mn_bbq_release_frame.
 * Errors: MN_ECLOSED when there is none and will be none, MN_ECANCELED; MN_EBADMSG if what
 * is there is no frame (it stays), MN_ENOTSUP.
 */
mn_poll mn_bbq_read_frame(struct mn_bbq_read *op, struct mn_bbq *q);

/* The same without waiting: MN_EEMPTY if there is none now. */
mn_poll mn_bbq_try_read_frame(struct mn_bbq_read *op, struct mn_bbq *q);

/* Ends with the frame that was read, as a whole. */
void mn_bbq_release_frame(struct mn_bbq *q);

#endif
