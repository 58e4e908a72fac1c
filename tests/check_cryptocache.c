/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cryptocache.c: the samples of the real bscrypto both ways, four layouts, every truncation, changes, files. */
#include "cryptocache.h"

#include "check_samples.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static struct err e;
static char folder[64];

static void setup(void)
{
	e = (struct err){0};
	strcpy(folder, "/tmp/xflate-check.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static struct cryptocache parsed(const struct secret *s)
{
	struct cryptocache c = CRYPTOCACHE_NONE;
	ck_assert_int_eq(cryptocache_parse(&c, s->data, s->len, &e), 0);
	return c;
}

/* What a daemon leaves in its rows and nobody can know. */
static void forget(uint8_t *p, size_t len, size_t row, size_t pointers)
{
	for (size_t at = 32; at + row <= len; at += row) {
		memset(p + at, 0, pointers);
		for (size_t field = at + pointers; field < at + pointers + 256; field += 128) {
			size_t n = strnlen((char *)p + field, 128);
			memset(p + field + n, 0, 128 - n);
		}
	}
}

/* Each sample, written again, is the sample but for the pointers. */
START_TEST(test_samples)
{
	static const struct {
		const char *name, *first;
		size_t count;
	} v[] = {
		{"cache-1.cryptoc", "Vol-0001", 1},
		{"cache-3.cryptoc", "Vol-0001", 3},
		{"cache-long.cryptoc", NULL, 2},
		{"cache-expired-61d.cryptoc", "Vol-0001", 3},
		{"cache-expired-61d-after-r.cryptoc", "Vol-0001", 3},
		{"cache-expired-61d-after-p.cryptoc", "NewVol", 1},
		{"cache-old-59d.cryptoc", "Vol-0001", 3},
		{"cache-old-59d-after-p.cryptoc", "Vol-0001", 4},
		{"cache-old-59d-after-r.cryptoc", "Vol-0001", 3},
		{"foreign-cache.cryptoc", "ForeignVol-1", 2},
	};
	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
		struct secret s = sample(v[i].name), back = SECRET_NONE;
		struct cryptocache c = parsed(&s);
		ck_assert_uint_eq(c.count, v[i].count);
		ck_assert_uint_eq(c.layout.pointer_bytes, 8);
		ck_assert(!c.layout.big_endian && !c.bacula && c.trailing == 0);
		if (v[i].first)
			ck_assert_str_eq(c.entries[0].volume, v[i].first);
		ck_assert_int_eq(cryptocache_serialize(&c, (struct cryptocache_layout){8, false}, &back, &e), 0);
		forget(s.data, s.len, 280, 16);
		ck_assert_uint_eq(back.len, s.len);
		ck_assert_mem_eq(back.data, s.data, s.len);
		cryptocache_free(&c);
		secret_free(&s);
		secret_free(&back);
	}
}
END_TEST

START_TEST(test_damaged)
{
	static const char *const bad[] = {"damaged-bad-id.cryptoc",         "damaged-bad-version.cryptoc",
					  "damaged-count-too-high.cryptoc", "damaged-count-too-low.cryptoc",
					  "damaged-short-hdr.cryptoc",      "damaged-truncated-entry.cryptoc"};
	struct cryptocache c = CRYPTOCACHE_NONE;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct secret s = sample(bad[i]);
		e = (struct err){0};
		ck_assert_msg(cryptocache_parse(&c, s.data, s.len, &e) == XE_DAMAGE, "%s", bad[i]);
		ck_assert(c.entries == NULL && c.count == 0);
		secret_free(&s);
	}
	struct secret s = sample("damaged-trailing-junk.cryptoc");
	e = (struct err){0};
	c = parsed(&s);
	ck_assert_uint_eq(c.count, 3);
	ck_assert_uint_eq(c.trailing, 4);
	cryptocache_free(&c);
	secret_free(&s);
	ck_assert_int_eq(cryptocache_parse(&c, NULL, 0, &e), XE_DAMAGE);
}
END_TEST

