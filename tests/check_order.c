/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a restore takes where it stands; labels that are of one job; restore objects. */
#include "prove/order.h"

#include "prove/object.h"
#include "prove/starts.h"
#include "volume_maker.h"

#include <libdeflate.h>

struct step {
	int32_t index;
	uint32_t stream;
	uint32_t len;
	enum order_fault fault;
};

static void walk(const struct step *steps, size_t count, bool known)
{
	struct order o = {0};

	for (size_t i = 0; i < count; i++) {
		char text[ORDER_FAULT_BYTES] = "";
		struct item it = {.kind = ITEM_RECORD, .file_index = steps[i].index, .stream = steps[i].stream, .len = steps[i].len};
		enum order_fault fault = order_add(&o, &it, known, text);

		ck_assert_msg(fault == steps[i].fault, "step %zu (stream %u): %d, not %d: %s", i, steps[i].stream, fault, steps[i].fault,
			      text);
		ck_assert((text[0] != '\0') == (fault != ORDER_RIGHT));
	}
}

#define WALK(known, ...) walk((const struct step[]){__VA_ARGS__}, sizeof((const struct step[]){__VA_ARGS__}) / sizeof(struct step), known)

/* restore-format.md 4.1: what real volumes have. */
START_TEST(test_right)
{
	WALK(true, {1, 1, 90, 0}, {1, 2, 9, 0}, {1, 2, 9, 0}, {1, 1008, 9, 0}, {1, 1998, 9, 0}, {1, 3, 16, 0}, {2, 1, 90, 0}, {3, 1, 90, 0},
	     {3, 10, 20, 0}, {4, 1, 90, 0}, {4, 22, 340, 0}, {4, 32, 99, 0}, {4, 32, 9, 0}, {4, 1998, 9, 0}, {4, 19, 322, 0},
	     {4, 17, 32, 0}, {5, 5, 90, 0}, {5, 31, 90, 0}, {5, 18, 64, 0}, {5, 1998, 9, 0}, {6, 26, 30, 0}, {6, 1, 90, 0},
	     {6, 6 | 1u << 28, 90, 0}, {6, 26, 5, 0}, {7, 28, 90, 0}, {8, 37, 90, 0}, {8, 40, 8, 0}, {9, 1, 90, 0}, {9, 2, 90, 0},
	     {9, 13, 90, 0}, {9, 14, 32, 0}, {9, 41, 16, 0}, {10, 1, 0, 0}, {10, 2, 0, 0}, {10, 39, 8, 0});
	/* On a second volume the attributes of the first file are on the one before. */
	WALK(false, {9, 2, 50, 0}, {9, 3, 16, 0}, {10, 1, 90, 0}, {10, 2, 50, 0});
	/* A foreign dump has none. */
	WALK(true, {1, 999, 16, 0}, {1, 2, 50, 0}, {1, 999, 16, 0}, {1, 2, 50, 0});
}
END_TEST

START_TEST(test_wrong)
{
	WALK(true, {1, 1, 90, 0}, {1, 2, 9, 0}, {1, 3, 16, 0}, {1, 2, 9, ORDER_SKIPPED}, {1, 3, 16, ORDER_SKIPPED});
	WALK(true, {1, 1, 90, 0}, {1, 3, 16, 0}, {1, 32, 9, ORDER_SKIPPED});
	WALK(true, {1, 1, 90, 0}, {1, 2, 9, 0}, {1, 29, 9, ORDER_PASSED});
	WALK(true, {1, 1, 90, 0}, {1, 2, 9, 0}, {1, 1998, 9, 0}, {1, 2, 9, ORDER_PASSED});
	WALK(true, {1, 1, 90, 0}, {1, 2, 9, 0}, {1, 5, 90, ORDER_SKIPPED});
	WALK(true, {1, 2, 9, ORDER_ORPHAN});
	WALK(true, {1, 1, 90, 0}, {2, 3, 16, ORDER_ORPHAN}, {2, 1008, 9, ORDER_ORPHAN});
	WALK(true, {1, 1, 90, 0}, {1, 300, 9, ORDER_SKIPPED});
	WALK(true, {1, 1, 90, 0}, {1, 3, 15, ORDER_SKIPPED});
	WALK(true, {1, 1, 90, 0}, {1, 40, 20, ORDER_SKIPPED});
	WALK(true, {1, 1, 90, 0}, {1, 2 | 1u << 26, 0, ORDER_SKIPPED});
	/* References of Bacula's deduplication are not for us to judge. */
	WALK(true, {1, 1, 90, 0}, {1, 29 | 1u << 24, 0, 0});
}
END_TEST

