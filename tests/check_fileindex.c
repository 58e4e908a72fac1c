/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An index: what is put in comes out, by job, number, name, folder and pattern; transactions; files that are none of ours, or damaged. */
#include "index/fileindex.h"
#include "index/namepattern.h"
#include "restore/choice.h"

#include "tests/guarded.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct err e;
static struct fileindex *x;
static char path[64];

/* What a query told, a name a line. */
static char told[1 << 16];

static void setup(void)
{
	e = (struct err){0};
	snprintf(path, sizeof path, "/tmp/xflate-index-%d", (int)getpid());
	unlink(path);
	told[0] = '\0';
	x = fileindex_open(NULL, FILEINDEX_WRITE, 0, &e);
	ck_assert_msg(x, "%s", e.text);
}

static void teardown(void)
{
	fileindex_free(x);
	unlink(path);
	x = NULL;
}

static void right(int rc)
{
	ck_assert_msg(rc == 0, "%s: %s", e.volume, e.text);
}

static int64_t volume(const char *name, int64_t time)
{
	struct fileindex_volume v = {.label_time = time, .path = "/there", .size = 1000, .last_at = 900, .last_bytes = 100};

	v.last_hash = UINT64_MAX - 5;
	snprintf(v.name, sizeof v.name, "%s", name);
	right(fileindex_put_volume(x, &v, &e));
	ck_assert_int_gt(v.id, 0);
	return v.id;
}

static int64_t job(uint32_t id, int64_t on)
{
	struct fileindex_job j = {.session_id = id, .session_time = 77, .begun = true, .start = {.job_id = id, .time = 1000 + id}};

	snprintf(j.start.client, sizeof j.start.client, "client-%u", id);
	snprintf(j.start.job, sizeof j.start.job, "job-%u", id);
	right(fileindex_put_job(x, &j, &e));
	right(fileindex_put_job_volume(x, j.id, on, &e));
	return j.id;
}

static struct fileindex_file file(int64_t of, int32_t index, const char *name, int64_t on)
{
	return (struct fileindex_file){
		.job = of,
		.file_index = index,
		.stat = {.file_index = index, .type = FILESTAT_FILE, .name = name, .link = "", .extended = ""},
		.bytes = 10,
		.first = {on, (uint64_t)index * 100},
		.last = {on, (uint64_t)index * 100 + 50},
	};
}

static void put(int64_t of, int32_t index, const char *name, int64_t on)
{
	const struct fileindex_file f = file(of, index, name, on);

	right(fileindex_put_file(x, &f, &e));
}

static int tell(void *arg, const struct fileindex_file *f, struct err *err)
{
	size_t n = strlen(told);

	(void)arg;
	(void)err;
	snprintf(told + n, sizeof told - n, "%lld:%d %s\n", (long long)f->job, f->file_index, f->stat.name);
	return 0;
}

static int tell_name(void *arg, const char *name, struct err *err)
{
	size_t n = strlen(told);

	(void)arg;
	(void)err;
	snprintf(told + n, sizeof told - n, "%s\n", name);
	return 0;
}

static void found(const char *pattern, const char *wanted)
{
	const struct fileindex_query q = {.patterns = &pattern, .pattern_count = 1};

	told[0] = '\0';
	right(fileindex_find(x, &q, tell, NULL, &e));
	ck_assert_msg(strcmp(told, wanted) == 0, "%s: found\n%s, not\n%s", pattern, told, wanted);
}

static const char *const names[] = {
	"/etc/", "/etc/passwd", "/etc/passwd-", "/etc/ssh/sshd_config", "/srv/my file\n\xff\xfe", "C:/Users/x", "relative",
	"/",     "/a\xff",      "/a\xff/b",     "//host/share/f",       "/srv/etc/passwd",
};
#define NAMES (sizeof names / sizeof *names)

/* One job with all names. */
static int64_t fill(void)
{
	right(fileindex_begin(x, &e));
	int64_t v = volume("vol", 5), j = job(1, v);
	for (size_t i = 0; i < NAMES; i++)
		put(j, (int32_t)i + 1, names[i], v);
	right(fileindex_commit(x, &e));
	return j;
}

