/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is the content of a file what the client read?  Behind a file's data stands the digest that the client made of it: the
 * plain data, in order, without addresses.  formats/volume-format.md 4.2, 4.5 */
#ifndef PROVE_PROOF_H
#define PROVE_PROOF_H

#include "base/digest.h"
#include "volume/finding.h"
#include "volume/outrecord.h"

enum proof_verdict {
	PROOF_RIGHT,
	PROOF_WRONG,      /* the content is not what the digest says */
	PROOF_NO_DIGEST,  /* there is content, but no digest */
	PROOF_NO_CONTENT, /* a folder, a link, a device: nothing to prove */
	PROOF_OPAQUE,     /* only the client can read it: encrypted, deduplicated, of a plugin */
	PROOF_CUT,        /* parts lie on volumes that are not given */
	PROOF_DAMAGED,    /* as proof_damage said */
	PROOF_UNCOUNTED,  /* too large to keep, and its digest is of another kind than the ones before */
	PROOF_VERDICTS
};

/* A finished file. */
struct proof_file {
	const struct job *job;
	int32_t file_index;
	const char *name; /* from its attributes, "" if there were none; lent */
	enum proof_verdict verdict;
	enum digest_kind digest; /* PROOF_RIGHT, PROOF_WRONG, PROOF_UNCOUNTED */
	uint64_t bytes;          /* of plain content */
	bool joined, doubled;    /* wounds: right only once its pieces are joined, without the repeated addresses */
};

struct proof;

/* on_file is called for each file when its last record has been seen; a negative return ends the run.  all: count every
 * kind of digest of files that are too large to be kept until theirs comes; else the kinds that the job has used so
 * far.  NULL without memory. */
struct proof *proof_new(bool all, int (*on_file)(void *arg, const struct proof_file *file, struct err *e), void *arg);
void proof_free(struct proof *p);

/* The records of each session in their order.  XE_FAILED without memory, or what on_file returns. */
int proof_add(struct proof *p, const struct plain_item *plain, struct err *e) __attribute__((warn_unused_result));

/* No more records of the job's file at hand: it is judged now.  Errors as above. */
int proof_end(struct proof *p, const struct job *job, struct err *e) __attribute__((warn_unused_result));

/* Something of this file was lost or dropped: it cannot be right any more. */
void proof_damage(struct proof *p, const struct job *job, int32_t file_index);

/* What was found wrong on the volumes, told before the records that stand behind it: it counts against the file that it is of.  Not
 * where the records of a block are here all the same, which are still to be judged; nor behind the digest of a file that is right,
 * nor in a wrong place behind its end.  False: it is none of the file's. */
bool proof_hurt(struct proof *p, const struct finding *f);

/* Was this file, or one behind it, proved already? */
bool proof_is_past(const struct proof *p, const struct job *job, int32_t file_index);

/* Is this file closed, not the one at hand?  It was judged then. */
bool proof_is_behind(const struct proof *p, const struct job *job, int32_t file_index);

/* The name of the job's file at hand if it is this one, else "". */
const char *proof_name(const struct proof *p, const struct job *job, int32_t file_index);

/* No more records of any job.  Errors as above. */
int proof_finish(struct proof *p, struct err *e) __attribute__((warn_unused_result));

#endif
