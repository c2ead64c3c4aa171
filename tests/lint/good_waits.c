/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Bodies that `./mn lint waits` must not complain about. */
#include "actor.h"

/* Scratch in an inner block between two waits. */
mn_poll scratch(struct actor *self)
{
	MN_BEGIN(self);
	for (;;) {
		MN_TRY(self, step(&self->child));
		{
			char buffer[16];

			fill(buffer, sizeof(buffer));
			for (int i = 0; i < 16; i++)
				self->count += buffer[i];
		}
		MN_AWAIT(self, step(&self->child));
		if (MN_RESULT(self) != MN_OK) {
			int count = self->count;

			self->count = count - 1;
			MN_RETURN(self, MN_EIO);
		}
	}
	MN_END(self);
}

/* No wait is below the local: the loop comes back to a wait above it. */
mn_poll below_the_last_wait(struct actor *self)
{
	MN_BEGIN(self);
	for (;;) {
		MN_TRY(self, step(&self->child));
		MN_AWAIT(self, step(&self->child));
		int count = self->count;

		self->count = count + 1;
	}
	MN_END(self);
}

/* Computed anew at each poll, from what does not change. */
mn_poll const_above_begin(struct actor *self)
{
	struct actor *const other = self->other;
	const int limit = 3;

	MN_BEGIN(self);
	while (self->count < limit)
		MN_TRY(self, step(&other->child));
	MN_END(self);
}

/* A switch beside a wait, not around it. */
mn_poll switch_between(struct actor *self)
{
	MN_BEGIN(self);
	MN_TRY(self, step(&self->child));
	switch (self->count) {
	case 1:
		self->count = 2;
		break;
	default:
		break;
	}
	MN_YIELD(self);
	MN_END(self);
}

/* A temporary that is used before the operation can be pending, or by value. */
mn_poll by_value(struct actor *self)
{
	MN_BEGIN(self);
	consume(&(struct message){.kind = 1});
	MN_TRY(self, send_copy(&self->child, (struct message){.kind = 1}));
	MN_END(self);
}

/* What never changes may be shared, such as the call site in a macro of the log. */
mn_poll constant(struct actor *self)
{
	static const struct message message = {.kind = 1};

	MN_BEGIN(self);
	MN_TRY(self, step(&self->child));
	consume(&message);
	MN_END(self);
}

/* No wait: an ordinary function may do all this. */
mn_poll no_wait(struct actor *self, int count)
{
	static int calls;

	for (int i = 0; i < count; i++)
		calls++;
	self->count = calls;
	consume(&(struct message){.kind = count});
	return MN_OK;
}

/* An operation without a wait of its own. */
mn_poll begin_and_end(struct actor *self)
{
	MN_BEGIN(self);
	self->count = 0;
	MN_END(self);
}
