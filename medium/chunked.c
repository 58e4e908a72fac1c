/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chunks of one size, as Bareos keeps a volume in an object store (droplet, dplcompat): chunk n holds the bytes from n times that size on,
 * blocks go over their ends.  The size is written nowhere; it is that of every chunk but the last.  formats/volume-kinds.md 1 */
#include "medium/file.h"
#include "medium/pieces.h"

#include <stdio.h>
#include <string.h>

#define CHUNKS_MAX 10000u                  /* that the daemon writes */
#define NUMBER_MAX 65535u                  /* the daemon counts in 16 bits */
#define SIZE_MAX_BYTES ((uint64_t)1 << 47) /* so that addresses have room */

/* Four digits, or five from 10000 on. */
static bool number_of(const char *name, uint64_t *number)
{
	size_t n = strlen(name);
	if (n == 5)
		return pieces_digits(name, NUMBER_MAX, number);
	const char *digits = name;
	while (n == 4 && digits < name + 3 && *digits == '0')
		digits++;
	return n == 4 && pieces_digits(digits, NUMBER_MAX, number);
}

static void name_of(uint64_t number, char text[static PIECES_NAME_BYTES])
{
	snprintf(text, PIECES_NAME_BYTES, "%04llu", (unsigned long long)number);
}

static bool piece(const char *name)
{
	uint64_t number;
	return number_of(name, &number);
}

/* Years are names of four digits, too. */
static bool knows(const char *name)
{
	return strcmp(name, "0000") == 0 || strcmp(name, "0001") == 0;
}

static const struct piece *largest_of(const struct pieces *p)
{
	const struct piece *largest = p->all;
	for (size_t i = 1; i < p->count; i++)
		largest = p->all[i].bytes > largest->bytes ? &p->all[i] : largest;
	return largest;
}

/* The size that all but the last have: the largest there is. */
static int find_size(const struct pieces *p, uint64_t *size, struct err *e)
{
	const struct piece *first = p->all, *largest = largest_of(p);
	*size = largest->bytes;
	if (first->number > 0 && p->count == 1)
		return err_set(e, XE_FAILED, "only chunk %04llu is there: where it belongs cannot be told without the chunks before it",
			       (unsigned long long)first->number);
	if (first->number == 0 && largest != first)
		return err_set(
			e, XE_FAILED,
			"chunk 0000 has %llu bytes, chunk %04llu has %llu: 0000 is cut off, or the volume was truncated or labelled anew, "
			"and the chunks behind it are of before; take away the old ones, or join them in order to one file to save "
			"what is in them",
			(unsigned long long)first->bytes, (unsigned long long)largest->number, (unsigned long long)largest->bytes);
	if (*size > SIZE_MAX_BYTES)
		return err_set(e, XE_FAILED, "chunk %04llu has %llu bytes: no chunk is so large", (unsigned long long)largest->number,
			       (unsigned long long)*size);
	return 0;
}

static int open_chunks(struct medium_input *in, struct err *e)
{
	struct pieces *p = in->pieces = pieces_new(in->io.fd, number_of, name_of, e);
	uint64_t size;
	if (p == NULL)
		return e->code;
	if (p->count == 0)
		return err_set(e, XE_FAILED, "its chunks are gone");
	int rc = find_size(p, &size, e);
	for (size_t i = 0; rc == 0 && i < p->count; i++)
		p->all[i].addr = p->all[i].number * size;
	const struct piece *last = &p->all[p->count - 1];
	in->size = last->addr + last->bytes;
	return rc;
}

static void say_missing(char why[static MEDIUM_WHY_BYTES], uint64_t from, uint64_t to)
{
	if (from == to)
		snprintf(why, MEDIUM_WHY_BYTES, "chunk %04llu is missing", (unsigned long long)from);
	else
		snprintf(why, MEDIUM_WHY_BYTES, "chunks %04llu to %04llu are missing", (unsigned long long)from, (unsigned long long)to);
}

/* The chunk before the hole has less than its size. */
static void say_short(char why[static MEDIUM_WHY_BYTES], const struct piece *cut, const struct piece *next)
{
	uint64_t size = (next->addr - cut->addr) / (next->number - cut->number);
	int n = snprintf(why, MEDIUM_WHY_BYTES, "chunk %04llu has only %llu of %llu bytes", (unsigned long long)cut->number,
			 (unsigned long long)cut->bytes, (unsigned long long)size);
	if (next->number > cut->number + 1)
		snprintf(why + n, MEDIUM_WHY_BYTES - (size_t)n, ", and those before %04llu are missing", (unsigned long long)next->number);
	else
		snprintf(why + n, MEDIUM_WHY_BYTES - (size_t)n, ": it is cut off, or the next ones are of an older label");
}

static bool hole(const struct medium_input *in, uint64_t at, struct medium_gap *gap)
{
	const struct pieces *p = in->pieces;
	size_t i = pieces_behind(p, at);
	*gap = (struct medium_gap){0};
	if (i == p->count)
		return false;
	const struct piece *next = &p->all[i], *before = i > 0 ? next - 1 : NULL;
	gap->at = next->addr;
	gap->bytes = next->addr - at;
	uint64_t size = before ? (next->addr - before->addr) / (next->number - before->number) : 0;
	if (before && before->bytes < size)
		say_short(gap->why, before, next);
	else
		say_missing(gap->why, before ? before->number + 1 : 0, next->number - 1);
	return true;
}

/* ---- writing ---- */

static int write_on(struct sink *s, const uint8_t *data, size_t len, bool label, struct err *e)
{
	int rc = 0;
	(void)label;
	while (rc == 0 && len > 0) {
		uint64_t room = s->unit - s->piece_bytes;
		size_t n = len < room ? len : (size_t)room;
		if (s->piece_number >= CHUNKS_MAX)
			return err_set(e, XE_FAILED,
				       "a volume has %u chunks at most, and these are full: make them larger with --chunk-size",
				       CHUNKS_MAX);
		rc = pieces_write(s, name_of, data, n, e);
		data += n;
		len -= n;
		s->at += n;
		if (rc == 0 && s->piece_bytes == s->unit)
			rc = pieces_next(s, e);
	}
	return rc;
}

/* Its addresses are a file's, and so a catalog does not tell it from one. */
const struct medium medium_chunked = {
	.name = "file",
	.rereadable = true,
	.end = file_end,
	.files = file_files,
	.place = file_place,
	.address = file_address,
	.knows = knows,
	.first = "0000",
	.piece = piece,
	.open = open_chunks,
	.close = pieces_close,
	.read = pieces_read,
	.gap = hole,
	.read_at = pieces_read_at,
	.near_end = file_near_end,
	.write = write_on,
	.finish = pieces_finish,
};
