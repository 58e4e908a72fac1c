/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/kin.h"

#include "format/label.h"
#include "volume/source.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_DESCRIPTORS 6 /* more than one that is open has */

/* A hash set of sessions: time << 32 | id, never 0. */
struct set {
	uint64_t *at;
	size_t count, room;
};

/* Of one input. */
struct sessions {
	bool known;            /* it was looked at */
	bool later;            /* it can only be read in its turn */
	struct set all, begun; /* begun: whose first block here begins with the start label */
};

struct kin {
	const char *const *paths;
	size_t count;
	struct sessions *inputs;
};

struct kin *kin_new(const char *const *paths, size_t count)
{
	struct kin *k = calloc(1, sizeof *k);
	if (k == NULL)
		return NULL;
	*k = (struct kin){.paths = paths, .count = count, .inputs = calloc(count ? count : 1, sizeof *k->inputs)};
	if (k->inputs)
		return k;
	free(k);
	return NULL;
}

void kin_free(struct kin *k)
{
	if (k == NULL)
		return;
	for (size_t i = 0; i < k->count; i++) {
		free(k->inputs[i].all.at);
		free(k->inputs[i].begun.at);
	}
	free(k->inputs);
	free(k);
}

/* ---- the set ---- */

static uint64_t *place_of(const struct set *s, uint64_t key)
{
	size_t at = (size_t)((key * 0x9e3779b97f4a7c15u) >> 32) & (s->room - 1);
	while (s->at[at] != 0 && s->at[at] != key)
		at = (at + 1) & (s->room - 1);
	return &s->at[at];
}

static bool has(const struct set *s, uint64_t key)
{
	return s->room > 0 && *place_of(s, key) == key;
}

static int widen(struct set *s, struct err *e)
{
	struct set wide = {.count = s->count, .room = s->room ? s->room * 2 : 64};
	wide.at = calloc(wide.room, sizeof *wide.at);
	if (wide.at == NULL)
		return err_memory(e, wide.room * sizeof *wide.at, "the sessions of a volume");
	for (size_t i = 0; i < s->room; i++) {
		if (s->at[i] != 0)
			*place_of(&wide, s->at[i]) = s->at[i];
	}
	free(s->at);
	*s = wide;
	return 0;
}

static int add(struct set *s, uint64_t key, struct err *e)
{
	int rc = s->count * 2 >= s->room ? widen(s, e) : 0;
	if (rc != 0)
		return rc;
	*place_of(s, key) = key;
	s->count++;
	return 0;
}

/* file_index: that of the block's first record of the session; 0 where it cannot be read. */
static int see(struct sessions *s, uint32_t id, uint32_t time, int32_t file_index, struct err *e)
{
	uint64_t key = (uint64_t)time << 32 | id;
	if (key == 0 || has(&s->all, key))
		return 0;
	int rc = add(&s->all, key, e);
	return rc == 0 && file_index == LABEL_SESSION_START ? add(&s->begun, key, e) : rc;
}

/* ---- looking at an input ---- */

/* Block headers say whose a block is, but for BB01, where every record does, and for labels, where they say nothing. */
static int add_block(struct sessions *s, const struct source_item *b, struct err *e)
{
	struct span label;
	if (b->event != SOURCE_BLOCK || source_begins_volume(b, &label))
		return 0;
	struct rd rest = block_records(b->data, b->header.len, b->header.version);
	struct record_header h = {0};
	struct span part;
	if (b->header.version > 1) {
		bool readable = !b->verdict.encrypted && record_next(&rest, b->header.version, &h, &part);
		return see(s, b->header.session_id, b->header.session_time, readable ? h.file_index : 0, e);
	}
	int rc = 0;
	while (rc == 0 && record_next(&rest, b->header.version, &h, &part))
		rc = see(s, h.session_id, h.session_time, h.file_index, e);
	return rc;
}

/* Whatever stands between the blocks: as the reader sees them.  What cannot be read may hold the rest of a job. */
static int read_through(struct sessions *s, struct medium_input *in, struct err *e)
{
	struct buf_pool *pool = buf_pool_new(0);
	struct source *source = pool ? source_new(pool, in, NULL, NULL) : NULL;
	struct source_item b;
	struct err unread = {0};
	int rc = source ? 0 : err_memory(e, 0, "looking ahead");
	while (rc == 0 && !s->later) {
		s->later = source_next(source, &b, &unread) != 0;
		if (s->later || b.event == SOURCE_END)
			break;
		rc = add_block(s, &b, e);
	}
	source_free(source);
	buf_pool_free(pool);
	return rc;
}

/* FileIndex of the first record of the block that begins with the n bytes at head; 0 where it cannot be read. */
static int32_t first_index(const uint8_t *head, size_t n, const struct block_header *block)
{
	struct rd r = rd_over(head, n);
	struct record_header h;
	rd_bytes(&r, block_header_bytes(block->version));
	record_header_read(&r, block->version, &h);
	return r.bad || block_is_encrypted(block) ? 0 : h.file_index;
}

