/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the packer writes: against a second writer made after volume-format.md 2.2, and through the strict reader. */
#include "volume/packer.h"

#include <sys/resource.h>

#include "volume_maker.h"

static struct mk_dir dir;
static char path[128];
static struct io out;
static struct sink sink;
static struct packer *packer;
static struct err e;
static struct volume_info volume;
static struct job jobs[3000];
static struct packed_block told[3000];
static size_t told_count;

static void on_block(void *arg, const struct packed_block *b)
{
	ck_assert_ptr_eq(arg, &told_count);
	if (told_count < 3000)
		told[told_count] = *b;
	told_count++;
}

static void begin_volume(const char *name)
{
	int fd = open(mk_in_dir(&dir, name, path), O_RDWR | O_CREAT | O_TRUNC, 0600);

	ck_quick(fd >= 0);
	io_describe(&out, fd);
	sink_open(&sink, &out, NULL, NULL, NULL);
	packer_begin_volume(packer, &sink);
	told_count = 0;
}

static struct mk end_volume(void)
{
	ck_quick(packer_end_volume(packer, &e) == 0);
	ck_quick(sink_finish(&sink, &e) == 0);
	sink_close(&sink);
	close(out.fd);
	return mk_read(path);
}

static int no_cipher(void *arg, uint8_t *block, size_t len, struct err *err)
{
	(void)arg;
	(void)block;
	ck_quick(len >= 48);
	return err->code;
}

static bool encrypted; /* blocks are, by no_cipher */

static void new_packer(uint32_t max_block)
{
	packer_free(packer);
	packer = packer_new(&(struct packer_options){
		.max_block = max_block, .on_block = on_block, .arg = &told_count, .encrypt = encrypted ? no_cipher : NULL});
	ck_quick(packer != NULL);
}

static void setup(void)
{
	mk_dir_new(&dir);
	for (unsigned i = 0; i < 3000; i++) {
		jobs[i].session_id = i + 1;
		jobs[i].session_time = MK_TIME;
		jobs[i].index = i;
	}
	volume = (struct volume_info){.medium = &medium_file, .product = PRODUCT_BAREOS};
}

static void teardown(void)
{
	packer_free(packer);
	packer = NULL;
	mk_dir_remove(&dir);
}

static struct item item_of(unsigned version, unsigned job, int32_t index, uint32_t len)
{
	return (struct item){.kind = ITEM_RECORD,
			     .volume = &volume,
			     .job = &jobs[job],
			     .file_index = index,
			     .len = len,
			     .stream = 2,
			     .largest = 64512,
			     .form = {version, version == 3 ? BLOCK_OPTION_CHECKSUM : 0, true}};
}

static uint8_t data[1 << 20];

static void put(const struct item *item, uint32_t stream, const uint8_t *bytes, uint32_t len)
{
	/* Head and body both carry some of it. */
	uint32_t head = len > 20 ? 20 : len / 2;
	struct outrecord r = {.stream = stream, .len = len, .head = {bytes, head}, .body = {bytes + head, len - head}};

	ck_quick(packer_put(packer, item, &r, 1, &e) == 0);
}

/* The second writer: m has an open block. */
static void reference_put(struct mk *m, size_t capacity, int32_t index, int32_t stream, const uint8_t *from, size_t n)
{
	size_t start = mk_header_bytes(m->version), header = m->version == 1 ? 20 : 12, at = 0;
	bool first = true;

	for (;;) {
		size_t used = m->len - m->block, space = capacity - used;
		bool new_block = space < header || (used > start && index < 0 && space < header + n) ||
				 (used > start && n == 0 && space == header);

		if (new_block) {
			mk_end(m);
			mk_begin(m, m->version, m->sid, m->stime, m->number + 1, m->checksum);
			continue;
		}
		size_t part = n - at < space - header ? n - at : space - header;

		mk_part(m, index, first ? stream : -stream, (uint32_t)(n - at), from + at, part);
		at += part;
		first = false;
		if (at == n)
			return;
		mk_end(m);
		mk_begin(m, m->version, m->sid, m->stime, m->number + 1, m->checksum);
	}
}

