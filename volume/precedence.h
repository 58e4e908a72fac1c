/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts things into an order of which is known what comes before what; where nothing is, the one with the lower number comes first. */
#ifndef VOLUME_PRECEDENCE_H
#define VOLUME_PRECEDENCE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct precedence_edge {
	uint32_t from, to;
};

/* Begin with {.things = n}: they are 0 to n - 1.  Numbers behind those are knots: between some and others, each of which has edges
 * with it, they stand for each before each.  None is without edges to it, and none has one to another. */
struct precedence {
	uint32_t things, knots;
	struct precedence_edge *edges;
	size_t count, room;
};

/* Idempotent. */
void precedence_free(struct precedence *p);

/* A knot more: its number. */
uint32_t precedence_knot(struct precedence *p);

/* from comes before to.  XE_FAILED without memory. */
int precedence_add(struct precedence *p, uint32_t from, uint32_t to, struct err *e) __attribute__((warn_unused_result));

/* Puts the things into order.  forced[n]: what is said of thing n contradicts itself, and it was put where its number wants it.  Both have
 * room for all things.  XE_FAILED without memory. */
int precedence_sort(const struct precedence *p, uint32_t *order, bool *forced, struct err *e) __attribute__((warn_unused_result));

#endif
