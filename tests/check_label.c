/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labels of every version, cut at every byte; totals; who wrote them. */
#include "format/label.h"

#include "volume_maker.h"

static const uint32_t versions[] = {20, 11, 10, 9};

static const char *id_of(uint32_t version)
{
	return version == 20 ? MK_BAREOS : MK_BACULA;
}

START_TEST(test_volume)
{
	for (int i = 0; i < 4; i++) {
		struct mk m = {0};
		struct volume_label l;
		uint32_t v = versions[i];
		mk_volume_label_data(&m, id_of(v), v, "Full-0001", "23.0.1 (15 December 2023)");
		ck_assert(label_read_volume((struct span){m.p, m.len}, &l));
		ck_assert_str_eq(l.id, id_of(v));
		ck_assert_uint_eq(l.version, v);
		ck_assert(l.label_time == (v >= 11 ? 1700000000000001 : 0));
		ck_assert(l.write_time == (v >= 11 ? 1700000000000002 : 0));
		ck_assert_str_eq(l.volume, "Full-0001");
		ck_assert_str_eq(l.pool, "Full");
		ck_assert_str_eq(l.media_type, "File");
		ck_assert_str_eq(l.host, "host.example");
		ck_assert_str_eq(l.program, "bareos-sd");
		ck_assert_str_eq(l.program_version, "23.0.1 (15 December 2023)");
		ck_assert_str_eq(l.program_date, "01 January 2024");
		/* volume-format.md 3.2: where things are with an Id of 20 characters */
		ck_assert_uint_eq(mk_get32(m.p + 21), v);
		ck_assert_str_eq((char *)m.p + 57, "Full-0001");
		for (size_t n = 0; n < m.len; n++) {
			struct guarded g = guarded_copy(m.p, n);
			ck_quick(!label_read_volume((struct span){g.p, n}, &l));
			guarded_free(&g);
		}
		mk_put(&m, "Bacula's further fields", 20);
		ck_assert(label_read_volume((struct span){m.p, m.len}, &l));
		mk_free(&m);
	}
}
END_TEST

START_TEST(test_session)
{
	const struct mk_totals totals = {.files = 7, .bytes = 0x123456789a, .start = 0x100000002, .end = 0x300000004, .errors = 5};
	for (int i = 0; i < 4; i++) {
		for (int end = 0; end < 2; end++) {
			struct mk m = {0};
			struct session_label l;
			uint32_t v = versions[i];
			mk_session_label_data(&m, id_of(v), v, 1234, end ? &totals : NULL);
			ck_assert(label_read_session((struct span){m.p, m.len}, end, &l));
			ck_assert_str_eq(l.id, id_of(v));
			ck_assert_uint_eq(l.version, v);
			ck_assert_uint_eq(l.job_id, 1234);
			ck_assert(l.time == (v >= 11 ? 1700000000000003 : 0));
			ck_assert_str_eq(l.pool, "Full");
			ck_assert_str_eq(l.job_name, "backup-job");
			ck_assert_str_eq(l.client, "client-fd");
			ck_assert_str_eq(l.job, v >= 10 ? "backup-job.2024-01-01_00.00.00_04" : "");
			ck_assert_str_eq(l.fileset, v >= 10 ? "SelfTest" : "");
			ck_assert_uint_eq(l.type, v >= 10 ? 'B' : 0);
			ck_assert_uint_eq(l.level, v >= 10 ? 'F' : 0);
			ck_assert_int_eq(l.has_totals, end);
			if (end) {
				ck_assert_uint_eq(l.totals_at, m.len - (v >= 11 ? 36 : 32));
				ck_assert_uint_eq(l.job_files, 7);
				ck_assert(l.job_bytes == 0x123456789a);
				ck_assert_uint_eq(l.start_file, 1);
				ck_assert_uint_eq(l.start_block, 2);
				ck_assert_uint_eq(l.end_file, 3);
				ck_assert_uint_eq(l.end_block, 4);
				ck_assert_uint_eq(l.errors, 5);
				ck_assert_uint_eq(l.status, v >= 11 ? 'T' : 0);
			}
			for (size_t n = 0; n < m.len; n++) {
				struct guarded g = guarded_copy(m.p, n);
				ck_quick(!label_read_session((struct span){g.p, n}, end, &l));
				ck_quick(!l.has_totals);
				guarded_free(&g);
			}
			mk_free(&m);
		}
	}
}
END_TEST

START_TEST(test_patch)
{
	for (int i = 0; i < 4; i++) {
		struct mk m = {0}, want = {0};
		struct session_label l, back;
		uint32_t v = versions[i];
		mk_session_label_data(&m, id_of(v), v, 9, &(struct mk_totals){7, 1000, 1, 2, 3});
		mk_session_label_data(&want, id_of(v), v, 9,
				      &(struct mk_totals){7, 0xfedcba9876543210, 0x1111111122222222, 0x3333333344444444, 3});
		ck_assert(label_read_session((struct span){m.p, m.len}, true, &l));
		struct guarded g = guarded_copy(m.p, m.len);
		label_patch_totals(g.p, g.len, &l); /* unchanged */
		ck_assert_mem_eq(g.p, m.p, m.len);
		l.job_bytes = 0xfedcba9876543210;
		l.start_file = 0x11111111;
		l.start_block = 0x22222222;
		l.end_file = 0x33333333;
		l.end_block = 0x44444444;
		l.errors = 99; /* not written */
		l.status = 99;
		label_patch_totals(g.p, g.len, &l);
		ck_assert_mem_eq(g.p, want.p, want.len);
		ck_assert(label_read_session((struct span){g.p, g.len}, true, &back));
		ck_assert_uint_eq(back.errors, 3);
		guarded_free(&g);
		mk_free(&m);
		mk_free(&want);
	}
}
END_TEST

