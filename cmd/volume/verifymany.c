/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/verifymany.h"

#include "base/children.h"
#include "base/elapsed.h"
#include "base/msg.h"
#include "base/place.h"
#include "base/quit.h"
#include "cmd/command_type.h"
#include "cmd/secretsource.h"
#include "cmd/timetext.h"
#include "cmd/volume/manyproofs.h"
#include "cmd/volume/manytext.h"
#include "cmd/volume/prooffile.h"
#include "medium/medium.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the parent and the process of a unit both see. */
struct shared {
	struct verifyset_among among;
	struct verifyset_input inputs[]; /* as many as the largest unit has volumes */
};

struct many {
	const struct verifymany_options *o;
	struct verifyset *set;
	struct prooffile file; /* without --state one that is never written */
	struct volumelist list;
	struct batchunits units;
	struct manyproofs proofs;
	struct proofdue due;
	struct shared *shared;
	size_t shared_bytes;
	FILE *report; /* of a unit, as JSON */
	struct timespec began;
	struct manytext told;
	int64_t unit_began;
};

/* ---- what was asked for ---- */

int verifymany_take_sample(const struct command *verb, void *place, const char *value)
{
	return proofdue_read(value, place)
		       ? 0
		       : msg_usage(verb->path, "--sample %s: must be a part of all, 1/30; %u parts at most", value, PROOFDUE_WHOLE_MAX);
}

int verifymany_take_duration(const struct command *verb, void *place, const char *value)
{
	return timetext_duration(value, place) ? 0 : msg_usage(verb->path, "--max-duration %s: must be a time, 4h, 90m, 1h30m, 30s", value);
}

bool verifymany_wanted(const struct verifymany_options *o)
{
	return volumelist_given(&o->list) || o->list.null || o->state || o->sample.whole || o->seconds || o->forget;
}

static int check_sources(const char *option, const char *const *sources, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (secretsource_once(sources[i]))
			return msg_usage("verify", "%s %s: of many volumes each unit reads it anew; name a file or cred:NAME", option,
					 sources[i]);
	}
	return 0;
}

static int check_keys(const struct verifyset *set)
{
	const struct pkioptions *p = &set->pki;
	int status = check_sources("--key", &set->keys.key, 1);
	if (status == 0)
		status = check_sources("--pki-key", p->keys.names, p->keys.count);
	if (status == 0)
		status = check_sources("--pki-cert", p->certs.names, p->certs.count);
	return status != 0 ? status : check_sources("--pki-passphrase", p->passphrases.names, p->passphrases.count);
}

int verifymany_check(const struct verifymany_options *o, const struct verifyset *set, const struct operands *operands)
{
	if (o->state == NULL && (o->sample.whole || o->forget))
		return msg_usage("verify", "%s goes with --state FILE, which says what was proved when",
				 o->forget ? "--forget" : "--sample");
	if (o->state && strcmp(o->state, "-") == 0)
		return msg_usage("verify", "--state names a file");
	if (set->expected)
		return msg_usage("verify", "--expect-bytes is of one set; verify that by itself");
	int status = volumelist_check(&o->list, "verify", operands);
	return status != 0 ? status : check_keys(set);
}

/* ---- before the first unit ---- */

/* What can be read only once, none can look at before its turn. */
static int refuse_once(const struct volumelist *l, struct err *e)
{
	struct stat st;
	for (size_t i = 0; i < l->count; i++) {
		if (strcmp(l->paths[i], "-") != 0 && (stat(l->paths[i], &st) != 0 || medium_rereadable(l->paths[i])))
			continue;
		err_volume(e, l->paths[i]);
		return err_set(e, XE_USAGE, "is read once only; verify it by itself");
	}
	return 0;
}

