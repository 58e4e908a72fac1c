/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/filter_neighbours.h"

#include "base/array.h"
#include "base/msg.h"
#include "cmd/command.h"
#include "volume/neighbours.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool any(const struct filter_request *q)
{
	return q->near.before.count + q->near.after.count > 0;
}

/* ---- what was asked for ---- */

static int add(const struct command *verb, struct filter_paths *to, const char *option, const char *path)
{
	if (path[0] == '\0' || strcmp(path, "-") == 0)
		return msg_usage(verb->path, "%s: a file is wanted, or a folder that is a volume", option);
	const char **all = array_reach(to->all, &to->room, to->count, sizeof(const char *));
	if (all == NULL) {
		struct err e = {0};
		err_memory(&e, 0, "the volumes' neighbours");
		return msg_fail(&e);
	}
	to->all = all;
	all[to->count++] = path;
	return 0;
}

int filter_neighbours_before(const struct command *verb, void *place, const char *path)
{
	struct filter_request *q = place;
	return add(verb, &q->near.before, "--before", path);
}

int filter_neighbours_after(const struct command *verb, void *place, const char *path)
{
	struct filter_request *q = place;
	return add(verb, &q->near.after, "--after", path);
}

/* Of one key for all volumes: a job's blocks are numbered in each volume as if there were no other, and its tweaks would repeat. */
static bool has_one_key(const struct filter_request *q)
{
	return q->keys.new_key || (!keyoptions_new_given(&q->keys) && q->keys.key);
}

int filter_neighbours_check(const struct filter_request *q)
{
	const char *what = q->by_volume ? "--by-volume" : "--before and --after";
	if (!q->by_volume && !any(q))
		return 0;
	if (q->by_volume && any(q))
		return msg_usage("filter", "--by-volume finds the neighbours of each volume: leave out --before and --after");
	if (!q->by_volume && q->o.path_count != 1)
		return msg_usage("filter", "--before and --after go with one volume; --by-volume converts many, each by itself");
	if (q->in_place)
		return msg_usage("filter", "%s and --in-place: what becomes of a volume is made of its neighbours as they were; use -o",
				 what);
	if (q->o.repair)
		return msg_usage("filter", "%s and --repair: how a file was damaged is told by all of its job; give all volumes as one set",
				 what);
	if (q->o.cipher.encrypt && has_one_key(q))
		return msg_usage("filter",
				 "%s and --encrypt: blocks of one job would bear the same number under one key; --new-key-dir or "
				 "--new-key-command gives each volume its own",
				 what);
	return 0;
}

/* paths and count: those of first, and behind them those of then. */
static int join(const char *const *first, size_t first_count, const struct filter_paths *then, struct filter_paths *to, struct err *e)
{
	const char **all = calloc(first_count + then->count + 1, sizeof(const char *));
	if (all == NULL)
		return err_memory(e, 0, "the volumes' neighbours");
	for (size_t i = 0; i < first_count; i++)
		all[i] = first[i];
	for (size_t i = 0; i < then->count; i++)
		all[first_count + i] = then->all[i];
	free(to->all);
	*to = (struct filter_paths){all, first_count + then->count, 0};
	return 0;
}

int filter_neighbours_settle(struct filter_request *q, struct err *e)
{
	struct filter_neighbours *n = &q->near;
	if (!any(q))
		return 0;
	int rc = join(q->o.paths, q->o.path_count, &n->after, &n->paths, e);
	if (rc == 0)
		rc = join(q->out.sources, q->out.source_count, &n->before, &n->sources, e);
	if (rc == 0)
		rc = join(n->sources.all, n->sources.count, &n->after, &n->sources, e);
	if (rc != 0)
		return rc;
	q->o.paths = q->out.inputs = n->paths.all;
	q->o.after_count = n->after.count;
	q->o.before = n->before.all;
	q->o.before_count = n->before.count;
	q->out.sources = n->sources.all;
	q->out.source_count = n->sources.count;
	return 0;
}

void filter_neighbours_free(struct filter_request *q)
{
	struct filter_neighbours *n = &q->near;
	free(n->before.all);
	free(n->after.all);
	free(n->paths.all);
	free(n->sources.all);
	*n = (struct filter_neighbours){0};
}

/* ---- what they are ---- */

/* The volumes before, the one that is converted, those behind: in this order. */
struct row {
	const char **paths;
	struct glance *glances;
	const struct glance **order; /* pointers to them */
	size_t count, at;            /* at: the one that is converted */
	bool damaged, whole;
};

static void row_free(struct row *r)
{
	for (size_t i = 0; r->glances && i < r->count; i++)
		glance_free(&r->glances[i]);
	free(r->paths);
	free(r->glances);
	free(r->order);
}