START_TEST(whole_row)
{
	int64_t v, j;
	struct fileindex_file f, got;

	right(fileindex_begin(x, &e));
	v = volume("vol", 5);
	j = job(3, v);
	f = file(j, 7, "/x/y\xffz", v);
	f.stat = (struct filestat){.file_index = 9,
				   .type = FILESTAT_HARD_LINK,
				   .name = "/x/y\xffz",
				   .link = "/x/first",
				   .extended = "A B C",
				   .system = -3,
				   .inode = UINT64_MAX,
				   .device = INT64_MIN,
				   .mode = 0100644,
				   .uid = UINT32_MAX,
				   .gid = 4,
				   .links = 2,
				   .size = INT64_MAX,
				   .atime = -1,
				   .mtime = INT64_MIN,
				   .ctime = 3,
				   .link_index = 5,
				   .data_stream = 29,
				   .delta = true};
	f.bytes = 123;
	f.stored = 45;
	f.data_stream = 30;
	f.has_digest = true;
	f.digest = DIGEST_SHA512;
	f.value_bytes = 64;
	memset(f.value, 0xa5, 64);
	f.verdict = FILEINDEX_DAMAGED;
	f.flags = FILEINDEX_ACL | FILEINDEX_COMPRESSED;
	right(fileindex_put_file(x, &f, &e));
	right(fileindex_commit(x, &e));
	ck_assert_int_eq(fileindex_file(x, j, 7, &got, &e), 1);
	ck_assert_str_eq(got.stat.name, f.stat.name);
	ck_assert_str_eq(got.stat.link, f.stat.link);
	ck_assert_str_eq(got.stat.extended, f.stat.extended);
	ck_assert_int_eq(got.job, j);
	ck_assert_int_eq(got.file_index, 7);
	ck_assert_int_eq(got.path, 1);
	ck_assert_int_eq(got.stat.file_index, 9);
	ck_assert_uint_eq(got.stat.type, FILESTAT_HARD_LINK);
	ck_assert_int_eq(got.stat.system, -3);
	ck_assert_uint_eq(got.stat.inode, UINT64_MAX);
	ck_assert_int_eq(got.stat.device, INT64_MIN);
	ck_assert_uint_eq(got.stat.mode, 0100644);
	ck_assert_uint_eq(got.stat.uid, UINT32_MAX);
	ck_assert_uint_eq(got.stat.gid, 4);
	ck_assert_uint_eq(got.stat.links, 2);
	ck_assert_uint_eq(got.stat.size, INT64_MAX);
	ck_assert_int_eq(got.stat.atime, -1);
	ck_assert_int_eq(got.stat.mtime, INT64_MIN);
	ck_assert_int_eq(got.stat.ctime, 3);
	ck_assert_int_eq(got.stat.link_index, 5);
	ck_assert_uint_eq(got.stat.data_stream, 29);
	ck_assert(got.stat.delta && got.has_digest && got.digest == DIGEST_SHA512 && got.value_bytes == 64);
	ck_assert_mem_eq(got.value, f.value, 64);
	ck_assert_uint_eq(got.bytes, 123);
	ck_assert_uint_eq(got.stored, 45);
	ck_assert_uint_eq(got.data_stream, 30);
	ck_assert(got.verdict == FILEINDEX_DAMAGED);
	ck_assert_uint_eq(got.flags, FILEINDEX_ACL | FILEINDEX_COMPRESSED | FILEINDEX_DELTA);
	ck_assert(got.first.volume == v && got.first.addr == 700 && got.last.volume == v && got.last.addr == 750);
	ck_assert_int_eq(fileindex_file(x, j, 8, &got, &e), 0);

	struct fileindex_job k;
	ck_assert_int_eq(fileindex_job(x, j, &k, &e), 1);
	ck_assert(k.files == 1 && k.bytes == 123 && k.damaged == 1 && k.begun && !k.ended);
	ck_assert_str_eq(k.start.client, "client-3");

	struct fileindex_volume w;
	ck_assert_int_eq(fileindex_volume_named(x, "vol", 5, &w, &e), 1);
	ck_assert(w.id == v && w.size == 1000 && w.last_at == 900 && w.last_hash == UINT64_MAX - 5);
	ck_assert_int_eq(fileindex_volume_named(x, "vol", 6, &w, &e), 0);
}
END_TEST

