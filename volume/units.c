/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/units.h"

#include "base/array.h"
#include "volume/precedence.h"
#include "volume/unitnames.h"

#include <stdlib.h>
#include <string.h>

#define MATCH_MAX ((size_t)1024) /* volumes of one session that differ in nothing but their cut records, whose order these tell */

/* A volume; its number among all is its place by the time that its label was written, which counts where nothing else tells. */
struct node {
	const struct units_input *in;
	size_t input;
	uint32_t set; /* another one of its set, or itself */
	uint32_t place;
	bool incomplete, forced, copy; /* copy: that it has a session that is elsewhere, too, was said */
};

/* A session on a volume. */
struct member {
	uint64_t key;
	uint32_t node;
	uint32_t rank; /* among volumes of one name: copies go with copies */
	const struct units_input *in;
	const struct glance_session *s; /* NULL: it begins and ends there */
};

struct finding_units {
	struct units *u;
	struct node *nodes;
	size_t count;
	struct member *members;
	size_t member_count;
	struct precedence order;
};

bool units_begins_elsewhere(const struct glance_session *s)
{
	return s->readable && s->begin_seen && !s->begins;
}

bool units_ends_elsewhere(const struct glance_session *s)
{
	return s->readable && s->end_seen && !s->ends && !s->overtaken;
}

void units_free(struct units *u)
{
	free(u->volumes);
	free(u->all);
	free(u->remarks);
	*u = (struct units){0};
}

static int remark(struct finding_units *f, enum units_remark_kind kind, uint32_t volume, uint32_t other, const struct glance_session *s,
		  struct err *e)
{
	struct units *u = f->u;
	struct units_remark *all = array_reach(u->remarks, &u->remark_room, u->remark_count, sizeof *all);
	if (all == NULL)
		return err_memory(e, 0, "what is to be said of volumes");
	u->remarks = all;
	all[u->remark_count++] = (struct units_remark){kind, f->nodes[volume].input, f->nodes[other].input, s};
	return 0;
}

/* ---- volumes ---- */

static const char *name_of(const struct units_input *in)
{
	return in->glance->labelled ? in->glance->label.volume : in->path;
}

static int64_t time_of(const struct units_input *in)
{
	const struct volume_label *l = &in->glance->label;
	return l->write_time ? l->write_time : l->label_time;
}

static int by_name(const struct units_input *x, const struct units_input *y)
{
	int order = strcmp(name_of(x), name_of(y));
	return order != 0 ? order : strcmp(x->path, y->path);
}

static int by_time(const void *a, const void *b)
{
	const struct node *x = a, *y = b;
	int64_t s = time_of(x->in), t = time_of(y->in);
	return s != t ? (s > t) - (s < t) : by_name(x->in, y->in);
}

static int nodes_by_name(const void *a, const void *b)
{
	const struct node *const *x = a, *const *y = b;
	return by_name((*x)->in, (*y)->in);
}

static int tell_twins(struct finding_units *f, const struct node **sorted, struct err *e)
{
	int rc = 0;
	for (size_t i = 1; rc == 0 && i < f->count; i++) {
		const struct node *n = sorted[i], *before = sorted[i - 1];
		if (n->in->glance->labelled && before->in->glance->labelled && strcmp(name_of(n->in), name_of(before->in)) == 0)
			rc = remark(f, UNITS_VOLUME_TWICE, (uint32_t)(n - f->nodes), (uint32_t)(before - f->nodes), NULL, e);
	}
	return rc;
}

static int find_twins(struct finding_units *f, struct err *e)
{
	const struct node **sorted = calloc(f->count + 1, sizeof *sorted);
	if (sorted == NULL)
		return err_memory(e, f->count * sizeof *sorted, "the names of volumes");
	for (size_t i = 0; i < f->count; i++)
		sorted[i] = &f->nodes[i];
	qsort(sorted, f->count, sizeof *sorted, nodes_by_name);
	int rc = tell_twins(f, sorted, e);
	free(sorted);
	return rc;
}

static int make_nodes(struct finding_units *f, const struct units_input *inputs, struct err *e)
{
	f->nodes = calloc(f->count + 1, sizeof *f->nodes);
	if (f->nodes == NULL)
		return err_memory(e, f->count * sizeof *f->nodes, "the volumes");
	for (size_t i = 0; i < f->count; i++)
		f->nodes[i] = (struct node){.in = &inputs[i], .input = i};
	qsort(f->nodes, f->count, sizeof *f->nodes, by_time);
	for (size_t i = 0; i < f->count; i++)
		f->nodes[i].set = (uint32_t)i;
	return 0;
}

