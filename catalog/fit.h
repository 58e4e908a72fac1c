/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Would a restore find every file?  What a storage daemon makes of the bootstrap that a director builds from its rows, against the
 * blocks that are on the volumes, as they come.  formats/catalog-facts.md 3.1, 4.1, 4.2 */
#ifndef CATALOG_FIT_H
#define CATALOG_FIT_H

#include "catalog/faults.h"
#include "catalog/mapped.h"

/* How the next job that appends finds the volume.  formats/catalog-facts.md 3.1 */
enum fit_size {
	FIT_SAME,
	FIT_LARGER,   /* it corrects the catalog */
	FIT_SMALLER,  /* it sets the volume to Error */
	FIT_UNLISTED, /* the rows have no volume of this name, or two */
};

struct fit_volume {
	const struct mapped_volume *volume;
	const struct rows_media *media; /* NULL: FIT_UNLISTED */
	enum fit_size size;
	bool appendable; /* the difference matters: its status is Append */
};

/* A session on a volume that no job of the rows has, or one without any row. */
struct fit_stranger {
	const struct mapped_volume *volume;
	const struct mapped_session *session;
	const struct rows_job *job; /* NULL: it is not in the rows */
};

struct fit;

/* rows must stay until fit_free (NULL is fine).  NULL without memory. */
struct fit *fit_new(const struct rows *rows);
void fit_free(struct fit *f);

/* A block of a session of v, in the order of v; volumes come one behind the other, each with fit_end at its end (once all is known of it).
 * The arguments are those of struct measure_options, v stays until fit_free.  XE_FAILED without memory. */
int fit_block(struct fit *f, struct mapped_volume *v, const struct mapped_session *s, const struct mapped_range *block, bool again,
	      struct err *e) __attribute__((warn_unused_result));
int fit_end(struct fit *f, struct mapped_volume *v, struct err *e) __attribute__((warn_unused_result));

/* The same from the new side of a map, which counts blocks together: addresses within what it counts as one are taken for wrong. */
int fit_map(struct fit *f, struct mapped_volume *v, struct err *e) __attribute__((warn_unused_result));

/* Behind the last volume.  Errors as above. */
int fit_finish(struct fit *f, struct err *e) __attribute__((warn_unused_result));

/* After that, index by index; NULL behind the last.  Jobs that have rows on none of the volumes, and none of their blocks, are not told. */
const struct faults_job *fit_job(const struct fit *f, size_t index);
const struct fit_volume *fit_volume(const struct fit *f, size_t index);
const struct fit_stranger *fit_stranger(const struct fit *f, size_t index);

/* Does all fit? */
bool fit_all(const struct fit *f);

#endif
