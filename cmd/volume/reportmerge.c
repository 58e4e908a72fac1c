/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/reportmerge.h"

#include "base/array.h"
#include "base/jsonread.h"
#include "base/wholefile.h"
#include "cmd/volume/reportread.h"

#include <stdlib.h>
#include <string.h>

static void free_texts(char **texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
	free(texts);
}

static void free_report(struct reportmerge_report *r)
{
	free(r->path);
	free(r->unit);
	free(r->host);
	free(r->began);
	free(r->error);
	free(r->exit_class);
	free_texts(r->inputs, r->input_count);
}

static void free_volumes(struct reportmerge *m, size_t from)
{
	for (size_t i = from; i < m->volume_count; i++) {
		free(m->volumes[i].input);
		free(m->volumes[i].volume);
	}
	m->volume_count = from;
}

void reportmerge_free(struct reportmerge *m)
{
	for (size_t i = 0; i < m->report_count; i++)
		free_report(&m->reports[i]);
	for (size_t i = 0; i < m->planned_count; i++) {
		free(m->planned[i].unit);
		free_texts(m->planned[i].inputs, m->planned[i].input_count);
	}
	free_volumes(m, 0);
	free(m->reports);
	free(m->volumes);
	free(m->twice);
	free(m->planned);
	*m = (struct reportmerge){0};
}

static int no_memory(struct err *e)
{
	return err_memory(e, 0, "what the reports say");
}

static int add_text(char ***texts, size_t *count, size_t *room, const char *text, struct err *e)
{
	char **grown = array_reach(*texts, room, *count, sizeof *grown);
	char *copy = grown ? strdup(text) : NULL;
	*texts = grown ? grown : *texts;
	if (copy == NULL)
		return no_memory(e);
	grown[(*count)++] = copy;
	return 0;
}

/* ---- reports ---- */

static int add_volume(struct reportmerge *m, const struct reportread_output *o, struct err *e)
{
	struct reportmerge_volume *grown = array_reach(m->volumes, &m->volume_room, m->volume_count, sizeof *grown);
	if (grown == NULL)
		return no_memory(e);
	m->volumes = grown;
	struct reportmerge_volume *v = &grown[m->volume_count++];
	*v = (struct reportmerge_volume){strdup(o->input ? o->input : ""), strdup(o->volume ? o->volume : ""), m->report_count, o->damaged};
	return v->input && v->volume ? 0 : no_memory(e);
}

static int take_volumes(struct reportmerge *m, struct reportmerge_report *to, const struct reportread *r, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < r->output_count; i++) {
		const struct reportread_output *o = &r->outputs[i];
		to->bytes_in += o->complete ? o->bytes_in : 0;
		to->bytes_out += o->complete ? o->bytes : 0;
		/* Of reports from before there was a list of inputs. */
		if (r->input_count == 0 && o->input)
			rc = add_text(&to->inputs, &to->input_count, &to->input_room, o->input, e);
		if (rc == 0 && o->complete)
			rc = add_volume(m, o, e);
	}
	to->volume_count = m->volume_count - to->first_volume;
	return rc;
}

static int take_report(struct reportmerge *m, struct reportmerge_report *to, const char *path, struct reportread *r, struct err *e)
{
	*to = (struct reportmerge_report){
		.path = strdup(path),
		.unit = r->unit,
		.host = r->host,
		.began = r->began,
		.error = r->error,
		.exit_class = r->exit_class,
		.exit_status = r->exit_status,
		.complete = r->complete,
		.damaged = r->damaged,
		.first_volume = m->volume_count,
	};
	r->unit = r->host = r->began = r->error = r->exit_class = NULL;
	int rc = to->path ? 0 : no_memory(e);
	for (size_t i = 0; rc == 0 && i < r->input_count; i++) {
		if (r->inputs[i].path)
			rc = add_text(&to->inputs, &to->input_count, &to->input_room, r->inputs[i].path, e);
	}
	return rc == 0 ? take_volumes(m, to, r, e) : rc;
}

