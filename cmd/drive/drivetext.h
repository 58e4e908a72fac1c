/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a drive says, for people, for scripts that know bscrypto, and as JSON. */
#ifndef CMD_DRIVE_DRIVETEXT_H
#define CMD_DRIVE_DRIVETEXT_H

#include "base/json.h"
#include "tape/cartridge.h"

/* All that key status gathers. */
struct drivetext_report {
	const char *device;
	struct drive_identity id;
	enum drive_ready ready;
	struct drive_medium medium; /* DRIVE_READY only */
	struct cartridge cartridge; /* so is this */
	bool encrypts;              /* all below is empty where it does not */
	struct scsi_status status;
	bool has_next;
	struct scsi_next_block next;
	bool has_capabilities;
	struct scsi_capabilities capabilities;
	bool has_management;
	struct scsi_management management;
};

/* To standard output: for people, and as JSON. */
void drivetext_print(const struct drivetext_report *r);
void drivetext_json(const struct drivetext_report *r);

/* The same of bscrypto -e and -v, line for line. */
void drivetext_bscrypto_status(const struct scsi_status *s);
void drivetext_bscrypto_volume(const struct scsi_next_block *b);

/* Single pages, for --explain.  c: the drive's algorithms, for their names; NULL if they are not known. */
void drivetext_status(const struct scsi_status *s, const struct scsi_capabilities *c);
void drivetext_next_block(const struct scsi_next_block *b, const struct scsi_capabilities *c);
void drivetext_capabilities(const struct scsi_capabilities *c);
void drivetext_management(const struct scsi_management *m);
void drivetext_kads(const char *label, const struct scsi_kads *kads);

#endif
