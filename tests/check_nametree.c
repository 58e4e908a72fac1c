/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The room mount without a mount: names as trees, what is damaged of a file, and where its records are. */
#include "mount/bytemap.h"
#include "mount/nametree.h"
#include "mount/wounds.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct err e;
static struct nametree *t;
static unsigned told;
static char last[64];

static void tell(void *arg, const char *name, const char *why)
{
	(void)arg;
	(void)name;
	told++;
	snprintf(last, sizeof last, "%s", why);
}

static void setup(void)
{
	e = (struct err){0};
	told = 0;
	t = nametree_new(1 << 20, tell, NULL);
	ck_assert_ptr_nonnull(t);
}

static void teardown(void)
{
	nametree_free(t);
}

static uint32_t add(const char *name, enum nametree_kind kind, uint32_t row, int32_t index, bool merged)
{
	uint32_t node;
	ck_assert_int_eq(nametree_add(t, name, kind, row, index, merged, &node, &e), 0);
	return node;
}

static uint32_t file(const char *name, int32_t index)
{
	return add(name, NAMETREE_FILE, 1, index, false);
}

/* The parts of a shown path, one after the other. */
static uint32_t at(const char *path)
{
	char copy[8192], *rest = copy;
	uint32_t node = NAMETREE_ROOT;
	snprintf(copy, sizeof copy, "%s", path);
	for (char *part; node != NAMETREE_NONE && (part = strsep(&rest, "/")) != NULL;)
		node = nametree_find(t, node, part);
	return node;
}

START_TEST(names)
{
	uint32_t f = file("/srv/data/file", 1), g = file("/srv/data/other", 2);
	ck_assert_uint_eq(at("srv/data/file"), f);
	ck_assert_int_eq(nametree_node(t, at("srv/data"))->file_index, 0);
	uint32_t folder = add("/srv/data/", NAMETREE_FOLDER, 1, 3, false);
	ck_assert_uint_eq(folder, at("srv/data"));
	ck_assert_uint_eq(nametree_first(t, folder), f);
	ck_assert_uint_eq(nametree_next(t, f), g);
	ck_assert_uint_eq(nametree_next(t, g), NAMETREE_NONE);
	ck_assert_uint_eq(nametree_node(t, NAMETREE_ROOT)->count, 1);
	ck_assert_uint_eq(add("/", NAMETREE_FOLDER, 1, 4, false), NAMETREE_ROOT);
	ck_assert_uint_eq(at("no"), NAMETREE_NONE);
	ck_assert_uint_eq(told, 0);
}
END_TEST

START_TEST(hostile)
{
	static char name[5002];
	uint32_t f = file("/a/../../b", 1);
	ck_assert_uint_eq(at("a/%2E%2E/%2E%2E/b"), f);
	ck_assert_uint_eq(told, 1);
	memset(name, 'x', 5000);
	uint32_t g = file(name, 2);
	name[4999] = 'y';
	uint32_t h = file(name, 3);
	ck_assert_uint_ne(g, h);
	ck_assert_uint_eq(nametree_node(t, g)->name_bytes, 255);
	ck_assert_uint_eq(told, 3);
	ck_assert_uint_eq(file("", 4), NAMETREE_NONE);
	ck_assert_uint_eq(file("/.", 5), NAMETREE_NONE);
	ck_assert_uint_eq(told, 5);
	/* 2,500 parts. */
	for (size_t i = 0; i < 5000; i++)
		name[i] = i % 2 ? '/' : 'd';
	name[5000] = 'e';
	file(name, 6);
	ck_assert_uint_eq(told, 5);
}
END_TEST

START_TEST(both_kinds)
{
	uint32_t f = file("/x", 1), g = file("/x/y", 2);
	ck_assert_uint_eq(at("x"), f);
	ck_assert_uint_eq(at("x~folder/y"), g);
	uint32_t d = add("/z/", NAMETREE_FOLDER, 1, 3, false), h = file("/z", 4);
	ck_assert_uint_eq(at("z"), d);
	ck_assert_uint_eq(at("z~file"), h);
	ck_assert_uint_eq(told, 2);
}
END_TEST