/* Every capacity and every state of a block meets records of every small length. */
START_TEST(test_like_reference)
{
	unsigned version = (unsigned)_i;
	size_t least = mk_header_bytes(version) + (version == 1 ? 20 : 12);

	sample_fill(data, 4096, SAMPLE_RANDOM, 3);
	for (size_t capacity = least + 1; capacity < least + 90; capacity++) {
		struct mk want = {0};
		uint64_t seed = capacity;

		new_packer((uint32_t)capacity);
		begin_volume("v");
		mk_begin(&want, version, 1, MK_TIME, 0, true);
		for (int32_t i = 1; i <= 300; i++) {
			static const uint32_t limits[] = {2, 13, 40, 300};
			uint32_t len = sample_next(&seed) % limits[i % 4];
			bool label = i % 10 == 0 && len + least <= capacity;
			int32_t index = label ? LABEL_SESSION_START : i;

			len += label && len == 0; /* there are no empty labels */
			struct item it = item_of(version, 0, index, len);

			put(&it, 2, data + i, len);
			reference_put(&want, capacity, index, 2, data + i, len);
		}
		mk_end(&want);
		struct mk got = end_volume();
		struct mk_parsed v = {0};

		mk_parse(&v, got.p, got.len);
		for (size_t i = 0; i < got.len && i < want.len; i++) {
			if (got.p[i] != want.p[i])
				ck_abort_msg("capacity %zu: byte %zu differs", capacity, i);
		}
		ck_quick(got.len == want.len);
		ck_quick(v.record_count == 300);
		for (size_t i = 0; i < v.block_count; i++)
			ck_quick(v.blocks[i].len <= capacity && v.blocks[i].number == i);
		ck_quick(told_count == v.block_count);
		mk_parsed_free(&v);
		mk_free(&got);
		mk_free(&want);
	}
}
END_TEST

/* A first record of fill bytes leaves space bytes in a block of 100; what becomes of a second one of 30, 0 or a label? */
static struct mk_parsed second_behind(size_t space, int32_t index, uint32_t len)
{
	struct mk_parsed v = {0};
	uint32_t fill = (uint32_t)(100 - 24 - 12 - space);
	struct item first = item_of(2, 0, 1, fill), second = item_of(2, 0, index, len);

	new_packer(100);
	begin_volume("v");
	put(&first, 2, data, fill);
	put(&second, 29, data, len);
	struct mk got = end_volume();

	mk_parse(&v, got.p, got.len);
	mk_free(&got);
	return v;
}

START_TEST(test_boundaries)
{
	struct mk_parsed v;

	for (size_t space = 0; space < 12; space++) { /* no room for a header: not in block_len either */
		v = second_behind(space, 2, 30);
		ck_assert_uint_eq(v.block_count, 2);
		ck_assert_uint_eq(v.blocks[0].len, 100 - space);
		ck_assert_int_eq(v.blocks[1].first_stream, 29);
		mk_parsed_free(&v);
	}
	v = second_behind(12, 2, 30); /* the header alone, then a continuation of the full length */
	ck_assert_uint_eq(v.blocks[0].len, 100);
	ck_assert_uint_eq(v.blocks[0].records, 2);
	ck_assert_int_eq(v.blocks[1].first_stream, -29);
	ck_assert_uint_eq(v.blocks[1].first_len, 30);
	mk_parsed_free(&v);
	v = second_behind(12 + 29, 2, 30); /* all but one byte */
	ck_assert_uint_eq(v.blocks[0].len, 100);
	ck_assert_uint_eq(v.blocks[1].first_len, 1);
	mk_parsed_free(&v);
	v = second_behind(12 + 30, 2, 30); /* just fits */
	ck_assert_uint_eq(v.block_count, 1);
	ck_assert_uint_eq(v.blocks[0].len, 100);
	mk_parsed_free(&v);
	v = second_behind(12, 2, 0); /* products disagree on what follows such a header: it is avoided */
	ck_assert_uint_eq(v.block_count, 2);
	ck_assert_uint_eq(v.blocks[0].len, 88);
	ck_assert_int_eq(v.blocks[1].first_stream, 29);
	mk_parsed_free(&v);
	v = second_behind(13, 2, 0);
	ck_assert_uint_eq(v.block_count, 1);
	mk_parsed_free(&v);
	for (size_t space = 12; space < 42; space++) { /* labels stay whole */
		v = second_behind(space, LABEL_SESSION_START, 30);
		ck_assert_uint_eq(v.block_count, 2);
		ck_assert_uint_eq(v.blocks[0].records, 1);
		ck_assert_int_eq(v.blocks[1].first_stream, 29);
		mk_parsed_free(&v);
	}
	v = second_behind(42, LABEL_SESSION_START, 30);
	ck_assert_uint_eq(v.block_count, 1);
	mk_parsed_free(&v);
}
END_TEST

START_TEST(test_capacity_of_input)
{
	struct mk_parsed v = {0};

	new_packer(0);
	begin_volume("v");
	for (int i = 0; i < 40; i++) {
		struct item it = item_of(2, 0, i + 1, 30000);

		it.largest = i < 20 ? 300 : 100000; /* grows with the input; below the default it does not matter */
		put(&it, 2, data, 30000);
	}
	struct mk got = end_volume();

	mk_parse(&v, got.p, got.len);
	ck_assert_uint_eq(v.blocks[0].len, 64512);
	ck_assert_uint_eq(v.blocks[v.block_count - 2].len, 100000);
	ck_assert_uint_eq(v.record_count, 40);
	mk_parsed_free(&v);
	mk_free(&got);
}
END_TEST