START_TEST(test_hollow)
{
	static const uint32_t streams[] = {4, 6, 7, 12, 29, 30, 31};

	for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++)
		WALK(true, {1, 1, 90, 0}, {1, streams[i], 50, 0}, {1, streams[i], 0, ORDER_SKIPPED}, {1, streams[i], 50, 0});
}
END_TEST

static struct session_label label_of(uint32_t job_id, const char *client)
{
	struct session_label l = {.id = "Bareos 2.0 immortal\n", .version = 20, .job_id = job_id, .type = 'B', .level = 'F'};

	snprintf(l.client, sizeof l.client, "%s", client);
	return l;
}

START_TEST(test_starts)
{
	struct session_label a = label_of(11, "fd"), b = label_of(12, "fd"), other = label_of(12, "df"), level = label_of(11, "fd");
	char text[STARTS_TEXT_BYTES];
	struct starts s = {0};

	level.level = 'I';
	ck_assert_int_eq(starts_begin(&s, &a, false, false, text), STARTS_RIGHT);
	starts_data(&s);
	ck_assert_int_eq(starts_end(&s, &level, text), STARTS_NOTE);
	ck_assert_int_eq(starts_end(&s, &b, text), STARTS_WRONG);
	ck_assert_int_eq(starts_end(&s, &a, text), STARTS_RIGHT);
	/* Again, and a copy's two. */
	ck_assert_int_eq(starts_begin(&s, &b, false, false, text), STARTS_NOTE);
	ck_assert_int_eq(starts_end(&s, &a, text), STARTS_WRONG);
	s = (struct starts){0};
	ck_assert_int_eq(starts_begin(&s, &b, false, false, text), STARTS_RIGHT);
	ck_assert_int_eq(starts_begin(&s, &a, false, false, text), STARTS_NOTE);
	ck_assert_int_eq(starts_end(&s, &b, text), STARTS_RIGHT);
	ck_assert_int_eq(starts_end(&s, &a, text), STARTS_RIGHT);
	ck_assert_int_eq(starts_end(&s, &other, text), STARTS_WRONG);
	/* The same twice, and one in the data. */
	s = (struct starts){0};
	ck_assert_int_eq(starts_begin(&s, &b, false, false, text), STARTS_RIGHT);
	ck_assert_int_eq(starts_begin(&s, &b, false, false, text), STARTS_WRONG);
	starts_data(&s);
	ck_assert_int_eq(starts_begin(&s, &a, false, false, text), STARTS_WRONG);
	s = (struct starts){0};
	ck_assert_int_eq(starts_begin(&s, NULL, true, false, text), STARTS_WRONG);
	/* Where a record broke off, another time tells of another run; the same label would be one that stands twice. */
	struct session_label later = b;
	later.time++;
	s = (struct starts){0};
	ck_assert_int_eq(starts_begin(&s, &b, false, false, text), STARTS_RIGHT);
	starts_data(&s);
	ck_assert_int_eq(starts_begin(&s, &b, true, true, text), STARTS_WRONG);
	ck_assert(!s.again);
	ck_assert_int_eq(starts_begin(&s, &later, true, true, text), STARTS_NOTE);
	ck_assert(s.again);
	/* Nothing to hold an end against. */
	s = (struct starts){0};
	ck_assert_int_eq(starts_end(&s, &a, text), STARTS_RIGHT);
}
END_TEST

/* Each field that two labels can disagree about. */
START_TEST(test_contradictions)
{
	struct session_label a = label_of(1, "fd"), b;

	ck_assert_ptr_null(label_contradiction(&a, &a));
#define OTHER(field)              \
	b = a;                    \
	memcpy(&b.field, "x", 1); \
	ck_assert_ptr_nonnull(label_contradiction(&a, &b))
	OTHER(id);
	OTHER(version);
	OTHER(job_id);
	OTHER(pool);
	OTHER(pool_type);
	OTHER(job_name);
	OTHER(client);
	OTHER(job);
	OTHER(fileset);
	OTHER(fileset_md5);
	OTHER(type);
#undef OTHER
	b = a;
	b.time++;
	b.job_bytes++;
	b.level = 'I';
	ck_assert_ptr_null(label_contradiction(&a, &b));
}
END_TEST

