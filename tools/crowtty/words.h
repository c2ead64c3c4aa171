/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sentences about a target, put together piece by piece. What does not fit is left out. */
#ifndef CROWTTY_WORDS_H
#define CROWTTY_WORDS_H

#include "model.h"

#define WORDS_MAX 1024

/* Zeroed memory is the empty text. */
struct words {
	size_t len;
	char text[WORDS_MAX]; /* ends with a zero */
};

void words_add(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "ping #4", or "task #4" if that is all that is known. */
void words_add_task(struct words *words, const struct model *model, uint32_t id);

/* "350 ms", "12 s", "3 min 20 s", "5 h 2 min" */
void words_add_time(struct words *words, uint64_t ns);

/* "1.4K", "12M": bytes */
void words_add_size(struct words *words, uint64_t bytes);

/* "a reply from pong #5", "interrupt 0x4010" */
void words_add_wait(struct words *words, const struct model *model, const struct model_wait *wait);

#endif
