/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The two stacks: guarded against overflow, and painted, so that one can see how deep they got.
 *
 * The MPU denies access to the addresses below the tasks' stack, which lies at the start of
 * the RAM, and to the lowest bytes of the handlers' stack, which lies above it; also to the
 * first bytes of the memory (null pointers). Code cannot be written, data not be executed.
 */
#ifndef MPS2_STACK_H
#define MPS2_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the linker script: where they begin (lowest address) and end. */
extern uint8_t task_stack[], task_stack_end[], handler_stack[], handler_stack_end[];

/* Fills both stacks with a pattern; at reset, before anything is on them but the caller. */
void stack_paint(void);

/* Puts the MPU in force. */
void stack_guard(void);

/* The most bytes that were used of a stack so far. */
size_t stack_high_water(const uint8_t *begin, const uint8_t *end);

/* Whether an access to this address means that a stack has overflowed. */
bool stack_is_guard(uintptr_t address);

/* Whether it was one by a null pointer. */
bool stack_is_null(uintptr_t address);

#endif
