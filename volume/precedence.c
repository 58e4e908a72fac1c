/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kahn's way: what nothing is before any more waits in a heap, and the lowest is taken out. */
#include "volume/precedence.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

void precedence_free(struct precedence *p)
{
	free(p->edges);
	*p = (struct precedence){.things = p->things};
}

uint32_t precedence_knot(struct precedence *p)
{
	return p->things + p->knots++;
}

int precedence_add(struct precedence *p, uint32_t from, uint32_t to, struct err *e)
{
	struct precedence_edge *edges = array_reach(p->edges, &p->room, p->count, sizeof *edges);
	if (edges == NULL)
		return err_memory(e, (p->count + 1) * sizeof *edges, "the order of volumes");
	p->edges = edges;
	edges[p->count++] = (struct precedence_edge){from, to};
	return 0;
}

/* ---- sorting ---- */

struct sorting {
	const struct precedence *p;
	uint32_t nodes;
	uint32_t *first;  /* edges of node n, by their beginnings, are those from first[n] to first[n + 1] of */
	uint32_t *to;     /* their ends */
	uint32_t *before; /* how many are to come before it */
	bool *done;
	uint32_t *heap, waiting;
};

static void swap(uint32_t *a, uint32_t *b)
{
	uint32_t c = *a;
	*a = *b;
	*b = c;
}

static void wait_for_turn(struct sorting *s, uint32_t node)
{
	uint32_t at = s->waiting++;
	s->heap[at] = node;
	for (; at > 0 && s->heap[(at - 1) / 2] > s->heap[at]; at = (at - 1) / 2)
		swap(&s->heap[(at - 1) / 2], &s->heap[at]);
}

static uint32_t lowest(struct sorting *s)
{
	uint32_t node = s->heap[0], at = 0;
	s->heap[0] = s->heap[--s->waiting];
	for (uint32_t low; (low = 2 * at + 1) < s->waiting; at = low) {
		low += low + 1 < s->waiting && s->heap[low + 1] < s->heap[low];
		if (s->heap[at] <= s->heap[low])
			break;
		swap(&s->heap[at], &s->heap[low]);
	}
	return node;
}

/* Those it was before wait for one less.  A knot is passed at once: it lies between things, and not between knots. */
static void pass(struct sorting *s, uint32_t node)
{
	s->done[node] = true;
	for (uint32_t i = s->first[node]; i < s->first[node + 1]; i++) {
		uint32_t to = s->to[i];
		if (--s->before[to] > 0 || s->done[to])
			continue;
		if (to < s->p->things)
			wait_for_turn(s, to);
		else
			pass(s, to);
	}
}

static void gather_edges(struct sorting *s)
{
	const struct precedence *p = s->p;
	for (size_t i = 0; i < p->count; i++) {
		s->first[p->edges[i].from + 1]++;
		s->before[p->edges[i].to]++;
	}
	for (uint32_t n = 0; n < s->nodes; n++)
		s->first[n + 1] += s->first[n];
	/* Filled from the back of each node's stretch, whose beginning is then right again. */
	for (size_t i = 0; i < p->count; i++)
		s->to[--s->first[p->edges[i].from + 1]] = p->edges[i].to;
	for (uint32_t n = 0; n < s->nodes; n++)
		s->first[n] = s->first[n + 1];
	s->first[s->nodes] = (uint32_t)p->count;
}

static void sort(struct sorting *s, uint32_t *order, bool *forced)
{
	uint32_t placed = 0, next = 0, things = s->p->things;
	for (uint32_t n = 0; n < things; n++) {
		if (s->before[n] == 0)
			wait_for_turn(s, n);
	}
	while (placed < things) {
		while (s->waiting == 0 && s->done[next])
			next++;
		bool stuck = s->waiting == 0;
		uint32_t node = stuck ? next : lowest(s);
		forced[node] = stuck;
		order[placed++] = node;
		pass(s, node);
	}
}

int precedence_sort(const struct precedence *p, uint32_t *order, bool *forced, struct err *e)
{
	struct sorting s = {.p = p, .nodes = p->things + p->knots};
	s.first = calloc((size_t)s.nodes + 2, sizeof *s.first);
	s.to = calloc(p->count + 1, sizeof *s.to);
	s.before = calloc((size_t)s.nodes + 1, sizeof *s.before);
	s.heap = calloc((size_t)s.nodes + 1, sizeof *s.heap);
	s.done = calloc((size_t)s.nodes + 1, sizeof *s.done);
	bool memory = s.first && s.to && s.before && s.heap && s.done && p->count <= UINT32_MAX;
	if (memory) {
		gather_edges(&s);
		sort(&s, order, forced);
	}
	free(s.first);
	free(s.to);
	free(s.before);
	free(s.heap);
	free(s.done);
	return memory ? 0 : err_memory(e, p->count * sizeof *s.to, "the order of volumes");
}
