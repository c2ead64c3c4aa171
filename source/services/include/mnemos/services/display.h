/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Display: a screen that several programs share.
 *
 * A client opens a layer: a rectangle of the screen with pixels of its own, in front of others or
 * behind them. It draws chunks into its layer, bitmaps of any size and format at any place; the
 * server shows what has changed, all layers one upon the other, at most once a frame.
 *
 *     struct clock {
 *             struct mn_task task;
 *             struct mn_layer layer;
 *             struct mn_bitmap chunk;
 *             ...
 *     };
 *
 *     static const struct mn_layer_config config = {.rect = {100, 50, 240, 240},
 *                                                   .format = MN_RGB565};
 *     ...
 *     MN_TRY(self, mn_layer_open(&self->layer, &config));
 *     for (;;) {
 *             draw(&self->chunk);                                          // <mnemos/gfx/draw.h>
 *             MN_TRY(self, mn_layer_draw(&self->layer, &self->chunk, 0, 0));
 *             MN_TRY(self, mn_layer_frame(&self->layer));                  // the next frame is due
 *     }
 *
 * Drawing. The chunk's memory is lent to the server until the call ends, then it is the client's
 * again, unchanged; the server copies out of it in pieces, so that no other task waits long. What
 * lies outside of the layer is cut off. A chunk with an alpha plane is blended; with
 * mn_layer_replace it takes the place of what was there, transparency included. A chunk as large as
 * the layer is how all of it is updated. A new layer is transparent if it has an alpha plane, else
 * black.
 *
 * A frame shows whole draws, never a part of one (unless its call was cancelled: then what was done
 * by then stays done). If nothing has changed there is no frame, and nothing runs.
 *
 * The end. A layer belongs to the task that opened it and goes with it, however that ends, also in
 * the middle of a draw; what was behind it shows again. Where there is no layer the screen is
 * black.
 *
 * Memory: a layer's pixels, from the kernel's heap, from open to close (mn_bitmap_size says how
 * much). Cost: a draw copies its pixels once, a frame copies what has changed once for each layer
 * there.
 *
 * The service's UUID is that of EmbDisplay v2. All is for task context.
 */
#ifndef MNEMOS_SERVICES_DISPLAY_H
#define MNEMOS_SERVICES_DISPLAY_H

#include <mnemos/gfx/bitmap.h>
#include <mnemos/heap.h>
#include <mnemos/kernel.h>
#include <mnemos/registry.h>
#include <mnemos/sync.h>

/* ---- Clients ----------------------------------------------------------------------- */

/* Layers that can be open at a time. */
#define MN_DISPLAY_LAYERS 8

/* What a screen is. */
struct mn_display_meta {
	enum mn_pixel_format format; /* in which the screen itself is kept */
	int32_t width, height;
	uint32_t frame_us; /* least time from one frame to the next */
	uint32_t frames;   /* shown so far, modulo 2^32 */
	/*
	 * What is shown is all that has been drawn, and is whole: something has been drawn, and who
	 * has changed its layer then waited for a frame, or changed nothing for one.
	 */
	bool is_current;
};

/* What a layer is to be. */
struct mn_layer_config {
	const char *display; /* instance of the service; NULL: the first */
	struct mn_rect rect; /* on the screen, also partly or wholly beside it; {0}: all of it */
	int32_t z;           /* the higher, the nearer; of equal ones the later opened is nearer */
	enum mn_pixel_format format;
	enum mn_alpha_format alpha_format;
};

enum mn_display_what {
	MN_DISPLAY_META,    /* response.meta */
	MN_DISPLAY_OPEN,    /* a layer: `rect`, `z`, formats; response.layer */
	MN_DISPLAY_DRAW,    /* `chunk` blended at x, y of the layer */
	MN_DISPLAY_REPLACE, /* `chunk` instead of what was there */
	MN_DISPLAY_MOVE,    /* the layer to rect.x, rect.y and z; its size stays */
	MN_DISPLAY_FRAME,   /* answered when the next frame is due, see mn_layer_frame */
	MN_DISPLAY_READ,    /* what the screen shows at x, y, into `chunk` */
	MN_DISPLAY_CLOSE    /* the layer */
};

