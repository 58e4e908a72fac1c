/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The volumes of a run over many against what is known of them: what is due, what a proof has come to, what is not sound or is gone. */
#ifndef CMD_VOLUME_MANYPROOFS_H
#define CMD_VOLUME_MANYPROOFS_H

#include "cmd/volume/batchunits.h"
#include "cmd/volume/proofdue.h"
#include "cmd/volume/proofstate.h"
#include "cmd/volume/verifyset.h"
#include "cmd/volume/volumelist.h"

struct manyproofs_volume {
	char *key; /* its absolute path */
	bool there;
	struct standing standing; /* before it was read, or at the beginning of the run */
	char mtime[STANDING_TEXT_BYTES];
};

/* Begin with MANYPROOFS_NONE. */
struct manyproofs {
	struct proofstate *state;          /* lent */
	const struct batchunits *units;    /* lent */
	struct manyproofs_volume *volumes; /* as units->paths */
	size_t count;
	int64_t now; /* of the beginning of the run, nanoseconds since 1970 */
};

#define MANYPROOFS_NONE ((struct manyproofs){.volumes = NULL})

/* Nanoseconds since 1970. */
int64_t manyproofs_clock(void);

/* Looks at all volumes of the units, count of them.  XE_FAILED without memory.  m is to be freed either way. */
int manyproofs_begin(struct manyproofs *m, struct proofstate *state, const struct batchunits *units, size_t count, struct err *e)
	__attribute__((warn_unused_result));

/* Idempotent. */
void manyproofs_free(struct manyproofs *m);

/* Why a unit is to be proved: "failed", "new", "changed", "oldest"; and what proofdue_choose is to know of it. */
const char *manyproofs_why(const struct manyproofs *m, const struct batch_unit *unit);
struct proofdue_unit manyproofs_need(const struct manyproofs *m, const struct batch_unit *unit);

/* Just before a unit is read: as its volumes stand now is how they will have been proved. */
void manyproofs_look(struct manyproofs *m, const struct batch_unit *unit);

struct manyproofs_end {
	enum judgement verdict; /* of the unit, the worst of its volumes'; in: what verify has found */
	bool changed;           /* it was written to meanwhile, so that what is wrong with it says nothing */
	size_t other;           /* how many volumes are sound, and have not the bytes that they had */
};

/* Enters a unit that was begun at nanoseconds since 1970.  inputs: of its volumes.  XE_FAILED without memory. */
int manyproofs_enter(struct manyproofs *m, const struct batch_unit *unit, int64_t began, const struct verifyset_input *inputs,
		     struct manyproofs_end *end, struct err *e) __attribute__((warn_unused_result));

/* What is known of the index-th volume, as it stands; NULL: nothing. */
const struct proofstate_row *manyproofs_known(const struct manyproofs *m, size_t index);

/* The row of the index-th volume if it is not sound, whatever it is now; else NULL. */
const struct proofstate_row *manyproofs_unsound(const struct manyproofs *m, size_t index);

/* What the state knows below these folders, and the list has not, for nobody would take it for a volume any more: it is added, and fails in its
 * turn.  XE_FAILED without memory. */
int manyproofs_add_known(const struct proofstate *s, const char *const *folders, size_t folder_count, struct volumelist *l, struct err *e)
	__attribute__((warn_unused_result));

/* Is the volume of this row not there any more, nor anything else that could be read as one? */
bool manyproofs_gone(const struct proofstate_row *row);

#endif
