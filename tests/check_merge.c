/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several jobs as one tree: which version of each name counts.  (tests/chains.py tries it with volumes, and has a second opinion.) */
#include "restore/merge.h"

#include "tests/check_samples.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct err e;
static struct merge *m;
static const size_t in_order[] = {0, 1, 2, 3, 4, 5, 6, 7};

static void setup(void)
{
	e = (struct err){0};
	m = merge_new((uint64_t)1 << 30);
	ck_assert_ptr_nonnull(m);
}

static void teardown(void)
{
	merge_free(m);
}

static struct merge_update *add_file(size_t job, int32_t index, unsigned type, const char *name, const char *link, bool update, bool chosen)
{
	struct merge_update *kept;
	const struct filestat stat = {
		.file_index = index, .type = type, .name = name, .link = link, .extended = "", .size = 10, .mtime = 20, .mode = 0640};
	const struct merge_file file = {.job = job, .file_index = index, .stat = &stat, .update = update, .chosen = chosen};
	ck_assert_int_eq(merge_add(m, &file, &kept, &e), 0);
	return kept;
}

static void add(size_t job, int32_t index, unsigned type, const char *name)
{
	ck_assert_ptr_null(add_file(job, index, type, name, "", false, true));
}

static void add_link(size_t job, int32_t index, const char *name, const char *first)
{
	add_file(job, index, FILESTAT_HARD_LINK, name, first, false, true);
}

static void decide(size_t jobs)
{
	ck_assert_int_eq(merge_decide(m, in_order, jobs, 0, &e), 0);
}

/* "in", "out", or the name under which it is wanted. */
static const char *fate(size_t job, int32_t index)
{
	const struct merge_verdict v = merge_verdict(m, job, index);
	ck_assert(v.fate == MERGE_IN || (v.name == NULL && v.update == NULL));
	return v.name ? v.name : v.fate == MERGE_IN ? "in" : v.fate == MERGE_OUT ? "out" : "unknown";
}

START_TEST(the_newest_counts)
{
	add(0, 1, FILESTAT_FILE, "/a");
	add(0, 2, FILESTAT_FILE, "/b");
	add(0, 3, FILESTAT_FOLDER, "/");
	add(1, 1, FILESTAT_FILE, "/a");
	add(2, 1, FILESTAT_SYMLINK, "/b");
	add(2, 2, FILESTAT_FILE, "/b"); /* a second time in one job: the last */
	decide(3);
	ck_assert_str_eq(fate(0, 1), "out");
	ck_assert_str_eq(fate(0, 2), "out");
	ck_assert_str_eq(fate(0, 3), "in");
	ck_assert_str_eq(fate(1, 1), "in");
	ck_assert_str_eq(fate(2, 1), "out");
	ck_assert_str_eq(fate(2, 2), "in");
	ck_assert_str_eq(fate(2, 3), "unknown");
	ck_assert_str_eq(fate(7, 1), "unknown");
	ck_assert_uint_eq(merge_share(m, 0).folders, 1);
	ck_assert_uint_eq(merge_share(m, 0).files, 0);
	ck_assert_uint_eq(merge_share(m, 2).files, 1);
	ck_assert_uint_eq(merge_share(m, 2).bytes, 10);
	ck_assert_uint_eq(merge_share(m, 9).files, 0);
}
END_TEST

/* What is no part of the chain has no say; nor has the order in which jobs were read. */
START_TEST(order_of_jobs)
{
	add(0, 1, FILESTAT_FILE, "/a");
	add(1, 1, FILESTAT_FILE, "/a");
	add(2, 1, FILESTAT_FILE, "/a");
	const size_t order[] = {2, 0};
	ck_assert_int_eq(merge_decide(m, order, 2, 0, &e), 0);
	ck_assert_str_eq(fate(0, 1), "in");
	ck_assert_str_eq(fate(1, 1), "out");
	ck_assert_str_eq(fate(2, 1), "out");
}
END_TEST

