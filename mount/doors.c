/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mount/doors.h"

#include "base/array.h"
#include "base/system.h"
#include "mount/jobtree.h"
#include "restore/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BY_TIME "by-time"
#define PART_BYTES (LABEL_NAME_BYTES * 2)
#define TIME_BYTES 40u

struct door_job {
	int64_t id;
	uint32_t session_id, session_time;
	struct chain_job chain; /* its label is that of its start, or its end */
	int64_t time;           /* of the state that it saved, seconds since 1970 */
};

struct door {
	size_t job;  /* index */
	bool merged; /* the state behind it, of its client and fileset */
};

struct doors {
	struct fileindex *x;
	struct door_job *jobs;
	size_t job_count, job_cap;
	struct door *doors; /* number 1 is doors[0] */
	size_t count, cap;
	struct nametree *tree;
};

static int learn_job(void *arg, const struct fileindex_job *j, struct err *e)
{
	struct doors *d = arg;
	struct door_job *grown = array_reach(d->jobs, &d->job_cap, d->job_count, sizeof *grown);
	if (grown == NULL)
		return err_memory(e, (d->job_count + 1) * sizeof *grown, "jobs");
	d->jobs = grown;
	struct door_job *made = &grown[d->job_count++];
	*made = (struct door_job){.id = j->id, .session_id = j->session_id, .session_time = j->session_time};
	made->chain = (struct chain_job){
		.label = j->begun ? j->start : j->end,
		.begun = j->begun,
		.ended = j->ended,
		.status = j->end.status,
		.files = j->ended ? j->end.job_files : (uint32_t)j->files,
		.hurt = j->missing + j->damaged,
	};
	made->time = chain_time(&made->chain);
	return 0;
}

/* A foreign name as one part of a path. */
static void part_of(const char *name, char part[static PART_BYTES])
{
	snprintf(part, PART_BYTES, "%s", name[0] == '\0' ? "(none)" : strcmp(name, ".") == 0 ? "%2E" : name);
	for (char *slash = part; (slash = strchr(slash, '/')) != NULL;)
		*slash = '_';
}

/* As unique names of jobs have it. */
static void show_time(int64_t seconds, char text[static TIME_BYTES])
{
	struct tm tm;
	time_t t;
	if (!system_time(seconds, &t) || localtime_r(&t, &tm) == NULL || strftime(text, TIME_BYTES, "%Y-%m-%d_%H.%M.%S", &tm) == 0)
		snprintf(text, TIME_BYTES, "%lld", (long long)seconds);
}

/* A door in a folder, by this name. */
static int hang(struct doors *d, uint32_t folder, const char *name, const struct door *door, struct err *e)
{
	struct door *grown = array_reach(d->doors, &d->cap, d->count, sizeof *grown);
	if (grown == NULL)
		return err_memory(e, (d->count + 1) * sizeof *grown, "jobs");
	d->doors = grown;
	grown[d->count++] = *door;
	uint32_t node;
	return nametree_put(d->tree, folder, name, NAMETREE_FOLDER, (uint32_t)d->count, 1, &node, e);
}

/* The first of several that are called alike, which is the original of what was copied, has the name for itself; others tell their session,
 * too. */
static int hang_job(struct doors *d, size_t index, struct err *e)
{
	const struct door_job *j = &d->jobs[index];
	char name[PART_BYTES], part[PART_BYTES + 32];
	part_of(j->chain.label.job[0] ? j->chain.label.job : j->chain.label.job_name, name);
	bool named = j->chain.label.job[0] || j->chain.label.job_name[0];
	bool taken = strcmp(name, BY_TIME) == 0 || nametree_find(d->tree, NAMETREE_ROOT, name) != NAMETREE_NONE;
	if (!named)
		snprintf(part, sizeof part, "session-%u-%u", j->session_id, j->session_time);
	else if (taken)
		snprintf(part, sizeof part, "%s@%u-%u", name, j->session_id, j->session_time);
	else
		snprintf(part, sizeof part, "%s", name);
	return hang(d, NAMETREE_ROOT, part, &(struct door){.job = index}, e);
}

/* ---- states of filesets ---- */

static bool same_pair(const struct door_job *a, const struct door_job *b)
{
	return strcmp(a->chain.label.client, b->chain.label.client) == 0 && strcmp(a->chain.label.fileset, b->chain.label.fileset) == 0;
}

static bool is_backup(const struct door_job *j)
{
	const struct chain_job *c = &j->chain;
	bool well = c->status == 0 || c->status == 'T' || c->status == 'W';
	return c->ended && well && c->label.client[0] && (c->label.type == 'B' || c->label.type == 'C') && c->label.level != 'B';
}

/* Is there anything to begin with? */
static bool has_full(const struct doors *d, const struct door_job *j)
{
	for (size_t i = 0; i < d->job_count; i++) {
		const struct door_job *other = &d->jobs[i];
		bool full = other->chain.label.level == 'F' || other->chain.label.level == 'f';
		if (full && is_backup(other) && other->time <= j->time && same_pair(other, j))
			return true;
	}
	return false;
}

/* The folder in a folder that is called so, made if it is not there. */
static int folder_in(struct doors *d, uint32_t above, const char *name, uint32_t *folder, struct err *e)
{
	char part[PART_BYTES];
	part_of(name, part);
	return nametree_put(d->tree, above, part, NAMETREE_FOLDER, 0, 0, folder, e);
}

