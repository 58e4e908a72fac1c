/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The jobs are gone through from the oldest to the newest, and each record changes what its node's winner is. */
#include "restore/merge_inside.h"

#include <stdlib.h>

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
	if (s->rank == rank && s->winner.at != MERGE_NONE)
		return;
	s->winner.at = s->update.at = MERGE_NONE;
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
	if (update && s->winner.at != MERGE_NONE) {
		s->update = r;
		return;
	}
	s->winner = r;
	s->update.at = MERGE_NONE;
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
			if (s->winner.at == MERGE_NONE || v->type == FILESTAT_DELETED || v->type == FILESTAT_BASE || is_folder(v->type))
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
		if (s->winner.at == MERGE_NONE || !gone)
			continue;
		m->jobs[s->winner.job].share.replaced++;
		s->winner.at = MERGE_NONE;
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

/* The last version of this node in the job that has content; at MERGE_NONE if there is none. */
static struct ref find_content(const struct merge *m, uint32_t job, uint32_t node)
{
	const struct merge_job *j = &m->jobs[job];
	struct ref found = {job, MERGE_NONE};
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
	if (update.at == MERGE_NONE)
		return 0;
	struct note *note = merge_add_note(m, v, e);
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
	struct version *content = first.at != MERGE_NONE ? version_at(m, first) : NULL;
	if (content == NULL || is_wanted(m, first) || content->as != MERGE_NONE) {
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
			.winner.at = MERGE_NONE, .update.at = MERGE_NONE, .rank = -1, .there = -1, .file = -1, .shadow = -1, .below = -1};
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
		rc = m->standings[i].winner.at != MERGE_NONE ? settle(m, &m->standings[i], e) : 0;
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
	if (verdict.fate == MERGE_IN && v->as != MERGE_NONE)
		verdict.name = m->notes[j->versions[v->as].note].name;
	if (verdict.fate == MERGE_IN && v->note != MERGE_NONE)
		verdict.update = m->notes[v->note].later;
	return verdict;
}

struct merge_share merge_share(const struct merge *m, size_t job)
{
	return job < m->job_count ? m->jobs[job].share : (struct merge_share){0};
}