START_TEST(marks)
{
	add(0, 1, FILESTAT_FILE, "/a");
	add(0, 2, FILESTAT_FOLDER, "/d/");
	add(0, 3, FILESTAT_FILE, "/again");
	add(1, 1, FILESTAT_DELETED, "/a");
	add(1, 2, FILESTAT_DELETED, "/d/");
	add(1, 3, FILESTAT_DELETED, "/again");
	add(1, 4, FILESTAT_DELETED, "/never");
	add(2, 1, FILESTAT_FILE, "/again");
	decide(3);
	ck_assert_str_eq(fate(0, 1), "out");
	ck_assert_str_eq(fate(0, 2), "out");
	ck_assert_str_eq(fate(1, 1), "out");
	ck_assert_str_eq(fate(2, 1), "in");
	ck_assert_uint_eq(merge_share(m, 1).marks, 4);
	ck_assert_uint_eq(merge_share(m, 1).unmet_marks, 1);
}
END_TEST

/* A folder that became a file: the mark of the folder stands behind the file, in the same job. */
START_TEST(mark_of_the_other_kind)
{
	add(0, 1, FILESTAT_FILE, "/x/a");
	add(0, 2, FILESTAT_FOLDER, "/x/");
	add(1, 1, FILESTAT_FILE, "/x");
	add(1, 2, FILESTAT_DELETED, "/x/");
	add(1, 3, FILESTAT_DELETED, "/x/a");
	decide(2);
	ck_assert_str_eq(fate(1, 1), "in");
	ck_assert_str_eq(fate(0, 1), "out");
}
END_TEST

/* Without marks: what lay below what is a file now is gone, and stays so. */
START_TEST(files_in_the_way)
{
	add(0, 1, FILESTAT_FILE, "/x/y/a");
	add(0, 2, FILESTAT_FOLDER, "/x/");
	add(1, 1, FILESTAT_FILE, "/x");
	add(2, 1, FILESTAT_FOLDER, "/x/");
	add(2, 2, FILESTAT_FILE, "/x/b");
	add(0, 3, FILESTAT_FILE, "/f");
	add(1, 2, FILESTAT_FILE, "/f/within");
	add(1, 3, FILESTAT_FILE, "/both/within");
	add(1, 4, FILESTAT_FILE, "/both"); /* of one job: as it is */
	decide(3);
	ck_assert_str_eq(fate(0, 1), "out");
	ck_assert_str_eq(fate(1, 1), "out");
	ck_assert_str_eq(fate(2, 1), "in");
	ck_assert_str_eq(fate(2, 2), "in");
	ck_assert_str_eq(fate(0, 3), "out");
	ck_assert_str_eq(fate(1, 2), "in");
	ck_assert_str_eq(fate(1, 3), "in");
	ck_assert_str_eq(fate(1, 4), "in");
	ck_assert_uint_eq(merge_share(m, 0).replaced, 2);
}
END_TEST

START_TEST(spellings)
{
	add(0, 1, FILESTAT_FILE, "/a/b");
	add(0, 2, FILESTAT_FILE, "//a/./c");
	add(0, 3, FILESTAT_FILE, "/ab");
	add(1, 1, FILESTAT_FILE, "a//b");
	add(1, 2, FILESTAT_FILE, "/a/c");
	add(1, 3, FILESTAT_FILE, "/a/...");
	decide(2);
	ck_assert_str_eq(fate(0, 1), "out");
	ck_assert_str_eq(fate(0, 2), "out");
	ck_assert_str_eq(fate(0, 3), "in");
	ck_assert_str_eq(fate(1, 3), "in");
}
END_TEST

START_TEST(links)
{
	add(0, 1, FILESTAT_FILE, "/a");
	add_link(0, 2, "/b", "/a");
	add_link(0, 3, "/c", "/a");
	add(0, 4, FILESTAT_FILE, "/k");
	add_link(0, 5, "/l", "/k");
	add(1, 1, FILESTAT_FILE, "/a"); /* rewritten: the others keep what it was */
	add_link(1, 2, "/lost", "/not-in-this-job");
	decide(2);
	ck_assert_str_eq(fate(0, 1), "/b");
	ck_assert_str_eq(fate(0, 2), "out");
	ck_assert_str_eq(fate(0, 3), "in"); /* a link to what is called /b now */
	ck_assert_str_eq(fate(0, 4), "in");
	ck_assert_str_eq(fate(0, 5), "in");
	ck_assert_str_eq(fate(1, 1), "in");
	ck_assert_str_eq(fate(1, 2), "in");
	ck_assert_uint_eq(merge_share(m, 0).files, 4);
}
END_TEST

