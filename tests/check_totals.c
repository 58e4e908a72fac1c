/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a job's records add up to, and whether its end says so. */
#include "prove/totals.h"

#include "volume_maker.h"

static struct totals t;
static bool hurt;
static struct volume_info volumes[2] = {{.index = 0}, {.index = 1}};

static void setup(void)
{
	t = (struct totals){0};
	hurt = false;
}

static struct item item_of(int32_t file_index, uint32_t len)
{
	return (struct item){.kind = ITEM_RECORD, .file_index = file_index, .len = len, .form = {.version = 2}};
}

/* Read, and written twice as long. */
static void record(int32_t file_index, uint32_t len)
{
	struct item it = item_of(file_index, len);

	totals_read(&t, &it);
	totals_wrote(&t, &it, 1, 2 * (uint64_t)len);
}

static void cut_record(int32_t file_index, bool head, bool tail, bool written)
{
	struct item it = item_of(file_index, 10);

	it.head_missing = head;
	it.tail_missing = tail;
	totals_read(&t, &it);
	totals_wrote(&t, &it, written, 10);
}

static void start(void)
{
	record(LABEL_SESSION_START, 100);
}

static void block_on(unsigned volume, uint32_t number)
{
	struct item it = {.kind = ITEM_BLOCK, .volume = &volumes[volume], .number = number, .form = {.version = 2}};

	totals_block(&t, &it);
}

static void block(uint32_t number)
{
	block_on(0, number);
}

/* The verdict over an end that says so, and what is to be written; ends the run. */
static enum totals_verdict end(uint64_t bytes, uint32_t files, struct outrecord_totals *to)
{
	struct session_label l = {.has_totals = true, .job_bytes = bytes, .job_files = files};
	enum totals_verdict verdict = totals_judge(&t, &l, hurt);

	*to = (struct outrecord_totals){77, 77};
	bool known = totals_of_written(&t, verdict, &l, to);

	ck_assert_int_eq(known, verdict != TOTALS_PART);
	char text[300];

	totals_describe(&t, verdict, &l, text, sizeof text);
	if (verdict == TOTALS_STALE)
		ck_assert_ptr_eq(strstr(text, "has an end-of-session label that counts "), text);
	if (verdict == TOTALS_SHORT)
		ck_assert_ptr_eq(strstr(text, "the end-of-session label counts "), text);
	if (verdict == TOTALS_RIGHT || verdict == TOTALS_LOST)
		ck_assert_str_eq(text, "");
	totals_end(&t);
	return verdict;
}

#define EXPECT(verdict, says_bytes, says_files, writes_bytes, writes_files)  \
	do {                                                                 \
		struct outrecord_totals to;                                  \
		ck_assert_int_eq(end(says_bytes, says_files, &to), verdict); \
		ck_assert_uint_eq(to.bytes, writes_bytes);                   \
		ck_assert_uint_eq(to.files, writes_files);                   \
	} while (0)

static void whole_job(void)
{
	start();
	record(1, 30);
	record(1, 100);
	record(2, 50);
}

START_TEST(test_right)
{
	whole_job();
	EXPECT(TOTALS_RIGHT, 180, 2, 360, 2);
	start();
	EXPECT(TOTALS_RIGHT, 0, 0, 0, 0); /* a run without files */
	setup();
	start();
	EXPECT(TOTALS_RIGHT, 0, 0, 0, 0);
}
END_TEST

START_TEST(test_stale)
{
	static const uint64_t says[] = {0, 179, 181, UINT64_MAX};

	for (size_t i = 0; i < 4; i++) {
		setup();
		whole_job();
		EXPECT(TOTALS_STALE, says[i], 2, 360, 2);
	}
	setup();
	whole_job();
	EXPECT(TOTALS_STALE, 180, 1, 360, 2);
}
END_TEST

/* Fewer bytes than the label counts are stale, unless something else shows that they are missing. */
START_TEST(test_short)
{
	whole_job();
	EXPECT(TOTALS_SHORT, 180, 3, 360, 2);
	setup();
	whole_job();
	record(5, 1); /* 3 and 4 are not here */
	EXPECT(TOTALS_SHORT, 182, 5, 362, 5);
	setup();
	start();
	record(2, 5);
	EXPECT(TOTALS_SHORT, 6, 2, 10, 2);
	setup();
	block(0);
	start();
	record(1, 5);
	block(2);
	record(1, 5);
	EXPECT(TOTALS_SHORT, 11, 1, 20, 1);
	/* Left out in order, and counted so; or inflated besides: that cannot be told. */
	setup();
	whole_job();
	record(5, 1);
	EXPECT(TOTALS_RIGHT, 181, 5, 362, 5);
	setup();
	whole_job();
	record(5, 1);
	EXPECT(TOTALS_PART, 100, 5, 77, 77);
}
END_TEST

START_TEST(test_block_numbers)
{
	/* Spooling begins anew; what lies before the start of the job says nothing of it. */
	block(0);
	block(7);
	start();
	block(8);
	block(0);
	block(0);
	block(1);
	record(1, 5);
	EXPECT(TOTALS_STALE, 6, 1, 10, 1);
	struct item it = {.kind = ITEM_BLOCK, .volume = &volumes[0], .number = 99, .form = {.version = 1}};

	start();
	totals_block(&t, &it);
	record(1, 5);
	EXPECT(TOTALS_STALE, 6, 1, 10, 1);
}
END_TEST

/* A set of which one volume was converted alone: the numbers of its blocks end too early.  Where a record goes on, nothing is
 * between. */
