/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <mnemos/config.h>
#include <mnemos/drivers/cmsdk_uart.h>
#include <picotls.h>
#include "target.h"

/* For what is thread-local in the C library, as errno is; the kernel needs none of it. */
static _Alignas(8) char thread_local_data[1024];

void target_open(void)
{
	_set_tls(thread_local_data);
}

void target_put(char c)
{
	const struct mn_config *config = &mn_config_board;

	mn_cmsdk_uart_put(config->platform.console.base,
			  config->platform.clock_hz / config->platform.console.baud, &c, 1);
}
