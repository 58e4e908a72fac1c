/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that appear whole or not at all. */
#include "base/outfile.h"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

#include "volume_maker.h"

static struct mk_dir dir;
static char path[128];
static struct outfile o;
static struct err e;

static void setup(void)
{
	mk_dir_new(&dir);
	mk_in_dir(&dir, "file", path);
	o = OUTFILE_NONE;
	e = (struct err){ 0 };
}

static void teardown(void)
{
	mk_dir_remove(&dir);
}

/* Names in the folder, hidden ones too. */
static int entries(void)
{
	DIR *d = opendir(dir.path);
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void holds(const char *file, const char *text)
{
	struct mk m = mk_read(file);

	mk_put(&m, "", 1);
	ck_assert_str_eq((char *)m.p, text);
	mk_free(&m);
}

START_TEST(test_commit)
{
	struct stat st;
	bool partial;

	ck_assert_int_eq(outfile_open(&o, path, 0640, false, false, &e), 0);
	ck_assert(!o.direct && o.io.kind == IO_FILE);
	ck_assert_int_ne(access(path, F_OK), 0); /* not yet */
	ck_assert_int_eq(io_write(o.io.fd, "hello", 5, &e), 0);
	ck_assert_int_eq(outfile_commit(&o, &e), 0);
	holds(path, "hello");
	ck_assert_int_eq(entries(), 1);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777 & ~0640u, 0);
	ck_assert_str_eq(e.volume, "");
	outfile_abandon(&o, &partial);
	ck_assert(!partial);
	holds(path, "hello");
}
END_TEST

START_TEST(test_abandon)
{
	bool partial = true;

	ck_assert_int_eq(outfile_open(&o, path, 0600, false, false, &e), 0);
	ck_assert_int_eq(io_write(o.io.fd, "hello", 5, &e), 0);
	outfile_abandon(&o, &partial);
	ck_assert(!partial);
	ck_assert_int_eq(entries(), 0);
	outfile_abandon(&o, &partial);
	ck_assert(!partial);
	outfile_abandon(&(struct outfile){ .io = { .fd = -1 }, .slot = -1 }, &partial);
}
END_TEST

START_TEST(test_partial)
{
	bool partial = false;
	char name[160];

	ck_assert_int_eq(outfile_open(&o, path, 0600, false, true, &e), 0);
	ck_assert_int_eq(io_write(o.io.fd, "hel", 3, &e), 0);
	outfile_abandon(&o, &partial);
	ck_assert(partial);
	ck_assert_int_eq(entries(), 1);
	snprintf(name, sizeof name, "%s.partial", path);
	holds(name, "hel");
}
END_TEST

START_TEST(test_exists)
{
	bool partial;

	mk_write(path, "old", 3);
	ck_assert_int_eq(outfile_open(&o, path, 0600, false, false, &e), XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.text, "exists already"));
	ck_assert_str_eq(e.volume, path);
	outfile_abandon(&o, &partial);
	holds(path, "old");
	ck_assert_int_eq(entries(), 1);
	/* It may also appear meanwhile. */
	unlink(path);
	e = (struct err){ 0 };
	ck_assert_int_eq(outfile_open(&o, path, 0600, false, false, &e), 0);
	mk_write(path, "new", 3);
	ck_assert_int_eq(outfile_commit(&o, &e), XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.text, "exists already"));
	outfile_abandon(&o, &partial);
	holds(path, "new");
	ck_assert_int_eq(entries(), 1);
}
END_TEST

START_TEST(test_replace)
{
	bool partial;

	mk_write(path, "old", 3);
	ck_assert_int_eq(outfile_open(&o, path, 0600, true, false, &e), 0);
	ck_assert_int_eq(io_write(o.io.fd, "hello", 5, &e), 0);
	holds(path, "old");
	outfile_abandon(&o, &partial);
	holds(path, "old");
	ck_assert_int_eq(outfile_open(&o, path, 0600, true, false, &e), 0);
	ck_assert_int_eq(io_write(o.io.fd, "hello", 5, &e), 0);
	ck_assert_int_eq(outfile_commit(&o, &e), 0);
	holds(path, "hello");
	ck_assert_int_eq(entries(), 1);
}
END_TEST

