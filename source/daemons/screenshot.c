/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The screenshot daemon. The contract is in the header.
 *
 * Its task waits for requests and for another peer. An answer is an operation of its own, which
 * looks at both again after each message: that is how it is stopped.
 */
#include <string.h>
#include <mnemos/heap.h>
#include <mnemos/daemons/screenshot.h>

#define MN_LOG_TARGET "daemons::screenshot"

/* Bytes of requests that may wait. */
#define RX_SIZE 256

_Static_assert((int)MN_SCREENSHOT_MONO == MN_MONO && (int)MN_SCREENSHOT_GRAY8 == MN_GRAY8 &&
		       (int)MN_SCREENSHOT_RGB565 == MN_RGB565 &&
		       (int)MN_SCREENSHOT_RGB888 == MN_RGB888,
	       "the same formats");
_Static_assert(MN_SCREENSHOT_SIDE_MAX == MN_BITMAP_SIDE_MAX, "the same limit");

/* ---- Requests ---------------------------------------------------------------------- */

/* Where the id waits for its turn, or waiting_count. */
static unsigned place_of(const struct mn_screenshot_daemon *self, uint32_t id)
{
	unsigned at = 0;

	while (at < self->waiting_count && self->waiting[at].id != id)
		at++;
	return at;
}

static void leave_queue(struct mn_screenshot_daemon *self, unsigned at)
{
	if (at == self->waiting_count)
		return;
	self->waiting_count--;
	memmove(&self->waiting[at], &self->waiting[at + 1],
		(self->waiting_count - at) * sizeof self->waiting[0]);
}

static bool is_answering(const struct mn_screenshot_daemon *self, uint32_t id)
{
	return self->answering && !self->answer.stopped && self->answer.id == id;
}

static void take(struct mn_screenshot_daemon *self, const struct mn_screenshot_request *request)
{
	if (!is_answering(self, request->id) &&
	    place_of(self, request->id) == self->waiting_count &&
	    self->waiting_count < MN_SCREENSHOT_WAITING)
		self->waiting[self->waiting_count++] = *request;
}

static void cancel(struct mn_screenshot_daemon *self, uint32_t id)
{
	leave_queue(self, place_of(self, id));
	if (is_answering(self, id))
		self->answer.stopped = true;
}

static void end_request(struct mn_screenshot_daemon *self)
{
	struct mn_screenshot_request request;

	if (self->request_len > 0 && self->request_len < sizeof self->request &&
	    mn_screenshot_decode_request(&request, self->request, self->request_len) == MN_OK) {
		if (request.kind == MN_SCREENSHOT_TAKE)
			take(self, &request);
		else
			cancel(self, request.id);
	}
	self->request_len = 0;
}

static void take_bytes(struct mn_screenshot_daemon *self, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == 0)
			end_request(self);
		else if (self->request_len < sizeof self->request)
			self->request[self->request_len++] = bytes[i];
	}
}

/* What an earlier host asked for is no longer wanted. */
static void see_to_peer(struct mn_screenshot_daemon *self)
{
	const uint32_t peer = mn_sermux_peer(&self->port);

	if (peer == self->peer)
		return;
	self->peer = peer;
	self->request_len = 0;
	self->waiting_count = 0;
	self->answer.stopped = true;
}

/* Peers and requests. Errors: those of the port. */
static mn_poll see_to_all(struct mn_screenshot_daemon *self)
{
	mn_poll got;

	see_to_peer(self);
	while ((got = mn_bbq_try_read(&self->rx, self->port.rx)) == MN_OK) {
		const size_t earlier = mn_sermux_earlier(&self->port);
		const size_t skipped = earlier < self->rx.len ? earlier : self->rx.len;

		take_bytes(self, self->rx.data + skipped, self->rx.len - skipped);
		mn_bbq_release(self->port.rx, self->rx.len);
	}
	return got == MN_EEMPTY ? MN_OK : got;
}

/* ---- What is said ------------------------------------------------------------------ */

static void say(struct mn__screenshot_answer *self, struct mn_screenshot_message message)
{
	message.id = self->id;
	self->wire_len = mn_screenshot_encode(self->wire, sizeof self->wire, &message, &self->crc);
	MN_ASSERT(self->wire_len > 0);
}

static void say_picture(struct mn__screenshot_answer *self)
{
	say(self, (struct mn_screenshot_message){.kind = MN_SCREENSHOT_PICTURE,
						 .picture = self->picture});
}

static void say_pixels(struct mn__screenshot_answer *self)
{
	say(self, (struct mn_screenshot_message){.kind = MN_SCREENSHOT_PIXELS,
						 .at = self->packed_at,
						 .packed = self->packed,
						 .packed_len = self->packed_len});
}

