/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The keyboard mux: each event goes to every subscriber's queue, and nobody is waited for.
 *
 * Whether an event fits is decided here, per subscriber, so that a queue always has room for the
 * releases that it is owed; see keyboard_internal.h.
 */
#include <mnemos/heap.h>
#include "keyboard_internal.h"

#define MN_LOG_TARGET "services::keyboard_mux"

const struct mn_service mn_keyboard_mux_service = {
	.uuid = MN_UUID(0x70861d1c, 0x9f01, 0x4e9b, 0x89e6, 0xede77d8f26d8),
	.name = "keyboard_mux",
	.version = "1.0",
	.request_size = sizeof(struct mn_key_event),
	.response_size = sizeof(struct mn_keyboard_mux_response),
};

/* ---- Events ------------------------------------------------------------------------ */

static bool is_character(uint32_t value)
{
	return value < 0xd800 || (value >= 0xe000 && value <= 0x10ffff);
}

static bool is_key(const struct mn_key_event *event)
{
	switch (event->code) {
	case MN_KEY_F:
		return event->value >= 1 && event->value <= 24;
	case MN_KEY_CHAR:
		return is_character(event->value);
	case MN_KEY_MEDIA:
		return event->value <= MN_MEDIA_MUTE_VOLUME;
	default:
		return event->code < MN_KEY_MEDIA && event->value == 0;
	}
}

/* Where a key is among those that are down; at the end if it is not. */
static uint32_t find_down(const struct mn__keyboard_queue *queue, uint32_t key)
{
	uint32_t at = 0;

	while (at < queue->down_count && queue->down[at] != key)
		at++;
	return at;
}

static void deliver(struct mn__keyboard_queue *queue, const struct mn_key_event *event)
{
	const uint32_t key = mn__key_name(event), at = find_down(queue, key);
	const bool is_down = at < queue->down_count;
	const uint32_t room = queue->channel.capacity - queue->channel.count - queue->down_count;

	if (event->kind == MN_KEY_RELEASED) {
		if (!is_down)
			return; /* its press is lost, or older than the subscription */
		queue->down[at] = queue->down[--queue->down_count];
	} else if (room < (is_down ? 1 : 2)) {
		queue->lost++;
		return;
	} else if (!is_down) {
		queue->down[queue->down_count++] = key;
	}
	mn_channel_try_send(&queue->channel, event);
}

static mn_poll deliver_to_all(struct mn_keyboard_mux *mux, const struct mn_key_event *event)
{
	struct mn_list *const queues = &mux->queues;

	if (event->kind > MN_KEY_HELD || !is_key(event))
		return MN_EINVAL;
	for (struct mn_list *node = queues->next; node != queues; node = node->next)
		deliver(MN_CONTAINER(node, struct mn__keyboard_queue, link), event);
	return MN_OK;
}

/* ---- Subscriptions ----------------------------------------------------------------- */

void mn__keyboard_queue_leave(struct mn__keyboard_queue *queue)
{
	if (!queue->mux)
		return;
	mn_list_remove(&queue->link);
	queue->mux->queue_count--;
	queue->mux = NULL;
}

/*
 * Until the subscriber has closed it or has ended. It is found by its number, since its memory may
 * have gone; and whoever cancels this task otherwise, the subscriber may still read.
 */
static mn_poll mn__keyboard_queue_run(struct mn__keyboard_queue *self)
{
	MN_BEGIN(self);
	while (!self->closed && (self->subscriber = mn_find_task(self->owner)))
		MN_AWAIT(self, mn_join(&self->end, self->subscriber));
	mn__keyboard_queue_leave(self);
	mn_free(self->memory);
	MN_END(self);
}

MN_TASK_AS(mn__keyboard_queue, struct mn__keyboard_queue, "keyboard_queue");

/* Places of tasks that have ended just now. */
static void reap(struct mn_keyboard_mux *mux)
{
	struct mn_list *node = mux->queues.next;

	while (node != &mux->queues) {
		struct mn__keyboard_queue *queue =
			MN_CONTAINER(node, struct mn__keyboard_queue, link);

		node = node->next;
		if (!mn_find_task(queue->owner))
			mn__keyboard_queue_leave(queue);
	}
}

static struct mn__keyboard_queue *make_queue(uint32_t capacity, uint32_t owner)
{
	struct mn_key_event *events = mn_try_alloc(capacity * (sizeof *events + sizeof(uint32_t)));
	struct mn__keyboard_queue *queue;

