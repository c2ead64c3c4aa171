/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The clients' side of the display: requests, one at a time. */
#include <mnemos/services/display.h>

/* Each poll writes the same request anew. */
static mn_poll ask(struct mn_layer *layer, const struct mn_display_request *request)
{
	mn_poll answer;

	layer->request = *request;
	layer->request.layer = layer->id;
	answer = mn_display_call(&layer->call, &layer->display, &layer->request, &layer->response);
	if (answer == MN_OK && request->what != MN_DISPLAY_DRAW &&
	    request->what != MN_DISPLAY_REPLACE)
		layer->meta = layer->response.meta;
	if (answer == MN_EGONE)
		layer->id = 0;
	return answer;
}

/* Of a layer that is open. */
static mn_poll ask_of_open(struct mn_layer *layer, const struct mn_display_request *request)
{
	return layer->id ? ask(layer, request) : MN_EINVAL;
}

/*
 * Of a display; that of the layer, if it is open. The frame's resume says what it waits for: 0 the
 * connect, 1 the call.
 */
static mn_poll ask_of(struct mn_layer *layer, const char *display,
		      const struct mn_display_request *request)
{
	mn_poll answer;

	if (!layer->id && !layer->frame.resume) {
		answer = mn_display_connect(&layer->connect, &layer->display, display);
		if (answer != MN_OK)
			return answer;
	}
	layer->frame.resume = 1;
	answer = ask(layer, request);
	if (answer != MN_PENDING)
		layer->frame.resume = 0;
	return answer;
}

mn_poll mn_layer_open(struct mn_layer *layer, const struct mn_layer_config *config)
{
	mn_poll opened;

	if (layer->id)
		return MN_EINVAL;
	opened = ask_of(layer, config->display,
			&(struct mn_display_request){
				.what = MN_DISPLAY_OPEN,
				.rect = config->rect,
				.z = config->z,
				.format = config->format,
				.alpha_format = config->alpha_format,
			});
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

mn_poll mn_layer_draw(struct mn_layer *layer, const struct mn_bitmap *chunk, int32_t x, int32_t y)
{
	return ask_of_open(layer, &(struct mn_display_request){
					  .what = MN_DISPLAY_DRAW, .x = x, .y = y, .chunk = chunk});
}

mn_poll mn_layer_replace(struct mn_layer *layer, const struct mn_bitmap *chunk, int32_t x,
			 int32_t y)
{
	return ask_of_open(layer,
			   &(struct mn_display_request){
				   .what = MN_DISPLAY_REPLACE, .x = x, .y = y, .chunk = chunk});
}

mn_poll mn_layer_frame(struct mn_layer *layer)
{
	return ask_of_open(layer, &(struct mn_display_request){.what = MN_DISPLAY_FRAME});
}

mn_poll mn_layer_move(struct mn_layer *layer, int32_t x, int32_t y, int32_t z)
{
	const mn_poll moved = ask_of_open(
		layer, &(struct mn_display_request){
			       .what = MN_DISPLAY_MOVE, .rect = {.x = x, .y = y}, .z = z});

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
	closed = ask(layer, &(struct mn_display_request){.what = MN_DISPLAY_CLOSE});
	if (closed == MN_OK)
		layer->id = 0;
	return closed == MN_EGONE ? MN_OK : closed;
}

mn_poll mn_display_read(struct mn_layer *layer, const char *display, const struct mn_bitmap *chunk,
			int32_t x, int32_t y)
{
	return ask_of(layer, display,
		      &(struct mn_display_request){
			      .what = MN_DISPLAY_READ, .x = x, .y = y, .chunk = chunk});
}

mn_poll mn_display_get_meta(struct mn_layer *layer, const char *display)
{
	return ask_of(layer, display, &(struct mn_display_request){.what = MN_DISPLAY_META});
}