static int share(struct many *m, struct err *e)
{
	size_t most = 0;
	for (size_t i = 0; i < m->units.count; i++)
		most = m->units.all[i].count > most ? m->units.all[i].count : most;
	m->shared_bytes = sizeof *m->shared + most * sizeof m->shared->inputs[0];
	void *p = mmap(NULL, m->shared_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return err_memory(e, m->shared_bytes, "the units");
	m->shared = p;
	return 0;
}

/* Half of it is no JSON: it goes out when the unit has come to its end. */
static int open_report(struct many *m, struct err *e)
{
	int fd = m->set->json ? memfd_create("report", MFD_CLOEXEC) : -1;
	m->report = fd >= 0 ? fdopen(fd, "w+") : NULL;
	return m->report || m->set->json == NULL ? 0 : err_errno(e, XE_FAILED, errno, "cannot keep a report in memory");
}

static int choose(struct many *m, struct err *e)
{
	struct proofdue_unit *needs = calloc(m->units.count + 1, sizeof *needs);
	for (size_t i = 0; needs && i < m->units.count; i++)
		needs[i] = manyproofs_need(&m->proofs, &m->units.all[i]);
	int rc = needs ? proofdue_choose(&m->due, needs, m->units.count, m->o->sample, e)
		       : err_memory(e, m->units.count * sizeof *needs, "the units");
	free(needs);
	return rc;
}

static int find_units(struct many *m, const struct operands *operands, struct err *e)
{
	int rc = volumelist_read(&m->list, &m->o->list, operands, e);
	if (rc == 0 && m->o->list.recursive)
		rc = manyproofs_add_known(&m->file.state, operands->names, operands->count, &m->list, e);
	sandbox_inputs_around(m->o->sandbox, (const char *const *)m->list.paths, m->list.count);
	sandbox_close(m->o->sandbox, false);
	if (rc == 0)
		rc = refuse_once(&m->list, e);
	return rc == 0 ? batchunits_find(&m->units, (const char *const *)m->list.paths, m->list.count, false, e) : rc;
}

/* A wrong source of keys is told once. */
static int try_keys(struct verifyset *set, struct err *e)
{
	int rc = keyoptions_open(&set->keys, e);
	if (rc == 0)
		rc = pkioptions_open(&set->pki, e);
	keyoptions_close(&set->keys);
	pkioptions_close(&set->pki);
	return rc;
}

static void forget_gone(struct many *m)
{
	struct proofstate *s = &m->file.state;
	for (size_t i = s->count; i-- > 0;) {
		if (!manyproofs_gone(&s->rows[i]))
			continue;
		manytext_forgotten(&m->told, &s->rows[i]);
		proofstate_drop(s, i);
	}
}

/* That the state can be written is known before anything is read for hours. */
static int prepare(struct many *m, const struct operands *operands, struct err *e)
{
	int rc = m->o->state ? prooffile_open(&m->file, m->o->state, e) : 0;
	if (rc == 0)
		rc = try_keys(m->set, e);
	if (rc == 0)
		rc = find_units(m, operands, e);
	if (rc == 0)
		rc = manyproofs_begin(&m->proofs, &m->file.state, &m->units, m->list.count, e);
	if (rc == 0)
		rc = choose(m, e);
	if (rc == 0)
		rc = share(m, e);
	if (rc == 0)
		rc = open_report(m, e);
	if (rc == 0 && m->o->forget)
		forget_gone(m);
	if (rc == 0 && m->file.lost)
		msg_warning("%s: is not there, though its lock is: an earlier state is lost; all volumes count as never proved",
			    m->o->state);
	else if (rc == 0 && m->file.new)
		msg_info("%s: is not there yet: all volumes count as never proved", m->o->state);
	return rc == 0 && m->o->state ? prooffile_save(&m->file, e) : rc;
}

/* ---- one unit, in its process ---- */

static int end_output(FILE *out, int status)
{
	if (fflush(out) == 0 && !ferror(out))
		return status;
	msg_error("cannot write the report: %s", strerror(errno));
	return err_worse_status(status, err_exit_status(XE_FAILED));
}

static int run_unit(void *arg, size_t task, unsigned place)
{
	struct many *m = arg;
	struct verifyset *set = m->set;
	char name[PLACE_PATH_BYTES];
	(void)place;
	const struct batch_unit *unit = &m->units.all[task];
	place_base(unit->paths[0], name);
	set->events.to.unit = name;
	prooffile_leave(&m->file);
	set->run.paths = unit->paths;
	set->run.path_count = unit->count;
	set->run.hash_volumes = m->o->state != NULL;
	set->among = &m->shared->among;
	set->among->brief = msg_verbosity() < 1;
	/* Less is told of one among many. */
	msg_set_verbosity(msg_verbosity() >= 0 ? msg_verbosity() - 1 : msg_verbosity());
	if (set->json)
		set->json->out = m->report;
	return end_output(set->json ? m->report : stdout, verifyset_run(set));
}

/* ---- and what became of it ---- */

static int enter(struct many *m, const struct batch_unit *unit, struct manytext_unit *u, struct err *e)
{
	int rc = manyproofs_enter(&m->proofs, unit, m->unit_began, m->shared->inputs, &u->end, e);
	/* What was damaged while somebody wrote to it may not be so. */
	if (u->end.changed)
		u->status = judgement_status(JUDGEMENT_NOT_PROVED);
	else if (u->end.other > 0)
		u->status = err_worse_status(u->status, judgement_status(JUDGEMENT_OTHER_BYTES));
	return rc == 0 && m->o->state ? prooffile_save(&m->file, e) : rc;
}

/* 0 and 3 from one that did not come to its end would be lies. */
static int status_of(const struct verifyset_among *a, int status)
{
	if (WIFEXITED(status) && (a->ended || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 3)))
		return WEXITSTATUS(status);
	return err_exit_status(XE_FAILED);
}

