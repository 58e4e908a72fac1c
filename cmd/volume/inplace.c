/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set is whole or not there: that is kept by its order.  All of it is converted, proved, linked, its maps are placed, and then one
 * volume after the other is replaced.  Before the first one is, a run that is cut off has changed nothing, and the next begins anew.
 * From there on (BESIDE_PLACED) nothing is taken back, and the next run goes on: a record that goes over the edge of two volumes is
 * whole only where both are old, or both new. */
#include "cmd/volume/inplace.h"

#include "base/msg.h"
#include "base/quit.h"
#include "cmd/volume/exchange.h"
#include "volume/kin.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* As it was looked at before the first set; what is done later looks again. */
struct input {
	char *path; /* behind links */
	enum beside_state state;
	dev_t dev;
	ino_t ino;
	bool left_out;
};

struct inplace {
	const char *const *given;
	size_t count;
	const struct successor_run *run;
	struct input *inputs;
	const char **paths; /* of those that are to be converted */
	size_t path_count;
	struct beside *set; /* the volumes of the set at hand, which stay where they are */
	size_t set_count;
	bool replaced; /* at least one of them */
};

struct inplace *inplace_new(const char *const *paths, size_t count, const struct successor_run *run)
{
	struct inplace *p = calloc(1, sizeof *p);
	if (p == NULL)
		return NULL;
	*p = (struct inplace){.given = paths, .count = count, .run = run};
	p->inputs = calloc(count, sizeof *p->inputs);
	p->paths = calloc(count, sizeof *p->paths);
	if (p->inputs && p->paths)
		return p;
	inplace_free(p);
	return NULL;
}

void inplace_end_set(struct inplace *p)
{
	for (size_t i = 0; i < p->set_count; i++)
		beside_close(&p->set[i]);
	free(p->set);
	p->set = NULL;
	p->set_count = 0;
	p->replaced = false;
}

void inplace_free(struct inplace *p)
{
	if (p == NULL)
		return;
	inplace_end_set(p);
	for (size_t i = 0; p->inputs && i < p->count; i++)
		free(p->inputs[i].path);
	free(p->inputs);
	free(p->paths);
	free(p);
}

const char *const *inplace_paths(const struct inplace *p, size_t *count)
{
	*count = p->path_count;
	return p->paths;
}

/* ---- the set at hand ---- */

static int open_member(struct inplace *p, const char *path, struct err *e)
{
	struct beside *grown = realloc(p->set, (p->set_count + 1) * sizeof *grown);
	if (grown == NULL)
		return err_memory(e, (p->set_count + 1) * sizeof *grown, "a volume of the set");
	p->set = grown;
	int rc = beside_open(&p->set[p->set_count], path, e);
	if (rc == 0)
		p->set_count++;
	return rc;
}

/* Which volumes are the old ones and which the new ones?  Arrays for free, NULL without memory. */
static int proof_paths(const struct inplace *p, const char ***old, const char ***new, struct err *e)
{
	*old = calloc(p->set_count + 1, sizeof **old);
	*new = calloc(p->set_count + 1, sizeof **new);
	if (*old == NULL || *new == NULL)
		return err_memory(e, p->set_count * sizeof **old, "the names of a set");
	for (size_t i = 0; i < p->set_count; i++) {
		bool done = p->set[i].state == BESIDE_EXCHANGED;
		(*old)[i] = done ? p->set[i].original : p->set[i].path;
		(*new)[i] = done ? p->set[i].path : p->set[i].fresh;
	}
	return 0;
}

static int prove_set(const struct inplace *p, struct err *e)
{
	const char **old, **new;
	struct successor_result found = {0};
	int rc = proof_paths(p, &old, &new, e);
	if (rc == 0)
		rc = successor_prove(p->run, old, new, p->set_count, &found, e);
	free(old);
	free(new);
	if (rc == 0)
		msg_info("%s%s: sound, and the same %zu job%s, %llu files and %llu bytes of plain content", p->set[0].path,
			 p->set_count > 1 ? " and the rest of its set" : "", found.jobs, found.jobs == 1 ? "" : "s",
			 (unsigned long long)found.files, (unsigned long long)found.bytes);
	return rc;
}

/* ---- the exchange ---- */

/* Takes a step for every volume that is not exchanged yet. */
static int each(struct inplace *p, int (*step)(struct beside *b, struct err *e), struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < p->set_count; i++) {
		if (p->set[i].state == BESIDE_EXCHANGED)
			continue;
		rc = step(&p->set[i], e);
		p->replaced = p->replaced || p->set[i].state == BESIDE_EXCHANGED;
	}
	return rc;
}

