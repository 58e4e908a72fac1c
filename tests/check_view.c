/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A view of an index: what is in a folder is that alone, wherever somebody seeks in it; what cannot be read is no "there is none". */
#include "mount/view.h"

#include <check.h>
#include <stdio.h>

static struct err e;
static struct fileindex *x;
static struct view *v;
static uint64_t job;

static void tell(void *arg, const char *text)
{
	(void)arg;
	ck_abort_msg("%s", text);
}

static uint64_t in(uint64_t folder, const char *name)
{
	uint64_t number = 0;
	int rc = view_look_up(v, folder, name, &number, &e);
	ck_assert_msg(rc == 1, "%s: %d %s", name, rc, e.text);
	return number;
}

static void put(int64_t of, int64_t on, int32_t index, const char *name, uint32_t flags)
{
	const struct fileindex_file f = {
		.job = of,
		.file_index = index,
		.stat = {.file_index = index, .type = FILESTAT_FILE, .name = name, .link = "", .extended = ""},
		.flags = flags,
		.first = {on, (uint64_t)index * 100},
		.last = {on, (uint64_t)index * 100},
	};
	ck_assert_int_eq(fileindex_put_file(x, &f, &e), 0);
}

/* One job: /a/1, /a/2 (with an access list), /b/3. */
static void setup(void)
{
	struct fileindex_volume on = {.path = "/there", .size = 1000};
	struct fileindex_job of = {.session_id = 1, .session_time = 2, .begun = true, .start = {.job = "job"}};
	e = (struct err){0};
	x = fileindex_open(NULL, FILEINDEX_WRITE, 0, &e);
	ck_assert_msg(x, "%s", e.text);
	ck_assert_int_eq(fileindex_put_volume(x, &on, &e), 0);
	ck_assert_int_eq(fileindex_put_job(x, &of, &e), 0);
	ck_assert_int_eq(fileindex_put_job_volume(x, of.id, on.id, &e), 0);
	put(of.id, on.id, 1, "/a/1", 0);
	put(of.id, on.id, 2, "/a/2", FILEINDEX_ACL);
	put(of.id, on.id, 3, "/b/3", 0);
	v = view_new(&(struct view_options){.index = x, .max_memory = 1 << 20, .tell = tell}, &e);
	ck_assert_msg(v, "%s", e.text);
	job = in(VIEW_ROOT, "job");
}

static void teardown(void)
{
	view_free(v);
	fileindex_free(x);
}

static char names[64];
static uint64_t last;

static bool note(void *arg, const char *name, uint64_t number, uint64_t next)
{
	size_t n = strlen(names);
	(void)arg;
	(void)number;
	snprintf(names + n, sizeof names - n, "%s ", name);
	last = next;
	return true;
}

/* The names behind this place, and whether it is one. */
static bool lists(uint64_t folder, uint64_t after, const char *wanted)
{
	names[0] = '\0';
	int rc = view_list(v, folder, after, note, NULL, &e);
	ck_assert_msg(rc >= 0 && strcmp(names, wanted) == 0, "%d \"%s\" \"%s\" %s", rc, names, wanted, e.text);
	return rc > 0;
}

START_TEST(places)
{
	uint64_t a = in(job, "a"), b = in(job, "b");
	ck_assert(lists(a, 0, "1 2 "));
	uint64_t second = last;
	ck_assert(lists(a, second, ""));
	ck_assert(lists(b, 0, "3 "));
	ck_assert(lists(job, 0, "a b "));
	/* Places of other folders, and none at all. */
	ck_assert(!lists(b, second, "") && !lists(b, second - 1, "") && !lists(a, last, ""));
	ck_assert(!lists(a, ((uint64_t)1 << 32) + second - 1, ""));
	ck_assert(!lists(a, 1000, "") && !lists(a, NAMETREE_NONE, "") && !lists(a, UINT64_MAX, ""));
	ck_assert(!lists(in(a, "1"), 0, ""));
}
END_TEST

START_TEST(extras)
{
	uint64_t of = 0, plain = in(in(job, "a"), "1"), listed = in(in(job, "a"), "2");
	ck_assert_int_eq(view_extras(v, plain, &of, &e), 0);
	ck_assert_int_eq(view_extras(v, listed, &of, &e), 1);
	ck_assert_uint_eq(of, listed);
	ck_assert_int_eq(e.code, XE_OK);
	/* Of a tree that cannot be read. */
	ck_assert_int_eq(view_extras(v, ((uint64_t)99 << 32) + 1, &of, &e), XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.text, "there is no file of the number"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("view");
	TCase *c = tcase_create("view");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, places);
	tcase_add_test(c, extras);
	suite_add_tcase(s, c);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
