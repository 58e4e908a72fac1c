/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does a volume stand there?  Told by the names in a folder, and by blocks at both ends of a file; nothing of it need be whole. */
#ifndef VOLUME_RECOGNIZE_H
#define VOLUME_RECOGNIZE_H

#include "medium/medium.h"

/* What the folder at path is taken for; NULL: it is no volume.  Volumes in files that are called as pieces are (0001, 0002) make none of
 * the folder around them, if the first of them begins with a block. */
const struct medium *recognize_folder(const char *path);

/* Memory that looks at many files use in turn.  Begin with RECOGNIZE_ROOM_NONE. */
struct recognize_room {
	uint8_t *data;
};

#define RECOGNIZE_ROOM_NONE ((struct recognize_room){NULL})

/* *volume: a block stands in the first or the last MiB of the file at path; or it cannot be read, and may be one.  Tapes that look like
 * files to the kernel would be moved by a look at them: they are none.  XE_FAILED without memory. */
int recognize_file(const char *path, struct recognize_room *room, bool *volume, struct err *e) __attribute__((warn_unused_result));

/* Idempotent. */
void recognize_room_free(struct recognize_room *room);

#endif
