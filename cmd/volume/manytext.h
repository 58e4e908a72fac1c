/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What verify tells of many volumes: a line for each unit, what is not sound or gone, a last line; or all of it as JSON. */
#ifndef CMD_VOLUME_MANYTEXT_H
#define CMD_VOLUME_MANYTEXT_H

#include "cmd/volume/manyproofs.h"

struct manytext {
	struct json *json; /* NULL: text */
	const struct manyproofs *proofs;
	const struct proofdue *due;
	const char *state; /* its path; NULL: none is kept */
	bool owes;         /* what is due and was not begun counts as not proved */
	bool quiet;        /* only what is wrong, as messages */
	char *line;        /* the one that is being made */
	size_t line_bytes;
	/* Counted: */
	bool running;
	size_t units, volumes; /* that were looked at */
	uint64_t bytes;
	int status;          /* the worst */
	struct err not_told; /* why nothing can be told of the first unit where that is so */
};

struct manytext_unit {
	const struct batch_unit *unit;
	const struct verifyset_among *among;
	struct manyproofs_end end;
	double seconds;
	int status;
	int killed_by; /* a signal; 0: none */
	bool stopped;  /* by the one that ends the run: it was not looked at */
};

/* In this order: at the beginning, of each volume that is forgotten, before the first unit, of each unit, at the end. */
void manytext_begin(struct manytext *t);
void manytext_forgotten(struct manytext *t, const struct proofstate_row *row);
void manytext_units(struct manytext *t);
void manytext_begin_unit(struct manytext *t, const struct batch_unit *unit, const char *why);
/* report: what the unit itself had to say, as JSON. */
void manytext_unit(struct manytext *t, const struct manytext_unit *u, FILE *report);
/* status: of what has failed beside the units; finished: nothing has, and no signal came.  Returns the exit status. */
int manytext_end(struct manytext *t, int status, bool finished, const struct err *e);

#endif
