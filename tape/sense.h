/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sense data, read and put in words, with advice for what drives answer to keys.  Sources: SPC-4 4.5, SSC-4, the sense
 * tables of IBM's and HP's LTO manuals, formats/keys-and-drives.md 5.9, formats/sense-and-alerts.md 3.  The codes are in
 * tape/sense_table.c and tape/sense_vendor.c. */
#ifndef TAPE_SENSE_H
#define TAPE_SENSE_H

#include "base/bytes.h"

enum sense_key {
	SENSE_KEY_NONE = 0,
	SENSE_KEY_RECOVERED = 1,
	SENSE_KEY_NOT_READY = 2,
	SENSE_KEY_MEDIUM_ERROR = 3,
	SENSE_KEY_HARDWARE_ERROR = 4,
	SENSE_KEY_ILLEGAL_REQUEST = 5,
	SENSE_KEY_UNIT_ATTENTION = 6,
	SENSE_KEY_DATA_PROTECT = 7,
	SENSE_KEY_BLANK_CHECK = 8,
	SENSE_KEY_ABORTED = 11,
	SENSE_OVERFLOW = 13,
};

struct sense {
	bool valid;    /* there was sense data that could be read */
	bool deferred; /* of an earlier command, maybe of another program */
	bool has_code; /* there were bytes for asc and ascq */
	uint8_t key, asc, ascq;
	bool overflow; /* the drive had more to say than there was room for */
	bool filemark, eom, ili;
	bool has_info;
	int64_t info;   /* two's complement: for READ, SPACE and VERIFY what was asked for minus what was got */
	bool has_field; /* field is where the illegal request is wrong: */
	bool in_cdb;    /* a byte of the CDB, else of the data */
	uint16_t field;
	bool has_bit;
	uint8_t bit; /* of that byte */
	bool has_progress;
	uint16_t progress; /* of an operation that is running, in 65536ths */
	bool has_retries;
	uint16_t retries;
	uint8_t fru;     /* the part to be replaced, as the vendor numbers them; 0: none told */
	uint16_t fault;  /* IBM's fault symptom code; 0: none */
	unsigned vendor; /* enum sense_vendor, for the reader's caller to fill: whose words the code is put in; 0: not known */
};

/* Fixed (70h, 71h) and descriptor (72h, 73h) form.  False, and !valid, for anything else. */
bool sense_read(struct span bytes, struct sense *s);

/* "ILLEGAL REQUEST" */
const char *sense_key_text(uint8_t key);

/* What to do; NULL if there is nothing to say. */
const char *sense_advice(const struct sense *s);

/* What kind of trouble it is: "key management: ...". */
const char *sense_kind(const struct sense *s);

/* Vendors mean different things by this code? */
bool sense_by_vendor(const struct sense *s);

/* The code is in the tables? */
bool sense_is_known(const struct sense *s);

/* "5/26/00 ILLEGAL REQUEST: invalid field in the parameter list (byte 8, the algorithm index)".  The most particular of
 * what is known of the code counts; where the vendor is not known, each vendor's meaning is told.  set_page: the command
 * was a Set Data Encryption page, whose fields have names. */
#define SENSE_TEXT_BYTES 384
void sense_describe(const struct sense *s, bool set_page, char text[static SENSE_TEXT_BYTES]);

/* A unit attention that people should hear of: reset, parameters, reservations or firmware changed. */
bool sense_is_notable_attention(const struct sense *s);

/* Becoming ready, or at work on something that takes its time (04/01, 04/04)? */
bool sense_is_becoming_ready(const struct sense *s);

/* No cartridge?  Of 3a/03 and 3a/04 there is one in the drive, not loaded. */
bool sense_is_no_medium(const struct sense *s);

/* Blocks that the drive cannot decrypt or may not read: 74/00 to 74/03, and IBM's ee/d0. */
bool sense_is_of_encryption(const struct sense *s);

/* asc/ascq are this code? */
bool sense_is(const struct sense *s, uint8_t key, uint8_t asc, uint8_t ascq);

#endif
