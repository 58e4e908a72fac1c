/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The run in which verify looks on: everything is inflated on all processors, damage is kept, nothing is written. */
#ifndef PIPELINE_PROVING_H
#define PIPELINE_PROVING_H

#include "pipeline/filter.h"
#include "prove/verify.h"

/* A filter over the volumes that run names (paths, keys, threads, memory; the rest is the proof's business).  v must stay until
 * filter_free.  NULL without memory. */
struct filter *proving_filter(const struct filter_options *run, struct verify *v);

/* The whole run, once; damage is no failure of it.  XE_FAILED, XE_KEY, and what the inputs have for an error. */
int proving_run(struct filter *f, struct verify *v, struct err *e) __attribute__((warn_unused_result));

#endif
