/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What sense keys and codes mean, by vendor, and what to do.  Tables and their search; tape/sense.c puts it in words.
 *
 * Sources: the T10 list of ASC/ASCQ as sg3_utils has it; IBM's LTO SCSI Reference (annex B), HP's and Quantum's manuals,
 * LTFS: formats/sense-and-alerts.md 1 and 2. */
#ifndef TAPE_SENSE_TABLE_H
#define TAPE_SENSE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whose drive it is, as bits: a rebadged drive may speak like two of them.  0: not known. */
enum sense_vendor { SENSE_IBM = 1, SENSE_HP = 2, SENSE_QUANTUM = 4 };
#define SENSE_VENDORS 7u

/* What kind of trouble it is, and so what kind of help. */
enum sense_cause {
	SENSE_INFORMATION,
	SENSE_RECOVERED,
	SENSE_DRILL,
	SENSE_KEY, /* a key must be loaded */
	SENSE_WRONG_KEY,
	SENSE_METHOD, /* somebody else manages this drive's keys */
	SENSE_WAIT,
	SENSE_LOADING, /* wait: a new LTO-9 cartridge may take two hours */
	SENSE_PROTECTED,
	SENSE_NO_ENCRYPTION,
	SENSE_CLEAN,
	SENSE_WORN,
	SENSE_HARDWARE,
	SENSE_FIRMWARE,
	SENSE_CABLE,
	SENSE_OTHER_HOST,
	SENSE_POSITION,
	SENSE_FULL,
	SENSE_REQUEST, /* the drive does not take what it was asked for */
	SENSE_LIBRARY,
	SENSE_CAUSES
};

struct sense_entry {
	uint16_t keys;            /* bit n: sense key n */
	uint8_t asc, first, last; /* ascq */
	uint8_t cause;            /* enum sense_cause */
	const char *meaning;
	const char *advice; /* NULL: that of the cause */
	uint8_t vendors;    /* 0: the standard's */
};

/* The particular entries of a table stand before the general ones: the first that fits counts. */
struct sense_list {
	const struct sense_entry *entries;
	size_t count;
};

extern const struct sense_list sense_standard; /* sense_table.c */
extern const struct sense_list sense_vendors;  /* sense_vendor.c */

/* The first entry of a list for this code; vendors: of one of these (0: the standard's), after *after (NULL: from the
 * beginning).  NULL if there is none. */
const struct sense_entry *sense_find(const struct sense_list *list, const struct sense_entry *after, unsigned vendors, uint8_t key,
				     uint8_t asc, uint8_t ascq);

/* "informational: nothing is wrong" */
const char *sense_cause_name(enum sense_cause cause);

/* NULL where there is nothing to do. */
const char *sense_cause_advice(enum sense_cause cause);

/* What the sense key alone says. */
enum sense_cause sense_key_cause(uint8_t key);

/* "IBM", "HP, Quantum" */
const char *sense_vendor_name(unsigned vendors);

/* By INQUIRY's vendor and product, padded or not, or by what people call them.  0 if not known. */
unsigned sense_vendor_of(const char *vendor, const char *product);

#endif
