/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole runs over volumes made in memory: the same bytes whatever the threads, batches and errors. */
#include "pipeline/filter.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "volume_maker.h"

#define VOLUMES 3

static struct mk_dir dir;
static struct mk vol[VOLUMES];
static char paths[VOLUMES][128];
static const char *list[VOLUMES];
static size_t volumes;
static uint8_t *plain;
static struct codec_ctx *codecs;

#define PLAIN_BYTES (1 << 20)

static void setup(void)
{
	mk_dir_new(&dir);
	plain = malloc(PLAIN_BYTES);
	sample_fill(plain, PLAIN_BYTES, SAMPLE_TEXT, 1);
	codecs = codec_ctx_new();
	volumes = 0;
}

static void teardown(void)
{
	for (size_t i = 0; i < VOLUMES; i++)
		mk_free(&vol[i]);
	free(plain);
	codec_ctx_free(codecs);
	mk_dir_remove(&dir);
}

static struct mk *new_volume(const char *name)
{
	struct mk *m = &vol[volumes];

	mk_label(m, 2, name, true);
	mk_in_dir(&dir, name, paths[volumes]);
	list[volumes] = paths[volumes];
	volumes++;
	return m;
}

static void save(void)
{
	for (size_t i = 0; i < volumes; i++)
		mk_write(list[i], vol[i].p, vol[i].len);
}

/* A data record's bytes: stream 2 or 29 with a codec, 30 with an address. */
static struct mk record_bytes(uint32_t stream, enum codec_id id, const uint8_t *data, size_t n, uint64_t address)
{
	struct mk m = {0};

	if (stream == 30 || stream == 6)
		mk_be64(&m, address);
	if (stream == 2 || stream == 6) {
		mk_put(&m, data, n);
		return m;
	}
	const struct codec *c = codec_by_id(id);
	size_t room = c->bound(n), len;
	uint8_t *payload = malloc(room);

	ck_quick(c->deflate(codecs, c->level_default, data, n, payload, room, &len) == CODEC_OK);
	mk_be32(&m, c->magic);
	mk_be32(&m, (uint32_t)len);
	mk_be32(&m, 1);
	mk_put(&m, payload, len);
	free(payload);
	return m;
}

/* Two interleaved jobs over two volumes: attributes, data in all codecs of Bareos, sparse files, digests; the first
 * volume ends inside a record. */
static void make_set(size_t bytes)
{
	static const enum codec_id ids[] = {CODEC_GZIP, CODEC_LZO, CODEC_LZFAST, CODEC_LZ4, CODEC_LZ4HC};
	struct mk *m = new_volume("v0"), job[2] = {0};
	uint64_t seed = 11, written = 0, job_bytes[2] = {0, 0};
	uint32_t number[2] = {0, 0}, job_files[2] = {0, 0};
	bool second = false;

	for (int j = 0; j < 2; j++) {
		job[j].version = 2;
		mk_begin(&job[j], 2, 7 + (uint32_t)j, MK_TIME, 0, true);
		mk_sos(&job[j], 29 + (uint32_t)j);
	}
	for (int32_t file = 1; written < bytes; file++) {
		int j = (int)(sample_next(&seed) % 2);
		uint32_t pick = sample_next(&seed) % 8, stream = pick == 5 ? 2 : pick == 6 ? 6 : pick == 7 ? 30 : 29;
		char name[64];

		snprintf(name, sizeof name, "%d 3 /file%d", file, file);
		mk_split(&job[j], 64512, file, 1, (const uint8_t *)name, strlen(name) + 1);
		for (uint32_t k = sample_next(&seed) % 4; k > 0; k--) {
			size_t n = sample_next(&seed) % 5 ? sample_next(&seed) % 4000 : sample_next(&seed) % 262145;
			struct mk r = record_bytes(stream, pick < 5 ? ids[pick] : CODEC_GZIP, plain + file, n, k * 1000000);

			mk_split(&job[j], 64512, file, (int32_t)stream, r.p, r.len);
			written += r.len;
			job_bytes[j] += r.len;
			mk_free(&r);
		}
		mk_split(&job[j], 64512, file, 3, plain + file * 16, 16);
		job_bytes[j] += strlen(name) + 1 + 16;
		job_files[j] = (uint32_t)file;
		/* Full blocks go out in turn; the last one waits. */
		size_t done = job[j].block;

		mk_put(m, job[j].p, done);
		memmove(job[j].p, job[j].p + done, job[j].len - done);
		job[j].len -= done;
		job[j].block = 0;
		number[j]++;
		if (!second && written > bytes / 2 && done > 0) {
			m = new_volume("v1");
			second = true;
		}
	}
	for (int j = 0; j < 2; j++) {
		if (64512 - job[j].len < 300) {
			mk_end(&job[j]);
			mk_begin(&job[j], 2, 7 + (uint32_t)j, MK_TIME, job[j].number + 1, true);
		}
		mk_eos(&job[j], 29 + (uint32_t)j,
		       &(struct mk_totals){.files = job_files[j], .bytes = job_bytes[j], .start = 200, .end = 400});
		mk_end(&job[j]);
		mk_put(m, job[j].p, job[j].len);
		mk_free(&job[j]);
	}
}

