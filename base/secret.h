/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Secrets: in pages of their own that are locked, kept out of core dumps and wiped when freed.  Nothing here prints,
 * and no error text ever holds a byte of one. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct secret {
	uint8_t *data; /* NULL: none */
	size_t len;    /* bytes in use */
	size_t cap;    /* bytes at data */
};

#define SECRET_NONE ((struct secret){NULL, 0, 0})
#define SECRET_ID_BYTES 9

/* Room for cap bytes, zero-filled, len 0; what s held is wiped first.  XE_FAILED. */
int secret_new(struct secret *s, size_t cap, struct err *e) __attribute__((warn_unused_result));

/* Makes the room at least cap bytes, more if it grows step by step; content and len stay, data moves.  XE_FAILED: s is as
 * it was. */
int secret_grow(struct secret *s, size_t cap, struct err *e) __attribute__((warn_unused_result));

/* Puts len bytes behind what is there, with growing room.  data does not lie in s.  XE_FAILED. */
int secret_append(struct secret *s, const void *data, size_t len, struct err *e) __attribute__((warn_unused_result));

/* Wipes and unmaps; idempotent, keeps errno. */
void secret_free(struct secret *s);

/* s becomes a copy of len bytes.  XE_FAILED. */
int secret_set(struct secret *s, const void *data, size_t len, struct err *e) __attribute__((warn_unused_result));

/* In constant time for equal lengths. */
bool secret_equal(const struct secret *a, const struct secret *b);

/* Reads fd to its end.  name stands in errors.  More than max bytes or none at all: XE_KEY.  XE_FAILED. */
int secret_read(struct secret *s, int fd, size_t max, const char *name, struct err *e) __attribute__((warn_unused_result));

/* Cuts trailing newlines, carriage returns and blanks, as bscrypto does. */
void secret_trim(struct secret *s);

/* What people see of a key: the first 8 hex digits of SHA-256 over domain, a NUL and the key; "" without memory. */
void secret_id(const struct secret *s, const char *domain, char id[static SECRET_ID_BYTES]);

/* OpenSSL crashes in its functions if there was no memory to set itself up; so this comes before any of them.  XE_FAILED. */
int secret_library(struct err *e) __attribute__((warn_unused_result));

/* For programs that hold keys: no core dump of this process, and none of its user's other processes may look into it.
 * Once, before the first secret. */
void secret_guard_process(void);

/* Vector registers still hold what memcpy or strlen last looked at, and a core dump has them.  Before a call that may wait,
 * with secrets about. */
void secret_wipe_registers(void);

/* Wipes bytes that held a secret (a CDB, a page, a stack buffer). */
void secret_wipe(void *data, size_t len);

#endif
