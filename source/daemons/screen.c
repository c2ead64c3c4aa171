/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From a board's configuration to what is on its screen, and to its keyboards. */
#include <mnemos/daemons/screen.h>

static void start_keyboard(struct mn_screen_services *services, struct mn_kernel *kernel,
			   const struct mn_config *config)
{
	const struct mn_config_keyboard_mux *own = &config->services.keyboard_mux;

	mn_keyboard_mux_start(&services->keyboard_mux, kernel,
			      &(struct mn_keyboard_mux_config){
				      .max_keyboards = own->max_keyboards,
				      .buffer_capacity = own->buffer_capacity,
			      });
	if (config->services.serial_mux.enabled)
		mn_keyboard_port_start(&services->keyboard_port, kernel, own->sermux_port);
}

static void start_screenshot(struct mn_screenshot_daemon *daemon, struct mn_kernel *kernel,
			     const struct mn_config_sermux_screenshot *config)
{
	mn_screenshot_daemon_start(daemon, kernel,
				   &(struct mn_screenshot_daemon_config){.port = config->port});
}

/* {0}, which is all of the screen, where no width is given. */
static struct mn_rect rect_of(uint16_t x, uint16_t y, uint16_t width, uint16_t height)
{
	return width ? (struct mn_rect){x, y, width, height} : (struct mn_rect){0};
}

static void start_clock(struct mn_demo_clock *clock, struct mn_kernel *kernel,
			const struct mn_config_demo_clock *own)
{
	mn_demo_clock_start(clock, kernel,
			    &(struct mn_demo_clock_config){
				    .rect = rect_of(own->x, own->y, own->width, own->height),
				    .time_us = own->time_us,
			    });
}

static void start_paint(struct mn_demo_paint *paint, struct mn_kernel *kernel,
			const struct mn_config_demo_paint *own)
{
	mn_demo_paint_start(paint, kernel,
			    &(struct mn_demo_paint_config){
				    .rect = rect_of(own->x, own->y, own->width, own->height),
			    });
}

static void start_monitor(struct mn_demo_monitor *monitor, struct mn_kernel *kernel,
			  const struct mn_config_demo_monitor *own)
{
	mn_demo_monitor_start(monitor, kernel,
			      &(struct mn_demo_monitor_config){
				      .rect = rect_of(own->x, own->y, own->width, own->height),
			      });
}

void mn_start_screen_services(struct mn_screen_services *services, struct mn_kernel *kernel,
			      const struct mn_config *config)
{
	if (config->services.keyboard_mux.enabled)
		start_keyboard(services, kernel, config);
	if (config->services.sermux_screenshot.enabled)
		start_screenshot(&services->screenshot, kernel,
				 &config->services.sermux_screenshot);
	if (config->services.sermux_terminal.enabled)
		mn_terminal_daemon_start(&services->terminal, kernel,
					 config->services.sermux_terminal.port);
	if (config->services.demo_clock.enabled)
		start_clock(&services->demo_clock, kernel, &config->services.demo_clock);
	if (config->services.demo_paint.enabled)
		start_paint(&services->demo_paint, kernel, &config->services.demo_paint);
	if (config->services.demo_monitor.enabled)
		start_monitor(&services->demo_monitor, kernel, &config->services.demo_monitor);
}
