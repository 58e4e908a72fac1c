/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sense data, read and put in words, with advice for what drives answer to keys.  Sources: SPC-4 4.5, SSC-4, the sense
 * tables of IBM's and HP's LTO manuals, formats/keys-and-drives.md 5.9. */
#ifndef SCSI_SENSE_H
#define SCSI_SENSE_H

#include "base/bytes.h"

enum scsi_sense_key {
	SCSI_SENSE_NONE = 0,
	SCSI_SENSE_RECOVERED = 1,
	SCSI_SENSE_NOT_READY = 2,
	SCSI_SENSE_MEDIUM_ERROR = 3,
	SCSI_SENSE_HARDWARE_ERROR = 4,
	SCSI_SENSE_ILLEGAL_REQUEST = 5,
	SCSI_SENSE_UNIT_ATTENTION = 6,
	SCSI_SENSE_DATA_PROTECT = 7,
	SCSI_SENSE_BLANK_CHECK = 8,
	SCSI_SENSE_ABORTED = 11,
	SCSI_SENSE_OVERFLOW = 13,
};

struct scsi_sense {
	bool valid;	 /* there was sense data that could be read */
	bool deferred;	 /* of an earlier command, maybe of another program */
	bool has_code;	 /* there were bytes for asc and ascq */
	uint8_t key, asc, ascq;
	bool filemark, eom, ili;
	bool has_info;
	uint64_t info;
	bool has_field;	 /* field is where the illegal request is wrong: */
	bool in_cdb;	 /* a byte of the CDB, else of the data */
	uint16_t field;
};

#define SCSI_SENSE_MAX_BYTES 252

/* Fixed (70h, 71h) and descriptor (72h, 73h) form.  False, and !valid, for anything else. */
bool scsi_sense_read(struct span bytes, struct scsi_sense *s);

/* "ILLEGAL REQUEST" */
const char *scsi_sense_key(uint8_t key);

/* What asc/ascq mean, and what to do (NULL if there is nothing to say); a code without an entry is named after its
 * group, or is "not in the tables of xflate". */
const char *scsi_sense_meaning(const struct scsi_sense *s, const char **advice);

/* "5/26/00 ILLEGAL REQUEST: invalid field in the parameter list (byte 8, the algorithm index)".  set_page: the command
 * was a Set Data Encryption page, whose fields have names. */
#define SCSI_SENSE_TEXT_BYTES 256
void scsi_sense_describe(const struct scsi_sense *s, bool set_page, char text[static SCSI_SENSE_TEXT_BYTES]);

/* asc/ascq are this code? */
bool scsi_sense_is(const struct scsi_sense *s, uint8_t key, uint8_t asc, uint8_t ascq);

#endif
