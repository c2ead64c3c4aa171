/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What can be wrong with the target as a whole, and with a task by itself. */
#include <inttypes.h>
#include <string.h>

#include "diagnose_inner.h"

/* Snapshots in a row that must have seen something that could be passing. */
#define LOOKS 2
#define SPIN_LOOKS 8

/* A task that spins is polled in each turn of the executor, as often as no other. One that has
 * few turns because each is long shows by its share of the CPU. */
#define SPIN_SHARE 0.5
#define SPIN_POLLS_PER_S 1000
#define SPIN_OF_MOST 0.9

#define SILENCE_NS UINT64_C(3000000000)
#define HOG_SHOWN_NS UINT64_C(60000000000)

#define HEAP_FULL 0.95

/*
 * The target as a whole.
 */

void diagnose_panic(struct diagnosis *self)
{
	const struct model *model = self->model;
	if (!model->panic[0])
		return;
	struct draft *draft = draft_new(self, FINDING_PANIC, 0);
	words_add(
		&draft->words,
		"the target has ended with a %s; what is shown is from before, its own dump is in "
		"the text that it printed",
		model->panic);
}

void diagnose_hog(struct diagnosis *self)
{
	const struct model *model = self->model;
	const struct model_hog *hog = &model->hog;
	bool goes_on = model->heard_ns > hog->host_ns;
	if (hog->task == 0 || (goes_on && model->heard_ns - hog->host_ns > HOG_SHOWN_NS))
		return;
	struct draft *draft = draft_new(self, FINDING_NO_YIELD, 0);
	const struct model_task *task = model_task(model, hog->task);
	if (goes_on)
		draft->severity = FINDING_WARNING;
	words_add_task(&draft->words, model, hog->task);
	words_add(&draft->words, goes_on ? " did not yield for long, and nothing else could run"
					 : " does not yield: nothing else can run any more");
	if (task && task->file[0])
		words_add(&draft->words, " (%s)", task->file);
	words_add(&draft->words, "; it must wait between pieces of long work (MN_YIELD)");
	if (task)
		draft_add_task(self, draft, task);
}

void diagnose_silence(struct diagnosis *self)
{
	const struct model *model = self->model;
	uint64_t silent_ns = model->host_now_ns - model->heard_ns;
	bool is_hog = model->hog.task && model->heard_ns <= model->hog.host_ns;
	if (model->heard_ns == 0 || silent_ns < SILENCE_NS || is_hog || model->panic[0])
		return;
	struct draft *draft = draft_new(self, FINDING_SILENCE, model->now_ns);
	words_add(&draft->words, "the target has said nothing for ");
	words_add_time(&draft->words, silent_ns);
	words_add(&draft->words, ": it is stopped or has ended, the line is cut, or a task does "
				 "not yield; what is shown is from before");
}

void diagnose_memory(struct diagnosis *self)
{
	const struct mn_trace_heap *heap = &self->model->heap;
	if (!self->model->has_heap || heap->size == 0)
		return;
	double full = (double)heap->used / (double)heap->size;
	if (full < HEAP_FULL)
		return;
	struct draft *draft = draft_new(self, FINDING_HEAP_FULL, 0);
	words_add(&draft->words, "the heap is %.0f %% full: ", full * 100);
	words_add_size(&draft->words, heap->size - heap->used);
	words_add(&draft->words, " of ");
	words_add_size(&draft->words, heap->size);
	words_add(&draft->words, " bytes are free");
	if (heap->failures > 0)
		words_add(&draft->words, ", and %" PRIu32 " allocations were refused",
			  heap->failures);
	words_add(&draft->words, "; kernel.heap_size may be too small");
}

void diagnose_losses(struct diagnosis *self)
{
	const struct model *model = self->model;
	const struct mn_trace_discarded *lost = &model->discarded;
	uint64_t sum = lost->events + lost->new_spans + lost->span_activity + lost->metas;
	if (sum == 0 && model->damaged_bytes == 0)
		return;
	struct draft *draft = draft_new(self, FINDING_LOSS, 0);
	words_add(&draft->words, "the trace is incomplete: ");
	if (sum > 0)
		words_add(&draft->words,
			  "the target could not send %" PRIu64 " events, %" PRIu64
			  " spans and %" PRIu64 " of their beginnings and ends%s",
			  lost->events, lost->new_spans, lost->span_activity,
			  model->damaged_bytes ? ", and " : "");
	if (model->damaged_bytes > 0)
		words_add(&draft->words, "%" PRIu64 " bytes were damaged on the way",
			  model->damaged_bytes);
	words_add(&draft->words, "; a narrower filter loses less");
}

/*
 * A task by itself.
 */

static bool tell_lost_wake(struct diagnosis *self, const struct model_task *task,
			   const struct model_wait *wait)
{
	if (wait->over_looks < LOOKS)
		return false;
	struct draft *draft = draft_about(self, FINDING_LOST_WAKE, wait->since_ns, task);
	words_add(&draft->words, " waits for ");
	words_add_wait(&draft->words, self->model, wait);
	words_add(&draft->words, ", which is there: its wake was lost; it has waited ");
	draft_add_age(self, draft);
	words_add(&draft->words, "; look at who should have woken it");
	return true;
}

