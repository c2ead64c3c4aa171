/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What can be wrong between tasks: services, and long waits for another one. */
#include <inttypes.h>
#include <string.h>

#include "diagnose_inner.h"

#define SLOW_QUEUE 3

static bool waits_for_service(const struct diagnosis *self, size_t at, const char *name)
{
	const struct model_task *task = self->model->tasks[at];
	const struct model_wait *wait = endless_wait(task);
	return wait && !self->explained[at] && is_wait_for(wait, "the service") &&
	       (!name || strcmp(wait->name, name) == 0) &&
	       age_ns(self, wait->since_ns) >= DIAGNOSE_PATIENCE_NS;
}

static bool is_offered(const struct model *model, const char *name)
{
	for (size_t i = 0; i < model->service_count; i++)
		if (!model->services[i].ended && strcmp(model->services[i].name, name) == 0)
			return true;
	return false;
}

static void tell_no_service(struct diagnosis *self, size_t first)
{
	const struct model *model = self->model;
	const struct model_wait *wait = &model->tasks[first]->waits[0];
	struct draft *draft = draft_new(self, FINDING_NO_SERVICE, wait->since_ns);
	const char *name = wait->name;
	size_t count = 0;
	for (size_t i = first; i < model->task_count; i++) {
		if (!waits_for_service(self, i, name))
			continue;
		draft_add_task(self, draft, model->tasks[i]);
		words_add(&draft->words, count++ ? ", " : "");
		words_add_task(&draft->words, model, model->tasks[i]->id);
	}
	words_add(&draft->words,
		  count == 1 ? " waits for the service %s" : " wait for the service %s", name);
	words_add(&draft->words, is_offered(model, name) ? ", not the instance that is there, "
							 : ", which nobody offers, ");
	draft_add_age(self, draft);
	words_add(&draft->words, "; is it enabled in the configuration?");
	diagnose_behind(self, draft, first);
}

void diagnose_no_services(struct diagnosis *self)
{
	for (size_t i = 0; i < self->model->task_count; i++)
		if (waits_for_service(self, i, NULL))
			tell_no_service(self, i);
}

static void add_server(struct diagnosis *self, struct draft *draft,
		       const struct model_service *service)
{
	const struct model_task *task = model_task(self->model, service->task);
	words_add_task(&draft->words, self->model, service->task);
	if (!task || strcmp(task->name, service->name) != 0)
		words_add(&draft->words, " (service %s)", service->name);
	if (task)
		draft_add_task(self, draft, task);
}

/* What the server does instead. */
static void add_doing(struct diagnosis *self, struct draft *draft, const struct model_task *server)
{
	const struct model_wait *wait = endless_wait(server);
	if (!wait)
		return;
	if (is_wait_for(wait, "a call to")) {
		words_add(&draft->words,
			  "; it waits for the next call, so it has forgotten this one");
		return;
	}
	words_add(&draft->words, "; it waits for ");
	words_add_wait(&draft->words, self->model, wait);
	words_add(&draft->words, " (%s:%" PRIu32 ")", server->file, server->line);
}

/* The call in service is old, and the server rests or has been seen at it for as long. */
static bool never_replies(const struct diagnosis *self, const struct model_service *service,
			  const struct model_task *server)
{
	const struct model_wait *wait = endless_wait(server);
	if (service->serving == 0 || age_ns(self, service->since_ns) < DIAGNOSE_PATIENCE_NS)
		return false;
	return (wait && age_ns(self, wait->since_ns) >= DIAGNOSE_PATIENCE_NS) ||
	       age_ns(self, service->held_ns) >= DIAGNOSE_PATIENCE_NS;
}

static void tell_no_reply(struct diagnosis *self, const struct model_service *service,
			  const struct model_task *server, size_t at)
{
	struct draft *draft = draft_new(self, FINDING_NO_REPLY, service->since_ns);
	add_server(self, draft, service);
	words_add(&draft->words, " has not replied to a call of ");
	words_add_task(&draft->words, self->model, service->client);
	words_add(&draft->words, " ");
	draft_add_age(self, draft);
	add_doing(self, draft, server);
	diagnose_behind(self, draft, at);
}

