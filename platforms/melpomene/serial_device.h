/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The serial line of the machine: simple_serial for one peer at a time.
 *
 *          1 somebody is there   2 the owner accepts   3 it has ended its sending
 *     EMPTY -----------> ATTACHED ----------> FLOWING ----------> DRAINING
 *       ^                   |                    |                    |
 *       |                   +--------------------+----- 4 gone -------+
 *       |   5 the system is idle again                                |
 *       +---------------------------------------- SETTLING <----------+
 *
 *     1 somebody_is_there    2 accepted    3 receive    4 let_go    5 serial_device_work
 *
 * Towards the system: what the peer sends is read straight into the ring `rx`; when that is
 * full the peer is not read from, so it has to wait and nothing is lost. What is in the ring
 * `tx` is sent once the kernel has had its turn. While nobody is there, or not yet accepted,
 * output is dropped and counted, so the system never waits for nobody. After a peer has gone
 * output is dropped until the system has nothing left to do: answers to one peer do not
 * reach the next. A peer that has ended its sending but still reads (`nc -N`) gets all the
 * answers first.
 */
#ifndef MELPOMENE_SERIAL_DEVICE_H
#define MELPOMENE_SERIAL_DEVICE_H

#include <uv.h>
#include <mnemos/bbq_irq.h>
#include <mnemos/config.h>
#include <mnemos/services/simple_serial.h>
#include "log_sink.h"
#include "memory.h"
#include "serial_peers.h"

enum serial_state {
	SERIAL_CLOSED, /* the machine has no line */
	SERIAL_EMPTY,
	SERIAL_ATTACHED,
	SERIAL_FLOWING,
	SERIAL_DRAINING,
	SERIAL_SETTLING
};

struct serial_device {
	enum serial_state state;
	struct mn_serial_line line;
	struct mn_bbq_irq rx, tx;
	struct mn_simple_serial server;
	struct serial_peers peers;
	struct log_sink *log;
	uv_loop_t *loop;

	int fd;             /* of the peer */
	uv_poll_t poll;     /* of fd */
	int watched;        /* events that poll waits for */
	bool closing;       /* poll is not closed yet */
	bool look;          /* there may be something to read that no event will tell of */
	bool stuck;         /* the peer takes no more for now */
	unsigned looks;     /* at a system that is not quiet, to see whether it is */
	uint64_t received;  /* bytes, in all */
	uint64_t sent;      /* bytes, in all */
	uint64_t discarded; /* bytes of output for nobody, in all */
};

/* The number of its interrupt, in the trace: the device has sent or taken bytes. */
#define SERIAL_INTERRUPT 1

/* Bytes of memory that serial_device_open takes. */
size_t serial_device_memory(const struct mn_config_tcp_uart *config);

/*
 * Opens the line at `address` and starts its service; false after an error was told.
 * Zeroed before. The device stays where it is until the loop has closed its handles.
 */
bool serial_device_open(struct serial_device *device, struct mn_kernel *kernel, uv_loop_t *loop,
			struct memory *memory, struct log_sink *log,
			const struct serial_address *address,
			const struct mn_config_tcp_uart *config);

/*
 * After each turn of the kernel: sends, goes on reading where room has come, and makes the
 * loop wait for the rest. `idle`: the kernel has nothing to do.
 */
void serial_device_work(struct serial_device *device, bool idle);

/* Prints one line on how it stands. */
void serial_device_print(const struct serial_device *device);

/* After a panic: a text for the peer, past everything, waiting at most a second for it. */
void serial_device_last_words(struct serial_device *device, const char *text, size_t len);

/* Hangs up and closes all; the loop must run on until its handles are closed. */
void serial_device_close(struct serial_device *device);

#endif
