/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The proof of a file: content kept and counted, every kind of digest, wounds, what cannot be proved; and the attributes
 * that name it. */
#include "prove/proof.h"

#include "format/attributes.h"
#include "format/stream.h"
#include "volume_maker.h"

static struct job jobs[64];
static struct proof_file found[64];
static char name[256];
static size_t found_count;
static struct proof *proof;
static struct err e;

static int on_file(void *arg, const struct proof_file *f, struct err *err)
{
	(void)arg;
	(void)err;
	ck_assert_uint_lt(found_count, 64);
	found[found_count++] = *f;
	snprintf(name, sizeof name, "%s", f->name);
	return 0;
}

static void begin(bool all)
{
	for (unsigned i = 0; i < 64; i++)
		jobs[i] = (struct job){.session_id = i + 1, .index = i};
	found_count = 0;
	e = (struct err){0};
	proof = proof_new(all, on_file, NULL);
	ck_assert_ptr_nonnull(proof);
}

static void end(void)
{
	ck_assert_int_eq(proof_finish(proof, &e), 0);
	proof_free(proof);
}

static struct counted counted; /* of the record that comes */

static void add(unsigned job, int32_t index, uint32_t stream, const void *data, size_t len)
{
	struct item item = {.kind = ITEM_RECORD, .job = &jobs[job], .file_index = index, .stream = stream, .len = (uint32_t)len};
	struct outrecord r = {.stream = stream, .len = (uint32_t)len, .body = {data, len}};
	struct plain_item plain = {.item = &item, .records = &r, .count = 1, .whole = true, .counted = counted};
	if (attributes_are(stream))
		attributes_read(r.body, &item.attributes);
	ck_assert_int_eq(proof_add(proof, &plain, &e), 0);
}

static void add_digest(unsigned job, int32_t index, uint32_t stream, enum digest_kind kind, const void *data, size_t len)
{
	uint8_t value[DIGEST_MAX_BYTES];
	struct digest *d = digest_new(kind);
	digest_add(d, data, len);
	add(job, index, stream, value, digest_value(d, value));
	digest_free(d);
}

static const struct {
	uint32_t stream;
	enum digest_kind kind;
} digests[] = {
	{STREAM_MD5, DIGEST_MD5},
	{STREAM_SHA1, DIGEST_SHA1},
	{STREAM_SHA256, DIGEST_SHA256},
	{STREAM_SHA512, DIGEST_SHA512},
	{STREAM_XXH64, DIGEST_XXH64},
	{STREAM_XXH128_BAREOS, DIGEST_XXH3_128},
	{STREAM_XXH128_BAREOS, DIGEST_XXH3_64},
	{STREAM_XXH128_BACULA, DIGEST_XXH3_128},
};
#define DIGESTS (sizeof digests / sizeof digests[0])

START_TEST(test_kinds)
{
	begin(false);
	add(0, 1, STREAM_ATTRIBUTES, "1 3 /a b\0A B\0", 13);
	add(0, 1, STREAM_FILE, "hello ", 6);
	add(0, 1, STREAM_FILE, "world", 5);
	add_digest(0, 1, digests[_i].stream, digests[_i].kind, "hello world", 11);
	add(0, 2, STREAM_FILE, "hello world", 11);
	add_digest(0, 2, digests[_i].stream, digests[_i].kind, "hello_world", 11);
	end();
	ck_assert_uint_eq(found_count, 2);
	ck_assert_int_eq(found[0].verdict, PROOF_RIGHT);
	ck_assert_int_eq(found[0].digest, digests[_i].kind);
	ck_assert_uint_eq(found[0].bytes, 11);
	ck_assert_int_eq(found[1].verdict, PROOF_WRONG);
	ck_assert_str_eq(name, "");
}
END_TEST

