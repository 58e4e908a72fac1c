/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The attributes of a file, and the path that its name becomes: first byte how many components are stripped, then the record.  A path
 * leads down and nowhere else, whatever the name is. */
#include "fuzz/fuzz.h"

#include "format/filestat.h"
#include "restore/path.h"

static void leads_down(const char *path)
{
	FUZZ_MUST(path[0] != '\0' && path[0] != '/');
	for (const char *at = path; at;) {
		size_t n = strcspn(at, "/");
		FUZZ_MUST(n > 0 && !(n == 1 && at[0] == '.') && !(n == 2 && at[0] == '.' && at[1] == '.'));
		at = at[n] ? at + n + 1 : NULL;
	}
	FUZZ_MUST(path_last(path) >= path && strchr(path_last(path), '/') == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	uint8_t *copy = malloc(size);
	FUZZ_MUST(copy);
	memcpy(copy, data + 1, size - 1);
	struct filestat s;
	struct err e = {0};
	char *path = NULL;
	size_t cap = 0;
	bool known = filestat_read((struct span){copy, size - 1}, &s);
	FUZZ_MUST(strlen(s.name) + strlen(s.link) + strlen(s.extended) <= size);
	FUZZ_MUST(s.link_index >= 0 && s.type <= 0xffff);
	if (known) {
		(void)filestat_of_windows(&s);
		int verdict = path_below(s.name, data[0] & 7, &path, &cap, &e);
		FUZZ_MUST(verdict >= 0 && strlen(path) <= strlen(s.name));
		if (verdict == PATH_RIGHT)
			leads_down(path);
	}
	free(path);
	free(copy);
	return 0;
}
