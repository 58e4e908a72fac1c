/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Not faster than that: so many bytes a second. */
#ifndef BASE_PACE_H
#define BASE_PACE_H

#include <stdint.h>

/* Begins with a rate and the rest 0. */
struct pace {
	uint64_t rate; /* bytes a second; 0: as fast as it goes */
	double due;    /* seconds of the monotonic clock: when as much as has passed may have */
};

/* Another n bytes have passed: waits until they may have, or reads are cancelled (io_cancel_reads).  Of time in which less passed than might
 * have a tenth of a second is made up for, no more: what the rate protects is others' work, which an hour's arrears would stop.  One thread at a
 * time. */
void pace_keep(struct pace *p, uint64_t n);

#endif
