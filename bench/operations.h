/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What there is to measure: each does its thing `bench_count` times with the kernel of
 * virtual.h, once in a process. The same code runs on the host and on boards; each has its
 * table of those it offers (kernel.c, target.c).
 */
#ifndef BENCH_OPERATIONS_H
#define BENCH_OPERATIONS_H

/* How many times; some leave another number behind. */
extern long bench_count;

void bench_call(void);
void bench_call_accounted(void);
void bench_call_traced(void);
void bench_event(void);
void bench_event_off(void);
void bench_event_none(void);
void bench_connect(void);
void bench_yield(void);
void bench_bbq(void);
void bench_bbq_stream(void);
void bench_bbq_alone(void);
void bench_spawn(void);
void bench_spawn_many(void);
void bench_sleep(void);
void bench_sleep_among(void);
void bench_channel(void);
void bench_channel_stream(void);
void bench_oneshot(void);
void bench_alloc(void);
void bench_alloc_among(void);
void bench_alloc_wait(void);

#endif
