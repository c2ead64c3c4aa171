/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The cast of bad_waits.c and good_waits.c; nothing here is ever linked. */
#ifndef MNEMOS_TEST_ACTOR_H
#define MNEMOS_TEST_ACTOR_H

#include <stddef.h>
#include <mnemos/async.h>

struct operation {
	struct mn_frame frame;
};

struct actor {
	struct mn_frame frame;
	struct operation child;
	struct actor *other;
	int count;
};

struct message {
	int kind;
};

mn_poll step(struct operation *op);
mn_poll send(struct operation *op, struct message *message);
mn_poll send_copy(struct operation *op, struct message message);
mn_poll fill_later(struct operation *op, const char *data);
void fill(char *buffer, size_t len);
void consume(const struct message *message);
void mn_yield(void);

#endif