static int hang_state(struct doors *d, size_t index, struct err *e)
{
	const struct door_job *j = &d->jobs[index];
	char time[TIME_BYTES];
	uint32_t folder = NAMETREE_NONE;
	if (!is_backup(j) || !has_full(d, j))
		return 0;
	show_time(j->time, time);
	int rc = folder_in(d, NAMETREE_ROOT, BY_TIME, &folder, e);
	if (rc == 0)
		rc = folder_in(d, folder, j->chain.label.client, &folder, e);
	if (rc == 0)
		rc = folder_in(d, folder, j->chain.label.fileset, &folder, e);
	/* Copies of a job, and others of that second: the state is one. */
	if (rc != 0 || nametree_find(d->tree, folder, time) != NAMETREE_NONE)
		return rc;
	return hang(d, folder, time, &(struct door){.job = index, .merged = true}, e);
}

static int fill(struct doors *d, struct err *e)
{
	int rc = fileindex_jobs(d->x, learn_job, d, e);
	for (size_t i = 0; rc == 0 && i < d->job_count; i++)
		rc = hang_job(d, i, e);
	for (size_t i = 0; rc == 0 && i < d->job_count; i++)
		rc = hang_state(d, i, e);
	return rc;
}

struct doors *doors_new(struct fileindex *x, uint64_t max_memory, nametree_tell *tell, void *arg, struct err *e)
{
	struct doors *d = calloc(1, sizeof *d);
	if (d) {
		d->x = x;
		d->tree = nametree_new(max_memory, tell, arg);
	}
	if (d == NULL || d->tree == NULL)
		err_memory(e, 0, "jobs");
	else if (fill(d, e) == 0)
		return d;
	doors_free(d);
	return NULL;
}

void doors_free(struct doors *d)
{
	if (d == NULL)
		return;
	nametree_free(d->tree);
	free(d->doors);
	free(d->jobs);
	free(d);
}

size_t doors_jobs(const struct doors *d)
{
	return d->job_count;
}

size_t doors_count(const struct doors *d)
{
	return d->count;
}

struct nametree *doors_tree(const struct doors *d)
{
	return d->tree;
}

int64_t doors_job_id(const struct doors *d, uint32_t row)
{
	return row < d->job_count ? d->jobs[row].id : 0;
}

int64_t doors_time(const struct doors *d, size_t door)
{
	return door == 0 || door > d->count ? 0 : d->jobs[d->doors[door - 1].job].time;
}

void doors_describe(const struct doors *d, size_t door, char *text, size_t text_bytes)
{
	const struct door_job *j = &d->jobs[d->doors[door - 1].job];
	char time[TIME_BYTES];
	show_time(j->time, time);
	if (d->doors[door - 1].merged)
		snprintf(text, text_bytes, "%s %s as of %s", j->chain.label.client, j->chain.label.fileset, time);
	else if (j->chain.label.job[0])
		snprintf(text, text_bytes, "job %s", j->chain.label.job);
	else
		snprintf(text, text_bytes, "session %u/%u", j->session_id, j->session_time);
}

/* ---- what is behind a door ---- */

/* The jobs of the door's client and fileset, as chain_choose wants them; *rows: which they are. */
static size_t gather(const struct doors *d, const struct door_job *of, struct chain_job *jobs, uint32_t *rows)
{
	size_t count = 0;
	for (size_t i = 0; i < d->job_count; i++) {
		if (!same_pair(&d->jobs[i], of))
			continue;
		jobs[count] = d->jobs[i].chain;
		rows[count++] = (uint32_t)i;
	}
	return count;
}

/* Base jobs come first: they give what others name as unchanged, and nothing else. */
static int add_chain(const struct doors *d, const struct chain *c, const uint32_t *rows, struct jobtree *to, uint64_t max_bytes,
		     struct err *e)
{
	struct jobtree bases = *to;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < c->count; i++) {
		bool base = c->picks[c->order[i]].role == CHAIN_BASE;
		if (base && to->bases == NULL)
			to->bases = bases.tree = nametree_new(max_bytes, to->tell, to->arg);
		if (base && to->bases == NULL)
			return err_memory(e, 0, "names");
		uint32_t row = rows[c->order[i]];
		rc = jobtree_add(base ? &bases : to, d->jobs[row].id, row, e);
	}
	nametree_free(to->bases);
	to->bases = NULL;
	return rc;
}

static int add_state(const struct doors *d, const struct door_job *j, struct jobtree *to, uint64_t max_bytes, struct err *e)
{
	struct chain chain = {0};
	struct chain_job *jobs = calloc(d->job_count, sizeof *jobs);
	uint32_t *rows = calloc(d->job_count, sizeof *rows);
	const struct chain_wish wish = {.client = j->chain.label.client, .fileset = j->chain.label.fileset, .time = j->time};
	int rc = jobs && rows ? 0 : err_memory(e, d->job_count * sizeof *jobs, "jobs");
	if (rc == 0)
		rc = chain_choose(&chain, jobs, gather(d, j, jobs, rows), &wish, e);
	if (rc == 0)
		rc = add_chain(d, &chain, rows, to, max_bytes, e);
	chain_free(&chain);
	free(jobs);
	free(rows);
	return rc;
}

struct nametree *doors_read(const struct doors *d, size_t door, uint64_t max_bytes, nametree_tell *tell, void *arg, struct err *e)
{
	const struct door *at = &d->doors[door - 1];
	const struct door_job *j = &d->jobs[at->job];
	struct jobtree to = {.tree = nametree_new(max_bytes, tell, arg), .index = d->x, .merged = at->merged, .tell = tell, .arg = arg};
	int rc = to.tree ? 0 : err_memory(e, 0, "names");
	if (rc == 0)
		rc = at->merged ? add_state(d, j, &to, max_bytes, e) : jobtree_add(&to, j->id, (uint32_t)at->job, e);
	if (rc == 0)
		return to.tree;
	nametree_free(to.tree);
	return NULL;
}
