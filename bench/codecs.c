/* SPDX-License-Identifier: GPL-3.0-or-later */
/* codecs INFLATE DEFLATE VOLUME: what the codecs alone cost for all file data of a volume: the bound of a conversion.
 * INFLATE is none, or the codec that the volume's records are in.  DEFLATE is none, ALG:LEVEL, or md5, which counts that digest of the plain
 * records (the bound of a verification).  "zlib" stands for gzip as the daemons code it, with zlib itself.  INFLATE xts with DEFLATE none: the
 * cipher of every block once, whatever it holds.
 *
 * Records come in batches of as many bytes as the filter gives a thread at once, copied to one place first, so that they
 * lie in the cache as they do behind a read; reading and copying are not counted.  Prints plain bytes, bytes out and seconds
 * of this thread's processor time. */
#include "codec/codec.h"
#include "crypt/xts.h"
#include "format/compression.h"
#include "format/stream.h"
#include "volume/reader.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#define BATCH_BYTES ((size_t)256 << 10)
#define BATCH_RECORDS 1024
#define PLAIN_BYTES ((size_t)1 << 20)
#define PAYLOAD_BYTES (PLAIN_BYTES + PLAIN_BYTES / 16 + 4096) /* of a record that grew */

struct bench {
	const struct codec *inflate, *deflate;
	int level;
	EVP_MD_CTX *md5; /* NULL: none is counted */
	struct xts *xts; /* NULL: records, not blocks */
	struct codec_ctx *ctx;
	uint8_t *batch, *plain, *out;
	size_t batch_cap, out_cap;
	struct span records[BATCH_RECORDS];
	size_t count, used;
	uint64_t plain_bytes, out_bytes;
	double seconds;
};

static void stop(const char *what)
{
	fprintf(stderr, "codecs: %s\n", what);
	exit(1);
}

static void *need(void *memory)
{
	if (memory == NULL)
		stop("out of memory");
	return memory;
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- zlib, its streams kept from record to record ---- */

static enum codec_result zlib_inflate(struct codec_ctx *ctx, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap,
				      size_t *out_len)
{
	static z_stream z;
	static bool made;
	(void)ctx;
	if (!made && inflateInit(&z) != Z_OK)
		return CODEC_MEMORY;
	made = true;
	inflateReset(&z);
	z.next_in = (z_const Bytef *)in;
	z.avail_in = (uInt)in_len;
	z.next_out = out;
	z.avail_out = (uInt)out_cap;
	if (inflate(&z, Z_FINISH) != Z_STREAM_END)
		return CODEC_DATA;
	*out_len = z.total_out;
	return CODEC_OK;
}

static enum codec_result zlib_deflate(struct codec_ctx *ctx, int level, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap,
				      size_t *out_len)
{
	static z_stream z;
	static bool made;
	(void)ctx;
	if (!made && deflateInit(&z, level) != Z_OK)
		return CODEC_MEMORY;
	made = true;
	deflateReset(&z);
	z.next_in = (z_const Bytef *)in;
	z.avail_in = (uInt)in_len;
	z.next_out = out;
	z.avail_out = (uInt)out_cap;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		return CODEC_SPACE;
	*out_len = z.total_out;
	return CODEC_OK;
}

static size_t zlib_bound(size_t n)
{
	return compressBound((uLong)n);
}

static const struct codec zlib = {
	.name = "zlib",
	.level_default = 6,
	.bound = zlib_bound,
	.inflate = zlib_inflate,
	.deflate = zlib_deflate,
};

static const struct codec *find(const char *name, size_t len)
{
	return len == 4 && memcmp(name, zlib.name, 4) == 0 ? &zlib : codec_by_name(name, len);
}

/* ---- one volume ---- */

static struct span inflated(struct bench *b, struct span payload)
{
	size_t len;
	if (b->inflate == NULL)
		return payload;
	if (b->inflate->inflate(b->ctx, payload.data, payload.len, b->plain, PLAIN_BYTES, &len) != CODEC_OK)
		stop(codec_reason(b->ctx));
	return (struct span){b->plain, len};
}

static void run_batch(struct bench *b)
{
	double began = now();
	for (size_t i = 0; i < b->count; i++) {
		struct span plain = inflated(b, b->records[i]);
		size_t len = plain.len;
		if (b->md5 && !EVP_DigestUpdate(b->md5, plain.data, plain.len))
			stop("MD5");
		if (b->deflate && b->deflate->deflate(b->ctx, b->level, plain.data, plain.len, b->out, b->out_cap, &len) != CODEC_OK)
			stop("a record does not deflate");
		b->plain_bytes += plain.len;
		b->out_bytes += len;
	}
	b->seconds += now() - began;
	b->count = b->used = 0;
}

static void add(struct bench *b, const struct item *item)
{
	enum stream_form form = item->file_index > 0 ? stream_form(item->stream) : STREAM_OPAQUE;
	struct span data = item->data;
	if (form == STREAM_OPAQUE || data.len == 0)
		return;
	if ((form == STREAM_PLAIN) != (b->inflate == NULL))
		stop("the records are not in the form that was said");
	if (form == STREAM_HEADED) {
		data.data += COMPRESSION_HEADER_BYTES;
		data.len -= COMPRESSION_HEADER_BYTES;
	}
	if (b->count == BATCH_RECORDS || (b->count > 0 && b->used + data.len > BATCH_BYTES))
		run_batch(b);
	if (data.len > b->batch_cap)
		stop("a record is larger than expected");
	memcpy(b->batch + b->used, data.data, data.len);
	b->records[b->count++] = (struct span){b->batch + b->used, data.len};
	b->used += data.len;
}

static void cipher_block(struct bench *b, const struct item *item)
{
	if (item->data.len > PAYLOAD_BYTES)
		stop("a block is larger than expected");
	memcpy(b->batch, item->data.data, item->data.len);
	double began = now();
	if (!xts_encrypt_block(b->xts, b->batch, b->out, item->data.len))
		stop("a block does not take the cipher");
	b->seconds += now() - began;
	b->plain_bytes += item->data.len;
	b->out_bytes += item->data.len;
}

static void read_volume(struct bench *b, const char *path)
{
	struct buf_pool *pool = need(buf_pool_new((size_t)4 << 20));
	struct reader_options options = {.paths = &path, .path_count = 1, .blocks = b->xts != NULL};
	struct reader *r = need(reader_new(&options, pool));
	struct item item;
	struct err e = {0};
	do {
		if (reader_next(r, &item, &e) != 0)
			stop(e.text);
		if (item.kind == ITEM_DAMAGE)
			stop(item.verdict.reason);
		if (item.kind == ITEM_BLOCK && b->xts)
			cipher_block(b, &item);
		if (item.kind == ITEM_RECORD && b->xts == NULL)
			add(b, &item);
	} while (item.kind != ITEM_END);
	run_batch(b);
	reader_free(r);
	buf_pool_free(pool);
}

static struct xts *new_xts(void)
{
	struct secret key = {0};
	struct xts *x = NULL;
	struct err e = {0};
	uint8_t bytes[64];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)i;
	if (secret_set(&key, bytes, sizeof bytes, &e) != 0 || xts_new(&x, &key, &e) != 0)
		stop(e.text);
	secret_free(&key);
	return x;
}