/* Every length of every layout: only whole files are caches (and those with less than a row behind). */
START_TEST(test_truncations)
{
	struct cryptocache c = CRYPTOCACHE_NONE, back = CRYPTOCACHE_NONE;
	enum cryptocache_change change;
	ck_assert_int_eq(cryptocache_put(&c, "A00001L4", "/3Fq8mNgW1+JJsA6eX7+3+Dr3KMNYcFSgHQHUEF+NNoHmQhSVU1S4g", 1700000000, &change, &e),
			 0);
	ck_assert_int_eq(cryptocache_put(&c, "A00002L4", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY", -1, &change, &e), 0);
	for (unsigned i = 0; i < 4; i++) {
		struct cryptocache_layout layout = {i & 1 ? 4 : 8, i & 2};
		struct secret s = SECRET_NONE;
		ck_assert_int_eq(cryptocache_serialize(&c, layout, &s, &e), 0);
		ck_assert_uint_eq(s.len, 32 + 2 * (i & 1 ? 272 : 280));
		for (size_t n = 0; n <= s.len; n++) {
			struct guarded g = guarded_copy(s.data, n);
			e = (struct err){0};
			int r = cryptocache_parse(&back, g.p, n, &e);
			/* A 32-bit cache is as long as a 64-bit one that was cut. */
			ck_quick(r == 0 ? n == s.len : r == XE_DAMAGE);
			guarded_free(&g);
		}
		ck_assert_uint_eq(back.count, 2);
		ck_assert(back.layout.pointer_bytes == layout.pointer_bytes && back.layout.big_endian == layout.big_endian);
		ck_assert_mem_eq(back.entries, c.entries, 2 * sizeof *c.entries);
		/* Junk behind it, as much as a daemon takes. */
		for (size_t junk = 1; junk < 272; junk++) {
			struct guarded g = guarded_new(s.len + junk);
			memcpy(g.p, s.data, s.len);
			memset(g.p + s.len, 'x', junk);
			e = (struct err){0};
			ck_quick(cryptocache_parse(&back, g.p, g.len, &e) == 0);
			ck_quick(back.layout.pointer_bytes == layout.pointer_bytes && back.trailing == junk);
			ck_quick(memcmp(back.entries, c.entries, 2 * sizeof *c.entries) == 0);
			guarded_free(&g);
		}
		secret_free(&s);
	}
	cryptocache_free(&c);
	cryptocache_free(&back);
}
END_TEST

/* formats/keys-and-drives.md 4.3 */
START_TEST(test_known)
{
	struct cryptocache c = CRYPTOCACHE_NONE;
	struct secret s = SECRET_NONE;
	enum cryptocache_change change;
	uint8_t want[312] = "BAREOS Crypto Cache\n";
	want[24] = want[28] = 1;
	memcpy(want + 48, "A00001L4", 8);
	memcpy(want + 176, "/3Fq8mNgW1+JJsA6eX7+3+Dr3KMNYcFSgHQHUEF+NNoHmQhSVU1S4g", 54);
	memcpy(want + 304, "\x00\xf1\x53\x65", 4);
	ck_assert_int_eq(cryptocache_put(&c, "A00001L4", (char *)want + 176, 1700000000, &change, &e), 0);
	ck_assert_int_eq(cryptocache_serialize(&c, (struct cryptocache_layout){8, false}, &s, &e), 0);
	ck_assert_uint_eq(s.len, 312);
	ck_assert_mem_eq(s.data, want, 312);
	/* A name of the older product; a field without its NUL; a size from nowhere. */
	memcpy(s.data, "Bacula", 6);
	struct cryptocache old = parsed(&s);
	ck_assert(old.bacula);
	memset(s.data + 48, 'x', 128);
	ck_assert_int_eq(cryptocache_parse(&old, s.data, s.len, &e), XE_DAMAGE);
	memcpy(s.data + 28, "\xff\xff\xff\xff", 4);
	e = (struct err){0};
	ck_assert_int_eq(cryptocache_parse(&old, s.data, s.len, &e), XE_DAMAGE);
	cryptocache_free(&c);
	secret_free(&s);
}
END_TEST

START_TEST(test_changes)
{
	struct cryptocache c = CRYPTOCACHE_NONE;
	enum cryptocache_change change;
	char name[200];
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof name, "V%d", i);
		ck_quick(cryptocache_put(&c, name, "k", i, &change, &e) == 0 && change == CRYPTOCACHE_ADDED);
	}
	ck_assert_int_eq(cryptocache_put(&c, "V7", "k", 9, &change, &e), 0);
	ck_assert(change == CRYPTOCACHE_SAME && c.entries[7].added == 9);
	ck_assert_int_eq(cryptocache_put(&c, "V7", "l", 10, &change, &e), 0);
	ck_assert(change == CRYPTOCACHE_CHANGED && c.count == 3000);
	ck_assert_int_eq(cryptocache_put(&c, "v7", "l", 10, &change, &e), 0);
	ck_assert(change == CRYPTOCACHE_ADDED && c.count == 3001);
	ck_assert_int_eq(cryptocache_remove(&c, "V0", &e), 0);
	ck_assert_int_eq(cryptocache_remove(&c, "V0", &e), XE_KEY);
	for (int i = 1; i < 3000; i++) {
		snprintf(name, sizeof name, "V%d", i);
		ck_quick(cryptocache_find(&c, name) == &c.entries[i - 1]);
	}
	ck_assert_ptr_null(cryptocache_find(&c, "V0"));
	memset(name, 'n', sizeof name);
	name[128] = '\0';
	e = (struct err){0};
	ck_assert_int_eq(cryptocache_put(&c, name, "k", 0, &change, &e), XE_USAGE);
	e = (struct err){0};
	ck_assert_int_eq(cryptocache_put(&c, "V1", name, 0, &change, &e), XE_USAGE);
	name[127] = '\0';
	e = (struct err){0};
	ck_assert_int_eq(cryptocache_put(&c, name, name, INT64_MAX - 5, &change, &e), 0);
	ck_assert_int_eq(cryptocache_expires(cryptocache_find(&c, name)), INT64_MAX);
	c.entries[0].added = INT64_MIN;
	ck_assert_int_eq(cryptocache_expires(&c.entries[0]), INT64_MIN + 5184000);
	cryptocache_free(&c);
	cryptocache_free(&c);
}
END_TEST

