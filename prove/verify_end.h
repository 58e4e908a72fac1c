/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What verify judges when a file, a job, a volume is at its end. */
#ifndef PROVE_VERIFY_END_H
#define PROVE_VERIFY_END_H

#include "prove/tally.h"

/* What the proof says of a file; its verdict becomes what it counts as.  False: it stands here a second time, and is not counted again. */
bool verify_end_file(struct tally *t, struct proof_file *f);

/* What can be said of a job, and of a volume, when all was read.  endless: what it is that a job does not begin or end here. */
void verify_end_job(struct tally *t, const struct tally_job *k, enum finding_kind endless);
void verify_end_volume(struct tally *t, const struct tally_volume *on);

#endif