static void say_end(struct mn__screenshot_answer *self)
{
	say(self, (struct mn_screenshot_message){.kind = MN_SCREENSHOT_END, .crc = self->crc});
	self->said_last = true;
}

static void say_refused(struct mn__screenshot_answer *self, mn_poll why)
{
	if (why == MN_ETIMEDOUT && self->layer.display.client.id == 0)
		why = MN_ENOTFOUND;
	mn_warn("no screenshot: %s", mn_error_text(why));
	say(self, (struct mn_screenshot_message){.kind = MN_SCREENSHOT_REFUSED, .why = why});
	self->said_last = true;
}

/* ---- The picture ------------------------------------------------------------------- */

static mn_poll get_meta(struct mn__screenshot_answer *self)
{
	return mn_timeout(&self->limit,
			  mn_display_get_meta(&self->layer, self->daemon->config.display),
			  MN_SCREENSHOT_PATIENCE_US);
}

/* The clock goes on from one look to the next. */
static uint64_t left_us(const struct mn__screenshot_answer *self)
{
	const uint64_t now_us = mn_now_us();

	return now_us < self->late_us ? self->late_us - now_us : 0;
}

/* What has been drawn is on its way to the screen; or somebody will draw, as after a start. */
static bool is_to_wait(const struct mn__screenshot_answer *self)
{
	return MN_RESULT(self) == MN_OK && !self->layer.meta.is_current && left_us(self) > 0;
}

static mn_poll next_frame(struct mn__screenshot_answer *self)
{
	return mn_timeout(&self->limit,
			  mn_display_frame(&self->layer, self->daemon->config.display),
			  left_us(self));
}

static mn_poll read_band(struct mn__screenshot_answer *self)
{
	return mn_timeout(&self->limit,
			  mn_display_read(&self->layer, self->daemon->config.display, &self->band,
					  0, (int32_t)(self->part.first / self->part.row)),
			  MN_SCREENSHOT_PATIENCE_US);
}

/* Memory for all rows, or for half as many until there is enough. */
static mn_poll get_memory(struct mn__screenshot_answer *self)
{
	const struct mn_display_meta *meta = &self->layer.meta;
	int32_t rows = meta->height;
	size_t size = 0;

	while (rows > 0 && !self->memory) {
		size = mn_bitmap_size(meta->format, MN_OPAQUE, meta->width, rows);
		if (size > 0)
			self->memory = mn_try_alloc(size);
		if (!self->memory)
			rows /= 2;
	}
	if (!self->memory)
		return MN_ENOMEM;
	memset(self->memory, 0, size); /* the bits behind the last pixel of a row, too */
	mn_bitmap_init(&self->band, meta->format, MN_OPAQUE, meta->width, rows, self->memory, size);
	return MN_OK;
}

/* The display is known: what is going to be sent? */
static mn_poll prepare(struct mn__screenshot_answer *self)
{
	const struct mn_display_meta *meta = &self->layer.meta;
	mn_poll got;

	self->picture = (struct mn_screenshot_picture){
		.format = (enum mn_screenshot_format)meta->format,
		.width = (uint32_t)meta->width,
		.height = (uint32_t)meta->height,
	};
	if (mn_screenshot_units(&self->picture) == 0)
		return MN_ETOOBIG;
	got = get_memory(self);
	self->picture.is_mixed = self->band.height < meta->height;
	self->part = (struct mn_screenshot_part){
		.format = self->picture.format,
		.pixels = self->memory,
		.row = mn_screenshot_row(&self->picture),
	};
	return got;
}

static bool is_at_end_of_band(const struct mn__screenshot_answer *self)
{
	return self->at == self->part.first + self->part.count;
}

/* The next band follows, and may be lower. Returns whether there is one. */
static bool next_band(struct mn__screenshot_answer *self)
{
	const uint32_t left = mn_screenshot_units(&self->picture) - self->at;
	const uint32_t most = (uint32_t)self->band.height * self->part.row;

	self->part.first = self->at;
	self->part.count = left < most ? left : most;
	self->band.height = (int32_t)(self->part.count / self->part.row);
	return left > 0;
}

static void begin_packing(struct mn__screenshot_answer *self)
{
	self->packed_at = self->at;
	self->packed_len = 0;
}

/* Packs some more; returns whether there is still more, and room for it. */
static bool pack(struct mn__screenshot_answer *self)
{
	const size_t len = mn_screenshot_pack(self->packed + self->packed_len,
					      sizeof self->packed - self->packed_len, &self->part,
					      &self->at, MN_SCREENSHOT_UNITS);

	self->packed_len += len;
	return len > 0 && !is_at_end_of_band(self);
}

