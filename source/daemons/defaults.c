/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From a board's configuration to running services. */
#include <string.h>
#include <mnemos/daemons/defaults.h>

_Static_assert((int)MN_CONFIG_WHEN_FULL_WAIT == MN_SERMUX_WAIT, "the same choices");
_Static_assert((int)MN_CONFIG_WHEN_FULL_DROP == MN_SERMUX_DROP, "the same choices");

static void start_serial_mux(struct mn_serial_mux *mux, struct mn_kernel *kernel,
			     const struct mn_config_serial_mux *config)
{
	mn_serial_mux_start(mux, kernel,
			    &(struct mn_serial_mux_config){
				    .max_ports = config->max_ports,
				    .max_frame = config->max_frame,
				    .max_hold_us = config->max_hold_us,
			    });
}

static void start_loopback(struct mn_loopback *loopback, struct mn_kernel *kernel,
			   const struct mn_config_sermux_loopback *config)
{
	mn_loopback_start(loopback, kernel,
			  &(struct mn_loopback_config){
				  .port = config->port,
				  .buffer_size = config->buffer_size,
				  .when_full = (enum mn_sermux_when_full)config->when_full,
			  });
}

static void start_hello(struct mn_hello *hello, struct mn_kernel *kernel,
			const struct mn_config_sermux_hello *config)
{
	struct mn_hello_config own = {
		.port = config->port,
		.buffer_size = config->buffer_size,
		.interval_us = config->interval_us,
		.message_len = config->message_len,
	};

	_Static_assert(sizeof own.message == sizeof config->message, "the same greeting");
	memcpy(own.message, config->message, sizeof own.message);
	mn_hello_start(hello, kernel, &own);
}

_Static_assert((int)MN_CONFIG_INITIAL_LEVEL_TRACE == MN_LOG_TRACE, "the same levels");
_Static_assert((int)MN_CONFIG_INITIAL_LEVEL_OFF == MN_LOG_OFF, "the same levels");

#if MN_TRACE_COMPILED
static void start_trace(struct mn_default_services *services, struct mn_kernel *kernel,
			const struct mn_config_sermux_trace *config)
{
	mn_trace_daemon_start(&services->trace, kernel,
			      &(struct mn_trace_daemon_config){
				      .port = config->port,
				      .sendbuf_capacity = config->sendbuf_capacity,
				      .tracebuf_capacity = config->tracebuf_capacity,
				      .initial_level = (enum mn_log_level)config->initial_level,
			      });
}
#else
static void start_trace(struct mn_default_services *services, struct mn_kernel *kernel,
			const struct mn_config_sermux_trace *config)
{
	(void)services, (void)kernel, (void)config;
}
#endif

void mn_start_default_services(struct mn_default_services *services, struct mn_kernel *kernel,
			       const struct mn_config *config)
{
	if (config->services.serial_mux.enabled)
		start_serial_mux(&services->serial_mux, kernel, &config->services.serial_mux);
	if (config->services.sermux_loopback.enabled)
		start_loopback(&services->loopback, kernel, &config->services.sermux_loopback);
	if (config->services.sermux_hello.enabled)
		start_hello(&services->hello, kernel, &config->services.sermux_hello);
	if (config->services.sermux_trace.enabled)
		start_trace(services, kernel, &config->services.sermux_trace);
}
