/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Runs a fuzz target over the files of a corpus directory: a regression test for any compiler. */
#include <dirent.h>
#include <sys/stat.h>
#include "fuzz.h"

static void replay(const char *path, size_t size)
{
	uint8_t *data = fuzz_alloc(size);
	FILE *file = fopen(path, "rb");

	if (!file || fread(data, 1, size, file) != size) {
		perror(path);
		exit(1);
	}
	fclose(file);
	/* Before the call: the last line printed names the file that failed. */
	printf("%s (%zu bytes)\n", path, size);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

int main(int argc, char **argv)
{
	struct dirent *entry;
	unsigned files = 0;
	DIR *dir;

	if (argc != 2) {
		fprintf(stderr, "usage: %s CORPUS-DIRECTORY\n", argv[0]);
		return 2;
	}
	dir = opendir(argv[1]);
	if (!dir) {
		perror(argv[1]);
		return 1;
	}
	while ((entry = readdir(dir))) {
		struct stat info;
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		if (stat(path, &info) == 0 && S_ISREG(info.st_mode)) {
			replay(path, (size_t)info.st_size);
			files++;
		}
	}
	closedir(dir);
	if (files == 0)
		fprintf(stderr, "%s: no files, so nothing was tested\n", argv[1]);
	return files == 0;
}
