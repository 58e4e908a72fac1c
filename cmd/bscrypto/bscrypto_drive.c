/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bscrypto -s, -c, -e, -v: the same pages and lines.  What is better: the algorithm's index is the drive's own, the status
 * is read back, and what the drive refuses is said with its reason. */
#include "cmd/bscrypto/bscrypto.h"

#include "cmd/drive/drivetext.h"
#include "tape/keyload.h"
#include "tape/leftover.h"

/* As device_run does it for the verbs, without its words: the original says nothing but the fault. */
static int run(const char *device, int (*act)(struct drive *d, enum drive_ready ready, const struct secret *key, struct err *e),
	       const struct secret *key)
{
	struct drive d = DRIVE_NONE;
	enum drive_ready ready;
	struct err e = {0};
	int rc = drive_open(&d, device, &ready, &e);
	if (rc == 0)
		rc = act(&d, ready, key, &e);
	drive_close(&d);
	return rc == 0 ? 0 : bscrypto_fail("%s: %s", device, e.text);
}

static int load(struct drive *d, enum drive_ready ready, const struct secret *key, struct err *e)
{
	const struct keyload_options load = {.key = {key->data, key->len}, .mode = KEYLOAD_MIXED, .algorithm = -1};
	struct keyload_result result;
	int rc = keyload_run(d, ready, &load, &result, e);
	if (rc != 0)
		leftover_name(d, e);
	return rc;
}

static int clear(struct drive *d, enum drive_ready ready, const struct secret *key, struct err *e)
{
	uint8_t algorithm;
	(void)ready;
	(void)key;
	int rc = keyload_index(d, &algorithm, e);
	return rc == 0 ? drive_clear(d, algorithm, true, NULL, e) : rc;
}

static int print_status(struct drive *d, enum drive_ready ready, const struct secret *key, struct err *e)
{
	struct scsi_status status;
	(void)ready;
	(void)key;
	int rc = drive_status(d, &status, e);
	if (rc == 0)
		drivetext_bscrypto_status(&status);
	return rc;
}

static int print_volume(struct drive *d, enum drive_ready ready, const struct secret *key, struct err *e)
{
	struct scsi_next_block next;
	bool has = false;
	(void)key;
	int rc = drive_next_block(d, &next, &has, e);
	if (rc == 0 && !has)
		rc = err_set(e, XE_NOT_READY, "%s",
			     ready == DRIVE_READY ? "the drive tells nothing of the block at this place"
						  : "there is no medium in the drive");
	if (rc == 0)
		drivetext_bscrypto_volume(&next);
	return rc;
}

int bscrypto_drive_set(const char *device, const struct secret *drive_key)
{
	return run(device, load, drive_key);
}

int bscrypto_drive_clear(const char *device)
{
	return run(device, clear, NULL);
}

int bscrypto_drive_status(const char *device)
{
	return run(device, print_status, NULL);
}

int bscrypto_drive_volume(const char *device)
{
	return run(device, print_volume, NULL);
}
