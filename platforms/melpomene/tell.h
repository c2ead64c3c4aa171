/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What goes wrong before or beside the log: "melpomene: text" on standard error. */
#ifndef MELPOMENE_TELL_H
#define MELPOMENE_TELL_H

#include <stdio.h>

/* As printf, without the end of the line. */
#define tell(...)                             \
	do {                                  \
		fputs("melpomene: ", stderr); \
		fprintf(stderr, __VA_ARGS__); \
		fputc('\n', stderr);          \
	} while (0)

#endif
