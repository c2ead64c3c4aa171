/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The model and the kernel's own events. They are applied where they are newer than the last
 * snapshot, which knows better. */
#include "model_inner.h"

static const char *text(struct model *model, const struct trace_event *event, uint32_t at)
{
	struct mn_trace_text value = trace_event_text(event, at);
	return model_text(model, value.data, value.len);
}

/* A service by its name or by its id. */
static const char *service_name(struct model *model, const struct trace_event *event, uint32_t at)
{
	uint64_t id = trace_event_number(event, at);
	return id ? model_need_service(model, (uint32_t)id)->name : text(model, event, at);
}

static void set_state(struct model_task *task, enum mn_trace_task_state state, uint64_t time_ns)
{
	if (task->state != state)
		task->state_since_ns = time_ns;
	task->state = state;
}

/*
 * Tasks.
 */

static void spawn(struct model *model, const struct trace_event *event)
{
	uint32_t id = (uint32_t)trace_event_number(event, 0);
	if (id == 0)
		return;
	struct model_task *task = model_need_task(model, id);
	task->name = text(model, event, 1);
	task->file = model_file(text(model, event, 2));
	task->size = (uint32_t)trace_event_number(event, 3);
	task->state = MN_TRACE_TASK_READY;
	task->state_since_ns = event->time_ns;
}

static void end(struct model *model, struct model_task *task, const struct trace_event *event)
{
	for (size_t i = 0; i < model->service_count; i++)
		if (model->services[i].task == task->id)
			model->services[i].ended = true;
	model_end_task(model, task, event->time_ns);
}

static void poll(struct model_task *task, const struct trace_event *event)
{
	set_state(task, MN_TRACE_TASK_RUNNING, event->time_ns);
	task->polls++;
	task->wait_count = 0;
}

/* One event for each wait: the first of them begins a new list. */
static void wait(struct model *model, struct model_task *task, const struct trace_event *event)
{
	if (model->inner->waiter != task->id)
		task->wait_count = 0;
	set_state(task, MN_TRACE_TASK_WAITING, event->time_ns);
	struct model_wait *wait = model_add_wait(task);
	wait->what = text(model, event, 0);
	wait->on = trace_event_number(event, 1);
	wait->name = service_name(model, event, 2);
	wait->holder = (uint32_t)trace_event_number(event, 3);
	wait->since_ns = event->time_ns;
	task->limit_ns = 0;
	model_note_reader(model, task, wait);
}

static void wake(struct model *model, const struct trace_event *event)
{
	struct model_task *task = model_task(model, (uint32_t)trace_event_number(event, 0));
	if (task && !task->ended)
		set_state(task, MN_TRACE_TASK_READY, event->time_ns);
}

/*
 * Calls.
 */

static struct model_call *find_call(struct model_inner *inner, uint32_t request)
{
	for (size_t i = inner->call_count; i-- > 0;)
		if (inner->calls[i].request == request)
			return &inner->calls[i];
	return NULL;
}

/* The one that has been in service the longest is what people ask for. */
static void find_oldest(struct model *model, struct model_service *service)
{
	const struct model_call *oldest = NULL;
	for (size_t i = 0; i < model->inner->call_count; i++) {
		const struct model_call *call = &model->inner->calls[i];
		if (call->service == service->id && call->serving &&
		    (!oldest || call->since_ns < oldest->since_ns))
			oldest = call;
	}
	service->client = oldest ? oldest->task : 0;
	service->since_ns = oldest ? oldest->since_ns : 0;
}

static void call(struct model *model, const struct trace_event *event)
{
	struct model_inner *inner = model->inner;
	struct model_service *service =
		model_need_service(model, (uint32_t)trace_event_number(event, 0));
	if (inner->call_count == MODEL_CALLS_MAX)
		inner->call_count = 0;
	inner->calls =
		model_grow(inner->calls, &inner->call_cap, inner->call_count, sizeof *inner->calls);
	inner->calls[inner->call_count++] = (struct model_call){
		.request = (uint32_t)trace_event_number(event, 2),
		.service = service->id,
		.task = event->task,
		.since_ns = event->time_ns,
	};
	service->queued++;
}

static void serve(struct model *model, const struct trace_event *event)
{
	struct model_service *service =
		model_need_service(model, (uint32_t)trace_event_number(event, 0));
	struct model_call *call = find_call(model->inner, (uint32_t)trace_event_number(event, 2));
	service->queued -= service->queued > 0;
	service->serving++;
	service->task = event->task;
	if (call)
		call->serving = true;
	find_oldest(model, service);
}

static void call_over(struct model *model, const struct trace_event *event)
{
	struct model_inner *inner = model->inner;
	struct model_service *service =
		model_need_service(model, (uint32_t)trace_event_number(event, 0));
	struct model_call *call = find_call(inner, (uint32_t)trace_event_number(event, 2));
	bool queued = call && !call->serving;
	if (queued)
		service->queued -= service->queued > 0;
	else
		service->serving -= service->serving > 0;
	if (call)
		*call = inner->calls[--inner->call_count];
	find_oldest(model, service);
}

static void service_begins(struct model *model, const struct trace_event *event)
{
	struct model_service *service =
		model_need_service(model, (uint32_t)trace_event_number(event, 0));
	service->name = text(model, event, 1);
	service->instance = text(model, event, 2);
	service->task = event->task;
	service->ended = false;
}

static void service_ends(struct model *model, const struct trace_event *event)
{
	struct model_service *service =
		model_need_service(model, (uint32_t)trace_event_number(event, 0));
	service->ended = true;
	service->queued = service->serving = service->client = 0;
}

/*
 * All of them.
 */

static void about_others(struct model *model, const struct trace_event *event)
{
	switch (event->site->known) {
	case MN_TRACE_SPAWN:
		spawn(model, event);
		break;
	case MN_TRACE_WAKE:
		wake(model, event);
		break;
	case MN_TRACE_CALL:
		call(model, event);
		break;
	case MN_TRACE_SERVE:
		serve(model, event);
		break;
	case MN_TRACE_REPLY:
	case MN_TRACE_REVOKE:
		call_over(model, event);
		break;
	case MN_TRACE_REGISTER:
		service_begins(model, event);
		break;
	case MN_TRACE_CLOSE:
		service_ends(model, event);
		break;
	default:
		break;
	}
}

static void about_itself(struct model *model, const struct trace_event *event)
{
	if (event->task == 0)
		return;
	struct model_task *task = model_need_task(model, event->task);
	if (task->ended)
		return;
	switch (event->site->known) {
	case MN_TRACE_END:
		end(model, task, event);
		break;
	case MN_TRACE_POLL:
		poll(task, event);
		break;
	case MN_TRACE_WAIT:
		wait(model, task, event);
		break;
	case MN_TRACE_READY:
		set_state(task, MN_TRACE_TASK_READY, event->time_ns);
		break;
	default:
		break;
	}
}

void model_take_event(void *context, const struct trace_event *event)
{
	struct model *model = context;
	if (!event->timed || event->kind != TRACE_EVENT || !event->site ||
	    event->site->known == MN_TRACE_KNOWN_COUNT)
		return;
	uint64_t exact_ns = model->inner->in_snapshot ? model->inner->begun_ns : model->snapshot_ns;
	if (event->time_ns < exact_ns)
		return;
	model_set_clock(model, event->time_ns);
	about_others(model, event);
	about_itself(model, event);
	model->inner->waiter = event->site->known == MN_TRACE_WAIT ? event->task : 0;
}