/* ---- runs ---- */

struct outcome {
	struct mk out[VOLUMES + 1];
	size_t count;
	unsigned losses, notes, blocks;
	char loss[2000];
	uint64_t records, bytes_out;
	int rc;
	struct err e;
	/* how to go wrong */
	const char *instead; /* path of the second output */
	int fail_open, fail_close;
	int in_callback; /* never two at a time */
};

static int open_output(void *arg, const struct filter_volume *v, struct io *out, struct err *e)
{
	struct outcome *o = arg;
	char path[160];

	ck_quick(!o->in_callback++);
	o->in_callback--;
	if (o->fail_open == (int)o->count + 1)
		return err_set(e, XE_PERMISSION, "no");
	snprintf(path, sizeof path, "%s/out%zu", dir.path, o->count);
	int fd = o->instead && o->count == 1 ? open(o->instead, O_WRONLY) : open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	ck_quick(fd >= 0 && v->info != NULL && v->policy != NULL);
	io_describe(out, fd);
	o->out[o->count].cap = (size_t)fd; /* until it is read */
	return 0;
}

static int close_output(void *arg, const struct filter_volume *v, struct err *e)
{
	struct outcome *o = arg;
	char path[160];

	close((int)o->out[o->count].cap);
	snprintf(path, sizeof path, "%s/out%zu", dir.path, o->count);
	o->out[o->count] = mk_read(path);
	ck_quick(o->out[o->count].len == v->volume_out);
	o->records += v->counts.records;
	o->bytes_out += v->counts.bytes_out;
	o->count++;
	return o->fail_close == (int)o->count ? err_set(e, XE_FAILED, "disk full") : 0;
}

static void on_loss(void *arg, const struct finding *l)
{
	struct outcome *o = arg;
	size_t used = strlen(o->loss);

	o->losses++;
	snprintf(o->loss + used, sizeof o->loss - used, "%d/%u%s %s\n", l->file_index, l->stream, l->kept ? " kept" : "", l->reason);
}

static void on_note(void *arg, const struct filter_volume *v, const char *text)
{
	struct outcome *o = arg;

	(void)v;
	(void)text;
	o->notes++;
}

static void on_block(void *arg, const struct filter_volume *v, const struct packed_block *b)
{
	struct outcome *o = arg;

	(void)v;
	ck_quick(b->len > 24);
	o->blocks++;
}

static struct filter_options options(void)
{
	return (struct filter_options){.paths = list, .path_count = volumes, .threads = 1};
}

static void run(struct filter_options fo, struct outcome *o)
{
	fo.callbacks = (struct filter_callbacks){.arg = o,
						 .open_output = open_output,
						 .close_output = close_output,
						 .loss = on_loss,
						 .note = on_note,
						 .new_block = on_block};
	struct filter *f = filter_new(&fo);

	ck_assert_ptr_nonnull(f);
	o->rc = filter_run(f, &o->e);
	ck_assert_int_eq(o->rc, (int)o->e.code);
	ck_assert_uint_eq(filter_damaged(f) != 0, o->losses != 0);
	filter_free(f);
}

