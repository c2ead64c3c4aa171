/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The input is what happens to a serial line with a mux, loopback and hello behind it. Its first
 * bytes are sizes; then each byte is a step: so many bytes from the peer, as they follow, or
 * something that happens to the peer, to the time or to the mux.
 *
 * Whatever happens, a peer receives whole frames only, and on loopback's port nothing but what
 * it has sent there, in order; all of it, if nothing was dropped. (Unless the mux was started
 * anew meanwhile, which may cut frames.)
 * In the end all tasks have ended and all memory is back.
 */
#include <stdbool.h>
#include <mnemos/bbq_irq.h>
#include <mnemos/daemons/hello.h>
#include <mnemos/daemons/loopback.h>
#include "fuzz_kernel.h"

#define MOST 65536

static struct mn_kernel kernel;
static struct mn_registry_slot registry[4];
static uint8_t heap[16384];

static struct mn_bbq_irq rx, tx;
static uint8_t rx_storage[256], tx_storage[256];
static struct mn_serial_line line;
static struct mn_simple_serial serial;
static struct mn_serial_mux_config mux_config;
static struct mn_serial_mux mux;
static struct mn_loopback loopback;
static struct mn_hello hello;

/* The peer: what it has sent and received, and whether it reads. */
static uint8_t sent[MOST], received[MOST];
static size_t sent_len, received_len;
static bool reads;
static bool restarted; /* the mux, in mid-frame maybe: then there is nothing to expect */

static void forget_output(struct mn_serial_line *of)
{
	static uint8_t nowhere[sizeof tx_storage];

	(void)of;
	mn_bbq_irq_pull(&tx, nowhere, sizeof nowhere);
}

/* ---- What the peer may expect ------------------------------------------------------ */

struct stream {
	struct mn_sermux_receiver receiver;
	uint8_t frame[1024];
	const uint8_t *data;
	size_t len;
};

static void stream_init(struct stream *stream, const uint8_t *data, size_t len, size_t max_frame)
{
	mn_sermux_receiver_init(&stream->receiver, stream->frame, max_frame);
	stream->data = data;
	stream->len = len;
}

/* The next payload of loopback's port, all others aside; false at the end. */
static bool next_payload(struct stream *stream, struct mn_sermux_item *item, bool all_good)
{
	while (stream->len > 0) {
		const size_t n =
			mn_sermux_receive(&stream->receiver, stream->data, stream->len, item);

		stream->data += n;
		stream->len -= n;
		if (item->kind == MN_SERMUX_FRAME && item->port == 0)
			return true;
		FUZZ_CHECK(!all_good || item->kind == MN_SERMUX_NONE ||
			   (item->kind == MN_SERMUX_FRAME && item->port == 1));
	}
	return false;
}

static size_t payload_of(const uint8_t *wire, size_t len, size_t max_frame, bool all_good,
			 uint8_t *out)
{
	static struct stream stream;
	struct mn_sermux_item item;
	size_t total = 0;

	stream_init(&stream, wire, len, max_frame);
	while (next_payload(&stream, &item, all_good)) {
		memcpy(out + total, item.data, item.len);
		total += item.len;
	}
	return total;
}

/* Whether `part` is `whole` with bytes left out. */
static bool is_part_of(const uint8_t *part, size_t part_len, const uint8_t *whole, size_t len)
{
	for (; part_len > 0; part++, part_len--) {
		const uint8_t *found = memchr(whole, *part, len);

		if (!found)
			return false;
		len -= (size_t)(found - whole) + 1;
		whole = found + 1;
	}
	return true;
}

static void check_peer(bool at_rest)
{
	static uint8_t said[MOST], heard[MOST];
	size_t said_len, heard_len;

	if (restarted)
		return;
	said_len = payload_of(sent, sent_len, mux_config.max_frame, false, said);
	heard_len =
		payload_of(received, received_len, sizeof((struct stream *)0)->frame, true, heard);

	FUZZ_CHECK(is_part_of(heard, heard_len, said, said_len));
	if (mux.stats.bytes_dropped == 0) {
		FUZZ_CHECK(memcmp(heard, said, heard_len) == 0);
		FUZZ_CHECK(!at_rest || heard_len == said_len);
	}
}

/* ---- The machine ------------------------------------------------------------------- */

static bool collect(void)
{
	size_t n = 0;

	if (reads && mn_serial_line_flows(&line))
		n = mn_bbq_irq_pull(&tx, received + received_len, MOST - received_len);
	received_len += n;
	return n > 0;
}

static void settle(void)
{
	do {
		while (mn_kernel_run_once(&kernel) <= now_us || mn_kernel_interrupted(&kernel))
			;
	} while (collect());
}