/* Sessions keep their own blocks and numbers, over volumes; the first number is the input's. */
START_TEST(test_sessions_and_numbers)
{
	struct mk_parsed v = {0};
	uint32_t next[3] = {0, 5, 9};
	uint64_t seed = 1;

	new_packer(300);
	sample_fill(data, 4096, SAMPLE_RANDOM, 4);
	for (int volumes = 0; volumes < 3; volumes++) {
		begin_volume("v");
		for (int i = 0; i < 200; i++) {
			unsigned job = sample_next(&seed) % 3;
			uint32_t len = sample_next(&seed) % 500;
			struct item it = item_of(2, job, i + 1, len);

			it.number = job == 0 ? 0 : job == 1 ? 5 : 9;
			it.number += (uint32_t)i; /* later numbers of the input do not matter */
			if (i < 3 && volumes == 0) {
				it.job = &jobs[i];
				it.number = next[i];
			}
			put(&it, 2, data + len, len);
		}
		struct mk got = end_volume();
		size_t before = v.block_count;

		mk_parse(&v, got.p, got.len);
		for (size_t i = before; i < v.block_count; i++) {
			ck_quick(v.blocks[i].number == next[v.blocks[i].sid - 1]);
			next[v.blocks[i].sid - 1]++;
		}
		mk_free(&got);
	}
	ck_assert_uint_eq(v.record_count, 600);
	for (size_t i = 0; i < 600; i++)
		ck_quick(!v.records[i].open && memcmp(v.records[i].data, data + v.records[i].len, v.records[i].len) == 0);
	mk_parsed_free(&v);
}
END_TEST

START_TEST(test_told)
{
	struct mk_parsed v = {0};

	new_packer(200);
	begin_volume("v");
	for (int i = 0; i < 30; i++) {
		struct item it = item_of(3, (unsigned)i % 2, i == 0 ? -4 : i / 3 + 1, 70);

		put(&it, 2, data, 70);
	}
	struct mk got = end_volume();

	mk_parse(&v, got.p, got.len);
	ck_assert_uint_eq(told_count, v.block_count);
	for (size_t i = 0; i < told_count; i++) {
		const uint8_t *p = got.p + v.blocks[i].at;
		int32_t first = 0, last = 0;

		for (size_t at = 32; at < v.blocks[i].len;) {
			int32_t index = (int32_t)mk_get32(p + at);
			uint32_t n = mk_get32(p + at + 8);

			first = first == 0 && index > 0 ? index : first;
			last = index > 0 ? index : last;
			at += 12 + n;
		}
		ck_assert_uint_eq(told[i].addr, v.blocks[i].at);
		ck_assert_uint_eq(told[i].len, v.blocks[i].len);
		ck_assert_uint_eq(told[i].end, v.blocks[i].at + v.blocks[i].len - 1);
		ck_assert_uint_eq(told[i].number, v.blocks[i].number);
		ck_assert_uint_eq(told[i].job->session_id, v.blocks[i].sid);
		ck_assert_int_eq(told[i].first_index, first);
		ck_assert_int_eq(told[i].last_index, last);
	}
	mk_parsed_free(&v);
	mk_free(&got);
}
END_TEST

/* Block forms stay what they were: BB02 with and without checksum, BB03 with each. */
START_TEST(test_forms)
{
	static const struct block_form forms[] = {{2, 0, true}, {2, 0, false}, {3, 1, true}, {3, 0, false}, {3, 2, false}, {3, 3, true}};
	struct mk_parsed v = {0};
	size_t at = 0;

	new_packer(4096);
	begin_volume("v");
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < 6; i++) {
			struct item it = item_of(2, 0, 1, 50);

			it.form = forms[i];
			put(&it, 2, data, 50);
			put(&it, 2, data, 50);
		}
	}
	struct mk got = end_volume();

	mk_parse(&v, got.p, got.len);
	ck_assert_uint_eq(v.block_count, 12);
	for (size_t i = 0; i < 12; i++) {
		const struct block_form *f = &forms[i % 6];

		ck_assert_uint_eq(v.blocks[i].version, f->version);
		ck_assert_uint_eq(v.blocks[i].options, f->options);
		ck_assert_int_eq(v.blocks[i].checksum, f->checksum);
		ck_assert_uint_eq(v.blocks[i].records, 2);
		ck_assert_uint_eq(v.blocks[i].number, i);
		at += v.blocks[i].len;
	}
	ck_assert_uint_eq(at, got.len);
	mk_parsed_free(&v);
	mk_free(&got);
}
END_TEST

