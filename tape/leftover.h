/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is in a drive when a load or an unload has not gone as it should: nobody is left in the dark about an older key. */
#ifndef TAPE_LEFTOVER_H
#define TAPE_LEFTOVER_H

#include "tape/drive.h"

enum leftover_state {
	LEFTOVER_NONE,    /* no key, or a drive that can have none: what is written is clear */
	LEFTOVER_KEY,     /* or a mode that is not off */
	LEFTOVER_UNKNOWN, /* the drive does not tell */
};

struct leftover {
	enum leftover_state state;
	struct scsi_status status; /* if it is LEFTOVER_KEY */
	struct err why;            /* if it is LEFTOVER_UNKNOWN */
};

/* d need not be open. */
void leftover_look(struct drive *d, struct leftover *l);

/* "a key, key instance counter 3, its descriptor: U-KAD "VOL-1"" */
#define LEFTOVER_TEXT_BYTES 200
void leftover_describe(const struct leftover *l, char text[static LEFTOVER_TEXT_BYTES]);

/* Adds to e what is in the drive; nothing if no key is. */
void leftover_name(struct drive *d, struct err *e);

/* Takes out what is there and adds to e what has come of it.  True if the drive has no key. */
bool leftover_clear(struct drive *d, struct err *e);

#endif
