/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One command to a drive, from its CDB to a fault in words: attentions, deferred errors, timeouts, lengths that a drive dislikes.  Used by
 * tape/drive.c alone, whose functions are one command each. */
#ifndef TAPE_DRIVE_COMMAND_H
#define TAPE_DRIVE_COMMAND_H

#include "tape/drive.h"

struct drive_command {
	const char *name; /* for messages */
	struct scsi_cdb cdb;
	enum transport_way way;
	void *data;
	size_t len;
	bool set_page;
	bool once; /* a UNIT ATTENTION is not to be passed over */
};

/* *got: bytes of data-in, bounded by what was asked for.  d->sense, d->attention: what the drive said.  XE_NOT_READY, XE_KEY, XE_REFUSED, and
 * what the transport has for an error. */
int drive_command_run(struct drive *d, const struct drive_command *c, size_t *got, struct err *e) __attribute__((warn_unused_result));

/* One whose answer may have up to SCSI_PAGE_MAX_BYTES; the caller frees *data, also after a fault.  As above, and XE_FAILED without memory. */
int drive_command_ask(struct drive *d, const char *name, struct scsi_cdb cdb, uint8_t **data, size_t *got, struct err *e)
	__attribute__((warn_unused_result));

/* Did the drive say that it does not know the command or page: 05/20/00, 05/24/00, 05/26/00? */
bool drive_command_is_unknown(const struct drive *d);

#endif
