/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One resource of the device is the screen: its copy of the screen's memory, which is shown. Every
 * command is fenced, so its answer says that all is done and the memory is no longer read.
 */
#include <inttypes.h>
#include <string.h>
#include <mnemos/drivers/virtio_gpu.h>
#include <mnemos/heap.h>
#include <mnemos/log.h>

#define MN_LOG_TARGET "drivers::virtio_gpu"

enum { /* commands */
       GET_DISPLAY_INFO = 0x100,
       RESOURCE_CREATE_2D = 0x101,
       SET_SCANOUT = 0x103,
       RESOURCE_FLUSH = 0x104,
       TRANSFER_TO_HOST_2D = 0x105,
       RESOURCE_ATTACH_BACKING = 0x106
};

enum { /* answers; from 0x1200 on: errors */
       OK_NO_DATA = 0x1100,
       OK_DISPLAY_INFO = 0x1101
};

#define FLAG_FENCE 1
#define FORMAT_B8G8R8X8 2
#define SCREEN 1 /* the resource's number, of our choice */

#define OUTPUTS 16
#define HEADER_WORDS 6
#define OUTPUT_WORDS 6

enum { EVENTS_READ = 0, EVENTS_CLEAR = 4 }; /* in its configuration */

/* If the device does not know a size either, as section 5.7.5 proposes. */
#define WIDTH_USUAL 1024
#define HEIGHT_USUAL 768

#define WORDS(...) \
	(const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)
#define LOW(number) ((uint32_t)(number))
#define HIGH(number) ((uint32_t)((uint64_t)(number) >> 32))

/* ---- Commands ------------------------------------------------------------------------ */

/*
 * There is room for it: those that were out were waited for. The rest of the header is 0 from the
 * beginning. Of a longer answer what matters has come, or it is too short.
 */
static void ask(struct mn_virtio_gpu *gpu, int number, uint32_t type, const uint32_t *words,
		size_t count)
{
	struct mn__virtio_gpu_command *command = &gpu->commands[number];
	uint32_t *request = command->request;
	const struct mn_virtio_buffer buffers[] = {
		{request, (uint32_t)((HEADER_WORDS + count) * sizeof *request)},
		{command->answer, sizeof command->answer},
	};

	request[0] = type;
	request[1] = FLAG_FENCE;
	for (size_t i = 0; i < count; i++)
		request[HEADER_WORDS + i] = words[i];
	command->answer[0] = 0;
	command->answer_len = 0;
	/* That it is broken, and has not got this one, is found when answers are waited for. */
	(void)mn_virtq_put(&gpu->control, buffers, 1, 1, command);
}

/* Takes what has been answered. */
static mn_poll collect(struct mn_virtio_gpu *gpu)
{
	struct mn_virtq_used used;
	mn_poll taken;

	while ((taken = mn_virtq_take(&gpu->control, &used)) == MN_OK)
		((struct mn__virtio_gpu_command *)used.token)->answer_len = used.len;
	return taken == MN_EEMPTY ? MN_OK : taken;
}

static bool is_broken(const struct mn_virtio_gpu *gpu)
{
	return atomic_load(&gpu->virtio.broken) != NULL;
}

/* Waits until every command is answered. */
static mn_poll answers(struct mn_virtio_gpu *gpu)
{
	mn_poll polled = MN_OK;

	while (polled == MN_OK && mn_virtq_out(&gpu->control) > 0) {
		polled = mn_virtq_wait(&gpu->answered, &gpu->control);
		if (polled == MN_OK)
			polled = collect(gpu);
	}
	return polled == MN_OK && is_broken(gpu) ? MN_EIO : polled;
}

/*
 * Whether a command was answered well: `size` bytes or more, of type `wanted`. If not that is said,
 * but once, for the next frame may fare no better.
 */
static mn_poll answer_is(struct mn_virtio_gpu *gpu, int number, uint32_t wanted, size_t size)
{
	const struct mn__virtio_gpu_command *command = &gpu->commands[number];

	if (command->answer_len >= size && command->answer[0] == wanted)
		return MN_OK;
	if (!gpu->is_refused)
		mn_error("the device answers command 0x%" PRIx32 " with 0x%" PRIx32 ", %" PRIu32
			 " bytes",
			 command->request[0], command->answer[0], command->answer_len);
	gpu->is_refused = true;
	return MN_EIO;
}

