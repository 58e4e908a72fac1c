/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/fileslist.h"

#include "base/io.h"

#include <stdlib.h>
#include <string.h>

#define LIST_MAX_BYTES ((size_t)1 << 30)

/* Without a name it would choose nothing, and that is everything. */
static int take_names(struct choice *c, struct span text, struct err *e)
{
	size_t i = 0;
	while (i < text.len && (text.data[i] == '\n' || text.data[i] == 0))
		i++;
	return i < text.len ? choice_names(c, text, e) : err_set(e, XE_USAGE, "no name is in it; without --files-from all files are taken");
}

int fileslist_read(const char *path, struct choice *c, struct err *e)
{
	struct io in = IO_CLOSED;
	uint8_t *text = NULL;
	size_t len = 0, cap = 0, got = 1;
	int rc = io_open_input(&in, path, e);
	if (rc != 0)
		err_add(e, " (names of files, --files-from)");
	while (rc == 0 && got > 0) {
		if (len == cap) {
			cap = cap ? cap * 2 : 65536;
			uint8_t *grown = cap <= LIST_MAX_BYTES ? realloc(text, cap) : NULL;
			rc = grown ? 0 : err_memory(e, cap, "the list of files");
			text = grown ? grown : text;
		}
		if (rc == 0)
			rc = io_read(&in, text + len, cap - len, cap - len, &got, e);
		len += rc == 0 ? got : 0;
	}
	io_close(&in);
	if (rc == 0)
		rc = take_names(c, (struct span){text, len}, e);
	free(text);
	if (rc != 0)
		err_volume(e, path);
	return rc;
}