/* Whatever a name is, it comes back, and is found by itself. */
START_TEST(looked_up)
{
	int64_t j = fill();
	struct fileindex_file f;

	for (size_t i = 0; i < NAMES; i++) {
		ck_assert_int_eq(fileindex_look_up(x, j, names[i], &f, &e), 1);
		ck_assert_int_eq(f.file_index, (int)i + 1);
		ck_assert_str_eq(f.stat.name, names[i]);
	}
	ck_assert_int_eq(fileindex_look_up(x, j, "/etc", &f, &e), 1);
	ck_assert_str_eq(f.stat.name, "/etc/");
	ck_assert_int_eq(fileindex_look_up(x, j, "/etc/passwd/", &f, &e), 1);
	ck_assert_int_eq(fileindex_look_up(x, j, "/nothing", &f, &e), 0);
	ck_assert_int_eq(fileindex_look_up(x, j, "", &f, &e), 1);
	ck_assert_str_eq(f.stat.name, "/");
	ck_assert_int_eq(fileindex_look_up(x, j + 1, "/etc", &f, &e), 0);
}
END_TEST

START_TEST(listed)
{
	int64_t j = fill();

	right(fileindex_list(x, j, "/etc/", tell, NULL, &e));
	ck_assert_str_eq(told, "1:2 /etc/passwd\n1:3 /etc/passwd-\n");
	told[0] = '\0';
	right(fileindex_list(x, j, "/nothing/", tell, NULL, &e));
	right(fileindex_list(x, j + 1, "/etc/", tell, NULL, &e));
	ck_assert_str_eq(told, "");
	right(fileindex_folders(x, j, "", tell_name, NULL, &e));
	right(fileindex_folders(x, j, "/", tell_name, NULL, &e));
	right(fileindex_folders(x, j, "/srv/", tell_name, NULL, &e));
	right(fileindex_folders(x, j + 1, "/", tell_name, NULL, &e));
	ck_assert_str_eq(told, "/\nC:/\n//\n/a\xff/\n/etc/\n/srv/\n/srv/etc/\n");
}
END_TEST

START_TEST(patterns)
{
	fill();
	found("passwd", "1:2 /etc/passwd\n1:12 /srv/etc/passwd\n");
	found("passwd*", "1:2 /etc/passwd\n1:3 /etc/passwd-\n1:12 /srv/etc/passwd\n");
	found("*wd", "1:2 /etc/passwd\n1:12 /srv/etc/passwd\n");
	found("etc", "1:1 /etc/\n");
	found("etc/passwd", "1:2 /etc/passwd\n");
	found("/etc/passwd", "1:2 /etc/passwd\n");
	found("etc/passwd*", "1:2 /etc/passwd\n1:3 /etc/passwd-\n");
	found("/etc/", "1:1 /etc/\n1:2 /etc/passwd\n1:3 /etc/passwd-\n1:4 /etc/ssh/sshd_config\n");
	found("etc/*", "1:2 /etc/passwd\n1:3 /etc/passwd-\n1:4 /etc/ssh/sshd_config\n");
	found("*/passwd", "1:2 /etc/passwd\n1:12 /srv/etc/passwd\n");
	found("*/etc/passwd*", "1:12 /srv/etc/passwd\n");
	found("*/ssh", "1:4 /etc/ssh/sshd_config\n");
	found("C:/*", "1:6 C:/Users/x\n");
	found("/a\xff", "1:9 /a\xff\n1:10 /a\xff/b\n");
	found("\xff*", "");
	found("a\xff*", "1:9 /a\xff\n");
	found("host/share/f", "1:11 //host/share/f\n");
	found("nothing", "");
	found("rel?tive", "1:7 relative\n");
	found("/rel[a]tive", "1:7 relative\n");
	found("my file*", "1:5 /srv/my file\n\xff\xfe\n");
}
END_TEST

#define CROWD 1100 /* folders: more than what is looked up name by name */

static bool seen[4096];

static int see(void *arg, const struct fileindex_file *f, struct err *err)
{
	(void)arg;
	(void)err;
	ck_assert(!seen[f->file_index]);
	seen[f->file_index] = true;
	return 0;
}