START_TEST(test_label)
{
	struct mk in = {0};
	struct mk_parsed v = {0};
	struct item it = {.kind = ITEM_VOLUME_LABEL, .volume = &volume, .file_index = -2, .stream = 3, .number = 4, .form = {2, 0, true}};

	mk_label(&in, 2, "vol", true);
	memcpy(in.p, "\1\2\3\4", 4); /* even a wrong checksum: it is passed */
	new_packer(4096);
	begin_volume("v");
	it.whole_block = true;
	it.data = (struct span){in.p, in.len};
	it.len = (uint32_t)in.len - 36;
	ck_assert_int_eq(packer_label(packer, &it, &e), 0);
	ck_assert_uint_eq(told_count, 1);
	ck_assert_ptr_null(told[0].job);
	ck_assert_uint_eq(told[0].addr, 0);
	ck_assert_uint_eq(told[0].len, in.len);
	ck_assert_uint_eq(told[0].end, in.len - 1);
	struct mk got = end_volume();

	ck_assert_uint_eq(got.len, in.len);
	ck_assert_mem_eq(got.p, in.p, in.len);
	mk_free(&got);
	/* Without its block it gets one. */
	begin_volume("v");
	it.whole_block = false;
	it.data = (struct span){in.p + 36, in.len - 36};
	ck_assert_int_eq(packer_label(packer, &it, &e), 0);
	got = end_volume();
	mk_parse(&v, got.p, got.len);
	ck_assert_uint_eq(v.block_count, 1);
	ck_assert_uint_eq(v.blocks[0].number, 4);
	ck_assert_uint_eq(v.blocks[0].sid, 0);
	ck_assert_int_eq(v.records[0].index, -2);
	ck_assert_int_eq(v.records[0].stream, 3);
	ck_assert_uint_eq(v.records[0].len, in.len - 36);
	ck_assert_mem_eq(v.records[0].data, in.p + 36, in.len - 36);
	mk_parsed_free(&v);
	mk_free(&got);
	mk_free(&in);
}
END_TEST

/* ---- end of session ---- */

struct eos_case {
	unsigned version;
	enum product product;
	uint64_t old_start, old_end;
	uint64_t addr;    /* of the old block with the end of session */
	unsigned records; /* of 1000 bytes each before it, in blocks of 4096 */
	uint32_t now;     /* bytes that each became */
};

static void put_label(unsigned version)
{
	struct mk in = {0};
	struct item it = {.kind = ITEM_VOLUME_LABEL, .volume = &volume, .file_index = -2, .whole_block = true};

	mk_label(&in, version, "vol", true);
	it.form = (struct block_form){version, version == 3, true};
	it.data = (struct span){in.p, in.len};
	ck_assert_int_eq(packer_label(packer, &it, &e), 0);
	mk_free(&in);
}

/* Writes a job; returns its end-of-session label as written, *at the start of the block that has it. */
static struct mk eos_written(const struct eos_case *c, const struct outrecord_totals *totals, uint64_t *at, uint64_t *label_len,
			     uint64_t *first, uint64_t *last_end)
{
	struct mk_parsed v = {0};
	struct mk label = {0}, eos = {0};

	volume.product = c->product;
	new_packer(4096);
	begin_volume("v");
	put_label(c->version);
	*label_len = sink.offset;
	mk_session_label_data(&label, c->version == 3 ? MK_BACULA : MK_BAREOS, c->version == 3 ? 11 : 20, 12, NULL);
	struct item sos = item_of(c->version, 0, LABEL_SESSION_START, (uint32_t)label.len);

	put(&sos, 12, label.p, (uint32_t)label.len);
	for (uint32_t i = 0; i < c->records; i++) {
		struct item it = item_of(c->version, 0, 1, 1000);

		it.data = (struct span){data, 1000};
		put(&it, 2, data, c->now);
	}
	mk_session_label_data(
		&eos, c->version == 3 ? MK_BACULA : MK_BAREOS, c->version == 3 ? 11 : 20, 12,
		&(struct mk_totals){
			.files = 7, .bytes = 0x100000000u + c->records * 1000, .start = c->old_start, .end = c->old_end, .errors = 3});
	struct item it = item_of(c->version, 0, LABEL_SESSION_END, (uint32_t)eos.len);

	it.addr = c->addr;
	struct outrecord r = {.stream = 12, .len = (uint32_t)eos.len, .body = {eos.p, eos.len}, .totals = totals};

	ck_assert_int_eq(packer_put(packer, &it, &r, 1, &e), 0);
	struct mk got = end_volume();

	mk_parse(&v, got.p, got.len);
	ck_assert_int_eq(v.blocks[v.block_count - 1].last_index, LABEL_SESSION_END);
	*at = v.blocks[v.block_count - 1].at;
	*first = v.blocks[1].at;
	*last_end = v.block_count > 2 ? *at - 1 : 0;
	struct mk_joined *last = &v.records[v.record_count - 1];
	struct mk written = {0};

	ck_assert_uint_eq(last->len, eos.len);
	ck_assert_mem_eq(last->data, eos.p, eos.len - 36); /* nothing but the totals differs */
	ck_assert_uint_eq(mk_get32(last->data + eos.len - 36), totals ? totals->files : 7);
	ck_assert_uint_eq(mk_get64(last->data + eos.len - 32), totals ? totals->bytes : 0x100000000u + c->records * 1000);
	ck_assert_mem_eq(last->data + eos.len - 8, eos.p + eos.len - 8, 8); /* JobErrors, JobStatus */
	mk_put(&written, last->data + eos.len - 36, 36);
	mk_parsed_free(&v);
	mk_free(&got);
	mk_free(&label);
	mk_free(&eos);
	return written;
}

