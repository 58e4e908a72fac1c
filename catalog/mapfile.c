/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalog/mapfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define FIELDS_MAX 20u
#define LINE_MAX_BYTES 4096u

struct reader {
	const char *path;
	FILE *file;
	char line[LINE_MAX_BYTES + 2];
	size_t len; /* of it, its newline included */
	uint64_t number;
	char *field[FIELDS_MAX];
	size_t fields;
	XXH64_state_t sum;
	unsigned version;
	bool summed; /* the line with the checksum was read, and is right */
	int exit_status;
	struct mapped_list found;
	struct mapped_volume *at; /* whose lines are being read */
	bool ended;               /* its end line was seen, or it is the first */
};

static int bad(const struct reader *r, const char *what, struct err *e)
{
	err_volume(e, r->path);
	return err_set(e, XE_DAMAGE, "line %llu: %s: the map is damaged, or none; nothing is made of it", (unsigned long long)r->number,
		       what);
}

/* ---- lines and fields ---- */

/* *more false at the end. */
static int next_line(struct reader *r, bool *more, struct err *e)
{
	*more = fgets(r->line, sizeof r->line, r->file) != NULL;
	r->number++;
	if (ferror(r->file))
		return err_errno(e, XE_FAILED, errno, "cannot read");
	r->len = *more ? strlen(r->line) : 0;
	if (*more && (r->len == 0 || r->line[r->len - 1] != '\n'))
		return bad(r, "a line without an end", e);
	return 0;
}

static void split(struct reader *r)
{
	r->line[r->len - 1] = '\0';
	r->fields = 0;
	for (char *rest = r->line; rest && r->fields < FIELDS_MAX;)
		r->field[r->fields++] = strsep(&rest, "\t");
}

static bool is(const struct reader *r, const char *word)
{
	return strcmp(r->field[0], word) == 0;
}

static bool read_number(const char *text, uint64_t max, uint64_t *value)
{
	char *end;
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' && *value <= max;
}

/* count fields from the first-th on, each at most max. */
static bool numbers(const struct reader *r, size_t first, size_t count, uint64_t max, uint64_t *values)
{
	if (first + count > r->fields)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!read_number(r->field[first + i], max, &values[i]))
			return false;
	}
	return true;
}

static bool text(const struct reader *r, size_t field, char *to, size_t room)
{
	return field < r->fields && snprintf(to, room, "%s", r->field[field]) < (int)room;
}

/* ---- the lines of a volume ---- */

static bool is_tape(const char *kind, bool *tape)
{
	*tape = strcmp(kind, "tape") == 0;
	return *tape || strcmp(kind, "file") == 0;
}

/* Maps tell of media that are not followed in a catalog. */
static bool is_other(const struct reader *r, size_t field)
{
	return field < r->fields && (strcmp(r->field[field], "dedupable") == 0 || strcmp(r->field[field], "cloud") == 0);
}

static int volume_line(struct reader *r, struct err *e)
{
	if (r->fields != (r->version == 1 ? 3u : 6u) || !r->ended)
		return bad(r, "no volume line", e);
	int rc = mapped_list_add(&r->found, mapped_new(), e);
	if (rc != 0)
		return rc;
	struct mapped_volume *v = r->at = r->found.volumes[r->found.count - 1];
	uint64_t chain = 1;
	v->path = r->path;
	v->version = r->version;
	r->ended = false;
	/* Version 1 does not tell what was written: a volume keeps its name. */
	size_t name = r->version == 1 ? 1 : 3;
	if (is_other(r, 2) || is_other(r, name + 1)) {
		err_volume(e, r->path);
		return err_set(
			e, XE_USAGE,
			"is of a dedupable volume, or of the parts of a cloud volume: only files, chunks and tapes are followed in a "
			"catalog");
	}
	if (!text(r, 1, v->name, sizeof v->name) || !text(r, name, v->new_name, sizeof v->new_name) ||
	    !is_tape(r->field[2], &v->side[MAPPED_OLD].tape) || !is_tape(r->field[name + 1], &v->side[MAPPED_NEW].tape) ||
	    (r->version > 1 && !numbers(r, 5, 1, UINT32_MAX, &chain)))
		return bad(r, "no volume line", e);
	v->chain = (unsigned)chain;
	return 0;
}

