/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which jobs make up a chain: the rules of formats/restore-format.md 7, one by one.  (tests/chains.py tries them together.) */
#include "restore/chain.h"

#include "tests/check_samples.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY 86400
#define BEGIN 1772398800 /* 2026-03-01 21:00:00 UTC */

static struct err e;
static struct chain chain;
static struct chain_job jobs[16];
static size_t count;

static void setup(void)
{
	setenv("TZ", "UTC", 1);
	e = (struct err){0};
	chain = (struct chain){0};
	memset(jobs, 0, sizeof jobs);
	count = 0;
}

static void teardown(void)
{
	chain_free(&chain);
}

/* A job that ended well on this day, at nine in the evening. */
static struct chain_job *add(char level, int day)
{
	struct chain_job *j = &jobs[count++];
	j->label = (struct session_label){.job_id = (uint32_t)count, .type = 'B', .level = (uint32_t)level};
	j->label.time = ((int64_t)BEGIN + day * DAY + 7) * 1000000;
	strcpy(j->label.client, "fd");
	strcpy(j->label.fileset, "Set");
	strcpy(j->label.fileset_md5, "md5");
	strcpy(j->label.job_name, "c");
	snprintf(j->label.job, sizeof j->label.job, "c.2026-03-%02d_21.00.00_%02zu", day + 1, count);
	j->begun = j->ended = true;
	j->end = BEGIN + day * DAY + 60;
	j->status = 'T';
	j->files = 1;
	j->sources = 1;
	return j;
}

/* The JobIds of the chain as of this day, an hour later. */
static const char *chosen_by(const struct chain_wish *wish, int result)
{
	static char text[128];
	chain_free(&chain);
	e = (struct err){0};
	ck_assert_int_eq(chain_choose(&chain, jobs, count, wish, &e), result);
	text[0] = '\0';
	for (size_t i = 0; i < chain.count; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u", i ? " " : "", jobs[chain.order[i]].label.job_id);
	return text;
}

static const char *chosen(int day)
{
	const struct chain_wish wish = {.time = BEGIN + day * DAY + 3600};
	return chosen_by(&wish, 0);
}

START_TEST(levels)
{
	add('F', 0);
	add('I', 1);
	add('I', 2);
	add('D', 3);
	add('I', 4);
	add('F', 5);
	add('I', 6);
	ck_assert_str_eq(chosen(0), "1");
	ck_assert_str_eq(chosen(1), "1 2");
	ck_assert_str_eq(chosen(2), "1 2 3");
	ck_assert_str_eq(chosen(3), "1 4");
	ck_assert_int_eq(chain.picks[1].why, CHAIN_COVERED);
	ck_assert_int_eq(chain.picks[4].why, CHAIN_LATER);
	ck_assert_str_eq(chosen(4), "1 4 5");
	ck_assert_str_eq(chosen(5), "6");
	ck_assert_int_eq(chain.picks[3].why, CHAIN_BEFORE_FULL);
	ck_assert_str_eq(chosen(9), "6 7");
	ck_assert(chain.full);
}
END_TEST

/* To the second: what has that time is in. */
START_TEST(the_second)
{
	add('F', 0);
	add('I', 1);
	struct chain_wish wish = {.time = BEGIN + DAY};
	ck_assert_str_eq(chosen_by(&wish, 0), "1 2");
	wish.time--;
	ck_assert_str_eq(chosen_by(&wish, 0), "1");
	wish.time = BEGIN - 1;
	ck_assert_str_eq(chosen_by(&wish, XE_FAILED), "");
}
END_TEST

START_TEST(only_good_ones)
{
	static const char bad[] = "EfAI";
	add('F', 0);
	for (int i = 0; i < 4; i++)
		add('I', 1 + i)->status = (uint32_t)bad[i];
	add('I', 5)->ended = false;
	add('I', 6)->status = 'W';
	add('I', 7)->status = 0; /* an old label has none */
	add('X', 8);
	add('I', 9)->label.type = 'R';
	ck_assert_str_eq(chosen(20), "1 7 8");
	ck_assert_int_eq(chain.picks[1].why, CHAIN_FAILED);
	ck_assert_int_eq(chain.picks[5].why, CHAIN_ENDLESS);
	ck_assert_int_eq(chain.picks[8].why, CHAIN_LEVEL);
	ck_assert_int_eq(chain.picks[9].why, CHAIN_NO_BACKUP);
	char text[128];
	chain_explain(jobs, chain.picks, 1, text, sizeof text);
	ck_assert_str_eq(text, "it did not end well (status E)");
	chain_explain(jobs, chain.picks, 0, text, sizeof text);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(differential_without_files)
{
	add('F', 0);
	add('I', 1);
	add('D', 2)->files = 0;
	ck_assert_str_eq(chosen(3), "1 2");
	ck_assert_int_eq(chain.picks[2].why, CHAIN_EMPTY);
}
END_TEST

START_TEST(copies)
{
	add('F', 0);
	struct chain_job *copy = add('F', 0);
	strcpy(copy->label.job, jobs[0].label.job);
	copy->label.time += (int64_t)9 * DAY * 1000000; /* when it was copied */
	add('I', 1);
	ck_assert_str_eq(chosen(1), "1 3");
	ck_assert_int_eq(chain.picks[1].why, CHAIN_TWIN);
	ck_assert_uint_eq(chain.picks[1].twin, 0);
	jobs[0].hurt = 1;
	ck_assert_str_eq(chosen(1), "2 3");
	copy->hurt = 2;
	ck_assert_str_eq(chosen(1), "1 3");
	copy->hurt = 0;
	copy->begun = false; /* its first volume is not here */
	ck_assert_str_eq(chosen(1), "1 3");
	jobs[0].ended = false;
	ck_assert_str_eq(chosen(1), "2 3");
	ck_assert_int_eq(chain.picks[0].why, CHAIN_ENDLESS);
	/* Three of them: who stood back for one that stands back points to the one that is taken. */
	jobs[0].ended = copy->begun = true;
	jobs[0].hurt = 2;
	copy->hurt = 1;
	struct chain_job *third = add('F', 0);
	strcpy(third->label.job, jobs[0].label.job);
	ck_assert_str_eq(chosen(1), "4 3");
	ck_assert_uint_eq(chain.picks[0].twin, 3);
	ck_assert_uint_eq(chain.picks[1].twin, 3);
}
END_TEST

START_TEST(whose)
{
	add('F', 0);
	strcpy(add('F', 1)->label.client, "other-fd");
	struct chain_wish wish = {.time = BEGIN + 2 * DAY};
	chosen_by(&wish, XE_USAGE);
	ck_assert_ptr_nonnull(strstr(e.text, "client fd, fileset Set; client other-fd, fileset Set"));
	wish.client = "other-fd";
	ck_assert_str_eq(chosen_by(&wish, 0), "2");
	ck_assert_int_eq(chain.picks[0].why, CHAIN_OTHER);
	wish.client = "nobody";
	chosen_by(&wish, XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.text, "client other-fd"));
	wish = (struct chain_wish){.time = wish.time, .fileset = "Set", .client = "fd"};
	ck_assert_str_eq(chosen_by(&wish, 0), "1");
	/* What is no backup makes no second one. */
	jobs[1].label.type = 'R';
	wish.client = wish.fileset = NULL;
	ck_assert_str_eq(chosen_by(&wish, 0), "1");
	memset(&jobs[1].label, 0, sizeof jobs[1].label);
	ck_assert_str_eq(chosen_by(&wish, 0), "1");
	ck_assert_int_eq(chain.picks[1].why, CHAIN_UNLABELLED);
}
END_TEST

START_TEST(nothing_at_all)
{
	const struct chain_wish wish = {.time = BEGIN};
	chosen_by(&wish, XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.text, "none at all"));
}
END_TEST

