/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two sets of volumes, one after the other: have they the same jobs, files, plain content, and in the same order? */
#ifndef PROVE_COMPARE_H
#define PROVE_COMPARE_H

#include "volume/observer.h"

#define COMPARE_OF_JOB INT32_MAX /* in the place of a FileIndex: of no one file */

/* What is not the same.  Texts are lent. */
struct compare_difference {
	const char *job;    /* as job_describe */
	int32_t file_index; /* < 0: a session label; or COMPARE_OF_JOB */
	const char *name;   /* of the file, "" if not known */
	const char *what;
};

struct compare_result {
	size_t jobs;
	uint64_t files, bytes; /* of plain content, in the second set */
	uint64_t different, missing, added;
};

struct compare;

/* on_difference is called for each as it is found.  NULL without memory; for compare_free (NULL is fine). */
struct compare *compare_new(void (*on_difference)(void *arg, const struct compare_difference *d), void *arg);
void compare_free(struct compare *c);

/* Who is to look on while the first set is read, and, asked for again behind that, while the second one is; damage: as in struct observer.
 * NULL without memory. */
const struct observer *compare_observer(struct compare *c, void (*damage)(void *arg, const struct finding *f));

const struct compare_result *compare_result(const struct compare *c);

#endif
