/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prove/object.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define INFLATED_RATIO 1032u /* zlib does not reach more */

enum { COMPRESSION_NONE, COMPRESSION_ZLIB };

/* "FileIndex type index stored full compression plugin\0object\0", then the bytes, then a NUL. */
struct header {
	uint64_t stored, full, compression;
	struct span bytes;
};

static enum object_verdict say(char text[static OBJECT_FAULT_BYTES], enum object_verdict v, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static enum object_verdict say(char text[static OBJECT_FAULT_BYTES], enum object_verdict v, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	vsnprintf(text, OBJECT_FAULT_BYTES, format, ap);
	va_end(ap);
	return v;
}

/* A decimal number of up to 18 digits and the blank behind it. */
static bool read_number(const char **at, uint64_t *v)
{
	const char *begin = *at;
	for (*v = 0; **at >= '0' && **at <= '9' && *at - begin < 18; ++*at)
		*v = *v * 10 + (uint64_t)(**at - '0');
	return *at > begin && *(*at)++ == ' ';
}

static bool read_header(struct span data, struct header *h)
{
	struct rd r = rd_over(data.data, data.len);
	const char *text = rd_string(&r);
	uint64_t ignored;
	for (int i = 0; i < 3; i++) {
		if (!read_number(&text, &ignored))
			return false;
	}
	if (!read_number(&text, &h->stored) || !read_number(&text, &h->full) || !read_number(&text, &h->compression))
		return false;
	rd_string(&r);
	h->bytes = (struct span){r.p, rd_left(&r)};
	return !r.bad;
}

static enum object_verdict judge_zlib(struct codec_ctx *ctx, const struct header *h, char text[static OBJECT_FAULT_BYTES])
{
	if (h->full / INFLATED_RATIO > h->stored)
		return say(text, OBJECT_WRONG, "a restore object of %llu bytes cannot come out of %llu", (unsigned long long)h->full,
			   (unsigned long long)h->stored);
	if (h->full > OBJECT_MAX_BYTES)
		return say(text, OBJECT_UNKNOWN, "a restore object of %llu bytes is not inflated", (unsigned long long)h->full);
	size_t cap = (size_t)h->full, len = 0;
	uint8_t *out = malloc(cap ? cap : 1);
	enum codec_result rc = out ? codec_gzip.inflate(ctx, h->bytes.data, (size_t)h->stored, out, cap, &len) : CODEC_MEMORY;
	free(out);
	if (rc == CODEC_MEMORY)
		return OBJECT_MEMORY;
	if (rc == CODEC_DATA)
		return say(text, OBJECT_WRONG, "the restore object does not inflate: %s", codec_reason(ctx));
	if (rc == CODEC_SPACE || len != cap)
		return say(text, OBJECT_WRONG, "the restore object is %s than the %llu bytes that it says",
			   rc == CODEC_SPACE ? "longer" : "shorter", (unsigned long long)h->full);
	return OBJECT_RIGHT;
}

enum object_verdict object_judge(struct codec_ctx *ctx, struct span data, char text[static OBJECT_FAULT_BYTES])
{
	struct header h;
	if (!read_header(data, &h) || h.compression > COMPRESSION_ZLIB)
		return say(text, OBJECT_UNKNOWN, "the header of a restore object is not one that xflate reads");
	/* The NUL behind it may be missing: no reader needs it. */
	if (h.bytes.len != h.stored && h.bytes.len != h.stored + 1)
		return say(text, OBJECT_WRONG, "the restore object says %llu bytes, the record has %zu", (unsigned long long)h.stored,
			   h.bytes.len);
	if (h.compression == COMPRESSION_ZLIB)
		return judge_zlib(ctx, &h, text);
	if (h.full != h.stored)
		return say(text, OBJECT_WRONG, "the restore object says %llu bytes and, not compressed, %llu", (unsigned long long)h.full,
			   (unsigned long long)h.stored);
	return OBJECT_RIGHT;
}
