/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fast encoder of GZIP records: ISA-L's, where it is built in.  It makes the same format, a zlib stream (RFC 1950), that is somewhat
 * longer than libdeflate's at level 1, in less than half the time where records have 64 KiB. */
#ifndef CODEC_IGZIP_H
#define CODEC_IGZIP_H

#include "codec/codec.h"

struct igzip;

/* "2.30.0"; the output bytes depend on it.  NULL: not built in. */
const char *igzip_version(void);

/* Bytes for n plain ones, in the worst case. */
size_t igzip_bound(size_t n);

/* *z: NULL, or what an earlier call made; the caller frees it with igzip_free (NULL is fine).  As the deflate of a row, but
 * CODEC_SPACE wherever out_cap < igzip_bound(in_len). */
enum codec_result igzip_deflate(struct igzip **z, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap, size_t *out_len);
void igzip_free(struct igzip *z);

#endif