START_TEST(test_places)
{
	char name[160], *big = malloc(OUTFILE_PATH_BYTES + 10);
	bool partial;

	ck_assert_int_eq(outfile_open(&o, dir.path, 0600, true, false, &e), XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.text, "folder"));
	outfile_abandon(&o, &partial);
	e = (struct err){ 0 };
	snprintf(name, sizeof name, "%s/none/file", dir.path);
	ck_assert_int_eq(outfile_open(&o, name, 0600, true, false, &e), XE_FAILED);
	ck_assert_str_eq(e.volume, name);
	outfile_abandon(&o, &partial);
	e = (struct err){ 0 };
	memset(big, 'x', OUTFILE_PATH_BYTES + 9);
	big[OUTFILE_PATH_BYTES + 9] = 0;
	ck_assert_int_eq(outfile_open(&o, big, 0600, true, false, &e), XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.text, "too long"));
	outfile_abandon(&o, &partial);
	free(big);
	/* Written in place, and never removed. */
	e = (struct err){ 0 };
	ck_assert_int_eq(outfile_open(&o, "/dev/null", 0600, false, true, &e), 0);
	ck_assert(o.direct);
	outfile_abandon(&o, &partial);
	ck_assert(!partial);
	ck_assert_int_eq(access("/dev/null", F_OK), 0);
	ck_assert_int_eq(outfile_open(&o, "/dev/null", 0600, false, false, &e), 0);
	ck_assert_int_eq(outfile_commit(&o, &e), 0);
	/* Many at once, and their places are given back. */
	for (int round = 0; round < 5; round++) {
		struct outfile many[4];

		for (int i = 0; i < 4; i++) {
			snprintf(name, sizeof name, "%s/m%d", dir.path, i);
			ck_assert_int_eq(outfile_open(&many[i], name, 0600, true, false, &e), 0);
		}
		for (int i = 0; i < 4; i++) {
			if (i % 2)
				ck_assert_int_eq(outfile_commit(&many[i], &e), 0);
			else
				outfile_abandon(&many[i], &partial);
		}
	}
	ck_assert_int_eq(entries(), 2);
}
END_TEST

/* A signal removes what is unfinished (or leaves it as partial) and then kills as it would have. */
START_TEST(test_signals)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	char name[160];

	snprintf(name, sizeof name, "%s.partial", path);
	for (int keep = 0; keep < 2; keep++) {
		for (size_t i = 0; i < 3; i++) {
			int status;
			pid_t child = fork();

			if (child == 0) {
				struct outfile mine;

				outfile_catch_signals();
				if (outfile_open(&mine, path, 0600, false, keep, &e) != 0 || io_write(mine.io.fd, "hel", 3, &e) != 0)
					_exit(9);
				raise(signals[i]);
				_exit(8);
			}
			ck_assert_int_eq(waitpid(child, &status, 0), child);
			ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == signals[i]);
			ck_assert_int_eq(entries(), keep);
			if (keep) {
				holds(name, "hel");
				unlink(name);
			}
		}
	}
	/* Ignored ones stay ignored. */
	int status;
	pid_t child = fork();

	if (child == 0) {
		signal(SIGHUP, SIG_IGN);
		outfile_catch_signals();
		raise(SIGHUP);
		_exit(0);
	}
	waitpid(child, &status, 0);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("outfile");
	TCase *t = tcase_create("outfile");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_commit);
	tcase_add_test(t, test_abandon);
	tcase_add_test(t, test_partial);
	tcase_add_test(t, test_exists);
	tcase_add_test(t, test_replace);
	tcase_add_test(t, test_places);
	tcase_add_test(t, test_signals);
	suite_add_tcase(s, t);
	return check_run(s);
}