/* ---- An answer --------------------------------------------------------------------- */

static void begin_answer(struct mn_screenshot_daemon *daemon)
{
	struct mn__screenshot_answer *self = &daemon->answer;

	memset(self, 0, sizeof *self);
	self->daemon = daemon;
	self->id = daemon->waiting[0].id;
	self->is_unknown = daemon->waiting[0].version > MN_SCREENSHOT_VERSION;
	leave_queue(daemon, 0);
	daemon->answering = true;
}

static void end_answer(struct mn_screenshot_daemon *daemon)
{
	mn_free(daemon->answer.memory);
	daemon->answer.memory = NULL;
	daemon->answering = false;
}

/* The first message. */
static void open_answer(struct mn__screenshot_answer *self)
{
	mn_poll why = self->met;

	if (self->is_unknown)
		why = MN_ENOTSUP;
	else if (why == MN_OK)
		why = prepare(self);
	if (why == MN_OK)
		say_picture(self);
	else
		say_refused(self, why);
}

static mn_poll send(struct mn__screenshot_answer *self)
{
	return mn_sermux_write(&self->tx, &self->daemon->port, self->wire, self->wire_len);
}

/* Whether somebody still wants it. */
static bool is_wanted(struct mn__screenshot_answer *self)
{
	return see_to_all(self->daemon) == MN_OK && !self->stopped;
}

/* What ends it with an error ends the daemon's loop, too: the port, or a cancellation. */
static mn_poll answer_run(struct mn__screenshot_answer *self)
{
	MN_BEGIN(self);
	self->late_us = mn_now_us() + MN_SCREENSHOT_PATIENCE_US;
	MN_AWAIT(self, get_meta(self));
	self->met = MN_RESULT(self);
	while (is_to_wait(self) && is_wanted(self))
		MN_AWAIT(self, next_frame(self));
	if (MN_RESULT(self) == MN_ECANCELED)
		MN_RETURN(self, MN_ECANCELED);
	open_answer(self);
	while (is_wanted(self)) {
		MN_AWAIT(self, send(self));
		if (MN_RESULT(self) != MN_OK || self->said_last || !is_wanted(self))
			break;
		if (is_at_end_of_band(self)) {
			if (!next_band(self)) {
				say_end(self);
				continue;
			}
			MN_AWAIT(self, read_band(self));
			if (MN_RESULT(self) == MN_ECANCELED)
				break;
			if (MN_RESULT(self) != MN_OK) {
				say_refused(self, MN_RESULT(self));
				continue;
			}
		}
		begin_packing(self);
		while (pack(self))
			MN_YIELD(self);
		say_pixels(self);
	}
	MN_RETURN(self, MN_RESULT(self));
	MN_END(self);
}

/* ---- The task ---------------------------------------------------------------------- */

static mn_poll open_port(struct mn_screenshot_daemon *self)
{
	return mn_sermux_open(&self->open, self->config.port, RX_SIZE, MN_SERMUX_DROP, &self->port);
}

static mn_poll news(struct mn_screenshot_daemon *self)
{
	return mn_race(&self->race, mn_bbq_read(&self->rx, self->port.rx),
		       mn_sermux_peer_change(&self->peer_change, &self->port, self->peer));
}

static mn_poll mn_screenshot_daemon_run(struct mn_screenshot_daemon *self)
{
	MN_BEGIN(self);
	for (;;) {
		MN_AWAIT(self, open_port(self));
		if (MN_RESULT(self) == MN_EGONE)
			continue;
		if (MN_RESULT(self) != MN_OK)
			break;
		while (see_to_all(self) == MN_OK) {
			if (self->waiting_count > 0) {
				begin_answer(self);
				MN_AWAIT(self, answer_run(&self->answer));
				end_answer(self);
			} else {
				MN_AWAIT(self, news(self));
			}
			if (MN_RESULT(self) == MN_ECANCELED)
				break;
		}
		mn_sermux_close(&self->port);
		self->waiting_count = 0;
		self->peer = 0;
		if (MN_RESULT(self) == MN_ECANCELED)
			break;
	}
	MN_RETURN(self, mn_log_end(MN_RESULT(self)));
	MN_END(self);
}

MN_TASK_AS(mn_screenshot_daemon, struct mn_screenshot_daemon, "screenshot");

void mn_screenshot_daemon_start(struct mn_screenshot_daemon *daemon, struct mn_kernel *kernel,
				const struct mn_screenshot_daemon_config *config)
{
	daemon->config = *config;
	mn_spawn(kernel, &daemon->task, &mn_screenshot_daemon_task);
}
