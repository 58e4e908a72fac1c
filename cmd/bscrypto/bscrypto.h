/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program under the name of bscrypto: its options, its outputs, its exit codes.  docs/bscrypto.md lists what is not as
 * in the original. */
#ifndef CMD_BSCRYPTO_BSCRYPTO_H
#define CMD_BSCRYPTO_BSCRYPTO_H

#include "base/secret.h"

#include <stdbool.h>

/* Is the last part of this path "bscrypto"? */
bool bscrypto_is_name(const char *argv0);

/* Returns the exit status. */
int bscrypto_main(int argc, char **argv);

/* ---- options: bscrypto_options.c ---- */

struct bscrypto_options {
	bool base64, clear, drive_status, volume_status;
	/* Files, NULL: not asked for. */
	const char *dump, *generate, *show, *populate, *renew, *set, *kek;
	const char *device;
};

/* Returns -1 to go on, or the exit status: 0 after help and version, 104 to 114 as the original's parser has them. */
int bscrypto_parse(int argc, char **argv, struct bscrypto_options *o);

/* Prints a line to standard error, without control characters.  Returns 1. */
int bscrypto_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- the drive: bscrypto_drive.c ---- */

/* Each prints what the original would print, and returns the exit status. */
int bscrypto_drive_set(const char *device, const struct secret *drive_key);
int bscrypto_drive_clear(const char *device);
int bscrypto_drive_status(const char *device);
int bscrypto_drive_volume(const char *device);

#endif
