/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows against blocks: what a restore would miss, and why. */
#include "catalog/cover.h"
#include "catalog/fit.h"

#include "volume_maker.h"

#define MEDIA 5u

/* One volume of six blocks of 100 bytes behind a label of 100: A A B A B B; A has files 1 to 6, B 1 to 3, and B's first block labels alone. */
static const struct {
	uint64_t start;
	uint32_t session;
	int32_t first, last;
} blocks[] = {{100, 1, 1, 2}, {200, 1, 2, 4}, {300, 2, 0, 0}, {400, 1, 4, 6}, {500, 2, 1, 2}, {600, 2, 2, 3}};

static struct rows rows;
static struct rows_media media[2];
static struct rows_job jobs[4];
static struct rows_jobmedia jobmedia[8];
static struct mapped_volume *v;
static struct fit *fit;

static void row(uint64_t job, uint64_t on, int32_t first, int32_t last, uint64_t start, uint64_t end)
{
	size_t n = rows.jobmedia_count++;
	jobmedia[n] = (struct rows_jobmedia){.id = n + 1,
					     .job_id = job,
					     .media_id = on,
					     .vol_index = n + 1,
					     .at = {.first = first, .last = last, .start = start, .end = end}};
}

static void setup(void)
{
	static const struct rows_media volume = {.id = MEDIA, .bytes = 700, .name = "V", .status = "Append"};
	rows = (struct rows){.version = 2250, .media = media, .jobs = jobs, .jobmedia = jobmedia, .media_count = 1, .job_count = 2};
	media[0] = volume;
	media[1] = (struct rows_media){.id = 9, .name = "W", .status = "Full"};
	jobs[0] = (struct rows_job){.id = 1, .files = 6, .session_id = 1, .session_time = 50, .job = "A"};
	jobs[1] = (struct rows_job){.id = 2, .files = 3, .session_id = 2, .session_time = 50, .job = "B"};
	jobs[2] = (struct rows_job){.id = 3, .session_id = 2, .session_time = 50, .job = "copies B"};
	v = mapped_new();
	snprintf(v->new_name, sizeof v->new_name, "V");
	snprintf(v->name, sizeof v->name, "V");
}

static void teardown(void)
{
	fit_free(fit);
	fit = NULL;
	mapped_free(v);
}

static void add_blocks(enum mapped_side side)
{
	struct err e = {0};
	const struct mapped_range label = {.start = 0, .end = 99, .blocks = 1};
	ck_assert_int_eq(mapped_add(v, side, 0, 0, &label, &e), 0);
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
		const struct mapped_range b = {.start = blocks[i].start,
					       .end = blocks[i].start + 99,
					       .first = blocks[i].first,
					       .last = blocks[i].last,
					       .blocks = 1};
		ck_assert_int_eq(mapped_add(v, side, blocks[i].session, 50, &b, &e), 0);
	}
	v->side[MAPPED_NEW].bytes = 700;
}

/* As the volume is read, block by block. */
static void read_volume(void)
{
	struct err e = {0};
	add_blocks(MAPPED_NEW);
	fit = fit_new(&rows);
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
		const struct mapped_range b = {.start = blocks[i].start,
					       .end = blocks[i].start + 99,
					       .first = blocks[i].first,
					       .last = blocks[i].last,
					       .blocks = 1};
		const struct mapped_session *s = mapped_find(v, blocks[i].session, 50);
		ck_assert_int_eq(fit_block(fit, v, s, &b, false, &e), 0);
	}
	ck_assert_int_eq(fit_end(fit, v, &e), 0);
	ck_assert_int_eq(fit_finish(fit, &e), 0);
}

