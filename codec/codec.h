/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compressed payloads of volume records: one table, one file per algorithm.  formats: zlib (RFC 1950), LZO1X,
 * fastlzlib framing around FastLZ or LZ4 blocks, zstd frames.  A payload is what follows the 12-byte compression
 * header (or the whole data of a legacy GZIP record); it is always complete in one record. */
#ifndef CODEC_CODEC_H
#define CODEC_CODEC_H

#include "format/product.h"

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

/* What a product's readers take.  volume-format.md 5.7, 5.10, 8.3 */
struct codec_reader {
	size_t plain_max;   /* largest plain length of one payload, bytes; 0: they do not read this codec */
	size_t payload_max; /* longest payload of a record that is kept as it is, bytes; 0: any */
	bool bare;          /* without a compression header only, in streams 4, 7 and 12 */
};

#define CODEC_LEVEL_ITSELF (-1)
#define CODEC_LEVEL_FAST 0 /* ":fast", below level_min: an encoder of its own */

/* A row of the table: all that is known of a codec. */
struct codec {
	enum codec_id id;
	const char *name;     /* as on the command line: "gzip" */
	const char *log_name; /* as Bareos logs it: "GZIP", "FASTLZ" */
	uint32_t magic;       /* in the compression header */
	int level_min, level_max, level_default;
	const char *fast_library;          /* whose encoder CODEC_LEVEL_FAST is: "ISA-L"; NULL: the codec has no such level */
	const char *(*fast_version)(void); /* NULL: not built in */
	/* Level that clients of Bareos and Bacula write into the compression header.  volume-format.md 5.1, 5.4 to 5.6 */
	int header_level;
	struct codec_reader readers[PRODUCT_ANY];
	const char *library; /* for --version: "liblz4"; NULL: none, or named in another row */
	const char *(*library_version)(void);
	/* Bytes that deflate may need for n plain bytes, in the worst case. */
	size_t (*bound)(size_t n);
	/* Plain length that the payload itself declares; false if it declares none (or is too short to tell).
	 * The value is untrusted: up to UINT64_MAX. */
	bool (*declared)(const uint8_t *in, size_t in_len, uint64_t *plain_len);
	/* Is a payload that decodes also in the one shape that every reader of its format takes? */
	bool (*is_common)(const uint8_t *in, size_t in_len);
	/* in[in_len] -> out[*out_len], out_cap bytes of room.  CODEC_OK only if every input byte belongs to one whole
	 * stream (no truncation, no trailing bytes, all checksums and lengths right).  May write any of out[0..out_cap). */
	enum codec_result (*inflate)(struct codec_ctx *ctx, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap,
				     size_t *out_len);
	/* Never fails for content; out_cap >= bound(in_len) always suffices, less may give CODEC_SPACE. */
	enum codec_result (*deflate)(struct codec_ctx *ctx, int level, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap,
				     size_t *out_len);
	/* Frees the codec's part of a context. */
	void (*end)(void *memory);
};

/* The rows. */
extern const struct codec codec_gzip, codec_lzo, codec_lzfast, codec_lz4, codec_lz4hc, codec_zstd;

/* NULL if the id, name or magic is none of ours. */
const struct codec *codec_by_id(enum codec_id id);
const struct codec *codec_by_name(const char *name, size_t name_len);
const struct codec *codec_by_magic(uint32_t magic);

/* The names, "gzip, lzo, ..."; and the libraries for --version, "libdeflate 1.14, ...": the output bytes depend on those.
 * text: text_bytes of room, cut with its NUL. */
void codec_names(char *text, size_t text_bytes);
void codec_versions(char *text, size_t text_bytes);

/* NULL without memory.  The caller frees it with codec_ctx_free (NULL is fine). */
struct codec_ctx *codec_ctx_new(void);
void codec_ctx_free(struct codec_ctx *ctx);

/* Why the last inflate on ctx returned CODEC_DATA: a static phrase, e.g. "LZ4 block ends early". */
const char *codec_reason(const struct codec_ctx *ctx);

/* What the readers of p take; of PRODUCT_ANY: what those of Bareos and of Bacula both do. */
struct codec_reader codec_reader(const struct codec *c, enum product p);

/* Plain bytes for one payload that readers of p are to take, or others where those do not read the codec. */
size_t codec_plain_max(const struct codec *c, enum product p);

/* Can it code with CODEC_LEVEL_FAST? */
bool codec_is_fast_there(const struct codec *c);

/* The level to write into the compression header, and the one that was coded with, as far as the header tells; else the
 * default. */
uint16_t codec_header_level(const struct codec *c, int level);
int codec_level_of(const struct codec *c, uint16_t header_level);

#endif