/* The dictionary's ways are what each name by itself says: every pattern over every name. */
START_TEST(ways_agree)
{
	static const char *const parts[] = {"/", "*", "a", "b", "?", "a/b", "[a]", "ab", "/a"};
	static const char *const last[] = {"a", "b", "ab", "a/", "ba", "/"};
	char pattern[64];
	int32_t index = 0;
	static char all[4096][128];

	right(fileindex_begin(x, &e));
	int64_t v = volume("vol", 1), j = job(1, v);
	for (int i = 0; i < 8 * 8 * 6; i++) {
		static const char *const folders[] = {"", "/", "a/", "b/", "ab/", "/a/", "ba/", "//"};
		char *name = all[index];
		snprintf(name, sizeof all[0], "%s%s%s", folders[i % 8], folders[i / 8 % 8], last[i / 64]);
		put(j, ++index, name, v);
	}
	for (int i = 0; _i > 0 && i < 3 * CROWD; i++) {
		char *name = all[index];
		snprintf(name, sizeof all[0], "%s%d/%s", i % 2 ? "a/" : "/b", i / 3, last[i % 3]);
		put(j, ++index, name, v);
	}
	right(fileindex_commit(x, &e));
	for (int i = 0; i < 9 * 9 * 9; i++) {
		struct namepattern p;
		snprintf(pattern, sizeof pattern, "%s%s%s", parts[i % 9], parts[i / 9 % 9], parts[i / 81]);
		right(namepattern_read(&p, pattern, &e));
		const char *one = pattern;
		const struct fileindex_query q = {.patterns = &one, .pattern_count = 1};
		memset(seen, 0, sizeof seen);
		right(fileindex_find(x, &q, see, NULL, &e));
		for (int32_t k = 0; k < index; k++)
			ck_assert_msg(seen[k + 1] == namepattern_fits(&p, all[k]), "%s and %s", pattern, all[k]);
		/* With a slash it means what it means to extract. */
		struct choice *c = choice_new();
		right(choice_glob(c, pattern, &e));
		choice_ready(c);
		for (int32_t k = 0; !p.last && k < index; k++)
			ck_assert_msg(choice_takes_file(c, all[k], 1) == namepattern_fits(&p, all[k]), "%s and %s", pattern, all[k]);
		choice_free(c);
		namepattern_free(&p);
	}
}
END_TEST

START_TEST(versions)
{
	right(fileindex_begin(x, &e));
	int64_t v = volume("v1", 1), w = volume("v2", 2), j = job(1, v), k = job(2, w);
	put(j, 1, "/a/f", v);
	put(j, 2, "/a/g", v);
	put(k, 1, "/a/g", w);
	put(k, 2, "/a/f", w);
	right(fileindex_commit(x, &e));
	found("f", "1:1 /a/f\n2:2 /a/f\n");
	ck_assert_int_eq(fileindex_paths(x), 2);
	const char *pattern = "f";
	const struct fileindex_query q = {.patterns = &pattern, .pattern_count = 1, .jobs = &k, .job_count = 1};
	told[0] = '\0';
	right(fileindex_find(x, &q, tell, NULL, &e));
	ck_assert_str_eq(told, "2:2 /a/f\n");
	told[0] = '\0';
	right(fileindex_files(x, k, tell, NULL, &e));
	ck_assert_str_eq(told, "2:1 /a/g\n2:2 /a/f\n");

	/* Of one FileIndex the last counts, and is counted once. */
	right(fileindex_begin(x, &e));
	put(k, 2, "/a/h", w);
	right(fileindex_commit(x, &e));
	struct fileindex_job row;
	ck_assert_int_eq(fileindex_job(x, k, &row, &e), 1);
	ck_assert(row.files == 2 && row.bytes == 20);
	found("f", "1:1 /a/f\n");
	ck_assert_int_eq(fileindex_job_of_session(x, 2, 77, "job-2", &row, &e), 1);
	ck_assert_int_eq(row.id, k);
	ck_assert_int_eq(fileindex_job_of_session(x, 2, 77, "another", &row, &e), 0);
	ck_assert_int_eq(fileindex_job_of_session(x, 2, 78, "", &row, &e), 0);
}
END_TEST