/* Clients use the functions below instead. */
struct mn_display_request {
	enum mn_display_what what;
	uint32_t layer; /* of OPEN's response */
	struct mn_rect rect;
	int32_t z;
	enum mn_pixel_format format;
	enum mn_alpha_format alpha_format;
	int32_t x, y;
	const struct mn_bitmap *chunk; /* lent until the answer; READ writes to its pixels */
};

struct mn_display_response {
	uint32_t layer;
	struct mn_display_meta meta; /* of every answer, also with an error */
};

/* UUID aa6a2af8-afd8-40e3-83c2-2c501c698aa8. */
MN_SERVICE(mn_display, struct mn_display_request, struct mn_display_response);

/*
 * A client's layer, zeroed before its first use, and one operation on it at a time. The operations
 * answer, besides what is said there: MN_EGONE (the server has ended and the layer with it, which
 * may be opened anew), MN_ECANCELED, and MN_EINVAL if the layer is not open or is another task's.
 */
struct mn_layer {
	struct mn_frame frame;
	uint32_t id;                 /* 0: not open */
	struct mn_rect rect;         /* as it was opened or moved */
	struct mn_display_meta meta; /* of the screen, as of the last answer that had it */
	struct mn_display_request request;
	struct mn_display_response response;
	struct mn_display_client display;
	struct mn_call call;
	struct mn_connect connect;
};

/*
 * Opens a layer and waits for a display. The configuration is read at each poll and not kept, so a
 * temporary will do; only the name of the display must stay until this has ended. Errors: MN_EFULL
 * (MN_DISPLAY_LAYERS are open), MN_ENOMEM, MN_EINVAL (formats, a size below 1, the layer is open),
 * MN_ETOOBIG (a side above MN_BITMAP_SIDE_MAX).
 */
mn_poll mn_layer_open(struct mn_layer *layer, const struct mn_layer_config *config);

/*
 * Draws a chunk at x, y of the layer: blends what has an alpha plane, copies what has none. The
 * chunk's struct and memory, which is no layer's or screen's, must stay until this has ended.
 * Errors: MN_EINVAL (not a valid bitmap).
 */
mn_poll mn_layer_draw(struct mn_layer *layer, const struct mn_bitmap *chunk, int32_t x, int32_t y);

/* The same, but replaces also what was there by what is transparent. */
mn_poll mn_layer_replace(struct mn_layer *layer, const struct mn_bitmap *chunk, int32_t x,
			 int32_t y);

/*
 * Waits until the next frame is due, and what was drawn before has been shown; then is the time to
 * draw the next one. A client that draws and then waits here runs at the screen's rate. Frames for
 * which it is late are left out, not made up for. If nothing has changed, it is frame_us after the
 * last frame or the last answer, with nothing shown. Errors: MN_EFULL (too many clients wait).
 */
mn_poll mn_layer_frame(struct mn_layer *layer);

/* Moves a layer. */
mn_poll mn_layer_move(struct mn_layer *layer, int32_t x, int32_t y, int32_t z);

/* Closes a layer, or does nothing if it is not open. */
mn_poll mn_layer_close(struct mn_layer *layer);

/*
 * Reads what the screen shows at x, y into `chunk`, whose pixels are in a format of the caller's
 * choice: the last frame, as a whole, not what has been drawn since. What lies beside the screen is
 * left as it is. Needs no layer: `layer` may be zero, with `display` as for mn_layer_open; if it is
 * open its own display is read. Errors: MN_EINVAL (not a valid bitmap).
 */
mn_poll mn_display_read(struct mn_layer *layer, const char *display, const struct mn_bitmap *chunk,
			int32_t x, int32_t y);

/* Asks what the screen is: layer->meta. The rest as for mn_display_read. */
mn_poll mn_display_get_meta(struct mn_layer *layer, const char *display);

/*
 * Waits for the next frame, as mn_layer_frame does, but not for what anybody has drawn: it may be
 * the frame under way; layer->meta.is_current says more. The rest as for mn_display_read.
 */
mn_poll mn_display_frame(struct mn_layer *layer, const char *display);

/* ---- Drivers --------------------------------------------------------------------------- */

/*
 * A screen, the driver's memory for as long as the kernel lives. Before the server starts, and
 * never again, the driver fills it in.
 */