/* Names longer than any product's are cut, not overrun. */
START_TEST(test_long_names)
{
	char name[3000];
	struct mk m = {0};
	struct volume_label l;
	memset(name, 'x', sizeof name);
	name[sizeof name - 1] = 0;
	mk_volume_label_data(&m, name, 20, name, name);
	ck_assert(label_read_volume((struct span){m.p, m.len}, &l));
	ck_assert_uint_eq(strlen(l.volume), LABEL_NAME_BYTES - 1);
	ck_assert_uint_eq(strlen(l.id), sizeof l.id - 1);
	ck_assert_uint_eq(strlen(l.program_version), sizeof l.program_version - 1);
	ck_assert_str_eq(l.pool, "Full");
	mk_free(&m);
}
END_TEST

START_TEST(test_product)
{
	static const struct {
		const char *id, *program_version;
		unsigned block;
		enum product product;
	} cases[] = {
		{MK_BAREOS, "26.0.0~pre1 (01 January 2026)", 2, PRODUCT_BAREOS},
		{MK_BAREOS, "Ver. 23.0.1", 2, PRODUCT_BAREOS},
		{MK_BAREOS, "", 2, PRODUCT_BAREOS},
		{MK_BACULA, "Ver. 22.1.3 (14 March 2024)", 2, PRODUCT_BAREOS_22},
		{MK_BACULA, "16.2.4 (01 July 2016)", 2, PRODUCT_BAREOS_22},
		{MK_BACULA, "Ver. 9.6.7 (10 December 2020)", 2, PRODUCT_BACULA},
		{MK_BACULA, "Ver. 13.0.4 (12 February 2024)", 2, PRODUCT_BACULA},
		{MK_BACULA, "15.0.3 (25 March 2025)", 2, PRODUCT_BACULA},
		{MK_BACULA, "15.0.3 (25 March 2025)", 3, PRODUCT_BACULA},
		{MK_BACULA, "99.0.0", 3, PRODUCT_BACULA},
		{MK_BACULA, "", 2, PRODUCT_BACULA},
		{MK_BACULA, "no number", 1, PRODUCT_BACULA},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct volume_label l = {0};
		snprintf(l.id, sizeof l.id, "%s", cases[i].id);
		snprintf(l.program_version, sizeof l.program_version, "%s", cases[i].program_version);
		ck_assert_msg(label_product(&l, cases[i].block) == cases[i].product, "%s", cases[i].program_version);
		ck_assert_ptr_null(label_special_kind(&l));
	}
	ck_assert_str_eq(product_name(PRODUCT_BAREOS), "bareos");
	ck_assert_str_eq(product_name(PRODUCT_BAREOS_22), "bareos-22");
	ck_assert_str_eq(product_name(PRODUCT_BACULA), "bacula");
	ck_assert_str_eq(product_name(PRODUCT_ANY), "any");
	static const char *const special[] = {"Bacula 1.0 Metadata\n", "Bacula 1.0 Aligned Data\n", "Bacula 1.0 Dedup Metadata\n",
					      "Bacula 1.0 S3 Cloud Data\n"};
	for (size_t i = 0; i < 4; i++) {
		struct volume_label l = {0};
		snprintf(l.id, sizeof l.id, "%s", special[i]);
		ck_assert_ptr_nonnull(label_special_kind(&l));
	}
	ck_assert(label_is_volume(-1) && label_is_volume(-2));
	ck_assert(!label_is_volume(-3) && !label_is_volume(-4) && !label_is_volume(0) && !label_is_volume(1));
}
END_TEST

START_TEST(test_noise)
{
	for (uint64_t i = 0; i < 20000; i++) {
		struct guarded g = guarded_new(1 + (size_t)i % 300);
		struct volume_label v;
		struct session_label l;
		struct span s = {g.p, g.len};
		sample_fill(g.p, g.len, i % 2 ? SAMPLE_RANDOM : SAMPLE_ZERO, i);
		if (i % 4 == 0)
			g.p[i / 4 % g.len] = 20;
		(void)label_read_volume(s, &v);
		if (label_read_session(s, i % 3, &l) && l.has_totals)
			label_patch_totals(g.p, g.len, &l);
		guarded_free(&g);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("label");
	TCase *t = tcase_create("label");
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_volume);
	tcase_add_test(t, test_session);
	tcase_add_test(t, test_patch);
	tcase_add_test(t, test_long_names);
	tcase_add_test(t, test_product);
	tcase_add_test(t, test_noise);
	suite_add_tcase(s, t);
	return check_run(s);
}