/* What was not chosen is not made; what was, is, under its own name. */
START_TEST(chosen)
{
	add_file(0, 1, FILESTAT_FILE, "/a", "", false, false);
	add_file(0, 2, FILESTAT_HARD_LINK, "/b", "/a", false, true);
	add_file(0, 3, FILESTAT_FILE, "/k", "", false, true);
	add_file(1, 1, FILESTAT_FILE, "/k", "", false, false);
	decide(2);
	ck_assert_str_eq(fate(0, 1), "/b");
	ck_assert_str_eq(fate(0, 3), "out");
	ck_assert_str_eq(fate(1, 1), "out");
}
END_TEST

START_TEST(updates)
{
	add(0, 1, FILESTAT_FILE, "/a");
	add(0, 2, FILESTAT_FILE, "/b");
	add(0, 3, FILESTAT_FILE, "/c");
	add(0, 4, FILESTAT_FOLDER, "/d/");
	struct merge_update *u = add_file(1, 1, FILESTAT_FILE, "/a", "", true, true);
	ck_assert_ptr_nonnull(u);
	ck_assert_uint_eq(u->mode, 0640);
	ck_assert_int_eq(merge_keep_extra(m, u, 1998, (struct span){(const uint8_t *)"xyz", 3}, &e), 0);
	for (unsigned i = 1; i < 2 * EXTRA_MAX; i++)
		ck_assert_int_eq(merge_keep_extra(m, u, 1998, (struct span){NULL, 0}, &e), 0);
	add_file(1, 2, FILESTAT_FILE, "/b", "", true, true);
	add_file(1, 3, FILESTAT_FILE, "/never", "", true, true);
	add_file(1, 4, FILESTAT_FOLDER, "/d/", "", true, true);
	add_file(1, 5, FILESTAT_FILE, "/c", "", true, true);
	add(2, 1, FILESTAT_FILE, "/b"); /* all of it, later */
	struct merge_update *newest = add_file(2, 2, FILESTAT_FILE, "/c", "", true, true);
	decide(3);
	const struct merge_verdict v = merge_verdict(m, 0, 1);
	ck_assert(v.fate == MERGE_IN && v.update == u);
	ck_assert_uint_eq(u->extra_count, EXTRA_MAX);
	ck_assert_mem_eq(u->extras[0].data.data, "xyz", 3);
	ck_assert_str_eq(fate(1, 1), "out");
	ck_assert_str_eq(fate(0, 2), "out");
	ck_assert(merge_verdict(m, 2, 1).fate == MERGE_IN && merge_verdict(m, 2, 1).update == NULL);
	ck_assert_str_eq(fate(1, 3), "in"); /* who makes it will say that its content is not there */
	ck_assert_str_eq(fate(1, 4), "in");
	ck_assert_str_eq(fate(0, 4), "out");
	ck_assert(merge_verdict(m, 0, 3).update == newest);
	ck_assert_uint_eq(merge_share(m, 1).orphans, 1);
	ck_assert_uint_eq(merge_share(m, 1).updates, 1);
	ck_assert_uint_eq(merge_share(m, 2).updates, 1);
}
END_TEST

