/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/recognize.h"

#include "format/block.h"
#include "volume/glanceblocks.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define PROBE_BYTES ((size_t)1 << 20) /* of a file's beginning and end, searched for a block where it does not begin with one */

/* ---- folders ---- */

/* Volumes may be called 0001, 0002: those begin with a block each, as of a volume's chunks, split anywhere, the first one does. */
static bool holds_such_volumes(const char *folder)
{
	uint8_t head[BLOCK_HEADER_MAX_BYTES];
	struct block_header h;
	struct io file = IO_CLOSED;
	struct err unread = {0};
	size_t got = 0;
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool whole = dir >= 0 && io_open_in(&file, dir, "0001", &unread) == 0 &&
		     io_read_at(&file, 0, head, sizeof head, &got, &unread) == 0 && got == sizeof head;
	io_close(&file);
	if (dir >= 0)
		close(dir);
	return whole && block_probe(head) && block_header_read(head, sizeof head, &h);
}

const struct medium *recognize_folder(const char *path)
{
	const struct medium *medium = medium_at(path);
	bool chunks = medium == &medium_chunked && !medium_begins_at(path);
	return chunks && holds_such_volumes(path) ? NULL : medium;
}

/* ---- files ---- */

void recognize_room_free(struct recognize_room *room)
{
	free(room->data);
	*room = RECOGNIZE_ROOM_NONE;
}

/* Do PROBE_BYTES from byte at on hold a block?  *rc: of reading them. */
static bool holds_at(const struct recognize_room *room, const struct medium_input *in, uint64_t at, int *rc)
{
	struct err unread = {0};
	size_t got = 0;
	*rc = in->medium->read_at(in, at, room->data, PROBE_BYTES, &got, &unread);
	return *rc == 0 && glanceblocks_has(room->data, got);
}

/* True, too, if that cannot be told. */
static bool holds(const struct recognize_room *room, const struct medium_input *in)
{
	int rc = 0;
	bool found = holds_at(room, in, 0, &rc) || (rc == 0 && in->size > PROBE_BYTES && holds_at(room, in, in->size - PROBE_BYTES, &rc));
	return found || rc != 0;
}

int recognize_file(const char *path, struct recognize_room *room, bool *volume, struct err *e)
{
	struct medium_input in;
	struct err unread = {0};
	if (room->data == NULL && (room->data = malloc(PROBE_BYTES)) == NULL)
		return err_memory(e, PROBE_BYTES, "the list of volumes");
	*volume = medium_open(&in, path, &unread) != 0;
	if (*volume)
		return 0;
	*volume = in.rereadable && holds(room, &in);
	medium_close(&in);
	return 0;
}
