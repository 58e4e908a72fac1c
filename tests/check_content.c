/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hash of a file: the same however its records are cut and compressed, another as soon as anything differs. */
#include "prove/content.h"

#include "format/stream.h"
#include "volume_maker.h"

static struct job jobs[40];
static struct content_file found[64];
static char names[64][256];
static size_t found_count;

static void setup(void)
{
	for (unsigned i = 0; i < 40; i++)
		jobs[i] = (struct job){.session_id = i + 1, .session_time = MK_TIME, .index = i};
	found_count = 0;
}

static int on_file(void *arg, const struct content_file *f, struct err *e)
{
	ck_quick(arg == &found_count && found_count < 64);
	found[found_count] = *f;
	snprintf(names[found_count], sizeof names[0], "%s", f->name);
	found_count++;
	return found_count == 60 ? err_set(e, XE_FAILED, "enough") : 0;
}

/* One item that became the plain records made of pieces of n bytes (0: one record).  The address, if the stream has
 * one, in head or at the beginning of body. */
static int add(struct content *c, unsigned job, int32_t index, uint32_t stream, uint64_t address, const uint8_t *data, size_t len, size_t n,
	       bool in_head)
{
	struct outrecord r[64];
	uint8_t prefixes[64][8], *joined[64] = {0};
	bool prefix = stream_has_prefix(stream);
	size_t count = 0;
	struct err e = {0};
	struct item it = {.kind = ITEM_RECORD, .job = &jobs[job], .file_index = index, .stream = stream, .len = (uint32_t)len};

	for (size_t at = 0; at < len || count == 0; at += n) {
		size_t part = n == 0 || len - at < n ? len - at : n;

		mk_set32(prefixes[count], (uint32_t)((address + at) >> 32));
		mk_set32(prefixes[count] + 4, (uint32_t)(address + at));
		r[count] = (struct outrecord){.stream = stream_in_form(stream, STREAM_PLAIN),
					      .len = (uint32_t)(part + (prefix ? 8 : 0)),
					      .body = {data + at, part}};
		if (prefix && in_head)
			r[count].head = (struct span){prefixes[count], 8};
		if (prefix && !in_head) {
			joined[count] = malloc(8 + part);
			memcpy(joined[count], prefixes[count], 8);
			memcpy(joined[count] + 8, data + at, part);
			r[count].body = (struct span){joined[count], 8 + part};
		}
		count++;
		if (n == 0)
			break;
	}
	if (attributes_are(stream))
		attributes_read((struct span){data, len}, &it.attributes);
	int rc = content_add(c, &(struct plain_item){.item = &it, .records = r, .count = count}, &e);

	for (size_t i = 0; i < count; i++)
		free(joined[i]);
	return rc;
}

struct chunk {
	uint32_t stream;
	uint64_t address;
	const char *data;
};

static struct content_file hash_cut(const struct chunk *chunks, size_t count, size_t n, bool in_head)
{
	struct content *c = content_new(on_file, &found_count);
	struct err e = {0};

	found_count = 0;
	for (size_t i = 0; i < count; i++)
		ck_quick(add(c, 0, 1, chunks[i].stream, chunks[i].address, (const uint8_t *)chunks[i].data,
			     strlen(chunks[i].data) + (chunks[i].stream == 1), /* a name ends with NUL */
			     chunks[i].stream == 1 ? 0 : n, in_head) == 0);
	ck_quick(found_count == 0 && content_finish(c, &e) == 0 && found_count == 1);
	content_free(c);
	return found[0];
}

static bool same(const struct content_file *a, const struct content_file *b)
{
	return a->data.high == b->data.high && a->data.low == b->data.low && a->rest.high == b->rest.high && a->rest.low == b->rest.low &&
	       a->order.high == b->order.high && a->order.low == b->order.low && a->bytes == b->bytes;
}

#define CHUNKS(...) (const struct chunk[]){__VA_ARGS__}, sizeof((const struct chunk[]){__VA_ARGS__}) / sizeof(struct chunk)