static void pass(uint64_t us)
{
	const uint64_t end_us = now_us + us;
	uint64_t next_us;

	for (settle(); (next_us = mn_kernel_run_once(&kernel)) <= end_us; settle())
		now_us = next_us > now_us ? next_us : now_us;
	now_us = end_us;
}

static void feed(const uint8_t *data, size_t len)
{
	while (len > 0 && mn_serial_line_flows(&line) && sent_len < MOST / 2) {
		size_t room;
		uint8_t *free = mn_bbq_irq_grant(&rx, &room);

		room = room < len ? room : len;
		if (room == 0)
			return;
		memcpy(free, data, room);
		memcpy(sent + sent_len, data, room);
		mn_bbq_irq_commit(&rx, room);
		sent_len += room;
		data += room;
		len -= room;
		settle();
	}
}

static void change_peer(bool attach)
{
	check_peer(false);
	sent_len = received_len = 0;
	restarted = false;
	reads = true;
	mux.stats.bytes_dropped = 0;
	if (attach)
		mn_serial_line_attach(&line);
	else
		mn_serial_line_detach(&line);
}

static void cancel_all(void)
{
	mn_running = &kernel;
	for (struct mn_list *node = kernel.tasks.next; node != &kernel.tasks; node = node->next)
		mn_cancel(MN_CONTAINER(node, struct mn_task, all));
	mn_running = MN__NOWHERE;
	settle();
}

static void restart_mux(void)
{
	mn_running = &kernel;
	mn_cancel(&mux.task);
	mn_running = MN__NOWHERE;
	settle();
	restarted = true;
	mn_serial_mux_start(&mux, &kernel, &mux_config);
	settle();
}

static void start(uint8_t sizes, uint8_t ring)
{
	now_us = 0;
	memset(registry, 0, sizeof registry);
	memset(&serial, 0, sizeof serial);
	memset(&mux, 0, sizeof mux);
	memset(&loopback, 0, sizeof loopback);
	memset(&hello, 0, sizeof hello);
	mn_kernel_init(&kernel, &(struct mn_kernel_config){.services = registry,
							   .max_services = 4,
							   .heap = heap,
							   .heap_size = sizeof heap});
	mn_bbq_irq_init(&rx, &kernel, rx_storage, 1 + (size_t)(sizes & 15) * 17, MN_BBQ_IRQ_WRITES,
			NULL);
	mn_bbq_irq_init(&tx, &kernel, tx_storage, 1 + (size_t)(sizes >> 4) * 17, MN_BBQ_IRQ_READS,
			NULL);
	mn_serial_line_init(&line, &kernel, &rx.bbq, &tx.bbq, forget_output);
	mn_simple_serial_start(&serial, &kernel, &line, NULL);
	mux_config = (struct mn_serial_mux_config){
		.max_ports = 3,
		.max_frame = (uint16_t)(16 + sizes * 2),
		.max_hold_us = 1000,
	};
	mn_serial_mux_start(&mux, &kernel, &mux_config);
	mn_loopback_start(&loopback, &kernel,
			  &(struct mn_loopback_config){
				  .buffer_size = 1 + ring / 2,
				  .when_full = ring & 1 ? MN_SERMUX_DROP : MN_SERMUX_WAIT,
			  });
	mn_hello_start(&hello, &kernel,
		       &(struct mn_hello_config){.port = 1,
						 .buffer_size = 4,
						 .interval_us = 3000,
						 .message_len = 6,
						 .message = "hello"});
	sent_len = received_len = 0;
	settle();
	restarted = true; /* nothing to check yet */
	change_peer(true);
	settle();
}

static void finish(void)
{
	struct mn_heap_stats stats;

	reads = true;
	settle();
	check_peer(mn_serial_line_flows(&line));
	cancel_all();
	FUZZ_CHECK(mn_list_empty(&kernel.tasks));
	FUZZ_CHECK(kernel.wheel.count == 0);
	mn_heap_stats(kernel.heap, &stats);
	FUZZ_CHECK(stats.blocks == 0 && !mn_heap_check(kernel.heap));
}

/* Steps beyond feeding; what they are is in the names. */
static void happen(unsigned what)
{
	switch (what % 8) {
	case 0:
		change_peer(true);
		break;
	case 1:
		change_peer(true);
		settle();
		break;
	case 2:
		change_peer(false);
		break;
	case 3:
		reads = !reads;
		settle();
		break;
	case 4:
		restart_mux();
		break;
	default:
		pass(1U << (what % 8 * 2)); /* 1 to 16 ms, around hold and greeting */
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 2)
		return 0;
	start(data[0], data[1]);
	for (size_t at = 2; at < len;) {
		const uint8_t step = data[at++];
		const size_t n = step < len - at ? step : len - at;

		if (step >= 0xf0) {
			happen(step - 0xf0U);
		} else {
			feed(data + at, n);
			at += n;
		}
	}
	finish();
	return 0;
}
