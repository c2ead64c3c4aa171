/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The kernel: one executor, its timers, its registry and its heap, in one struct.
 *
 * A kernel is a library. It has no thread and no loop of its own: the platform calls
 * mn_kernel_run_once, which polls what is ready, fires what is due and says until when
 * there is nothing to do. Nothing mutable is global except the pointer to the kernel
 * that is running, so one program can hold several kernels, each in one thread at a time.
 *
 *     static struct mn_kernel kernel;
 *     mn_kernel_init(&kernel, &(struct mn_kernel_config){.heap = arena, .heap_size = n, ...});
 *
 * Wherever an API takes no kernel it means the running one: it is for tasks. Start-up
 * code spawns with an explicit kernel.
 */
#ifndef MNEMOS_KERNEL_H
#define MNEMOS_KERNEL_H

#include <stdatomic.h>
#include <mnemos/irq.h>
#include <mnemos/list.h>
#include <mnemos/log.h>
#include <mnemos/panic.h>
#include <mnemos/platform.h>
#include <mnemos/registry.h>
#include <mnemos/task.h>
#include <mnemos/timer.h>

struct mn_heap;
struct mn_trace;

/* Polls in one turn before the clock and the inbox are looked at again. */
#define MN_POLLS_PER_TURN 256

/* What a kernel is made of; all memory is the caller's and lives as long as the kernel. */
struct mn_kernel_config {
	const char *name;                  /* in dumps; may be NULL */
	struct mn_registry_slot *services; /* the registry's table, zeroed */
	uint16_t max_services;             /* its length */
	void *heap;                        /* arena for mn_alloc; NULL: no heap */
	size_t heap_size;                  /* its bytes */
	uint64_t seed;                     /* of everything random; the same seed, the same run */
	mn_log_sink *log;                  /* NULL: no log */
	void *log_context;
};

/* Why the executor should take its slow path; see mn_kernel.watch. */
enum {
	MN__WATCH_EVENTS = 1,  /* kernel events go to the log or the trace */
	MN__WATCH_CPU = 2,     /* CPU time per task, and the poll budget */
	MN__WATCH_SHUFFLE = 4, /* stress: ready tasks in an order drawn from the seed */
	MN__WATCH_SPANS = 8    /* spans may be open, and end and go on with the polls */
};

struct mn_kernel {
	/* Executor. The first four are all that mn__nowhere has. */
	struct mn_task *current;    /* the task being polled */
	uint8_t watch;              /* MN__WATCH_ bits; 0 is the fast path */
	uint8_t log_least;          /* levels below are of no interest to log or trace */
	uint8_t text_least;         /* ... to the log */
	uint8_t trace_least;        /* ... to the trace */
	uint32_t interrupt;         /* whose handler runs: its number + 1; 0: none */
	struct mn_task *ready;      /* head of the run queue, MN__QUEUE_END when empty */
	struct mn_task **ready_end; /* where the next ready task is linked */
	uint32_t now_ticks;         /* time of this turn, in units of 1024 us */
	uint32_t message_id;        /* last request id given */

	/* Interrupt side: the only part that interrupt handlers and other threads touch. */
	_Atomic(struct mn_irq *) inbox;

	/* Registry. The slots are looked at in each call; far offsets take more instructions. */
	struct mn_registry_slot *services;
	uint16_t max_services;
	struct mn_list connects; /* mn_connect operations waiting for a service */
	uint32_t registry_id;    /* last service or client id given */

	struct mn_wheel wheel;

	/* Tasks. */
	struct mn_list tasks; /* all live ones, oldest first */
	struct mn_list joins; /* waiting mn_join operations */
	uint32_t task_id;     /* last given */
	uint32_t tasks_ended; /* of those given */

	/* Accounting, see mn_kernel_account. */
	uint32_t budget_us;
	uint64_t over_budget; /* polls that exceeded it */

	struct mn_heap *heap;
	uint64_t random; /* state of mn_random */
	const char *name;
	struct mn_log_filter log_filter;
	mn_log_sink *log;
	void *log_context;

	/* Tracing, see trace_reader.h. */
	struct mn_trace *trace;    /* NULL: not started */
	uint32_t events_logged;    /* the kernel's own that the log shows, one bit each */
	uint64_t muted_interrupts; /* one bit each, for the first 64 */
};

/* The kernel inside mn_kernel_run_once; MN__NOWHERE outside. */
extern struct mn_kernel *mn_running;

/* Outside of all kernels: so much of one that a call site can see that nothing is shown. */
extern struct mn_kernel *const mn__nowhere;
#define MN__NOWHERE mn__nowhere

/* End of the run queue: tells the last ready task from one that is not ready. */
#define MN__QUEUE_END ((struct mn_task *)1)

/* Prepares a kernel. Nothing runs yet. Panics if the heap's arena is too small to use. */
void mn_kernel_init(struct mn_kernel *kernel, const struct mn_kernel_config *config);

/*
 * Takes interrupts' wakes, fires due timers, polls up to MN_POLLS_PER_TURN ready tasks.
 * Returns until when nothing will happen without an interrupt: 0 if tasks are still
 * ready, else the earliest deadline, or MN_NEVER. Cost when idle: no system call but
 * one look at the clock.
 */
uint64_t mn_kernel_run_once(struct mn_kernel *kernel);

/* Live tasks, now. */
static inline uint32_t mn_kernel_task_count(const struct mn_kernel *kernel)
{
	return kernel->task_id - kernel->tasks_ended;
}

/* Whether an interrupt came since the last turn: do not sleep. Any context. */
static inline bool mn_kernel_interrupted(const struct mn_kernel *kernel)
{
	return atomic_load_explicit(&kernel->inbox, memory_order_acquire) != NULL;
}

/*
 * Measures CPU time per task from now on (task.cpu), or stops to. A task whose poll
 * takes longer than `budget_us` is reported in the log, by name, and counted; 0: none is.
 * Cost: two looks at the CPU clock per poll.
 */
void mn_kernel_account(struct mn_kernel *kernel, bool on, uint32_t budget_us);

/* For stress tests: polls ready tasks in an order drawn from the seed. */
void mn_kernel_shuffle(struct mn_kernel *kernel, bool on);

/* The next number of the kernel's deterministic generator. Task context or start-up. */
uint64_t mn_random(struct mn_kernel *kernel);

/*
 * Writes what every task does and waits for, one line each, oldest first, cycles of waits
 * last. `write` is called with pieces of text. Any context where tasks stand still.
 */
void mn_kernel_dump(const struct mn_kernel *kernel,
		    void (*write)(void *context, const char *text, size_t len), void *context);

#include <mnemos/fast.h>

#endif