/* A job over three volumes: what touches the second goes with it. */
START_TEST(dropped)
{
	right(fileindex_begin(x, &e));
	int64_t v[3] = {volume("v1", 1), volume("v2", 2), volume("v3", 3)}, j = job(1, v[0]), other = job(2, v[1]);
	right(fileindex_put_job_volume(x, j, v[1], &e));
	right(fileindex_put_job_volume(x, j, v[2], &e));
	right(fileindex_put_job_volume(x, j, v[1], &e));
	put(j, 1, "/first", v[0]);
	struct fileindex_file f = file(j, 2, "/over", v[0]);
	f.last.volume = v[2];
	right(fileindex_put_file(x, &f, &e));
	put(j, 3, "/last", v[2]);
	put(other, 1, "/other", v[1]);
	right(fileindex_commit(x, &e));
	right(fileindex_begin(x, &e));
	right(fileindex_drop_files(x, v[1], &e));
	right(fileindex_commit(x, &e));
	found("*", "1:1 /first\n1:3 /last\n");
	struct fileindex_job row;
	ck_assert_int_eq(fileindex_job(x, j, &row, &e), 1);
	ck_assert(row.files == 2 && row.bytes == 20);
	ck_assert_int_eq(fileindex_job(x, other, &row, &e), 0);
	struct fileindex_volume volume_row;
	ck_assert_int_eq(fileindex_volume(x, v[1], &volume_row, &e), 1);
}
END_TEST

/* A name of a thousand levels, or of a megabyte, is one row and no thousand folders. */
START_TEST(hostile_names)
{
	size_t n = 1 << 20;
	char *deep = malloc(n + 1);
	struct fileindex_file f;

	right(fileindex_begin(x, &e));
	int64_t v = volume("vol", 1), j = job(1, v);
	for (size_t i = 0; i < n; i++)
		deep[i] = i % 2 ? 'a' : '/';
	deep[n] = '\0';
	put(j, 1, deep, v);
	deep[1001] = '\0';
	put(j, 2, deep, v);
	put(j, 3, "", v);
	put(j, 4, "////", v);
	right(fileindex_commit(x, &e));
	right(fileindex_folders(x, j, "/", tell_name, NULL, &e));
	ck_assert_str_eq(told, "");
	ck_assert_int_eq(fileindex_look_up(x, j, deep, &f, &e), 1);
	ck_assert_int_eq(f.file_index, 2);
	ck_assert_int_eq(fileindex_file(x, j, 1, &f, &e), 1);
	ck_assert_uint_eq(strlen(f.stat.name), n);
	free(deep);
}
END_TEST

/* ---- files ---- */

static void reopen(enum fileindex_access access)
{
	fileindex_free(x);
	x = fileindex_open(path, access, 0, &e);
	ck_assert_msg(x, "%s", e.text);
}

START_TEST(kept)
{
	reopen(FILEINDEX_WRITE);
	fill();
	reopen(FILEINDEX_READ);
	found("passwd", "1:2 /etc/passwd\n1:12 /srv/etc/passwd\n");
	const struct fileindex_file f = file(1, 100, "/more", 1);
	ck_assert(fileindex_begin(x, &e) != 0 || fileindex_put_file(x, &f, &e) != 0);
	ck_assert_int_eq(e.code, XE_PERMISSION);
}
END_TEST

START_TEST(undone)
{
	reopen(FILEINDEX_WRITE);
	fill();
	right(fileindex_begin(x, &e));
	put(1, 100, "/never", 1);
	fileindex_rollback(x);
	found("never", "");
	right(fileindex_begin(x, &e));
	put(1, 101, "/neither", 1);
	reopen(FILEINDEX_READ);
	found("neither", "");
	found("relative", "1:7 relative\n");
}
END_TEST

/* Killed while it fills: the index is as it was, and goes on. */
START_TEST(killed)
{
	reopen(FILEINDEX_WRITE);
	fill();
	fileindex_free(x);
	x = NULL;
	pid_t child = fork();
	if (child == 0) {
		/* A small cache: much of it is on disk before it is committed. */
		x = fileindex_open(path, FILEINDEX_WRITE, 1, &e);
		right(fileindex_begin(x, &e));
		for (int i = 0; i < 100000; i++) {
			char name[64];
			snprintf(name, sizeof name, "/lost/%d", i);
			put(1, 1000 + i, name, 1);
		}
		raise(SIGKILL);
	}
	int status;
	waitpid(child, &status, 0);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	/* Who only reads sees it so, too, and undoes what was left. */
	x = fileindex_open(path, FILEINDEX_READ, 0, &e);
	ck_assert_msg(x, "%s", e.text);
	found("lost/*", "");
	reopen(FILEINDEX_WRITE);
	found("lost/*", "");
	found("relative", "1:7 relative\n");
	right(fileindex_begin(x, &e));
	put(1, 1000, "/lost/not", 1);
	right(fileindex_commit(x, &e));
	found("lost/*", "1:1000 /lost/not\n");
}
END_TEST

