/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <mnemos/heap.h>
#include "config_load.h"
#include "machine.h"
#include "tell.h"

/*
 * A busy kernel's turns between two looks at the devices: a system call costs as much as a
 * dozen polls. They are looked at at once when it has nothing to do.
 */
#define BUSY_TURNS 8

/* ---- The platform's functions, see <mnemos/platform.h> --------------------------------- */

uint64_t mn_platform_now_us(const struct mn_kernel *kernel)
{
	return clock_now_us(&machine_of(kernel)->clock);
}

mn_cpu_time mn_platform_cpu_time(const struct mn_kernel *kernel)
{
	(void)kernel;
	return (mn_cpu_time)(clock_cpu_ns() / (1000000000 / MN_CPU_HZ));
}

uint64_t mn_platform_trace_time(const struct mn_kernel *kernel)
{
	return clock_ticks(&machine_of(kernel)->clock);
}

uint32_t mn_platform_trace_hz(const struct mn_kernel *kernel)
{
	(void)kernel;
	return CLOCK_TICKS_HZ;
}

static bool interrupted(const void *context)
{
	const struct machine *machine = context;

	return machine->ending || mn_kernel_interrupted(&machine->kernel);
}

static uint64_t earlier(uint64_t a_us, uint64_t b_us)
{
	return a_us < b_us ? a_us : b_us;
}

void mn_platform_wait(struct mn_kernel *kernel, uint64_t deadline_us)
{
	struct machine *machine = machine_of(kernel);
	if (deadline_us == 0 && ++machine->busy_turns % BUSY_TURNS)
		return;
	const uint64_t device_us = earlier(machine->end_us, screen_due_us(&machine->screen));
	const uint64_t until_us = earlier(deadline_us, device_us);

	serial_device_work(&machine->serial, deadline_us > 0);
	screen_work(&machine->screen, deadline_us > 0);
	log_sink_flush();
	if (deadline_us == 0 || interrupted(machine))
		uv_run(&machine->loop, UV_RUN_NOWAIT);
	else
		clock_sleep(&machine->clock, until_us, interrupted, machine);
	if (clock_now_us(&machine->clock) >= machine->end_us)
		machine->ending = true;
}

/* ---- Signals --------------------------------------------------------------------------- */

static void end(uv_signal_t *signal, int number)
{
	struct machine *machine = signal->data;

	machine->ending = true;
	machine->exit_code = 128 + number;
}

static void dump(uv_signal_t *signal, int number)
{
	(void)number;
	machine_dump(signal->data);
}

