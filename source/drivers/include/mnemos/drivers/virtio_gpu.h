/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Virtio screen: the first output of a virtio GPU in its 2D mode, as a display.
 *
 *     static struct mn_virtio_gpu gpu;
 *
 *     mn_virtio_open(&gpu.virtio, &kernel, base)          MN_OK, with gpu.virtio.id MN_VIRTIO_GPU
 *     mn_virtio_gpu_start(&gpu, &kernel, &(struct mn_virtio_gpu_config){.frame_us = 16667})
 *     connect mn_virtio_interrupt(&gpu.virtio) to the device's interrupt
 *
 * A task of its own asks the device for the size, takes the screen's memory from the kernel's heap
 * (4 bytes a pixel, for ever), sets the device up and then starts the display server. If the
 * device refuses something, or there is no memory, it says so in the log and ends; if the device
 * does not answer, there is no display until it does.
 *
 * The screen is MN_RGB888, the device's B8G8R8X8. A present hands the device what has changed and
 * ends when it has taken it and shown it: two commands, one notification, one interrupt as a rule;
 * some 1,200 instructions, however large it is. It has failed (MN_EIO) if the device has refused
 * one of them; the log says which, and says it again only after a present that went well.
 *
 * The size stays, whatever becomes of the window in which an emulator shows the screen.
 *
 * Source: "Virtual I/O Device (VIRTIO) Version 1.2", section 5.7.
 */
#ifndef MNEMOS_DRIVERS_VIRTIO_GPU_H
#define MNEMOS_DRIVERS_VIRTIO_GPU_H

#include <mnemos/drivers/virtio_mmio.h>
#include <mnemos/services/display.h>

struct mn_virtio_gpu_config {
	uint16_t width, height; /* 0: what the device prefers, each */
	uint32_t frame_us;      /* least time from one frame to the next, 1 or more */
	const char *instance;   /* of the display; may be NULL, and must stay */
};

/* Commands that can be out at a time, and the queue for both buffers of each. */
#define MN__VIRTIO_GPU_COMMANDS 2
#define MN__VIRTIO_GPU_BUFFERS (2 * MN__VIRTIO_GPU_COMMANDS)

/* A command and its answer, as words: six of the header, then what the command needs. */
struct mn__virtio_gpu_command {
	uint32_t request[14];
	uint32_t answer[6 + 16 * 6]; /* as many as the longest has, the outputs' */
	uint32_t answer_len;         /* bytes, once it has come */
};

/* An operation: sets the device up. */
struct mn__virtio_gpu_setup {
	struct mn_frame frame;
	void *memory; /* of the screen */
};

/* An operation: shows a rectangle. */
struct mn__virtio_gpu_present {
	struct mn_frame frame;
	const struct mn_rect *dirty;
};

/* A screen, zeroed before it is opened. */
struct mn_virtio_gpu {
	struct mn_task task;
	struct mn_virtio virtio;
	struct mn_display_device display;
	struct mn_display server;
	struct mn_virtio_gpu_config config;
	struct mn_virtq control;
	struct mn_irq_wait answered; /* of the queue: the task's, then the display server's */
	struct mn_irq_wait changed;
	struct mn__virtio_gpu_setup setup;
	struct mn__virtio_gpu_present present;
	struct mn__virtio_gpu_command commands[MN__VIRTIO_GPU_COMMANDS];
	uint32_t output; /* that shows the screen */
	bool is_refused; /* a command was, and that has been said */
	_Alignas(MN_VIRTQ_ALIGN) uint8_t control_memory[MN_VIRTQ_SIZE(MN__VIRTIO_GPU_BUFFERS)];
};

/*
 * Start-up, once it is open: spawns it. Errors, of a device that is not used then: those of
 * mn_virtio_negotiate and mn_virtq_open.
 */
mn_poll mn_virtio_gpu_start(struct mn_virtio_gpu *gpu, struct mn_kernel *kernel,
			    const struct mn_virtio_gpu_config *config);

#endif