static uint64_t start_of(const uint8_t *totals)
{
	return (uint64_t)mk_get32(totals + 20) << 32 | mk_get32(totals + 12);
}

static uint64_t end_of(const uint8_t *totals)
{
	return (uint64_t)mk_get32(totals + 24) << 32 | mk_get32(totals + 16);
}

/* A3: Bareos: End is a last byte */
START_TEST(test_eos_bareos)
{
	uint64_t at, label_len, first, last_end;
	/* Several blocks: start of the first, last byte of the job's last one before the label's own. */
	struct eos_case c = {2, PRODUCT_BAREOS, 209, 20000 - 1, 20000, 30, 500};
	struct mk t = eos_written(&c, NULL, &at, &label_len, &first, &last_end);

	ck_assert_uint_eq(start_of(t.p), first);
	ck_assert_uint_eq(first, label_len);
	ck_assert_uint_eq(end_of(t.p), last_end);
	mk_free(&t);
	/* One block: Start 0, End the label block's last byte. */
	c = (struct eos_case){2, PRODUCT_BAREOS, 0, 208, 209, 2, 500};
	t = eos_written(&c, NULL, &at, &label_len, &first, &last_end);
	ck_assert_uint_eq(start_of(t.p), 0);
	ck_assert_uint_eq(end_of(t.p), label_len - 1);
	mk_free(&t);
	/* The block with the label on it may lie beyond 4 GiB in the old volume. */
	c = (struct eos_case){2, PRODUCT_BAREOS, 0x500000000, 0x600000000 - 1, 0x600000000, 30, 1000};
	t = eos_written(&c, NULL, &at, &label_len, &first, &last_end);
	ck_assert_uint_eq(start_of(t.p), first);
	ck_assert_uint_eq(end_of(t.p), last_end);
	mk_free(&t);
}
END_TEST

/* A4: Bacula: End is the start of the block that carries the label */
START_TEST(test_eos_bacula)
{
	uint64_t at, label_len, first, last_end;
	struct eos_case c = {3, PRODUCT_BACULA, 242, 193778, 193778, 30, 500};
	struct mk t = eos_written(&c, NULL, &at, &label_len, &first, &last_end);

	ck_assert_uint_eq(start_of(t.p), label_len);
	ck_assert_uint_eq(end_of(t.p), at);
	mk_free(&t);
	/* One block: both are its start, as with a spooled job (Start = End). */
	c = (struct eos_case){3, PRODUCT_BACULA, 251, 251, 251, 2, 500};
	t = eos_written(&c, NULL, &at, &label_len, &first, &last_end);
	ck_assert_uint_eq(start_of(t.p), at);
	ck_assert_uint_eq(end_of(t.p), at);
	mk_free(&t);
}
END_TEST

/* The block that carries the label is flushed first when the label does not fit: all addresses know. */
START_TEST(test_eos_at_every_offset)
{
	uint64_t at, label_len, first, last_end;

	for (uint32_t now = 900; now < 1320; now++) { /* three of them nearly fill the block */
		for (int bacula = 0; bacula < 2; bacula++) {
			struct eos_case c = {bacula ? 3 : 2, bacula ? PRODUCT_BACULA : PRODUCT_BAREOS, 209, 20000 - !bacula, 20000, 3, now};
			struct mk t = eos_written(&c, NULL, &at, &label_len, &first, &last_end);

			if (bacula) {
				ck_quick(start_of(t.p) == label_len && end_of(t.p) == at);
			} else if (at == label_len) {
				ck_quick(start_of(t.p) == 0 && end_of(t.p) == label_len - 1);
			} else {
				ck_quick(start_of(t.p) == label_len && end_of(t.p) == at - 1);
			}
			mk_free(&t);
		}
	}
}
END_TEST

