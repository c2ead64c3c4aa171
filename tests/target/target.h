/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a board is for a unit test that runs on it: memory, and a console. */
#ifndef TESTS_TARGET_H
#define TESTS_TARGET_H

/* Once, before anything else. */
void target_open(void);

/* A character to the console, by polling. */
void target_put(char c);

/* Saves what was executed, by semihosting. Nothing in a build that does not count. */
void target_save_coverage(void);

#endif
