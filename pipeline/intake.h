/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The filter's reading side: the volumes' items, joined and mended where that is wanted, with what is to be done to them, by
 * the slot.  One thread at a time. */
#ifndef PIPELINE_INTAKE_H
#define PIPELINE_INTAKE_H

#include "pipeline/options.h"
#include "pipeline/reshape.h"
#include "pipeline/slot.h"

struct intake;

/* options, reshape and tasks (NULL: nothing is read ahead) must stay until intake_free.  pass_blocks: see filter_moves_blocks.  NULL without
 * memory. */
struct intake *intake_new(const struct filter_options *options, const struct reshape *reshape, struct tasks *tasks, bool pass_blocks);

/* The slots that it filled must be empty by then, and what lives as long as it unused: volumes, jobs, policies, ciphers. */
void intake_free(struct intake *in);

/* Fills an empty slot with up to 64 KiB of data.  False: this was the last; s->err then says whether the volumes have
 * ended or an error has ended it. */
bool intake_fill(struct intake *in, struct slot *s);

/* As reader_input. */
size_t intake_input(const struct intake *in);

/* Bytes read so far; any thread. */
uint64_t intake_bytes(const struct intake *in);

#endif
