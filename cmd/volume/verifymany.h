/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verify over many volumes: each unit as if it were given alone, in a process of its own; which ones, and how long, and what is known of
 * the others.  docs/proof.md */
#ifndef CMD_VOLUME_VERIFYMANY_H
#define CMD_VOLUME_VERIFYMANY_H

#include "cmd/volume/proofdue.h"
#include "cmd/volume/sandbox.h"
#include "cmd/volume/verifyset.h"
#include "cmd/volume/volumelist.h"

struct verifymany_options {
	struct volumelist_options list;
	const char *state; /* NULL: nothing is kept */
	struct proofdue_share sample;
	uint64_t seconds;        /* behind which no unit is begun; 0: no limit */
	bool forget;             /* volumes that are gone */
	struct sandbox *sandbox; /* which is closed when it is known what there is to read */
};

/* Rows of a table: member is a struct verifymany_options. */
#define VERIFYMANY_ROWS(request, member)                                                              \
	VOLUMELIST_ROWS(request, member.list), OPTION_SOURCE(0, "state", request, member.state),      \
		OPTION_TAKE_AT(0, "sample", verifymany_take_sample, request, member.sample),          \
		OPTION_TAKE_AT(0, "max-duration", verifymany_take_duration, request, member.seconds), \
		OPTION_FLAG(0, "forget", request, member.forget)

/* Takers (options.h). */
int verifymany_take_sample(const struct command *verb, void *place, const char *value);
int verifymany_take_duration(const struct command *verb, void *place, const char *value);

/* Is any of them given? */
bool verifymany_wanted(const struct verifymany_options *o);

/* Does what was asked for make sense?  0, or the exit status of wrong usage, of which it has told. */
int verifymany_check(const struct verifymany_options *o, const struct verifyset *set, const struct operands *operands);

/* Returns the exit status.  set, whose paths it sets, says how each unit is proved. */
int verifymany_run(const struct verifymany_options *o, struct verifyset *set, const struct operands *operands);

#endif
