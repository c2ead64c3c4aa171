/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What every command that serves ports has in common: loop, log, ports, demultiplexer,
 * signals and an orderly end.
 *
 *     session_open, [add one's own handles], session_run, session_free
 */
#ifndef CROWTTY_SESSION_H
#define CROWTTY_SESSION_H

#include "demux.h"
#include "options.h"
#include "port.h"

#define SESSION_SIGNALS 3

struct session {
	uv_loop_t loop;
	const struct options *options;
	struct pty_watch pty_watch;
	struct ports ports;
	struct demux demux;
	uv_signal_t signals[SESSION_SIGNALS];
	uv_prepare_t finishing; /* waits for the clients to take the rest */
	int code;
	bool ends_by_interrupt; /* Ctrl-C is the usual end, and good; set after opening */
	bool ending, ended;
	/* Closes what the command added; called once. */
	void (*on_end)(struct session *session);
};

/*
 * Opens the log, the ports and everything else. Returns false after reporting an error; then the
 * next step is session_run() all the same, which cleans up and returns the exit code.
 */
bool session_open(struct session *session, const struct options *options, struct port_peer peer,
		  void (*on_end)(struct session *session));

/* Ends the session with this exit code: at once, or when the clients have their output.
 * The first call decides. */
void session_end(struct session *session, int code);
void session_finish(struct session *session, int code);

/* Runs until the end; returns the exit code. */
int session_run(struct session *session);
void session_free(struct session *session);

#endif