static void free_outcome(struct outcome *o)
{
	for (size_t i = 0; i < o->count; i++)
		mk_free(&o->out[i]);
	*o = (struct outcome){0};
}

static void same(const struct outcome *a, const struct outcome *b)
{
	ck_assert_uint_eq(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		ck_assert_uint_eq(a->out[i].len, b->out[i].len);
		ck_assert(memcmp(a->out[i].p, b->out[i].p, a->out[i].len) == 0);
	}
	ck_assert_uint_eq(a->records, b->records);
	ck_assert_uint_eq(a->bytes_out, b->bytes_out);
	ck_assert_uint_eq(a->blocks, b->blocks);
	ck_assert_str_eq(a->loss, b->loss);
}

static void strict(const struct outcome *o)
{
	struct mk_parsed v = {0};

	for (size_t i = 0; i < o->count; i++)
		mk_parse(&v, o->out[i].p, o->out[i].len);
	for (size_t i = 0; i < v.record_count; i++)
		ck_quick(!v.records[i].open);
	ck_assert_uint_eq(v.record_count, o->records);
	mk_parsed_free(&v);
}

static const unsigned thread_counts[] = {2, 5, 16};

START_TEST(test_threads)
{
	struct filter_options fo = options();

	make_set(4 << 20);
	save();
	fo.path_count = volumes;
	fo.inflate = _i != 1 && _i != 5;
	fo.deflate = _i != 0 && _i != 5;
	fo.codec = codec_by_id(_i == 1 ? CODEC_GZIP : _i == 2 ? CODEC_LZ4 : _i == 3 ? CODEC_LZO : CODEC_LZFAST);
	fo.level = 1;
	fo.recompress = _i == 3;
	struct outcome one = {0};

	run(fo, &one);
	ck_assert_msg(one.rc == 0, "%s", one.e.text);
	ck_assert_uint_eq(one.count, 2);
	strict(&one);
	for (size_t i = 0; i < 3; i++) {
		struct outcome other = {0};

		fo.threads = thread_counts[i];
		run(fo, &other);
		ck_assert_int_eq(other.rc, 0);
		same(&one, &other);
		free_outcome(&other);
	}
	if (_i == 5) { /* nothing to do: the volumes as they are */
		for (size_t i = 0; i < 2; i++) {
			ck_assert_uint_eq(one.out[i].len, vol[i].len);
			ck_assert(memcmp(one.out[i].p, vol[i].p, vol[i].len) == 0);
		}
	}
	free_outcome(&one);
}
END_TEST

/* Records of all codecs -> one codec -> plain is the same as -> plain, byte by byte; JobBytes and addresses, too. */
START_TEST(test_there_and_back)
{
	struct outcome plain_one = {0}, there = {0}, back = {0};
	struct filter_options fo = options();

	make_set(2 << 20);
	save();
	fo.path_count = volumes;
	fo.threads = 3;
	fo.inflate = true;
	run(fo, &plain_one);
	fo.deflate = true;
	fo.codec = codec_by_id((enum codec_id)_i);
	fo.level = fo.codec->level_default;
	run(fo, &there);
	ck_assert_msg(there.rc == 0, "%s", there.e.text);
	strict(&there);
	for (size_t i = 0; i < 2; i++)
		mk_write(list[i], there.out[i].p, there.out[i].len);
	fo.deflate = false;
	run(fo, &back);
	ck_assert_msg(back.rc == 0, "%s", back.e.text);
	/* The volume change may cut the same record elsewhere: compare records, and bytes if it did not. */
	struct mk_parsed a = {0}, b = {0};

	for (size_t i = 0; i < 2; i++) {
		mk_parse(&a, plain_one.out[i].p, plain_one.out[i].len);
		mk_parse(&b, back.out[i].p, back.out[i].len);
	}
	ck_assert_uint_eq(a.record_count, b.record_count);
	size_t next[2] = {0, 0};

	/* Interleaving may differ: per session. */
	for (uint32_t sid = 7; sid <= 8; sid++) {
		for (size_t i = 0, k = 0; i < a.record_count; i++) {
			if (a.records[i].sid != sid)
				continue;
			while (b.records[k].sid != sid)
				k++;
			const struct mk_joined *x = &a.records[i], *y = &b.records[k++];

			next[sid - 7]++;
			ck_quick(x->index == y->index && x->stream == y->stream && x->len == y->len);
			size_t n = x->index == -5 ? x->len - 24 : x->len; /* addresses may differ */

			ck_quick(memcmp(x->data, y->data, n) == 0);
		}
	}
	ck_assert_uint_gt(next[0], 10);
	ck_assert_uint_gt(next[1], 10);
	mk_parsed_free(&a);
	mk_parsed_free(&b);
	free_outcome(&plain_one);
	free_outcome(&there);
	free_outcome(&back);
}
END_TEST

