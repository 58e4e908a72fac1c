/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of this room share: the working memory of one thread, and what rows have in common. */
#ifndef CODEC_CTX_H
#define CODEC_CTX_H

#include "codec/codec.h"

struct codec_ctx {
	const char *reason;        /* of the last CODEC_DATA, static */
	void *memory[CODEC_COUNT]; /* of each codec; NULL until it first asks for it */
};

/* The codec's own memory, the first time bytes of zeros.  NULL without memory.  Its row's end frees it. */
void *codec_memory(struct codec_ctx *ctx, enum codec_id id, size_t bytes);

/* Notes why the payload is not one and returns CODEC_DATA.  why: static. */
static inline enum codec_result codec_refuse(struct codec_ctx *ctx, const char *why)
{
	ctx->reason = why;
	return CODEC_DATA;
}

/* declared, for the formats that carry no plain length; is_common, for those that have one shape only. */
bool codec_declares_nothing(const uint8_t *in, size_t in_len, uint64_t *plain_len);
bool codec_is_always_common(const uint8_t *in, size_t in_len);

/* Plain bytes of a payload that keeps its record below the 999996 bytes of a network message even if nothing shrinks.
 * volume-format.md 5.3 */
#define CODEC_NETWORK_PLAIN_BYTES 917504

/* Bacula's buffer for what it restores, which never grows, and that of clients of Bareos 22 and older.  5.7, 5.10 */
#define CODEC_CLIENT_PLAIN_BYTES 65536

#endif
