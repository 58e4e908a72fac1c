/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mount/doors.h"

#include "base/array.h"
#include "mount/jobtree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BY_TIME "by-time"
#define PART_BYTES (LABEL_NAME_BYTES * 2)

struct door_job {
	int64_t id;
	uint32_t session_id, session_time;
	struct session_label label; /* of its start, or its end */
};

struct door {
	size_t job; /* index */
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
	grown[d->job_count++] = (struct door_job){
		.id = j->id, .session_id = j->session_id, .session_time = j->session_time, .label = j->begun ? j->start : j->end};
	return 0;
}

/* A foreign name as one part of a path. */
static void part_of(const char *name, char part[static PART_BYTES])
{
	snprintf(part, PART_BYTES, "%s", name[0] == '\0' ? "(none)" : strcmp(name, ".") == 0 ? "%2E" : name);
	for (char *slash = part; (slash = strchr(slash, '/')) != NULL;)
		*slash = '_';
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
	part_of(j->label.job[0] ? j->label.job : j->label.job_name, name);
	bool named = j->label.job[0] || j->label.job_name[0];
	bool taken = strcmp(name, BY_TIME) == 0 || nametree_find(d->tree, NAMETREE_ROOT, name) != NAMETREE_NONE;
	if (!named)
		snprintf(part, sizeof part, "session-%u-%u", j->session_id, j->session_time);
	else if (taken)
		snprintf(part, sizeof part, "%s@%u-%u", name, j->session_id, j->session_time);
	else
		snprintf(part, sizeof part, "%s", name);
	return hang(d, NAMETREE_ROOT, part, &(struct door){.job = index}, e);
}

static int fill(struct doors *d, struct err *e)
{
	int rc = fileindex_jobs(d->x, learn_job, d, e);
	for (size_t i = 0; rc == 0 && i < d->job_count; i++)
		rc = hang_job(d, i, e);
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
	return door == 0 || door > d->count ? 0 : d->jobs[d->doors[door - 1].job].label.time / 1000000;
}

void doors_describe(const struct doors *d, size_t door, char *text, size_t text_bytes)
{
	const struct door_job *j = &d->jobs[d->doors[door - 1].job];
	if (j->label.job[0])
		snprintf(text, text_bytes, "job %s", j->label.job);
	else
		snprintf(text, text_bytes, "session %u/%u", j->session_id, j->session_time);
}

struct nametree *doors_read(const struct doors *d, size_t door, uint64_t max_bytes, nametree_tell *tell, void *arg, struct err *e)
{
	size_t job = d->doors[door - 1].job;
	struct nametree *t = nametree_new(max_bytes, tell, arg);
	int rc = t ? jobtree_add(t, d->x, d->jobs[job].id, (uint32_t)job, false, tell, arg, e) : err_memory(e, 0, "names");
	if (rc == 0)
		return t;
	nametree_free(t);
	return NULL;
}