static int label_line(struct reader *r, struct err *e)
{
	struct mapped_volume *v = r->at;
	if (r->fields != 5 || !text(r, 2, v->media_type, sizeof v->media_type) || !text(r, 3, v->pool, sizeof v->pool) ||
	    !numbers(r, 4, 1, UINT64_MAX, &v->label_time))
		return bad(r, "no label line", e);
	v->product_known = strcmp(r->field[1], "bareos") == 0 || strcmp(r->field[1], "bacula") == 0;
	v->product = strcmp(r->field[1], "bacula") == 0 ? PRODUCT_BACULA : PRODUCT_BAREOS;
	return 0;
}

enum { START, END, SESSION_ID, SESSION_TIME, NUMBER, FIRST, LAST, BLOCKS, BLOCK_FIELDS };

static int block_line(struct reader *r, enum mapped_side side, struct err *e)
{
	uint64_t f[BLOCK_FIELDS] = {[BLOCKS] = 1};
	size_t fields = r->version == 1 ? BLOCK_FIELDS - 1 : BLOCK_FIELDS;
	if (r->fields != 1 + fields || !numbers(r, 1, fields, UINT64_MAX, f) || f[END] < f[START] || f[END] > INT64_MAX ||
	    f[SESSION_ID] > UINT32_MAX || f[SESSION_TIME] > UINT32_MAX || f[FIRST] > INT32_MAX || f[LAST] > INT32_MAX || f[BLOCKS] == 0)
		return bad(r, "no line of a block", e);
	const struct mapped_range blocks = {
		.start = f[START], .end = f[END], .first = (int32_t)f[FIRST], .last = (int32_t)f[LAST], .blocks = f[BLOCKS]};
	return mapped_add(r->at, side, (uint32_t)f[SESSION_ID], (uint32_t)f[SESSION_TIME], &blocks, e);
}

static bool same_range(const struct mapped_range *r, const uint64_t f[5])
{
	return r->start == f[0] && r->end == f[1] && (uint64_t)r->first == f[2] && (uint64_t)r->last == f[3] && r->blocks == f[4];
}

/* What it says of blocks is known already, and has to be the same. */
static int session_line(struct reader *r, struct err *e)
{
	uint64_t id[3], blocks[10];
	char job[LABEL_NAME_BYTES];
	if (r->fields != 15 || !numbers(r, 1, 3, UINT32_MAX, id) || !text(r, 4, job, sizeof job) || !numbers(r, 5, 10, UINT64_MAX, blocks))
		return bad(r, "no session line", e);
	struct mapped_session *s = mapped_find(r->at, (uint32_t)id[0], (uint32_t)id[1]);
	if (s == NULL || !same_range(&s->side[MAPPED_OLD], blocks) || !same_range(&s->side[MAPPED_NEW], blocks + 5))
		return bad(r, "its session is not that of its blocks", e);
	s->job_id = (uint32_t)id[2];
	memcpy(s->job, job, sizeof job);
	return 0;
}

static int form_line(struct reader *r, struct err *e)
{
	uint64_t longest;
	struct mapped_bytes *b = &r->at->side[r->fields > 1 && strcmp(r->field[1], "new") == 0 ? MAPPED_NEW : MAPPED_OLD];
	if (r->fields != 6 || !text(r, 2, b->form, sizeof b->form) || !numbers(r, 3, 1, UINT32_MAX, &longest) ||
	    !text(r, 4, b->encryption, sizeof b->encryption) || !text(r, 5, b->digest, sizeof b->digest))
		return bad(r, "no form line", e);
	b->longest = (uint32_t)longest;
	if (strcmp(b->digest, "-") == 0)
		b->digest[0] = '\0';
	return 0;
}

static int damage_line(struct reader *r, struct err *e)
{
	return r->fields == 2 && numbers(r, 1, 1, UINT64_MAX, &r->at->damage) ? 0 : bad(r, "no damage line", e);
}

static int end_line(struct reader *r, struct err *e)
{
	uint64_t f[6] = {0};
	size_t fields = r->version == 1 ? 4 : 6;
	struct mapped_bytes *side = r->at->side;
	if (r->fields != 1 + fields || !numbers(r, 1, fields, INT64_MAX, f))
		return bad(r, "no end line", e);
	/* Version 1 does not tell whether a tape was written to a file: there a label has a length. */
	if (r->version == 1)
		side[MAPPED_NEW].tape = side[MAPPED_OLD].tape && side[MAPPED_NEW].label_end == 0;
	for (int i = 0; i < MAPPED_SIDES; i++) {
		struct mapped_bytes *b = &side[i];
		b->bytes = f[i];
		b->blocks = f[2 + i];
		b->files = r->version > 1 ? f[4 + i] : b->tape ? (b->last >> 32) + 1 : b->bytes >> 32;
		if (!b->tape && b->last >= b->bytes && b->blocks > 0)
			return bad(r, "a block lies behind the end of its volume", e);
	}
	r->ended = true;
	return 0;
}