/* nohup(1) says so. */
static bool is_ignored(int number)
{
	struct sigaction now;

	return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

/* A second Ctrl-C ends the process at once: the machine may be waiting for a slow reader. */
static int open_signals(struct machine *machine)
{
	static const struct {
		int number;
		uv_signal_cb act;
		int (*start)(uv_signal_t *, uv_signal_cb, int);
	} all[MACHINE_SIGNALS] = {
		{SIGINT, end, uv_signal_start_oneshot},
		{SIGTERM, end, uv_signal_start_oneshot},
		{SIGHUP, end, uv_signal_start_oneshot},
		{SIGUSR1, dump, uv_signal_start},
	};
	int error = 0;

	signal(SIGPIPE, SIG_IGN); /* an error of the write is enough */
	for (int i = 0; i < MACHINE_SIGNALS && !error; i++) {
		uv_signal_init(&machine->loop, &machine->signals[i]);
		machine->signals[i].data = machine;
		if (all[i].number != SIGHUP || !is_ignored(SIGHUP))
			error = all[i].start(&machine->signals[i], all[i].act, all[i].number);
	}
	return error;
}

/* ---- Power on ---------------------------------------------------------------------------- */

static bool open_config(struct machine *machine)
{
	struct mn_config *config = &machine->config;

	if (machine->options->config)
		return config_load(config, machine->options->config);
	*config = mn_config_board;
	return true;
}

/* Pictures of a screen that is not there. */
static bool options_fit(struct machine *machine)
{
	const struct options *options = machine->options;
	const bool has = machine->config.platform.display.enabled;

	if (has || (!options->screenshots && !options->record_frames))
		return true;
	tell("%s: the machine has no screen: platform.display is not enabled in %s",
	     options->screenshots ? "--screenshot" : "--record-frames",
	     options->config ? options->config : "the built-in board");
	machine->exit_code = EXIT_USAGE;
	return false;
}

static size_t slots_size(const struct mn_config *config)
{
	return config->kernel.max_drivers * sizeof(struct mn_registry_slot);
}

static bool open_memory(struct machine *machine)
{
	const struct mn_config *config = &machine->config;
	const size_t size = memory_for(config->kernel.heap_size) + memory_for(slots_size(config)) +
			    serial_device_memory(&config->platform.tcp_uart) +
			    screen_memory(&config->platform.display);

	if (memory_open(&machine->memory, size))
		return true;
	tell("no memory for a machine of %zu bytes", size);
	return false;
}

static bool open_loop(struct machine *machine)
{
	int error = uv_loop_init(&machine->loop);

	machine->loop.data = error ? NULL : machine; /* what machine_close goes by */
	if (!error)
		error = clock_open(&machine->clock, &machine->loop, machine->options->virtual_time);
	if (!error)
		error = open_signals(machine);
	if (error)
		tell("cannot start: %s", uv_strerror(error));
	return !error;
}

static void open_kernel(struct machine *machine)
{
	const struct options *options = machine->options;
	const struct mn_config *config = &machine->config;
	struct memory *memory = &machine->memory;

	mn_kernel_init(&machine->kernel,
		       &(struct mn_kernel_config){
			       .name = "melpomene",
			       .heap = memory_take(memory, config->kernel.heap_size),
			       .heap_size = config->kernel.heap_size,
			       .services = memory_take(memory, slots_size(config)),
			       .max_services = config->kernel.max_drivers,
			       .seed = options->seed,
			       .log = log_sink_write,
			       .log_context = &machine->log,
		       });
	mn_log_set_filter(&machine->kernel, &options->trace);
	if (options->account || options->poll_budget_us)
		mn_kernel_account(&machine->kernel, true, options->poll_budget_us);
}

static bool open_serial(struct machine *machine)
{
	const struct mn_config_tcp_uart *config = &machine->config.platform.tcp_uart;
	struct serial_address address = machine->options->serial;
	const char *why;

	if (!config->enabled && !machine->options->has_serial)
		return true;
	if (!machine->options->has_serial &&
	    !serial_address_parse(&address, config->socket_addr, &why)) {
		tell("platform.tcp_uart.socket_addr: \"%s\": %s", config->socket_addr, why);
		return false;
	}
	return serial_device_open(&machine->serial, &machine->kernel, &machine->loop,
				  &machine->memory, &machine->log, &address, config);
}

static void window_closed(void *context)
{
	struct machine *machine = context;

	machine->ending = true;
}

static bool open_screen(struct machine *machine)
{
	return screen_open(&machine->screen, &(struct screen_config){
						     .kernel = &machine->kernel,
						     .loop = &machine->loop,
						     .memory = &machine->memory,
						     .config = &machine->config,
						     .options = machine->options,
						     .closed = window_closed,
						     .context = machine,
					     });
}

bool machine_open(struct machine *machine, const struct options *options)
{
	machine->options = options;
	machine->end_us = options->exit_after_us;
	machine->clock.timer_fd = -1;
	if (!open_config(machine) || !options_fit(machine) || !open_memory(machine) ||
	    !open_loop(machine))
		return false;
	log_sink_open(&machine->log, &machine->kernel);
	open_kernel(machine);
	if (!open_serial(machine))
		return false;
	if (!open_screen(machine))
		return false;
	mn_start_default_services(&machine->services, &machine->kernel, &machine->config);
	mn_start_screen_services(&machine->screen_services, &machine->kernel, &machine->config);
	return true;
}

/* ---- What it is and does ------------------------------------------------------------------ */

static void introduce_services(const struct mn_config *config)
{
	const struct mn_config_sermux_loopback *loopback = &config->services.sermux_loopback;
	const struct mn_config_sermux_hello *hello = &config->services.sermux_hello;

	if (loopback->enabled)
		printf("loopback: sermux port %u\n", (unsigned)loopback->port);
	if (hello->enabled)
		printf("hello: sermux port %u, every %g s\n", (unsigned)hello->port,
		       (double)hello->interval_us / 1e6);
}

void machine_introduce(const struct machine *machine)
{
	const struct options *options = machine->options;

	printf("melpomene " MELPOMENE_VERSION ": %s, heap %u bytes, %s time, seed %" PRIu64 "\n",
	       options->config ? options->config : "built-in board",
	       (unsigned)machine->config.kernel.heap_size,
	       options->virtual_time ? "virtual" : "real", options->seed);
	if (machine->serial.state == SERIAL_CLOSED)
		puts("serial line: none");
	else
		printf("serial line: %s\n", machine->serial.peers.name);
	screen_introduce(&machine->screen);
	introduce_services(&machine->config);
}

static void print_piece(void *context, const char *text, size_t len)
{
	fwrite(text, 1, len, context);
}

static void print_accounts(const struct mn_kernel *kernel)
{
	const struct mn_list *all = &kernel->tasks;

	for (const struct mn_list *node = all->next; node != all; node = node->next) {
		const struct mn_task *task = MN_CONTAINER(node, struct mn_task, all);

		printf("  %s #%u: %u polls, %" PRIu64 " us\n", task->type->name, (unsigned)task->id,
		       (unsigned)task->polls, (uint64_t)task->cpu * 1000000 / MN_CPU_HZ);
	}
	if (kernel->budget_us)
		printf("  polls over the budget of %u us: %" PRIu64 "\n",
		       (unsigned)kernel->budget_us, kernel->over_budget);
}

static void print_mux(const struct mn_sermux_stats *stats)
{
	printf("serial mux: %u frames in, %u out; not a frame: %u garbage, %u too short, "
	       "%u too long; for ports not open: %u; bytes dropped for want of room: %u; "
	       "written for nobody: %u; peers: %u\n",
	       (unsigned)stats->frames_in, (unsigned)stats->frames_out, (unsigned)stats->bad_cobs,
	       (unsigned)stats->too_short, (unsigned)stats->overlong, (unsigned)stats->unknown_port,
	       (unsigned)stats->bytes_dropped, (unsigned)stats->bytes_discarded,
	       (unsigned)stats->peers);
}

void machine_dump(const struct machine *machine)
{
	struct mn_heap_stats heap;

	mn_kernel_dump(&machine->kernel, print_piece, stdout);
	if (machine->options->account || machine->options->poll_budget_us) {
		puts("CPU time:");
		print_accounts(&machine->kernel);
	}
	mn_heap_stats(machine->kernel.heap, &heap);
	printf("heap: %zu of %zu bytes used, at most %zu, in %u blocks\n", heap.used, heap.size,
	       heap.high_water, (unsigned)heap.blocks);
	serial_device_print(&machine->serial);
	screen_print(&machine->screen);
	if (machine->config.services.serial_mux.enabled)
		print_mux(&machine->services.serial_mux.stats);
	log_sink_flush();
}

/* ---- Power off ---------------------------------------------------------------------------- */

static void close_signals(struct machine *machine)
{
	for (int i = 0; i < MACHINE_SIGNALS; i++)
		if (machine->signals[i].data)
			uv_close((uv_handle_t *)&machine->signals[i], NULL);
}

void machine_finish(struct machine *machine)
{
	if (machine->options->dump)
		machine_dump(machine);
	log_sink_flush();
	const bool has_pictures = screen_finish(&machine->screen);

	if ((!log_sink_is_whole() || !has_pictures) && machine->exit_code == EXIT_GOOD)
		machine->exit_code = EXIT_TROUBLE;
}

void machine_close(struct machine *machine)
{
	serial_device_close(&machine->serial);
	screen_close(&machine->screen);
	if (machine->loop.data) {
		close_signals(machine);
		clock_close(&machine->clock);
		uv_run(&machine->loop, UV_RUN_DEFAULT);
		uv_loop_close(&machine->loop);
	}
	memory_close(&machine->memory);
	log_sink_flush();
}
