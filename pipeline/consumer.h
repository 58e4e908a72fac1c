/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of a run's items: they are packed into new blocks, they pass block by block, or somebody looks on.  One of the three is
 * chosen when the run is made; the writer asks no more which it is.  Used by the filter's writing side alone. */
#ifndef PIPELINE_CONSUMER_H
#define PIPELINE_CONSUMER_H

#include "pipeline/ledger.h"
#include "pipeline/reshape.h"

#include <stdatomic.h>

struct consumer;

/* The writing side, and what its consumers share. */
struct writer {
	const struct filter_options *o;
	const struct consumer *consumer;
	const struct reshape *reshape;
	bool reshapes;
	struct tasks *tasks; /* that write, and seal; NULL: there are none */
	struct packer *packer;
	struct ledger ledger;
	struct io out;
	struct sink sink;
	struct digest *volume_digest; /* NULL: not wanted */
	bool volume_open;
	uint64_t file_marks;                 /* read of it */
	bool labelled;                       /* the volume at hand has its label, or is not to have one */
	bool label_made;                     /* here, in the place of one that is lost */
	const struct volume_info *before;    /* the last volume that had its label, NULL: none */
	uint64_t damaged_before;             /* the volume */
	struct span run;                     /* blocks to pass that follow one another in memory */
	const struct cipher_volume *sealing; /* what the volume at hand is encrypted with */
	struct reshape_buffer scratch;
	size_t failed_input; /* index of the one where the run failed, */
	bool failed_reading; /* and it was not the writing side that did */
	_Atomic uint64_t bytes_out;
};

/* What it does returns 0, or what the sink, the callbacks and the ledger have for an error. */
struct consumer {
	bool whole_blocks; /* records are only counted, they pass in their blocks */
	/* Of the other kinds of items; the ledger has counted them already.  NULL: nothing. */
	int (*take[ITEM_KINDS])(struct writer *w, const struct item *item, struct err *e);
	/* ITEM_RECORD; c: what the stages made of it, in s. */
	int (*record)(struct writer *w, struct slot *s, struct ledger_job *entry, const struct item *item, struct converted *c,
		      struct err *e);
	int (*flush)(struct writer *w, struct err *e); /* the bytes that items point to go with their slot; NULL: nothing */
};

extern const struct consumer repack_consumer, pass_consumer, observe_consumer;

#endif
