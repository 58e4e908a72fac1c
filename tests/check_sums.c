/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files of a slot are counted ahead: those that are whole in it, of jobs that are proved, by their data without addresses. */
#include "pipeline/sums.h"

#include "base/digest.h"
#include "format/stream.h"
#include "guarded.h"
#include "pipeline/slot.h"

#define DATA_BYTES 3000u
#define MANY (SLOT_ITEMS + 16)
#define OTHER_STREAM 1998u /* an access list, or the like */

static struct job jobs[2] = {{.index = 0}, {.index = 1}};
static struct item items[SLOT_ITEMS];
static struct converted done[SLOT_ITEMS];
static struct outrecord records[SLOT_ITEMS];
static size_t count;
static uint8_t data[DATA_BYTES];
static uint8_t value[DIGEST_MAX_BYTES];
static bool wanted[2];
static struct sums *sums;

static bool proves(void *arg, const struct job *job)
{
	ck_assert_ptr_eq(arg, wanted);
	return wanted[job->index];
}

static const struct observer observer = {.arg = wanted, .proves = proves};

static void begin(void)
{
	uint64_t seed = 3;
	for (size_t i = 0; i < DATA_BYTES; i++)
		data[i] = (uint8_t)sample_next(&seed);
	count = 0;
	wanted[0] = wanted[1] = true;
	sums = sums_new(&observer);
	ck_assert_ptr_nonnull(sums);
}

/* head: bytes of the record that stand apart */
static size_t add(unsigned job, int32_t index, uint32_t stream, size_t from, size_t len, size_t head)
{
	ck_assert_uint_lt(count, SLOT_ITEMS);
	items[count] = (struct item){.kind = ITEM_RECORD, .job = &jobs[job], .file_index = index, .stream = stream, .len = (uint32_t)len};
	done[count] = (struct converted){.status = STAGE_DONE, .first = count, .count = 1};
	records[count] = (struct outrecord){
		.stream = stream, .len = (uint32_t)len, .head = {data + from, head}, .body = {data + from + head, len - head}};
	return count++;
}

static size_t add_file(unsigned job, int32_t index, size_t from, size_t len)
{
	add(job, index, STREAM_ATTRIBUTES, 0, 40, 0);
	add(job, index, STREAM_FILE, from, len / 2, 0);
	add(job, index, STREAM_FILE, from + len / 2, len - len / 2, 0);
	return add(job, index, STREAM_MD5, 0, 16, 0);
}

static void run(void)
{
	sums_count(sums, items, done, count, records);
}

static void expect(size_t at, size_t from, size_t len)
{
	struct digest *d = digest_new(DIGEST_MD5);
	digest_add(d, data + from, len);
	digest_value(d, value);
	digest_free(d);
	ck_assert_ptr_nonnull(done[at].counted.md5);
	ck_assert_mem_eq(done[at].counted.md5, value, 16);
	ck_assert_uint_eq(done[at].counted.bytes, len);
}

static void expect_none(void)
{
	for (size_t i = 0; i < count; i++)
		ck_assert_ptr_null(done[i].counted.md5);
	sums_free(sums);
}

START_TEST(test_files)
{
	size_t at[100];
	begin();
	for (int32_t i = 0; i < 100; i++) {
		at[i] = add_file(i % 2, i + 1, (size_t)i * 10, (size_t)i * 19);
		items[count] = (struct item){.kind = ITEM_BLOCK};
		count++;
	}
	run();
	for (size_t i = 0; i < 100; i++)
		expect(at[i], i * 10, i * 19);
	sums_free(sums);
}
END_TEST

/* A slot that was used is as good as new, and what was counted in it is not taken for what is. */
START_TEST(test_again)
{
	begin();
	add_file(0, 1, 0, 200);
	run();
	count = 0;
	size_t at = add_file(0, 2, 7, 300);
	run();
	expect(at, 7, 300);
	sums_free(sums);
}
END_TEST

/* Addresses are no content, wherever they stand; other records of the file are none. */
START_TEST(test_addresses)
{
	begin();
	add(0, 1, STREAM_ATTRIBUTES, 0, 40, 0);
	add(0, 1, STREAM_SPARSE, 92, 508, 8);
	add(0, 1, OTHER_STREAM, 5, 20, 0);
	size_t at = add(0, 1, STREAM_MD5, 0, 16, 0);
	add(0, 2, STREAM_ATTRIBUTES, 0, 40, 0);
	add(0, 2, STREAM_SPARSE, 92, 508, 0);
	size_t second = add(0, 2, STREAM_MD5, 0, 16, 0);
	run();
	expect(at, 100, 500);
	expect(second, 100, 500);
	sums_free(sums);
}
END_TEST

enum fault { UNPROVED, NO_ATTRIBUTES, OTHER_JOB, OTHER_FILE, HEAD_MISSING, TAIL_MISSING, NOT_DECODED, DAMAGE, OTHER_DIGEST, FAULTS };

START_TEST(test_not_counted)
{
	begin();
	size_t at = add_file(0, 5, 0, 100);
	struct item *data_record = &items[at - 1];
	switch ((enum fault)_i) {
	case UNPROVED: wanted[0] = false; break;
	case NO_ATTRIBUTES: items[at - 3].stream = STREAM_FILE; break;
	case OTHER_JOB: data_record->job = &jobs[1]; break;
	case OTHER_FILE: data_record->file_index = 6; break;
	case HEAD_MISSING: data_record->head_missing = true; break;
	case TAIL_MISSING: data_record->tail_missing = true; break;
	case NOT_DECODED: done[at - 1].status = STAGE_DAMAGE; break;
	case DAMAGE: data_record->kind = ITEM_DAMAGE; break;
	case OTHER_DIGEST: items[at].stream = STREAM_SHA1; break;
	case FAULTS: break;
	}
	run();
	expect_none();
}
END_TEST

/* Of more records than it can keep those that fit are counted. */
START_TEST(test_full)
{
	static struct outrecord many[MANY];
	begin();
	size_t first = add_file(0, 1, 0, 100), second = add_file(0, 2, 0, 100);
	for (size_t i = 0; i < MANY; i++)
		many[i] = (struct outrecord){.stream = STREAM_FILE, .len = 2, .body = {data, 2}};
	for (size_t i = 0; i < count; i++)
		many[i] = records[i];
	done[second - 1].count = MANY - done[second - 1].first;
	sums_count(sums, items, done, count, many);
	expect(first, 0, 100);
	ck_assert_ptr_null(done[second].counted.md5);
	sums_free(sums);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sums");
	TCase *t = tcase_create("sums");
	tcase_add_test(t, test_files);
	tcase_add_test(t, test_again);
	tcase_add_test(t, test_addresses);
	tcase_add_loop_test(t, test_not_counted, 0, FAULTS);
	tcase_add_test(t, test_full);
	suite_add_tcase(s, t);
	return check_run(s);
}
