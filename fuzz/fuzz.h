/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the fuzz targets share. A target is one function; with clang and -Dfuzz=true libFuzzer
 * calls it with inputs it makes up, in every other build replay.c calls it with the files of
 * fuzz/corpus/<name>, so that what was found once stays found.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libFuzzer's entry point; the name is its own. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A property that has to hold for every input. */
#define FUZZ_CHECK(property) ((property) ? (void)0 : fuzz_failed(__FILE__, __LINE__, #property))

static inline _Noreturn void fuzz_failed(const char *file, int line, const char *property)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, property);
	abort();
}

/* Memory of exactly this size, so that a sanitizer sees one byte too many. */
static inline void *fuzz_alloc(size_t len)
{
	void *memory = malloc(len > 0 ? len : 1);

	if (!memory)
		fuzz_failed(__FILE__, __LINE__, "enough memory");
	return memory;
}

#endif