/* ---- the map ---- */

static int head_line(struct reader *r, struct err *e)
{
	uint64_t version;
	if (r->fields != 2 || !is(r, "xflate-map") || !numbers(r, 1, 1, UINT32_MAX, &version)) {
		err_volume(e, r->path);
		return err_set(e, XE_FAILED, "not a map: filter --map FILE writes one");
	}
	if (version < 1 || version > 2) {
		err_volume(e, r->path);
		return err_set(e, XE_FAILED, "a map of version %llu; this xflate reads versions 1 and 2", (unsigned long long)version);
	}
	r->version = (unsigned)version;
	return 0;
}

static int sum_line(struct reader *r, struct err *e)
{
	char want[17];
	snprintf(want, sizeof want, "%016llx", (unsigned long long)XXH64_digest(&r->sum));
	if (r->fields != 2 || strcmp(r->field[1], want) != 0)
		return bad(r, "the checksum is not that of what stands before it", e);
	r->summed = true;
	return r->ended ? 0 : bad(r, "the last volume has no end line", e);
}

static int exit_line(struct reader *r, struct err *e)
{
	uint64_t status;
	if (r->fields != 2 || !numbers(r, 1, 1, 255, &status) || !r->ended)
		return bad(r, "no exit line", e);
	r->exit_status = (int)status;
	return 0;
}

static int read_line(struct reader *r, struct err *e)
{
	if (r->summed)
		return bad(r, "something stands behind the checksum", e);
	if (is(r, "xxh64"))
		return sum_line(r, e);
	if (is(r, "volume"))
		return volume_line(r, e);
	if (is(r, "exit") && r->version > 1)
		return exit_line(r, e);
	if (r->ended)
		return bad(r, "of no volume", e);
	if (is(r, "old") || is(r, "new"))
		return block_line(r, is(r, "old") ? MAPPED_OLD : MAPPED_NEW, e);
	if (is(r, "end"))
		return end_line(r, e);
	if (r->version > 1 && is(r, "label"))
		return label_line(r, e);
	if (r->version > 1 && is(r, "session"))
		return session_line(r, e);
	if (r->version > 1 && is(r, "form"))
		return form_line(r, e);
	if (r->version > 1 && is(r, "damage"))
		return damage_line(r, e);
	return bad(r, "of an unknown kind", e);
}

static int read_all(struct reader *r, struct err *e)
{
	bool more;
	int rc = next_line(r, &more, e);
	while (rc == 0 && more) {
		if (strncmp(r->line, "xxh64\t", 6) != 0)
			XXH64_update(&r->sum, r->line, r->len);
		split(r);
		rc = r->number == 1 ? head_line(r, e) : read_line(r, e);
		if (rc == 0)
			rc = next_line(r, &more, e);
	}
	if (rc == 0 && !r->summed)
		rc = bad(r, "it ends without its checksum", e);
	return rc;
}

static int take(struct mapped_list *l, struct reader *r, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < r->found.count; i++) {
		struct mapped_volume *v = r->found.volumes[i];
		r->found.volumes[i] = NULL;
		v->exit_status = r->exit_status;
		rc = mapped_list_add(l, v, e);
	}
	return rc;
}

bool mapfile_is(const char *path)
{
	static const char head[] = "xflate-map\t";
	char text[sizeof head - 1];
	struct stat st;
	/* Drives that a program plays (FUSE) are files without a size, whose tape would move. */
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof text)
		return false;
	FILE *file = fopen(path, "re");
	bool is = file && fread(text, 1, sizeof text, file) == sizeof text && memcmp(text, head, sizeof text) == 0;
	if (file)
		fclose(file);
	return is;
}

int mapfile_read(struct mapped_list *l, const char *path, struct err *e)
{
	struct reader r = {.path = path, .ended = true, .exit_status = -1};
	XXH64_reset(&r.sum, 0);
	r.file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	int rc = r.file ? read_all(&r, e) : err_errno(e, XE_FAILED, errno, "cannot open");
	if (rc == 0)
		rc = take(l, &r, e);
	if (rc != 0)
		err_volume(e, path);
	if (r.file && r.file != stdin)
		fclose(r.file);
	mapped_list_free(&r.found);
	return rc;
}
