/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main() of a fuzz target where there is no fuzzer: every file named, and every file in the folders named, is one input.
 * Says how many there were; a target that finds something ends the program. */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

static unsigned inputs;

static void replay_file(const char *path, size_t size)
{
	/* Exactly as long as the input: a sanitizer sees a read behind it. */
	uint8_t *data = malloc(size ? size : 1);
	FILE *f = fopen(path, "rb");
	if (data == NULL || f == NULL || fread(data, 1, size, f) != size) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	fclose(f);
	(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
	inputs++;
}

static void replay(const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	if (!S_ISDIR(st.st_mode)) {
		replay_file(path, (size_t)st.st_size);
		return;
	}
	struct dirent **names;
	int count = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		char below[4096];
		int n = snprintf(below, sizeof below, "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.' && n > 0 && (size_t)n < sizeof below)
			replay(below);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

int main(int argc, char **argv)
{
	static const uint8_t nothing[1];
	(void)LLVMFuzzerTestOneInput(nothing, 0);
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	printf("%u inputs\n", inputs);
	return inputs == 0;
}