/* "1-3,7" */
static const char *text_of(const struct indexes *files)
{
	static char text[128];
	size_t n = 0;
	text[0] = '\0';
	for (size_t i = 0; i < files->count; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%d-%d", i ? "," : "", files->ranges[i].first, files->ranges[i].last);
	return text;
}

static void sound_rows(void)
{
	row(1, MEDIA, 1, 6, 100, 499);
	row(2, MEDIA, 1, 3, 300, 699);
}

static void expect(size_t job, const char *missed)
{
	const struct faults_job *j = fit_job(fit, job);
	ck_assert_ptr_nonnull(j);
	ck_assert_str_eq(text_of(&j->missed), missed);
}

static const struct fault *fault(size_t job, size_t index)
{
	const struct faults_job *j = fit_job(fit, job);
	ck_assert_uint_gt(j->count, index);
	return &j->faults[index];
}

START_TEST(test_sound)
{
	sound_rows();
	read_volume();
	expect(0, "");
	expect(1, "");
	ck_assert_ptr_null(fit_job(fit, 2));
	ck_assert_ptr_null(fit_stranger(fit, 0));
	ck_assert_int_eq(fit_volume(fit, 0)->size, FIT_SAME);
	ck_assert(fit_all(fit));
}
END_TEST

/* Every form that is right: formats/catalog-facts.md 5.2. */
START_TEST(test_right_forms)
{
	static const struct rows_place forms[][3] = {
		{{1, 2, 100, 199}, {2, 4, 200, 299}, {4, 6, 400, 499}}, /* partition */
		{{1, 3, 100, 499}, {3, 5, 100, 499}, {5, 6, 100, 499}}, /* whole */
		{{1, 6, 0, INT64_MAX}, {1, 6, 0, INT64_MAX}, {1, 6, 0, INT64_MAX}},
		{{1, 2, 100, 299}, {2, 4, 100, 299}, {4, 6, 200, 499}}, /* exact: they share blocks */
		{{1, 2, 100, 250}, {2, 4, 200, 350}, {4, 6, 300, 600}}, /* ends within a block, and a start of another job's block */
		{{4, 6, 300, 9999}, {2, 4, 200, 299}, {1, 2, 100, 199}},
	};
	for (int k = 0; k < 3; k++)
		row(1, MEDIA, forms[_i][k].first, forms[_i][k].last, forms[_i][k].start, forms[_i][k].end);
	row(2, MEDIA, 1, 3, 300, 699);
	read_volume();
	expect(0, "");
	ck_assert(fit_all(fit));
}
END_TEST

/* What tells the end of a block is its last byte. */
START_TEST(test_wrong_ends)
{
	static const uint64_t ends[] = {498, 400, 299, 199};
	static const char *const missed[] = {"4-6", "4-6", "4-6", "2-6"};
	row(1, MEDIA, 1, 6, 100, ends[_i]);
	row(2, MEDIA, 1, 3, 300, 699);
	read_volume();
	expect(0, missed[_i]);
	ck_assert_int_eq(fault(0, 0)->kind, FAULT_BEHIND);
	ck_assert_uint_eq(fault(0, 0)->address, ends[_i]);
	expect(1, "");
	ck_assert(!fit_all(fit));
}
END_TEST

START_TEST(test_wrong_starts)
{
	static const struct {
		uint64_t start;
		const char *missed;
		enum fault_kind kind;
		size_t faults;
	} starts[] = {
		{200, "1-2", FAULT_BEFORE, 1}, /* the second block: the first one's files, with no error */
		{300, "1-4", FAULT_BEFORE, 1}, /* another job's */
		{101, "1-6", FAULT_START, 1},  /* within the first */
		{99, "1-6", FAULT_START, 1},   /* within the label */
		{201, "1-6", FAULT_BEFORE, 2}, /* within the second, behind the first */
		{800, "1-6", FAULT_BEFORE, 1}, /* behind the volume: no error either */
	};
	row(1, MEDIA, 1, 6, starts[_i].start, 899);
	row(2, MEDIA, 1, 3, 300, 699);
	read_volume();
	expect(0, starts[_i].missed);
	ck_assert_int_eq(fault(0, 0)->kind, starts[_i].kind);
	ck_assert_uint_eq(fit_job(fit, 0)->count, starts[_i].faults);
	expect(1, "");
}
END_TEST

START_TEST(test_between)
{
	row(1, MEDIA, 1, 2, 100, 199);
	row(1, MEDIA, 4, 6, 400, 499);
	row(2, MEDIA, 1, 3, 300, 699);
	read_volume();
	/* File 2 goes on in the block that nobody covers, 4 begins there, and 3 is in no row at all. */
	expect(0, "2-4");
	ck_assert_int_eq(fault(0, 0)->kind, FAULT_BETWEEN);
	ck_assert_uint_eq(fault(0, 0)->address, 200);
	ck_assert_int_eq(fault(0, 1)->kind, FAULT_NOWHERE);
	ck_assert_str_eq(text_of(&fault(0, 1)->files), "3-3");
}
END_TEST

/* The row of other files covers the block: that does not help. */
START_TEST(test_row_of_other_files)
{
	row(1, MEDIA, 1, 3, 100, 499);
	row(1, MEDIA, 4, 4, 200, 299);
	row(1, MEDIA, 5, 6, 400, 499);
	row(2, MEDIA, 1, 3, 300, 699);
	read_volume();
	expect(0, "4-4");
	ck_assert_int_eq(fault(0, 0)->kind, FAULT_BETWEEN);
	ck_assert_uint_eq(fault(0, 0)->address, 400);
}
END_TEST

START_TEST(test_absent)
{
	row(1, MEDIA, 1, 9, 100, 499);
	row(2, MEDIA, 1, 3, 300, 699);
	jobs[2] = (struct rows_job){.id = 3, .files = 4, .session_id = 7, .session_time = 50, .job = "C"};
	rows.job_count = 3;
	row(3, MEDIA, 1, 4, 200, 299);
	read_volume();
	expect(0, "7-9");
	ck_assert_int_eq(fault(0, 0)->kind, FAULT_ABSENT);
	expect(2, "1-4");
	ck_assert_int_eq(fault(2, 0)->kind, FAULT_ABSENT);
}
END_TEST

START_TEST(test_no_row_here)
{
	rows.media_count = 2;
	row(1, 9, 1, 2, 100, 199);
	row(2, MEDIA, 1, 3, 300, 699);
	read_volume();
	expect(0, "1-6");
	ck_assert_int_eq(fault(0, 0)->kind, FAULT_NO_ROW);
	ck_assert_uint_eq(fit_job(fit, 0)->elsewhere, 1);
	ck_assert_ptr_null(fit_stranger(fit, 0));
}
END_TEST

/* Pruned, or cancelled: told, and no fault.  The job that made a copy has its session, and no row. */
START_TEST(test_strangers)
{
	rows.job_count = 3;
	row(2, MEDIA, 1, 3, 300, 699);
	if (_i == 0)
		jobs[0].session_id = 77;
	read_volume();
	const struct fit_stranger *s = fit_stranger(fit, 0);
	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(s->session->id, 1);
	ck_assert(_i == 0 ? s->job == NULL : s->job->id == 1);
	ck_assert_ptr_null(fit_stranger(fit, 1));
	expect(0, "");
	ck_assert(fit_all(fit));
}
END_TEST

START_TEST(test_sizes)
{
	static const struct {
		uint64_t bytes;
		const char *status;
		enum fit_size size;
		bool fits;
	} sizes[] = {
		{700, "Append", FIT_SAME, true},  {701, "Append", FIT_SMALLER, false}, {699, "Append", FIT_LARGER, false},
		{701, "Full", FIT_SMALLER, true}, {699, "Used", FIT_LARGER, true},
	};
	sound_rows();
	media[0].bytes = sizes[_i].bytes;
	snprintf(media[0].status, sizeof media[0].status, "%s", sizes[_i].status);
	read_volume();
	ck_assert_int_eq(fit_volume(fit, 0)->size, sizes[_i].size);
	ck_assert(fit_all(fit) == sizes[_i].fits);
}
END_TEST

START_TEST(test_unlisted)
{
	sound_rows();
	snprintf(media[0].name, sizeof media[0].name, "other");
	read_volume();
	ck_assert_int_eq(fit_volume(fit, 0)->size, FIT_UNLISTED);
	ck_assert(!fit_all(fit));
}
END_TEST

/* A drive that failed at the end of a volume writes the block once more on the next one: only that one has a row. */
START_TEST(test_block_again)
{
	struct err e = {0};
	struct mapped_volume *w = mapped_new();
	const struct mapped_range one = {.start = 100, .end = 199, .first = 1, .last = 2, .blocks = 1};
	const struct mapped_range two = {.start = 200, .end = 299, .first = 2, .last = 3, .blocks = 1};
	const struct mapped_range next = {.start = 100, .end = 199, .first = 2, .last = 3, .blocks = 1};
	snprintf(w->new_name, sizeof w->new_name, "W");
	rows.media_count = 2;
	rows.job_count = 1;
	row(1, MEDIA, 1, 2, 100, 199);
	row(1, 9, 2, 3, 100, 199);
	fit = fit_new(&rows);
	ck_assert_int_eq(mapped_add(v, MAPPED_NEW, 1, 50, &one, &e), 0);
	ck_assert_int_eq(mapped_add(v, MAPPED_NEW, 1, 50, &two, &e), 0);
	ck_assert_int_eq(mapped_add(w, MAPPED_NEW, 1, 50, &next, &e), 0);
	ck_assert_int_eq(fit_block(fit, v, mapped_find(v, 1, 50), &one, false, &e), 0);
	ck_assert_int_eq(fit_block(fit, v, mapped_find(v, 1, 50), &two, false, &e), 0);
	ck_assert_int_eq(fit_end(fit, v, &e), 0);
	ck_assert_int_eq(fit_block(fit, w, mapped_find(w, 1, 50), &next, _i == 0, &e), 0);
	ck_assert_int_eq(fit_end(fit, w, &e), 0);
	ck_assert_int_eq(fit_finish(fit, &e), 0);
	expect(0, _i == 0 ? "" : "2-3");
	fit_free(fit);
	fit = NULL;
	mapped_free(w);
}
END_TEST

START_TEST(test_map)
{
	struct err e = {0};
	if (_i == 0)
		sound_rows();
	else
		row(1, MEDIA, 1, 6, 101, 499);
	add_blocks(MAPPED_NEW);
	fit = fit_new(&rows);
	ck_assert_int_eq(fit_map(fit, v, &e), 0);
	ck_assert_int_eq(fit_finish(fit, &e), 0);
	expect(0, _i == 0 ? "" : "1-6");
	if (_i == 0)
		expect(1, "");
	ck_assert(fit_all(fit) == (_i == 0));
}
END_TEST

/* Any rows: a part for each address, with the files of all rows that have it. */
START_TEST(test_cover)
{
	struct err e = {0};
	unsigned seed = 3;
	for (int round = 0; round < 300; round++) {
		struct cover c = {0};
		rows.jobmedia_count = 0;
		for (int k = 0; k < 6; k++) {
			seed = seed * 1103515245 + 12345;
			uint64_t start = (seed >> 8) % 40, end = start + (seed >> 16) % 20;
			row(1, MEDIA, 1 + k, 1 + k, start, k == 5 && round % 7 == 0 && start > 0 ? start - 1 : end);
		}
		ck_assert_int_eq(cover_make(&c, jobmedia, 6, &e), 0);
		for (uint64_t at = 0; at < 70; at++) {
			const struct indexes *files = cover_of(&c, at);
			for (int k = 0; k < 6; k++) {
				bool has = jobmedia[k].at.start <= at && at <= jobmedia[k].at.end;
				ck_assert((files && indexes_meet(files, 1 + k, 1 + k)) == has);
			}
		}
		cover_free(&c);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fit");
	TCase *t = tcase_create("fit");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_sound);
	tcase_add_loop_test(t, test_right_forms, 0, 6);
	tcase_add_loop_test(t, test_wrong_ends, 0, 4);
	tcase_add_loop_test(t, test_wrong_starts, 0, 6);
	tcase_add_test(t, test_between);
	tcase_add_test(t, test_row_of_other_files);
	tcase_add_test(t, test_absent);
	tcase_add_test(t, test_no_row_here);
	tcase_add_loop_test(t, test_strangers, 0, 2);
	tcase_add_loop_test(t, test_sizes, 0, 5);
	tcase_add_test(t, test_unlisted);
	tcase_add_loop_test(t, test_block_again, 0, 2);
	tcase_add_loop_test(t, test_map, 0, 2);
	tcase_add_test(t, test_cover);
	suite_add_tcase(s, t);
	return check_run(s);
}