static int take_end(struct many *m, const struct child_end *end, bool stopped, struct err *e)
{
	const struct batch_unit *unit = &m->units.all[end->task];
	const struct verifyset_among *a = &m->shared->among;
	struct manytext_unit u = {.unit = unit, .among = a, .seconds = end->seconds, .status = status_of(a, end->status)};
	u.killed_by = WIFSIGNALED(end->status) ? WTERMSIG(end->status) : 0;
	u.end.verdict = a->ended && WIFEXITED(end->status) ? a->verdict : JUDGEMENT_NOT_PROVED;
	/* Who was told to end has found nothing. */
	u.stopped = stopped && u.killed_by;
	int rc = u.stopped ? 0 : enter(m, unit, &u, e);
	manytext_unit(&m->told, &u, m->report);
	m->shared->among.read_now = 0; /* they are counted */
	return rc;
}

/* It has been announced. */
static void tell_not_started(struct many *m, const struct batch_unit *unit, const struct err *e)
{
	m->shared->among.err = *e;
	struct manytext_unit u = {.unit = unit, .among = &m->shared->among, .status = err_exit_status(e->code)};
	u.end.verdict = JUDGEMENT_NOT_PROVED;
	manytext_unit(&m->told, &u, m->report);
}

static int start(struct many *m, struct children *c, size_t task, struct err *e)
{
	const struct batch_unit *unit = &m->units.all[task];
	memset(m->shared, 0, m->shared_bytes);
	m->shared->among.inputs = m->shared->inputs;
	m->unit_began = manyproofs_clock();
	manyproofs_look(&m->proofs, unit);
	if (m->report && (ftruncate(fileno(m->report), 0) != 0 || fseek(m->report, 0, SEEK_SET) != 0))
		return err_errno(e, XE_FAILED, errno, "cannot keep a report in memory");
	manytext_begin_unit(&m->told, unit, manyproofs_why(&m->proofs, unit));
	int rc = children_start(c, task, run_unit, m, e);
	if (rc != 0)
		tell_not_started(m, unit, e);
	return rc;
}

/* ---- all of them ---- */

static bool time_is_up(const struct many *m)
{
	return m->o->seconds > 0 && elapsed_since(&m->began) >= (double)m->o->seconds;
}

static void on_progress(void *arg, struct progress_state *state)
{
	const struct many *m = arg;
	*state = (struct progress_state){.done = m->told.bytes + m->shared->among.read_now, .reads_only = true};
	for (size_t i = 0; i < m->due.due; i++)
		state->total += m->units.all[m->due.order[i]].bytes;
}

static void on_tick(void *arg, bool asked)
{
	(void)arg;
	progress_tick(asked);
}

/* Units that are due, one after the other; one in any case, else too short a time would look at nothing for ever.  *stopped_by: the signal that ended it, or 0. */
static int run_all(struct many *m, int *stopped_by, struct err *e)
{
	struct children c;
	struct child_end end;
	int rc = 0;
	progress_start_alone(m->set->progress, on_progress, m);
	children_begin(&c, 1, on_tick, m);
	while (rc == 0 && m->told.units < m->due.due && children_room(&c) && (m->told.units == 0 || !time_is_up(m))) {
		rc = start(m, &c, m->due.order[m->told.units], e);
		if (rc == 0 && children_wait(&c, &end))
			rc = take_end(m, &end, c.stopped_by != 0, e);
	}
	children_end(&c);
	progress_stop();
	*stopped_by = c.stopped_by;
	return rc;
}

static void release(struct many *m)
{
	if (m->report)
		fclose(m->report);
	if (m->shared)
		munmap(m->shared, m->shared_bytes);
	proofdue_free(&m->due);
	manyproofs_free(&m->proofs);
	batchunits_free(&m->units);
	volumelist_free(&m->list);
	prooffile_close(&m->file);
}

int verifymany_run(const struct verifymany_options *o, struct verifyset *set, const struct operands *operands)
{
	struct many m = {.o = o, .set = set, .file = PROOFFILE_NONE, .list = VOLUMELIST_NONE, .proofs = MANYPROOFS_NONE};
	struct err e = {0};
	int stopped_by = 0;
	clock_gettime(CLOCK_MONOTONIC, &m.began);
	m.told = (struct manytext){.json = set->json, .quiet = set->quiet, .proofs = &m.proofs, .due = &m.due, .state = o->state};
	/* With a state and no share of its own a run owes what fits into its time. */
	m.told.owes = o->sample.whole > 0 || o->state == NULL;
	manytext_begin(&m.told);
	int rc = prepare(&m, operands, &e);
	if (rc == 0) {
		manytext_units(&m.told);
		rc = run_all(&m, &stopped_by, &e);
	}
	int status = rc == 0 ? 0 : msg_fail(&e);
	status = manytext_end(&m.told, status, rc == 0 && stopped_by == 0, &e);
	release(&m);
	if (stopped_by) {
		fflush(stdout);
		quit_by(stopped_by);
	}
	return status;
}
