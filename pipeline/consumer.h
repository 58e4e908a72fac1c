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
	size_t failed_input;
	_Atomic uint64_t bytes_out;
};

/* Each returns 0, or what the sink, the callbacks and the ledger have for an error.  The ledger has counted the item already. */
struct consumer {
	bool whole_blocks; /* pass: records are only counted */
	int (*begin_volume)(struct writer *w, const struct item *item, struct err *e);
	int (*label)(struct writer *w, const struct item *item, struct err *e);
	int (*block)(struct writer *w, const struct item *item, struct err *e);
	/* c: what the stages made of it, in s. */
	int (*record)(struct writer *w, struct slot *s, struct ledger_job *entry, const struct item *item, struct converted *c,
		      struct err *e);
	int (*file_mark)(struct writer *w, struct err *e);
	int (*foreign)(struct writer *w, const struct item *item, struct err *e);
	int (*flush)(struct writer *w, struct err *e); /* the bytes that items point to go with their slot */
	int (*end_volume)(struct writer *w, const struct item *item, struct err *e);
};

extern const struct consumer consumer_repack, consumer_pass, consumer_observe;

/* ---- what those who make volumes share: pipeline/output.c ---- */

int output_begin_volume(struct writer *w, const struct item *item, struct err *e) __attribute__((warn_unused_result));
int output_file_mark(struct writer *w, struct err *e) __attribute__((warn_unused_result));
int output_foreign(struct writer *w, const struct item *item, struct err *e) __attribute__((warn_unused_result));
int output_end_volume(struct writer *w, const struct item *item, struct err *e) __attribute__((warn_unused_result));

/* A block was written: for the books and the map. */
void output_new_block(void *w, const struct packed_block *b);

/* A volume label of the input; *again: the volume has one by now, and this one is lost. */
int output_label(struct writer *w, const struct item *item, bool *again, struct err *e) __attribute__((warn_unused_result));

/* It, as it is to be written. */
int output_put_label(struct writer *w, const struct item *item, struct err *e) __attribute__((warn_unused_result));

/* Before item is written, the volume gets a label if it has none: Bareos and Bacula read no volume without.  session: NULL unless item is
 * the label of one. */
int output_need_label(struct writer *w, const struct item *item, const struct session_label *session, struct err *e)
	__attribute__((warn_unused_result));

/* What is to be done with a record: *records, as many as c->count then says; as_is is room for one. */
int consumer_settle(struct writer *w, struct slot *s, struct ledger_job *entry, const struct item *item, struct converted *c,
		    struct outrecord *as_is, struct outrecord **records, struct err *e) __attribute__((warn_unused_result));

#endif
