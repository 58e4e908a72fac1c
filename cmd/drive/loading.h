/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loading a key, as key load and changer share it: options, the descriptor's text, the lines about it. */
#ifndef CMD_DRIVE_LOADING_H
#define CMD_DRIVE_LOADING_H

#include "cmd/drive/drivekey.h"
#include "cmd/events.h"
#include "cmd/options.h"
#include "tape/keyload.h"

struct loading_options {
	enum keyload_mode mode;
	int algorithm;
	const char *kad; /* with %v, %k, %% */
	bool clear_on_demount, raw_readable, dry_run;
	struct events *events; /* NULL: nobody is told */
};

#define LOADING_DEFAULTS ((struct loading_options){.mode = KEYLOAD_MIXED, .algorithm = -1})

/* Names of enum keyload_mode, and NULL. */
extern const char *const loading_modes[];

/* Rows: an int, the index of a drive's algorithm; and what key load and changer have of a struct loading_options, modes
 * being those of loading_modes that may be asked for. */
#define LOADING_ALGORITHM(request, member) OPTION_NUMBER(0, "algorithm", 0, 255, "an index", request, member)
#define LOADING_ROWS(request, member, modes)                                                                                      \
	OPTION_WORD(0, "mode", modes, request, member.mode), LOADING_ALGORITHM(request, member.algorithm),                        \
		OPTION_LAST(0, "kad", request, member.kad), OPTION_FLAG(0, "clear-on-demount", request, member.clear_on_demount), \
		OPTION_FLAG(0, "raw-readable", request, member.raw_readable)

/* TEXT of --kad with %v and %k replaced.  XE_USAGE: another %, not printable, too long. */
int loading_kad(const char *format, const char *volume, const char *key_id, char text[static SCSI_KAD_MAX_BYTES], struct err *e)
	__attribute__((warn_unused_result));

/* Loads k (none for raw reading) and says so, and what is noteworthy about it.  As keyload_run, and loading_kad; XE_FAILED, too, where
 * o->events has a veto: the key is in the drive then. */
int loading_run(struct drive *d, enum drive_ready ready, const char *device, const struct loading_options *o, const char *volume,
		const struct drivekey *k, struct keyload_result *result, struct err *e) __attribute__((warn_unused_result));

#endif
