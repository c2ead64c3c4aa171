/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The inbox of interrupts: mn_irq_raise, mn__inbox_drain and mn_irq_wait of
 * source/kernel/irq.c, step by step as there.
 *
 * Two sources. Source 0 is raised from two contexts at once (two threads, or an interrupt
 * in the middle of a raise), source 1 from one. Each context makes a device event and
 * raises, one of them once, the others twice. The kernel drains, polls the two tasks and
 * sleeps when it has nothing to do.
 *
 * Proved, for all interleavings of the steps:
 *   - no lost wake: when all contexts are done and the kernel sleeps, each task has seen
 *     the last event of its source (assertion at the end; a sleep for ever is a deadlock)
 *   - the list is never torn: a source is linked once, only whoever moved `raised` to
 *     true or has drained it touches its `next`, and the list ends
 *   - the kernel comes to rest (ltl rests)
 *
 * A step has one access to what both sides share, and what it does besides to what only one
 * side owns at that time, which the second point proves.
 *
 * Spin explores sequentially consistent runs only. That the orders of the C atomics suffice
 * is argued in irq.c and watched by the thread sanitizer (tests/unit/test_threads.c).
 *
 * Each of these plants a bug that the check must find:
 *   CLEAR_FIRST   drain clears `raised` before it has read `next`
 *   CLEAR_LAST    drain clears `raised` only after the tasks have looked
 *   NO_CAS        raise stores the head instead of comparing and swapping
 */
#define SOURCES 2
#define CONTEXTS 3
#define EVENTS(context) (context == 1 -> 1 : 2)
#define NIL 2

byte inbox = NIL;
byte next[SOURCES];
bool raised[SOURCES];
bool pending[SOURCES]; /* task side from here on */
bool waiting[SOURCES];
bool ready[SOURCES];

byte events[SOURCES]; /* what the device did; what the task saw of it */
byte seen[SOURCES];
byte owners[SOURCES]; /* ghost: how many own `next` now */
byte running = CONTEXTS;
bool resting = false;

#define SOURCE(context) ((context) / 2)

proctype context(byte me)
{
	byte first, i;
	bool mine;

	do
	:: i == EVENTS(me) -> break
	:: else ->
		atomic { i++; events[SOURCE(me)]++ }
		atomic {
			mine = !raised[SOURCE(me)];
			raised[SOURCE(me)] = true;
			if
			:: mine -> owners[SOURCE(me)]++; assert(owners[SOURCE(me)] == 1)
			:: else -> skip
			fi
		}
		if
		:: !mine -> skip
		:: mine ->
			atomic { first = inbox; next[SOURCE(me)] = first }
again:			atomic {
				if
#ifdef NO_CAS
				:: true ->
#else
				:: inbox == first ->
#endif
					inbox = SOURCE(me);
					owners[SOURCE(me)]--
#ifndef NO_CAS
				:: else ->
					first = inbox;
					next[SOURCE(me)] = first;
					goto again
#endif
				fi
			}
		fi;
		first = NIL
	od;
	atomic { running--; i = 0; mine = false }
}

byte stack = NIL, queue = NIL, at = NIL, drained;

inline wake(i)
{
	if
	:: waiting[i] -> ready[i] = true
	:: else -> skip
	fi
}

inline drain()
{
	atomic { stack = inbox; inbox = NIL; queue = NIL; drained = 0 }
	do
	:: atomic { stack == NIL -> break }
	:: atomic { else -> /* turn round */
		at = stack;
		drained++;
		assert(drained <= SOURCES && raised[at] && owners[at] == 0);
		owners[at]++;
		stack = next[at];
		next[at] = queue;
		queue = at }
	od;
	do
	:: atomic { queue == NIL -> at = NIL; break }
	:: atomic { else ->
		at = queue;
		pending[at] = true;
		owners[at]--;
#ifdef CLEAR_FIRST
		raised[at] = false }
	   atomic {
#elif !defined(CLEAR_LAST)
		raised[at] = false;
#endif
		queue = next[at];
		wake(at) }
	od
}

/* A poll of the task of a source: mn_irq_wait, then a look at the device. */
inline poll(i)
{
	atomic {
		ready[i] = false;
		if
		:: pending[i] ->
			pending[i] = false;
			waiting[i] = false;
			seen[i] = events[i];
			ready[i] = true /* and round to the wait again */
		:: else -> waiting[i] = true
		fi
	}
#ifdef CLEAR_LAST
	raised[i] = false
#endif
}

#define NOTHING_TO_DO (inbox == NIL && !ready[0] && !ready[1])

active proctype kernel()
{
	atomic {
		ready[0] = true;
		ready[1] = true;
		run context(0);
		run context(1);
		run context(2)
	}
	do
	:: inbox != NIL -> drain()
	:: ready[0] -> poll(0)
	:: ready[1] -> poll(1)
	:: atomic { NOTHING_TO_DO && running == 0 -> break }
	od
	assert(seen[0] == events[0] && seen[1] == events[1]);
	assert(events[0] == 3 && events[1] == 2);
	resting = true
}

ltl rests { <> resting }
