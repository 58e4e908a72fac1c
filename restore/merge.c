/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each name is a node, below that of its folder; each attributes record a version of one. */
#include "restore/merge_inside.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define FIRST_SLOTS 1024u

struct merge *merge_new(uint64_t max_bytes)
{
	struct merge *m = calloc(1, sizeof *m);
	if (m == NULL)
		return NULL;
	m->limit = max_bytes;
	if (getrandom(&m->seed, sizeof m->seed, 0) != (ssize_t)sizeof m->seed)
		m->seed = 1;
	return m;
}

static void free_update(struct merge_update *u)
{
	if (u == NULL)
		return;
	for (size_t i = 0; i < u->extra_count; i++)
		free((void *)(uintptr_t)u->extras[i].data.data);
	free(u);
}

void merge_free(struct merge *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->note_count; i++) {
		free(m->notes[i].name);
		free_update(m->notes[i].own);
	}
	for (size_t i = 0; i < m->job_count; i++) {
		free(m->jobs[i].versions);
		free(m->jobs[i].by_node);
	}
	free(m->jobs);
	free(m->notes);
	free(m->nodes);
	free(m->slots);
	free(m->standings);
	free(m);
}

static int take_memory(struct merge *m, uint64_t bytes, struct err *e)
{
	m->used += bytes;
	if (m->used <= m->limit)
		return 0;
	return err_set(e, XE_FAILED, "the names of all jobs need more than %llu bytes; --max-memory raises that",
		       (unsigned long long)m->limit);
}

/* ---- names ---- */

/* Where it is, or would be. */
static size_t slot_of(const struct merge *m, uint64_t high, uint64_t low)
{
	size_t i = (size_t)low & (m->slot_count - 1);
	while (m->slots[i] != MERGE_NONE && (m->nodes[m->slots[i]].low != low || m->nodes[m->slots[i]].high != high))
		i = (i + 1) & (m->slot_count - 1);
	return i;
}

static int widen(struct merge *m, struct err *e)
{
	size_t count = m->slot_count ? m->slot_count * 2 : FIRST_SLOTS;
	uint32_t *slots = malloc(count * sizeof *slots);
	if (slots == NULL)
		return err_memory(e, count * sizeof *slots, "the names of files");
	memset(slots, 0xff, count * sizeof *slots);
	free(m->slots);
	m->slots = slots;
	m->slot_count = count;
	for (size_t i = 0; i < m->node_count; i++)
		m->slots[slot_of(m, m->nodes[i].high, m->nodes[i].low)] = (uint32_t)i;
	return take_memory(m, count / 2 * sizeof *slots, e);
}

static int add_node(struct merge *m, struct node n, uint32_t *at, struct err *e)
{
	int rc = m->node_count >= m->slot_count / 2 ? widen(m, e) : 0;
	struct node *nodes = rc == 0 && m->node_count < MERGE_NONE ? array_reach(m->nodes, &m->node_room, m->node_count, sizeof n) : NULL;
	if (nodes == NULL)
		return rc != 0 ? rc : err_memory(e, m->node_count * sizeof n, "the names of files");
	m->nodes = nodes;
	*at = (uint32_t)m->node_count;
	m->nodes[m->node_count++] = n;
	m->slots[slot_of(m, n.high, n.low)] = *at;
	return take_memory(m, sizeof n + sizeof(struct standing), e);
}

/* The node of one component below another node. */
static int step(struct merge *m, uint32_t *at, const char *name, size_t n, struct err *e)
{
	const struct node *parent = &m->nodes[*at];
	XXH128_hash_t own = XXH3_128bits_withSeed(name, n, m->seed);
	const uint64_t both[4] = {parent->high, parent->low, own.high64, own.low64};
	XXH128_hash_t h = XXH3_128bits_withSeed(both, sizeof both, m->seed);
	size_t slot = slot_of(m, h.high64, h.low64);
	if (m->slots[slot] == MERGE_NONE)
		return add_node(m, (struct node){h.high64, h.low64, *at}, at, e);
	*at = m->slots[slot];
	return 0;
}

