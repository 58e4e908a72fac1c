/* SPDX-License-Identifier: GPL-3.0-or-later */
/* QR codes (ISO/IEC 18004) of short texts, some of them secret, by libqrencode where it is built in.  The library leaves what
 * it has encoded all over the heap, so it runs in a child, whose memory goes with it. */
#ifndef BASE_QR_H
#define BASE_QR_H

#include "base/bytes.h"
#include "base/secret.h"

#define QR_TEXT_MAX_BYTES 2300u /* what the largest code takes */
#define QR_QUIET_MODULES 4u     /* around a code nothing may be printed */

struct qr {
	struct secret modules; /* width times width bytes, 1: dark */
	unsigned width;
};

#define QR_NONE ((struct qr){.modules = SECRET_NONE})

/* Is libqrencode built in? */
bool qr_is_there(void);

/* The smallest code with error correction M that holds the text, as bytes.  XE_USAGE: not built in, or the text is too
 * long; XE_FAILED. */
int qr_encode(struct qr *q, struct span text, struct err *e) __attribute__((warn_unused_result));

/* Light outside of the code. */
bool qr_is_dark(const struct qr *q, int x, int y);

/* Idempotent. */
void qr_free(struct qr *q);

#endif
