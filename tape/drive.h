/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tape drive: its commands, one function each, with what can go wrong put in words. */
#ifndef TAPE_DRIVE_H
#define TAPE_DRIVE_H

#include "scsi.h"
#include "tape/identity.h"
#include "tape/sense.h"
#include "tape/tapealert.h"
#include "tape/timeouts.h"
#include "tape/transport.h"

struct drive {
	struct transport *transport;
	struct sense sense;     /* of the last command that failed; !valid if it had none */
	struct sense attention; /* the last UNIT ATTENTION that was waiting; !valid: none */
	struct sense not_ready; /* why the last drive_ready said no; !valid: it said yes */
	bool has_timeouts;      /* it was asked for them; timeouts are zero if it has none to tell */
	struct timeouts timeouts;
	bool encrypts;   /* it is known to: has told its status, or has done so to whoever sets this */
	unsigned room;   /* which allocation length it takes: place in the table of drive.c */
	unsigned vendor; /* enum sense_vendor, once it is known; 0 */
};

#define DRIVE_NONE ((struct drive){0})

/* Unless something else is said, commands fail with XE_REFUSED (the drive says no, or answers what is no answer),
 * XE_NOT_READY (busy, no medium, a UNIT ATTENTION), XE_KEY (data that its key does not open), XE_PERMISSION, XE_FAILED;
 * d->sense tells more. */

/* Takes away the UNIT ATTENTIONs that wait (one of power on, one of a new medium, ...).  The medium need not be there;
 * *ready says whether it is, and *d stays open either way.  XE_FAILED, XE_USAGE, XE_NOT_READY (node or drive busy),
 * XE_REFUSED (transport), XE_PERMISSION. */
enum drive_ready {
	DRIVE_READY,
	DRIVE_NO_MEDIUM,
	DRIVE_NOT_YET, /* a cartridge may be in it: it loads, unloads, or wants to be told to load */
};
int drive_open(struct drive *d, const char *device, enum drive_ready *ready, struct err *e) __attribute__((warn_unused_result));

/* Idempotent. */
void drive_close(struct drive *d);

/* TEST UNIT READY; d->not_ready tells why not.  Errors as above. */
int drive_ready(struct drive *d, enum drive_ready *ready, struct err *e) __attribute__((warn_unused_result));

/* Of the last DRIVE_NOT_YET: does the drive say that it will be ready by itself, or wait for somebody to do something? */
bool drive_is_becoming_ready(const struct drive *d);

/* What it is doing (log page 11h); DRIVE_ACTIVITY_UNKNOWN if it does not tell. */
enum drive_activity {
	DRIVE_ACTIVITY_NONE = 0x00,
	DRIVE_ACTIVITY_CLEANING = 0x01,
	DRIVE_ACTIVITY_LOADING = 0x02,
	DRIVE_ACTIVITY_UNLOADING = 0x03,
	DRIVE_ACTIVITY_REWINDING = 0x08,
	DRIVE_ACTIVITY_FORMATTING = 0x0a,
	DRIVE_ACTIVITY_CALIBRATING = 0x0b,
	DRIVE_ACTIVITY_FIRMWARE = 0x0d,
	DRIVE_ACTIVITY_UNKNOWN = 0x100,
};
enum drive_activity drive_activity(struct drive *d);

/* ---- what it is ---- */

struct drive_identity {
	struct identity device;
	char serial[IDENTITY_TEXT_BYTES], identity[IDENTITY_TEXT_BYTES]; /* "" where it does not tell */
};

/* INQUIRY alone, of whatever kind of device it is. */
int drive_inquire(struct drive *d, struct identity *device, struct err *e) __attribute__((warn_unused_result));

/* INQUIRY and its pages.  XE_REFUSED also for what is no tape drive. */
int drive_identify(struct drive *d, struct drive_identity *id, struct err *e) __attribute__((warn_unused_result));

/* Of the cartridge; "" and NULL for what the drive does not tell.  Never fails: nothing depends on it. */
struct drive_medium {
	char barcode[IDENTITY_TEXT_BYTES], serial[IDENTITY_TEXT_BYTES];
	const char *format;    /* "LTO-3" */
	uint8_t density, type; /* of MODE SENSE; 0 where it does not tell */
	bool can_encrypt;      /* true for formats that are not known */
	bool write_protected;
};

void drive_medium(struct drive *d, struct drive_medium *m);

/* The same without barcode and serial number: those are in the cartridge's memory, which takes minutes on some drives. */
void drive_format(struct drive *d, struct drive_medium *m);

/* Attributes of the cartridge memory from first on, and a log page, into room bytes at data.  *got is 0 where the drive does
 * not answer: nothing depends on these.  Only a deferred error fails. */
int drive_attributes(struct drive *d, uint16_t first, uint8_t *data, uint32_t room, size_t *got, struct err *e)
	__attribute__((warn_unused_result));
int drive_log_page(struct drive *d, uint8_t page, uint8_t *data, uint16_t room, size_t *got, struct err *e)
	__attribute__((warn_unused_result));

/* ---- encryption ---- */

/* Is there tape data encryption at all?  *yes is false for a drive that knows no SECURITY PROTOCOL, or no protocol 20h.  Of one
 * that is known to encrypt such a refusal is an error like others: it may hold a key all the same. */
int drive_encrypts(struct drive *d, bool *yes, struct err *e) __attribute__((warn_unused_result));

/* Page 0020h, see scsi.h. */
int drive_status(struct drive *d, struct scsi_status *s, struct err *e) __attribute__((warn_unused_result));

/* A page that a drive may do without: *has tells.  Other failures are errors. */
int drive_capabilities(struct drive *d, struct scsi_capabilities *c, bool *has, struct err *e) __attribute__((warn_unused_result));
int drive_management(struct drive *d, struct scsi_management *m, bool *has, struct err *e) __attribute__((warn_unused_result));

/* *has is false without a medium, and where the drive finds nothing but a blank. */
int drive_next_block(struct drive *d, struct scsi_next_block *b, bool *has, struct err *e) __attribute__((warn_unused_result));

/* Sends the page, wipes it on every path.  After a failure that is no plain refusal (d->sense) the drive may have
 * taken it all the same.  A UNIT ATTENTION is not passed over: what was known of the drive may be stale. */
int drive_set(struct drive *d, const struct scsi_set *s, struct err *e) __attribute__((warn_unused_result));

/* Takes the key out of the drive and reads the status back: both modes must be off.  after may be NULL.  exactly: only
 * the page that Bareos sends. */
int drive_clear(struct drive *d, uint8_t algorithm, bool exactly, struct scsi_status *after, struct err *e)
	__attribute__((warn_unused_result));

/* ---- the tape ---- */

/* TAPEALERT_PAGE or TAPEALERT_RESPONSE_PAGE. */
int drive_alerts(struct drive *d, uint8_t page, struct tapealert *t, struct err *e) __attribute__((warn_unused_result));

/* *has is false where the drive knows no such command. */
int drive_position(struct drive *d, struct identity_position *p, bool *has, struct err *e) __attribute__((warn_unused_result));

/* Rewinds, reads the first block, up to room bytes (*got 0: a file mark, or a blank tape), rewinds. */
int drive_first_block(struct drive *d, void *data, size_t room, size_t *got, struct err *e) __attribute__((warn_unused_result));

#endif