START_TEST(test_splitting)
{
	struct content_file a = hash_cut(CHUNKS({1, 0, "1 3 /etc/passwd"}, {2, 0, "hello "}, {2, 0, "world"}, {3, 0, "md5md5"}), 0, true);

	ck_assert_uint_eq(a.bytes, 11);
	ck_assert_int_eq(a.file_index, 1);
	ck_assert_ptr_eq(a.job, &jobs[0]);
	for (uint32_t form = 0; form < 3; form++) { /* from whatever stream it was inflated */
		static const uint32_t streams[] = {2, 4, 29};
		uint32_t s = streams[form];

		for (size_t n = 0; n < 12; n++) {
			struct content_file b =
				hash_cut(CHUNKS({1, 0, "1 3 /etc/passwd"}, {s, 0, "hello world"}, {3, 0, "md5md5"}), 0, true);
			/* pieces: of data only */
			struct content_file c;
			struct content *x = content_new(on_file, &found_count);
			struct err e = {0};

			ck_assert(same(&a, &b));
			found_count = 0;
			ck_quick(add(x, 0, 1, 1, 0, (const uint8_t *)"1 3 /etc/passwd", 16, 0, true) == 0);
			ck_quick(add(x, 0, 1, s, 0, (const uint8_t *)"hello world", 11, n, true) == 0);
			ck_quick(add(x, 0, 1, 3, 0, (const uint8_t *)"md5md5", 6, 0, true) == 0);
			ck_quick(content_finish(x, &e) == 0);
			content_free(x);
			c = found[0];
			ck_assert(same(&a, &c));
		}
	}
}
END_TEST

START_TEST(test_sparse)
{
	uint32_t bit26 = 2 | 1u << 26;
	struct content_file a = hash_cut(CHUNKS({6, 0, "0123456789"}, {6, 4096, "abcdef"}), 0, true);

	ck_assert_uint_eq(a.bytes, 16);
	for (size_t n = 0; n < 11; n++) {
		for (int head = 0; head < 2; head++) {
			static const uint32_t streams[] = {6, 7, 30};

			for (int s = 0; s < 3; s++) {
				struct content_file b =
					hash_cut(CHUNKS({streams[s], 0, "0123456789"}, {streams[s], 4096, "abcdef"}), n, head);

				ck_assert(same(&a, &b));
			}
		}
	}
	/* Cut by the client elsewhere. */
	struct content_file b = hash_cut(CHUNKS({6, 0, "0123"}, {6, 4, "456789"}, {6, 4096, "abcdef"}), 0, true);

	ck_assert(same(&a, &b));
	/* Elsewhere, otherwise ordered, otherwise addressed. */
	static const struct chunk others[][2] = {
		{{6, 0, "0123456789"}, {6, 4097, "abcdef"}},        {{6, 0, "0123456789"}, {6, 10, "abcdef"}},
		{{6, 1, "0123456789"}, {6, 4096, "abcdef"}},        {{6, 4096, "abcdef"}, {6, 0, "0123456789"}},
		{{6, 0, "0123456789"}, {6, 4096, "abcdeg"}},        {{6, 0, "012345678"}, {6, 4096, "9abcdef"}},
		{{6, 0, "0123456789"}, {6, 0x100001000, "abcdef"}},
	};

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		b = hash_cut(others[i], 2, 0, true);
		ck_assert_msg(!same(&a, &b), "case %zu", i);
	}
	/* A stream with an offset is not one without. */
	a = hash_cut(CHUNKS({bit26, 0, "0123456789"}), 0, true);
	b = hash_cut(CHUNKS({2, 0, "0123456789"}), 0, true);
	ck_assert(!same(&a, &b));
}
END_TEST

/* Any byte of anything. */
START_TEST(test_differences)
{
	static const struct chunk base[4] = {{1, 0, "1 3 /etc/passwd"}, {2, 0, "hello world"}, {3, 0, "md5md5"}, {1998, 0, "xattr"}};
	struct content_file a = hash_cut(base, 4, 0, true), b;

	ck_assert_str_eq(names[0], "/etc/passwd");
	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < strlen(base[i].data); k++) {
			struct chunk other[4];
			char text[32];

			memcpy(other, base, sizeof base);
			snprintf(text, sizeof text, "%s", base[i].data);
			text[k] ^= 1;
			other[i].data = text;
			b = hash_cut(other, 4, 0, true);
			ck_quick(!same(&a, &b));
			/* The data hash is of the data alone. */
			ck_quick((a.data.low == b.data.low) == (i != 1));
		}
		struct chunk other[4];

		memcpy(other, base, sizeof base);
		other[i].stream = i == 0 ? 5 : i == 1 ? 11 : i == 2 ? 10 : 1997;
		b = hash_cut(other, 4, 0, true);
		ck_assert(!same(&a, &b));
		memcpy(other, base, sizeof base);
		memmove(other + i, other + i + 1, (3 - i) * sizeof *other); /* one is missing */
		b = hash_cut(other, 3, 0, true);
		ck_assert(!same(&a, &b));
	}
	/* Metadata records are not joined. */
	b = hash_cut(CHUNKS({1, 0, "1 3 /etc/passwd"}, {2, 0, "hello world"}, {3, 0, "md5"}, {3, 0, "md5"}, {1998, 0, "xattr"}), 0, true);
	ck_assert(!same(&a, &b));
	/* No data is not empty data of another kind; and an empty file is not a longer one. */
	a = hash_cut(CHUNKS({1, 0, "1 3 /x"}), 0, true);
	b = hash_cut(CHUNKS({1, 0, "1 3 /x"}, {2, 0, ""}), 0, true);
	ck_assert(!same(&a, &b));
}
END_TEST