/* Two at once: the second waits for the first.  A process of its own, from before the first was opened: SQLite's locks are a process's. */
START_TEST(two)
{
	int begun[2], status;

	ck_assert_int_eq(pipe(begun), 0);
	pid_t child = fork();
	if (child == 0) {
		char byte;
		ck_assert_int_eq(read(begun[0], &byte, 1), 1);
		struct fileindex *y = fileindex_open(path, FILEINDEX_WRITE, 0, &e);
		const struct fileindex_file f = file(1, 201, "/by-the-second", 1);
		bool well = y && fileindex_begin(y, &e) == 0 && fileindex_put_file(y, &f, &e) == 0 && fileindex_commit(y, &e) == 0;
		fileindex_free(y);
		_exit(well ? 0 : 1);
	}
	reopen(FILEINDEX_WRITE);
	fill();
	right(fileindex_begin(x, &e));
	put(1, 200, "/by-the-first", 1);
	ck_assert_int_eq(write(begun[1], "x", 1), 1);
	usleep(300000);
	right(fileindex_commit(x, &e));
	waitpid(child, &status, 0);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	found("by-the-*", "1:200 /by-the-first\n1:201 /by-the-second\n");
	close(begun[0]);
	close(begun[1]);
}
END_TEST

static void write_file(const void *data, size_t n)
{
	FILE *f = fopen(path, "w");

	ck_assert(f && fwrite(data, 1, n, f) == n && fclose(f) == 0);
}

static size_t read_file(uint8_t *data, size_t n)
{
	FILE *f = fopen(path, "r");
	size_t got = fread(data, 1, n, f);

	fclose(f);
	return got;
}

static void refused(const void *data, size_t n, enum xerr code, const char *words)
{
	static uint8_t after[1 << 20];

	for (int access = FILEINDEX_READ; access <= FILEINDEX_WRITE; access++) {
		e = (struct err){0};
		write_file(data, n);
		ck_assert_ptr_null(fileindex_open(path, (enum fileindex_access)access, 0, &e));
		ck_assert_int_eq(e.code, code);
		ck_assert_msg(strstr(e.text, words), "%s", e.text);
		ck_assert_uint_eq(read_file(after, sizeof after), n);
		ck_assert_mem_eq(after, data, n);
	}
	e = (struct err){0};
}

START_TEST(not_ours)
{
	static uint8_t index[1 << 20];

	ck_assert_ptr_null(fileindex_open(path, FILEINDEX_READ, 0, &e));
	ck_assert_int_eq(e.code, XE_USAGE);
	e = (struct err){0};
	ck_assert_ptr_null(fileindex_open("/nowhere/at/all", FILEINDEX_WRITE, 0, &e));
	ck_assert_int_eq(e.code, XE_FAILED);
	e = (struct err){0};
	ck_assert_ptr_null(fileindex_open("/", FILEINDEX_WRITE, 0, &e));
	e = (struct err){0};
	reopen(FILEINDEX_WRITE);
	fill();
	fileindex_free(x);
	x = NULL;
	size_t n = read_file(index, sizeof index);

	refused("text\n", 5, XE_USAGE, "no SQLite database");
	refused(index, 50, XE_USAGE, "another program");
	index[68]++;
	refused(index, n, XE_USAGE, "another program");
	index[68]--;
	index[63] = 2;
	refused(index, n, XE_USAGE, "newer");
	index[63] = 1;
	write_file(index, n);
	x = fileindex_open(path, FILEINDEX_READ, 0, &e);
	ck_assert_ptr_nonnull(x);
}
END_TEST

/* An empty file may become one. */
START_TEST(empty)
{
	write_file("", 0);
	reopen(FILEINDEX_WRITE);
	fill();
	reopen(FILEINDEX_READ);
	found("relative", "1:7 relative\n");
}
END_TEST