/* Numbers of records and bytes around what a slot holds. */
START_TEST(test_batches)
{
	static const unsigned counts[] = {1, 2, 1021, 1022, 1023, 1024, 1025, 2046, 2047, 2048, 3000};
	static const size_t lens[] = {1, 100, 255, 256, 262143, 262144, 262145};

	for (size_t c = 0; c < 11; c++) {
		for (size_t l = 0; l < 7; l++) {
			if (lens[l] > 1000 && counts[c] > 2)
				continue;
			volumes = 0;
			vol[0].len = 0;
			struct mk *m = new_volume("v0");

			mk_begin(m, 2, 7, MK_TIME, 0, true);
			for (unsigned i = 0; i < counts[c]; i++)
				mk_split(m, 64512, (int32_t)i + 1, 2, plain + i, lens[l]);
			mk_end(m);
			save();
			struct filter_options fo = options();
			struct outcome o = {0};

			fo.inflate = true;
			fo.threads = 1 + (unsigned)(c % 3);
			run(fo, &o);
			ck_quick(o.rc == 0 && o.count == 1);
			ck_quick(o.records == counts[c] + 1);
			strict(&o);
			/* Nothing was compressed: the same records in the same blocks, unless they are few. */
			struct mk_parsed v = {0};

			mk_parse(&v, o.out[0].p, o.out[0].len);
			for (unsigned i = 0; i < counts[c]; i++)
				ck_quick(v.records[i + 1].len == lens[l] && v.records[i + 1].index == (int32_t)i + 1 &&
					 memcmp(v.records[i + 1].data, plain + i, lens[l]) == 0);
			mk_parsed_free(&v);
			free_outcome(&o);
		}
	}
}
END_TEST

/* A slot that inflates to far more than its arena holds. */
START_TEST(test_arena)
{
	uint8_t *zeros = calloc(900000, 1);
	struct mk *m = new_volume("v0");
	struct outcome one = {0};
	struct rusage before, after;

	mk_begin(m, 2, 7, MK_TIME, 0, true);
	for (int32_t i = 0; i < 60; i++) {
		size_t n = i % 7 == 0 ? 900000 : 262144;
		struct mk r = record_bytes(29, i % 7 == 0 ? CODEC_GZIP : CODEC_LZ4, zeros, n, 0);

		mk_split(m, 64512, i + 1, 29, r.p, r.len);
		mk_free(&r);
		/* and one that must not be lost between them */
		mk_split(m, 64512, i + 1, 3, plain + i, 16);
	}
	mk_end(m);
	save();
	getrusage(RUSAGE_SELF, &before);
	for (unsigned threads = 1; threads <= 4; threads += 3) {
		struct filter_options fo = options();
		struct outcome o = {0};

		fo.threads = threads;
		fo.inflate = true;
		run(fo, threads == 1 ? &one : &o);
		if (threads > 1)
			same(&one, &o);
		free_outcome(&o);
	}
	getrusage(RUSAGE_SELF, &after);
	struct mk_parsed v = {0};

	mk_parse(&v, one.out[0].p, one.out[0].len);
	ck_assert_uint_eq(v.record_count, 121);
	for (unsigned i = 0; i < 60; i++) {
		size_t n = i % 7 == 0 ? 900000 : 262144;
		struct mk_joined *r = &v.records[1 + 2 * i];

		ck_quick(r->stream == 2 && r->len == n && memcmp(r->data, zeros, n) == 0);
		ck_quick(r[1].stream == 3 && memcmp(r[1].data, plain + i, 16) == 0);
	}
	mk_parsed_free(&v);
	free_outcome(&one);
	free(zeros);
}
END_TEST

