/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "exit_guard.h"
#include "log.h"
#include "session.h"

static const int signal_numbers[SESSION_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

static void interrupted(uv_signal_t *handle, int number)
{
	struct session *session = handle->data;
	bool good = number == SIGINT && session->ends_by_interrupt;
	session_end(session, good ? EXIT_GOOD : 128 + number);
}

static void watch_signals(struct session *session)
{
	signal(SIGPIPE, SIG_IGN);
	/* In the background the terminal belongs to others: reading it fails, nothing stops. */
	signal(SIGTTIN, SIG_IGN);
	for (int i = 0; i < SESSION_SIGNALS; i++) {
		uv_signal_t *one = &session->signals[i];
		uv_signal_init(&session->loop, one);
		one->data = session;
		exit_signal_start(one, interrupted, signal_numbers[i]);
	}
}

static bool make_pty_dir(const char *dir)
{
	if (!dir || mkdir(dir, 0777) == 0 || errno == EEXIST)
		return true;
	log_fatal("cannot make the directory %s: %s", dir, strerror(errno));
	return false;
}

static bool open_ports(struct session *session)
{
	const struct options *options = session->options;
	for (size_t i = 0; i < options->port_count; i++)
		if (!ports_open(&session->ports, options->ports[i]))
			return false;
	return true;
}

bool session_open(struct session *session, const struct options *options, struct port_peer peer,
		  void (*on_end)(struct session *session))
{
	memset(session, 0, sizeof *session);
	uv_loop_t *loop = &session->loop;
	uv_loop_init(loop);
	log_open(loop, options->level);
	session->options = options;
	session->on_end = on_end;
	watch_signals(session);
	uv_prepare_init(loop, &session->finishing);
	session->finishing.data = session;

	struct ports *ports = &session->ports;
	ports->loop = loop;
	ports->peer = peer;
	ports->tcp_base = options->tcp_base;
	ports->backlog = options->backlog;
	ports->stall_ms = options->stall_ms;
	ports->pty_dir = options->pty_dir;
	ports->pty_watch = &session->pty_watch;
	demux_open(&session->demux, loop, ports);

	bool good = pty_watch_open(loop, &session->pty_watch) && make_pty_dir(options->pty_dir) &&
		    open_ports(session);
	if (good)
		log_line(LOG_INFO, LOG_NO_PORT, "CONN", "ports on 127.0.0.1: %u + sermux port",
			 options->tcp_base);
	else
		session_end(session, EXIT_TROUBLE);
	return good;
}

static void end_now(struct session *session)
{
	if (session->ended)
		return;
	session->ended = true;
	demux_close(&session->demux);
	ports_close(&session->ports);
	session->on_end(session);
	pty_watch_close(&session->pty_watch);
	for (int i = 0; i < SESSION_SIGNALS; i++)
		uv_close((uv_handle_t *)&session->signals[i], NULL);
	uv_close((uv_handle_t *)&session->finishing, NULL);
	log_close();
}

void session_end(struct session *session, int code)
{
	if (!session->ending)
		session->code = code;
	session->ending = true;
	log_on_caught_up(NULL, NULL);
	end_now(session);
}

/* Runs once per turn of the loop; the clients' own events make the turns. */
static void check_finished(uv_prepare_t *prepare)
{
	struct session *session = prepare->data;
	if (session->ports.client_count == 0)
		end_now(session);
}

void session_finish(struct session *session, int code)
{
	if (session->ending)
		return;
	session->ending = true;
	session->code = code;
	ports_finish(&session->ports);
	uv_prepare_start(&session->finishing, check_finished);
}

int session_run(struct session *session)
{
	uv_run(&session->loop, UV_RUN_DEFAULT);
	return session->code;
}

void session_free(struct session *session)
{
	ports_free(&session->ports);
	/* A handle left open would be one that the end forgot. */
	int error = uv_loop_close(&session->loop);
	assert(error == 0);
	(void)error;
}
