/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The serial line and who owns it; the contract is in the header. */
#include <mnemos/services/simple_serial.h>
#include <mnemos/trace.h>

#define MN_LOG_TARGET "services::simple_serial"

const struct mn_service mn_simple_serial_service = {
	.uuid = MN_UUID(0xf06aac01, 0x2773, 0x4266, 0x8681, 0x583ffe756554),
	.name = "simple_serial",
	.version = "1.0",
	.request_size = sizeof(struct mn_simple_serial_request),
	.response_size = sizeof(struct mn_simple_serial_response),
};

/* ---- The line ---------------------------------------------------------------------- */

void mn_serial_line_init(struct mn_serial_line *line, struct mn_kernel *kernel, struct mn_bbq *rx,
			 struct mn_bbq *tx, void (*accepted_by_owner)(struct mn_serial_line *line))
{
	*line = (struct mn_serial_line){
		.rx = rx,
		.tx = tx,
		.accepted_by_owner = accepted_by_owner,
	};
	mn_irq_init(&line->changed, kernel);
}

static void mute_server(void *context, const struct mn_registry_slot *slot)
{
	struct mn_simple_serial *server;

	if (slot->service != &mn_simple_serial_service)
		return;
	server = MN_CONTAINER(slot->server, struct mn_simple_serial, server);
	if (server->line == context)
		mn_trace_mute(&server->task);
}

void mn_serial_line_mute(struct mn_serial_line *line)
{
	mn_irq_mute(&line->changed);
	mn_bbq_mute(line->rx);
	mn_bbq_mute(line->tx);
	mn_registry_each(mn_running, mute_server, line);
}

static void set_peer(struct mn_serial_line *line, uint32_t peer)
{
	atomic_store_explicit(&line->peer, peer, memory_order_release);
	mn_irq_raise(&line->changed);
}

void mn_serial_line_attach(struct mn_serial_line *line)
{
	if (++line->last_peer == 0) /* 0 is nobody */
		line->last_peer = 1;
	set_peer(line, line->last_peer);
}

void mn_serial_line_detach(struct mn_serial_line *line)
{
	set_peer(line, 0);
}

/* A raise that was seen to earlier is no news, and news may be older than the last raise. */
mn_poll mn_serial_line_change(struct mn_irq_wait *op, struct mn_serial_line *line)
{
	mn_poll raised = MN_OK;

	while (raised == MN_OK &&
	       (op->wait.kind != MN_WAIT_NONE || !mn_serial_line_has_changed(line)))
		raised = mn_irq_wait(op, &line->changed);
	return raised;
}

static void accept(struct mn_serial_line *line, uint32_t peer)
{
	atomic_store_explicit(&line->accepted, peer, memory_order_release);
	if (line->accepted_by_owner)
		line->accepted_by_owner(line);
}

uint32_t mn_serial_line_accept(struct mn_serial_line *line)
{
	const uint32_t peer = atomic_load_explicit(&line->peer, memory_order_acquire);
	struct mn_bbq_read old = {0};

	while (mn_bbq_try_read(&old, line->rx) == MN_OK)
		mn_bbq_release(line->rx, old.len);
	line->resumed = peer && peer == line->served;
	line->served = peer;
	accept(line, peer);
	return peer;
}

/* ---- The server -------------------------------------------------------------------- */

/* The next owner has to accept the peer anew, and so starts clean. */
static void set_free(struct mn_simple_serial *self)
{
	mn_debug("%s: free again", self->instance ? self->instance : "the line");
	self->owner = NULL;
	accept(self->line, 0);
	mn_irq_raise(&self->line->changed);
}

static mn_poll handle(struct mn_simple_serial *self)
{
	const struct mn_simple_serial_request *request = mn_request(&self->serving);
	struct mn_simple_serial_response *response = mn_response(&self->serving);
	struct mn_task *caller = self->serving.call->wait.task;

	switch (request->what) {
	case MN_SIMPLE_SERIAL_GET_PORT:
		if (self->owner)
			return MN_EBUSY;
		self->owner = caller;
		response->line = self->line;
		return MN_OK;
	case MN_SIMPLE_SERIAL_RELEASE:
		if (!self->owner || self->owner != caller)
			return MN_EREFUSED;
		set_free(self);
		return MN_OK;
	}
	return MN_EINVAL;
}

/* The next call, and meanwhile the end of the owner, if there is one. */
static mn_poll call_or_end(struct mn_simple_serial *self)
{
	if (!self->owner)
		return mn_serve(&self->serving, &self->server);
	return mn_race(&self->race, mn_join(&self->end, self->owner),
		       mn_serve(&self->serving, &self->server));
}

/* What was taken is answered, also if its caller has gone while the race came to its end. */
static void see_to(struct mn_simple_serial *self, mn_poll came)
{
	const bool raced = self->owner, taken = (raced ? self->race.result[1] : came) == MN_OK;

	if (raced && self->race.result[0] == MN_OK)
		set_free(self);
	if (taken)
		mn_reply(&self->serving,
			 mn_serving_live(&self->serving) ? handle(self) : MN_ECANCELED);
}

static mn_poll mn_simple_serial_run(struct mn_simple_serial *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_register(&self->server, &mn_simple_serial_service, self->instance));
	for (;;) {
		MN_AWAIT(self, call_or_end(self));
		see_to(self, MN_RESULT(self));
		if (MN_RESULT(self) != MN_OK)
			break;
	}
	mn_bbq_close_read(self->line->rx);
	mn_bbq_close_write(self->line->tx);
	MN_RETURN(self, MN_RESULT(self));
	MN_END(self);
}

MN_TASK_AS(mn_simple_serial, struct mn_simple_serial, "simple_serial");

void mn_simple_serial_start(struct mn_simple_serial *server, struct mn_kernel *kernel,
			    struct mn_serial_line *line, const char *instance)
{
	server->line = line;
	server->instance = instance;
	mn_spawn(kernel, &server->task, &mn_simple_serial_task);
}
