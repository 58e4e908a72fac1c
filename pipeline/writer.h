/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The filter's writing side: what became of a slot's items goes through the ledger to the run's consumer.  One thread at a time, in the
 * order of the data. */
#ifndef PIPELINE_WRITER_H
#define PIPELINE_WRITER_H

#include "pipeline/consumer.h"

/* options, reshape and tasks (NULL: there are none) must stay until writer_free.  NULL without memory. */
struct writer *writer_new(const struct filter_options *options, const struct reshape *reshape, struct tasks *tasks,
			  const struct consumer *consumer);
void writer_free(struct writer *w);

/* Writes a slot and empties it.  What a full arena left unconverted is converted with ctx.  XE_DAMAGE, XE_KEY, XE_USAGE and
 * XE_FAILED, as the callbacks, the sink and the ledger have them, or what was found while reading. */
int writer_slot(struct writer *w, struct slot *s, struct stage_ctx *ctx, struct err *e) __attribute__((warn_unused_result));

/* For a run that has failed: the blocks that are made are written as far as they can be; with keep, what waits in unfilled blocks, too. */
void writer_save(struct writer *w, bool keep);

/* Bytes of the volume at hand that are written; any thread. */
uint64_t writer_bytes(const struct writer *w);

#endif