/* JobBytes and JobFiles are what the caller says, however large, or stay. */
START_TEST(test_job_totals)
{
	static const struct outrecord_totals totals[] = {{0, 0}, {15000, 1}, {UINT64_MAX, UINT32_MAX}};
	uint64_t at, label_len, first, last_end;
	struct eos_case c = {2, PRODUCT_BAREOS, 209, 20000 - 1, 20000, 10, 1500};

	for (size_t i = 0; i <= 3; i++) {
		struct mk t = eos_written(&c, i < 3 ? &totals[i] : NULL, &at, &label_len, &first, &last_end);

		mk_free(&t);
	}
}
END_TEST

/* A label that is none is passed as it is. */
START_TEST(test_eos_odd)
{
	struct mk_parsed v = {0};
	struct item it = item_of(2, 0, LABEL_SESSION_END, 30);

	sample_fill(data, 30, SAMPLE_RANDOM, 9);
	new_packer(4096);
	begin_volume("v");
	struct outrecord r = {.stream = 1, .len = 30, .body = {data, 30}};

	ck_assert_int_eq(packer_put(packer, &it, &r, 1, &e), 0);
	r = (struct outrecord){.stream = 1, .len = 0, .body = {data, 0}};
	it.len = 0;
	ck_assert_int_eq(packer_put(packer, &it, &r, 1, &e), 0);
	struct mk got = end_volume();

	mk_parse(&v, got.p, got.len);
	ck_assert_uint_eq(v.record_count, 2);
	ck_assert_mem_eq(v.records[0].data, data, 30);
	mk_parsed_free(&v);
	mk_free(&got);
}
END_TEST

/* ---- parts ---- */

/* Head and tail missing: the declared remaining length stays, and nothing stands behind a record that is not whole. */
START_TEST(test_missing_parts)
{
	struct mk_parsed v = {0};
	struct item it = item_of(2, 0, 3, 500);

	new_packer(4096);
	sample_fill(data, 4096, SAMPLE_RANDOM, 5);
	begin_volume("v");
	it.head_missing = true;
	struct outrecord r = {.stream = 29, .len = 500, .continues = true, .body = {data, 500}};

	ck_assert_int_eq(packer_put(packer, &it, &r, 1, &e), 0);
	it = item_of(2, 0, 4, 10000);
	it.tail_missing = true;
	r = (struct outrecord){.stream = 2, .len = 10000, .body = {data, 4096}};
	ck_assert_int_eq(packer_put(packer, &it, &r, 1, &e), 0);
	struct mk got = end_volume();

	mk_parse(&v, got.p, got.len);
	ck_assert_uint_eq(v.record_count, 2);
	ck_assert(v.records[0].head_missing && !v.records[0].open);
	ck_assert_int_eq(v.records[0].stream, 29);
	ck_assert_uint_eq(v.records[0].len, 500);
	ck_assert(v.records[1].open);
	ck_assert_uint_eq(v.records[1].len, 10000);
	ck_assert_uint_eq(v.records[1].have, 4096);
	ck_assert_mem_eq(v.records[1].data, data, 4096);
	mk_parsed_free(&v);
	mk_free(&got);
	/* Something does follow: then in a block of its own. */
	begin_volume("v");
	ck_assert_int_eq(packer_put(packer, &it, &r, 1, &e), 0);
	it = item_of(2, 0, 5, 10);
	put(&it, 2, data, 10);
	got = end_volume();
	uint32_t first = mk_get32(got.p + 4), second = mk_get32(got.p + first + 4);

	ck_assert_uint_eq(first, 4096);
	ck_assert_uint_eq(second, 24 + 12 + 36);
	ck_assert_uint_eq(mk_get32(got.p + first + second + 24), 5);
	mk_free(&got);
}
END_TEST

