/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The floor: what a request and a reply, or a yield, cost with tasks that are nothing but a
 * function and a link, an intrusive mailbox and a run queue. No check, no cancellation, no
 * registry, no timer, nothing to see from outside. `bench_floor call|yield COUNT`.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct task {
	void (*poll)(struct task *task);
	struct task *next;
};

static struct task *ready, **ready_end = &ready;

static void wake(struct task *task)
{
	task->next = NULL;
	*ready_end = task;
	ready_end = &task->next;
}

static void run(void)
{
	while (ready) {
		struct task *const task = ready;

		ready = task->next;
		if (!ready)
			ready_end = &ready;
		task->poll(task);
	}
}

/* A request that is its own reply. */
struct message {
	struct message *next;
	struct task *sender;
	uint32_t value;
};

struct mailbox {
	struct message *first, **end;
	struct task *waiting;
};

static struct mailbox box = {.end = &box.first};
static long count;

static void post(struct message *message)
{
	message->next = NULL;
	*box.end = message;
	box.end = &message->next;
	if (box.waiting) {
		wake(box.waiting);
		box.waiting = NULL;
	}
}

static void server_poll(struct task *task)
{
	while (box.first) {
		struct message *const message = box.first;

		box.first = message->next;
		if (!box.first)
			box.end = &box.first;
		message->value++;
		wake(message->sender);
	}
	box.waiting = task;
}

static struct message request;

static void client_poll(struct task *task)
{
	if (request.value == (uint32_t)count)
		return;
	request.sender = task;
	post(&request);
}

static void yield_poll(struct task *task)
{
	if (count-- > 0)
		wake(task);
}

int main(int argc, char **argv)
{
	static struct task server = {.poll = server_poll}, client = {.poll = client_poll};
	static struct task yielder[2] = {{.poll = yield_poll}, {.poll = yield_poll}};
	struct timespec a, b;

	if (argc != 3)
		return 2;
	count = atol(argv[2]);

	const double n = (double)count;

	if (strcmp(argv[1], "call") == 0) {
		wake(&server);
		wake(&client);
	} else if (strcmp(argv[1], "yield") == 0) {
		wake(&yielder[0]);
		wake(&yielder[1]);
	} else {
		return 2;
	}
	clock_gettime(CLOCK_MONOTONIC, &a);
	run();
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%.1f ns each\n",
	       ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / n);
	return 0;
}