/* The longest of the waits for a turn; `*count` of them are endless or not. */
static uint64_t oldest_turn_ns(const struct diagnosis *self, uint32_t server)
{
	uint64_t oldest_ns = 0;
	for (size_t i = 0; i < self->model->task_count; i++) {
		const struct model_task *task = self->model->tasks[i];
		for (uint32_t k = 0; k < model_wait_count(task); k++) {
			const struct model_wait *wait = &task->waits[k];
			if (wait->holder == server && is_wait_for(wait, "its turn at") &&
			    (!oldest_ns || wait->since_ns < oldest_ns))
				oldest_ns = wait->since_ns;
		}
	}
	return oldest_ns;
}

static void tell_slow(struct diagnosis *self, const struct model_service *service, size_t at,
		      uint64_t oldest_ns)
{
	struct draft *draft = draft_new(self, FINDING_SLOW_SERVER, oldest_ns);
	add_server(self, draft, service);
	words_add(&draft->words, " is slow: %" PRIu32 " calls wait for their turn, the first ",
		  service->queued);
	draft_add_age(self, draft);
	words_add(&draft->words, "; each caller is delayed by all that came before it");
	diagnose_behind(self, draft, at);
}

void diagnose_service(struct diagnosis *self, const struct model_service *service)
{
	size_t at = diagnose_place(self, service->task);
	if (at == DIAGNOSE_NOBODY || self->explained[at] || self->blockers[at] != DIAGNOSE_NOBODY)
		return;
	const struct model_task *server = self->model->tasks[at];
	if (server->ended)
		return;
	uint64_t oldest_ns = oldest_turn_ns(self, service->task);
	if (never_replies(self, service, server))
		tell_no_reply(self, service, server, at);
	else if (service->queued >= SLOW_QUEUE &&
		 age_ns(self, oldest_ns) >= DIAGNOSE_QUEUE_PATIENCE_NS)
		tell_slow(self, service, at, oldest_ns);
}

/*
 * A task that waits long for another one, for no reason that was found.
 */

/* Long is remarkable: who holds a mutex or a place in a queue is expected to hurry. */
static bool expects_hurry(const struct model_wait *wait)
{
	return is_wait_for(wait, "mutex") || is_wait_for(wait, "its turn at") ||
	       strncmp(wait->what, "room in", 7) == 0;
}

void diagnose_blocked(struct diagnosis *self, size_t at)
{
	const struct model *model = self->model;
	const struct model_task *task = model->tasks[at];
	const struct model_wait *wait = endless_wait(task);
	if (!wait || !expects_hurry(wait) || age_ns(self, wait->since_ns) < DIAGNOSE_PATIENCE_NS)
		return;
	size_t blocker = self->blockers[at];
	struct draft *draft =
		draft_about(self, blocker == DIAGNOSE_NOBODY ? FINDING_QUEUE_FULL : FINDING_BLOCKED,
			    wait->since_ns, task);
	words_add(&draft->words, " has waited for ");
	words_add_wait(&draft->words, model, wait);
	words_add(&draft->words, " ");
	draft_add_age(self, draft);
	if (blocker == DIAGNOSE_NOBODY) {
		words_add(&draft->words, ", and nobody was seen to take from it");
	} else {
		const struct model_task *holder = model->tasks[blocker];
		words_add(&draft->words, ", while ");
		words_add_task(&draft->words, model, holder->id);
		if (model_wait_count(holder) > 0) {
			words_add(&draft->words, " waits for ");
			words_add_wait(&draft->words, model, &holder->waits[0]);
		} else {
			words_add(&draft->words, " is busy");
		}
		draft_add_task(self, draft, holder);
	}
	diagnose_behind(self, draft, at);
}
