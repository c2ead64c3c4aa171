/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A request and a reply as the host system offers them, for comparison:
 * `bench_pingpong condvar|pipe COUNT`, between two threads with a condition variable, or
 * between two processes with two pipes.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed[2] = {PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER};
static int turn;

/* Waits for its turn and gives it to the other, `count` times. */
static void *throw(void *side)
{
	const int me = side != NULL;

	pthread_mutex_lock(&lock);
	for (long i = 0; i < count; i++) {
		while (turn != me)
			pthread_cond_wait(&changed[me], &lock);
		turn = !me;
		pthread_cond_signal(&changed[!me]);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

static int condvar(void)
{
	pthread_t other;

	if (pthread_create(&other, NULL, throw, &turn) != 0)
		return 1;
	throw(NULL);
	return pthread_join(other, NULL);
}

static int pipes(void)
{
	int there[2], back[2], status;
	uint32_t word = 0;

	if (pipe(there) != 0 || pipe(back) != 0)
		return 1;

	const pid_t child = fork();

	if (child == 0) {
		for (long i = 0; i < count; i++) {
			if (read(there[0], &word, sizeof word) != sizeof word)
				_exit(1);
			word++;
			if (write(back[1], &word, sizeof word) != sizeof word)
				_exit(1);
		}
		_exit(0);
	}
	for (long i = 0; i < count; i++)
		if (write(there[1], &word, sizeof word) != sizeof word ||
		    read(back[0], &word, sizeof word) != sizeof word)
			return 1;
	return waitpid(child, &status, 0) != child || status != 0 || word != (uint32_t)count;
}

int main(int argc, char **argv)
{
	struct timespec a, b;
	int error;

	if (argc != 3)
		return 2;
	count = atol(argv[2]);
	clock_gettime(CLOCK_MONOTONIC, &a);
	if (strcmp(argv[1], "condvar") == 0)
		error = condvar();
	else if (strcmp(argv[1], "pipe") == 0)
		error = pipes();
	else
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%.1f ns each\n",
	       ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) /
		       (double)count);
	return error;
}
