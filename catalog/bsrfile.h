/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bootstraps that a director wrote, read line by line: what each section asks for.  formats/catalog-facts.md 4.1 */
#ifndef CATALOG_BSRFILE_H
#define CATALOG_BSRFILE_H

#include "base/bytes.h"
#include "catalog/indexes.h"
#include "format/label.h"

#define BSRFILE_MAX_BYTES ((size_t)256 << 20)

enum bsrfile_kind {
	BSRFILE_BLANK, /* or a comment */
	BSRFILE_VOLUME,
	BSRFILE_SESSION_ID,
	BSRFILE_SESSION_TIME,
	BSRFILE_ADDRESS, /* VolAddr, VolFile, VolBlock */
	BSRFILE_FILE_INDEX,
	BSRFILE_COUNT,
	BSRFILE_STORAGE,
	BSRFILE_DEVICE,
	BSRFILE_MEDIA_TYPE,
	BSRFILE_SLOT,
	BSRFILE_OTHER, /* it filters, and says nothing of places */
};

struct bsrfile_line {
	enum bsrfile_kind kind;
	struct span text; /* without its newline */
	struct span value;
	unsigned long number;
};

struct bsrfile_numbers {
	struct bsrfile_number {
		uint32_t first, last;
	} * ranges;
	size_t count, room;
};

/* Begins with the line that names its volumes. */
struct bsrfile_section {
	size_t first_line, lines; /* from that line to the last of its own; what stands before the next one is the next one's */
	char (*volumes)[LABEL_NAME_BYTES];
	size_t volume_count, volume_room;
	struct bsrfile_numbers ids, times; /* of sessions; none: any */
	struct indexes files;
	bool all_files; /* it names none */
	bool placed;    /* it has addresses */
};

struct bsrfile {
	char *text;
	size_t len;
	struct bsrfile_line *lines;
	size_t line_count, line_room;
	struct bsrfile_section *sections;
	size_t section_count, section_room;
};

/* Reads the file at path ("-": standard input).  XE_FAILED; XE_USAGE where a line is not understood. */
int bsrfile_read(struct bsrfile *b, const char *path, struct err *e) __attribute__((warn_unused_result));

/* The same of text, which stays. */
int bsrfile_parse(struct bsrfile *b, struct span text, struct err *e) __attribute__((warn_unused_result));

/* Idempotent. */
void bsrfile_free(struct bsrfile *b);

/* Is the keyword of the line this one, in lower case? */
bool bsrfile_is(const struct bsrfile_line *l, const char *keyword);

/* The next number, or range of them, of a line's value, which goes on behind it.  *more: another one follows.  False: it is not
 * understood. */
bool bsrfile_next_range(struct span *value, uint64_t *first, uint64_t *last, bool *more);

/* Is n among them, or are there none? */
bool bsrfile_takes(const struct bsrfile_numbers *n, uint32_t number);

#endif