/* Jobs 0 and 1 are base jobs. */
START_TEST(base_jobs)
{
	add(0, 1, FILESTAT_FILE, "/a");
	add(0, 2, FILESTAT_FILE, "/b");
	add(0, 3, FILESTAT_FILE, "/nobody-wants");
	add(1, 1, FILESTAT_FILE, "/a");
	add_link(1, 2, "/link", "/a");
	add(2, 1, FILESTAT_BASE, "/a");
	add(2, 2, FILESTAT_BASE, "/b");
	add(2, 3, FILESTAT_BASE, "/lost");
	add(2, 4, FILESTAT_BASE, "/link");
	const struct filestat other = {.type = FILESTAT_BASE, .name = "/odd", .link = "", .extended = "", .size = 11, .mtime = 20};
	struct merge_update *none;
	const struct merge_file file = {.job = 2, .file_index = 5, .stat = &other, .chosen = true};
	ck_assert_int_eq(merge_add(m, &file, &none, &e), 0);
	add(0, 4, FILESTAT_FILE, "/odd"); /* of another size */
	ck_assert_int_eq(merge_decide(m, in_order, 3, 2, &e), 0);
	ck_assert_str_eq(fate(0, 1), "out");
	ck_assert_str_eq(fate(1, 1), "in");
	ck_assert_str_eq(fate(0, 2), "in");
	ck_assert_str_eq(fate(0, 3), "out");
	ck_assert_str_eq(fate(0, 4), "out");
	ck_assert_str_eq(fate(1, 2), "in");
	ck_assert_str_eq(fate(2, 1), "out");
	ck_assert_str_eq(fate(2, 3), "in");
	ck_assert_str_eq(fate(2, 5), "in");
	ck_assert_uint_eq(merge_share(m, 2).orphans, 2);
}
END_TEST

/* Many names, some twice, FileIndexes in no order: a version each, found again. */
START_TEST(many)
{
	char name[64];
	for (int32_t i = 1; i <= 20000; i++) {
		snprintf(name, sizeof name, "/d%d/%d", i % 97, i);
		add(0, i % 2 ? i : 40000 - i, FILESTAT_FILE, name);
		if (i % 3 == 0)
			add(1, i, FILESTAT_FILE, name);
	}
	decide(2);
	for (int32_t i = 1; i <= 20000; i++) {
		ck_assert_str_eq(fate(0, i % 2 ? i : 40000 - i), i % 3 == 0 ? "out" : "in");
		ck_assert_str_eq(fate(1, i), i % 3 == 0 ? "in" : "unknown");
	}
	ck_assert_uint_eq(merge_share(m, 0).files + merge_share(m, 1).files, 20000);
}
END_TEST

START_TEST(memory_has_a_limit)
{
	merge_free(m);
	m = merge_new(200000);
	char name[64];
	struct merge_update *none;
	int rc = 0;
	int32_t i = 1;
	for (; rc == 0 && i < 100000; i++) {
		snprintf(name, sizeof name, "/%d", i);
		const struct filestat stat = {.type = FILESTAT_FILE, .name = name, .link = "", .extended = ""};
		const struct merge_file file = {.file_index = i, .stat = &stat};
		rc = merge_add(m, &file, &none, &e);
	}
	ck_assert_int_eq(rc, XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.text, "--max-memory"));
	ck_assert_int_gt(i, 500);
	/* One name of many folders is no way around it. */
	merge_free(m);
	m = merge_new(200000);
	char *deep = malloc(400001);
	for (size_t k = 0; k < 400000; k++)
		deep[k] = k % 2 ? 'a' : '/';
	deep[400000] = '\0';
	const struct filestat stat = {.type = FILESTAT_FILE, .name = deep, .link = "", .extended = ""};
	const struct merge_file file = {.file_index = 1, .stat = &stat};
	e = (struct err){0};
	ck_assert_int_eq(merge_add(m, &file, &none, &e), XE_FAILED);
	free(deep);
}
END_TEST

START_TEST(nothing)
{
	decide(0);
	ck_assert_str_eq(fate(0, 1), "unknown");
	merge_free(NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("merge");
	TCase *t = tcase_create("merge");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_newest_counts);
	tcase_add_test(t, order_of_jobs);
	tcase_add_test(t, marks);
	tcase_add_test(t, mark_of_the_other_kind);
	tcase_add_test(t, files_in_the_way);
	tcase_add_test(t, spellings);
	tcase_add_test(t, links);
	tcase_add_test(t, chosen);
	tcase_add_test(t, updates);
	tcase_add_test(t, base_jobs);
	tcase_add_test(t, many);
	tcase_add_test(t, memory_has_a_limit);
	tcase_add_test(t, nothing);
	suite_add_tcase(s, t);
	return check_run(s);
}