/* ---- sessions on volumes ---- */

static int by_key(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : by_name(x->in, y->in);
}

/* Where it begins, where it goes on, and apart from those, where it is whole. */
static int kind_of(const struct member *m)
{
	return m->s == NULL ? 2 : !m->s->begins;
}

static uint32_t first_index(const struct glance_session *s)
{
	return s->first_index > 0 ? (uint32_t)s->first_index : s->ends ? UINT32_MAX : UINT32_MAX - 1;
}

/* By what the records say: FileIndexes only grow. */
static int by_records(const struct member *x, const struct member *y)
{
	const struct glance_session *s = x->s, *t = y->s;
	if (kind_of(x) != kind_of(y) || s == NULL || s->begins)
		return kind_of(x) - kind_of(y);
	if (first_index(s) != first_index(t))
		return first_index(s) < first_index(t) ? -1 : 1;
	return s->last_index != t->last_index ? (s->last_index > t->last_index) - (s->last_index < t->last_index) : s->ends - t->ends;
}

static int by_course(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	if (x->key != y->key)
		return (x->key > y->key) - (x->key < y->key);
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	int order = by_records(x, y), later = (x->node > y->node) - (x->node < y->node);
	/* Of several beginnings the earliest is the last. */
	return order != 0 ? order : kind_of(x) == 0 ? -later : later;
}

static void add_members(struct finding_units *f, uint32_t node)
{
	const struct units_input *in = f->nodes[node].in;
	const struct glance *g = in->glance;
	for (size_t i = 0; i < g->session_count; i++) {
		const struct glance_session *s = &g->sessions[i];
		f->members[f->member_count++] = (struct member){(uint64_t)s->time << 32 | s->id, node, 0, in, s};
	}
	for (size_t i = 0; i < g->inner_count; i++)
		f->members[f->member_count++] = (struct member){g->inner[i], node, 0, in, NULL};
}

static int make_members(struct finding_units *f, struct err *e)
{
	size_t n = 0;
	for (size_t i = 0; i < f->count; i++)
		n += f->nodes[i].in->glance->session_count + f->nodes[i].in->glance->inner_count;
	f->members = calloc(n + 1, sizeof *f->members);
	if (f->members == NULL)
		return err_memory(e, n * sizeof *f->members, "the sessions of volumes");
	for (size_t i = 0; i < f->count; i++)
		add_members(f, (uint32_t)i);
	struct member *m = f->members;
	qsort(m, n, sizeof *m, by_key);
	for (size_t i = 1; i < n; i++)
		m[i].rank = m[i].key == m[i - 1].key && strcmp(name_of(m[i].in), name_of(m[i - 1].in)) == 0 ? m[i - 1].rank + 1 : 0;
	qsort(m, n, sizeof *m, by_course);
	return 0;
}

/* A session as it goes over volumes, members from first to end; those before begin it once more, those behind have all of it. */
struct course {
	struct member *all;
	size_t count, first, end;
};

/* The next course, from *m on; false behind the last. */
static bool next_course(const struct finding_units *f, struct member **m, struct course *c)
{
	struct member *end = f->members + f->member_count;
	*c = (struct course){.all = *m};
	if (*m == end)
		return false;
	while (c->all + c->count < end && c->all[c->count].key == (*m)->key && c->all[c->count].rank == (*m)->rank)
		c->count++;
	while (c->end < c->count && kind_of(&c->all[c->end]) < 2) {
		c->first = kind_of(&c->all[c->end]) == 0 ? c->end : c->first;
		c->end++;
	}
	*m += c->count;
	return true;
}

/* ---- sets ---- */

static uint32_t set_of(struct finding_units *f, uint32_t node)
{
	while (f->nodes[node].set != node)
		node = f->nodes[node].set = f->nodes[f->nodes[node].set].set;
	return node;
}

static bool is_rest(const struct member *x, const struct member *y)
{
	return x->s->rest_behind > 0 && x->s->rest_behind == y->s->rest_before && y->s->rest_behind != x->s->rest_before;
}