/* From header to header.  *whole: they tile the file, so that all was seen. */
static int walk(struct sessions *s, const struct medium_input *in, bool *whole, struct err *e)
{
	uint64_t at = 0;
	int rc = 0;
	while (rc == 0 && at < in->size) {
		uint8_t head[BLOCK_HEADER_MAX_BYTES + RECORD_HEADER_MAX_BYTES];
		struct block_header h;
		struct err unread = {0};
		size_t n;
		bool header = in->medium->read_at(in, at, head, sizeof head, &n, &unread) == 0 && n >= BLOCK_PROBE_BYTES &&
			      block_header_read(head, n, &h) && h.version > 1;
		if (!header || h.len > in->size - at)
			return 0;
		int32_t index = first_index(head, n, &h);
		rc = label_is_volume(index) ? 0 : see(s, h.session_id, h.session_time, index, e);
		at += h.len;
	}
	*whole = rc == 0;
	return rc;
}

/* A folder that is no volume, or lacks what it cannot be read without: there are descriptors enough for all of one. */
static bool is_bad_folder(const char *path)
{
	int spare[FOLDER_DESCRIPTORS];
	size_t n = 0;
	while (n < FOLDER_DESCRIPTORS && (spare[n] = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0)
		n++;
	for (size_t i = 0; i < n; i++)
		close(spare[i]);
	return n == FOLDER_DESCRIPTORS;
}

/* One that may not be read holds nothing for others, and is told of in its turn.  Where it is we who cannot (too many files are open), it
 * may hold the rest of a job. */
static int not_opened(struct sessions *s, const char *path, const struct err *why, struct err *e)
{
	if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) != 0 || is_bad_folder(path))
		return 0;
	s->known = false;
	int rc = err_pass(e, why);
	err_volume(e, path);
	return rc;
}

static int look(struct kin *k, size_t i, struct err *e)
{
	struct sessions *s = &k->inputs[i];
	struct medium_input in;
	struct stat st;
	struct err unread = {0};
	if (s->known)
		return 0;
	s->known = true;
	bool rereadable = medium_rereadable(k->paths[i]);
	s->later = !rereadable && (strcmp(k->paths[i], "-") == 0 || stat(k->paths[i], &st) == 0);
	if (!rereadable)
		return 0;
	if (medium_open(&in, k->paths[i], &unread) != 0)
		return not_opened(s, k->paths[i], &unread, e);
	if (!in.rereadable) {
		s->later = true;
		medium_close(&in);
		return 0;
	}
	bool whole = false;
	int rc = walk(s, &in, &whole, e);
	if (rc == 0 && !whole)
		rc = read_through(s, &in, e);
	medium_close(&in);
	return rc;
}

/* ---- kinship ---- */

int kin_next(struct kin *k, size_t from, bool (*wanted)(const void *arg, uint32_t session_id, uint32_t session_time), const void *arg,
	     size_t *at, struct err *e)
{
	for (*at = from; *at < k->count; ++*at) {
		int rc = look(k, *at, e);
		if (rc != 0)
			return rc;
		const struct sessions *s = &k->inputs[*at];
		for (size_t i = 0; i < s->all.room; i++) {
			uint64_t key = s->all.at[i];
			if (key != 0 && !has(&s->begun, key) && wanted(arg, (uint32_t)key, (uint32_t)(key >> 32)))
				return 0;
		}
		if (s->later)
			return 0;
	}
	return 0;
}

int kin_has(struct kin *k, size_t besides, uint32_t session_id, uint32_t session_time, bool *there, struct err *e)
{
	*there = false;
	for (size_t i = 0; !*there && i < k->count; i++) {
		int rc = i == besides ? 0 : look(k, i, e);
		if (rc != 0)
			return rc;
		const struct sessions *s = &k->inputs[i];
		*there = i != besides && (s->later || has(&s->all, (uint64_t)session_time << 32 | session_id));
	}
	return 0;
}

struct range {
	const struct kin *k;
	size_t first, end;
};

static bool in_range(const void *arg, uint32_t session_id, uint32_t session_time)
{
	const struct range *r = arg;
	for (size_t i = r->first; i < r->end; i++) {
		if (has(&r->k->inputs[i].all, (uint64_t)session_time << 32 | session_id))
			return true;
	}
	return false;
}

int kin_end(struct kin *k, size_t first, size_t last, size_t *end, struct err *e)
{
	struct range r = {k, first, last + 1};
	int rc = 0;
	for (size_t i = first; rc == 0 && i <= last; i++)
		rc = look(k, i, e);
	while (rc == 0 && r.end < k->count) {
		size_t next;
		rc = kin_next(k, r.end, in_range, &r, &next, e);
		if (rc != 0 || next == k->count)
			break;
		r.end = next + 1;
	}
	*end = r.end;
	return rc;
}