START_TEST(test_volume_labels)
{
	static const struct {
		const char *id;
		uint32_t version;
		const char *name;
		bool taken;
	} labels[] = {
		{"Bareos 2.0 immortal\n", 20, "vol", true},        {"Bacula 1.0 immortal\n", 11, "vol", true},
		{"Bacula 1.0 immortal\n", 10, "vol", true},        {"Bacula 1.0 Metadata\n", 10000, "vol", true},
		{"Bacula 1.0 immortal\n", 20, "vol", false},       {"Bareos 2.0 immortal\n", 11, "vol", false},
		{"Bareos 2.0 immortal", 20, "vol", false},         {"", 20, "vol", false},
		{"Bareos 2.0 immortal\n", 20, "", false},          {"Bareos 2.0 immortal\n", 20, "v\033l", false},
		{"Bareos 2.0 immortal\n", 20, "v\303\266l", true},
	};

	for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
		uint8_t data[256] = {0};
		struct wr w = wr_over(data, sizeof data);

		wr_bytes(&w, labels[i].id, strlen(labels[i].id) + 1);
		wr_be32(&w, labels[i].version);
		w.p += 32;
		wr_bytes(&w, labels[i].name, strlen(labels[i].name) + 1);
		w.p += 8;
		size_t n = (size_t)(w.p - data);
		ck_assert_msg((label_volume_fault((struct span){data, n}) == NULL) == labels[i].taken, "label %zu", i);
		ck_assert_ptr_nonnull(label_volume_fault((struct span){data, n - 1}));
	}
}
END_TEST

/* An object of 5000 bytes behind a header that says stored, full, compression; every way of cutting it. */
START_TEST(test_objects)
{
	struct codec_ctx *ctx = codec_ctx_new();
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
	uint8_t plain[5000], payload[6000], record[6200];
	char text[OBJECT_FAULT_BYTES];

	sample_fill(plain, sizeof plain, SAMPLE_TEXT, 1);
	size_t n = libdeflate_zlib_compress(c, plain, sizeof plain, payload, sizeof payload);
	const struct {
		long long stored, full, compression;
		enum object_verdict verdict;
	} cases[] = {
		{(long long)n, 5000, 1, OBJECT_RIGHT},
		{(long long)n, 5001, 1, OBJECT_WRONG},
		{(long long)n, 4999, 1, OBJECT_WRONG},
		{(long long)n, 0, 1, OBJECT_WRONG},
		{(long long)n + 2, 5000, 1, OBJECT_WRONG},
		{(long long)n - 1, 5000, 1, OBJECT_WRONG},
		{(long long)n, (long long)n, 0, OBJECT_RIGHT},
		{(long long)n, 5000, 0, OBJECT_WRONG},
		{(long long)n, 5000, 2, OBJECT_UNKNOWN},
		{(long long)n, 100000000000, 1, OBJECT_WRONG},
		{-1, 5000, 1, OBJECT_UNKNOWN},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t at = (size_t)sprintf((char *)record, "2 25 1 %lld %lld %lld plug%cobject%c", cases[i].stored, cases[i].full,
					    cases[i].compression, 0, 0);
		memcpy(record + at, payload, n);
		record[at + n] = 0;
		enum object_verdict v = object_judge(ctx, (struct span){record, at + n + 1}, text);
		ck_assert_msg(v == cases[i].verdict, "case %zu: %d: %s", i, v, text);
		for (size_t len = 0; i == 0 && len < at + n; len++)
			ck_quick(object_judge(ctx, (struct span){record, len}, text) == (len < at ? OBJECT_UNKNOWN : OBJECT_WRONG));
		for (size_t k = at + n - 4; i == 0 && k < at + n; k++) { /* its checksum: elsewhere a bit may mean nothing */
			record[k] ^= 1;
			ck_quick(object_judge(ctx, (struct span){record, at + n + 1}, text) == OBJECT_WRONG);
			record[k] ^= 1;
		}
	}
	libdeflate_free_compressor(c);
	codec_ctx_free(ctx);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("order");
	TCase *t = tcase_create("order");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_right);
	tcase_add_test(t, test_wrong);
	tcase_add_test(t, test_hollow);
	tcase_add_test(t, test_starts);
	tcase_add_test(t, test_contradictions);
	tcase_add_test(t, test_volume_labels);
	tcase_add_test(t, test_objects);
	suite_add_tcase(s, t);
	return check_run(s);
}
