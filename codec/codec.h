/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compressed payloads of volume records: one table, one file per algorithm.  formats: zlib (RFC 1950), LZO1X,
 * fastlzlib framing around FastLZ or LZ4 blocks, zstd frames.  A payload is what follows the 12-byte compression
 * header (or the whole data of a legacy GZIP record); it is always complete in one record. */
#ifndef CODEC_CODEC_H
#define CODEC_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum codec_id { CODEC_GZIP, CODEC_LZO, CODEC_LZFAST, CODEC_LZ4, CODEC_LZ4HC, CODEC_ZSTD, CODEC_COUNT };

enum codec_result {
	CODEC_OK = 0,
	CODEC_SPACE = -1,  /* the output does not fit; try again with more room */
	CODEC_DATA = -2,   /* the payload is not a whole, exact stream of its format; codec_reason() says why */
	CODEC_MEMORY = -3, /* no memory for the working context */
};

/* Working memory of one thread for every codec; parts are made when first used.  Never shared between threads.
 * Output never depends on what was coded before. */
struct codec_ctx;

struct codec {
	enum codec_id id;
	const char *name;     /* as on the command line: "gzip" */
	const char *log_name; /* as Bareos logs it: "GZIP", "FASTLZ" */
	uint32_t magic;       /* in the compression header, big-endian on the volume */
	int level_min, level_max, level_default;
	/* Largest plain length of one payload that every reader of this format takes, bytes. */
	size_t plain_max;
	/* Bytes that deflate may need for n plain bytes, in the worst case. */
	size_t (*bound)(size_t n);
	/* Plain length that the payload itself declares; false if it declares none (or is too short to tell).
	 * The value is untrusted: up to UINT64_MAX. */
	bool (*declared)(const uint8_t *in, size_t in_len, uint64_t *plain_len);
	/* in[in_len] -> out[*out_len], out_cap bytes of room.  CODEC_OK only if every input byte belongs to one whole
	 * stream (no truncation, no trailing bytes, all checksums and lengths right).  May write any of out[0..out_cap). */
	enum codec_result (*inflate)(struct codec_ctx *ctx, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap,
				     size_t *out_len);
	/* Never fails for content; out_cap >= bound(in_len) always suffices, less may give CODEC_SPACE. */
	enum codec_result (*deflate)(struct codec_ctx *ctx, int level, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap,
				     size_t *out_len);
};

/* NULL if the id, name or magic is none of ours. */
const struct codec *codec_by_id(enum codec_id id);
const struct codec *codec_by_name(const char *name, size_t name_len);
const struct codec *codec_by_magic(uint32_t magic);

/* NULL without memory.  The caller frees it with codec_ctx_free (NULL is fine). */
struct codec_ctx *codec_ctx_new(void);
void codec_ctx_free(struct codec_ctx *ctx);

/* Why the last inflate on ctx returned CODEC_DATA: a static phrase, e.g. "LZ4 block ends early". */
const char *codec_reason(const struct codec_ctx *ctx);

/* Compression header of streams 29 to 33, 12 bytes on the volume in this order.  volume-format.md 5.1 */
#define CODEC_HEADER_BYTES 12
#define CODEC_HEADER_VERSION 1

struct codec_header {
	uint32_t magic;
	uint32_t size;  /* payload bytes behind the header */
	uint16_t level; /* informational */
	uint16_t version;
};

/* Any 12 bytes can be read; whether magic, size and version make sense is the caller's to see. */
void codec_header_read(const uint8_t in[static CODEC_HEADER_BYTES], struct codec_header *h);
void codec_header_write(uint8_t out[static CODEC_HEADER_BYTES], const struct codec_header *h);

/* The level that a Bareos or Bacula client writes into the header: 0 for LZO and zstd, 1 for LZ4, LZ4HC and FastLZ,
 * the level itself for gzip.  volume-format.md 5.1, 5.4 to 5.6 */
uint16_t codec_header_level(const struct codec *c, int level);

/* Is a payload that decodes also in the one shape that every reader of its format takes?  Bareos looks at the first
 * block of a fastlzlib payload only (volume-format.md 5.7). */
bool codec_is_common(const struct codec *c, const uint8_t *in, size_t in_len);

/* "libdeflate 1.14, ..." for --version: the output bytes depend on these.  text: text_bytes of room, cut with its NUL. */
void codec_versions(char *text, size_t text_bytes);

#endif
