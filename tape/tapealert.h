/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TapeAlert: the 64 flags of log page 2Eh, with words.  Sources: TapeAlert 3.0 (T10 02-142r0), SSC-4 Annex A,
 * formats/keys-and-drives.md 7, formats/sense-and-alerts.md 5. */
#ifndef TAPE_TAPEALERT_H
#define TAPE_TAPEALERT_H

#include "base/bytes.h"

#define TAPEALERT_FLAGS 64
#define TAPEALERT_PAGE 0x2e          /* reading it clears the flags of this initiator */
#define TAPEALERT_RESPONSE_PAGE 0x12 /* reading it does not */
#define TAPEALERT_ROOM 2048

/* Bit n-1 is flag n.  (Bareos's catalog has flag n in bit n.) */
struct tapealert {
	uint64_t reported, active;
};

/* Either page, told apart by its code.  False for an answer that is neither or has no flags. */
bool tapealert_read(struct span answer, struct tapealert *t);

/* severity: 'C', 'W', 'I', or '-' for flags without a meaning. */
struct tapealert_flag {
	char severity;
	const char *name, *meaning, *advice;
};

/* n from 1 to 64.  The page of a library is the same; its flags are others. */
const struct tapealert_flag *tapealert_flag(unsigned n);
const struct tapealert_flag *tapealert_library_flag(unsigned n); /* tape/tapealert_library.c */

/* "critical", "warning", "information", "reserved". */
const char *tapealert_severity(char severity);

#endif
