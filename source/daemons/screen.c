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
}