/* The only one among the run that goes on with the record that x cuts; NULL: none, or several. */
static const struct member *rest_of(const struct member *run, size_t count, const struct member *x)
{
	const struct member *found = NULL;
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		if (&run[i] != x && is_rest(x, &run[i]) && n++ == 0)
			found = &run[i];
	}
	return n == 1 ? found : NULL;
}

/* Of some that differ in nothing else. */
static int order_by_rests(struct finding_units *f, const struct member *run, size_t count, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && count > 1 && count <= MATCH_MAX && i < count; i++) {
		const struct member *next = rest_of(run, count, &run[i]);
		rc = next ? precedence_add(&f->order, run[i].node, next->node, e) : 0;
	}
	return rc;
}

static size_t run_from(const struct course *c, size_t from)
{
	size_t end = from + 1;
	while (end < c->end && by_records(&c->all[from], &c->all[end]) == 0)
		end++;
	return end;
}

/* Each of a run comes before each of the next. */
static int order_course(struct finding_units *f, const struct course *c, struct err *e)
{
	int rc = 0;
	uint32_t before = 0;
	for (size_t from = c->first, end; rc == 0 && from < c->end; from = end) {
		end = run_from(c, from);
		uint32_t behind = end < c->end ? precedence_knot(&f->order) : 0;
		for (size_t i = from; rc == 0 && i < end; i++) {
			rc = from > c->first ? precedence_add(&f->order, before, c->all[i].node, e) : 0;
			if (rc == 0 && end < c->end)
				rc = precedence_add(&f->order, c->all[i].node, behind, e);
		}
		if (rc == 0)
			rc = order_by_rests(f, &c->all[from], end - from, e);
		before = behind;
	}
	return rc;
}

static int tell_copies(struct finding_units *f, const struct course *c, struct err *e)
{
	int rc = 0;
	const struct member *one = &c->all[c->first < c->end ? c->first : 0];
	for (size_t i = 0; rc == 0 && i < c->count; i++) {
		const struct member *m = &c->all[i];
		if (m == one || (i >= c->first && i < c->end) || f->nodes[m->node].copy)
			continue;
		f->nodes[m->node].copy = true;
		rc = remark(f, UNITS_SESSION_TWICE, m->node, one->node, m->s ? m->s : one->s, e);
	}
	return rc;
}

static int make_sets(struct finding_units *f, struct err *e)
{
	struct course c;
	struct member *m = f->members;
	int rc = 0;
	while (rc == 0 && next_course(f, &m, &c)) {
		for (size_t i = c.first; i + 1 < c.end; i++)
			f->nodes[set_of(f, c.all[i].node)].set = set_of(f, c.all[i + 1].node);
		rc = order_course(f, &c, e);
		if (rc == 0)
			rc = tell_copies(f, &c, e);
	}
	return rc;
}

static int order_sets(struct finding_units *f, struct err *e)
{
	uint32_t *order = calloc(f->count + 1, sizeof *order);
	bool *forced = calloc(f->count + 1, sizeof *forced);
	int rc = order && forced ? precedence_sort(&f->order, order, forced, e) : err_memory(e, 0, "the order of volumes");
	for (size_t i = 0; rc == 0 && i < f->count; i++) {
		f->nodes[order[i]].place = (uint32_t)i;
		f->nodes[i].forced = forced[i];
	}
	free(order);
	free(forced);
	return rc;
}

/* ---- what is missing ---- */

static int lacks(struct finding_units *f, enum units_remark_kind kind, const struct member *m, const struct member *other,
		 const struct glance_session *named, struct err *e)
{
	f->nodes[m->node].incomplete = true;
	return remark(f, kind, m->node, other->node, named ? named : m->s, e);
}

/* Start and end labels name the job. */
static const struct glance_session *named_in(const struct course *c)
{
	const struct glance_session *named = NULL;
	for (size_t i = c->first; i < c->end && named == NULL; i++)
		named = c->all[i].s->labelled ? c->all[i].s : NULL;
	return named;
}

/* The record that x cuts goes on at once; but for a drive that warns early of a tape's end, whose last block is there twice. */
static bool is_broken(const struct glance_session *x, const struct glance_session *y)
{
	bool seen = x->readable && y->readable && x->end_seen && y->begin_seen;
	return seen && x->rest_behind != y->rest_before && x->last_trace != y->first_trace;
}

static int by_place(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	return (x->rank > y->rank) - (x->rank < y->rank);
}