static int row_make(struct row *r, const struct filter_options *o, struct err *e)
{
	size_t count = o->before_count + 1 + o->after_count;
	*r = (struct row){.count = count, .at = o->before_count};
	r->paths = calloc(count, sizeof(const char *));
	r->glances = calloc(count, sizeof *r->glances);
	r->order = calloc(count, sizeof(const struct glance *));
	if (r->paths == NULL || r->glances == NULL || r->order == NULL)
		return err_memory(e, count * sizeof *r->glances, "the volumes' neighbours");
	for (size_t i = 0; i < count; i++) {
		r->paths[i] = i < r->at ? o->before[i] : o->paths[i - r->at];
		r->order[i] = &r->glances[i];
	}
	return 0;
}

static int refuse_twice(const struct row *r, struct err *e)
{
	struct stat a, b;
	for (size_t i = 0; i < r->count; i++) {
		for (size_t k = 0; k < i; k++) {
			if (stat(r->paths[i], &a) != 0 || stat(r->paths[k], &b) != 0 || a.st_dev != b.st_dev || a.st_ino != b.st_ino)
				continue;
			err_volume(e, r->paths[i]);
			return err_set(e, XE_USAGE, "stands twice among the volume and those before and behind it");
		}
	}
	return 0;
}

/* Two of one Volume Name are one volume and its copy: what ends the one begins the other, and would be taken for a block that a drive wrote
 * twice. */
static int refuse_copies(const struct row *r, struct err *e)
{
	for (size_t i = 0; i < r->count; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct glance *a = &r->glances[i], *b = &r->glances[k];
			if (!a->labelled || !b->labelled || strcmp(a->label.volume, b->label.volume) != 0)
				continue;
			err_volume(e, r->paths[i]);
			return err_set(e, XE_USAGE, "is called %s by its label, as %s is: one is a copy of the other", a->label.volume,
				       r->paths[k]);
		}
	}
	return 0;
}

/* The volume itself may be one that is read only once: then nothing is known of it yet. */
static int row_look(struct row *r, bool whole, struct err *e)
{
	struct glance_room room = GLANCE_ROOM_NONE;
	int rc = 0;
	r->whole = true;
	for (size_t i = 0; rc == 0 && i < r->count; i++) {
		struct glance *g = &r->glances[i];
		glance_free(g);
		bool once = i == r->at && !medium_rereadable(r->paths[i]);
		rc = once ? 0 : glance_at(g, r->paths[i], whole, &room, e);
		r->damaged = r->damaged || g->damaged || once;
		r->whole = r->whole && (once || g->whole);
	}
	glance_room_free(&room);
	return rc;
}

/* The first volume that has nothing to do with the one that is converted; r->count: there is none. */
static size_t find_stranger(const struct row *r, const struct neighbours_of *of)
{
	for (size_t i = 0; i < r->count; i++) {
		bool known = i == r->at;
		for (size_t k = 0; k < of->before_count; k++)
			known = known || of->before[k] == i;
		for (size_t k = 0; k < of->after_count; k++)
			known = known || of->after[k] == i;
		if (!known)
			return i;
	}
	return r->count;
}

static int row_judge(const struct row *r, size_t *stranger, struct err *e)
{
	struct neighbours n;
	int rc = neighbours_find(&n, r->order, r->count, e);
	if (rc == 0)
		*stranger = find_stranger(r, &n.all[r->at]);
	neighbours_free(&n);
	return rc;
}

static int refuse_stranger(const struct row *r, size_t i, struct err *e)
{
	bool before = i < r->at;
	err_volume(e, r->paths[i]);
	return err_set(e, XE_USAGE, "no job %s %s: it is not a volume %s that one; xflate plan --json tells which is",
		       before ? "goes on from here on" : "goes on here from", r->paths[r->at], before ? "before" : "behind");
}

/* In damage there may be anything: what is read of them will tell. */
static int row_check(struct row *r, struct err *e)
{
	size_t stranger = r->count;
	int rc = refuse_twice(r, e);
	if (rc == 0)
		rc = row_look(r, false, e);
	if (rc == 0)
		rc = refuse_copies(r, e);
	if (rc == 0)
		rc = row_judge(r, &stranger, e);
	if (rc == 0 && stranger < r->count && !r->damaged && !r->whole) {
		rc = row_look(r, true, e);
		if (rc == 0)
			rc = row_judge(r, &stranger, e);
	}
	return rc == 0 && stranger < r->count && !r->damaged ? refuse_stranger(r, stranger, e) : rc;
}

int filter_neighbours_look(const struct filter_request *q, struct err *e)
{
	struct row r;
	if (q->o.before_count + q->o.after_count == 0)
		return 0;
	int rc = row_make(&r, &q->o, e);
	if (rc == 0)
		rc = row_check(&r, e);
	row_free(&r);
	return rc;
}