/* What was counted ahead is taken for the MD5 of the file where it is of as many bytes, and of no other kind. */
START_TEST(test_counted)
{
	static const struct {
		uint32_t stream;
		enum digest_kind kind;
		const char *ahead;
		uint64_t bytes;
		enum proof_verdict verdict;
	} cases[] = {
		{STREAM_MD5, DIGEST_MD5, "hello world", 11, PROOF_RIGHT},   {STREAM_MD5, DIGEST_MD5, "hello_world", 11, PROOF_WRONG},
		{STREAM_MD5, DIGEST_MD5, "hello_world", 10, PROOF_RIGHT},   {STREAM_MD5, DIGEST_MD5, "hello_world", 12, PROOF_RIGHT},
		{STREAM_SHA1, DIGEST_SHA1, "hello_world", 11, PROOF_RIGHT},
	};
	uint8_t value[DIGEST_MAX_BYTES];
	struct digest *d = digest_new(DIGEST_MD5);
	begin(false);
	add(0, 1, STREAM_FILE, "hello ", 6);
	add(0, 1, STREAM_FILE, "world", 5);
	digest_add(d, cases[_i].ahead, 11);
	digest_value(d, value);
	digest_free(d);
	counted = (struct counted){value, cases[_i].bytes};
	add_digest(0, 1, cases[_i].stream, cases[_i].kind, "hello world", 11);
	counted = (struct counted){NULL, 0};
	end();
	ck_assert_uint_eq(found_count, 1);
	ck_assert_int_eq(found[0].verdict, cases[_i].verdict);
}
END_TEST

/* Around the size to which a file is kept, with records that do and do not reach over it. */
START_TEST(test_large)
{
	static uint8_t data[3u << 20];
	size_t len = (size_t)(1u << 20) + (size_t)(_i / 2) - 2, step = _i % 2 ? 65536 : 700001;

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 7 + i / 255);
	begin(false);
	for (int32_t file = 1; file <= 3; file++) {
		enum digest_kind kind = file < 3 ? DIGEST_SHA1 : DIGEST_MD5;
		for (size_t at = 0; at < len; at += step)
			add(0, file, STREAM_FILE, data + at, len - at < step ? len - at : step);
		add_digest(0, file, file < 3 ? STREAM_SHA1 : STREAM_MD5, kind, data, len);
	}
	end();
	ck_assert_int_eq(found[0].verdict, PROOF_RIGHT);
	ck_assert_int_eq(found[1].verdict, PROOF_RIGHT);
	ck_assert_int_eq(found[2].verdict, len <= 1u << 20 ? PROOF_RIGHT : PROOF_UNCOUNTED);
}
END_TEST

START_TEST(test_all_digests)
{
	static uint8_t data[3u << 20];

	begin(true);
	for (int32_t file = 1; file <= (int32_t)DIGESTS; file++) {
		data[0] = (uint8_t)file;
		add(0, file, STREAM_FILE, data, sizeof data);
		add_digest(0, file, digests[file - 1].stream, digests[file - 1].kind, data, sizeof data);
	}
	end();
	for (size_t i = 0; i < DIGESTS; i++)
		ck_assert_int_eq(found[i].verdict, PROOF_RIGHT);
}
END_TEST

/* More open files than are kept: those that do not fit are counted, none is mixed up with another. */
START_TEST(test_many_jobs)
{
	static uint8_t data[1u << 20];

	begin(false);
	for (unsigned part = 0; part < 2; part++) {
		for (unsigned job = 0; job < 60; job++) {
			data[0] = (uint8_t)job;
			add(job, 1, STREAM_FILE, data, sizeof data / 2);
		}
	}
	for (unsigned job = 0; job < 60; job++) {
		data[0] = data[sizeof data / 2] = (uint8_t)job;
		add_digest(job, 1, STREAM_SHA256, DIGEST_SHA256, data, sizeof data);
	}
	end();
	ck_assert_uint_eq(found_count, 60);
	for (size_t i = 0; i < found_count; i++)
		ck_assert_int_eq(found[i].verdict, PROOF_RIGHT);
}
END_TEST

