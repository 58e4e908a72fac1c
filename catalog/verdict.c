/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalog/verdict.h"

#include <stdarg.h>
#include <string.h>

struct trial {
	const struct plan *plan;
	const struct plan_volume *v;
	enum mapped_side media, jobs; /* which side these are taken for */
	bool either;                  /* Media may be of either */
	bool bareos;
	uint64_t faults;
	void (*say)(void *arg, const char *text); /* NULL: they are counted */
	void *arg;
};

static void fault(struct trial *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void fault(struct trial *t, const char *format, ...)
{
	char text[ERR_TEXT_BYTES];
	int n = snprintf(text, sizeof text, "%s: ", t->v->from->name);
	va_list ap;
	va_start(ap, format);
	vsnprintf(text + n, sizeof text - (size_t)n, format, ap);
	va_end(ap);
	t->faults++;
	if (t->say)
		t->say(t->arg, text);
}

static const struct mapped_bytes *bytes_of(const struct trial *t, enum mapped_side side)
{
	return side == MAPPED_OLD ? &t->v->from->side[MAPPED_OLD] : &t->v->to->side[MAPPED_NEW];
}

static void try_media(struct trial *t)
{
	const struct rows_media *m = t->v->media;
	const struct mapped_bytes *b = bytes_of(t, t->media);
	const char *name = t->media == MAPPED_OLD ? t->v->from->name : t->v->to->new_name;
	const struct mapped_bytes *old = bytes_of(t, MAPPED_OLD);
	if (t->either && (old->tape ? m->files == old->files : m->bytes == old->bytes))
		b = old;
	uint64_t has = b->tape ? m->files : m->bytes, want = b->tape ? b->files : b->bytes;
	if (strcmp(m->name, name) != 0)
		fault(t, "the catalog calls it %s", m->name);
	if (strcmp(m->status, "Recycle") == 0)
		fault(t, "it is to be recycled: it may be written anew at any time");
	if (has != want)
		fault(t,
		      "the catalog says %llu %s, the map %llu: another volume of that name, or one that was appended to or recycled since",
		      (unsigned long long)has, b->tape ? "tape files" : "bytes", (unsigned long long)want);
	if (m->label_type != 0 && !b->tape)
		fault(t, "the catalog says that it has a tape label of ANSI or IBM");
}

/* What a group of rows of one job covers. */
static struct rows_place covered(const struct rows_jobmedia *rows, size_t count)
{
	struct rows_place all = rows[0].at;
	for (size_t i = 1; i < count; i++) {
		const struct rows_place *r = &rows[i].at;
		all.first = r->first < all.first ? r->first : all.first;
		all.last = r->last > all.last ? r->last : all.last;
		all.start = r->start < all.start ? r->start : all.start;
		all.end = r->end > all.end ? r->end : all.end;
	}
	return all;
}

/* Bacula's rows may begin before the job's own first block, where the device stood; formats/catalog-facts.md 6, G4. */
static bool covers(const struct mapped_bytes *b, const struct mapped_range *r, const struct rows_place *has)
{
	bool whole = has->start == 0 && has->end == PLAN_WHOLE_END;
	bool begins = (!b->labelled || has->start > b->label_end) && has->start <= r->data_start;
	return r->blocks > 0 && has->first == r->first && has->last == r->last && (whole || (begins && has->end == r->end));
}

static void try_job(struct trial *t, size_t first, size_t rows)
{
	const struct rows_jobmedia *row = &t->v->rows[first];
	const struct rows_job *job = rows_job(t->plan->rows, row->job_id);
	const struct mapped_session *s = plan_session(t->plan, t->v, row);
	/* A row whose job is gone is what no restore selects. */
	if (job == NULL)
		return;
	if (s == NULL) {
		fault(t, "JobId %llu has rows on it, and the map knows nothing of its session: appended since, or another volume",
		      (unsigned long long)row->job_id);
		return;
	}
	/* Sessions keep their numbers in every conversion. */
	const struct mapped_session *of = t->jobs == MAPPED_OLD ? mapped_find(t->v->from, s->id, s->time) : s;
	const struct mapped_range *r = &of->side[t->jobs];
	struct rows_place has = covered(row, rows);
	if (!covers(bytes_of(t, t->jobs), r, &has))
		fault(t,
		      "JobId %llu: its rows cover bytes %llu to %llu with files %d to %d, its blocks bytes %llu to %llu with files %d to "
		      "%d",
		      (unsigned long long)row->job_id, (unsigned long long)has.start, (unsigned long long)has.end, has.first, has.last,
		      (unsigned long long)r->start, (unsigned long long)r->end, r->first, r->last);
}

static void try_volume(struct trial *t)
{
	if (t->v->media == NULL) {
		fault(t, "the rows have no volume of this name: not of this catalog, or asked for with other maps");
		return;
	}
	try_media(t);
	for (size_t k = 0, n; k < t->v->row_count; k += n) {
		n = plan_group(t->v, k);
		try_job(t, k, n);
	}
}

static uint64_t try_chain(struct trial *t, size_t chain, enum mapped_side media, enum mapped_side jobs)
{
	t->faults = 0;
	t->media = media;
	t->jobs = jobs;
	/* 2001 to 2999 are Bareos's numbers.  formats/catalog-facts.md 1 */
	uint64_t version = t->plan->rows->version;
	bool bareos = version > 2000 && version < 3000;
	for (size_t i = 0; i < t->plan->count; i++) {
		t->v = &t->plan->volumes[i];
		if (t->v->chain != chain)
			continue;
		if (bareos != t->bareos)
			fault(t, "the catalog's version %llu is not one of %s", (unsigned long long)version,
			      t->bareos ? "Bareos" : "Bacula");
		try_volume(t);
	}
	return t->faults;
}

enum verdict verdict_of(const struct plan *p, size_t chain, bool bareos, void (*say)(void *arg, const char *text), void *arg)
{
	struct trial t = {.plan = p, .bareos = bareos};
	if (try_chain(&t, chain, MAPPED_OLD, MAPPED_OLD) == 0)
		return VERDICT_READY;
	if (try_chain(&t, chain, MAPPED_NEW, MAPPED_NEW) == 0)
		return VERDICT_APPLIED;
	t.either = true;
	if (try_chain(&t, chain, MAPPED_NEW, MAPPED_NEW) == 0)
		return VERDICT_WRITTEN_BACK;
	t.either = false;
	t.say = say;
	t.arg = arg;
	try_chain(&t, chain, MAPPED_OLD, MAPPED_OLD);
	return VERDICT_REFUSED;
}
