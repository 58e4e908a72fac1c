/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts, as Bacula keeps a volume for a cloud and in its cache: part.1 has the label, the others whole blocks, and none is split between
 * two.  An address is part << 44 | byte in it.  formats/volume-kinds.md 3 */
#include "format/label.h"
#include "medium/file.h"
#include "medium/pieces.h"

#include <stdio.h>
#include <string.h>

#define OFFSET_BITS 44u
#define NUMBER_MAX ((1u << 20) - 2) /* one less than 20 bits hold: there is an address behind the last */

static bool number_of(const char *name, uint64_t *number)
{
	return strncmp(name, "part.", 5) == 0 && pieces_digits(name + 5, NUMBER_MAX, number) && *number > 0;
}

static void name_of(uint64_t number, char text[static PIECES_NAME_BYTES])
{
	snprintf(text, PIECES_NAME_BYTES, "part.%llu", (unsigned long long)number);
}

static bool knows(const char *name)
{
	uint64_t number;
	return number_of(name, &number);
}

static int open_parts(struct medium_input *in, struct err *e)
{
	struct pieces *p = in->pieces = pieces_new(in->io.fd, number_of, name_of, e);
	if (p == NULL)
		return e->code;
	if (p->count == 0)
		return err_set(e, XE_FAILED, "its parts are gone");
	for (size_t i = 0; i < p->count; i++) {
		struct piece *part = &p->all[i];
		part->addr = part->number << OFFSET_BITS;
		if (part->bytes >> OFFSET_BITS)
			return err_set(e, XE_FAILED, "part.%llu has %llu bytes: no part is so large", (unsigned long long)part->number,
				       (unsigned long long)part->bytes);
		in->size += part->bytes;
	}
	in->at = (uint64_t)1 << OFFSET_BITS;
	return 0;
}

static uint64_t number_at(uint64_t addr)
{
	return addr >> OFFSET_BITS;
}

static uint64_t byte_at(uint64_t addr)
{
	return addr & (((uint64_t)1 << OFFSET_BITS) - 1);
}

static void say_missing(char why[static MEDIUM_WHY_BYTES], uint64_t from, uint64_t to)
{
	if (from == to)
		snprintf(why, MEDIUM_WHY_BYTES, "part.%llu is not there, or empty: fetch it from the cloud", (unsigned long long)from);
	else
		snprintf(why, MEDIUM_WHY_BYTES, "part.%llu to part.%llu are not there, or empty: fetch them from the cloud",
			 (unsigned long long)from, (unsigned long long)to);
}

/* A cache that was truncated has parts no more, or empty ones. */
static bool seam(const struct medium_input *in, uint64_t at, struct medium_gap *gap)
{
	const struct pieces *p = in->pieces;
	size_t i = pieces_behind(p, at);
	while (i < p->count && p->all[i].bytes == 0)
		i++;
	uint64_t expected = number_at(at) + (byte_at(at) > 0), last = p->all[p->count - 1].number;
	uint64_t next = i < p->count ? p->all[i].number : last + 1;
	*gap = (struct medium_gap){.at = next << OFFSET_BITS};
	if (i == p->count && expected > last)
		return false;
	if (expected < next)
		say_missing(gap->why, expected, next - 1);
	return true;
}

static uint64_t near_end(const struct medium_input *in, uint64_t bytes)
{
	const struct pieces *p = in->pieces;
	size_t i = p->count - 1;
	for (; i > 0 && p->all[i].bytes < bytes; i--)
		bytes -= p->all[i].bytes;
	const struct piece *part = &p->all[i];
	return part->addr + (part->bytes > bytes ? part->bytes - bytes : 0);
}

static void place(uint64_t addr, uint32_t offset, char *text, size_t text_bytes)
{
	uint64_t at = addr + offset;
	snprintf(text, text_bytes, "part.%llu byte %llu", (unsigned long long)number_at(at), (unsigned long long)byte_at(at));
}

static void address(uint64_t addr, char *text, size_t text_bytes)
{
	snprintf(text, text_bytes, "%llu:%llu", (unsigned long long)number_at(addr), (unsigned long long)byte_at(addr));
}

/* ---- writing ---- */

static uint64_t here(const struct sink *s)
{
	return s->piece_number << OFFSET_BITS | s->piece_bytes;
}

static void begin(struct sink *s)
{
	s->piece_number = 1;
	s->at = here(s);
}

/* A part ends with the block that fills it: where the next one goes is known before it comes. */
static int write_block(struct sink *s, const uint8_t *data, size_t len, bool label, struct err *e)
{
	if (s->piece_number > NUMBER_MAX)
		return err_set(e, XE_FAILED, "a volume has %u parts at most, and these are full: make them larger with --part-size",
			       NUMBER_MAX);
	int rc = pieces_write(s, name_of, data, len, e);
	if (rc == 0 && (label || s->piece_bytes >= s->unit))
		rc = pieces_next(s, e);
	s->at = here(s);
	return rc;
}

const struct medium medium_cloud = {
	.name = "cloud",
	.rereadable = true,
	.anew = true,
	.no_catalog = "the parts of a cloud volume",
	.label = LABEL_CLOUD_KIND,
	.end = file_end,
	.files = file_files,
	.place = place,
	.address = address,
	.knows = knows,
	.first = "part.1",
	.piece = knows,
	.open = open_parts,
	.close = pieces_close,
	.read = pieces_read,
	.gap = seam,
	.read_at = pieces_read_at,
	.near_end = near_end,
	.begin = begin,
	.write = write_block,
	.finish = pieces_finish,
};
