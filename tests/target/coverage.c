/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * For a build that counts (-Db_coverage=true): a file for each object of the image, in the
 * directory MN_COVERAGE of the host. Its name is the one that gcov looks for, with # for each /.
 */
#include <gcov.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <semihost.h>
#include "target.h"

/* All objects, as the compiler lists them (-fprofile-info-section) and the linker marks the list.
 */
extern const struct gcov_info *const __start_gcov_info[], *const __stop_gcov_info[];

struct saving {
	char name[512];
	int file;
	size_t len;
	char data[16 * 1024]; /* one call to the host is dear, and there are many small pieces */
};

static _Noreturn void fail(const struct saving *saving, const char *what)
{
	printf("\ncoverage cannot be saved: %s of %s\n", what, saving->name);
	sys_semihost_exit_extended(EXIT_FAILURE);
}

static void flush(struct saving *saving)
{
	if (saving->len && sys_semihost_write(saving->file, saving->data, saving->len) != 0)
		fail(saving, "a write");
	saving->len = 0;
}

static void save(const void *data, unsigned len, void *context)
{
	struct saving *saving = context;
	const char *from = data;

	while (len--) {
		saving->data[saving->len++] = *from++;
		if (saving->len == sizeof saving->data)
			flush(saving);
	}
}

static void open_file(const char *path, void *context)
{
	struct saving *saving = context;
	const size_t used = (size_t)snprintf(saving->name, sizeof saving->name, "%s/%s",
					     getenv("MN_COVERAGE"), path);

	if (used >= sizeof saving->name)
		fail(saving, "the name");
	for (char *c = saving->name + used - strlen(path); *c; c++)
		if (*c == '/')
			*c = '#';
	saving->file = sys_semihost_open(saving->name, SH_OPEN_W_B);
	if (saving->file < 0)
		fail(saving, "an opening");
}

static void *allocate(unsigned size, void *context)
{
	void *memory = malloc(size);

	if (!memory)
		fail(context, "memory");
	return memory;
}

void target_save_coverage(void)
{
	static struct saving saving;

	if (!getenv("MN_COVERAGE"))
		return;
	for (const struct gcov_info *const *info = __start_gcov_info; info < __stop_gcov_info;
	     info++) {
		__gcov_info_to_gcda(*info, open_file, save, allocate, &saving);
		flush(&saving);
		sys_semihost_close(saving.file);
	}
}
