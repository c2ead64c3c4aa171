/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Last words: mn_platform_panic_write and mn_platform_halt, and their pieces. */
#ifndef MPS2_PANIC_H
#define MPS2_PANIC_H

#include <stddef.h>
#include <stdint.h>

/* Text to the serial line and the console, by polling. Any context. */
void panic_put(const char *text);
void panic_write(const char *text, size_t len);

/* A text beside the frames of the line, and on the console; all goes on. Any context. */
struct mn_kernel;
void panic_beside(void (*tell)(const struct mn_kernel *kernel,
			       void (*write)(void *context, const char *text, size_t len),
			       void *context),
		  const struct mn_kernel *kernel);

/* The same for a number, as 0x and eight digits. */
void panic_put_hex(uint32_t number);

/* The closing words, and the end of the machine. */
_Noreturn void panic_end(void);

#endif
