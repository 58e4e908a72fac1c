/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Medium auxiliary memory: what the chip in a cartridge tells, by READ ATTRIBUTE.  Sources: SPC-4 7.4, SSC-5,
 * formats/sense-and-alerts.md 7.1. */
#ifndef TAPE_MAM_H
#define TAPE_MAM_H

#include "tape/identity.h"
#include "tape/told.h"

enum mam_number {
	MAM_REMAINING_MIB,
	MAM_CAPACITY_MIB,
	MAM_LOADS,
	MAM_INITIALIZATIONS,
	MAM_WRITTEN_MB, /* in its life */
	MAM_READ_MB,
	MAM_LENGTH_M,
	MAM_DENSITY, /* of the medium */
	MAM_TYPE,    /* enum mam_type */
	MAM_CLEANINGS_ALLOWED,
	MAM_NUMBERS
};

enum mam_type { MAM_TYPE_DATA = 0x00, MAM_TYPE_CLEANING = 0x01, MAM_TYPE_WORM = 0x80 };

enum mam_text { MAM_MANUFACTURER, MAM_SERIAL, MAM_DATE, MAM_BARCODE, MAM_APPLICATION, MAM_LAST_WRITTEN, MAM_TEXTS };

enum mam_place { MAM_FIRST_ENCRYPTED, MAM_FIRST_CLEAR /* behind that */, MAM_PLACES };

/* All zero to begin with. */
struct mam {
	unsigned count; /* attributes that have been read */
	struct told_number number[MAM_NUMBERS];
	char text[MAM_TEXTS][IDENTITY_TEXT_BYTES]; /* "": not told */
	struct told_place place[MAM_PLACES];
};

/* Names for JSON. */
const char *mam_number_name(enum mam_number n);
const char *mam_text_name(enum mam_text t);

/* Adds an answer of READ ATTRIBUTE (values) to m.  *complete: all that the answer announces is there.  False, and m as it
 * was, for what is no such answer. */
bool mam_read(struct span answer, struct mam *m, bool *complete);

#endif