/* A record of 1000 bytes that volume changes cut becomes others of now bytes each. */
static void cut_case(unsigned pieces, const uint32_t *now, unsigned cuts, const uint32_t *cut, uint32_t capacity)
{
	struct mk_parsed v = {0};
	struct outrecord r[4];
	struct item it = item_of(2, 0, 3, 1000), other = item_of(2, 1, 1, 5);
	uint32_t total = 0;

	new_packer(capacity);
	for (unsigned i = 0; i < pieces; i++) {
		uint32_t head = now[i] < 20 ? now[i] : 20;

		r[i] = (struct outrecord){
			.stream = 29, .len = now[i], .head = {data + total, head}, .body = {data + total + head, now[i] - head}};
		total += now[i];
	}
	it.cuts = cuts;
	memcpy(it.cut, cut, cuts * sizeof *cut);
	begin_volume("v0");
	put(&other, 2, data, 5);
	ck_quick(packer_put(packer, &it, r, pieces, &e) == 0);
	for (unsigned volumes = 0; volumes <= cuts; volumes++) {
		if (volumes > 0) {
			begin_volume("vn");
			put_label(2);
		}
		if (volumes == cuts) { /* what follows comes behind it */
			struct item after = item_of(2, 0, 4, 7);

			put(&after, 2, data, 7);
		}
		struct mk got = end_volume();
		size_t blocks = v.block_count;
		uint64_t have = 0, bound = volumes < cuts && total ? (uint64_t)total * cut[volumes] / 1000 : total;

		if (volumes < cuts && bound >= total && total)
			bound = total - 1;

		mk_parse(&v, got.p, got.len);
		if (volumes > 0)
			ck_quick(v.blocks[blocks].at == 0 && v.blocks[blocks].first_index == -2);
		for (size_t i = 0; i < v.record_count; i++)
			have += v.records[i].index == 3 ? v.records[i].have : 0;
		if (have != bound)
			ck_abort_msg("volume %u has %llu of %u bytes, not %llu", volumes, (unsigned long long)have, total,
				     (unsigned long long)bound);
		mk_free(&got);
	}
	unsigned found = 0;
	uint32_t at = 0;

	for (size_t i = 0; i < v.record_count; i++) {
		const struct mk_joined *j = &v.records[i];

		ck_quick(!j->open && !j->head_missing);
		if (j->index == 4)
			ck_quick(found == pieces);
		if (j->index != 3)
			continue;
		ck_quick(j->len == now[found] && memcmp(j->data, data + at, j->len) == 0);
		at += j->len;
		found++;
	}
	ck_quick(found == pieces);
	mk_parsed_free(&v);
}

START_TEST(test_cuts)
{
	static const uint32_t lens[] = {1, 2, 11, 20, 21, 60, 300, 1000, 1001, 5000};

	sample_fill(data, 65536, SAMPLE_RANDOM, 6);
	for (size_t i = 0; i < 10; i++) {
		for (uint32_t cut = 0; cut < 1000; cut += cut < 3 || cut > 996 ? 1 : 83) {
			for (uint32_t capacity = 260; capacity < 300; capacity += 13) {
				cut_case(1, &lens[i], 1, &cut, capacity);
				cut_case(3, (const uint32_t[]){lens[i], 100, lens[9 - i]}, 1, &cut, capacity);
				cut_case(1, &lens[i], 2, (const uint32_t[]){cut, cut + (1000 - cut) / 2}, capacity);
				cut_case(2, (const uint32_t[]){lens[i], lens[9 - i]}, 3,
					 (const uint32_t[]){cut, cut, cut + (999 - cut) / 2}, capacity);
			}
		}
	}
}
END_TEST

/* An encrypted block has 16 bytes behind its header at least.  What fills a short one up must not be taken for a piece of a record
 * that does not end there. */
static void sealed_case(uint32_t len, uint32_t cut, uint32_t capacity)
{
	struct mk_parsed v = {0};
	struct item it = item_of(3, 0, 3, 1000), after = item_of(3, 0, 4, 7);
	struct outrecord r[2] = {{.stream = 2, .len = len, .body = {data, len}}, {.stream = 2, .len = 50, .body = {data + len, 50}}};

	new_packer(capacity);
	it.form.options |= BLOCK_OPTION_BLOCK_ENCRYPTED;
	after.form = it.form;
	it.cuts = 1;
	it.cut[0] = cut;
	begin_volume("v0");
	ck_quick(packer_put(packer, &it, r, 2, &e) == 0);
	for (unsigned volumes = 0; volumes < 2; volumes++) {
		if (volumes == 1) {
			begin_volume("v1");
			put(&after, 2, data, 7);
		}
		struct mk got = end_volume();

		mk_parse(&v, got.p, got.len);
		mk_free(&got);
	}
	ck_assert_uint_eq(v.record_count, 3);
	for (unsigned i = 0; i < 3; i++)
		ck_quick(!v.records[i].open && !v.records[i].head_missing);
	ck_assert_uint_eq(v.records[0].len, len);
	ck_assert_mem_eq(v.records[0].data, data, len);
	ck_assert_uint_eq(v.records[1].len, 50);
	ck_assert_mem_eq(v.records[1].data, data + len, 50);
	mk_parsed_free(&v);
}

