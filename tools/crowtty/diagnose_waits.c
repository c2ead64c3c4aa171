/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Who waits behind whom.
 *
 * A task is blocked by another if it has a single wait, that only the other can end, and no
 * time-out. So from each task leads at most one way, which ends at a root or in a cycle.
 */
#include <string.h>

#include "diagnose_inner.h"

bool is_wait_for(const struct model_wait *wait, const char *what)
{
	return strcmp(wait->what, what) == 0;
}

const struct model_wait *endless_wait(const struct model_task *task)
{
	return model_wait_count(task) == 1 && task->limit_ns == 0 ? &task->waits[0] : NULL;
}

size_t diagnose_place(const struct diagnosis *self, uint32_t id)
{
	const struct model *model = self->model;
	size_t low = 0, high = model->task_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (model->tasks[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < model->task_count && model->tasks[low]->id == id ? low : DIAGNOSE_NOBODY;
}

/* A queue is freed by who takes from it. The kernel may not know who that is. */
static uint32_t reader_of(const struct model *model, uint64_t on)
{
	for (size_t i = 0; i < model->queue_count; i++)
		if (model->queues[i].on == on)
			return model->queues[i].reader;
	return 0;
}

static size_t blocker_of(const struct diagnosis *self, const struct model_task *task)
{
	const struct model_wait *wait = endless_wait(task);
	if (!wait || wait->over || wait->holder_ended)
		return DIAGNOSE_NOBODY;
	uint32_t id = wait->holder;
	if (id == 0 && strncmp(wait->what, "room in", 7) == 0)
		id = reader_of(self->model, wait->on);
	size_t at = id ? diagnose_place(self, id) : DIAGNOSE_NOBODY;
	return at == DIAGNOSE_NOBODY || self->model->tasks[at]->ended ? DIAGNOSE_NOBODY : at;
}

void diagnose_blockers(struct diagnosis *self)
{
	for (size_t i = 0; i < self->model->task_count; i++)
		self->blockers[i] = blocker_of(self, self->model->tasks[i]);
}

/*
 * Behind a cause.
 */

static bool is_behind(const struct diagnosis *self, size_t at, size_t cause)
{
	size_t from = at;
	for (size_t hops = 0; at != DIAGNOSE_NOBODY && hops <= self->model->task_count; hops++) {
		at = self->blockers[at];
		if (at == cause)
			return from != cause;
	}
	return false;
}

void diagnose_behind(struct diagnosis *self, struct draft *draft, size_t cause)
{
	size_t count = 0;
	struct words names = {0};
	for (size_t i = 0; i < self->model->task_count; i++) {
		const struct model_task *task = self->model->tasks[i];
		if (task->ended || self->explained[i] || !is_behind(self, i, cause))
			continue;
		draft_add_task(self, draft, task);
		if (count++ >= DIAGNOSE_NAMED)
			continue;
		words_add(&names, count > 1 ? ", " : "");
		words_add_task(&names, self->model, task->id);
	}
	if (count == 1)
		words_add(&draft->words, "; %s waits behind it", names.text);
	else if (count > 1)
		words_add(&draft->words, "; %zu tasks wait behind it: %s%s", count, names.text,
			  count > DIAGNOSE_NAMED ? ", ..." : "");
}

/*
 * Cycles.
 */

/* Whether the way from here leads back, and this is the least of those on it. */
static bool leads_cycle(const struct diagnosis *self, size_t start)
{
	size_t at = self->blockers[start];
	for (size_t hops = 0; at != DIAGNOSE_NOBODY && at > start; hops++) {
		if (hops > self->model->task_count)
			return false; /* it leads into a cycle of others */
		at = self->blockers[at];
	}
	return at == start;
}

/* When the last of them began to wait: since then it is closed. */
static uint64_t closed_ns(const struct diagnosis *self, size_t start)
{
	uint64_t newest_ns = 0;
	size_t at = start;
	do {
		const struct model_wait *wait = &self->model->tasks[at]->waits[0];
		newest_ns = wait->since_ns > newest_ns ? wait->since_ns : newest_ns;
		at = self->blockers[at];
	} while (at != start);
	return newest_ns;
}

static void tell_cycle(struct diagnosis *self, size_t start)
{
	const struct model *model = self->model;
	struct draft *draft = draft_new(self, FINDING_CYCLE, closed_ns(self, start));
	size_t at = start;
	words_add(&draft->words, "deadlock: ");
	words_add_task(&draft->words, model, model->tasks[start]->id);
	do {
		const struct model_task *task = model->tasks[at];
		draft_add_task(self, draft, task);
		words_add(&draft->words, at == start ? " waits for " : ", which waits for ");
		words_add_wait(&draft->words, model, &task->waits[0]);
		at = self->blockers[at];
	} while (at != start);
	words_add(&draft->words, ", ");
	draft_add_age(self, draft);
	words_add(&draft->words, self->blockers[start] == start
					 ? "; a task cannot wait for itself"
					 : "; one of them must not wait for the other");
	diagnose_behind(self, draft, start);
}

void diagnose_cycles(struct diagnosis *self)
{
	for (size_t i = 0; i < self->model->task_count; i++)
		/* A snapshot is not one moment: young waits may never have been there together. */
		if (leads_cycle(self, i) &&
		    age_ns(self, closed_ns(self, i)) >= DIAGNOSE_QUEUE_PATIENCE_NS)
			tell_cycle(self, i);
}