static EVP_MD_CTX *new_md5(void)
{
	EVP_MD_CTX *md5 = need(EVP_MD_CTX_new());
	if (!EVP_DigestInit_ex(md5, EVP_md5(), NULL))
		stop("MD5");
	return md5;
}

static void parse(struct bench *b, const char *inflate, const char *deflate)
{
	if (strcmp(inflate, "xts") == 0)
		b->xts = new_xts();
	else if (strcmp(inflate, "none") != 0 && (b->inflate = find(inflate, strlen(inflate))) == NULL)
		stop("INFLATE is no algorithm");
	if (strcmp(deflate, "md5") == 0)
		b->md5 = new_md5();
	if (b->md5 || strcmp(deflate, "none") == 0)
		return;
	const char *colon = strchr(deflate, ':');
	b->deflate = find(deflate, colon ? (size_t)(colon - deflate) : strlen(deflate));
	if (b->deflate == NULL)
		stop("DEFLATE is no algorithm");
	b->level = colon ? atoi(colon + 1) : b->deflate->level_default;
}

int main(int argc, char **argv)
{
	static struct bench b;
	if (argc != 4) {
		fprintf(stderr, "usage: codecs INFLATE DEFLATE VOLUME\n");
		return 2;
	}
	parse(&b, argv[1], argv[2]);
	b.ctx = need(codec_ctx_new());
	b.batch_cap = BATCH_BYTES + PAYLOAD_BYTES;
	b.batch = need(malloc(b.batch_cap));
	b.plain = need(malloc(PLAIN_BYTES));
	b.out_cap = b.deflate ? b.deflate->bound(PLAIN_BYTES) : PAYLOAD_BYTES;
	b.out = need(malloc(b.out_cap));
	read_volume(&b, argv[3]);
	printf("%llu %llu %.6f\n", (unsigned long long)b.plain_bytes, (unsigned long long)b.out_bytes, b.seconds);
	codec_ctx_free(b.ctx);
	EVP_MD_CTX_free(b.md5);
	xts_free(b.xts);
	free(b.batch);
	free(b.plain);
	free(b.out);
	return 0;
}