static int check_unchanged(struct beside *b, struct err *e)
{
	int rc = beside_unchanged(b, e);
	if (rc == 0)
		rc = beside_unchanged_new(b, e);
	return rc == 0 ? beside_refuse_open(b, e) : rc;
}

static void tell_exchanged(const struct inplace *p)
{
	for (size_t i = 0; i < p->set_count; i++)
		msg_info("%s: is the new volume from now on; the old one is %s", p->set[i].path, p->set[i].original);
}

static void tell_between(const struct inplace *p, struct err *e)
{
	size_t done = 0;
	for (size_t i = 0; i < p->set_count; i++)
		done += p->set[i].state == BESIDE_EXCHANGED;
	if (done < p->set_count)
		err_add(e, "; %zu of %zu volumes of the set are exchanged: give the same command again, which goes on", done, p->set_count);
}

void inplace_take_back(struct inplace *p)
{
	for (size_t i = 0; i < p->set_count; i++) {
		struct err e = {0};
		if (exchange_undo(&p->set[i], &e) != 0)
			msg_fail(&e);
	}
}

const char *inplace_volume(const struct inplace *p, size_t index)
{
	return index < p->set_count ? p->set[index].path : NULL;
}

int inplace_exchange(struct inplace *p, struct err *e)
{
	int rc = each(p, check_unchanged, e);
	if (rc == 0)
		rc = each(p, exchange_link, e);
	if (rc == 0)
		rc = each(p, exchange_place_sides, e);
	if (rc == 0)
		rc = each(p, exchange_replace, e);
	if (rc == 0)
		tell_exchanged(p);
	else if (p->replaced)
		tell_between(p, e);
	else
		inplace_take_back(p);
	return rc;
}

/* ---- converting ---- */

int inplace_begin_volume(struct inplace *p, const char *path, struct err *e)
{
	if (p->set_count > 0 && strcmp(p->set[p->set_count - 1].path, path) == 0) {
		err_volume(e, path);
		return err_set(e, XE_USAGE, "holds another volume behind the first; in place each file is one volume");
	}
	int rc = open_member(p, path, e);
	return rc == 0 ? beside_may_replace(&p->set[p->set_count - 1], e) : rc;
}

static int dress(struct beside *b, struct err *e)
{
	char lost[ATTRIBUTES_LOST_BYTES];
	int rc = exchange_dress(b, lost, e);
	if (rc == 0 && lost[0])
		msg_warning("%s: extended attributes that the new file cannot have: %s", b->path, lost);
	return rc;
}

int inplace_prove(struct inplace *p, size_t inputs, struct err *e)
{
	if (p->set_count != inputs)
		return err_set(e, XE_USAGE, "a volume goes on in another file; in place each file is one volume");
	int rc = each(p, exchange_uncache, e);
	if (rc == 0)
		rc = prove_set(p, e);
	return rc == 0 ? each(p, dress, e) : rc;
}

/* ---- what earlier runs left ---- */

/* The whole set was proved, and perhaps a part of it exchanged. */
static int go_on(struct inplace *p, struct err *e)
{
	msg_info("%s: an earlier run was cut off in its exchange, which is gone on with", p->set[0].path);
	int rc = prove_set(p, e);
	if (rc != 0)
		err_add(e, "; an earlier run was cut off in the exchange of its set: give the same command again with all volumes of that "
			   "set, or "
			   "look at NAME, NAME.orig and NAME.xflate-new of each");
	if (rc != 0)
		return rc;
	quit_hold();
	rc = each(p, check_unchanged, e);
	if (rc == 0)
		rc = each(p, exchange_replace, e);
	if (rc == 0)
		tell_exchanged(p);
	else
		tell_between(p, e);
	quit_release();
	return rc;
}

/* Must those of the inputs that an earlier run has left be exchanged to the end? */
static bool must_go_on(const struct inplace *p, size_t first, size_t end)
{
	bool placed = false;
	for (size_t i = first; i < end; i++) {
		if (p->inputs[i].state == BESIDE_LINKED)
			return false;
		placed = placed || p->inputs[i].state == BESIDE_PLACED;
	}
	return placed;
}

/* A set that cannot be gone on with costs only itself. */
static void settle_forward(struct inplace *p, size_t first, size_t end, int *status)
{
	struct err e = {0};
	int rc = 0;
	for (size_t i = first; i < end; i++) {
		bool member = p->inputs[i].state == BESIDE_PLACED || p->inputs[i].state == BESIDE_EXCHANGED;
		if (rc == 0 && member)
			rc = open_member(p, p->inputs[i].path, &e);
		p->inputs[i].left_out = member;
	}
	if (rc == 0)
		rc = go_on(p, &e);
	if (rc != 0)
		*status = err_worse_status(*status, msg_fail(&e));
	inplace_end_set(p);
}