static bool tell_holder_ended(struct diagnosis *self, const struct model_task *task,
			      const struct model_wait *wait)
{
	if (!wait->holder_ended || wait->looks < LOOKS)
		return false;
	bool is_queue = strncmp(wait->what, "room in", 7) == 0;
	struct model_wait object = *wait;
	object.holder_ended = false;
	struct draft *draft = draft_about(
		self, is_queue ? FINDING_READER_ENDED : FINDING_HOLDER_ENDED, wait->since_ns, task);
	words_add(&draft->words, " waits for ");
	words_add_wait(&draft->words, self->model, &object);
	words_add(&draft->words, is_queue ? ", which is full, and who took from it has ended, "
					  : ", whose holder has ended without giving it back, ");
	draft_add_age(self, draft);
	words_add(&draft->words, is_queue ? "; who takes from a queue must close it when it ends"
					  : "; who holds it must let go before it ends");
	return true;
}

/* The same from what the model saw: who took from a queue has ended. */
static bool tell_reader_ended(struct diagnosis *self, const struct model_task *task,
			      const struct model_wait *wait)
{
	const struct model *model = self->model;
	uint32_t reader = 0;
	if (strncmp(wait->what, "room in", 7) != 0 || wait->holder || wait->holder_ended ||
	    age_ns(self, wait->since_ns) < DIAGNOSE_QUEUE_PATIENCE_NS)
		return false;
	for (size_t i = 0; i < model->queue_count; i++)
		if (model->queues[i].on == wait->on)
			reader = model->queues[i].reader;
	const struct model_task *taker = model_task(model, reader);
	if (!taker || !taker->ended)
		return false;
	struct draft *draft = draft_about(self, FINDING_READER_ENDED, wait->since_ns, task);
	words_add(&draft->words, " waits for ");
	words_add_wait(&draft->words, model, wait);
	words_add(&draft->words, ", which is full, and ");
	words_add_task(&draft->words, model, reader);
	words_add(&draft->words, ", who took from it, has ended, ");
	draft_add_age(self, draft);
	words_add(&draft->words, "; who takes from a queue must close it when it ends");
	return true;
}

static bool tell_lost_task(struct diagnosis *self, const struct model_task *task)
{
	if (task->state != MN_TRACE_TASK_LOST ||
	    age_ns(self, task->state_since_ns) < DIAGNOSE_QUEUE_PATIENCE_NS)
		return false;
	struct draft *draft = draft_about(self, FINDING_LOST_TASK, task->state_since_ns, task);
	words_add(&draft->words,
		  " at %s:%" PRIu32 " is pending but waits for nothing known: nobody will wake it",
		  task->file, task->line);
	return true;
}

static bool is_busiest(const struct model *model, const struct model_task *task)
{
	double most = SPIN_POLLS_PER_S;
	for (size_t i = 0; i < model->task_count; i++)
		if (!model->tasks[i]->ended && model->tasks[i]->polls_per_s > most)
			most = model->tasks[i]->polls_per_s;
	return task->polls_per_s >= SPIN_OF_MOST * most;
}

static bool tell_spin(struct diagnosis *self, const struct model_task *task)
{
	if (task->ready_looks < SPIN_LOOKS || task->carrier ||
	    (task->cpu_share < SPIN_SHARE && !is_busiest(self->model, task)))
		return false;
	struct draft *draft = draft_about(self, FINDING_SPIN, task->state_since_ns, task);
	words_add(&draft->words,
		  " spins: it is always ready and never seen to wait, at %s:%" PRIu32, task->file,
		  task->line);
	words_add(&draft->words, ", %.0f polls/s", task->polls_per_s);
	if (task->cpu_share >= 0)
		words_add(&draft->words, ", %.0f %% of the CPU", task->cpu_share * 100);
	words_add(&draft->words, ", ");
	draft_add_age(self, draft);
	words_add(&draft->words, " at least; it should wait for what it looks for");
	return true;
}

static bool tell_memory_wait(struct diagnosis *self, const struct model_task *task,
			     const struct model_wait *wait)
{
	const struct mn_trace_heap *heap = &self->model->heap;
	if (!is_wait_for(wait, "memory of heap") ||
	    age_ns(self, wait->since_ns) < DIAGNOSE_QUEUE_PATIENCE_NS)
		return false;
	struct draft *draft = draft_about(self, FINDING_MEMORY, wait->since_ns, task);
	words_add(&draft->words, " waits for memory ");
	draft_add_age(self, draft);
	if (self->model->has_heap) {
		words_add(&draft->words, ": the largest free piece of the heap has ");
		words_add_size(&draft->words, heap->largest_free);
		words_add(&draft->words, " bytes");
	}
	words_add(&draft->words, "; free some, or make kernel.heap_size larger");
	return true;
}

static bool tell_any_lost_wake(struct diagnosis *self, const struct model_task *task)
{
	for (uint32_t i = 0; i < model_wait_count(task); i++)
		if (tell_lost_wake(self, task, &task->waits[i]))
			return true;
	return false;
}

static bool tell_hopeless(struct diagnosis *self, const struct model_task *task)
{
	const struct model_wait *wait = endless_wait(task);
	return wait && (tell_holder_ended(self, task, wait) ||
			tell_reader_ended(self, task, wait) || tell_memory_wait(self, task, wait));
}

void diagnose_task(struct diagnosis *self, size_t at)
{
	const struct model_task *task = self->model->tasks[at];
	if (tell_any_lost_wake(self, task) || tell_lost_task(self, task) || tell_spin(self, task) ||
	    tell_hopeless(self, task))
		diagnose_behind(self, self->drafts[self->count - 1], at);
}
