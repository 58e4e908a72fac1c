/* SPDX-License-Identifier: GPL-3.0-or-later */
/* extract --bsr: what a bootstrap names of the volumes, and where it says that this lies. */
#ifndef CMD_VOLUME_BSRCHOICE_H
#define CMD_VOLUME_BSRCHOICE_H

#include "catalog/bsrread.h"
#include "pipeline/options.h"
#include "restore/choice.h"

struct bsrchoice {
	const char *path; /* "-": standard input; NULL: none was given */
	struct bsrread read;
	const char **paths; /* of the volumes, in the order in which they are read */
	char job[32];       /* SESSIONID/SESSIONTIME; "": it does not say which */
};

/* Job and files become those of the bootstrap.  Where all volumes are files, the run's inputs become those that it names, in its order,
 * and its ranges the blocks that it names there.  job: as of --job, or NULL.  What run and choice then point to stays until
 * bsrchoice_free.  XE_USAGE, XE_FAILED, and what inputs have for an error. */
int bsrchoice_prepare(struct bsrchoice *b, struct filter_options *run, const char *job, struct choice *choice, struct err *e)
	__attribute__((warn_unused_result));

/* Bytes that are to be read at most, for progress; 0 where the volumes are read whole. */
uint64_t bsrchoice_bytes(const struct bsrchoice *b);

/* Idempotent. */
void bsrchoice_free(struct bsrchoice *b);

#endif