START_TEST(twins)
{
	uint32_t f = file("/f", 1), l = file("/l", 2);
	nametree_join(t, l, f);
	ck_assert_uint_eq(nametree_node(t, f)->count, 2);
	uint32_t again = file("/f", 3);
	ck_assert_uint_eq(told, 1);
	ck_assert_uint_eq(at("f"), again);
	/* The other name still stands for the first. */
	ck_assert_int_eq(nametree_node(t, nametree_node(t, at("l"))->same)->file_index, 1);
	ck_assert_uint_eq(nametree_node(t, f)->count, 1);
	ck_assert_uint_eq(nametree_first(t, NAMETREE_ROOT), l);
}
END_TEST

START_TEST(merged)
{
	add("/d/", NAMETREE_FOLDER, 1, 1, true);
	uint32_t f = add("/d/f", NAMETREE_FILE, 1, 2, true);
	add("/d/f", NAMETREE_FILE, 2, 1, true);
	ck_assert_uint_ne(at("d/f"), f);
	ck_assert_uint_eq(nametree_node(t, at("d/f"))->row, 2);
	/* A folder in whose place a file came. */
	uint32_t g = add("/d", NAMETREE_FILE, 3, 1, true);
	ck_assert_uint_eq(at("d"), g);
	ck_assert_uint_eq(at("d/f"), NAMETREE_NONE);
	ck_assert_uint_eq(told, 0);
	/* A mark of a folder takes what is empty. */
	add("/k/", NAMETREE_FOLDER, 1, 3, true);
	uint32_t h = add("/k/l/m", NAMETREE_FILE, 1, 4, true);
	nametree_forget(t, at("k"));
	nametree_prune(t);
	ck_assert_uint_eq(at("k/l/m"), h);
	nametree_take_away(t, h);
	nametree_prune(t);
	ck_assert_uint_eq(at("k"), NAMETREE_NONE);
}
END_TEST

START_TEST(memory)
{
	char name[64];
	int rc = 0;
	unsigned i = 0;
	for (; rc == 0 && i < 1000000; i++) {
		snprintf(name, sizeof name, "/folder%u/file%u", i % 100, i);
		rc = nametree_add(t, name, NAMETREE_FILE, 1, 1, false, NULL, &e);
	}
	ck_assert_int_eq(rc, XE_FAILED);
	ck_assert_uint_gt(i, 5000);
	ck_assert_uint_lt(nametree_bytes(t), (uint64_t)4 << 20);
}
END_TEST

/* ---- wounds ---- */

static bool sound(const struct wounds *w, uint64_t from, uint64_t n, uint64_t taken_for)
{
	const char *why = NULL;
	uint64_t where = from;
	bool is = wounds_sound(w, &where, n, &why);
	ck_assert(is || why);
	return is && where == taken_for;
}

START_TEST(aligned_to_the_end)
{
	struct wounds w = {0};
	/* Ten records of 100 bytes and one of 7, of which the fourth and fifth are lost. */
	for (unsigned i = 0; i < 9; i++) {
		if (i == 3)
			wounds_lose(&w, 300);
		wounds_record(&w, false, i * 100, i < 8 ? i * 100 + 100 : 807, i < 8 ? 100 : 7, false);
	}
	ck_assert(!wounds_touch(&w, 0, 300) && wounds_touch(&w, 299, 2));
	wounds_end(&w, 807, 1007, false, true, true);
	ck_assert(sound(&w, 0, 300, 0));
	ck_assert(!sound(&w, 300, 1, 300) && !sound(&w, 499, 1, 499) && !sound(&w, 250, 300, 250));
	ck_assert(sound(&w, 500, 507, 300));
}
END_TEST

