/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What xflate estimate has found, as its table, its JSON and its pictures tell it. */
#ifndef CMD_VOLUME_ESTIMATED_H
#define CMD_VOLUME_ESTIMATED_H

#include "cmd/volume/unread.h"
#include "pipeline/estimate.h"

#include <stdio.h>

struct estimated {
	const struct estimate *result;
	const struct estimate_row *rows; /* those without records are left out everywhere */
	size_t row_count;
	size_t shown; /* the row whose records are shown one by one: a histogram */
	uint64_t seed;
	unsigned threads;
	uint64_t drive_rate; /* bytes a second that a drive takes, 0: it was not said */
};

/* A row as it is told. */
struct estimated_row {
	const char *name; /* "gzip", "plain" */
	char title[24];   /* "gzip:6" */
	double ratio, error;
	uint64_t bytes;  /* of all volumes, once converted */
	double speed;    /* of input in a second of one processor */
	double seconds;  /* for all of it with so many threads */
	double out_rate; /* bytes a second that come out then */
	bool readable;   /* by the target */
	bool streams;    /* at least as many as the drive takes */
};

/* False: it has no records. */
bool estimated_row(const struct estimated *t, size_t index, struct estimated_row *row);

/* "gzip", "plain", "other": static. */
const char *estimated_kind(size_t kind);

/* What part of the sample is stored so, 0 to 1. */
double estimated_stored(const struct estimated *t, size_t kind);

void estimated_print(const struct estimated *t);
/* e: what failed behind the estimate; status: the exit status. */
void estimated_json(const struct estimated *t, const struct unread *unread, const struct err *e, int status);

/* Pictures of 80 columns, and an SVG: how records are stored, size against speed, the ratios of the records of a row. */
void estimated_draw_text(const struct estimated *t, FILE *out);
void estimated_draw_svg(const struct estimated *t, FILE *out);

#endif
