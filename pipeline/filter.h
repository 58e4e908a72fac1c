/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of volumes through the stages into new volumes, on all processors, in order. */
#ifndef PIPELINE_FILTER_H
#define PIPELINE_FILTER_H

#include "pipeline/options.h"

struct filter;

/* What options names must stay until filter_free (NULL is fine).  NULL without memory. */
struct filter *filter_new(const struct filter_options *options);
void filter_free(struct filter *f);

/* Would this request move blocks?  Those that do cannot keep the layout. */
bool filter_moves_blocks(const struct filter_options *options);

/* The whole run, once.  0 also when damage was passed on: filter_damaged() tells.  XE_FAILED, XE_USAGE: this input cannot be
 * converted so; XE_DAMAGE with ON_DAMAGE_STOP; XE_KEY; and what inputs and callbacks have for an error. */
int filter_run(struct filter *f, struct err *e) __attribute__((warn_unused_result));

/* Ends the reading of a run, which then fails; under skip and keep everything that was read until then is written before it does.  May be
 * called in a signal handler and by any thread, while filter_run is at work. */
void filter_stop(struct filter *f);

/* After a run: how many of the inputs were its set; after one that failed, the index of the one where it did. */
size_t filter_input(const struct filter *f);

/* Records and places that were damaged, dropped or kept in spite of it. */
uint64_t filter_damaged(const struct filter *f);

/* After a run that failed: was it the reading that did? */
bool filter_failed_reading(const struct filter *f);

/* What one job had: ask for every index below filter_job_slots; false where there is none. */
size_t filter_job_slots(const struct filter *f);
bool filter_job(const struct filter *f, size_t index, struct filter_job *job);

/* Bytes read and written so far; any thread. */
void filter_progress(const struct filter *f, uint64_t *bytes_in, uint64_t *bytes_out);

#endif
