/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bscrypto -s, -c, -e, -v: the same pages and lines.  What is better: the algorithm's index is the drive's own, the status
 * is read back, and what the drive refuses is said with its reason. */
#include "cmd/bscrypto/bscrypto.h"

#include "cmd/drive/drivetext.h"
#include "tape/keyload.h"
#include "tape/leftover.h"

static int end(struct drive *d, const char *device, int rc, const struct err *e)
{
	drive_close(d);
	return rc == 0 ? 0 : bscrypto_fail("%s: %s", device, e->text);
}

static int set_key(const char *device, const struct secret *drive_key)
{
	struct drive d = DRIVE_NONE;
	enum drive_ready ready;
	struct err e = {0};
	const struct keyload_options load = {.key = {drive_key->data, drive_key->len}, .mode = KEYLOAD_MIXED, .algorithm = -1};
	struct keyload_result result;
	int rc = drive_open(&d, device, &ready, &e);
	if (rc == 0)
		rc = keyload_run(&d, ready, &load, &result, &e);
	if (rc != 0 && d.transport)
		leftover_name(&d, &e);
	return end(&d, device, rc, &e);
}

static int clear_key(const char *device)
{
	struct drive d = DRIVE_NONE;
	enum drive_ready ready;
	struct err e = {0};
	uint8_t algorithm;
	int rc = drive_open(&d, device, &ready, &e);
	if (rc == 0)
		rc = keyload_index(&d, &algorithm, &e);
	if (rc == 0)
		rc = drive_clear(&d, algorithm, true, NULL, &e);
	return end(&d, device, rc, &e);
}

static int show_status(const char *device)
{
	struct drive d = DRIVE_NONE;
	enum drive_ready ready;
	struct err e = {0};
	struct scsi_status status;
	int rc = drive_open(&d, device, &ready, &e);
	if (rc == 0)
		rc = drive_status(&d, &status, &e);
	if (rc == 0)
		drivetext_bscrypto_status(&status);
	return end(&d, device, rc, &e);
}

static int show_volume(const char *device)
{
	struct drive d = DRIVE_NONE;
	enum drive_ready ready;
	struct err e = {0};
	struct scsi_next_block next;
	bool has = false;
	int rc = drive_open(&d, device, &ready, &e);
	if (rc == 0)
		rc = drive_next_block(&d, &next, &has, &e);
	if (rc == 0 && !has)
		rc = err_set(&e, XE_NOT_READY, "%s",
			     ready == DRIVE_READY ? "the drive tells nothing of the block at this place"
						  : "there is no medium in the drive");
	if (rc == 0)
		drivetext_bscrypto_volume(&next);
	return end(&d, device, rc, &e);
}

const struct bscrypto_drive bscrypto_drive = {
	.set = set_key,
	.clear = clear_key,
	.drive_status = show_status,
	.volume_status = show_volume,
};