static int settle_back(struct inplace *p, size_t first, size_t end, struct err *e)
{
	int rc = 0;
	for (size_t i = first; rc == 0 && i < end; i++) {
		struct input *in = &p->inputs[i];
		if (in->state == BESIDE_ALONE || in->state == BESIDE_EXCHANGED || in->left_out)
			continue;
		msg_info("%s: what a run that was cut off has left beside it is removed", in->path);
		rc = open_member(p, in->path, e);
		if (rc == 0)
			rc = exchange_undo(&p->set[0], e);
		inplace_end_set(p);
		in->state = BESIDE_ALONE;
	}
	return rc;
}

/* Sets as the run will find them, but only where it matters: every volume is looked through for it. */
static int settle(struct inplace *p, int *status, struct err *e)
{
	bool linked = false;
	const char **all = calloc(p->count, sizeof *all);
	for (size_t i = 0; all && i < p->count; i++) {
		all[i] = p->inputs[i].path;
		linked = linked || p->inputs[i].state == BESIDE_LINKED || p->inputs[i].state == BESIDE_PLACED;
	}
	struct kin *kin = all && linked ? kin_new(all, p->count) : NULL;
	int rc = all == NULL || (linked && kin == NULL) ? err_memory(e, 0, "the sets") : 0;
	for (size_t first = 0, end; rc == 0 && first < p->count; first = end) {
		end = first + 1;
		rc = kin ? kin_end(kin, first, first, &end, e) : 0;
		if (rc == 0 && must_go_on(p, first, end))
			settle_forward(p, first, end, status);
		if (rc == 0)
			rc = settle_back(p, first, end, e);
	}
	kin_free(kin);
	free(all);
	return rc;
}

/* ---- before the first set ---- */

/* Each volume of a set is open until it is exchanged. */
static void allow_many_files(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)!setrlimit(RLIMIT_NOFILE, &limit);
}

static int refuse_twice(const struct inplace *p, size_t at, struct err *e)
{
	struct stat st;
	bool there = stat(p->given[at], &st) == 0;
	for (size_t i = 0; there && i < at; i++) {
		if (p->inputs[i].dev == st.st_dev && p->inputs[i].ino == st.st_ino) {
			err_volume(e, p->given[at]);
			return err_set(e, XE_USAGE, "is one file with %s", p->given[i]);
		}
	}
	return 0;
}

static int take_input(struct input *in, const struct beside *b, struct err *e)
{
	*in = (struct input){.path = strdup(b->path), .state = b->state, .dev = b->st.st_dev, .ino = b->st.st_ino};
	if (in->path == NULL)
		return err_memory(e, strlen(b->path), "a name");
	/* Of what was replaced already is told later: the rest may be gone on with. */
	if (b->state == BESIDE_EXCHANGED)
		return 0;
	int rc = beside_may_replace(b, e);
	return rc == 0 ? beside_refuse_open(b, e) : rc;
}

static int look_at_all(struct inplace *p, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < p->count; i++) {
		rc = refuse_twice(p, i, e);
		if (rc == 0)
			rc = open_member(p, p->given[i], e);
		if (rc == 0)
			rc = take_input(&p->inputs[i], &p->set[0], e);
		inplace_end_set(p);
	}
	return rc;
}

static int try_one(struct inplace *p, const char *path, struct err *e)
{
	int rc = open_member(p, path, e);
	quit_hold();
	if (rc == 0)
		rc = exchange_try(&p->set[0], e);
	quit_release();
	inplace_end_set(p);
	return rc;
}

/* Those that are left are to be converted. */
static int choose(struct inplace *p, int *status, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < p->count; i++) {
		struct input *in = &p->inputs[i];
		if (in->left_out)
			continue;
		struct err why = {0};
		if (in->state == BESIDE_EXCHANGED) {
			rc = open_member(p, in->path, e);
			if (rc == 0 && beside_may_replace(&p->set[0], &why) != 0)
				*status = err_worse_status(*status, msg_fail(&why));
			inplace_end_set(p);
			continue;
		}
		rc = try_one(p, in->path, e);
		p->paths[p->path_count++] = in->path;
	}
	return rc;
}

int inplace_begin(struct inplace *p, int *status, struct err *e)
{
	allow_many_files();
	int rc = look_at_all(p, e);
	if (rc == 0)
		rc = settle(p, status, e);
	return rc == 0 ? choose(p, status, e) : rc;
}
