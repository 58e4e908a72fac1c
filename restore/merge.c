/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each name is a node, below that of its folder; each attributes record a version of one.  The jobs are gone through from the oldest to the
 * newest, and each record changes what its node's winner is. */
#include "restore/merge.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define FIRST_SLOTS 1024u
#define NONE UINT32_MAX

struct node {
	uint64_t high, low; /* of the names of its folders and its own */
	uint32_t parent;    /* a node with a lower number; that of the top is itself */
};

enum { VERSION_UPDATE = 1, VERSION_CHOSEN = 2, VERSION_IN = 4 };

struct version {
	uint32_t node;
	int32_t file_index;
	uint64_t size;
	int64_t mtime;
	uint32_t link; /* of a hard link: the node of its first name */
	uint32_t note; /* NONE: nothing else is kept of it */
	uint32_t as;   /* the version of the same job under whose name it is wanted; NONE: its own */
	uint16_t type;
	uint8_t flags;
};

/* What few versions have. */
struct note {
	char *name; /* of a hard link */
	struct merge_update *own;
	const struct merge_update *later;
};

struct place {
	uint32_t node, at;
};

struct merge_job {
	struct version *versions;
	size_t count, room;
	struct place *by_node; /* where the versions of a node are, while links are followed; NULL: not sorted yet */
	struct merge_share share;
};

/* A version. */
struct ref {
	uint32_t job, at;
};

/* What counts of a node so far. */
struct standing {
	struct ref winner; /* at NONE: there is none */
	struct ref update;
	int32_t rank;   /* of the winner, or of what removed it; -1: nothing of this name was seen */
	int32_t there;  /* the newest rank at which it was there, */
	int32_t file;   /* and as something else than a folder; -1: never */
	int32_t shadow; /* the newest one at which one of its folders was none, */
	int32_t below;  /* and at which something below it was there */
	bool from_base; /* the winner is that of a base job */
};

struct merge {
	uint64_t seed, used, limit; /* bytes */
	struct node *nodes;
	size_t node_count, node_room;
	uint32_t *slots; /* NONE: free */
	size_t slot_count;
	struct merge_job *jobs;
	size_t job_count;
	struct note *notes;
	size_t note_count, note_room;
	struct standing *standings;
};

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
	while (m->slots[i] != NONE && (m->nodes[m->slots[i]].low != low || m->nodes[m->slots[i]].high != high))
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
	struct node *nodes = rc == 0 && m->node_count < NONE ? array_reach(m->nodes, &m->node_room, m->node_count, sizeof n) : NULL;
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
	if (m->slots[slot] == NONE)
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

static struct note *add_note(struct merge *m, struct version *v, struct err *e)
{
	if (v->note != NONE)
		return &m->notes[v->note];
	struct note *notes = m->note_count < NONE ? array_reach(m->notes, &m->note_room, m->note_count, sizeof *notes) : NULL;
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
	struct note *note = rc == 0 ? add_note(m, v, e) : NULL;
	if (note == NULL)
		return e->code;
	note->name = strdup(stat->name);
	return note->name ? take_memory(m, sizeof *note + strlen(stat->name), e) : err_memory(e, strlen(stat->name), "the name of a link");
}

