/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include "watchdog.h"

/* [target] */
#define MN_LOG_TARGET "services::watchdog"
/* [end] */

const struct mn_service watchdog_service = MN_SERVICE_INIT(
	watchdog, "1.0", MN_UUID(0x8f1c5a52, 0x6c0b, 0x4e3f, 0x8e62, 0x1d0f4a1f7c1b));

/* [requests] */
/* The entry with that ticket, or NULL; ticket 0 finds a free one. */
static struct watched *find(struct watchdog *self, uint32_t ticket)
{
	for (int i = 0; i < WATCHDOG_MAX; i++)
		if (self->watched[i].ticket == ticket)
			return &self->watched[i];
	return NULL;
}

static mn_poll watch(struct watchdog *self, const struct watchdog_request *request)
{
	struct watchdog_response *response = mn_response(&self->serving);
	struct watched *entry = find(self, 0);

	if (!request->period_us || !request->name)
		return MN_EINVAL;
	if (!entry)
		return MN_EFULL;
	*entry = (struct watched){
		.ticket = ++self->last_ticket,
		.period_us = request->period_us,
		.due_us = mn_now_us() + request->period_us,
		.name = request->name,
	};
	response->ticket = entry->ticket;
	return MN_OK;
}

static mn_poll handle(struct watchdog *self)
{
	const struct watchdog_request *request = mn_request(&self->serving);
	struct watched *entry = request->ticket ? find(self, request->ticket) : NULL;

	if (request->what == WATCHDOG_WATCH)
		return watch(self, request);
	if (!entry)
		return MN_ENOTFOUND;
	switch (request->what) {
	case WATCHDOG_REPORT:
		entry->due_us = mn_now_us() + entry->period_us;
		return MN_OK;
	case WATCHDOG_LEAVE:
		entry->ticket = 0;
		return MN_OK;
	default:
		return MN_EINVAL;
	}
}
/* [end] */

/* [deadlines] */
/* When somebody will be late; MN_NEVER if nobody is watched. */
static uint64_t next_due_us(const struct watchdog *self)
{
	uint64_t due_us = MN_NEVER;

	for (int i = 0; i < WATCHDOG_MAX; i++)
		if (self->watched[i].ticket && self->watched[i].due_us < due_us)
			due_us = self->watched[i].due_us;
	return due_us;
}

static void warn_of_the_late(struct watchdog *self)
{
	const uint64_t now_us = mn_now_us();

	for (int i = 0; i < WATCHDOG_MAX; i++) {
		struct watched *entry = &self->watched[i];

		if (!entry->ticket || entry->due_us > now_us)
			continue;
		mn_warn("%s has not reported for %" PRIu64 " ms", entry->name,
			entry->period_us / 1000);
		entry->due_us = now_us + entry->period_us;
	}
}
/* [end] */

/* [body] */
static mn_poll watchdog_run(struct watchdog *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_register(&self->server, &watchdog_service, NULL));
	for (;;) {
		MN_AWAIT(self, mn_race(&self->race, mn_serve(&self->serving, &self->server),
				       mn_sleep_until(&self->nap, next_due_us(self))));
		if (self->race.result[0] == MN_OK)
			mn_reply(&self->serving, handle(self));
		if (MN_RESULT(self) != MN_OK)
			MN_RETURN(self, MN_RESULT(self));
		warn_of_the_late(self);
	}
	MN_END(self);
}

MN_TASK(watchdog);
/* [end] */

void watchdog_start(struct watchdog *watchdog, struct mn_kernel *kernel)
{
	mn_spawn(kernel, &watchdog->task, &watchdog_task);
}
