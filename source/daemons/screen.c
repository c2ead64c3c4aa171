/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From a board's configuration to what is on its screen. */
#include <mnemos/daemons/screen.h>

void mn_start_screen_services(struct mn_screen_services *services, struct mn_kernel *kernel,
			      const struct mn_config *config)
{
	(void)services, (void)kernel, (void)config;
}
