/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Trace: carries the kernel's trace to a host, on a virtual port.
 *
 *     static struct mn_trace_daemon trace;
 *     mn_trace_daemon_start(&trace, &kernel, &(struct mn_trace_daemon_config)MN_TRACE_DEFAULTS);
 *
 * What is on the port is in <mnemos/proto/trace.h>, what is traced in <mnemos/trace.h>.
 *
 *     nobody -- 1 peer --> idle -- 2 request --> active
 *        ^                  |  ^                   |
 *        +------ 3 gone ----+  +--- 4 silence -----+
 *        +---------------------------- 3 gone -----+
 *
 *     1  the line has a peer (simple_serial.h)
 *     2  any valid request, even one that changes nothing
 *     3  that peer has gone, or another has come
 *     4  a host that asked to EXTEND has sent nothing for MN_TRACE_KEEP_MS
 *
 * Until the first host asks, the ring keeps what happens at `initial_level` from the start of the
 * system on, so a host sees the boot. At 3 and 4 the ring is emptied, the extension ends and the
 * level is the initial one again: nothing of one host reaches the next.
 *
 * A heartbeat is sent each second while there is a peer, and at once as an answer to requests.
 * While nobody has asked, every other one says that the level is None: an original host asks only
 * if the level is not the one that it wants.
 *
 * Each call site and lasting text is announced before its first use. An original host announces
 * itself anew with a level, one of ours with EXTEND; then all is announced again.
 *
 * Loss. Nothing here makes a traced task wait: if the host or the line is too slow, the ring
 * fills and further records are counted instead. The counts are sent at most every 3 s, under load
 * too. Within the stream nothing is lost; a host that reads again after any time goes on where
 * it stopped.
 *
 * Requests that do not fit the port's ring are dropped; a host repeats them. The daemon waits
 * for the mux, opens its port again if that ends, and ends when it is cancelled, or with the
 * error with which its port could not be opened.
 *
 * Memory: four kilobytes, three on 32-bit machines; the ring and the send buffer from the
 * kernel's heap, at the start and for good; its port.
 */
#ifndef MNEMOS_DAEMONS_TRACE_H
#define MNEMOS_DAEMONS_TRACE_H

#include <mnemos/services/serial_mux.h>
#include <mnemos/trace_reader.h>

/* What it can be told. */
struct mn_trace_daemon_config {
	uint16_t port;
	uint32_t
		sendbuf_capacity; /* bytes that are sent in one piece, and of the longest message */
	uint32_t tracebuf_capacity; /* bytes of the ring; the most that is a power of two is used */
	enum mn_log_level initial_level;
};

/* Least bytes of a send buffer: a message with the most that a kernel's record can hold. */
#define MN_TRACE_SENDBUF_MIN 1024

/* The usual values, as an initializer. */
#define MN_TRACE_DEFAULTS                                                                     \
	{                                                                                     \
		.port = MN_SERMUX_TRACE, .sendbuf_capacity = 1024, .tracebuf_capacity = 4096, \
		.initial_level = MN_LOG_INFO,                                                 \
	}

/* Call sites, or texts, that a host knows by number at a time. */
#define MN_TRACE_ANNOUNCED 64

enum mn__trace_state { MN__TRACE_NOBODY, MN__TRACE_IDLE, MN__TRACE_ACTIVE };

/* What has been announced: the number of a pointer is its place + 1. */
struct mn__trace_announced {
	const void *of[MN_TRACE_ANNOUNCED];
	uint8_t next; /* place to be given away, where all that fit are taken */
};

/* A snapshot under way: how far it is. */
struct mn__trace_snapshot {
	uint8_t part; /* what is sent next */
	bool wanted;  /* another, when this one is done */
	uint32_t id;  /* of this one's request */
	uint32_t next_id;
	uint32_t last; /* task, slot of the registry or counter that was sent last */
};

/* The daemon, the caller's memory. For readers: the counts behind `state`. */
struct mn_trace_daemon {
	struct mn_task task;
	struct mn_trace_daemon_config config;
	struct mn_trace trace;
	struct mn_sermux_open open;
	struct mn_sermux_port port;

	/* What it waits for, all at once. */
	struct mn_timeout limit;
	struct mn_race race, race_of_two;
	struct mn_bbq_read rx;
	struct mn_waiter peer_change;
	struct mn_irq_wait records;
	struct mn_irq never; /* instead of the ring's, while it must not be emptied */
	uint64_t nap_us;
	struct mn_sermux_write tx;

	enum mn__trace_state state;
	uint32_t peer;    /* of the line; 0: nobody */
	uint32_t version; /* of the extension that is spoken; 0: none */
	struct mn_log_filter filter;
	uint64_t beat_us;   /* time of the next heartbeat */
	uint64_t keep_us;   /* when a silent host counts as gone */
	uint64_t drain_us;  /* when the ring is to be emptied, if not before; or MN_NEVER */
	uint64_t report_us; /* losses are not sent before */
	bool draining;      /* the ring is being emptied */
	bool odd_beat;
	bool accounts; /* it has switched accounting on */
	uint8_t due;   /* messages to be sent, a bit each */

	uint8_t request[MN_TRACE_REQUEST_MAX]; /* that is coming in */
	uint8_t request_len;                   /* of it; at the end: skipping an overlong one */

	uint8_t *out; /* NULL: there was no memory */
	size_t out_len;
	bool cut; /* the last message that was sent may be incomplete */

	struct mn__trace_announced sites, texts;
	uint64_t told_time; /* by the last TIME */
	bool have_record;
	struct mn_record record; /* that is being sent */
	struct mn__trace_snapshot snapshot;

	struct mn_trace_discarded lost; /* not yet told */
	struct mn_trace_discarded lost_in_all;
};

/* Start-up, and the earlier the more of the boot is kept: spawns it, zeroed before. */
void mn_trace_daemon_start(struct mn_trace_daemon *daemon, struct mn_kernel *kernel,
			   const struct mn_trace_daemon_config *config);

#endif