START_TEST(test_volumes)
{
	struct item it = item_of(1, 5);

	for (unsigned cuts = 0; cuts < 2; cuts++) {
		setup();
		block_on(0, 0);
		start();
		it.cuts = cuts;
		totals_read(&t, &it);
		totals_wrote(&t, &it, 1, 10);
		block_on(1, 9);
		record(1, 5);
		EXPECT(cuts ? TOTALS_STALE : TOTALS_PART, 11, 1, cuts ? 20 : 77, cuts ? 1 : 77);
	}
	/* The last block stands again in front of it. */
	setup();
	block_on(0, 0);
	start();
	it.cuts = 1;
	totals_read(&t, &it);
	totals_wrote(&t, &it, 1, 10);
	struct item again = {.kind = ITEM_BLOCK, .volume = &volumes[1], .number = 0, .form = {.version = 2}, .again = true};

	totals_block(&t, &again);
	block_on(1, 9);
	record(1, 5);
	EXPECT(TOTALS_STALE, 11, 1, 20, 1);
	/* Only the volume change behind that record. */
	setup();
	block_on(0, 0);
	start();
	it.cuts = 1;
	totals_read(&t, &it);
	block_on(1, 1);
	block_on(0, 9);
	EXPECT(TOTALS_PART, 6, 1, 77, 77);
}
END_TEST

/* Another volume of the set converted alone. */
START_TEST(test_part)
{
	record(7, 100);
	EXPECT(TOTALS_PART, 1000, 7, 77, 77);
	setup();
	cut_record(7, true, false, true);
	record(8, 10);
	EXPECT(TOTALS_PART, 20, 8, 77, 77);
	setup();
	start();
	cut_record(1, false, true, true);
	EXPECT(TOTALS_PART, 10, 1, 77, 77);
}
END_TEST

/* What is left out is not counted; where damage was, the label is that of what is written. */
START_TEST(test_lost)
{
	struct item it = item_of(2, 40);

	whole_job();
	hurt = true;
	EXPECT(TOTALS_LOST, 500, 9, 360, 2);
	setup();
	whole_job();
	it.file_index = 3;
	totals_read(&t, &it);
	hurt = true;
	EXPECT(TOTALS_RIGHT, 220, 3, 360, 2); /* all was read; the last file was left out */
	setup();
	start();
	record(1, 10);
	cut_record(2, false, true, false);
	hurt = true;
	EXPECT(TOTALS_LOST, 500, 9, 20, 1);
	setup();
	start();
	cut_record(1, false, true, true);
	hurt = true;
	EXPECT(TOTALS_PART, 500, 9, 77, 77);
	setup();
	record(1, 10);
	hurt = true;
	EXPECT(TOTALS_PART, 500, 9, 77, 77);
}
END_TEST

/* A job that ran twice under one session: each end counts its own. */
START_TEST(test_rerun)
{
	whole_job();
	EXPECT(TOTALS_RIGHT, 180, 2, 360, 2);
	start();
	record(9, 20); /* behind a gap */
	record(10, 1);
	EXPECT(TOTALS_RIGHT, 21, 10, 42, 10);
	setup();
	whole_job();
	EXPECT(TOTALS_RIGHT, 180, 2, 360, 2);
	start();
	record(4, 20);
	EXPECT(TOTALS_RIGHT, 20, 1, 40, 1); /* JobFiles of its own, too */
	start();
	record(5, 3);
	record(7, 3);
	EXPECT(TOTALS_SHORT, 7, 7, 12, 7);
	/* A second end, and what stands behind an end, belong to no run. */
	EXPECT(TOTALS_PART, 7, 7, 77, 77);
	record(8, 3);
	EXPECT(TOTALS_PART, 3, 8, 77, 77);
}
END_TEST

/* A start that is there twice: the end counts either what follows the last one, or all. */
START_TEST(test_two_starts)
{
	start();
	whole_job();
	EXPECT(TOTALS_RIGHT, 180, 2, 360, 2);
	setup();
	whole_job();
	start();
	record(3, 7);
	EXPECT(TOTALS_RIGHT, 187, 3, 374, 3);
	setup();
	whole_job();
	start();
	record(3, 7);
	EXPECT(TOTALS_RIGHT, 7, 3, 14, 3);
	setup();
	whole_job();
	start();
	record(3, 7);
	EXPECT(TOTALS_PART, 100, 3, 77, 77);
}
END_TEST

/* No sum wraps. */
START_TEST(test_no_wrap)
{
	start();
	t.read = UINT64_MAX - 5;
	t.written = UINT64_MAX - 5;
	record(1, 3);
	ck_assert(t.uncounted);
	ck_assert_uint_eq(t.written, UINT64_MAX);
	EXPECT(TOTALS_PART, 4, 1, 77, 77);
	start();
	t.read = t.written = UINT64_MAX - 5;
	start();
	record(1, 6);
	EXPECT(TOTALS_PART, 0, 1, 77, 77);
	start();
	record(INT32_MAX, 1);
	record(1, 1);
	record(INT32_MAX, 1);
	EXPECT(TOTALS_RIGHT, 3, INT32_MAX, 6, INT32_MAX);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("totals");
	TCase *tc = tcase_create("totals");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, test_right);
	tcase_add_test(tc, test_stale);
	tcase_add_test(tc, test_short);
	tcase_add_test(tc, test_block_numbers);
	tcase_add_test(tc, test_volumes);
	tcase_add_test(tc, test_part);
	tcase_add_test(tc, test_lost);
	tcase_add_test(tc, test_rerun);
	tcase_add_test(tc, test_two_starts);
	tcase_add_test(tc, test_no_wrap);
	suite_add_tcase(s, tc);
	return check_run(s);
}
