/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Memory that is there: crowtty has nothing to do without it, so it ends. */
#ifndef CROWTTY_MEMORY_H
#define CROWTTY_MEMORY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void *memory_check(void *memory)
{
	if (!memory) {
		fputs("crowtty: out of memory\n", stderr);
		exit(1);
	}
	return memory;
}

static inline void *memory_get(size_t size)
{
	return memory_check(malloc(size));
}

static inline void *memory_get_zeroed(size_t size)
{
	return memory_check(calloc(1, size));
}

static inline char *memory_copy_text(const char *text)
{
	return memory_check(strdup(text));
}

#endif
