/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/indexrun.h"

#include "base/msg.h"
#include "cmd/command.h"
#include "cmd/volume/findingtext.h"
#include "cmd/volume/watched.h"
#include "index/filling.h"
#include "index/refresh.h"

#include <stdlib.h>

/* ---- one run ---- */

static void on_problem(void *arg, const struct finding *f)
{
	const struct indexrun *r = arg;
	if (f->kind != FINDING_NOTE && !r->quiet_problems)
		findingtext_warn(f, findingtext_kind(f->kind), "");
}

/* *inputs: how many of the paths were its set. */
static int run_set(struct indexrun *r, const struct indexer_sink *sink, size_t *inputs, struct err *e)
{
	const struct indexer_options o = {.sink = *sink, .all_digests = r->all_digests, .arg = r, .problem = on_problem};
	struct indexer *indexer = indexer_new(&o);
	/* As extract reads them: of a block whose checksum alone is wrong the digests tell which of its files is hurt. */
	r->run.inflate = r->run.repair = r->run.incomplete_ok = true;
	r->run.on_damage = ON_DAMAGE_KEEP;
	r->run.observer = indexer ? indexer_observer(indexer) : NULL;
	if (indexer && r->pki)
		r->run.observer = pkioptions_observer(r->pki, r->run.observer, NULL, NULL);
	struct filter *f = r->run.observer ? filter_new(&r->run) : NULL;
	int rc = f ? 0 : err_memory(e, 0, "reading volumes");
	if (rc == 0) {
		rc = watched_run(f, r->progress, command_total_bytes(r->run.paths, r->run.path_count), e);
		*inputs = filter_input(f);
		r->damages += indexer_damages(indexer);
	}
	filter_free(f);
	indexer_free(indexer);
	return rc;
}

int indexrun_read(struct indexrun *r, const struct indexer_sink *sink, struct err *e)
{
	size_t inputs;
	return run_set(r, sink, &inputs, e);
}

/* ---- into an index ---- */

/* What is read, as the filter wants it. */
struct readlist {
	const char **paths;
	struct reader_range *ranges;
	int64_t *kept; /* volumes of which only the rest is read */
	size_t count, kept_count;
};

static int make_readlist(struct readlist *l, const struct refresh_input *inputs, size_t count, struct err *e)
{
	size_t room = count ? count : 1;
	*l = (struct readlist){calloc(room, sizeof *l->paths), calloc(room, sizeof *l->ranges), calloc(room, sizeof *l->kept), 0, 0};
	if (l->paths == NULL || l->ranges == NULL || l->kept == NULL)
		return err_memory(e, room * sizeof *l->ranges, "volumes");
	for (size_t i = 0; i < count; i++) {
		if (!inputs[i].read)
			continue;
		if (inputs[i].from > 0)
			l->kept[l->kept_count++] = inputs[i].volume;
		l->ranges[l->count] = (struct reader_range){l->count, inputs[i].from, UINT64_MAX};
		l->paths[l->count++] = inputs[i].path;
	}
	return 0;
}

static void readlist_free(struct readlist *l)
{
	free(l->paths);
	free(l->ranges);
	free(l->kept);
}

/* The first set of those from first on; *end: behind it. */
static int fill_set(struct indexrun *r, struct fileindex *x, const struct readlist *l, size_t first, size_t *end, struct err *e)
{
	struct filling f = {.index = x, .kept = l->kept, .kept_count = l->kept_count};
	struct indexer_sink sink = filling_sink(&f);
	size_t inputs = 0;
	r->run.paths = l->paths + first;
	r->run.path_count = l->count - first;
	r->run.kin_at = first;
	int rc = fileindex_begin(x, e);
	if (rc == 0)
		rc = run_set(r, &sink, &inputs, e);
	if (rc == 0)
		rc = fileindex_commit(x, e);
	else
		fileindex_rollback(x);
	filling_free(&f);
	*end = first + inputs;
	return rc == 0 && inputs == 0 ? err_set(e, XE_FAILED, "a set without volumes") : rc;
}

/* With parts of volumes all is one set: the parts are no volumes that could be told apart by their first blocks. */
static int fill(struct indexrun *r, struct fileindex *x, const struct readlist *l, struct err *e)
{
	bool sets = l->kept_count == 0 && l->count > 1;
	struct kin *kin = sets ? kin_new(l->paths, l->count) : NULL;
	int rc = sets && kin == NULL ? err_memory(e, 0, "volumes") : 0;
	r->run.kin = kin;
	r->run.ranges = l->kept_count > 0 ? l->ranges : NULL;
	r->run.range_count = l->kept_count > 0 ? l->count : 0;
	for (size_t first = 0, end; rc == 0 && first < l->count; first = end) {
		rc = fill_set(r, x, l, first, &end, e);
		end = sets ? end : l->count;
	}
	r->run.kin = NULL;
	r->run.ranges = NULL;
	r->run.range_count = 0;
	kin_free(kin);
	return rc;
}

static int note(struct fileindex *x, const struct refresh_input *inputs, size_t count, struct err *e)
{
	int rc = fileindex_begin(x, e);
	if (rc == 0)
		rc = refresh_note(x, inputs, count, e);
	if (rc == 0)
		return fileindex_commit(x, e);
	fileindex_rollback(x);
	return rc;
}

static void count_states(struct indexrun *r, const struct refresh_input *inputs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct refresh_input *in = &inputs[i];
		bool gone = in->state == VOLUMEID_GONE && in->volume > 0;
		r->gone += gone;
		r->read += in->read && in->from == 0;
		r->tails += in->read && in->from > 0;
		r->unchanged += !in->read && !gone;
		if (in->state == VOLUMEID_OTHER)
			msg_info("%s: another one than the index knows under its label: read anew", in->path);
		if (gone)
			msg_warning("%s: not there; what the index has of it stays", in->path);
	}
}

int indexrun_update(struct indexrun *r, struct fileindex *x, const char *const *paths, size_t count, struct err *e)
{
	struct refresh_input *inputs = calloc(count ? count : 1, sizeof *inputs);
	struct readlist l = {0};
	/* To look at labels; the run has its own. */
	const struct cipher_options co = {.read = r->run.cipher.read, .patient = true};
	struct cipher *cipher = cipher_new(&co);
	int rc = inputs && cipher ? refresh_plan(x, paths, count, cipher_keys(cipher), inputs, e) : err_memory(e, 0, "volumes");
	if (rc == 0)
		rc = note(x, inputs, count, e);
	if (rc == 0)
		rc = make_readlist(&l, inputs, count, e);
	if (rc == 0) {
		count_states(r, inputs, count);
		rc = fill(r, x, &l, e);
	}
	readlist_free(&l);
	cipher_free(cipher);
	free(inputs);
	return rc;
}
