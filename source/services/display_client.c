/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The clients' side of the display: requests, one at a time. Each poll of an operation writes the
 * same request anew.
 */
#include <mnemos/services/display.h>

static struct mn_display_request *request(struct mn_layer *layer, enum mn_display_what what)
{
	layer->request.what = what;
	layer->request.layer = layer->id;
	return &layer->request;
}

static mn_poll ask(struct mn_layer *layer)
{
	const mn_poll answer =
		mn_display_call(&layer->call, &layer->display, &layer->request, &layer->response);

	if (answer == MN_OK)
		layer->meta = layer->response.meta;
	if (answer == MN_EGONE)
		layer->id = 0;
	return answer;
}

static mn_poll ask_if_open(struct mn_layer *layer)
{
	return layer->id ? ask(layer) : MN_EINVAL;
}

/*
 * Of a display; that of the layer, if it is open. The frame's resume says what it waits for: 0 the
 * connect, 1 the call.
 */
static mn_poll ask_of(struct mn_layer *layer, const char *display)
{
	mn_poll answer;

	if (!layer->id && !layer->frame.resume) {
		answer = mn_display_connect(&layer->connect, &layer->display, display);
		if (answer != MN_OK)
			return answer;
	}
	layer->frame.resume = 1;
	answer = ask(layer);
	if (answer != MN_PENDING)
		layer->frame.resume = 0;
	return answer;
}

mn_poll mn_layer_open(struct mn_layer *layer, const struct mn_layer_config *config)
{
	struct mn_display_request *open;
	mn_poll opened;

	if (layer->id)
		return MN_EINVAL;
	open = request(layer, MN_DISPLAY_OPEN);
	open->rect = config->rect;
	open->z = config->z;
	open->format = config->format;
	open->alpha_format = config->alpha_format;
	opened = ask_of(layer, config->display);
	if (opened != MN_OK)
		return opened;
	layer->id = layer->response.layer;
	layer->rect = config->rect;
	if (config->rect.width == 0) {
		layer->rect.width = layer->meta.width;
		layer->rect.height = layer->meta.height;
	}
	return MN_OK;
}

static void with_chunk(struct mn_layer *layer, enum mn_display_what what,
		       const struct mn_bitmap *chunk, int32_t x, int32_t y)
{
	struct mn_display_request *draw = request(layer, what);

	draw->chunk = chunk;
	draw->x = x;
	draw->y = y;
}

mn_poll mn_layer_draw(struct mn_layer *layer, const struct mn_bitmap *chunk, int32_t x, int32_t y)
{
	with_chunk(layer, MN_DISPLAY_DRAW, chunk, x, y);
	return ask_if_open(layer);
}

mn_poll mn_layer_replace(struct mn_layer *layer, const struct mn_bitmap *chunk, int32_t x,
			 int32_t y)
{
	with_chunk(layer, MN_DISPLAY_REPLACE, chunk, x, y);
	return ask_if_open(layer);
}

mn_poll mn_layer_frame(struct mn_layer *layer)
{
	(void)request(layer, MN_DISPLAY_FRAME);
	return ask_if_open(layer);
}

mn_poll mn_layer_move(struct mn_layer *layer, int32_t x, int32_t y, int32_t z)
{
	struct mn_display_request *move = request(layer, MN_DISPLAY_MOVE);
	mn_poll moved;

	move->rect.x = x;
	move->rect.y = y;
	move->z = z;
	moved = ask_if_open(layer);
	if (moved == MN_OK) {
		layer->rect.x = x;
		layer->rect.y = y;
	}
	return moved;
}

mn_poll mn_layer_close(struct mn_layer *layer)
{
	mn_poll closed;

	if (!layer->id)
		return MN_OK;
	(void)request(layer, MN_DISPLAY_CLOSE);
	closed = ask(layer);
	if (closed == MN_OK)
		layer->id = 0;
	return closed == MN_EGONE ? MN_OK : closed;
}

mn_poll mn_display_read(struct mn_layer *layer, const char *display, const struct mn_bitmap *chunk,
			int32_t x, int32_t y)
{
	with_chunk(layer, MN_DISPLAY_READ, chunk, x, y);
	return ask_of(layer, display);
}

mn_poll mn_display_get_meta(struct mn_layer *layer, const char *display)
{
	(void)request(layer, MN_DISPLAY_META);
	return ask_of(layer, display);
}

mn_poll mn_display_frame(struct mn_layer *layer, const char *display)
{
	(void)request(layer, MN_DISPLAY_FRAME);
	return ask_of(layer, display);
}
