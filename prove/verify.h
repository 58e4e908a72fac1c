/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of volumes proved: structure, order, totals, every payload decoded, every file against its digest. */
#ifndef PROVE_VERIFY_H
#define PROVE_VERIFY_H

#include "prove/tally.h"
#include "volume/observer.h"

struct verify_options {
	bool all_digests;
	bool whole; /* each job is to begin and to end here */
	void *arg;
	/* In the order of the volumes, by one thread at a time. */
	void (*problem)(void *arg, const struct finding *problem);
	void (*file)(void *arg, const struct proof_file *file); /* NULL: not wanted */
};

struct verify;

/* What options names must stay until verify_free (NULL is fine).  NULL without memory. */
struct verify *verify_new(const struct verify_options *options);
void verify_free(struct verify *v);

/* Who is to look on while the volumes are inflated, damage kept, incomplete records no damage; lent by v. */
const struct observer *verify_observer(struct verify *v);

/* What was found; once the observer has finished, all of it.  Borrowed until verify_free; what it says of jobs goes with the filter. */
const struct tally *verify_tally(const struct verify *v);

#endif