struct mn_display_device {
	struct mn_bitmap screen; /* opaque; the server draws into it between two presents */
	uint32_t frame_us;       /* time from one frame to the next, 1 or more */
	/*
	 * Shows what is in the rectangle, which lies within the screen and is not empty. An
	 * operation: polled in a task of the server's until it has ended; until then the server
	 * leaves the pixels alone, but goes on to draw into layers. After a second it is cancelled.
	 * Its errors are logged, the first of several, and the server goes on. NULL: the memory is
	 * the screen.
	 */
	mn_poll (*present)(struct mn_display_device *device, const struct mn_rect *dirty);
};

/*
 * A layer, the server's own. Its task waits for the end of the owner and closes it then.
 *
 *     free -- 1 opened --> open -- 2 closed --> closed -- 3 the task has ended --> free
 *
 *     2 the owner closes it, and the task is cancelled; or the owner has ended
 */
struct mn__display_layer {
	struct mn_task task;
	struct mn_list link; /* in the display's stack, while open */
	struct mn_display *display;
	struct mn_task *owner; /* while it is known to live */
	uint32_t owner_id;
	uint32_t id; /* ascending; 0: not open */
	int32_t z;
	uint8_t fresh; /* changed since the last frame began: bits, see display_internal.h */
	struct mn_rect rect;
	struct mn_bitmap bitmap; /* a block of the heap */
	struct mn_join end;      /* of the owner */
	struct mn_waiter turn;
};

/* Pixels on their way, some rows at a time. */
struct mn__display_job {
	enum mn_display_what what;
	struct mn__display_layer *layer; /* that it is about, or NULL */
	const struct mn_bitmap *to, *from;
	int32_t x, y;        /* of `from`, in `to` */
	struct mn_rect left; /* of `to`: what is still to do */
};

/* Parts of the screen that are known to have changed; what is more is united. */
#define MN_DISPLAY_DIRTY 4

struct mn__display_dirt {
	uint32_t count;
	struct mn_rect rects[MN_DISPLAY_DIRTY]; /* within the screen, not empty */
};

/* The task that shows what has changed. */
struct mn__display_frames {
	struct mn_task task;
	struct mn_display *display;
	uint32_t at;                   /* which of `shown` */
	uint64_t due_us;               /* no frame before */
	struct mn_rect left;           /* of it: what is still to compose */
	bool failing;                  /* what is wrong with present has been said */
	uint16_t answering;            /* clients that get an answer behind it */
	struct mn_event wanted;        /* there is dirt, or a client waits */
	struct mn__display_dirt shown; /* of the frame under way */
	struct mn_waiter waiter;
	struct mn_sleep nap;
	struct mn_timeout limit;
};

/* What has been counted, modulo 2^32. */
struct mn_display_stats {
	uint32_t frames;   /* presented */
	uint32_t draws;    /* chunks drawn */
	uint32_t refused;  /* requests with an error */
	uint32_t failures; /* of present */
};

/*
 * The server, zeroed before its first start; when it has ended it can be started anew. It ends when
 * cancelled: then its layers are gone, and the screen stays as it is. Its task serves the requests,
 * that of `frames` composes and presents, and each layer has one that watches its owner.
 */
struct mn_display {
	struct mn_task task;
	struct mn_display_device *device;
	const char *instance;
	struct mn_list stack; /* open layers, farthest first */
	uint32_t last_id;
	struct mn_display_stats stats;

	/* One is in service, the others may wait for a frame; bits of `held` say which. */
	struct mn_serving *current;
	uint16_t held;
	mn_poll answer; /* to the current request */
	uint8_t at;     /* child that is waited for in the end */
	bool is_whole;  /* what the last frame that has begun shows, if anything */

	struct mn__display_job job;
	struct mn_mutex lock; /* who has it may change layers and screen, also across waits */
	struct mn_waiter turn;
	struct mn_join end;
	struct mn_server server;
	struct mn__display_dirt dirt;
	struct mn__display_frames frames;
	struct mn_serving serving[MN_DISPLAY_LAYERS + 2];
	struct mn__display_layer layers[MN_DISPLAY_LAYERS];
};

/* Start-up: spawns the server. `device` and `instance`, which may be NULL, must stay. */
void mn_display_start(struct mn_display *display, struct mn_kernel *kernel,
		      struct mn_display_device *device, const char *instance);

#endif
