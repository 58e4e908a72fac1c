/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 of a stream, for reports. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>

struct digest;

#define DIGEST_TEXT_BYTES 65

/* NULL without memory. */
struct digest *digest_new(void);
void digest_free(struct digest *d);

/* NULL is fine: nothing is counted then. */
void digest_add(struct digest *d, const void *data, size_t len);

/* Hex digits of all that was added; "" for NULL. */
void digest_text(const struct digest *d, char text[static DIGEST_TEXT_BYTES]);

#endif
