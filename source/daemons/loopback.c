/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The echo on a virtual port; the contract is in the header. */
#include <mnemos/daemons/loopback.h>

#define MN_LOG_TARGET "daemons::loopback"

static mn_poll open_port(struct mn_loopback *self)
{
	return mn_sermux_open(&self->open, self->config.port, self->config.buffer_size,
			      self->config.when_full, &self->port);
}

static mn_poll mn_loopback_run(struct mn_loopback *self)
{
	MN_BEGIN(self);
	for (;;) {
		MN_AWAIT(self, open_port(self));
		if (MN_RESULT(self) == MN_EGONE)
			continue;
		if (MN_RESULT(self) != MN_OK)
			break;
		for (;;) {
			MN_AWAIT(self, mn_bbq_read(&self->rx, self->port.rx));
			if (MN_RESULT(self) != MN_OK)
				break;
			MN_AWAIT(self, mn_sermux_write(&self->tx, &self->port, self->rx.data,
						       self->rx.len));
			mn_bbq_release(self->port.rx, self->rx.len);
			if (MN_RESULT(self) != MN_OK)
				break;
		}
		mn_sermux_close(&self->port);
		if (MN_RESULT(self) == MN_ECANCELED)
			break;
	}
	MN_RETURN(self, mn_log_end(MN_RESULT(self)));
	MN_END(self);
}

MN_TASK_AS(mn_loopback, struct mn_loopback, "loopback");

void mn_loopback_start(struct mn_loopback *loopback, struct mn_kernel *kernel,
		       const struct mn_loopback_config *config)
{
	loopback->config = *config;
	mn_spawn(kernel, &loopback->task, &mn_loopback_task);
}
