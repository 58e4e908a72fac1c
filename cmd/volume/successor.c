/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/successor.h"

#include "base/msg.h"
#include "cmd/command.h"
#include "cmd/volume/findingtext.h"
#include "pipeline/filter.h"
#include "prove/compare.h"
#include "prove/verify.h"

#define DIFFERENCES_SHOWN 20u

struct proof {
	const struct successor_run *run;
	const struct filter *filter; /* at work */
	struct compare *compare;
	uint64_t total; /* bytes of what is read, 0: unknown */
	bool unproved;  /* of a finding that some digest was not counted is told */
	uint64_t damaged, shown;
};

static void on_progress(void *arg, struct progress_state *state)
{
	const struct proof *p = arg;
	uint64_t out;
	filter_progress(p->filter, &state->done, &out);
	state->total = p->total;
	state->reads_only = true;
}

static const struct volkey_source *keys_of_old(const struct keyoptions *k)
{
	return keyoptions_given(k) ? &k->read : NULL;
}

static const struct volkey_source *keys_of_new(const struct keyoptions *k)
{
	return keyoptions_new_given(k) ? &k->write : keys_of_old(k);
}

static struct filter_options reading(const struct successor_run *run, const char *const *paths, size_t count)
{
	return (struct filter_options){
		.paths = paths,
		.path_count = count,
		.threads = run->options->threads,
		.max_memory = run->options->max_memory,
		.pace = run->options->pace,
		.inflate = true,
		.incomplete_ok = true,
	};
}

/* What o->observer sees, to the end. */
static int read_set(struct proof *p, const struct filter_options *o, struct err *e)
{
	struct filter *f = filter_new(o);
	if (f == NULL)
		return err_memory(e, 0, "a proof");
	p->filter = f;
	p->total = command_total_bytes(o->paths, o->path_count);
	progress_start(p->run->progress, on_progress, p);
	int rc = filter_run(f, e);
	progress_stop();
	p->damaged += filter_damaged(f);
	filter_free(f);
	return rc;
}

/* ---- sound ---- */

static void on_problem(void *arg, const struct finding *f)
{
	const struct proof *p = arg;
	if (f->kind != FINDING_NOTE && (f->kind != FINDING_UNPROVED || p->unproved))
		findingtext_warn(f, findingtext_kind(f->kind), "");
}

static uint64_t unsound(const struct tally *t)
{
	return t->problems[FINDING_DAMAGE] + t->problems[FINDING_CUT_BY_NETWORK] + t->problems[FINDING_DOUBLED] +
	       t->problems[FINDING_REVERSED] + t->problems[FINDING_NOT_WHOLE];
}

/* *again: where a job uses several kinds of digest, all of them have to be counted. */
static int verify_once(struct proof *p, struct filter_options *o, bool *again, struct err *e)
{
	struct verify_options options = {.all_digests = *again, .arg = p, .problem = on_problem};
	struct verify *v = verify_new(&options);
	if (v == NULL)
		return err_memory(e, 0, "verifying");
	p->unproved = *again;
	o->observer = verify_observer(v);
	int rc = read_set(p, o, e);
	const struct tally *t = verify_tally(v);
	bool uncounted = t->problems[FINDING_UNPROVED] > 0;
	bool wrong = unsound(t) > 0 || (*again && uncounted);
	*again = uncounted && !wrong;
	verify_free(v);
	return rc == 0 && wrong ? err_set(e, XE_DAMAGE, "the new volume is not sound") : rc;
}

static int prove_sound(struct proof *p, const char *const *paths, size_t count, struct err *e)
{
	struct filter_options o = reading(p->run, paths, count);
	o.cipher.read = keys_of_new(p->run->keys);
	/* As verify does it. */
	o.on_damage = ON_DAMAGE_KEEP;
	bool again = false;
	int rc = verify_once(p, &o, &again, e);
	return rc == 0 && again ? verify_once(p, &o, &again, e) : rc;
}

/* ---- the same ---- */

static void on_difference(void *arg, const struct compare_difference *d)
{
	struct proof *p = arg;
	const struct compare_result *r = compare_result(p->compare);
	bool more_only = p->run->may_be_longer && r->different + r->missing == 0;
	if (more_only || p->shown++ >= DIFFERENCES_SHOWN)
		return;
	char index[32] = "";
	if (d->file_index >= 0 && d->file_index != COMPARE_OF_JOB)
		snprintf(index, sizeof index, ", FileIndex %d", d->file_index);
	msg_warning("%s%s%s%s: %s", d->job, index, d->name[0] ? " " : "", d->name, d->what);
}

static void on_damage(void *arg, const struct finding *f)
{
	(void)arg;
	findingtext_warn(f, findingtext_kind(f->kind), "");
}

static int compare_both(struct proof *p, const char *const *old, const char *const *new, size_t count, struct err *e)
{
	struct filter_options o = reading(p->run, old, count);
	o.cipher.read = keys_of_old(p->run->keys);
	o.repair = p->run->options->repair;
	o.observer = compare_observer(p->compare, on_damage);
	int rc = o.observer ? read_set(p, &o, e) : err_memory(e, 0, "comparing");
	if (rc != 0)
		return rc;
	o = reading(p->run, new, count);
	o.cipher.read = keys_of_new(p->run->keys);
	o.observer = compare_observer(p->compare, on_damage);
	return o.observer ? read_set(p, &o, e) : err_memory(e, 0, "comparing");
}

static int judge(const struct proof *p, struct successor_result *result, struct err *e)
{
	const struct compare_result *r = compare_result(p->compare);
	*result = (struct successor_result){.jobs = r->jobs, .files = r->files, .bytes = r->bytes, .added = r->added};
	if (r->different + r->missing == 0 && (r->added == 0 || p->run->may_be_longer) && p->damaged == 0)
		return 0;
	return err_set(e, XE_DAMAGE,
		       "the new volume does not hold what the old one does: %llu different, %llu missing, %llu only in the new one",
		       (unsigned long long)r->different, (unsigned long long)r->missing, (unsigned long long)r->added);
}

static int prove_same(struct proof *p, const char *const *old, const char *const *new, size_t count, struct successor_result *result,
		      struct err *e)
{
	p->compare = compare_new(on_difference, p);
	if (p->compare == NULL)
		return err_memory(e, 0, "comparing");
	int rc = compare_both(p, old, new, count, e);
	if (rc == 0)
		rc = judge(p, result, e);
	compare_free(p->compare);
	p->compare = NULL;
	return rc;
}

int successor_prove(const struct successor_run *run, const char *const *old, const char *const *new, size_t count,
		    struct successor_result *result, struct err *e)
{
	struct proof p = {.run = run};
	int rc = prove_sound(&p, new, count, e);
	if (rc == 0)
		rc = prove_same(&p, old, new, count, result, e);
	if (rc != 0)
		err_volume(e, new[0]);
	return rc;
}
