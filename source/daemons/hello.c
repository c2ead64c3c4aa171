/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The greeting on a virtual port; the contract is in the header. */
#include <mnemos/daemons/hello.h>

#define MN_LOG_TARGET "daemons::hello"

static mn_poll open_port(struct mn_hello *self)
{
	return mn_sermux_open(&self->open, self->config.port, self->config.buffer_size,
			      MN_SERMUX_DROP, &self->port);
}

static mn_poll nap(struct mn_hello *self)
{
	return mn_sleep_until(&self->nap, self->next_us);
}

/*
 * The next point of the grid: those that a busy or sleeping machine has missed are left out, in
 * steps that double. No division: one of 64 bits is 790 bytes of code on small machines.
 */
static void set_next(struct mn_hello *self)
{
	const uint64_t now_us = mn_now_us();

	while (self->next_us <= now_us) {
		uint64_t step_us = self->config.interval_us;

		while ((now_us - self->next_us) >> 1 >= step_us)
			step_us *= 2;
		self->next_us += step_us;
	}
}

/* Waits for its turn, but not for ever: half an interval, so that the next one is in time. */
static mn_poll greet(struct mn_hello *self)
{
	return mn_timeout(&self->limit,
			  mn_sermux_write(&self->tx, &self->port, self->config.message,
					  self->config.message_len),
			  self->config.interval_us / 2);
}

/* Whether there is nothing to do but wait for the next time. */
static bool goes_on(struct mn_hello *self, mn_poll greeted)
{
	if (greeted != MN_ETIMEDOUT)
		return greeted == MN_OK;
	if (self->tx.sent == 0) {
		self->skipped++;
		mn_debug("no greeting: the line is full");
	}
	return true;
}

static mn_poll mn_hello_run(struct mn_hello *self)
{
	MN_BEGIN(self);
	self->next_us = mn_now_us();
	for (;;) {
		MN_AWAIT(self, open_port(self));
		if (MN_RESULT(self) == MN_EGONE)
			continue;
		if (MN_RESULT(self) != MN_OK)
			break;
		do {
			set_next(self);
			MN_AWAIT(self, nap(self));
			if (MN_RESULT(self) != MN_OK)
				break;
			MN_AWAIT(self, greet(self));
		} while (goes_on(self, MN_RESULT(self)));
		mn_sermux_close(&self->port);
		if (MN_RESULT(self) != MN_EGONE)
			break;
	}
	MN_RETURN(self, mn_log_end(MN_RESULT(self)));
	MN_END(self);
}

MN_TASK_AS(mn_hello, struct mn_hello, "hello");

void mn_hello_start(struct mn_hello *hello, struct mn_kernel *kernel,
		    const struct mn_hello_config *config)
{
	MN_ASSERT(config->interval_us > 0 && config->message_len <= MN_HELLO_MESSAGE_MAX);
	hello->config = *config;
	mn_spawn(kernel, &hello->task, &mn_hello_task);
}
