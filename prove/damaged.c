/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prove/damaged.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

void damaged_free(struct damaged *d)
{
	for (size_t i = 0; i < d->count; i++) {
		free(d->files[i].name);
		free(d->files[i].reason);
	}
	free(d->files);
	*d = (struct damaged){0};
}

/* Where the first file stands that does not lie before this one. */
static size_t place_of(const struct damaged *d, int32_t file_index)
{
	size_t low = 0, high = d->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (d->files[middle].file_index < file_index)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct damaged_file *damaged_find(const struct damaged *d, int32_t file_index)
{
	size_t at = place_of(d, file_index);
	return at < d->count && d->files[at].file_index == file_index ? &d->files[at] : NULL;
}

int damaged_add(struct damaged *d, int32_t file_index, const char *name, const char *reason, struct err *e)
{
	size_t n = d->count, at = place_of(d, file_index);
	if (at < n && d->files[at].file_index == file_index)
		return 0;
	if (n >= DAMAGED_FILES) {
		d->not_listed++;
		return 0;
	}
	struct damaged_file *files = array_reach(d->files, &d->cap, n, sizeof *files);
	if (files == NULL)
		return err_memory(e, sizeof *files, "damaged files");
	d->files = files;
	struct damaged_file f = {.file_index = file_index, .name = strdup(name), .reason = strdup(reason)};
	if (f.name == NULL || f.reason == NULL) {
		free(f.name);
		free(f.reason);
		return err_memory(e, 0, "a damaged file");
	}
	memmove(d->files + at + 1, d->files + at, (n - at) * sizeof f);
	d->files[at] = f;
	d->count++;
	d->lost++;
	return 0;
}

void damaged_judge(struct damaged *d, const struct damaged_file *file)
{
	d->files[file - d->files].judged = true;
	d->lost--;
}
