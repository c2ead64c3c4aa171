/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Screenshot daemon: sends what the screen shows to a host that asks for it on its virtual port,
 * in the format of proto/screenshot.h.
 *
 *     static struct mn_screenshot_daemon screenshot;
 *     mn_screenshot_daemon_start(&screenshot, &kernel,
 *             &(struct mn_screenshot_daemon_config)MN_SCREENSHOT_DEFAULTS);
 *
 * A picture is read from the display as a whole, in the screen's own format, so that it is one
 * frame; where the heap has no room for that, in bands of as many rows as it has room for, which
 * the answer says. What has been drawn when it is asked for is in it: the daemon waits for the
 * frame that shows it; and if nothing has been drawn yet, as when a board has just started, for the
 * first frame in which something is. But it waits no longer than MN_SCREENSHOT_PATIENCE_US, and
 * then sends what is there. A host is refused with MN_ENOTFOUND if there is no display,
 * MN_ETIMEDOUT if it does not answer, each within MN_SCREENSHOT_PATIENCE_US; with MN_ENOMEM if
 * there is not even memory for a row; else with the display's own error.
 *
 * It ends at once with a picture whose host cancels it or is no longer the peer of the line, and
 * goes on with the next that is asked for. Requests beyond MN_SCREENSHOT_WAITING are dropped:
 * a host repeats its own until it is heard.
 *
 * Memory: the picture or a band of it, from the kernel's heap, while it is sent. It packs
 * MN_SCREENSHOT_UNITS units at a time and lets other tasks run in between. If the mux ends, it
 * opens its port again when there is one. It ends when it is cancelled, or with the error with
 * which its port could not be opened.
 */
#ifndef MNEMOS_DAEMONS_SCREENSHOT_H
#define MNEMOS_DAEMONS_SCREENSHOT_H

#include <mnemos/proto/screenshot.h>
#include <mnemos/services/display.h>
#include <mnemos/services/serial_mux.h>

/* Less than a host waits for a sign of life. */
#define MN_SCREENSHOT_PATIENCE_US 2000000

/* Requests that wait for their turn. */
#define MN_SCREENSHOT_WAITING 4

/* A turn of packing: some 60,000 instructions. */
#define MN_SCREENSHOT_UNITS 2048

/* What it can be told. */
struct mn_screenshot_daemon_config {
	uint16_t port;
	const char *display; /* instance of the service; NULL: the first; must stay */
};

/* The usual values, as an initializer. */
#define MN_SCREENSHOT_DEFAULTS                \
	{                                     \
		.port = MN_SERMUX_SCREENSHOT, \
	}

struct mn_screenshot_daemon;

/* One answer, from the look at the display to its end. */
struct mn__screenshot_answer {
	struct mn_frame frame;
	struct mn_screenshot_daemon *daemon;
	uint32_t id;
	bool is_unknown;  /* asked for in a version that is not known */
	bool stopped;     /* nobody wants it any more */
	bool said_last;   /* the message in `wire` is the last one */
	uint64_t late_us; /* no later than then does it begin */
	mn_poll met;      /* what the display has answered to the first look at it */
	struct mn_timeout limit;
	struct mn_layer layer;
	struct mn_screenshot_picture picture;
	void *memory; /* of `band` */
	struct mn_bitmap band;
	struct mn_screenshot_part part; /* that is in it */
	uint32_t at, crc;
	uint32_t packed_at;
	size_t packed_len, wire_len;
	uint8_t packed[MN_SCREENSHOT_PACKED_MAX];
	uint8_t wire[MN_SCREENSHOT_MESSAGE_MAX];
	struct mn_sermux_write tx;
};

/* The daemon, the caller's memory, zeroed before its start. */
struct mn_screenshot_daemon {
	struct mn_task task;
	struct mn_screenshot_daemon_config config;
	struct mn_sermux_open open;
	struct mn_sermux_port port;
	struct mn_bbq_read rx;
	struct mn_race race;
	struct mn_waiter peer_change;
	uint32_t peer;
	uint8_t request[MN_SCREENSHOT_REQUEST_MAX];
	size_t request_len;
	struct mn_screenshot_request waiting[MN_SCREENSHOT_WAITING]; /* the next one first */
	unsigned waiting_count;
	bool answering;
	struct mn__screenshot_answer answer;
};

/* Start-up: spawns it. */
void mn_screenshot_daemon_start(struct mn_screenshot_daemon *daemon, struct mn_kernel *kernel,
				const struct mn_screenshot_daemon_config *config);

#endif
