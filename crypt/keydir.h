/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A key directory as key-manager.py keeps it, one file for each volume, without its ways to lose one: a file is written
 * beside its place, synced, read back, and only then takes the name; what it replaces stays as a generation.
 *
 *   DIR/VOLUME          the key in force, as key-manager.py reads and writes it
 *   DIR/.old/VOLUME.N   what was in force before, N = 000001, 000002...
 *   DIR/.new/VOLUME     the id of a key that was given out for a label and not asked for since
 *
 * formats/bacula-encryption.md 4.3 */
#ifndef CRYPT_KEYDIR_H
#define CRYPT_KEYDIR_H

#include "crypt/answer.h"

#define KEYDIR_GENERATIONS 64u /* of one volume that are looked at: the latest */

struct keydir {
	int fd; /* of the folder; -1: closed */
	char path[1024];
};

#define KEYDIR_CLOSED ((struct keydir){.fd = -1})

/* make: with mode 0700, if it is not there.  XE_FAILED, XE_PERMISSION. */
int keydir_open(struct keydir *d, const char *path, bool make, struct err *e) __attribute__((warn_unused_result));

/* Idempotent. */
void keydir_close(struct keydir *d);

/* For those who write.  Released by keydir_close.  XE_NOT_READY: somebody else has had it for all those seconds. */
int keydir_lock(struct keydir *d, unsigned seconds, struct err *e) __attribute__((warn_unused_result));
void keydir_unlock(struct keydir *d);

/* Letters, digits and . - _ : = and not more than 127 of them; not a '.' first, as that hides files, ours among them.
 * XE_KEY. */
int keydir_check_name(const char *volume, struct err *e) __attribute__((warn_unused_result));

/* The key in force.  *found false: there is none, and no error.  A file without cipher_key is one in stealth mode.  XE_KEY:
 * the file is damaged, or of another volume.  XE_FAILED. */
int keydir_read(const struct keydir *d, const char *volume, struct answer *a, bool *found, struct err *e)
	__attribute__((warn_unused_result));

/* a becomes the key in force of a->volume; it is on the disk and was read back when this returns 0.  key: what a->key is
 * or would be, for the mark below.  The folder must be locked.  XE_FAILED. */
int keydir_write(struct keydir *d, const struct answer *a, const struct secret *key, struct err *e) __attribute__((warn_unused_result));

/* Was this key (NULL: any) given out for a label, and not asked for since? */
bool keydir_is_new(const struct keydir *d, const char *volume, const struct secret *key);

/* It was asked for: the volume has its label.  Best effort. */
void keydir_in_use(const struct keydir *d, const char *volume);

/* The index-th of the generations, 0 the latest.  *found false: there are no more.  Errors as keydir_read. */
int keydir_generation(const struct keydir *d, const char *volume, unsigned index, struct answer *a, bool *found, struct err *e)
	__attribute__((warn_unused_result));

/* Calls each for every volume that has a key, in the order of their names, until one returns other than 0, which is then
 * returned.  XE_FAILED. */
int keydir_each(const struct keydir *d, int (*each)(void *arg, const char *volume, struct err *e), void *arg, struct err *e)
	__attribute__((warn_unused_result));

#endif
