/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prove/object.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define INFLATED_RATIO 1032u /* zlib does not reach more */

enum { COMPRESSION_NONE, COMPRESSION_ZLIB };

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

/* "FileIndex type index stored full compression plugin\0object\0", then the bytes, then a NUL.  False: not as ours. */
static bool read_header(struct span data, struct object_record *o, uint64_t *stored)
{
	struct rd r = rd_over(data.data, data.len);
	const char *text = rd_string(&r);
	uint64_t ignored, compression;
	for (int i = 0; i < 3; i++) {
		if (!read_number(&text, &ignored))
			return false;
	}
	if (!read_number(&text, stored) || !read_number(&text, &o->full) || !read_number(&text, &compression))
		return false;
	o->name = rd_string(&r);
	o->stored = (struct span){r.p, rd_left(&r)};
	o->deflated = compression == COMPRESSION_ZLIB;
	return !r.bad && compression <= COMPRESSION_ZLIB;
}

/* Into out, of o->full bytes. */
static enum object_verdict inflate(struct codec_ctx *ctx, const struct object_record *o, uint8_t *out, char text[static OBJECT_FAULT_BYTES])
{
	size_t len = 0;
	enum codec_result rc = codec_gzip.inflate(ctx, o->stored.data, o->stored.len, out, (size_t)o->full, &len);
	if (rc == CODEC_MEMORY)
		return OBJECT_MEMORY;
	if (rc == CODEC_DATA)
		return say(text, OBJECT_WRONG, "the restore object does not inflate: %s", codec_reason(ctx));
	if (rc == CODEC_SPACE || len != o->full)
		return say(text, OBJECT_WRONG, "the restore object is %s than the %llu bytes that it says",
			   rc == CODEC_SPACE ? "longer" : "shorter", (unsigned long long)o->full);
	return OBJECT_RIGHT;
}

/* Can so many bytes come out of what is stored? */
static enum object_verdict judge_size(const struct object_record *o, char text[static OBJECT_FAULT_BYTES])
{
	if (!o->deflated && o->full != o->stored.len)
		return say(text, OBJECT_WRONG, "the restore object says %llu bytes and, not compressed, %llu", (unsigned long long)o->full,
			   (unsigned long long)o->stored.len);
	if (o->deflated && o->full / INFLATED_RATIO > o->stored.len)
		return say(text, OBJECT_WRONG, "a restore object of %llu bytes cannot come out of %llu", (unsigned long long)o->full,
			   (unsigned long long)o->stored.len);
	if (o->full > OBJECT_MAX_BYTES)
		return say(text, OBJECT_UNKNOWN, "a restore object of %llu bytes is not inflated", (unsigned long long)o->full);
	return OBJECT_RIGHT;
}

enum object_verdict object_read(struct codec_ctx *ctx, struct span data, struct object_record *o, uint8_t **content,
				char text[static OBJECT_FAULT_BYTES])
{
	uint64_t stored;
	*content = NULL;
	if (!read_header(data, o, &stored))
		return say(text, OBJECT_UNKNOWN, "the header of a restore object is not one that xflate reads");
	/* The NUL behind it may be missing: no reader needs it. */
	if (o->stored.len != stored && o->stored.len != stored + 1)
		return say(text, OBJECT_WRONG, "the restore object says %llu bytes, the record has %zu", (unsigned long long)stored,
			   o->stored.len);
	o->stored.len = (size_t)stored;
	enum object_verdict v = judge_size(o, text);
	uint8_t *out = v == OBJECT_RIGHT ? malloc(o->full ? (size_t)o->full : 1) : NULL;
	if (v == OBJECT_RIGHT && out == NULL)
		return OBJECT_MEMORY;
	if (v == OBJECT_RIGHT && o->deflated)
		v = inflate(ctx, o, out, text);
	else if (v == OBJECT_RIGHT && stored > 0)
		memcpy(out, o->stored.data, (size_t)stored);
	if (v == OBJECT_RIGHT)
		*content = out;
	else
		free(out);
	return v;
}

enum object_verdict object_judge(struct codec_ctx *ctx, struct span data, char text[static OBJECT_FAULT_BYTES])
{
	struct object_record o;
	uint8_t *content;
	enum object_verdict v = object_read(ctx, data, &o, &content, text);
	free(content);
	return v;
}
