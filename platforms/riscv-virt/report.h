/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Text past everything, for when all else has failed or not begun. It goes out between zero
 * bytes, which crowtty takes for what it is.
 */
#ifndef RISCV_VIRT_REPORT_H
#define RISCV_VIRT_REPORT_H

#include <mnemos/log.h>

/* A piece of a report; the first ends whatever was on the line. Interrupts are off then. */
void report(const char *text);
void report_text(const char *text, size_t len);

/* A number of it. */
void report_number(uint64_t number);

/* A register or an address, in full width. */
void report_hex(uintptr_t number);

/* How stack and heap stand, then the end of the machine. */
_Noreturn void report_end(void);

/*
 * The kernel's mn_log_sink. There is one line, and once it has an owner it is not for text:
 * records are shown until then.
 */
void report_log(void *context, const struct mn_log_site *site, va_list args);

/* A text beside the frames of the line, which goes on. Any context. */
void report_beside(void (*tell)(const struct mn_kernel *kernel,
				void (*write)(void *context, const char *text, size_t len),
				void *context));

#endif