START_TEST(not_aligned)
{
	/* Records of different lengths: nothing tells. */
	struct wounds w = {0};
	wounds_record(&w, false, 0, 100, 100, false);
	wounds_lose(&w, 100);
	wounds_record(&w, false, 100, 150, 50, false);
	wounds_record(&w, false, 150, 250, 100, false);
	wounds_end(&w, 250, 350, false, true, true);
	ck_assert(sound(&w, 0, 100, 0) && !sound(&w, 100, 1, 100) && !sound(&w, 349, 1, 349));
	/* A size that was not counted may be that of another day. */
	w = (struct wounds){0};
	wounds_record(&w, false, 0, 100, 100, false);
	wounds_lose(&w, 100);
	wounds_record(&w, false, 100, 200, 100, false);
	wounds_end(&w, 200, 300, false, true, false);
	ck_assert(sound(&w, 0, 100, 0) && !sound(&w, 200, 100, 200));
	/* No digest shows where it ends. */
	w = (struct wounds){0};
	wounds_record(&w, false, 0, 100, 100, false);
	wounds_lose(&w, 100);
	wounds_record(&w, false, 100, 200, 100, false);
	wounds_end(&w, 200, 300, false, false, true);
	ck_assert(sound(&w, 0, 100, 0) && !sound(&w, 200, 100, 200));
}
END_TEST

START_TEST(with_addresses)
{
	struct wounds w = {0};
	wounds_record(&w, true, 0, 100, 100, false);
	wounds_lose(&w, 100);
	wounds_record(&w, true, 500, 600, 100, true);
	wounds_record(&w, true, 600, 700, 100, false);
	wounds_end(&w, 700, 1000, false, true, true);
	ck_assert(sound(&w, 0, 100, 0) && !sound(&w, 100, 1, 100) && !sound(&w, 499, 1, 499));
	ck_assert(!sound(&w, 500, 100, 500) && sound(&w, 600, 400, 600));
	/* Without any: the last record. */
	w = (struct wounds){0};
	wounds_record(&w, true, 0, 100, 100, false);
	wounds_record(&w, true, 100, 200, 100, false);
	wounds_end(&w, 200, 200, false, true, true);
	ck_assert(sound(&w, 0, 100, 0) && !sound(&w, 150, 1, 150));
	/* More than fit are more than there are, never less. */
	w = (struct wounds){0};
	for (uint64_t i = 0; i < 200; i++) {
		wounds_lose(&w, i * 10);
		wounds_record(&w, true, i * 10 + 5, i * 10 + 10, 5, false);
	}
	wounds_end(&w, 2000, 2000, false, true, true);
	for (uint64_t i = 0; i < 200; i++)
		ck_assert(!sound(&w, i * 10, 5, i * 10));
	ck_assert(sound(&w, 5, 5, 5));
}
END_TEST

/* ---- places ---- */

START_TEST(places)
{
	struct bytemap m = {0};
	uint64_t end;
	for (uint64_t i = 0; i < 100000; i++) {
		const struct bytemap_stride s = {
			.place = {.addr = i * 7, .len = 10}, .ordinal = i, .lo = i * 10, .hi = i * 10 + 10, .next = i * 10};
		ck_assert_int_eq(bytemap_add(&m, &s, &e), 0);
	}
	ck_assert_uint_le(m.count, BYTEMAP_STRIDES);
	for (uint64_t byte = 0; byte < 1000000; byte += 997) {
		const struct bytemap_stride *s = bytemap_find(&m, byte, 1, &end);
		ck_assert(s->lo <= byte && byte < s->hi && s->ordinal <= byte / 10 && byte / 10 < end);
		ck_assert_uint_eq(s->place.addr, s->ordinal * 7);
		ck_assert(bytemap_fits(&m, s->ordinal, &s->place));
	}
	ck_assert_ptr_null(bytemap_find(&m, 1000000, 5, &end));
	const struct bytemap_place other = {.addr = 1, .len = 10};
	ck_assert(!bytemap_fits(&m, 0, &other) && !m.backwards);
	bytemap_free(&m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("nametree");
	TCase *c = tcase_create("mount");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, names);
	tcase_add_test(c, hostile);
	tcase_add_test(c, both_kinds);
	tcase_add_test(c, twins);
	tcase_add_test(c, merged);
	tcase_add_test(c, memory);
	tcase_add_test(c, aligned_to_the_end);
	tcase_add_test(c, not_aligned);
	tcase_add_test(c, with_addresses);
	tcase_add_test(c, places);
	suite_add_tcase(s, c);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