/* ---- errors ----
 * A run that fails gives up reading for the whole process: one such run a test. */

static const unsigned some_threads[] = {1, 4, 7};

START_TEST(test_write_error)
{
	struct outcome o = {.instead = "/dev/full"};
	struct filter_options fo;

	make_set(2 << 20);
	save();
	fo = options();
	fo.inflate = true;
	fo.threads = some_threads[_i];
	run(fo, &o);
	ck_assert_int_eq(o.rc, XE_FAILED);
	ck_assert_ptr_nonnull(strstr(o.e.text, "write error"));
	ck_assert_uint_eq(o.count, 1);
	free_outcome(&o);
}
END_TEST

/* The disk becomes full in the middle of a volume. */
START_TEST(test_disk_full)
{
	struct rlimit limit;
	struct outcome o = {0};

	make_set(2 << 20);
	save();
	struct filter_options fo = options();

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = 700001;
	setrlimit(RLIMIT_FSIZE, &limit);
	fo.inflate = _i != 1;
	fo.threads = some_threads[_i];
	run(fo, &o);
	ck_assert_int_eq(o.rc, XE_FAILED);
	ck_assert_ptr_nonnull(strstr(o.e.text, "write error"));
	ck_assert_str_ne(o.e.volume, "");
	ck_assert_uint_eq(o.count, 0);
	free_outcome(&o);
}
END_TEST

START_TEST(test_read_error)
{
	static const char *const bad[] = {"/proc/self/mem", "/nonexistent/volume"};
	struct outcome o = {0};

	make_set(1 << 20);
	save();
	const char *some[3] = {list[0], list[1], bad[_i % 2]};
	struct filter_options fo = options();

	fo.paths = some;
	fo.path_count = 3;
	fo.deflate = true;
	fo.codec = codec_by_id(CODEC_LZ4);
	fo.level = 1;
	fo.threads = some_threads[_i / 2];
	run(fo, &o);
	ck_assert_int_eq(o.rc, XE_FAILED);
	ck_assert_str_eq(o.e.volume, bad[_i % 2]);
	ck_assert_ptr_nonnull(strstr(o.e.text, _i % 2 == 0 ? "read error" : "cannot open"));
	ck_assert_uint_eq(o.count, 2); /* what was read before is written */
	free_outcome(&o);
}
END_TEST

START_TEST(test_callback_errors)
{
	struct outcome o = {0};
	int which = 1 + _i % 2;

	make_set(1 << 20);
	save();
	struct filter_options fo = options();

	fo.inflate = true;
	fo.threads = some_threads[_i / 4];
	if (_i % 4 < 2)
		o.fail_open = which;
	else
		o.fail_close = which;
	run(fo, &o);
	ck_assert_int_eq(o.rc, o.fail_open ? XE_PERMISSION : XE_FAILED);
	ck_assert_str_eq(o.e.text, o.fail_open ? "no" : "disk full");
	ck_assert_uint_eq(o.count, (size_t)(o.fail_open ? which - 1 : which));
	free_outcome(&o);
}
END_TEST

/* A damaged record, a damaged block, a record that ends nowhere. */
static void make_damaged(void)
{
	struct mk *m = new_volume("v0");
	struct mk r = record_bytes(29, CODEC_LZ4, plain, 5000, 0);

	mk_begin(m, 2, 7, MK_TIME, 0, true);
	mk_sos(m, 1);
	mk_record(m, 1, 1, "1 3 /a", 7);
	mk_record(m, 1, 29, r.p, r.len);
	mk_end(m);
	mk_begin(m, 2, 7, MK_TIME, 1, true);
	mk_record(m, 2, 1, "2 3 /b", 7);
	r.p[0] ^= 1;
	mk_record(m, 2, 29, r.p, r.len);
	r.p[0] ^= 1;
	mk_record(m, 3, 1, "3 3 /c", 7);
	mk_record(m, 3, 29, r.p, r.len);
	mk_end(m);
	mk_begin(m, 2, 7, MK_TIME, 2, true);
	mk_record(m, 4, 1, "4 3 /d", 7);
	mk_record(m, 4, 3, plain, 16);
	mk_end(m);
	m->p[m->len - 1] ^= 1;
	mk_begin(m, 2, 7, MK_TIME, 3, true);
	mk_record(m, 5, 1, "5 3 /e", 7);
	mk_record(m, 5, 29, r.p, r.len);
	mk_part(m, 6, 29, 9000, r.p, r.len);
	mk_end(m);
	mk_free(&r);
	save();
}

