/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>

#include "diagnose_inner.h"
#include "memory.h"

static const struct {
	const char *word;
	enum finding_severity severity;
} kinds[] = {
#define KIND(kind, word, severity) [kind] = {word, severity},
	FINDING_LIST(KIND)
#undef KIND
};

const char *finding_word(enum finding_kind kind)
{
	return kinds[kind].word;
}

const char *finding_severity_word(enum finding_severity severity)
{
	static const char *const words[] = {
		[FINDING_NOTE] = "note",
		[FINDING_WARNING] = "warning",
		[FINDING_ERROR] = "error",
	};
	return words[severity];
}

/*
 * Drafts.
 */

struct draft *draft_new(struct diagnosis *self, enum finding_kind kind, uint64_t since_ns)
{
	if (self->count == self->cap) {
		self->cap = self->cap ? 2 * self->cap : 8;
		self->drafts =
			memory_check(realloc(self->drafts, self->cap * sizeof(struct draft *)));
	}
	struct draft *draft = memory_get_zeroed(sizeof *draft);
	draft->kind = kind;
	draft->severity = kinds[kind].severity;
	draft->since_ns = since_ns;
	return self->drafts[self->count++] = draft;
}

void draft_add_task(struct diagnosis *self, struct draft *draft, const struct model_task *task)
{
	size_t at = diagnose_place(self, task->id);
	if (at != DIAGNOSE_NOBODY)
		self->explained[at] = true;
	for (size_t i = 0; i < draft->task_count; i++)
		if (draft->tasks[i] == task->id)
			return;
	if (draft->task_count < DIAGNOSE_TASKS_MAX)
		draft->tasks[draft->task_count++] = task->id;
}

struct draft *draft_about(struct diagnosis *self, enum finding_kind kind, uint64_t since_ns,
			  const struct model_task *task)
{
	struct draft *draft = draft_new(self, kind, since_ns);
	words_add_task(&draft->words, self->model, task->id);
	draft_add_task(self, draft, task);
	return draft;
}

uint64_t age_ns(const struct diagnosis *self, uint64_t since_ns)
{
	uint64_t now_ns = self->model->now_ns;
	return since_ns > 0 && now_ns > since_ns ? now_ns - since_ns : 0;
}

void draft_add_age(struct diagnosis *self, struct draft *draft)
{
	words_add(&draft->words, "for ");
	words_add_time(&draft->words, age_ns(self, draft->since_ns));
}

/*
 * All rules, and the findings in order.
 */

static void apply_rules(struct diagnosis *self)
{
	const struct model *model = self->model;
	diagnose_blockers(self);
	diagnose_panic(self);
	diagnose_hog(self);
	diagnose_silence(self);
	diagnose_cycles(self);
	for (size_t i = 0; i < model->task_count; i++)
		if (!model->tasks[i]->ended && !self->explained[i])
			diagnose_task(self, i);
	diagnose_no_services(self);
	for (size_t i = 0; i < model->service_count; i++)
		if (!model->services[i].ended)
			diagnose_service(self, &model->services[i]);
	for (size_t i = 0; i < model->task_count; i++)
		if (!model->tasks[i]->ended && !self->explained[i])
			diagnose_blocked(self, i);
	diagnose_memory(self);
	diagnose_losses(self);
}

static int by_severity(const void *a, const void *b)
{
	const struct draft *one = *(struct draft *const *)a, *other = *(struct draft *const *)b;
	if (one->severity != other->severity)
		return one->severity > other->severity ? -1 : 1;
	if (one->kind != other->kind)
		return one->kind < other->kind ? -1 : 1;
	uint32_t first = one->task_count ? one->tasks[0] : 0;
	uint32_t second = other->task_count ? other->tasks[0] : 0;
	return first < second ? -1 : first > second;
}

static void tell(const struct draft *draft,
		 void (*found)(void *context, const struct finding *finding), void *context)
{
	const struct finding finding = {
		.kind = draft->kind,
		.severity = draft->severity,
		.text = draft->words.text,
		.tasks = draft->tasks,
		.task_count = draft->task_count,
		.since_ns = draft->since_ns,
	};
	found(context, &finding);
}

size_t diagnose(const struct model *model,
		void (*found)(void *context, const struct finding *finding), void *context)
{
	struct diagnosis self = {.model = model};
	self.blockers = memory_get((model->task_count + 1) * sizeof *self.blockers);
	self.explained = memory_get_zeroed(model->task_count + 1);
	apply_rules(&self);
	if (self.count > 0)
		qsort(self.drafts, self.count, sizeof(struct draft *), by_severity);
	for (size_t i = 0; i < self.count; i++) {
		tell(self.drafts[i], found, context);
		free(self.drafts[i]);
	}
	free(self.drafts);
	free(self.blockers);
	free(self.explained);
	return self.count;
}
