/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LZO1X streams; a decoder of our own after volume-format.md 5.5. */
#ifndef CODEC_LZO1X_H
#define CODEC_LZO1X_H

#include <stddef.h>
#include <stdint.h>

enum lzo1x_verdict {
	LZO1X_WHOLE,        /* in is one stream, from its first byte to its last */
	LZO1X_SPACE,        /* what comes out does not fit */
	LZO1X_ENDS_EARLY,   /* in ends before its stream does */
	LZO1X_BEFORE_START, /* a match points before the first byte of out */
	LZO1X_BYTES_FOLLOW, /* behind the end of the stream */
};

/* in[in_len] -> out[*out_len], out_cap bytes of room, of which it may write any.  in and out do not overlap.  Of several faults it tells the
 * one that liblzo2's lzo1x_decompress_safe tells.  *out_len counts only if it is LZO1X_WHOLE. */
enum lzo1x_verdict lzo1x_inflate(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap, size_t *out_len);

#endif