START_TEST(test_cuts_encrypted)
{
	sample_fill(data, 65536, SAMPLE_RANDOM, 7);
	encrypted = true;
	for (uint32_t len = 1; len < 700; len += len < 20 ? 1 : 71) {
		for (uint32_t cut = len % 7; cut < 1000; cut += 7)
			sealed_case(len, cut, 260 + cut % 41);
	}
	encrypted = false;
}
END_TEST

/* A cut record of another session than the one that goes on first; the volume between has nothing else. */
START_TEST(test_cuts_of_two_sessions)
{
	struct mk_parsed v = {0};
	struct item it;

	sample_fill(data, 4096, SAMPLE_RANDOM, 8);
	new_packer(4096);
	begin_volume("v0");
	for (unsigned job = 0; job < 2; job++) {
		it = item_of(2, job, 3, 1000);
		it.cuts = 2;
		it.cut[0] = 300;
		it.cut[1] = 600;
		put(&it, 2, data, 1000);
	}
	for (int i = 0; i < 3; i++) {
		if (i > 0)
			begin_volume("vn");
		struct mk got = end_volume();

		ck_assert_uint_gt(got.len, 0);
		mk_parse(&v, got.p, got.len);
		mk_free(&got);
	}
	ck_assert_uint_eq(v.record_count, 2);
	ck_assert(!v.records[0].open && !v.records[1].open);
	ck_assert_mem_eq(v.records[1].data, data, 1000);
	mk_parsed_free(&v);
}
END_TEST

/* 3000 jobs at once: memory stays bounded, blocks are written short, and everything is there. */
START_TEST(test_many_sessions)
{
	struct mk_parsed v = {0};
	struct rusage before, after;
	static uint32_t seen[3000];

	sample_fill(data, 40000, SAMPLE_RANDOM, 10);
	new_packer(0);
	begin_volume("v");
	getrusage(RUSAGE_SELF, &before);
	for (int round = 0; round < 6; round++) {
		for (unsigned i = 0; i < 3000; i++) {
			uint32_t len = 1 + (i * 7 + (unsigned)round * 11) % 12000;
			struct item it = item_of(2, i, round + 1, len);

			it.largest = 1 << 20;
			put(&it, 2, data + i, len);
		}
	}
	struct mk got = end_volume();

	getrusage(RUSAGE_SELF, &after);
	if (getenv("ASAN_OPTIONS") == NULL)
#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed */
		ck_assert_int_lt((after.ru_maxrss - before.ru_maxrss) - (long)(got.cap >> 10), 48 << 10);
#endif
	mk_parse(&v, got.p, got.len);
	ck_assert_uint_eq(v.record_count, 18000);
	for (size_t i = 0; i < v.record_count; i++) {
		const struct mk_joined *r = &v.records[i];

		ck_quick(!r->open && r->index == (int32_t)++seen[r->sid - 1]);
		ck_quick(memcmp(r->data, data + r->sid - 1, r->len) == 0);
	}
	mk_parsed_free(&v);
	mk_free(&got);
}
END_TEST

START_TEST(test_write_error)
{
	struct item it = item_of(2, 0, 1, 60000);
	struct outrecord r = {.stream = 2, .len = 60000, .body = {data, 60000}};
	int rc = 0, fd = open("/dev/full", O_WRONLY);

	ck_assert_int_ge(fd, 0);
	new_packer(0);
	io_describe(&out, fd);
	sink_open(&sink, &out, NULL, NULL, NULL);
	packer_begin_volume(packer, &sink);
	ck_assert_int_eq(packer_put(packer, &it, &r, 1, &e), 0);
	rc = packer_put(packer, &it, &r, 1, &e);
	ck_assert_int_eq(rc, XE_FAILED);
	ck_assert_int_eq(e.code, XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.text, "write error"));
	sink_close(&sink);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("packer");
	TCase *t = tcase_create("packer");

	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_like_reference, 1, 4);
	tcase_add_test(t, test_boundaries);
	tcase_add_test(t, test_capacity_of_input);
	tcase_add_test(t, test_sessions_and_numbers);
	tcase_add_test(t, test_told);
	tcase_add_test(t, test_forms);
	tcase_add_test(t, test_label);
	tcase_add_test(t, test_eos_bareos);
	tcase_add_test(t, test_eos_bacula);
	tcase_add_test(t, test_eos_at_every_offset);
	tcase_add_test(t, test_job_totals);
	tcase_add_test(t, test_eos_odd);
	tcase_add_test(t, test_missing_parts);
	tcase_add_test(t, test_cuts);
	tcase_add_test(t, test_cuts_encrypted);
	tcase_add_test(t, test_cuts_of_two_sessions);
	tcase_add_test(t, test_many_sessions);
	tcase_add_test(t, test_write_error);
	suite_add_tcase(s, t);
	return check_run(s);
}
