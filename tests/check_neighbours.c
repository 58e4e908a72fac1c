/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/neighbours.h"

#include "format/block.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VOLUMES 6
#define SESSIONS 4

static struct glance glances[VOLUMES];
static struct glance_session sessions[VOLUMES][SESSIONS];
static const struct glance *all[VOLUMES];
static struct neighbours found;
static struct err e;

static void setup(void)
{
	memset(glances, 0, sizeof glances);
	memset(sessions, 0, sizeof sessions);
	for (size_t i = 0; i < VOLUMES; i++) {
		all[i] = &glances[i];
		glances[i].sessions = sessions[i];
	}
	found = NEIGHBOURS_NONE;
	e = (struct err){0};
}

static void teardown(void)
{
	neighbours_free(&found);
}

/* A session on a volume: 'b' it begins there, 'e' it ends there, 'm' its blocks hold nothing but the middle of one record, 'x' they cannot be
 * read. */
static void put(size_t volume, uint32_t id, const char *how)
{
	struct glance_session *s = &sessions[volume][glances[volume].session_count++];
	*s = (struct glance_session){.id = id, .time = 7, .begin_seen = true, .end_seen = true, .first_index = 1, .last_index = 2};
	s->begins = strchr(how, 'b') != NULL;
	s->ends = strchr(how, 'e') != NULL;
	s->readable = strchr(how, 'x') == NULL;
	if (strchr(how, 'm')) {
		s->rest_before = 100;
		s->rest_behind = 40;
		s->first_index = s->last_index = 5;
	}
}

/* "-/1 0/- ...": before and after of each of the first count volumes. */
static const char *text(size_t count)
{
	static char out[512];
	size_t n = 0;
	ck_assert_int_eq(neighbours_find(&found, all, count, &e), 0);
	for (size_t i = 0; i < count; i++) {
		const struct neighbours_of *of = &found.all[i];
		n += (size_t)snprintf(out + n, sizeof out - n, "%s", i > 0 ? " " : "");
		for (size_t k = 0; k < of->before_count; k++)
			n += (size_t)snprintf(out + n, sizeof out - n, "%zu", of->before[k]);
		n += (size_t)snprintf(out + n, sizeof out - n, "/");
		for (size_t k = 0; k < of->after_count; k++)
			n += (size_t)snprintf(out + n, sizeof out - n, "%zu", of->after[k]);
	}
	neighbours_free(&found);
	return out;
}

START_TEST(none)
{
	ck_assert_str_eq(text(0), "");
	ck_assert_str_eq(text(1), "/");
	put(0, 1, "be");
	put(1, 2, "be");
	ck_assert_str_eq(text(2), "/ /");
}
END_TEST

START_TEST(one_behind_the_other)
{
	put(0, 1, "b");
	put(1, 1, "");
	put(2, 1, "");
	put(3, 1, "e");
	ck_assert_str_eq(text(4), "/1 0/2 1/3 2/");
}
END_TEST

/* A job that was slower than others has nothing on the volume between. */
START_TEST(the_nearest_that_has_the_job)
{
	put(0, 1, "b");
	put(0, 2, "b");
	put(1, 2, "");
	put(2, 1, "e");
	put(2, 2, "e");
	ck_assert_str_eq(text(3), "/12 0/2 01/");
}
END_TEST

START_TEST(each_once)
{
	put(0, 1, "b");
	put(0, 2, "b");
	put(0, 3, "b");
	put(1, 3, "e");
	put(1, 1, "e");
	put(1, 2, "e");
	ck_assert_str_eq(text(2), "/1 0/");
}
END_TEST

/* Its rest may lie on more than the next one; who is behind looks at the nearest. */
START_TEST(a_record_over_three)
{
	put(0, 1, "b");
	put(1, 1, "m");
	put(2, 1, "m");
	put(3, 1, "");
	put(4, 1, "e");
	ck_assert_str_eq(text(5), "/123 0/23 1/3 2/4 3/");
}
END_TEST

/* A job that ended, or begins again under its session, does not go on. */
START_TEST(ends_and_begins_again)
{
	put(0, 1, "be");
	put(1, 1, "b");
	put(2, 1, "be");
	put(3, 1, "e");
	ck_assert_str_eq(text(4), "/ / / /");
}
END_TEST

/* Without their key it is not known where jobs begin and end. */
START_TEST(encrypted)
{
	put(0, 1, "x");
	put(1, 1, "x");
	put(2, 1, "x");
	ck_assert_str_eq(text(3), "/1 0/2 1/");
}
END_TEST

/* One file over many volumes is not one record. */
START_TEST(a_large_file)
{
	put(0, 1, "b");
	put(1, 1, "m");
	put(2, 1, "m");
	put(3, 1, "e");
	glances[1].bytes = RECORD_MAX_BYTES + 1u;
	glances[2].bytes = RECORD_MAX_BYTES;
	ck_assert_str_eq(text(4), "/1 0/23 1/3 2/");
	/* Another job's blocks may lie between. */
	put(1, 2, "be");
	ck_assert_str_eq(text(4), "/123 0/23 1/3 2/");
	sessions[1][0].rest_behind = sessions[1][0].rest_before;
	ck_assert_str_eq(text(4), "/1 0/23 1/3 2/");
}
END_TEST

/* Sessions are told apart by both of their numbers. */
START_TEST(other_times)
{
	put(0, 1, "b");
	put(1, 1, "e");
	sessions[1][0].time = 8;
	ck_assert_str_eq(text(2), "/ /");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("neighbours");
	TCase *t = tcase_create("all");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, none);
	tcase_add_test(t, one_behind_the_other);
	tcase_add_test(t, the_nearest_that_has_the_job);
	tcase_add_test(t, each_once);
	tcase_add_test(t, a_record_over_three);
	tcase_add_test(t, ends_and_begins_again);
	tcase_add_test(t, encrypted);
	tcase_add_test(t, a_large_file);
	tcase_add_test(t, other_times);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
