/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/manyproofs.h"

#include "medium/medium.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int64_t manyproofs_clock(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec < 0 ? 0 : (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- the volumes ---- */

/* The same from wherever it is called; of what is not there as well as can be told. */
static char *absolute(const char *path)
{
	char here[PATH_MAX], *key = realpath(path, NULL);
	if (key || errno == ENOMEM)
		return key;
	bool all = path[0] == '/' || getcwd(here, sizeof here) == NULL;
	return asprintf(&key, "%s%s%s", all ? "" : here, all ? "" : "/", path) < 0 ? NULL : key;
}

static void look(struct manyproofs_volume *v, const char *path)
{
	v->there = standing_look(path, &v->standing);
	standing_time(&v->standing.mtime, v->mtime);
}

int manyproofs_begin(struct manyproofs *m, struct proofstate *state, const struct batchunits *units, size_t count, struct err *e)
{
	*m = (struct manyproofs){.state = state, .units = units, .now = manyproofs_clock()};
	m->volumes = calloc(count + 1, sizeof *m->volumes);
	for (size_t i = 0; m->volumes && i < count; i++, m->count++) {
		if ((m->volumes[i].key = absolute(units->paths[i])) == NULL)
			break;
		look(&m->volumes[i], units->paths[i]);
	}
	return m->count == count && m->volumes ? 0 : err_memory(e, count * sizeof *m->volumes, "the volumes");
}

void manyproofs_free(struct manyproofs *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->volumes[i].key);
	free(m->volumes);
	*m = MANYPROOFS_NONE;
}

static size_t first_of(const struct manyproofs *m, const struct batch_unit *unit)
{
	return (size_t)(unit->paths - m->units->paths);
}

void manyproofs_look(struct manyproofs *m, const struct batch_unit *unit)
{
	struct manyproofs_volume *v = m->volumes + first_of(m, unit);
	for (size_t i = 0; i < unit->count; i++)
		look(&v[i], unit->paths[i]);
}

/* ---- what is known ---- */

static bool stands(const struct manyproofs_volume *v, const struct proofstate_row *row)
{
	return row && v->there && row->bytes == v->standing.bytes && strcmp(row->mtime, v->mtime) == 0;
}

const struct proofstate_row *manyproofs_known(const struct manyproofs *m, size_t index)
{
	const struct proofstate_row *row = proofstate_find(m->state, m->volumes[index].key);
	return stands(&m->volumes[index], row) ? row : NULL;
}

const struct proofstate_row *manyproofs_unsound(const struct manyproofs *m, size_t index)
{
	const struct proofstate_row *row = proofstate_find(m->state, m->volumes[index].key);
	return row && row->verdict != JUDGEMENT_SOUND && !manyproofs_gone(row) ? row : NULL;
}

/* A folder that is no volume any more, a pipe: nothing of the volume is there. */
bool manyproofs_gone(const struct proofstate_row *row)
{
	struct stat st;
	if (stat(row->path, &st) == 0)
		return !medium_rereadable(row->path);
	return errno == ENOENT || errno == ENOTDIR;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool lies_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);
	return strncmp(path, folder, n) == 0 && (path[n] == '/' || strcmp(folder, "/") == 0);
}

static void free_keys(char **keys)
{
	for (size_t i = 0; keys && keys[i]; i++)
		free(keys[i]);
	free(keys);
}

/* Absolute paths in order, NULL behind the last, for free_keys.  NULL without memory. */
static char **keys_of(const char *const *paths, size_t count)
{
	char **keys = calloc(count + 1, sizeof *keys);
	for (size_t i = 0; keys && i < count; i++) {
		keys[i] = absolute(paths[i]);
		if (keys[i])
			continue;
		free_keys(keys);
		return NULL;
	}
	if (keys)
		qsort(keys, count, sizeof *keys, by_text);
	return keys;
}

int manyproofs_add_known(const struct proofstate *s, const char *const *folders, size_t folder_count, struct volumelist *l, struct err *e)
{
	const size_t listed = l->count;
	if (s->count == 0)
		return 0;
	char **keys = keys_of((const char *const *)l->paths, listed), **below = keys_of(folders, folder_count);
	int rc = keys && below ? 0 : err_memory(e, 0, "the volumes");
	for (size_t i = 0; rc == 0 && i < s->count; i++) {
		const char *path = s->rows[i].path;
		bool named = false;
		for (size_t k = 0; k < folder_count; k++)
			named = named || lies_below(path, below[k]);
		if (!named || manyproofs_gone(&s->rows[i]) || bsearch(&path, keys, listed, sizeof *keys, by_text))
			continue;
		rc = volumelist_add(l, path, e);
	}
	free_keys(keys);
	free_keys(below);
	return rc;
}