static mn_poll done(struct mn_virtio_gpu *gpu, int number)
{
	return answer_is(gpu, number, OK_NO_DATA, HEADER_WORDS * sizeof(uint32_t));
}

static mn_poll both_done(struct mn_virtio_gpu *gpu)
{
	if (done(gpu, 0) != MN_OK || done(gpu, 1) != MN_OK)
		return MN_EIO;
	gpu->is_refused = false;
	return MN_OK;
}

/* ---- Showing ----------------------------------------------------------------------------- */

static void ask_transfer(struct mn_virtio_gpu *gpu, int number, const struct mn_rect *rect)
{
	const uint64_t offset = (uint64_t)rect->y * gpu->display.screen.stride +
				(uint64_t)rect->x * sizeof(uint32_t);

	ask(gpu, number, TRANSFER_TO_HOST_2D,
	    WORDS((uint32_t)rect->x, (uint32_t)rect->y, (uint32_t)rect->width,
		  (uint32_t)rect->height, LOW(offset), HIGH(offset), SCREEN, 0));
}

static void ask_flush(struct mn_virtio_gpu *gpu, int number, const struct mn_rect *rect)
{
	ask(gpu, number, RESOURCE_FLUSH,
	    WORDS((uint32_t)rect->x, (uint32_t)rect->y, (uint32_t)rect->width,
		  (uint32_t)rect->height, SCREEN, 0));
}

/* What is out at the beginning is of a present that was cancelled. */
static mn_poll present_run(struct mn__virtio_gpu_present *self)
{
	struct mn_virtio_gpu *const gpu = MN_CONTAINER(self, struct mn_virtio_gpu, present);

	MN_BEGIN(self);
	MN_TRY(self, answers(gpu));
	ask_transfer(gpu, 0, self->dirty);
	ask_flush(gpu, 1, self->dirty);
	mn_virtq_notify(&gpu->control);
	MN_TRY(self, answers(gpu));
	MN_RETURN(self, both_done(gpu));
	MN_END(self);
}

static mn_poll present(struct mn_display_device *device, const struct mn_rect *dirty)
{
	struct mn_virtio_gpu *gpu = MN_CONTAINER(device, struct mn_virtio_gpu, display);

	gpu->present.dirty = dirty;
	return present_run(&gpu->present);
}

/* ---- Setting up ------------------------------------------------------------------------ */

static void ask_size(struct mn_virtio_gpu *gpu)
{
	ask(gpu, 0, GET_DISPLAY_INFO, NULL, 0);
	mn_virtq_notify(&gpu->control);
}

/* Of an output: x, y, width, height, whether it is there, flags. */
static const uint32_t *output_words(const struct mn_virtio_gpu *gpu, uint32_t output)
{
	return gpu->commands[0].answer + HEADER_WORDS + (size_t)output * OUTPUT_WORDS;
}

/* The first output that is there; if none is, the first. */
static uint32_t choose_output(const struct mn_virtio_gpu *gpu)
{
	for (uint32_t output = 0; output < OUTPUTS; output++) {
		if (output_words(gpu, output)[4])
			return output;
	}
	return 0;
}

/* What the configuration says, else the device, else what is usual. */
static int32_t choose_side(uint16_t configured, uint32_t preferred, int32_t usual)
{
	if (configured)
		return configured;
	return preferred >= 1 && preferred <= MN_BITMAP_SIDE_MAX ? (int32_t)preferred : usual;
}

static mn_poll make_screen(struct mn_virtio_gpu *gpu)
{
	const uint32_t *output;
	int32_t width, height;
	size_t size;

	if (answer_is(gpu, 0, OK_DISPLAY_INFO, sizeof gpu->commands[0].answer) != MN_OK)
		return MN_EIO;
	gpu->output = choose_output(gpu);
	output = output_words(gpu, gpu->output);
	width = choose_side(gpu->config.width, output[2], WIDTH_USUAL);
	height = choose_side(gpu->config.height, output[3], HEIGHT_USUAL);
	size = mn_bitmap_size(MN_RGB888, MN_OPAQUE, width, height);
	gpu->setup.memory = size ? mn_try_alloc(size) : NULL;
	if (!gpu->setup.memory) {
		mn_error("kernel.heap_size leaves no %zu bytes for a screen of %" PRId32
			 " x %" PRId32,
			 size, width, height);
		return MN_ENOMEM;
	}
	memset(gpu->setup.memory, 0, size);
	mn_bitmap_init(&gpu->display.screen, MN_RGB888, MN_OPAQUE, width, height, gpu->setup.memory,
		       size);
	return MN_OK;
}

