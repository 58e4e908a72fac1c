/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a drive says of itself and of the cartridge in it: INQUIRY, VPD, MODE SENSE, READ ATTRIBUTE, READ POSITION.  Readers
 * as in scsi.h: they believe no length beyond what was transferred, and return false for an answer that is none. */
#ifndef TAPE_IDENTITY_H
#define TAPE_IDENTITY_H

#include "base/bytes.h"

#define IDENTITY_INQUIRY_BYTES 96
#define IDENTITY_TYPE_TAPE 0x01
#define IDENTITY_TYPE_CHANGER 8

/* Texts of devices are trimmed, and what is not printable ASCII in them is '?'. */
struct identity {
	uint8_t type;
	char vendor[9], product[17], revision[5];
};

/* Standard INQUIRY data. */
bool identity_inquiry(struct span answer, struct identity *q);

#define IDENTITY_TEXT_BYTES 65

/* VPD page 80h. */
bool identity_serial(struct span answer, char text[static IDENTITY_TEXT_BYTES]);

/* VPD page 83h: the world-wide name of the logical unit, "naa.5001405000000001"; the first of association 0. */
bool identity_name(struct span answer, char text[static IDENTITY_TEXT_BYTES]);

#define IDENTITY_ATTRIBUTE_SERIAL 0x0401 /* of the medium */
#define IDENTITY_ATTRIBUTE_BARCODE 0x0806

/* The value of one attribute of a READ ATTRIBUTE answer; it points into answer.  Attributes are in ascending order, but
 * no reliance is placed on that. */
bool identity_attribute(struct span answer, uint16_t number, struct span *value);

/* Density code of the medium from MODE SENSE(6) with a block descriptor; LTO-1 40h, 2 42h, 3 44h, 4 46h, 5 58h, 6 5ah, 7
 * 5ch, 8 5eh, 9 60h. */
bool identity_density(struct span answer, uint8_t *density, bool *write_protected);

/* "LTO-3", "3592-E07", "3592-E07 encrypted"; NULL for other codes.  *can_encrypt is for known ones. */
const char *identity_density_name(uint8_t density, bool *can_encrypt);

/* Medium type, from the same answer of MODE SENSE(6); 00h where a drive does not tell. */
bool identity_medium_type(struct span answer, uint8_t *type);

/* Is that a type of write-once media?  IBM: 3Ch to ACh for LTO, six of 3592; HP up to LTO-7: 01h. */
bool identity_is_worm(uint8_t type);

/* Log page 11h, parameter 0: what the drive is doing; 0bh is calibrating, an LTO-9's work on a new medium (SSC-5 8.2.6). */
#define IDENTITY_STATUS_PAGE 0x11
bool identity_activity(struct span answer, uint8_t *activity);

/* Short form of READ POSITION. */
struct identity_position {
	bool at_beginning, unknown;
	uint32_t block;
};

bool identity_position(struct span answer, struct identity_position *p);

#endif