/* Of a name as path_below (restore/path.h) sees it: slashes at its end, empty components and "." are none. */
static int find_node(struct merge *m, const char *name, uint32_t *at, struct err *e)
{
	int rc = m->node_count == 0 ? add_node(m, (struct node){0}, at, e) : 0;
	*at = 0;
	while (rc == 0 && *name) {
		size_t n = strcspn(name, "/");
		if (n > 0 && !(n == 1 && name[0] == '.'))
			rc = step(m, at, name, n, e);
		name += n + (name[n] == '/');
	}
	return rc;
}

/* ---- versions ---- */

struct note *merge_add_note(struct merge *m, struct version *v, struct err *e)
{
	if (v->note != MERGE_NONE)
		return &m->notes[v->note];
	struct note *notes = m->note_count < MERGE_NONE ? array_reach(m->notes, &m->note_room, m->note_count, sizeof *notes) : NULL;
	if (notes == NULL) {
		err_memory(e, m->note_count * sizeof *notes, "notes of files");
		return NULL;
	}
	m->notes = notes;
	v->note = (uint32_t)m->note_count;
	return &m->notes[m->note_count++];
}

static int keep_link(struct merge *m, struct version *v, const struct filestat *stat, struct err *e)
{
	int rc = find_node(m, stat->link, &v->link, e);
	struct note *note = rc == 0 ? merge_add_note(m, v, e) : NULL;
	if (note == NULL)
		return e->code;
	note->name = strdup(stat->name);
	return note->name ? take_memory(m, sizeof *note + strlen(stat->name), e) : err_memory(e, strlen(stat->name), "the name of a link");
}

static int keep_update(struct merge *m, struct version *v, const struct filestat *stat, struct merge_update **kept, struct err *e)
{
	struct note *note = merge_add_note(m, v, e);
	if (note == NULL)
		return e->code;
	*kept = note->own = calloc(1, sizeof *note->own);
	if (*kept == NULL)
		return err_memory(e, sizeof **kept, "an update of attributes");
	**kept = (struct merge_update){.mode = stat->mode, .uid = stat->uid, .gid = stat->gid, .atime = stat->atime, .mtime = stat->mtime};
	return take_memory(m, sizeof *note + sizeof **kept, e);
}

int merge_add(struct merge *m, const struct merge_file *file, struct merge_update **update, struct err *e)
{
	struct version v = {
		.file_index = file->file_index,
		.size = file->stat->size,
		.mtime = file->stat->mtime,
		.link = MERGE_NONE,
		.note = MERGE_NONE,
		.as = MERGE_NONE,
		.type = (uint16_t)file->stat->type,
		.flags = (uint8_t)((file->update ? VERSION_UPDATE : 0) | (file->chosen ? VERSION_CHOSEN : 0)),
	};
	*update = NULL;
	struct merge_job *jobs = array_reach(m->jobs, &m->job_count, file->job, sizeof *jobs);
	if (jobs == NULL)
		return err_memory(e, file->job * sizeof *jobs, "jobs");
	m->jobs = jobs;
	struct merge_job *j = &m->jobs[file->job];
	int rc = find_node(m, file->stat->name, &v.node, e);
	if (rc == 0 && file->update)
		rc = keep_update(m, &v, file->stat, update, e);
	else if (rc == 0 && v.type == FILESTAT_HARD_LINK)
		rc = keep_link(m, &v, file->stat, e);
	if (rc != 0)
		return rc;
	struct version *versions = j->count < MERGE_NONE ? array_reach(j->versions, &j->room, j->count, sizeof v) : NULL;
	if (versions == NULL)
		return err_memory(e, j->count * sizeof v, "the files of a job");
	j->versions = versions;
	j->versions[j->count++] = v;
	return take_memory(m, sizeof v, e);
}

static int copy(struct merge *m, struct span data, struct span *kept, struct err *e)
{
	uint8_t *own = malloc(data.len ? data.len : 1);
	if (own == NULL)
		return err_memory(e, data.len, "an update of attributes");
	if (data.len > 0)
		memcpy(own, data.data, data.len);
	*kept = (struct span){own, data.len};
	return take_memory(m, data.len, e);
}

int merge_keep_extra(struct merge *m, struct merge_update *update, uint32_t stream, struct span data, struct err *e)
{
	if (update->extra_count == EXTRA_MAX)
		return 0;
	struct extra *x = &update->extras[update->extra_count++];
	x->stream = stream;
	return copy(m, data, &x->data, e);
}
