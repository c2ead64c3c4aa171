/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Bodies that `./mn lint waits` must refuse. Compilers accept most of them, and some even
 * work. A line that must be flagged ends with the rule in a comment: lint: RULE.
 */
#include "actor.h"

mn_poll local_before_wait(struct actor *self)
{
	MN_BEGIN(self);
	int count = 1; /* lint: local */
	self->count = count;
	MN_AWAIT(self, step(&self->child));
	MN_END(self);
}

mn_poll local_between_waits(struct actor *self)
{
	MN_BEGIN(self);
	for (;;) {
		MN_TRY(self, step(&self->child));
		int count = self->count; /* lint: local */
		self->count = count + 1;
		MN_TRY(self, step(&self->child));
	}
	MN_END(self);
}

mn_poll wait_deep_below_local(struct actor *self)
{
	MN_BEGIN(self);
	{
		int count = 0; /* lint: local */
		while (self->count > count) {
			if (self->count > 1) {
				MN_YIELD(self);
			}
			self->count--;
		}
	}
	MN_END(self);
}

mn_poll buffer_filled_through_pointer(struct actor *self)
{
	char buffer[16]; /* lint: local */

	MN_BEGIN(self);
	fill(buffer, sizeof(buffer));
	MN_TRY(self, step(&self->child));
	self->count = buffer[0];
	MN_END(self);
}

mn_poll initialised_at_the_top(struct actor *self)
{
	int total = 0; /* lint: local */

	MN_BEGIN(self);
	total += 1;
	MN_TRY(self, step(&self->child));
	self->count = total;
	MN_END(self);
}

mn_poll const_below_begin(struct actor *self)
{
	MN_BEGIN(self);
	{
		const int count = self->count; /* lint: local */
		MN_TRY(self, step(&self->child));
		self->count = count;
	}
	MN_END(self);
}

/* The pointer is what would have to be const, not what it points at. */
mn_poll pointer_to_const(struct actor *self)
{
	const char *text = "a"; /* lint: local */

	MN_BEGIN(self);
	text = "b";
	MN_TRY(self, step(&self->child));
	self->count = text[0];
	MN_END(self);
}

mn_poll two_in_one_declaration(struct actor *self)
{
	MN_BEGIN(self);
	int a = 1, b = 2; /* lint: local */
	self->count = a + b;
	MN_TRY(self, step(&self->child));
	MN_END(self);
}

mn_poll for_header(struct actor *self)
{
	MN_BEGIN(self);
	for (int i = 0; i < 3; i++) { /* lint: for */
		MN_TRY(self, step(&self->child));
	}
	MN_END(self);
}

mn_poll for_header_without_braces(struct actor *self)
{
	MN_BEGIN(self);
	for (int i = 0; i < 3; i++) /* lint: for */
		MN_AWAIT(self, step(&self->child));
	MN_END(self);
}

mn_poll wait_inside_own_switch(struct actor *self)
{
	MN_BEGIN(self);
	switch (self->count) {
	case 1:
		MN_TRY(self, step(&self->child)); /* lint: switch */
		break;
	default:
		break;
	}
	MN_END(self);
}

mn_poll static_local(struct actor *self)
{
	static int calls; /* lint: static */

	MN_BEGIN(self);
	calls++;
	MN_TRY(self, step(&self->child));
	MN_END(self);
}

mn_poll two_parameters(struct actor *self, int count) /* lint: parameter */
{
	MN_BEGIN(self);
	MN_TRY(self, step(&self->child));
	self->count = count;
	MN_END(self);
}

mn_poll address_of_temporary_tried(struct actor *self)
{
	MN_BEGIN(self);
	MN_TRY(self, send(&self->child, &(struct message){.kind = 1})); /* lint: temporary */
	MN_END(self);
}

mn_poll address_of_temporary_awaited(struct actor *self)
{
	MN_BEGIN(self);
	MN_AWAIT(self, send(&self->child, &(struct message){.kind = 1})); /* lint: temporary */
	MN_END(self);
}

mn_poll array_literal(struct actor *self)
{
	MN_BEGIN(self);
	MN_TRY(self, fill_later(&self->child, (char[]){1, 2, 3})); /* lint: temporary */
	MN_END(self);
}