int reportmerge_add_report(struct reportmerge *m, const char *path, struct err *e)
{
	struct reportread r;
	struct reportmerge_report *grown = array_reach(m->reports, &m->report_room, m->report_count, sizeof *grown);
	if (grown == NULL)
		return no_memory(e);
	m->reports = grown;
	int rc = reportread(&r, path, e);
	size_t volumes = m->volume_count;
	if (rc == 0) {
		rc = take_report(m, &grown[m->report_count], path, &r, e);
		if (rc != 0)
			free_report(&grown[m->report_count]);
	}
	if (rc != 0)
		free_volumes(m, volumes);
	reportread_free(&r);
	m->report_count += rc == 0;
	return rc;
}

/* ---- the plan ---- */

struct planning {
	struct reportmerge *m;
	bool units; /* there is a list of them */
};

static int new_planned(struct reportmerge *m, struct err *e)
{
	struct reportmerge_planned *grown = array_reach(m->planned, &m->planned_room, m->planned_count, sizeof *grown);
	if (grown == NULL)
		return no_memory(e);
	m->planned = grown;
	grown[m->planned_count++] = (struct reportmerge_planned){.state = REPORTMERGE_MISSING};
	return 0;
}

static int take_planned(void *arg, const struct jsonread_value *v, struct err *e)
{
	struct planning *p = arg;
	struct reportmerge *m = p->m;
	p->units = p->units || (v->kind == JSONREAD_ARRAY && strcmp(v->path, "units") == 0);
	/* What could not be looked at is planned, too, as a unit by itself. */
	if (v->kind == JSONREAD_OBJECT && (strcmp(v->path, "units[]") == 0 || strcmp(v->path, "unread[]") == 0))
		return new_planned(m, e);
	struct reportmerge_planned *last = m->planned_count ? &m->planned[m->planned_count - 1] : NULL;
	if (last == NULL || v->kind != JSONREAD_TEXT)
		return 0;
	bool unread = strcmp(v->path, "unread[].input") == 0;
	if (strcmp(v->path, "units[].volumes[].input") == 0 || unread) {
		int rc = add_text(&last->inputs, &last->input_count, &last->input_room, v->text, e);
		if (rc != 0 || !unread)
			return rc;
	}
	if (strcmp(v->path, "units[].unit") != 0 && !unread)
		return 0;
	free(last->unit);
	last->unit = strdup(v->text);
	return last->unit ? 0 : no_memory(e);
}

int reportmerge_add_plan(struct reportmerge *m, const char *path, struct err *e)
{
	struct planning p = {m, false};
	struct err why = {0};
	char *data = NULL;
	size_t len;
	int rc = wholefile_read(path, REPORTREAD_MAX_BYTES, &data, &len, e);
	if (rc == 0 && jsonread(data, len, take_planned, &p, &why) != 0)
		rc = err_within(e, "is no plan that is whole", &why);
	if (rc == 0 && !p.units)
		rc = err_set(e, XE_FAILED, "is no plan: xflate plan --json writes one");
	if (rc != 0)
		err_volume(e, path);
	free(data);
	m->has_plan = true;
	return rc;
}

/* ---- what is there twice ---- */

struct key {
	const char *name;
	size_t report;
	bool is_input;
};

struct keys {
	struct key *all; /* of what is done */
	size_t count;
};

static int by_name(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int order = x->is_input != y->is_input ? x->is_input - y->is_input : strcmp(x->name, y->name);
	return order != 0 ? order : x->report < y->report ? -1 : x->report > y->report;
}

static void add_key(struct keys *k, const char *name, bool is_input, size_t report)
{
	if (name[0])
		k->all[k->count++] = (struct key){name, report, is_input};
}

static int list_keys(struct keys *k, const struct reportmerge *m, struct err *e)
{
	size_t most = 2 * m->volume_count + 1;
	for (size_t i = 0; i < m->report_count; i++)
		most += m->reports[i].input_count;
	k->all = calloc(most, sizeof *k->all);
	if (k->all == NULL)
		return no_memory(e);
	for (size_t i = 0; i < m->volume_count; i++) {
		add_key(k, m->volumes[i].input, true, m->volumes[i].report);
		add_key(k, m->volumes[i].volume, false, m->volumes[i].report);
	}
	for (size_t i = 0; i < m->report_count; i++) {
		for (size_t n = 0; m->reports[i].complete && n < m->reports[i].input_count; n++)
			add_key(k, m->reports[i].inputs[n], true, i);
	}
	qsort(k->all, k->count, sizeof *k->all, by_name);
	return 0;
}