START_TEST(without_a_full)
{
	add('I', 1);
	add('I', 2);
	struct chain_wish wish = {.time = BEGIN + 9 * DAY};
	ck_assert_str_eq(chosen_by(&wish, XE_FAILED), "1 2");
	wish.without_full = true;
	ck_assert_str_eq(chosen_by(&wish, 0), "1 2");
	ck_assert(!chain.full);
	wish.time = BEGIN;
	ck_assert_str_eq(chosen_by(&wish, XE_FAILED), "");
}
END_TEST

START_TEST(bases)
{
	add('F', 3);
	add('B', 2);
	add('B', 1);
	add('B', 4); /* it could not know of that */
	add('D', 5);
	ck_assert_str_eq(chosen(6), "3 2 1 5");
	ck_assert_int_eq(chain.picks[1].role, CHAIN_BASE);
	ck_assert_int_eq(chain.picks[3].why, CHAIN_LATER);
}
END_TEST

START_TEST(filesets)
{
	add('F', 0);
	add('I', 1);
	chosen(2);
	ck_assert(!chain.fileset_grew);
	strcpy(jobs[1].label.fileset_md5, "another");
	chosen(2);
	ck_assert(chain.fileset_grew);
	jobs[1].label.fileset_md5[0] = '\0'; /* an old label has none */
	chosen(2);
	ck_assert(!chain.fileset_grew);
}
END_TEST

/* ---- times ---- */

static int64_t time_of(const char *name, int64_t start)
{
	struct chain_job j = {.label.time = start * 1000000};
	snprintf(j.label.job, sizeof j.label.job, "%s", name);
	return chain_time(&j);
}