/* Its bytes changed, at many places, and cut short: an answer or an error, each time. */
START_TEST(damaged)
{
	static uint8_t good[1 << 20], bad[1 << 20];
	uint64_t seed = 88172645463325252u;
	unsigned opened = 0, failed = 0;

	reopen(FILEINDEX_WRITE);
	fill();
	fileindex_free(x);
	x = NULL;
	size_t n = read_file(good, sizeof good);

	for (int i = 0; i < 800; i++) {
		memcpy(bad, good, n);
		for (int k = 0; k <= i % 8; k++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			bad[100 + seed % (n - 100)] = (uint8_t)(seed >> 32);
		}
		write_file(bad, i % 10 == 9 ? n * (seed % 100) / 100 : n);
		e = (struct err){0};
		x = fileindex_open(path, i % 2 ? FILEINDEX_READ : FILEINDEX_WRITE, 0, &e);
		if (x == NULL) {
			ck_assert_int_ne(e.code, 0);
			failed++;
			continue;
		}
		opened++;
		const struct fileindex_query all = {0};
		const char *pattern = "*/e*";
		const struct fileindex_query some = {.patterns = &pattern, .pattern_count = 1};
		struct fileindex_file f;
		told[0] = '\0';
		int rc = fileindex_find(x, &all, tell, NULL, &e);
		rc |= fileindex_find(x, &some, tell, NULL, &e);
		rc |= fileindex_look_up(x, 1, "/etc/passwd", &f, &e);
		rc |= fileindex_folders(x, 1, "/", tell_name, NULL, &e);
		ck_assert(rc >= 0 || e.code != 0);
		failed += e.code != 0;
		e = (struct err){0};
		if (i % 2 == 0 && fileindex_begin(x, &e) == 0) {
			const struct fileindex_file more = file(1, 5000, "/etc/more", 1);
			rc = fileindex_put_file(x, &more, &e);
			rc = rc == 0 ? fileindex_drop_files(x, 1, &e) : rc;
			if (rc == 0 && fileindex_commit(x, &e) != 0)
				ck_assert_int_ne(e.code, 0);
		}
		fileindex_free(x);
		x = NULL;
	}
	ck_assert_uint_gt(opened, 100);
	ck_assert_uint_gt(failed, 100);
}
END_TEST

/* No room for more: the index is as it was. */
START_TEST(full_disk)
{
	reopen(FILEINDEX_WRITE);
	fill();
	fileindex_free(x);
	x = NULL;
	pid_t child = fork();
	if (child == 0) {
		const struct rlimit most = {1 << 20, 1 << 20};
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &most);
		x = fileindex_open(path, FILEINDEX_WRITE, 1, &e);
		int rc = x ? fileindex_begin(x, &e) : 0;
		for (int i = 0; rc == 0 && i < 200000; i++) {
			char name[64];
			snprintf(name, sizeof name, "/too/much/%d", i);
			const struct fileindex_file f = file(1, 1000 + i, name, 1);
			rc = fileindex_put_file(x, &f, &e);
		}
		fileindex_rollback(x);
		bool told_so = rc == XE_FAILED && e.text[0];
		e = (struct err){0};
		found("relative", "1:7 relative\n");
		_exit(told_so ? 0 : 1);
	}
	int status;
	waitpid(child, &status, 0);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	x = fileindex_open(path, FILEINDEX_READ, 0, &e);
	ck_assert_ptr_nonnull(x);
	found("much", "");
	found("relative", "1:7 relative\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fileindex");
	TCase *t = tcase_create("fileindex");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, whole_row);
	tcase_add_test(t, looked_up);
	tcase_add_test(t, listed);
	tcase_add_test(t, patterns);
	tcase_add_loop_test(t, ways_agree, 0, 2);
	tcase_add_test(t, versions);
	tcase_add_test(t, dropped);
	tcase_add_test(t, hostile_names);
	tcase_add_test(t, kept);
	tcase_add_test(t, undone);
	tcase_add_test(t, killed);
	tcase_add_test(t, two);
	tcase_add_test(t, not_ours);
	tcase_add_test(t, empty);
	tcase_add_test(t, damaged);
	tcase_add_test(t, full_disk);
	suite_add_tcase(suite, t);
	SRunner *r = srunner_create(suite);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
