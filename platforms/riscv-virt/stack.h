/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The stack on which everything runs: its guard and how much of it was ever used. */
#ifndef RISCV_VIRT_STACK_H
#define RISCV_VIRT_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Start-up: locks the page below the stack, and code and constants, until the next reset. */
void stack_guard(void);

/* Whether an address is in the page below the stack: it has run out. */
bool stack_guards(uintptr_t address);

/* Bytes it has, and how many of them were ever used. */
size_t stack_size(void);
size_t stack_high_water(void);

#endif