START_TEST(test_not_provable)
{
	begin(false);
	add(0, 1, STREAM_ATTRIBUTES, "1 4 /dir\0A\0", 11);  /* no content */
	add(0, 2, STREAM_ATTRIBUTES, "2 1 /link\0A\0", 12); /* a hard link repeats the digest */
	add_digest(0, 2, STREAM_MD5, DIGEST_MD5, "there", 5);
	add(0, 3, STREAM_ATTRIBUTES, "3 3 /empty\0A\0", 13); /* an empty file has the digest of nothing */
	add_digest(0, 3, STREAM_MD5, DIGEST_MD5, "", 0);
	add(0, 4, STREAM_ATTRIBUTES, "4 3 /lost\0A\0", 12); /* its data is not here */
	add_digest(0, 4, STREAM_MD5, DIGEST_MD5, "there", 5);
	add(0, 5, STREAM_FILE, "data", 4); /* no digest */
	add(0, 6, 20, "cipher", 6);        /* encrypted */
	add_digest(0, 6, STREAM_MD5, DIGEST_MD5, "there", 5);
	add(0, 7, STREAM_FILE, "data", 4);
	add(0, 7, STREAM_MD5, "short", 5);
	add(0, 8, STREAM_FILE, "data", 4); /* data behind its digest */
	add_digest(0, 8, STREAM_MD5, DIGEST_MD5, "data", 4);
	add(0, 8, STREAM_FILE, "more", 4);
	add(0, 9, STREAM_FILE, "data", 4);
	ck_assert(!proof_is_past(proof, &jobs[0], 9));
	ck_assert(proof_is_past(proof, &jobs[0], 8));
	ck_assert(proof_is_behind(proof, &jobs[0], 8));
	ck_assert(!proof_is_behind(proof, &jobs[0], 9) && !proof_is_behind(proof, &jobs[0], 10));
	proof_damage(proof, &jobs[0], 9);
	add_digest(0, 9, STREAM_MD5, DIGEST_MD5, "data", 4);
	end();
	static const enum proof_verdict wanted[] = {
		PROOF_NO_CONTENT, PROOF_NO_CONTENT, PROOF_RIGHT, PROOF_WRONG,   PROOF_NO_DIGEST,
		PROOF_OPAQUE,     PROOF_WRONG,      PROOF_WRONG, PROOF_DAMAGED,
	};
	ck_assert_uint_eq(found_count, 9);
	for (size_t i = 0; i < 9; i++)
		ck_assert_msg(found[i].verdict == wanted[i], "file %zu: %d, not %d", i + 1, (int)found[i].verdict, (int)wanted[i]);
}
END_TEST

START_TEST(test_doubled)
{
	static const uint8_t first[] = "\0\0\0\0\0\0\0\0"
				       "\0\0\0\0\0\0\0\0"
				       "abc",
			     next[] = "\0\0\0\0\0\0\1\0"
				      "\0\0\0\0\0\0\1\0"
				      "def";

	begin(false);
	add(0, 1, STREAM_SPARSE, first, 19);
	add(0, 1, STREAM_SPARSE, next, 19);
	add_digest(0, 1, STREAM_MD5, DIGEST_MD5, "abcdef", 6);
	/* The same bytes, and they are meant. */
	add(0, 2, STREAM_SPARSE, first, 19);
	add_digest(0, 2, STREAM_MD5, DIGEST_MD5, first + 8, 11);
	/* Neither. */
	add(0, 3, STREAM_SPARSE, first, 19);
	add_digest(0, 3, STREAM_MD5, DIGEST_MD5, "abd", 3);
	end();
	ck_assert_int_eq(found[0].verdict, PROOF_RIGHT);
	ck_assert(found[0].doubled);
	ck_assert_int_eq(found[1].verdict, PROOF_RIGHT);
	ck_assert(!found[1].doubled);
	ck_assert_int_eq(found[2].verdict, PROOF_WRONG);
}
END_TEST

START_TEST(test_attributes)
{
	static const char record[] = "12 65539 /srv/a b\0P0A EkE IGk B A A A Ej BAA C Blxk Blxk Blxk A A C\0/target\0";
	struct attributes a;

	for (size_t len = 0; len < sizeof record; len++) {
		bool whole = attributes_read((struct span){(const uint8_t *)record, len}, &a);
		ck_assert_int_eq(whole, len >= 18);
		ck_assert_str_eq(a.name, whole ? "/srv/a b" : "");
	}
	ck_assert_int_eq(a.file_index, 12);
	ck_assert_uint_eq(a.type, 3); /* Bacula's flags above 16 bits are gone */
	ck_assert_uint_eq(a.size, 4 * 64 + 35);
	ck_assert(!attributes_read((struct span){(const uint8_t *)"12\0", 3}, &a));
	ck_assert(attributes_are(STREAM_ATTRIBUTES | 1u << 28) && attributes_are(STREAM_ATTRIBUTES_EX));
	ck_assert(!attributes_are(STREAM_FILE));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("proof");
	TCase *t = tcase_create("proof");

	tcase_add_loop_test(t, test_kinds, 0, DIGESTS);
	tcase_add_loop_test(t, test_counted, 0, 5);
	tcase_add_loop_test(t, test_large, 0, 8);
	tcase_add_test(t, test_all_digests);
	tcase_add_test(t, test_many_jobs);
	tcase_add_test(t, test_not_provable);
	tcase_add_test(t, test_doubled);
	tcase_add_test(t, test_attributes);
	suite_add_tcase(s, t);
	return check_run(s);
}
