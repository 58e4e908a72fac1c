/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recovery bundle: the keys of a cache as a text to be printed, and to be typed in again when nothing else is left.
 *
 *   XFLATE-BUNDLE 1 8c4a1f
 *   date 2026-11-22T23:40:00Z 03b2d7
 *   kek 1a2b3c4d 77f0e1
 *   keys 1 5d20aa
 *   volume 1 A00001L4 91c35e
 *   key 1 wrapped 559d92a8 d01f66
 *   hex 1.1 ff71 6af2 6360 5b5f 8926 c03a 797e fedf e0eb dca3 2b9c01
 *   hex 1.2 0d61 c152 8074 0750 417e 34da 0799 0852 554d 52e2 e4774d
 *   end 1 0a1b2c3d 6e0c11
 *
 * Each line ends with the CRC-24 of OpenPGP (RFC 4880, section 6.1) over the words before it with one blank between
 * them.  Hex digits may be typed in any case and grouping; blank lines and lines that begin with # count for nothing.  In
 * the name of a volume %XX stands for
 * a byte that is no printable ASCII, and for %.  The id in "key" is that of the key within, the forms are those of
 * keywrap.h.  "end" has the number of keys and the first 8 digits of SHA-256 over the lines before it as they are summed,
 * each with its sum and a newline. */
#ifndef KEYS_BUNDLE_H
#define KEYS_BUNDLE_H

#include "keys/keylist.h"

struct bundle_info {
	char date[32];
	char kek_id[SECRET_ID_BYTES]; /* of the KEK that opens it; "" if nothing in it is wrapped */
};

/* Does this text look like one? */
bool bundle_is(struct span text);

/* Writes a bundle of keys that keywrap_form_of knows and whose ids are set.  XE_FAILED, XE_KEY. */
int bundle_write(FILE *out, const struct keylist *list, const struct bundle_info *info, struct err *e) __attribute__((warn_unused_result));

/* list becomes what the bundle holds, ids and all.  list->faults has each line that was mistyped or is missing.
 * XE_DAMAGE, XE_FAILED. */
int bundle_parse(struct keylist *list, struct bundle_info *info, struct span text, struct err *e) __attribute__((warn_unused_result));

/* ---- in QR codes (bundle_codes.c) ---- */

struct bundle_codes {
	size_t bytes; /* that a code should hold at most; one key of a long name may need more */
	int (*each)(void *arg, size_t number, size_t count, struct span payload, struct err *e);
	void *arg;
};

/* Cuts the text of a bundle into what its codes hold, with a line "code" before each.  Returns what each returned, if it was
 * not 0.  XE_FAILED. */
int bundle_codes(struct span text, const struct bundle_codes *codes, struct err *e) __attribute__((warn_unused_result));

/* What was read of a code, or before the first: number 0. */
struct bundle_piece {
	struct span text;
	size_t line, number; /* where it begins; which code it is */
};

/* For bundle_parse: pieces in the order of the bundle, each once; the caller frees them.  A text without codes is one
 * piece.  Faults: codes of another bundle, codes that are missing.  XE_FAILED. */
int bundle_sort(struct span text, struct bundle_piece **pieces, size_t *count, struct keylist *faults, struct err *e)
	__attribute__((warn_unused_result));

#endif