/* Of two entries of one name the first counts, and none is lost. */
START_TEST(test_double)
{
	struct secret s = sample("cache-3.cryptoc");
	memcpy(s.data + 32 + 280 + 16, "Vol-0001", 9);
	struct cryptocache c = parsed(&s);
	ck_assert_uint_eq(c.count, 3);
	ck_assert_ptr_eq(cryptocache_find(&c, "Vol-0001"), c.entries);
	ck_assert_int_eq(cryptocache_remove(&c, "Vol-0001", &e), 0);
	ck_assert_uint_eq(c.count, 1);
	cryptocache_free(&c);
	secret_free(&s);
}
END_TEST

/* ---- files ---- */

static int add(struct cryptocache *c, void *arg, struct err *fault)
{
	enum cryptocache_change change;
	return cryptocache_put(c, arg, "key", 1, &change, fault);
}

static int refuse(struct cryptocache *c, void *arg, struct err *fault)
{
	(void)c;
	(void)arg;
	return err_set(fault, XE_KEY, "no");
}

static int leave(struct cryptocache *c, void *arg, struct err *fault)
{
	(void)c;
	(void)arg;
	(void)fault;
	return 1;
}

static void path_in(char path[static 128], const char *name)
{
	snprintf(path, 128, "%s/%s", folder, name);
}

START_TEST(test_files)
{
	struct cryptocache c = CRYPTOCACHE_NONE;
	struct stat st, again;
	char path[128], other[128];
	path_in(path, "c");
	path_in(other, "link");
	umask(0);
	ck_assert_int_eq(cryptocache_update(path, false, add, "one", &e), XE_FAILED);
	ck_assert_int_ne(access(path, F_OK), 0);
	e = (struct err){0};
	ck_assert_int_eq(cryptocache_update(path, true, refuse, NULL, &e), XE_KEY);
	ck_assert_int_ne(access(path, F_OK), 0);
	e = (struct err){0};
	ck_assert_int_eq(cryptocache_update(path, true, add, "one", &e), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	/* It keeps its mode, and a link stays one. */
	ck_assert_int_eq(chmod(path, 0640), 0);
	ck_assert_int_eq(symlink("c", other), 0);
	ck_assert_int_eq(cryptocache_update(other, false, add, "two", &e), 0);
	ck_assert_int_eq(lstat(other, &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	/* Nothing to be done, or failure: it is the same file. */
	ck_assert_int_eq(cryptocache_update(path, false, leave, NULL, &e), 0);
	ck_assert_int_eq(cryptocache_update(path, false, refuse, NULL, &e), XE_KEY);
	ck_assert_int_eq(stat(path, &again), 0);
	ck_assert(st.st_ino == again.st_ino && st.st_mtim.tv_nsec == again.st_mtim.tv_nsec);
	e = (struct err){0};
	ck_assert_int_eq(cryptocache_read(&c, path, &e), 0);
	ck_assert_uint_eq(c.count, 2);
	cryptocache_free(&c);
	ck_assert_int_eq(cryptocache_read(&c, folder, &e), XE_FAILED);
}
END_TEST

/* A damaged file is left, to the byte, by whatever wants to change it. */
START_TEST(test_damaged_files_stay)
{
	static const char *const bad[] = {"damaged-bad-id.cryptoc",         "damaged-bad-version.cryptoc",
					  "damaged-count-too-high.cryptoc", "damaged-count-too-low.cryptoc",
					  "damaged-short-hdr.cryptoc",      "damaged-truncated-entry.cryptoc"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct secret s = sample(bad[i]), now = SECRET_NONE;
		char path[128];
		path_in(path, bad[i]);
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		ck_assert_int_eq(write(fd, s.data, s.len), (ssize_t)s.len);
		e = (struct err){0};
		ck_assert_int_eq(cryptocache_update(path, true, add, "one", &e), XE_DAMAGE);
		ck_assert_str_eq(e.volume, path);
		lseek(fd, 0, SEEK_SET);
		ck_assert_int_eq(secret_read(&now, fd, 4096, path, &e), 0);
		ck_assert(secret_equal(&s, &now));
		close(fd);
		secret_free(&s);
		secret_free(&now);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cryptocache");
	TCase *t = tcase_create("cryptocache");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_samples);
	tcase_add_test(t, test_damaged);
	tcase_add_test(t, test_truncations);
	tcase_add_test(t, test_known);
	tcase_add_test(t, test_changes);
	tcase_add_test(t, test_double);
	tcase_add_test(t, test_files);
	tcase_add_test(t, test_damaged_files_stay);
	suite_add_tcase(s, t);
	return check_run(s);
}