/* A tape that was read file by file is one volume in several inputs, and only the first of them tells which. */
static int find_unlabelled(struct finding_units *f, struct err *e)
{
	int rc = 0;
	for (uint32_t i = 0; rc == 0 && i < f->count; i++) {
		if (f->nodes[i].in->glance->labelled)
			continue;
		f->nodes[i].incomplete = true;
		rc = remark(f, UNITS_NO_LABEL, i, i, NULL, e);
	}
	return rc;
}

static int check_course(struct finding_units *f, const struct course *c, struct err *e)
{
	struct member *all = c->all;
	const struct glance_session *named = named_in(c);
	bool ends = false;
	int rc = 0;
	for (size_t i = c->first; i < c->end; i++)
		all[i].rank = f->nodes[all[i].node].place;
	qsort(all + c->first, c->end - c->first, sizeof *all, by_place);
	for (size_t i = c->first; rc == 0 && i < c->end; i++) {
		ends = ends || all[i].s->ends;
		if (i == c->first && units_begins_elsewhere(all[i].s))
			rc = lacks(f, UNITS_BEGINS_ELSEWHERE, &all[i], &all[i], named, e);
		if (rc == 0 && i > c->first && is_broken(all[i - 1].s, all[i].s))
			rc = lacks(f, UNITS_MISSING_BETWEEN, &all[i - 1], &all[i], named, e);
		if (rc == 0 && i + 1 == c->end && !ends && units_ends_elsewhere(all[i].s))
			rc = lacks(f, UNITS_ENDS_ELSEWHERE, &all[i], &all[i], named, e);
	}
	/* Copies of its beginning stand alone. */
	for (size_t i = 0; rc == 0 && i < c->first; i++) {
		if (units_ends_elsewhere(all[i].s))
			rc = lacks(f, UNITS_ENDS_ELSEWHERE, &all[i], &all[i], NULL, e);
	}
	return rc;
}

static int check_sets(struct finding_units *f, struct err *e)
{
	struct course c;
	struct member *m = f->members;
	int rc = 0;
	while (rc == 0 && next_course(f, &m, &c))
		rc = check_course(f, &c, e);
	return rc;
}

/* ---- units ---- */

struct placed {
	uint32_t set, place, node;
};

static int by_set(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	return x->set != y->set ? (x->set > y->set) - (x->set < y->set) : (x->place > y->place) - (x->place < y->place);
}

static int fill_units(struct finding_units *f, struct err *e)
{
	struct units *u = f->u;
	struct placed *placed = calloc(f->count + 1, sizeof *placed);
	u->volumes = calloc(f->count + 1, sizeof *u->volumes);
	u->all = calloc(f->count + 1, sizeof *u->all);
	int rc = placed && u->volumes && u->all ? 0 : err_memory(e, 0, "the units");
	for (uint32_t i = 0; rc == 0 && i < f->count; i++)
		placed[i] = (struct placed){set_of(f, i), f->nodes[i].place, i};
	if (rc == 0)
		qsort(placed, f->count, sizeof *placed, by_set);
	for (size_t i = 0; rc == 0 && i < f->count; i++) {
		const struct node *n = &f->nodes[placed[i].node];
		bool another = i == 0 || placed[i].set != placed[i - 1].set;
		struct unit *unit = &u->all[another ? u->count++ : u->count - 1];
		unit->first = another ? i : unit->first;
		unit->count++;
		unit->bytes += n->in->glance->bytes;
		unit->incomplete = unit->incomplete || n->incomplete;
		unit->unsure = unit->unsure || n->forced;
		u->volumes[i] = n->input;
	}
	free(placed);
	return rc;
}

int units_find(struct units *u, const struct units_input *inputs, size_t count, struct err *e)
{
	struct finding_units f = {.u = u, .count = count, .order = {.things = (uint32_t)count}};
	*u = (struct units){0};
	int rc = make_nodes(&f, inputs, e);
	if (rc == 0)
		rc = find_twins(&f, e);
	if (rc == 0)
		rc = find_unlabelled(&f, e);
	if (rc == 0)
		rc = make_members(&f, e);
	if (rc == 0)
		rc = make_sets(&f, e);
	if (rc == 0)
		rc = order_sets(&f, e);
	if (rc == 0)
		rc = check_sets(&f, e);
	if (rc == 0)
		rc = fill_units(&f, e);
	if (rc == 0)
		rc = unitnames_give(u, inputs, e);
	precedence_free(&f.order);
	free(f.members);
	free(f.nodes);
	return rc;
}
