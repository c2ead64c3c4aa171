/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The kernel's own events: call sites that every kernel has, as the tools know them.
 *
 * The kernel makes its sites from this list and the tools recognise a site by its target and
 * name, and its values by their place; so fields are appended, never reordered. Whose event it
 * is stands in the event itself (its task: the running one) and is not repeated in a field.
 *
 *     spawn      a task was made by the running one
 *     end        the running task ended: its poll is over
 *     poll       the executor begins to run a task; it is the running one from here on
 *     wait       the poll is over, the task waits; one event for each of its waits
 *     ready      the poll is over, the task is ready to run again
 *     wake       a waiting task was made ready by the running one, or by an interrupt
 *     call       a request leaves; `cause` is the request whose handling led to it, or 0
 *     serve      the server takes it up
 *     reply      and answers; or the service has ended, which answers all its calls
 *     revoke     the caller has gone; no reply follows, unless the service is pinned
 *     full, free a queue has no room for who wants to write; has room again. By its address
 *     alloc, free, refuse   memory of the heap
 *     enter, exit           an interrupt handler
 *
 * A text among the values (name, file, what, kind) is a TEXT_ID in the extension.
 */
#ifndef MNEMOS_PROTO_TRACE_EVENTS_H
#define MNEMOS_PROTO_TRACE_EVENTS_H

/*  event                  target              name        level   fields */
#define MN_TRACE_EVENT_LIST(X)                                                                     \
	X(MN_TRACE_SPAWN, "kernel::task", "spawn", DEBUG, "task", "name", "file", "size")          \
	X(MN_TRACE_END, "kernel::task", "end", DEBUG, "result", "polls")                           \
	X(MN_TRACE_POLL, "kernel::task", "poll", TRACE, "polls")                                   \
	X(MN_TRACE_WAIT, "kernel::task", "wait", TRACE, "what", "on", "service", "holder")         \
	X(MN_TRACE_READY, "kernel::task", "ready", TRACE, "polls")                                 \
	X(MN_TRACE_WAKE, "kernel::task", "wake", TRACE, "task")                                    \
	X(MN_TRACE_CALL, "kernel::call", "call", TRACE, "service", "client", "request", "cause")   \
	X(MN_TRACE_SERVE, "kernel::call", "serve", TRACE, "service", "client", "request", "cause") \
	X(MN_TRACE_REPLY, "kernel::call", "reply", TRACE, "service", "client", "request",          \
	  "result")                                                                                \
	X(MN_TRACE_REVOKE, "kernel::call", "revoke", TRACE, "service", "client", "request")        \
	X(MN_TRACE_REGISTER, "kernel::registry", "register", DEBUG, "service", "name", "instance") \
	X(MN_TRACE_CLOSE, "kernel::registry", "close", DEBUG, "service")                           \
	X(MN_TRACE_CONNECT, "kernel::registry", "connect", DEBUG, "client", "service")             \
	X(MN_TRACE_QUEUE_FULL, "kernel::queue", "full", TRACE, "queue", "kind")                    \
	X(MN_TRACE_QUEUE_FREE, "kernel::queue", "free", TRACE, "queue", "kind")                    \
	X(MN_TRACE_ALLOC, "kernel::heap", "alloc", TRACE, "address", "size")                       \
	X(MN_TRACE_FREE, "kernel::heap", "free", TRACE, "address")                                 \
	X(MN_TRACE_REFUSE, "kernel::heap", "refuse", DEBUG, "size")                                \
	X(MN_TRACE_IRQ_ENTER, "kernel::irq", "enter", TRACE, "irq")                                \
	X(MN_TRACE_IRQ_EXIT, "kernel::irq", "exit", TRACE, "irq")

/* An event of the list, by number. */
enum mn_trace_known {
#define MN__TRACE_ENUM(event, ...) event,
	MN_TRACE_EVENT_LIST(MN__TRACE_ENUM)
#undef MN__TRACE_ENUM
		MN_TRACE_KNOWN_COUNT /* and: not one of the kernel's */
};

#endif
