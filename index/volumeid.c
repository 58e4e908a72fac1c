/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/volumeid.h"

#include "base/buf.h"
#include "volume/source.h"

#include <stdio.h>
#include <stdlib.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define BLOCK_BYTES_MOST ((uint64_t)64 << 20) /* no block is larger: a row that says so is wrong */

void volumeid_name(const struct volume_label *label, const char *path, char name[static LABEL_NAME_BYTES], int64_t *time)
{
	const char *text = label ? label->volume : path;
	size_t n = strlen(text);
	snprintf(name, LABEL_NAME_BYTES, "%s", n < LABEL_NAME_BYTES ? text : text + n - LABEL_NAME_BYTES + 1);
	*time = label ? label->label_time : 0;
}

static bool hash_of(const struct medium_input *in, uint64_t at, uint64_t n, uint64_t *hash)
{
	struct err ignored = {0};
	size_t got = 0;
	bool may = in->rereadable && in->medium->read_at && n > 0 && n <= BLOCK_BYTES_MOST;
	uint8_t *block = may ? malloc((size_t)n) : NULL;
	bool whole = block && in->medium->read_at(in, at, block, (size_t)n, &got, &ignored) == 0 && got == n;
	*hash = whole ? XXH64(block, got, 0) : 0;
	free(block);
	return whole;
}

bool volumeid_hash(const char *path, uint64_t at, uint64_t n, uint64_t *hash)
{
	struct medium_input in = MEDIUM_CLOSED;
	struct err ignored = {0};
	bool is = medium_has_ranges(path) && medium_open(&in, path, &ignored) == 0 && hash_of(&in, at, n, hash);
	medium_close(&in);
	return is;
}

/* The label that it begins with. */
static int read_label(const char *path, const struct opener_keys *keys, struct volume_label *label, bool *labelled, struct err *e)
{
	struct medium_input in = MEDIUM_CLOSED;
	struct buf_pool *pool = buf_pool_new(0);
	struct source_item block = {0};
	struct span data;
	struct err unread = {0};
	int rc = pool ? medium_open(&in, path, e) : err_memory(e, 0, "looking at a volume");
	struct source *source = rc == 0 ? source_new(pool, &in, NULL, keys) : NULL;
	if (rc == 0 && source == NULL)
		rc = err_memory(e, 0, "looking at a volume");
	/* What is wrong with it is told by who reads it. */
	if (source)
		source_expect_volume(source);
	bool read = source != NULL;
	do
		read = read && source_next(source, &block, &unread) == 0;
	while (read && block.event == SOURCE_FOREIGN);
	*labelled = read && block.event == SOURCE_BLOCK && source_begins_volume(&block, &data) && label_read_volume(data, label);
	source_free(source);
	buf_pool_free(pool);
	return rc;
}

static enum volumeid_state compare(const char *path, const struct fileindex_volume *known)
{
	struct medium_input in = MEDIUM_CLOSED;
	struct err ignored = {0};
	uint64_t hash = 0;
	if (medium_open(&in, path, &ignored) != 0)
		return VOLUMEID_GONE;
	bool fits = in.size >= known->size && hash_of(&in, known->last_at, known->last_bytes, &hash) && hash == known->last_hash;
	bool grown = in.size > known->size;
	medium_close(&in);
	return !fits ? VOLUMEID_OTHER : grown ? VOLUMEID_GROWN : VOLUMEID_SAME;
}

struct seen_there {
	const char *path;
	bool labelled; /* its label is sound, as far as can be seen by itself */
	int64_t id;    /* 0: none */
	enum volumeid_state state;
};

static int see_there(void *arg, const struct fileindex_volume *v, struct err *e)
{
	struct seen_there *t = arg;
	(void)e;
	if (t->id > 0 || strcmp(v->path, t->path) != 0 || (t->labelled && v->label_time != 0))
		return 0;
	t->state = compare(t->path, v);
	t->id = t->state == VOLUMEID_SAME || t->state == VOLUMEID_GROWN ? v->id : 0;
	return 0;
}

/* A label that is damaged, or not where it belongs, is another one for who reads all of the volume, or none. */
static int look_there(struct fileindex *x, const char *path, bool labelled, enum volumeid_state *state, struct fileindex_volume *known,
		      struct err *e)
{
	struct seen_there there = {.path = path, .labelled = labelled};
	int rc = fileindex_volumes(x, see_there, &there, e);
	if (rc != 0 || there.id == 0)
		return rc;
	*state = there.state;
	return fileindex_volume(x, there.id, known, e);
}

int volumeid_look(struct fileindex *x, const char *path, const struct opener_keys *keys, enum volumeid_state *state,
		  struct fileindex_volume *known, struct err *e)
{
	struct volume_label label = {0};
	struct err missing = {0};
	bool labelled = false;
	*known = (struct fileindex_volume){.path = ""};
	*state = VOLUMEID_NEW;
	if (strcmp(path, "-") == 0)
		return 0;
	if (medium_at(path) == NULL)
		*state = VOLUMEID_GONE;
	if (*state == VOLUMEID_GONE || !medium_has_ranges(path))
		return 0;
	if (read_label(path, keys, &label, &labelled, &missing) != 0)
		*state = VOLUMEID_GONE;
	int rc = *state == VOLUMEID_GONE
			 ? 0
			 : fileindex_volume_named(x, labelled ? label.volume : path, labelled ? label.label_time : 0, known, e);
	if (rc == 1)
		*state = compare(path, known);
	if (rc == 0 && *state == VOLUMEID_NEW)
		rc = look_there(x, path, labelled, state, known, e);
	return rc < 0 ? rc : 0;
}
