/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Planted faults: what goes wrong between tasks, each in a few lines, to be found with
 * `./mn top`. book/find-the-stuck-task.md goes through them.
 *
 *     cycle        two services that call each other
 *     no-reply     a server that forgets a call
 *     lost-wake    a driver that puts bytes into a queue and wakes nobody
 *     spin         a task that looks again and again instead of waiting
 *     hog          a task that computes and never lets others run; begins after 3 s
 *     dead-reader  a full channel whose consumer has ended
 *     dead-owner   a mutex whose owner has ended
 *     slow         a driver that takes 200 ms for each call of ten clients
 *
 * Memory: static; each fault can be planted once.
 */
#ifndef EXAMPLES_FAULTS_H
#define EXAMPLES_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

struct mn_kernel;

/* The virtual port on which faults_listen() takes names. */
#define FAULTS_PORT 99

/* Plants one; false if there is none of that name. Start-up, or task context. */
bool faults_plant(struct mn_kernel *kernel, const char *name);

/* The name of fault `index`, or NULL. */
const char *faults_name(size_t index);

/* Starts a task that plants what is named on FAULTS_PORT, a line each. */
void faults_listen(struct mn_kernel *kernel);

#endif