/* What a restore meets in another order, or as an empty record, is another file; how data are cut is not. */
START_TEST(test_order)
{
	struct content_file a = hash_cut(CHUNKS({1, 0, "1 3 /x"}, {2, 0, "hello world"}, {3, 0, "md5"}), 0, true), b;
	static const struct chunk others[][4] = {
		{{1, 0, "1 3 /x"}, {3, 0, "md5"}, {2, 0, "hello world"}},
		{{2, 0, "hello world"}, {1, 0, "1 3 /x"}, {3, 0, "md5"}},
		{{1, 0, "1 3 /x"}, {2, 0, "hello "}, {3, 0, "md5"}, {2, 0, "world"}},
		{{1, 0, "1 3 /x"}, {2, 0, ""}, {2, 0, "hello world"}, {3, 0, "md5"}},
		{{1, 0, "1 3 /x"}, {2, 0, "hello "}, {2, 0, ""}, {2, 0, "world"}},
		{{1, 0, "1 3 /x"}, {2, 0, "hello world"}, {29, 0, ""}, {3, 0, "md5"}},
		{{1, 0, "1 3 /x"}, {2, 0, "hello world"}, {3, 0, "md5"}, {4, 0, ""}},
		{{1, 0, "1 3 /x"}, {2, 0, "hello world"}, {3, 0, "md5"}, {1998, 0, ""}},
		{{1, 0, "1 3 /x"}, {2, 0, "hello "}, {11, 0, "world"}, {3, 0, "md5"}},
	};

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		b = hash_cut(others[i], others[i][3].data ? 4 : 3, 0, true);
		ck_assert_msg(!same(&a, &b), "case %zu", i);
		for (size_t k = 0; k < i; k++) {
			struct content_file c = hash_cut(others[k], others[k][3].data ? 4 : 3, 0, true);

			ck_assert_msg(!same(&b, &c), "cases %zu and %zu", i, k);
		}
	}
	/* Empty records of one kind of data, in whatever form. */
	a = hash_cut(CHUNKS({1, 0, "1 3 /x"}, {2, 0, ""}, {4, 0, "hello"}), 0, true);
	b = hash_cut(CHUNKS({1, 0, "1 3 /x"}, {29, 0, ""}, {2, 0, "he"}, {29, 0, "llo"}), 0, true);
	ck_assert(same(&a, &b));
	/* With an address, and where that is. */
	a = hash_cut(CHUNKS({6, 0, "hello"}, {6, 5, ""}), 0, true);
	b = hash_cut(CHUNKS({6, 0, "hello"}), 0, true);
	ck_assert(!same(&a, &b));
	b = hash_cut(CHUNKS({6, 0, "hello"}, {6, 6, ""}), 0, true);
	ck_assert(!same(&a, &b));
}
END_TEST

/* Records of FileIndex 0 belong to no file, but are there. */
START_TEST(test_no_file)
{
	for (int i = 0; i < 2; i++) {
		struct content *c = content_new(on_file, &found_count);
		struct err e = {0};

		found_count = 0;
		ck_assert_int_eq(add(c, 0, 1, 2, 0, (const uint8_t *)"data", 4, 0, true), 0);
		if (i)
			ck_assert_int_eq(add(c, 0, 0, 2, 0, (const uint8_t *)"", 0, 0, true), 0);
		ck_assert_int_eq(content_finish(c, &e), 0);
		ck_assert_uint_eq(found_count, 1 + i);
		content_free(c);
	}
}
END_TEST

