/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The byte queue with a handler's end: source/kernel/bbq_irq.c and the parts of bbq.c that
 * wait on it, step by step as there.
 *
 * A queue of CAPACITY bytes carries BYTES bytes, more than three times round, either from a
 * handler to a task or from a task to a handler. The handler may run at any step of the
 * task, and the task at any step of the handler: it can be an interrupt or a thread. Either
 * takes as many bytes at a time as it likes. The inbox is what models/inbox.pml proves of
 * it: a raise makes the kernel drain later, and a drain wakes who waits at that time.
 *
 * Proved, for all interleavings of the steps:
 *   - no byte is lost, read twice or out of order, and no cell is written before it was read
 *   - no lost wake: kernel and handler never sleep while there is something to do (that
 *     would be a deadlock), and both come to their end (ltl arrives)
 *   - after the writing end has closed, the reader takes all that is there before it ends
 *
 * Spin explores sequentially consistent runs only. That acquire and release suffice is
 * argued in bbq_irq.c and watched by the thread sanitizer (tests/unit/test_threads.c).
 *
 * Each of these plants a bug that the check must find:
 *   STORE_FIRST    the position is stored before the bytes are there
 *   RAISE_FIRST    the handler raises before it stores its position
 *   ONE_LAP        positions run to the capacity, so a full queue looks empty
 *   CLOSED_LAST    the task looks at the bytes first and then whether the end is closed
 */
#ifndef CAPACITY
#define CAPACITY 3
#endif
#define BYTES 10
#ifdef ONE_LAP
#define LAP CAPACITY
#else
#define LAP (2 * CAPACITY)
#endif

byte cell[CAPACITY]; /* byte number + 1; 0: nothing there */
byte pushed, pulled; /* positions */
bool closed;         /* by the writing end */
bool inbox;          /* the handler has raised */
bool waiting;        /* the task is parked: irq.task is set */
bool ready = true;   /* it is in the run queue */
byte written, got;   /* bytes so far, by whichever end */
bool task_ended, handler_ended;

#define USED(pushed, pulled) ((pushed + LAP - pulled) % LAP)

/* Copies n bytes into the ring from position `at` on; each byte is a step of its own. */
inline put_bytes(at, n, k)
{
	k = 0;
	do
	:: k == n -> break
	:: else ->
		assert(cell[(at + k) % CAPACITY] == 0);
		written++;
		cell[(at + k) % CAPACITY] = written;
		k++
	od
}

inline take_bytes(at, n, k)
{
	k = 0;
	do
	:: k == n -> break
	:: else ->
		got++;
		assert(cell[(at + k) % CAPACITY] == got);
		cell[(at + k) % CAPACITY] = 0;
		k++
	od
}

/* Any number from 1 to the limit. */
inline choose(n, limit)
{
	n = 1;
	do
	:: n < limit -> n++
	:: break
	od
}

inline store_pushed(n)
{
	pushed = (pushed + n) % LAP
}

/* The writing end: n bytes, of which there is room. */
inline write(n, k, mine)
{
	mine = pushed;
#ifdef STORE_FIRST
	store_pushed(n);
	put_bytes(mine, n, k)
#else
	put_bytes(mine, n, k);
	store_pushed(n)
#endif
}

inline raise()
{
	inbox = true
}

/* ---- Receiving: the handler writes, the task reads ---------------------------------- */

proctype receive_handler()
{
	byte room, n, k, mine;

	do
	:: written == BYTES -> break
	:: else ->
		room = pulled; /* the one load of the other end's position */
		room = CAPACITY - USED(pushed, room);
		if
		:: room > BYTES - written -> room = BYTES - written
		:: else -> skip
		fi
		if
		:: room == 0 -> (USED(pushed, pulled) < CAPACITY) /* the device holds back */
		:: else ->
			choose(n, room);
#ifdef RAISE_FIRST
			raise();
			write(n, k, mine)
#else
			write(n, k, mine);
			raise()
#endif
		fi
	od
	closed = true;
	raise();
	handler_ended = true
}

/* A poll of mn_bbq_read with all that follows until it is pending again. */
inline poll_reading(over, there, n, k)
{
	ready = false;
	do
	:: true ->
#ifndef CLOSED_LAST
		over = closed;
#endif
		there = pushed;
		there = USED(there, pulled);
#ifdef CLOSED_LAST
		over = closed;
#endif
		if
		:: there > 0 ->
			waiting = false;
			choose(n, there);
			take_bytes(pulled, n, k);
			pulled = (pulled + n) % LAP
		:: there == 0 && over ->
			waiting = false;
			task_ended = true;
			break
		:: else ->
			waiting = true;
			break
		fi
	od
}

/* ---- Sending: the task writes, the handler reads ------------------------------------ */

proctype send_handler()
{
	byte there, n, k;

	do
	:: got == BYTES -> break
	:: else ->
		(pushed != pulled); /* the kick has enabled the interrupt */
		there = USED(pushed, pulled);
		choose(n, there);
		take_bytes(pulled, n, k);
#ifdef RAISE_FIRST
		raise();
		pulled = (pulled + n) % LAP
#else
		pulled = (pulled + n) % LAP;
		raise()
#endif
	od
	handler_ended = true
}

inline poll_writing(room, n, k, mine)
{
	ready = false;
	do
	:: written == BYTES ->
		waiting = false;
		task_ended = true;
		break
	:: else ->
		room = pulled;
		room = CAPACITY - USED(pushed, room);
		if
		:: room > BYTES - written -> room = BYTES - written
		:: else -> skip
		fi
		if
		:: room > 0 ->
			waiting = false;
			choose(n, room);
			write(n, k, mine)
		:: else ->
			waiting = true;
			break
		fi
	od
}

/* ---- The kernel --------------------------------------------------------------------- */

inline drain()
{
	inbox = false;
	if
	:: waiting -> ready = true
	:: else -> skip
	fi
}

active proctype kernel()
{
	byte a, b, n, k;
	bool receiving, over;

	if
	:: receiving = true; run receive_handler()
	:: receiving = false; run send_handler()
	fi
	do
	:: task_ended -> break
	:: !task_ended && inbox -> drain()
	:: !task_ended && ready && receiving -> poll_reading(over, a, n, k)
	:: !task_ended && ready && !receiving -> poll_writing(a, n, k, b)
	od
	(handler_ended);
	assert(written == BYTES && got == BYTES)
}

ltl arrives { <> (task_ended && handler_ended && got == BYTES) }