static int keep_update(struct merge *m, struct version *v, const struct filestat *stat, struct merge_update **kept, struct err *e)
{
	struct note *note = add_note(m, v, e);
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
		.link = NONE,
		.note = NONE,
		.as = NONE,
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
	struct version *versions = j->count < NONE ? array_reach(j->versions, &j->room, j->count, sizeof v) : NULL;
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

/* ---- which one counts ---- */

static struct version *version_at(const struct merge *m, struct ref r)
{
	return &m->jobs[r.job].versions[r.at];
}

static bool is_folder(unsigned type)
{
	return type == FILESTAT_FOLDER || type == FILESTAT_UNREAD_FOLDER;
}

/* Has it no content, so that its attributes are all of it? */
static bool is_bare(unsigned type)
{
	return is_folder(type) || type == FILESTAT_SYMLINK || type == FILESTAT_SPECIAL;
}

static void apply_mark(struct merge_job *j, struct standing *s, int32_t rank)
{
	j->share.marks++;
	j->share.unmet_marks += s->rank < 0;
	/* A file in the place of a folder, or the other way round: both have this name here, and what is there is there. */
	if (s->rank == rank && s->winner.at != NONE)
		return;
	s->winner.at = s->update.at = NONE;
	s->rank = rank;
}

static void apply(struct merge *m, struct ref r, int32_t rank)
{
	const struct version *v = version_at(m, r);
	struct standing *s = &m->standings[v->node];
	if (v->type == FILESTAT_DELETED) {
		apply_mark(&m->jobs[r.job], s, rank);
		return;
	}
	s->there = rank;
	s->file = is_folder(v->type) ? s->file : rank;
	bool update = (v->flags & VERSION_UPDATE) && !is_bare(v->type);
	if (update && s->winner.at != NONE) {
		s->update = r;
		return;
	}
	s->winner = r;
	s->update.at = NONE;
	s->rank = rank;
}

/* The content of what a job has in a base job only: the newest that has this name, size and time. */
static void apply_base(struct merge *m, const size_t *bases, size_t count)
{
	for (size_t b = 0; b < count; b++) {
		uint32_t job = (uint32_t)bases[b];
		for (uint32_t i = 0; job < m->job_count && i < m->jobs[job].count; i++) {
			const struct version *v = &m->jobs[job].versions[i];
			struct standing *s = &m->standings[v->node];
			if (s->winner.at == NONE || v->type == FILESTAT_DELETED || v->type == FILESTAT_BASE || is_folder(v->type))
				continue;
			/* That of an older base job may stand there by now. */
			const struct version *w = version_at(m, s->winner);
			if ((w->type != FILESTAT_BASE && !s->from_base) || v->size != w->size || v->mtime != w->mtime)
				continue;
			s->winner = (struct ref){job, i};
			s->from_base = true;
		}
	}
}

static int32_t newer(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

/* What lay below a name that a newer job had as a file is gone, whatever that name became since; and so is a file below which a newer job
 * had something.  A node stands behind that of its folder. */
static void apply_shadows(struct merge *m)
{
	for (size_t i = 1; i < m->node_count; i++) {
		const struct standing *above = &m->standings[m->nodes[i].parent];
		m->standings[i].shadow = newer(above->shadow, above->file);
	}
	for (size_t i = m->node_count; i-- > 1;) {
		struct standing *s = &m->standings[i];
		struct standing *above = &m->standings[m->nodes[i].parent];
		bool gone = s->there < s->shadow || (s->file == s->there && s->there < s->below);
		above->below = newer(above->below, newer(s->below, s->there));
		if (s->winner.at == NONE || !gone)
			continue;
		m->jobs[s->winner.job].share.replaced++;
		s->winner.at = NONE;
	}
}

/* ---- hard links ---- */

static int by_node(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static int sort_by_node(struct merge_job *j, struct err *e)
{
	j->by_node = malloc(j->count * sizeof *j->by_node);
	if (j->by_node == NULL)
		return err_memory(e, j->count * sizeof *j->by_node, "the links of a job");
	for (size_t i = 0; i < j->count; i++)
		j->by_node[i] = (struct place){j->versions[i].node, (uint32_t)i};
	qsort(j->by_node, j->count, sizeof *j->by_node, by_node);
	return 0;
}

static bool has_content(const struct version *v)
{
	return v->type != FILESTAT_HARD_LINK && v->type != FILESTAT_DELETED && v->type != FILESTAT_BASE && !(v->flags & VERSION_UPDATE) &&
	       !is_folder(v->type);
}

/* The last version of this node in the job that has content; at NONE if there is none. */
static struct ref find_content(const struct merge *m, uint32_t job, uint32_t node)
{
	const struct merge_job *j = &m->jobs[job];
	struct ref found = {job, NONE};
	size_t low = 0, high = j->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (j->by_node[mid].node < node)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < j->count && j->by_node[low].node == node; low++) {
		if (has_content(&j->versions[j->by_node[low].at]))
			found.at = j->by_node[low].at;
	}
	return found;
}

static bool is_wanted(const struct merge *m, struct ref r)
{
	const struct version *v = version_at(m, r);
	const struct ref w = m->standings[v->node].winner;
	return w.at == r.at && w.job == r.job && (v->flags & VERSION_CHOSEN);
}

static int note_later(struct merge *m, struct version *v, struct ref update, struct err *e)
{
	if (update.at == NONE)
		return 0;
	struct note *note = add_note(m, v, e);
	if (note == NULL)
		return e->code;
	note->later = m->notes[version_at(m, update)->note].own;
	m->jobs[update.job].share.updates++;
	return 0;
}

/* A further name of something.  Where its first name stays what it was, it is a link to that; where it does not, the content gets this
 * name instead, and further ones lead to it. */
static int settle_link(struct merge *m, const struct standing *s, struct err *e)
{
	struct version *v = version_at(m, s->winner);
	struct merge_job *j = &m->jobs[s->winner.job];
	int rc = j->by_node == NULL ? sort_by_node(j, e) : 0;
	if (rc != 0)
		return rc;
	struct ref first = find_content(m, s->winner.job, v->link);
	struct version *content = first.at != NONE ? version_at(m, first) : NULL;
	if (content == NULL || is_wanted(m, first) || content->as != NONE) {
		v->flags |= VERSION_IN;
		return 0;
	}
	content->as = s->winner.at;
	content->flags |= VERSION_IN;
	return note_later(m, content, s->update, e);
}

static void count(struct merge *m, const struct standing *s)
{
	const struct version *v = version_at(m, s->winner);
	struct merge_share *share = &m->jobs[s->winner.job].share;
	bool content = v->type == FILESTAT_FILE || v->type == FILESTAT_EMPTY;
	share->files += !is_folder(v->type);
	share->folders += is_folder(v->type);
	share->bytes += content ? v->size : 0;
	share->orphans += v->type == FILESTAT_BASE || ((v->flags & VERSION_UPDATE) && !is_bare(v->type));
}

static int settle(struct merge *m, const struct standing *s, struct err *e)
{
	struct version *v = version_at(m, s->winner);
	if (!(v->flags & VERSION_CHOSEN))
		return 0;
	count(m, s);
	if (v->type == FILESTAT_HARD_LINK)
		return settle_link(m, s, e);
	v->flags |= VERSION_IN;
	return note_later(m, v, s->update, e);
}

/* ---- the whole ---- */

/* So they come, but for damage. */
static int by_index(const void *a, const void *b)
{
	const struct version *x = a, *y = b;
	return x->file_index < y->file_index ? -1 : x->file_index > y->file_index;
}

static void sort_by_index(struct merge_job *j)
{
	bool ascending = true;
	for (size_t i = 1; i < j->count; i++)
		ascending = ascending && j->versions[i - 1].file_index <= j->versions[i].file_index;
	if (!ascending)
		qsort(j->versions, j->count, sizeof *j->versions, by_index);
}

int merge_decide(struct merge *m, const size_t *order, size_t count, size_t bases, struct err *e)
{
	m->standings = malloc((m->node_count + 1) * sizeof *m->standings);
	if (m->standings == NULL)
		return err_memory(e, m->node_count * sizeof *m->standings, "the names of files");
	for (size_t i = 0; i < m->node_count; i++)
		m->standings[i] = (struct standing){
			.winner.at = NONE, .update.at = NONE, .rank = -1, .there = -1, .file = -1, .shadow = -1, .below = -1};
	for (size_t i = 0; i < count; i++) {
		if (order[i] < m->job_count)
			sort_by_index(&m->jobs[order[i]]);
	}
	for (size_t i = bases; i < count; i++) {
		for (size_t k = 0; order[i] < m->job_count && k < m->jobs[order[i]].count; k++)
			apply(m, (struct ref){(uint32_t)order[i], (uint32_t)k}, (int32_t)i);
	}
	apply_base(m, order, bases);
	apply_shadows(m);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < m->node_count; i++)
		rc = m->standings[i].winner.at != NONE ? settle(m, &m->standings[i], e) : 0;
	free(m->standings);
	m->standings = NULL;
	return rc;
}

struct merge_verdict merge_verdict(const struct merge *m, size_t job, int32_t file_index)
{
	const struct version key = {.file_index = file_index};
	const struct merge_job *j = job < m->job_count ? &m->jobs[job] : NULL;
	const struct version *v = j && j->count > 0 ? bsearch(&key, j->versions, j->count, sizeof key, by_index) : NULL;
	struct merge_verdict verdict = {.fate = v == NULL ? MERGE_UNKNOWN : v->flags & VERSION_IN ? MERGE_IN : MERGE_OUT};
	if (verdict.fate == MERGE_IN && v->as != NONE)
		verdict.name = m->notes[j->versions[v->as].note].name;
	if (verdict.fate == MERGE_IN && v->note != NONE)
		verdict.update = m->notes[v->note].later;
	return verdict;
}

struct merge_share merge_share(const struct merge *m, size_t job)
{
	return job < m->job_count ? m->jobs[job].share : (struct merge_share){0};
}