/* A record with an address that is shorter than one: nobody can use it, but it is not any other. */
START_TEST(test_short_address)
{
	struct content_file f[2];

	for (int i = 0; i < 2; i++) {
		struct content *c = content_new(on_file, &found_count);
		struct err e = {0};
		struct outrecord r = {.stream = 6, .len = 3, .body = {(const uint8_t *)(i ? "xyz" : "abc"), 3}};
		struct item it = {.kind = ITEM_RECORD, .job = &jobs[0], .file_index = 1, .stream = 6, .len = 3};

		found_count = 0;
		ck_assert_int_eq(content_add(c, &(struct plain_item){.item = &it, .records = &r, .count = 1}, &e), 0);
		ck_assert_int_eq(content_finish(c, &e), 0);
		f[i] = found[0];
		content_free(c);
	}
	ck_assert(!same(&f[0], &f[1]));
}
END_TEST

/* Jobs at once; a file ends where the next begins; names. */
START_TEST(test_files)
{
	struct content *c = content_new(on_file, &found_count);
	struct err e = {0};

	for (int32_t file = 1; file <= 2; file++) {
		for (unsigned job = 0; job < 40; job += 13) {
			char name[64];

			snprintf(name, sizeof name, "%d 3 /with spaces/%d", file, file);
			ck_assert_int_eq(add(c, job, file, 1, 0, (uint8_t *)name, strlen(name) + 1, 0, true), 0);
			ck_assert_int_eq(add(c, job, file, 2, 0, (const uint8_t *)"data", 4, 0, true), 0);
		}
	}
	ck_assert_uint_eq(found_count, 4); /* the first of each */
	ck_assert_int_eq(content_finish(c, &e), 0);
	ck_assert_uint_eq(found_count, 8);
	for (size_t i = 0; i < 8; i++) {
		ck_assert_int_eq(found[i].file_index, i < 4 ? 1 : 2);
		ck_assert_ptr_eq(found[i].job, &jobs[i % 4 * 13]);
		ck_assert_str_eq(names[i], i < 4 ? "/with spaces/1" : "/with spaces/2");
		ck_assert(same(&found[i], &found[i / 4 * 4]));
	}
	ck_assert_int_eq(content_finish(c, &e), 0); /* nothing is told twice */
	ck_assert_uint_eq(found_count, 8);
	content_free(c);
	/* What on_file returns ends the run. */
	c = content_new(on_file, &found_count);
	found_count = 59;
	ck_assert_int_eq(add(c, 0, 1, 2, 0, (const uint8_t *)"data", 4, 0, true), 0);
	ck_assert_int_eq(add(c, 0, 2, 2, 0, (const uint8_t *)"data", 4, 0, true), XE_FAILED);
	content_free(c);
	content_free(NULL);
}
END_TEST

/* Session labels: addresses and JobBytes may differ, what the job was may not. */
START_TEST(test_labels)
{
	struct content_file f[4];

	for (int i = 0; i < 4; i++) {
		struct content *c = content_new(on_file, &found_count);
		struct err e = {0};
		struct mk m = {0};

		mk_session_label_data(&m, MK_BAREOS, 20, i == 3 ? 6 : 5,
				      &(struct mk_totals){i == 2 ? 8 : 7, 1000u + (unsigned)i % 2, 5u + (unsigned)i % 2, 6, 0});
		struct outrecord r = {.stream = 5, .len = (uint32_t)m.len, .body = {m.p, m.len}};
		struct item it = {.kind = ITEM_RECORD, .job = &jobs[0], .file_index = -5, .stream = 5, .len = (uint32_t)m.len};
		struct session_label l;

		found_count = 0;
		ck_assert(label_read_session(r.body, true, &l));
		ck_assert_int_eq(content_add(c, &(struct plain_item){.item = &it, .records = &r, .count = 1, .label = &l}, &e), 0);
		ck_assert_int_eq(content_finish(c, &e), 0);
		f[i] = found[0];
		content_free(c);
		mk_free(&m);
	}
	ck_assert(same(&f[0], &f[1]));
	ck_assert(same(&f[0], &f[2])); /* a conversion puts right what it says */
	ck_assert(!same(&f[0], &f[3]));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("content");
	TCase *t = tcase_create("content");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, test_splitting);
	tcase_add_test(t, test_sparse);
	tcase_add_test(t, test_differences);
	tcase_add_test(t, test_order);
	tcase_add_test(t, test_no_file);
	tcase_add_test(t, test_short_address);
	tcase_add_test(t, test_files);
	tcase_add_test(t, test_labels);
	suite_add_tcase(s, t);
	return check_run(s);
}