static const struct key *find_input(const struct keys *k, const char *name)
{
	size_t from = 0, to = k->count;
	const struct key wanted = {name, 0, true};
	while (from < to) {
		size_t middle = (from + to) / 2;
		if (by_name(&k->all[middle], &wanted) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	bool there = from < k->count && k->all[from].is_input && strcmp(k->all[from].name, name) == 0;
	return there ? &k->all[from] : NULL;
}

static int find_twice(struct reportmerge *m, const struct keys *k, struct err *e)
{
	for (size_t i = 1; i < k->count; i++) {
		const struct key *a = &k->all[i - 1], *b = &k->all[i];
		struct reportmerge_twice *grown = array_reach(m->twice, &m->twice_room, m->twice_count, sizeof *grown);
		if (grown == NULL)
			return no_memory(e);
		m->twice = grown;
		if (a->report == b->report || a->is_input != b->is_input || strcmp(a->name, b->name) != 0)
			continue;
		grown[m->twice_count++] = (struct reportmerge_twice){a->name, a->is_input, {a->report, b->report}};
	}
	return 0;
}

/* ---- the verdict ---- */

static bool all_done(const struct keys *k, char *const *inputs, size_t count)
{
	bool all = count > 0;
	for (size_t i = 0; all && i < count; i++)
		all = find_input(k, inputs[i]) != NULL;
	return all;
}

static bool has_input(const struct reportmerge_report *r, const char *input)
{
	for (size_t i = 0; i < r->input_count; i++) {
		if (strcmp(r->inputs[i], input) == 0)
			return true;
	}
	return false;
}

/* Does it tell of all the inputs that r tells of? */
static bool tells_all_of(const struct reportmerge_report *o, const struct reportmerge_report *r)
{
	bool all = o->input_count >= r->input_count && r->input_count > 0 && strcmp(o->inputs[0], r->inputs[0]) == 0;
	for (size_t i = 0; all && i < r->input_count; i++)
		all = has_input(o, r->inputs[i]);
	return all;
}

/* Of two that tell of one failure the later one does. */
static bool tells_again(const struct reportmerge *m, size_t i)
{
	const struct reportmerge_report *r = &m->reports[i];
	for (size_t k = 0; k < m->report_count; k++) {
		const struct reportmerge_report *o = &m->reports[k];
		if (k == i || o->complete || !tells_all_of(o, r))
			continue;
		int order = strcmp(o->began ? o->began : "", r->began ? r->began : "");
		if (order > 0 || (order == 0 && k > i))
			return true;
	}
	return false;
}

/* Of what is done. */
static bool has_damage(const struct reportmerge *m, const struct reportmerge_report *r)
{
	bool damaged = r->complete && (r->damaged > 0 || r->exit_status != 0);
	for (size_t i = r->first_volume; r->superseded && i < r->first_volume + r->volume_count; i++)
		damaged = damaged || m->volumes[i].damaged > 0;
	return damaged;
}

static void judge_reports(struct reportmerge *m, const struct keys *k)
{
	for (size_t i = 0; i < m->report_count; i++) {
		struct reportmerge_report *r = &m->reports[i];
		r->superseded = !r->complete && (all_done(k, r->inputs, r->input_count) || tells_again(m, i));
		r->with_damage = has_damage(m, r);
		m->done += r->complete && !r->with_damage;
		m->damaged += r->with_damage;
		m->failed += !r->complete && !r->superseded;
	}
}

/* The volumes that came of one of its inputs; all, if it does not tell which are damaged. */
static bool input_has_damage(const struct reportmerge *m, const struct reportmerge_report *r, const char *input)
{
	bool told = false, here = false;
	for (size_t i = r->first_volume; i < r->first_volume + r->volume_count; i++) {
		bool damaged = m->volumes[i].damaged > 0;
		told = told || damaged;
		here = here || (damaged && strcmp(m->volumes[i].input, input) == 0);
	}
	return here || (r->with_damage && !told);
}

static bool is_damaged(const struct reportmerge *m, const struct keys *k, const struct reportmerge_planned *p)
{
	bool damaged = false;
	for (size_t i = 0; i < p->input_count; i++) {
		const struct key *key = find_input(k, p->inputs[i]);
		damaged = damaged || input_has_damage(m, &m->reports[key->report], p->inputs[i]);
	}
	return damaged;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Inputs of reports that are not complete, and of the plan: sorted, borrowed. */
struct texts {
	const char **all;
	size_t count;
};

static bool has_text(const struct texts *t, const char *text)
{
	return t->count > 0 && bsearch(&text, t->all, t->count, sizeof *t->all, by_text) != NULL;
}

static int list_failed(struct texts *t, const struct reportmerge *m, struct err *e)
{
	size_t most = 1;
	for (size_t i = 0; i < m->report_count; i++)
		most += m->reports[i].input_count;
	t->all = calloc(most, sizeof *t->all);
	if (t->all == NULL)
		return no_memory(e);
	for (size_t i = 0; i < m->report_count; i++) {
		for (size_t n = 0; !m->reports[i].complete && n < m->reports[i].input_count; n++)
			t->all[t->count++] = m->reports[i].inputs[n];
	}
	qsort(t->all, t->count, sizeof *t->all, by_text);
	return 0;
}

static int list_planned(struct texts *t, const struct reportmerge *m, struct err *e)
{
	size_t most = 1;
	for (size_t i = 0; i < m->planned_count; i++)
		most += m->planned[i].input_count;
	t->all = calloc(most, sizeof *t->all);
	if (t->all == NULL)
		return no_memory(e);
	for (size_t i = 0; i < m->planned_count; i++) {
		for (size_t n = 0; n < m->planned[i].input_count; n++)
			t->all[t->count++] = m->planned[i].inputs[n];
	}
	qsort(t->all, t->count, sizeof *t->all, by_text);
	return 0;
}

static enum reportmerge_state state_of(const struct reportmerge *m, const struct keys *k, const struct texts *failed,
				       const struct reportmerge_planned *p)
{
	bool any = false;
	if (all_done(k, p->inputs, p->input_count))
		return is_damaged(m, k, p) ? REPORTMERGE_DAMAGED : REPORTMERGE_DONE;
	for (size_t i = 0; i < p->input_count; i++)
		any = any || has_text(failed, p->inputs[i]) || find_input(k, p->inputs[i]);
	return any ? REPORTMERGE_FAILED : REPORTMERGE_MISSING;
}

/* JSON holds no odd bytes: volumes whose names differ in nothing else have one name in it. */
static int refuse_twins(const struct texts *planned, struct err *e)
{
	for (size_t i = 1; i < planned->count; i++) {
		if (strcmp(planned->all[i - 1], planned->all[i]) != 0)
			continue;
		err_volume(e, planned->all[i]);
		return err_set(e, XE_FAILED,
			       "stands in the plan twice: two volumes whose names are no UTF-8 cannot be told apart there; without "
			       "--plan the reports are merged all the same");
	}
	return 0;
}

/* With a plan it is its units that count. */
static int judge_plan(struct reportmerge *m, const struct keys *k, struct err *e)
{
	struct texts failed = {0}, planned = {0};
	size_t counts[] = {0, 0, 0, 0};
	int rc = list_failed(&failed, m, e);
	if (rc == 0)
		rc = list_planned(&planned, m, e);
	if (rc == 0)
		rc = refuse_twins(&planned, e);
	for (size_t i = 0; rc == 0 && i < m->planned_count; i++) {
		struct reportmerge_planned *p = &m->planned[i];
		p->state = state_of(m, k, &failed, p);
		counts[p->state]++;
	}
	for (size_t i = 0; rc == 0 && i < m->report_count; i++) {
		const struct reportmerge_report *r = &m->reports[i];
		m->unplanned += r->complete && r->input_count > 0 && !has_text(&planned, r->inputs[0]);
	}
	m->done = counts[REPORTMERGE_DONE];
	m->damaged = counts[REPORTMERGE_DAMAGED];
	m->failed = counts[REPORTMERGE_FAILED];
	m->missing = counts[REPORTMERGE_MISSING];
	free(failed.all);
	free(planned.all);
	return rc;
}

int reportmerge_judge(struct reportmerge *m, struct err *e)
{
	struct keys k = {0};
	int rc = list_keys(&k, m, e);
	if (rc == 0)
		rc = find_twice(m, &k, e);
	if (rc == 0) {
		judge_reports(m, &k);
		rc = m->has_plan ? judge_plan(m, &k, e) : 0;
	}
	free(k.all);
	return rc;
}
