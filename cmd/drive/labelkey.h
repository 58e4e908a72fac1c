/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose key does the tape in the drive want?  Its label tells, where it is clear.  Bacula writes the label once more with the
 * first job on a tape, and with the first after recycling, when the key is in the drive: then the label is encrypted, and the
 * key that opens it tells. */
#ifndef CMD_DRIVE_LABELKEY_H
#define CMD_DRIVE_LABELKEY_H

#include "base/secret.h"
#include "cryptocache.h"
#include "format/label.h"
#include "tape/drive.h"

struct labelkey {
	char volume[LABEL_NAME_BYTES];         /* "" for a blank tape or one without a label */
	const struct cryptocache_entry *entry; /* of the cache; NULL: it has no key for the volume */
};

/* Clears the drive's key, reads the label as device_volume_name does, and probes for an encrypted one: the key of the
 * cartridge's barcode, that of the label's descriptor, then others, PROBING_TRIES wrong ones at most.  No key is in the drive
 * afterwards.  place is where the keys are, for messages.  XE_KEY: the label is encrypted, and none of them opens it; else as
 * device_volume_name. */
int labelkey_find(struct drive *d, enum drive_ready ready, bool rewind, int algorithm, const struct secret *kek,
		  const struct cryptocache *cache, const char *place, struct labelkey *l, struct err *e)
	__attribute__((warn_unused_result));

#endif
