/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sweep over the addresses where rows begin and end, with the rows that are open. */
#include "catalog/cover.h"

#include "base/array.h"

#include <stdlib.h>

struct sweep {
	const struct rows_place **rows; /* by their start */
	size_t count, next;
	const struct rows_place **open; /* those that have the addresses at hand, */
	size_t open_count;
	uint64_t at; /* from here on */
};

void cover_free(struct cover *c)
{
	for (size_t i = 0; i < c->count; i++)
		indexes_free(&c->parts[i].files);
	free(c->parts);
	*c = (struct cover){0};
}

static int by_start(const void *a, const void *b)
{
	const struct rows_place *x = *(const struct rows_place *const *)a, *y = *(const struct rows_place *const *)b;
	return x->start < y->start ? -1 : x->start > y->start;
}

static void close_rows(struct sweep *s)
{
	size_t kept = 0;
	for (size_t i = 0; i < s->open_count; i++) {
		if (s->open[i]->end >= s->at)
			s->open[kept++] = s->open[i];
	}
	s->open_count = kept;
}

static void open_rows(struct sweep *s)
{
	while (s->next < s->count && s->rows[s->next]->start <= s->at)
		s->open[s->open_count++] = s->rows[s->next++];
}

/* Where the rows that are open change next: the last address that has the same. */
static uint64_t last_alike(const struct sweep *s)
{
	uint64_t last = s->next < s->count ? s->rows[s->next]->start - 1 : UINT64_MAX;
	for (size_t i = 0; i < s->open_count; i++)
		last = s->open[i]->end < last ? s->open[i]->end : last;
	return last;
}

static int add_part(struct cover *c, const struct sweep *s, uint64_t end, struct err *e)
{
	struct cover_part *parts = array_reach(c->parts, &c->room, c->count, sizeof *parts);
	if (parts == NULL)
		return err_memory(e, (c->count + 1) * sizeof *parts, "the rows");
	c->parts = parts;
	struct cover_part *p = &parts[c->count++];
	*p = (struct cover_part){.start = s->at, .end = end};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < s->open_count; i++)
		rc = indexes_add(&p->files, s->open[i]->first, s->open[i]->last, e);
	return rc;
}

static int sweep(struct cover *c, struct sweep *s, struct err *e)
{
	int rc = 0;
	while (rc == 0 && (s->open_count > 0 || s->next < s->count)) {
		if (s->open_count == 0)
			s->at = s->rows[s->next]->start;
		open_rows(s);
		close_rows(s);
		if (s->open_count == 0)
			continue;
		uint64_t end = last_alike(s);
		rc = add_part(c, s, end, e);
		s->at = end + 1;
		close_rows(s);
	}
	return rc;
}

int cover_make(struct cover *c, const struct rows_jobmedia *rows, size_t count, struct err *e)
{
	struct sweep s = {.rows = calloc(count, sizeof *s.rows), .open = calloc(count, sizeof *s.open), .count = count};
	int rc = s.rows && s.open ? 0 : err_memory(e, count * sizeof *s.rows, "the rows");
	for (size_t i = 0; rc == 0 && i < count; i++)
		s.rows[i] = &rows[i].at;
	if (rc == 0) {
		qsort(s.rows, count, sizeof *s.rows, by_start);
		rc = sweep(c, &s, e);
	}
	free(s.rows);
	free(s.open);
	return rc;
}

const struct indexes *cover_of(struct cover *c, uint64_t end)
{
	while (c->at < c->count && c->parts[c->at].end < end)
		c->at++;
	return c->at < c->count && c->parts[c->at].start <= end ? &c->parts[c->at].files : NULL;
}
