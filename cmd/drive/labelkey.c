/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/drive/labelkey.h"

#include "cmd/drive/device.h"
#include "cmd/drive/probing.h"
#include "tape/keyload.h"
#include "tape/leftover.h"

#include <stdio.h>

/* Asked at the beginning of the tape, where the failed reading has left it. */
static bool label_is_locked(struct drive *d, struct scsi_next_block *b)
{
	bool encrypts, has;
	struct err ignored = {0};
	return drive_encrypts(d, &encrypts, &ignored) == 0 && encrypts && drive_next_block(d, b, &has, &ignored) == 0 && has &&
	       b->encryption == SCSI_BLOCK_LOCKED;
}

static int probe_label(struct drive *d, enum drive_ready ready, int algorithm, const struct secret *kek, const struct cryptocache *cache,
		       const struct scsi_next_block *b, struct probing_outcome *o, struct err *e)
{
	struct drive_medium medium;
	struct err second = {0};
	uint8_t index;
	drive_medium(d, &medium);
	const struct probing how = {medium.barcode, PROBING_TRIES, algorithm};
	int rc = keyload_index(d, &index, e);
	if (rc != 0)
		return rc;
	rc = probing_run(d, ready, &how, kek, cache, b, o, e);
	int cleared = drive_clear(d, index, false, NULL, rc == 0 ? e : &second);
	if (cleared != 0)
		leftover_clear(d, e);
	return rc ? rc : cleared;
}

static int key_that_opens(struct drive *d, enum drive_ready ready, int algorithm, const struct secret *kek, const struct cryptocache *cache,
			  const char *place, const struct scsi_next_block *b, struct labelkey *l, struct err *e)
{
	struct probing_outcome o = {0};
	int rc = probe_label(d, ready, algorithm, kek, cache, b, &o, e);
	if (rc != 0)
		return rc;
	if (o.match == NULL)
		return err_set(e, XE_KEY, "the label of the tape is encrypted, and none of %llu keys of %s opens it%s",
			       (unsigned long long)o.wrong, place,
			       o.left ? "; the rest was not tried, lest the drive lock itself: find the key (xflate key probe --first "
					"VOLUME, or --tries N), load it with key load --volume"
				      : "");
	l->entry = o.match;
	snprintf(l->volume, sizeof l->volume, "%s", o.match->volume);
	return 0;
}

int labelkey_find(struct drive *d, enum drive_ready ready, bool rewind, int algorithm, const struct secret *kek,
		  const struct cryptocache *cache, const char *place, struct labelkey *l, struct err *e)
{
	struct scsi_next_block b;
	bool found;
	*l = (struct labelkey){0};
	int rc = device_volume_name(d, ready, rewind, l->volume, &found, e);
	if (rc == 0 && found)
		l->entry = cryptocache_find(cache, l->volume);
	if (rc != XE_REFUSED || !label_is_locked(d, &b))
		return rc;
	*e = (struct err){0};
	return key_that_opens(d, ready, algorithm, kek, cache, place, &b, l, e);
}