START_TEST(test_damage_stop)
{
	struct outcome o = {0};

	make_damaged();
	struct filter_options fo = options();

	fo.inflate = true;
	fo.threads = some_threads[_i];
	run(fo, &o);
	ck_assert_int_eq(o.rc, XE_DAMAGE);
	ck_assert_ptr_nonnull(strstr(o.e.text, "FileIndex 2"));
	ck_assert_ptr_nonnull(strstr(o.e.text, "unknown algorithm"));
	ck_assert_str_eq(o.e.volume, paths[0]);
	ck_assert_uint_eq(o.losses, 0);
	free_outcome(&o);
}
END_TEST

START_TEST(test_damage_go_on)
{
	make_damaged();
	for (int keep = 0; keep < 2; keep++) {
		struct outcome one = {0};

		for (unsigned t = 1; t <= 5; t += 4) {
			struct outcome o = {0};
			struct filter_options fo = options();

			fo.inflate = true;
			fo.on_damage = keep ? ON_DAMAGE_KEEP : ON_DAMAGE_SKIP;
			fo.threads = t;
			run(fo, &o);
			ck_assert_msg(o.rc == 0, "%s", o.e.text);
			ck_assert_ptr_nonnull(strstr(o.loss, "2/29 compression header names an unknown algorithm"));
			ck_assert_ptr_nonnull(strstr(o.loss, "CRC32 is"));
			ck_assert_ptr_nonnull(strstr(o.loss, "6/29"));
			if (t == 1) {
				one = o;
				continue;
			}
			same(&one, &o);
			free_outcome(&o);
		}
		/* Each file that is whole is there, plain. */
		struct mk_parsed v = {0};
		unsigned found = 0;

		mk_parse(&v, one.out[0].p, one.out[0].len);
		for (size_t i = 0; i < v.record_count; i++) {
			const struct mk_joined *r = &v.records[i];

			if (r->stream == 2 && (r->index == 1 || r->index == 3 || r->index == 5)) {
				ck_assert_uint_eq(r->len, 5000);
				ck_assert_mem_eq(r->data, plain, 5000);
				found |= 1u << r->index;
			}
			ck_assert(r->index != 2 || r->stream != 2);
		}
		ck_assert_uint_eq(found, 1 << 1 | 1 << 3 | 1 << 5);
		mk_parsed_free(&v);
		free_outcome(&one);
	}
}
END_TEST

START_TEST(test_encrypted)
{
	struct mk *m = new_volume("v0");
	struct outcome o = {0};
	struct filter_options fo = options();

	mk_begin(m, 3, 7, MK_TIME, 0, false);
	m->options = 6;
	mk_record(m, 1, 2, "hello", 5);
	mk_end(m);
	save();
	fo.path_count = 1;
	fo.inflate = true;
	fo.on_damage = ON_DAMAGE_SKIP;
	run(fo, &o);
	ck_assert_int_eq(o.rc, XE_KEY);
	free_outcome(&o);
}
END_TEST

/* Which products may have which algorithm, and the special volumes. */
START_TEST(test_refused)
{
	struct outcome o = {0};
	struct mk *m = new_volume("v0");

	mk_begin(m, 2, 7, MK_TIME, 0, true);
	mk_record(m, 1, 2, "hello", 5);
	mk_end(m);
	save();
	struct filter_options fo = options();

	fo.deflate = true;
	fo.codec = codec_by_id(CODEC_ZSTD);
	fo.level = 3;
	fo.target_given = _i;
	fo.target = PRODUCT_BACULA;
	run(fo, &o);
	ck_assert_int_eq(o.rc, _i ? 0 : XE_USAGE);
	ck_assert_uint_eq(o.count, (size_t)_i);
	free_outcome(&o);
}
END_TEST