START_TEST(names)
{
	ck_assert_int_eq(time_of("c.2026-03-01_21.00.00_05", 5), BEGIN);
	ck_assert_int_eq(time_of("my.own.job.2026-03-01_21.00.00_05", 5), BEGIN);
	ck_assert_int_eq(time_of("c.1999-01-01_00.00.00_01.2026-03-01_21.00.00_05", 5), BEGIN);
	ck_assert_int_eq(time_of("c.2026-03-01_21.00.00", 5), BEGIN);
	static const char *const none[] = {"",
					   "c",
					   "c.2026-03-01",
					   "c.2026-03-01_21.00",
					   "c.2026-13-01_21.00.00_05",
					   "c.2026-03-32_21.00.00_05",
					   "c.2026-03-01_24.00.00_05",
					   "c.2026-03-01_21.60.00_05",
					   "c.1969-03-01_21.00.00_05",
					   "c.2026-3-1_21.00.00_05",
					   "c.+026-03-01_21.0.00_05",
					   "c2026-03-01_21.00.00_05"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		ck_assert_msg(time_of(none[i], 5) == 5, "%s", none[i]);
}
END_TEST

/* In the hour that comes twice the label tells. */
START_TEST(autumn)
{
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	ck_assert_int_eq(time_of("c.2026-10-25_02.30.00_01", 1792888207), 1792888200); /* 00:30 UTC */
	ck_assert_int_eq(time_of("c.2026-10-25_02.30.00_01", 1792891807), 1792891800); /* 01:30 UTC */
	ck_assert_int_eq(time_of("c.2026-10-25_01.30.00_01", 1792891807), 1792884600);
	ck_assert_int_eq(time_of("c.2026-10-25_03.30.00_01", 1792884600), 1792895400);
	ck_assert_int_eq(time_of("c.2026-07-01_12.00.00_01", 0), 1782900000);
}
END_TEST

/* A consolidation is made long after its files. */
START_TEST(consolidations)
{
	struct chain_job *j = add('F', 9);
	ck_assert(!chain_is_consolidation(j));
	j->latest = BEGIN + DAY;
	ck_assert_int_eq(chain_time(j), BEGIN + 9 * DAY);
	j->renumbered = true;
	ck_assert(chain_is_consolidation(j));
	ck_assert_int_eq(chain_time(j), BEGIN + DAY);
	j->latest = BEGIN + 99 * DAY; /* somebody's clock */
	ck_assert_int_eq(chain_time(j), BEGIN + 9 * DAY);
	/* By Bacula, and what is known is the label of its first source: the end is that of its last. */
	j->latest = BEGIN + 12 * DAY;
	j->end = BEGIN + 13 * DAY;
	ck_assert_int_eq(chain_time(j), BEGIN + 12 * DAY);
	j->renumbered = false;
	j->sources = 2;
	ck_assert(chain_is_consolidation(j));
	/* Its label is that of its last source, which is no twin of it. */
	struct chain_job *source = add('I', 9);
	strcpy(source->label.job, j->label.job);
	j->latest = BEGIN + 8 * DAY;
	ck_assert_str_eq(chosen(9), "1 2");
}
END_TEST

/* Labels as they come in a session. */
START_TEST(labels)
{
	struct chain_job j = {0};
	struct chain_job *first = add('F', 0), *second = add('I', 1);
	second->label.status = 'T';
	second->label.job_files = 7;
	chain_take_label(&j, false, &first->label);
	ck_assert(j.begun && !j.ended && j.sources == 1);
	chain_take_label(&j, true, &first->label);
	ck_assert(j.ended && j.sources == 1);
	chain_take_label(&j, false, &second->label);
	ck_assert(!j.ended && j.sources == 2);
	chain_take_label(&j, true, &second->label);
	ck_assert(j.ended && j.status == 'T' && j.files == 7);
	ck_assert_uint_eq(j.label.job_id, 2);
	ck_assert_uint_eq(j.label.level, 'F');
	ck_assert_int_eq(j.end, BEGIN + DAY + 7);
	/* An end alone. */
	j = (struct chain_job){0};
	chain_take_label(&j, true, &second->label);
	ck_assert(!j.begun && j.ended && j.sources == 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("chain");
	TCase *t = tcase_create("chain");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, levels);
	tcase_add_test(t, the_second);
	tcase_add_test(t, only_good_ones);
	tcase_add_test(t, differential_without_files);
	tcase_add_test(t, copies);
	tcase_add_test(t, whose);
	tcase_add_test(t, nothing_at_all);
	tcase_add_test(t, without_a_full);
	tcase_add_test(t, bases);
	tcase_add_test(t, filesets);
	tcase_add_test(t, names);
	tcase_add_test(t, autumn);
	tcase_add_test(t, consolidations);
	tcase_add_test(t, labels);
	suite_add_tcase(s, t);
	return check_run(s);
}