/* ---- what is due ---- */

/* A clock that was wrong once must not keep a volume from its turn for years. */
static int64_t looked_at(const struct manyproofs *m, size_t index)
{
	const struct proofstate_row *row = manyproofs_known(m, index);
	return row && row->looked <= m->now ? row->looked : PROOFDUE_NEVER;
}

struct proofdue_unit manyproofs_need(const struct manyproofs *m, const struct batch_unit *unit)
{
	struct proofdue_unit need = {.bytes = unit->bytes, .looked = INT64_MAX};
	size_t first = first_of(m, unit);
	for (size_t i = first; i < first + unit->count; i++) {
		int64_t looked = looked_at(m, i);
		need.failed = need.failed || manyproofs_unsound(m, i);
		need.looked = looked < need.looked ? looked : need.looked;
	}
	return need;
}

const char *manyproofs_why(const struct manyproofs *m, const struct batch_unit *unit)
{
	bool new = false, changed = false;
	size_t first = first_of(m, unit);
	for (size_t i = first; i < first + unit->count; i++) {
		new = new || proofstate_find(m->state, m->volumes[i].key) == NULL;
		changed = changed || manyproofs_known(m, i) == NULL;
	}
	if (manyproofs_need(m, unit).failed)
		return "failed";
	return new ? "new" : changed ? "changed" : "oldest";
}

/* ---- what a proof has come to ---- */

static bool was_written(const struct manyproofs_volume *v, const char *path)
{
	struct manyproofs_volume now = {.key = NULL};
	look(&now, path);
	return v->there && (!now.there || now.standing.bytes != v->standing.bytes || strcmp(now.mtime, v->mtime) != 0);
}

/* Of damage it may be known which volumes have it; else all of them do.  What could not be told, could not of any. */
static bool is_named(const struct batch_unit *unit, const struct verifyset_input *inputs, enum judgement found)
{
	bool any = false;
	for (size_t i = 0; i < unit->count; i++)
		any = any || inputs[i].hurt;
	return any && found != JUDGEMENT_NOT_PROVED;
}

static bool has_other_bytes(const struct proofstate_row *before, const struct verifyset_input *in)
{
	return before && before->hashed && in->hashed && before->xxh64 != in->xxh64;
}

/* What is not there, or no file, is told each time, and not kept. */
static int enter(struct manyproofs *m, size_t index, enum judgement verdict, int64_t began, const struct verifyset_input *in, struct err *e)
{
	const struct manyproofs_volume *v = &m->volumes[index];
	const struct proofstate_row *before = proofstate_find(m->state, v->key), *same = manyproofs_known(m, index);
	struct proofstate_row row = {.path = v->key, .bytes = v->standing.bytes, .verdict = verdict, .looked = began, .since = began};
	if (!v->there)
		return 0;
	snprintf(row.mtime, sizeof row.mtime, "%s", v->mtime);
	if (before && before->verdict == verdict)
		row.since = before->since;
	row.hashed = verdict == JUDGEMENT_SOUND ? in->hashed : same && same->hashed;
	row.xxh64 = !row.hashed ? 0 : verdict == JUDGEMENT_SOUND ? in->xxh64 : same->xxh64;
	return proofstate_put(m->state, &row, e);
}

static enum judgement verdict_on(const struct manyproofs *m, size_t index, enum judgement found, const struct verifyset_input *in)
{
	return found == JUDGEMENT_SOUND && has_other_bytes(manyproofs_known(m, index), in) ? JUDGEMENT_OTHER_BYTES : found;
}

int manyproofs_enter(struct manyproofs *m, const struct batch_unit *unit, int64_t began, const struct verifyset_input *inputs,
		     struct manyproofs_end *end, struct err *e)
{
	size_t first = first_of(m, unit);
	int rc = 0;
	end->changed = false;
	end->other = 0;
	for (size_t i = 0; end->verdict != JUDGEMENT_SOUND && i < unit->count; i++)
		end->changed = end->changed || was_written(&m->volumes[first + i], unit->paths[i]);
	const enum judgement found = end->changed ? JUDGEMENT_NOT_PROVED : end->verdict;
	bool named = is_named(unit, inputs, found);
	end->verdict = found;
	for (size_t i = 0; rc == 0 && i < unit->count; i++) {
		enum judgement verdict = verdict_on(m, first + i, named && !inputs[i].hurt ? JUDGEMENT_SOUND : found, &inputs[i]);
		end->other += verdict == JUDGEMENT_OTHER_BYTES;
		end->verdict = verdict > end->verdict ? verdict : end->verdict;
		rc = enter(m, first + i, verdict, began, &inputs[i], e);
	}
	return rc;
}