/* Its label comes first; behind an empty block; behind another label that is not whole and therefore none. */
START_TEST(test_special_volume)
{
	struct outcome o = {0};
	struct mk label = {0}, other = {0};

	new_volume("v0");
	vol[0].len = 0;
	mk_volume_label_data(&label, "Bacula 1.0 Metadata\n", 10000, "v0", "15.0.3");
	mk_volume_label_data(&other, MK_BACULA, 11, "v0", "15.0.3");
	if (_i > 0) {
		mk_begin(&vol[0], 2, 0, 0, 0, true);
		if (_i > 1)
			mk_part(&vol[0], -2, 0, (uint32_t)other.len + 1, other.p, other.len);
		mk_end(&vol[0]);
	}
	mk_begin(&vol[0], 2, 0, 0, 0, true);
	mk_record(&vol[0], -2, 0, label.p, label.len);
	mk_end(&vol[0]);
	mk_free(&other);
	mk_free(&label);
	save();
	struct filter_options fo = options();

	fo.inflate = true;
	fo.on_damage = ON_DAMAGE_SKIP;
	run(fo, &o);
	ck_assert_int_eq(o.rc, XE_FAILED);
	ck_assert_ptr_nonnull(strstr(o.e.text, "aligned metadata"));
	ck_assert_uint_eq(o.count, 0);
	free_outcome(&o);
}
END_TEST

/* Gzip takes the form that the volume's product writes, or the target's. */
START_TEST(test_gzip_form)
{
	static const struct {
		unsigned version;
		bool given;
		enum product target;
		int32_t stream;
	} cases[] = {{2, false, 0, 29},
		     {3, false, 0, 4},
		     {2, true, PRODUCT_BACULA, 4},
		     {3, true, PRODUCT_BAREOS, 29},
		     {2, true, PRODUCT_ANY, 4},
		     {2, true, PRODUCT_BAREOS_22, 29}};

	for (size_t i = 0; i < 6; i++) {
		struct outcome o = {0};

		volumes = 1;
		vol[0].len = 0;
		mk_label(&vol[0], cases[i].version, "v0", true);
		list[0] = mk_in_dir(&dir, "v0", paths[0]);
		mk_begin(&vol[0], cases[i].version, 7, MK_TIME, 0, true);
		mk_record(&vol[0], 1, 2, plain, 5000);
		mk_end(&vol[0]);
		save();
		struct filter_options fo = options();

		fo.deflate = true;
		fo.codec = codec_by_id(CODEC_GZIP);
		fo.level = 6;
		fo.target_given = cases[i].given;
		fo.target = cases[i].target;
		run(fo, &o);
		ck_assert_msg(o.rc == 0, "%s", o.e.text);
		struct mk_parsed v = {0};

		mk_parse(&v, o.out[0].p, o.out[0].len);
		ck_assert_int_eq(v.records[1].stream, cases[i].stream);
		/* Bareos reads no BB03. */
		bool bareos = cases[i].given && cases[i].target == PRODUCT_BAREOS;
		ck_assert_uint_eq(v.blocks[1].version, bareos ? 2 : cases[i].version);
		mk_parsed_free(&v);
		free_outcome(&o);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("filter");
	TCase *t = tcase_create("filter");

	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_threads, 0, 6);
	tcase_add_loop_test(t, test_there_and_back, 0, CODEC_ZSTD);
	tcase_add_test(t, test_batches);
	tcase_add_test(t, test_arena);
	tcase_add_loop_test(t, test_write_error, 0, 3);
	tcase_add_loop_test(t, test_disk_full, 0, 3);
	tcase_add_loop_test(t, test_read_error, 0, 6);
	tcase_add_loop_test(t, test_callback_errors, 0, 12);
	tcase_add_loop_test(t, test_damage_stop, 0, 3);
	tcase_add_test(t, test_damage_go_on);
	tcase_add_test(t, test_encrypted);
	tcase_add_loop_test(t, test_refused, 0, 2);
	tcase_add_loop_test(t, test_special_volume, 0, 3);
	tcase_add_test(t, test_gzip_form);
	suite_add_tcase(s, t);
	return check_run(s);
}
