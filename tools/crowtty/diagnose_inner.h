/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the files of the diagnosis share. diagnose.c collects, diagnose_waits.c knows who waits
 * behind whom, diagnose_rules.c and diagnose_services.c have a function for each kind of finding.
 */
#ifndef CROWTTY_DIAGNOSE_INNER_H
#define CROWTTY_DIAGNOSE_INNER_H

#include "diagnose.h"
#include "words.h"

/* Of who waits behind a cause so many are named; all are counted. */
#define DIAGNOSE_NAMED 4

/* As many as a screen of them makes sense. */
#define DIAGNOSE_TASKS_MAX 64

struct draft {
	enum finding_kind kind;
	enum finding_severity severity;
	uint64_t since_ns;
	struct words words;
	uint32_t tasks[DIAGNOSE_TASKS_MAX];
	size_t task_count;
};

struct diagnosis {
	const struct model *model;
	/* By the place of a task in model->tasks. */
	size_t *blockers; /* whose turn it is to free it; DIAGNOSE_NOBODY */
	bool *explained;  /* part of a finding, or behind one */
	struct draft **drafts;
	size_t count, cap;
};

#define DIAGNOSE_NOBODY SIZE_MAX

/* A new finding that begins with these words. */
struct draft *draft_new(struct diagnosis *self, enum finding_kind kind, uint64_t since_ns);
/* The same about a task, which it begins with. */
struct draft *draft_about(struct diagnosis *self, enum finding_kind kind, uint64_t since_ns,
			  const struct model_task *task);
void draft_add_task(struct diagnosis *self, struct draft *draft, const struct model_task *task);

/* "for 12 s", since the draft's time. */
void draft_add_age(struct diagnosis *self, struct draft *draft);

/* How long ago, by the target's clock; 0 if that is unknown or to come. */
uint64_t age_ns(const struct diagnosis *self, uint64_t since_ns);

/* The only wait of a task that no time-out ends, or NULL. */
const struct model_wait *endless_wait(const struct model_task *task);

bool is_wait_for(const struct model_wait *wait, const char *what);

/* Fills blockers. */
void diagnose_blockers(struct diagnosis *self);

/* Names who waits behind the task at that place, and takes them as explained. */
void diagnose_behind(struct diagnosis *self, struct draft *draft, size_t cause);

size_t diagnose_place(const struct diagnosis *self, uint32_t id);

/* The rules, in the order in which they explain. */
void diagnose_cycles(struct diagnosis *self);
void diagnose_panic(struct diagnosis *self);
void diagnose_hog(struct diagnosis *self);
void diagnose_silence(struct diagnosis *self);
void diagnose_task(struct diagnosis *self, size_t at);
void diagnose_service(struct diagnosis *self, const struct model_service *service);
void diagnose_blocked(struct diagnosis *self, size_t at);
void diagnose_no_services(struct diagnosis *self);
void diagnose_memory(struct diagnosis *self);
void diagnose_losses(struct diagnosis *self);

#endif
