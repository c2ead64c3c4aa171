/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Images with a screen and a keyboard: the first virtio-gpu, and the first virtio input device that
 * has keys, in the order of their registers. QEMU puts its first -device to the last place.
 */
#include <mnemos/daemons/screen.h>
#include <mnemos/drivers/virtio_gpu.h>
#include <mnemos/drivers/virtio_input.h>
#include "board.h"
#include "cpu.h"
#include "report.h"

#define QEMU_VIRTIO "give QEMU -global virtio-mmio.force-legacy=false -device "

static struct {
	struct mn_virtio_gpu gpu;
	struct plic_source gpu_source;
	struct mn_virtio_input keyboard;
	struct plic_source keyboard_source;
	struct mn_screen_services services;
} screen;

static void interrupt(void *device)
{
	mn_virtio_interrupt(device);
}

/* Opens the first device of a kind. A legacy one is as none: the advice is the same. */
static bool open_device(struct mn_virtio *device, uint32_t id, struct plic_source *source,
			bool (*is_wanted)(struct mn_virtio *device))
{
	const struct mn_config_virtio *config = &board.config->platform.virtio;

	for (uint32_t i = 0; i < config->count; i++) {
		volatile uint32_t *base = cpu_register(config->base + i * config->stride);

		if (mn_virtio_open(device, &board.kernel, base) != MN_OK || device->id != id)
			continue;
		if (is_wanted && !is_wanted(device))
			continue;
		*source = (struct plic_source){
			.irq = config->irq + i,
			.handle = interrupt,
			.context = device,
		};
		return true;
	}
	return false;
}

static _Noreturn void cannot_start(const char *what, const char *why)
{
	report("cannot start: ");
	report(what);
	report(why);
	report("\n");
	report_end();
}

/* What can be known before the device says what it prefers. */
static void check_memory(const struct mn_config_display *config)
{
	const size_t size = mn_bitmap_size(MN_RGB888, MN_OPAQUE, config->width, config->height);

	if (size <= board.config->kernel.heap_size)
		return;
	report("cannot start: platform.display asks for ");
	report_number(size);
	report(" bytes of the heap, and kernel.heap_size is ");
	report_number(board.config->kernel.heap_size);
	report("\n");
	report_end();
}

static void start_display(const struct mn_config_display *config)
{
	mn_poll started;

	check_memory(config);
	if (!open_device(&screen.gpu.virtio, MN_VIRTIO_GPU, &screen.gpu_source, NULL))
		cannot_start("platform.display is enabled, and there is no virtio-gpu; ",
			     QEMU_VIRTIO "virtio-gpu-device");
	started = mn_virtio_gpu_start(&screen.gpu, &board.kernel,
				      &(struct mn_virtio_gpu_config){
					      .width = config->width,
					      .height = config->height,
					      .frame_us = 1000000u / config->frames_per_second,
				      });
	if (started != MN_OK)
		cannot_start("the virtio-gpu cannot be used: ", mn_error_text(started));
	plic_connect(&board.plic, &screen.gpu_source);
}

static void start_keyboard(void)
{
	mn_poll started;

	if (!open_device(&screen.keyboard.virtio, MN_VIRTIO_INPUT, &screen.keyboard_source,
			 mn_virtio_input_has_keys))
		cannot_start("platform.keyboard is enabled, and there is no virtio keyboard; ",
			     QEMU_VIRTIO "virtio-keyboard-device");
	started = mn_virtio_input_start(&screen.keyboard, &board.kernel);
	if (started != MN_OK)
		cannot_start("the virtio keyboard cannot be used: ", mn_error_text(started));
	plic_connect(&board.plic, &screen.keyboard_source);
}

void board_start_screen(const struct mn_config *config)
{
	mn_start_screen_services(&screen.services, &board.kernel, config);
	if (config->platform.display.enabled)
		start_display(&config->platform.display);
	if (config->platform.keyboard.enabled)
		start_keyboard();
}