	if (!events)
		return NULL;
	queue = (void *)mn_spawn_heap(mn_running, &mn__keyboard_queue_task);
	if (!queue) {
		mn_free(events);
		return NULL;
	}
	mn_heap_set_owner(events, owner);
	mn_heap_set_owner(queue, owner);
	mn_channel_init(&queue->channel, events, sizeof *events, capacity);
	queue->owner = owner;
	queue->memory = events;
	queue->down = (uint32_t *)(void *)(events + capacity);
	return queue;
}

static mn_poll subscribe(struct mn_keyboard_mux *mux, uint32_t capacity, uint32_t owner,
			 struct mn__keyboard_queue **queue)
{
	if (capacity == 0)
		capacity = mux->config.buffer_capacity;
	if (capacity < 2 || capacity > MN_KEYBOARD_CAPACITY_MAX)
		return MN_EINVAL;
	if (mux->queue_count == mux->config.max_keyboards)
		reap(mux);
	if (mux->queue_count == mux->config.max_keyboards)
		return MN_EFULL;
	*queue = make_queue(capacity, owner);
	if (!*queue)
		return MN_ENOMEM;
	(*queue)->mux = mux;
	mn_list_push(&mux->queues, &(*queue)->link);
	mux->queue_count++;
	mn_debug("task %u subscribes, %u events", (unsigned)owner, (unsigned)capacity);
	return MN_OK;
}

static mn_poll handle_subscription(struct mn_keyboard_mux *mux)
{
	const struct mn_keyboard_request *request = mn_request(&mux->subscription);
	struct mn_keyboard_response *response = mn_response(&mux->subscription);

	return subscribe(mux, request->capacity, mux->subscription.call->wait.task->id,
			 &response->queue);
}

/* What is in the queues is the subscribers'. */
static void leave_queues(struct mn_keyboard_mux *mux)
{
	while (!mn_list_empty(&mux->queues)) {
		struct mn__keyboard_queue *queue =
			MN_CONTAINER(mux->queues.next, struct mn__keyboard_queue, link);

		mn__keyboard_queue_leave(queue);
		mn_channel_close(&queue->channel);
	}
}

/* ---- The server -------------------------------------------------------------------- */

static mn_poll set_up(struct mn_keyboard_mux *mux)
{
	mn_poll registered;

	mn_list_init(&mux->queues);
	mux->queue_count = 0;
	registered = mn_register(&mux->server, &mn_keyboard_mux_service, NULL);
	if (registered == MN_OK)
		registered = mn_register(&mux->keyboard, &mn_keyboard_service, NULL);
	return registered;
}

/* What was taken is answered, also if its caller has gone while the race came to its end. */
static void answer(struct mn_keyboard_mux *mux)
{
	if (mux->race.result[0] == MN_OK)
		mn_reply(&mux->event, mn_serving_live(&mux->event)
					      ? deliver_to_all(mux, mn_request(&mux->event))
					      : MN_ECANCELED);
	if (mux->race.result[1] == MN_OK)
		mn_reply(&mux->subscription, mn_serving_live(&mux->subscription)
						     ? handle_subscription(mux)
						     : MN_ECANCELED);
}

static mn_poll mn_keyboard_mux_run(struct mn_keyboard_mux *self)
{
	MN_BEGIN(self);
	self->task.frame.result = (uint8_t)set_up(self);
	while (MN_RESULT(self) == MN_OK) {
		MN_AWAIT(self, mn_race(&self->race, mn_serve(&self->event, &self->server),
				       mn_serve(&self->subscription, &self->keyboard)));
		answer(self);
	}
	leave_queues(self);
	MN_RETURN(self, mn_log_end(MN_RESULT(self)));
	MN_END(self);
}

MN_TASK_AS(mn_keyboard_mux, struct mn_keyboard_mux, "keyboard_mux");

void mn_keyboard_mux_start(struct mn_keyboard_mux *mux, struct mn_kernel *kernel,
			   const struct mn_keyboard_mux_config *config)
{
	MN_ASSERT(config->max_keyboards > 0 && config->buffer_capacity >= 2 &&
		  config->buffer_capacity <= MN_KEYBOARD_CAPACITY_MAX);
	mux->config = *config;
	mn_spawn(kernel, &mux->task, &mn_keyboard_mux_task);
}
