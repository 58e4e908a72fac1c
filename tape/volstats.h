/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Log page 17h, volume statistics: what the drive tells of the life of the cartridge in it.  Sources: SSC-5 8.2.9,
 * formats/sense-and-alerts.md 7.2. */
#ifndef TAPE_VOLSTATS_H
#define TAPE_VOLSTATS_H

#include "tape/identity.h"
#include "tape/told.h"

#define VOLSTATS_PAGE 0x17

enum volstats_number {
	VOLSTATS_MOUNTS,
	VOLSTATS_WRITE_RETRIES,
	VOLSTATS_WRITE_ERRORS, /* that lasted */
	VOLSTATS_READ_RETRIES,
	VOLSTATS_READ_ERRORS,
	VOLSTATS_LAST_WRITE_ERRORS, /* in the last mount */
	VOLSTATS_LAST_READ_ERRORS,
	VOLSTATS_LAST_WRITTEN_MB,
	VOLSTATS_LAST_READ_MB,
	VOLSTATS_WRITTEN_MB, /* in its life */
	VOLSTATS_READ_MB,
	VOLSTATS_CAPACITY_MB, /* native */
	VOLSTATS_USED_MB,
	VOLSTATS_LIFE_PERCENT, /* that remain */
	VOLSTATS_WRITE_PROTECT,
	VOLSTATS_WORM,
	VOLSTATS_NUMBERS
};

enum volstats_text { VOLSTATS_SERIAL, VOLSTATS_BARCODE, VOLSTATS_MANUFACTURER, VOLSTATS_TEXTS };

/* Partitions that are kept. */
#define VOLSTATS_PARTITIONS 4

enum volstats_place { VOLSTATS_FIRST_ENCRYPTED, VOLSTATS_FIRST_CLEAR /* behind that */, VOLSTATS_PLACES };

struct volstats {
	struct told_number number[VOLSTATS_NUMBERS];
	char text[VOLSTATS_TEXTS][IDENTITY_TEXT_BYTES]; /* "": not told */
	struct told_place place[VOLSTATS_PLACES][VOLSTATS_PARTITIONS];
};

/* Names for JSON. */
const char *volstats_number_name(enum volstats_number n);
const char *volstats_text_name(enum volstats_text t);

/* False for what is not that page, tells nothing, or says of itself that it is not valid; *s is empty then. */
bool volstats_read(struct span answer, struct volstats *s);

#endif
