/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The MD5 of files whose records are together, all of them, in one slot: counted by the thread that converted them, several side by side, and
 * handed on with the digest that the volume has of each.  Whoever proves the file takes it where it is of all that he has seen of it
 * (prove/proof.h); of larger files, and of those that are damaged, there is none. */
#ifndef PIPELINE_SUMS_H
#define PIPELINE_SUMS_H

#include "pipeline/stage.h"
#include "volume/observer.h"

struct sums;

/* For one slot, whose items observer is to see; it has proves, and stays.  NULL without memory. */
struct sums *sums_new(const struct observer *observer);
void sums_free(struct sums *s);

/* Items that were converted one after the other, SLOT_ITEMS at most; records: the arena's.  Fills done[].counted, whose value stays until
 * the next call. */
void sums_count(struct sums *s, const struct item *items, struct converted *done, size_t count, const struct outrecord *records);

#endif
