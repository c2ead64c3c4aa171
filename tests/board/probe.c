/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>
#include <mnemos/daemons/loopback.h>
#include <mnemos/panic.h>
#include "probe.h"

#define PORT 99
#define ANSWER_SIZE 192
#define ECHOES 5

struct probe {
	struct mn_task task;
	struct mn_sermux_open open;
	struct mn_sermux_port port;
	struct mn_bbq_read rx;
	struct mn_sermux_write tx;
	char answer[ANSWER_SIZE];
};

static struct probe probe;
static struct mn_loopback echoes[ECHOES];

/* Uses more stack with every call, in steps that no guard can miss. */
static __attribute__((noinline, noclone)) int recurse(volatile char *outer, int depth)
{
	volatile char own[256];

	own[0] = outer[0];
	if (outer[0] == '\0') /* never, but the compiler would see that it never ends */
		return 0;
	return recurse(own, depth + 1) + own[0];
}

static void act(char request)
{
	char start[] = "s";

	switch (request) {
	case '?':
		break;
	case 's':
		start[0] = (char)recurse(start, 0);
		break;
	case 'p':
		MN_PANIC("asked for");
	default:
		probe_act(request);
	}
}

static mn_poll probe_run(struct probe *self)
{
	MN_BEGIN(self);
	MN_TRY(self, mn_sermux_open(&self->open, PORT, 64, MN_SERMUX_WAIT, &self->port));
	for (;;) {
		MN_TRY(self, mn_bbq_read(&self->rx, self->port.rx));
		act((char)self->rx.data[0]);
		probe_answer(self->answer, sizeof self->answer);
		mn_bbq_release(self->port.rx, self->rx.len);
		MN_TRY(self,
		       mn_sermux_write(&self->tx, &self->port, self->answer, strlen(self->answer)));
	}
	MN_END(self);
}

MN_TASK(probe);

void probe_start(struct mn_kernel *kernel)
{
	static const uint16_t ports[ECHOES] = {2, 3, 10, 0x4269, 0xffff};

	for (int i = 0; i < ECHOES; i++)
		mn_loopback_start(&echoes[i], kernel,
				  &(struct mn_loopback_config){
					  .port = ports[i],
					  .buffer_size = 1024,
					  .when_full = MN_SERMUX_WAIT,
				  });
	mn_spawn(kernel, &probe.task, &probe_task);
}