/* A resource of the screen's size, and its memory. */
static void ask_resource(struct mn_virtio_gpu *gpu)
{
	const struct mn_bitmap *screen = &gpu->display.screen;
	const uintptr_t address = (uintptr_t)screen->pixels;
	const uint32_t width = (uint32_t)screen->width, height = (uint32_t)screen->height;

	ask(gpu, 0, RESOURCE_CREATE_2D, WORDS(SCREEN, FORMAT_B8G8R8X8, width, height));
	ask(gpu, 1, RESOURCE_ATTACH_BACKING,
	    WORDS(SCREEN, 1, LOW(address), HIGH(address), (uint32_t)(screen->stride * height), 0));
	mn_virtq_notify(&gpu->control);
}

/* Nothing is shown before there is something to show. */
static void ask_output(struct mn_virtio_gpu *gpu)
{
	const struct mn_bitmap *screen = &gpu->display.screen;
	const struct mn_rect all = {0, 0, screen->width, screen->height};

	ask_transfer(gpu, 0, &all);
	ask(gpu, 1, SET_SCANOUT,
	    WORDS(0, 0, (uint32_t)all.width, (uint32_t)all.height, gpu->output, SCREEN));
	mn_virtq_notify(&gpu->control);
}

static mn_poll setup_run(struct mn__virtio_gpu_setup *self)
{
	struct mn_virtio_gpu *const gpu = MN_CONTAINER(self, struct mn_virtio_gpu, setup);

	MN_BEGIN(self);
	ask_size(gpu);
	MN_TRY(self, answers(gpu));
	MN_TRY(self, make_screen(gpu));
	ask_resource(gpu);
	MN_TRY(self, answers(gpu));
	MN_TRY(self, both_done(gpu));
	ask_output(gpu);
	MN_TRY(self, answers(gpu));
	MN_RETURN(self, both_done(gpu));
	MN_END(self);
}

/* The memory is free again only if the device has really let go of it. */
static void give_up(struct mn_virtio_gpu *gpu, mn_poll why)
{
	const char *broken = atomic_load(&gpu->virtio.broken);

	mn_error("no screen: %s%s", broken ? "the device " : "",
		 broken ? broken : mn_error_text(why));
	if (mn_virtio_reset(&gpu->virtio) == MN_OK)
		mn_free(gpu->setup.memory);
}

/* ---- The task ---------------------------------------------------------------------------- */

/* The device wants to have it noted that its window has another size. */
static void note_events(struct mn_virtio_gpu *gpu)
{
	const uint32_t events = mn_virtio_config_u32(&gpu->virtio, EVENTS_READ);

	if (events)
		mn_virtio_config_set_u32(&gpu->virtio, EVENTS_CLEAR, events);
}

static mn_poll mn_virtio_gpu_run(struct mn_virtio_gpu *self)
{
	MN_BEGIN(self);
	MN_AWAIT(self, setup_run(&self->setup));
	if (MN_RESULT(self) != MN_OK) {
		give_up(self, MN_RESULT(self));
		MN_RETURN(self, MN_RESULT(self));
	}
	mn_display_start(&self->server, mn_running, &self->display, self->config.instance);
	while (!is_broken(self)) {
		note_events(self);
		MN_TRY(self, mn_irq_wait(&self->changed, &self->virtio.changed));
	}
	mn_error("the screen stays as it is: the device %s", atomic_load(&self->virtio.broken));
	MN_RETURN(self, MN_EIO);
	MN_END(self);
}

MN_TASK_AS(mn_virtio_gpu, struct mn_virtio_gpu, "virtio_gpu");

mn_poll mn_virtio_gpu_start(struct mn_virtio_gpu *gpu, struct mn_kernel *kernel,
			    const struct mn_virtio_gpu_config *config)
{
	mn_poll opened = mn_virtio_negotiate(&gpu->virtio, 0);

	if (opened == MN_OK)
		opened = mn_virtq_open(&gpu->control, &gpu->virtio, 0, gpu->control_memory,
				       MN__VIRTIO_GPU_BUFFERS);
	if (opened != MN_OK)
		return opened;
	gpu->config = *config;
	gpu->display.frame_us = config->frame_us;
	gpu->display.present = present;
	mn_virtio_run(&gpu->virtio);
	mn_spawn(kernel, &gpu->task, &mn_virtio_gpu_task);
	return MN_OK;
}
