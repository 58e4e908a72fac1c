/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that appear whole or not at all. */
#include "base/outfile.h"
#include "base/quit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
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
	e = (struct err){0};
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
	ck_assert_int_eq(outfile_open(&o, path, 0640, false, false, &e), 0);
	ck_assert(!o.direct && io_is_file(&o.io));
	ck_assert_int_ne(access(path, F_OK), 0); /* not yet */
	ck_assert_int_eq(io_write(o.io.fd, "hello", 5, &e), 0);
	ck_assert_int_eq(outfile_commit(&o, &e), 0);
	holds(path, "hello");
	ck_assert_int_eq(entries(), 1);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777 & ~0640u, 0);
	ck_assert_str_eq(e.volume, "");
	outfile_abandon(&o);
	ck_assert_str_eq(o.left, "");
	holds(path, "hello");
}
END_TEST

START_TEST(test_abandon)
{
	ck_assert_int_eq(outfile_open(&o, path, 0600, false, false, &e), 0);
	ck_assert_int_eq(io_write(o.io.fd, "hello", 5, &e), 0);
	outfile_abandon(&o);
	ck_assert_str_eq(o.left, "");
	ck_assert_int_eq(entries(), 0);
	outfile_abandon(&o);
	ck_assert_str_eq(o.left, "");
	outfile_abandon(&(struct outfile){.io = {.fd = -1}, .slot = -1});
}
END_TEST

START_TEST(test_partial)
{
	char name[160];
	ck_assert_int_eq(outfile_open(&o, path, 0600, false, true, &e), 0);
	ck_assert_int_eq(io_write(o.io.fd, "hel", 3, &e), 0);
	outfile_abandon(&o);
	ck_assert_int_eq(entries(), 1);
	snprintf(name, sizeof name, "%s.partial", path);
	ck_assert_str_eq(o.left, name);
	holds(name, "hel");
	/* An empty one is worth nothing. */
	ck_assert_int_eq(outfile_open(&o, path, 0600, false, true, &e), 0);
	outfile_abandon(&o);
	ck_assert_str_eq(o.left, "");
	ck_assert_int_eq(entries(), 1);
}
END_TEST

/* Whatever has the name keeps it: a file, a folder, a link to nothing, what another output of the run will be called. */
START_TEST(test_partial_names)
{
	char name[160], second[160], third[160], fourth[160];
	struct outfile other;
	snprintf(name, sizeof name, "%s.partial", path);
	snprintf(second, sizeof second, "%s.partial.2", path);
	snprintf(third, sizeof third, "%s.partial.3", path);
	snprintf(fourth, sizeof fourth, "%s.partial.4", path);
	mk_write(name, "input", 5);
	ck_assert_int_eq(mkdir(second, 0700), 0);
	ck_assert_int_eq(symlink("nowhere", third), 0);
	ck_assert_int_eq(outfile_open(&other, fourth, 0600, false, false, &e), 0);
	ck_assert_int_eq(outfile_open(&o, path, 0600, true, true, &e), 0);
	ck_assert_int_eq(io_write(o.io.fd, "hel", 3, &e), 0);
	outfile_abandon(&o);
	ck_assert_str_eq(strrchr(o.left, '/'), "/file.partial.5");
	holds(o.left, "hel");
	holds(name, "input");
	ck_assert_int_eq(access(fourth, F_OK), -1);
	outfile_abandon(&other);
	ck_assert_int_eq(rmdir(second), 0);
	ck_assert_int_eq(unlink(third), 0);
	ck_assert_int_eq(entries(), 2);
}
END_TEST

/* Names as long as can be: also the partial's, which is cut then, but not inside of a character. */
START_TEST(test_long_names)
{
	char name[600];
	for (int len = NAME_MAX - 20; len <= NAME_MAX + 1; len++) {
		size_t at = (size_t)snprintf(name, sizeof name, "%s/", dir.path);
		for (int i = 0; i < len; i++)
			name[at + (size_t)i] = i % 2 == len % 2 ? '\xc3' : '\xa4';
		name[at + (size_t)len] = 0;
		e = (struct err){0};
		if (len > NAME_MAX) {
			ck_assert_int_eq(outfile_open(&o, name, 0600, false, true, &e), XE_FAILED);
			continue;
		}
		for (int n = 0; n < 2; n++) {
			ck_assert_int_eq(outfile_open(&o, name, 0600, false, true, &e), 0);
			ck_assert_int_eq(io_write(o.io.fd, "hel", 3, &e), 0);
			outfile_abandon(&o);
			holds(o.left, "hel");
			ck_assert_ptr_nonnull(strstr(o.left, ".partial"));
			ck_assert_uint_le(strlen(strrchr(o.left, '/') + 1), NAME_MAX);
			ck_assert_int_eq((strstr(o.left, ".partial") - strrchr(o.left, '/') - 1) % 2, len % 2);
		}
		ck_assert_int_eq(outfile_open(&o, name, 0600, false, true, &e), 0);
		ck_assert_int_eq(outfile_commit(&o, &e), 0);
	}
}
END_TEST

/* File systems without RENAME_NOREPLACE, and without links, too. */
static int no_flags, no_links;

int renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
	if (no_flags) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_renameat2, a, from, b, to, flags);
}

int linkat(int a, const char *from, int b, const char *to, int flags)
{
	if (no_links) {
		errno = EPERM;
		return -1;
	}
	return (int)syscall(SYS_linkat, a, from, b, to, flags);
}

START_TEST(test_poor_file_systems)
{
	char name[160];
	no_flags = 1;
	no_links = _i;
	snprintf(name, sizeof name, "%s.partial", path);
	mk_write(name, "input", 5);
	for (int exists = 0; exists < 2; exists++) {
		e = (struct err){0};
		ck_assert_int_eq(outfile_open(&o, path, 0600, false, false, &e), 0);
		ck_assert_int_eq(io_write(o.io.fd, "hello", 5, &e), 0);
		if (exists)
			mk_write(path, "new", 3);
		ck_assert_int_eq(outfile_commit(&o, &e), exists ? XE_FAILED : 0);
		outfile_abandon(&o);
		holds(path, exists ? "new" : "hello");
		ck_assert_int_eq(entries(), 2);
		unlink(path);
	}
	ck_assert_int_eq(outfile_open(&o, path, 0600, false, true, &e), 0);
	ck_assert_int_eq(io_write(o.io.fd, "hel", 3, &e), 0);
	outfile_abandon(&o);
	ck_assert_str_eq(strrchr(o.left, '/'), "/file.partial.2");
	holds(o.left, "hel");
	holds(name, "input");
	ck_assert_int_eq(entries(), 2);
}
END_TEST

/* What a killed run leaves stops nobody, also where all have one number. */
START_TEST(test_temporaries_differ)
{
	char first[NAME_MAX + 1];
	ck_assert_int_eq(outfile_open(&o, path, 0600, false, false, &e), 0);
	memcpy(first, o.temporary, sizeof first);
	outfile_abandon(&o);
	ck_assert_int_eq(outfile_open(&o, path, 0600, false, false, &e), 0);
	ck_assert_str_ne(first, o.temporary);
	outfile_abandon(&o);
	ck_assert_int_eq(entries(), 0);
}
END_TEST

/* Under its own name at once: there while it is written, gone when it is given up, and never in the place of anything. */
START_TEST(test_new)
{
	char link[160];

	ck_assert_int_eq(outfile_open_new(&o, path, 0600, &e), 0);
	ck_assert_int_eq(io_write(o.io.fd, "hello", 5, &e), 0);
	holds(path, "hello");
	outfile_abandon(&o);
	ck_assert_int_eq(entries(), 0);
	ck_assert_int_eq(outfile_open_new(&o, path, 0600, &e), 0);
	ck_assert_int_eq(io_write(o.io.fd, "hello", 5, &e), 0);
	ck_assert_int_eq(outfile_commit(&o, &e), 0);
	ck_assert(o.done);
	outfile_abandon(&o);
	holds(path, "hello");
	ck_assert_int_eq(entries(), 1);
	ck_assert_int_eq(outfile_open_new(&o, path, 0600, &e), XE_FAILED);
	outfile_abandon(&o);
	holds(path, "hello");
	e = (struct err){0};
	mk_in_dir(&dir, "link", link);
	ck_assert_int_eq(symlink("nowhere", link), 0);
	ck_assert_int_eq(outfile_open_new(&o, link, 0600, &e), XE_FAILED);
	ck_assert_int_eq(entries(), 2);
}
END_TEST

/* What was taken away or replaced meanwhile is not called done, and what stands there is not removed. */
START_TEST(test_new_taken)
{
	for (int keep = 0; keep < 2; keep++) {
		e = (struct err){0};
		ck_assert_int_eq(outfile_open_new(&o, path, 0600, &e), 0);
		ck_assert_int_eq(unlink(path), 0);
		if (keep)
			mk_write(path, "foreign", 7);
		ck_assert_int_eq(outfile_commit(&o, &e), XE_FAILED);
		outfile_abandon(&o);
		ck_assert_int_eq(entries(), keep);
	}
	holds(path, "foreign");
}
END_TEST

/* Somebody put something else in the temporary's place: it is neither given the name nor removed. */
START_TEST(test_temporary_taken)
{
	char name[NAME_MAX + 160];
	for (int keep = 0; keep < 2; keep++) {
		e = (struct err){0};
		ck_assert_int_eq(outfile_open(&o, path, 0600, false, keep, &e), 0);
		ck_assert_int_eq(io_write(o.io.fd, "hello", 5, &e), 0);
		snprintf(name, sizeof name, "%s/%s", dir.path, o.temporary);
		ck_assert_int_eq(unlink(name), 0);
		mk_write(name, "foreign", 7);
		ck_assert_int_eq(outfile_commit(&o, &e), XE_FAILED);
		outfile_abandon(&o);
		ck_assert_str_eq(o.left, "");
		holds(name, "foreign");
		ck_assert_int_eq(entries(), 1);
		unlink(name);
	}
}
END_TEST

/* The folder is renamed, and another one gets its name: ours is where it was made. */
START_TEST(test_folder_moves)
{
	char sub[160], moved[160], file[200];
	snprintf(sub, sizeof sub, "%s/sub", dir.path);
	snprintf(moved, sizeof moved, "%s/moved", dir.path);
	snprintf(file, sizeof file, "%s/out", sub);
	ck_assert_int_eq(mkdir(sub, 0700), 0);
	ck_assert_int_eq(outfile_open(&o, file, 0600, false, false, &e), 0);
	ck_assert_int_eq(rename(sub, moved), 0);
	ck_assert_int_eq(mkdir(sub, 0700), 0);
	ck_assert_int_eq(io_write(o.io.fd, "hello", 5, &e), 0);
	ck_assert_int_eq(outfile_commit(&o, &e), 0);
	ck_assert_int_eq(access(file, F_OK), -1);
	snprintf(file, sizeof file, "%s/out", moved);
	holds(file, "hello");
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(rmdir(sub), 0);
	ck_assert_int_eq(rmdir(moved), 0);
}
END_TEST

static void put_inside(void)
{
	int fd = openat(o.io.fd, "0000", O_WRONLY | O_CREAT | O_EXCL, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(close(fd), 0);
}

/* A folder that is an output: with all that is in it, or not at all. */
START_TEST(test_folder_whole)
{
	char inside[160];
	snprintf(inside, sizeof inside, "%s/0000", path);
	ck_assert_int_eq(outfile_open_folder(&o, path, 0750, false, false, &e), 0);
	put_inside();
	ck_assert_int_ne(access(path, F_OK), 0);
	outfile_abandon(&o);
	ck_assert_int_eq(entries(), 0);
	ck_assert_int_eq(outfile_open_folder(&o, path, 0750, false, false, &e), 0);
	put_inside();
	ck_assert_int_eq(outfile_commit(&o, &e), 0);
	ck_assert_int_eq(access(inside, F_OK), 0);
	ck_assert_int_eq(entries(), 1);
	ck_assert_int_eq(outfile_open_folder(&o, path, 0750, false, false, &e), XE_FAILED);
	ck_assert_int_eq(entries(), 1);
	ck_assert_int_eq(unlink(inside), 0);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

/* A folder takes the place of one with files, which goes; what of it does not is told. */
START_TEST(test_folder_replaced)
{
	char inside[160], left[PLACE_PATH_BYTES + NAME_MAX];
	snprintf(inside, sizeof inside, "%s/another", path);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(outfile_open_folder(&o, path, 0750, i > 0, false, &e), 0);
		put_inside();
		ck_assert_int_eq(outfile_commit(&o, &e), 0);
		ck_assert_str_eq(o.remains, "");
		ck_assert_int_eq(entries(), 1);
	}
	ck_assert_int_eq(mkdir(inside, 0700), 0);
	ck_assert_int_eq(outfile_open_folder(&o, path, 0750, true, false, &e), 0);
	put_inside();
	ck_assert_int_eq(outfile_commit(&o, &e), 0);
	ck_assert(o.done);
	ck_assert_int_ne(access(inside, F_OK), 0);
	ck_assert_int_eq(entries(), 2);
	place_folder(path, left);
	size_t len = strlen(left);
	snprintf(left + len, sizeof left - len, "/%s/another", o.remains);
	ck_assert_int_eq(access(left, F_OK), 0);
}
END_TEST

/* It is made, and cannot be opened: there is a descriptor for the folder that it is in, and none more. */
START_TEST(test_folder_unopened)
{
	struct rlimit all, few;
	int lowest = dup(STDERR_FILENO);
	ck_assert_int_ge(lowest, 0);
	ck_assert_int_eq(close(lowest), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &all), 0);
	few = (struct rlimit){(rlim_t)lowest + 1, all.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	int rc = outfile_open_folder(&o, path, 0750, false, false, &e);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &all), 0);
	ck_assert_int_eq(rc, XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.text, "cannot create"));
	ck_assert_int_eq(entries(), 0);
}
END_TEST

/* A link stays one: what it points to is made or replaced. */
START_TEST(test_links)
{
	struct stat st;
	char link[160], second[160], loop[160];
	mk_in_dir(&dir, "link", link);
	mk_in_dir(&dir, "second", second);
	mk_in_dir(&dir, "loop", loop);
	ck_assert_int_eq(symlink("file", link), 0);
	ck_assert_int_eq(symlink(link, second), 0);
	ck_assert_int_eq(symlink("loop", loop), 0);
	for (int round = 0; round < 2; round++) {
		ck_assert_int_eq(outfile_open(&o, second, 0600, round, false, &e), 0);
		ck_assert_int_eq(io_write(o.io.fd, "hello", (size_t)5 - (size_t)round, &e), 0);
		ck_assert_int_eq(outfile_commit(&o, &e), 0);
		holds(path, round ? "hell" : "hello");
		ck_assert_int_eq(lstat(link, &st) == 0 && S_ISLNK(st.st_mode), 1);
		ck_assert_int_eq(entries(), 4);
	}
	ck_assert_int_eq(outfile_open(&o, second, 0600, false, false, &e), XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.text, "exists already"));
	e = (struct err){0};
	ck_assert_int_eq(outfile_open(&o, loop, 0600, true, false, &e), XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.text, "leads round"));
	/* Two names of one place, before and after it is there. */
	for (int round = 0; round < 2; round++) {
		struct outfile other;
		if (round == 1)
			unlink(path);
		e = (struct err){0};
		ck_assert_int_eq(outfile_open(&o, link, 0600, true, false, &e), 0);
		ck_assert_int_eq(outfile_open(&other, path, 0600, true, false, &e), XE_USAGE);
		ck_assert_ptr_nonnull(strstr(e.text, "two outputs"));
		outfile_abandon(&o);
	}
	/* In a folder of everybody only links of its owner or of our own are followed. */
	if (geteuid() == 0) {
		e = (struct err){0};
		ck_assert_int_eq(chmod(dir.path, 01777), 0);
		ck_assert_int_eq(outfile_open(&o, link, 0600, true, false, &e), 0);
		outfile_abandon(&o);
		ck_assert_int_eq(lchown(link, 65534, 65534), 0);
		ck_assert_int_eq(outfile_open(&o, link, 0600, true, false, &e), XE_FAILED);
		ck_assert_ptr_nonnull(strstr(e.text, "user 65534"));
		/* Nor are pipes taken that somebody waits at. */
		ck_assert_int_eq(unlink(second), 0);
		ck_assert_int_eq(mkfifo(second, 0666), 0);
		ck_assert_int_eq(lchown(second, 65534, 65534), 0);
		e = (struct err){0};
		ck_assert_int_eq(outfile_open(&o, second, 0600, true, false, &e), XE_FAILED);
		ck_assert_ptr_nonnull(strstr(e.text, "named pipe that user 65534"));
	}
}
END_TEST

/* Descriptors by their names in /dev/fd are written to where they stand, and never replaced. */
START_TEST(test_descriptors)
{
	char name[64];
	struct outfile other;
	mk_write(path, "begin-", 6);
	int fd = open(path, O_WRONLY | O_APPEND);
	for (int round = 0; round < 2; round++) {
		snprintf(name, sizeof name, round ? "/proc/self/fd/%d" : "/dev/fd/%d", fd);
		ck_assert_int_eq(outfile_open(&o, name, 0600, true, true, &e), 0);
		ck_assert(o.direct);
		ck_assert_int_eq(io_write(o.io.fd, "more", 4, &e), 0);
		/* The same file as an output of its own would leave this one without a name. */
		ck_assert_int_eq(outfile_open(&other, path, 0600, true, false, &e), XE_USAGE);
		e = (struct err){0};
		if (round == 0)
			ck_assert_int_eq(outfile_commit(&o, &e), 0);
		outfile_abandon(&o);
		ck_assert_str_eq(o.left, "");
	}
	holds(path, "begin-moremore");
	ck_assert_int_eq(entries(), 1);
	/* One that was opened here since, one for reading, one that is not open. */
	ck_assert_int_eq(fcntl(fd, F_SETFD, FD_CLOEXEC), 0);
	ck_assert_int_eq(outfile_open(&o, name, 0600, true, true, &e), XE_USAGE);
	close(fd);
	e = (struct err){0};
	ck_assert_int_eq(outfile_open(&o, name, 0600, true, true, &e), XE_USAGE);
	ck_assert_ptr_nonnull(strstr(e.text, "no open descriptor"));
	ck_assert_int_eq(open(path, O_RDONLY), fd);
	e = (struct err){0};
	ck_assert_int_eq(outfile_open(&o, name, 0600, true, true, &e), XE_USAGE);
	ck_assert_ptr_nonnull(strstr(e.text, "not open for writing"));
	close(fd);
}
END_TEST

/* With replace, too, only a file is replaced: not what has come there meanwhile. */
START_TEST(test_replace_only_files)
{
	struct stat st;
	mk_write(path, "old", 3);
	ck_assert_int_eq(outfile_open(&o, path, 0600, true, false, &e), 0);
	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(outfile_commit(&o, &e), XE_FAILED);
	outfile_abandon(&o);
	ck_assert_int_eq(lstat(path, &st) == 0 && S_ISFIFO(st.st_mode), 1);
	ck_assert_int_eq(entries(), 1);
}
END_TEST

START_TEST(test_exists)
{
	mk_write(path, "old", 3);
	ck_assert_int_eq(outfile_open(&o, path, 0600, false, false, &e), XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.text, "exists already"));
	ck_assert_str_eq(e.volume, path);
	outfile_abandon(&o);
	holds(path, "old");
	ck_assert_int_eq(entries(), 1);
	/* It may also appear meanwhile. */
	unlink(path);
	e = (struct err){0};
	ck_assert_int_eq(outfile_open(&o, path, 0600, false, false, &e), 0);
	mk_write(path, "new", 3);
	ck_assert_int_eq(outfile_commit(&o, &e), XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.text, "exists already"));
	outfile_abandon(&o);
	holds(path, "new");
	ck_assert_int_eq(entries(), 1);
}
END_TEST

START_TEST(test_replace)
{
	mk_write(path, "old", 3);
	ck_assert_int_eq(outfile_open(&o, path, 0600, true, false, &e), 0);
	ck_assert_int_eq(io_write(o.io.fd, "hello", 5, &e), 0);
	holds(path, "old");
	outfile_abandon(&o);
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
	ck_assert_int_eq(outfile_open(&o, dir.path, 0600, true, false, &e), XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.text, "folder"));
	outfile_abandon(&o);
	e = (struct err){0};
	snprintf(name, sizeof name, "%s/none/file", dir.path);
	ck_assert_int_eq(outfile_open(&o, name, 0600, true, false, &e), XE_FAILED);
	ck_assert_str_eq(e.volume, name);
	outfile_abandon(&o);
	e = (struct err){0};
	memset(big, 'x', OUTFILE_PATH_BYTES + 9);
	big[OUTFILE_PATH_BYTES + 9] = 0;
	ck_assert_int_eq(outfile_open(&o, big, 0600, true, false, &e), XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.text, "too long"));
	outfile_abandon(&o);
	free(big);
	/* Written in place, and never removed. */
	e = (struct err){0};
	ck_assert_int_eq(outfile_open(&o, "/dev/null", 0600, false, true, &e), 0);
	ck_assert(o.direct);
	outfile_abandon(&o);
	ck_assert_str_eq(o.left, "");
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
				outfile_abandon(&many[i]);
		}
	}
	ck_assert_int_eq(entries(), 2);
}
END_TEST

/* A signal removes what is unfinished (or leaves it as partial) and then kills as it would have. */
START_TEST(test_signals)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	char name[160];
	snprintf(name, sizeof name, "%s.partial", path);
	for (int keep = 0; keep < 2; keep++) {
		for (size_t i = 0; i < 3; i++) {
			int status;
			pid_t child = fork();
			if (child == 0) {
				struct outfile mine;
				quit_catch_signals();
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
		quit_catch_signals();
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
	tcase_add_test(t, test_partial_names);
	tcase_add_test(t, test_long_names);
	tcase_add_loop_test(t, test_poor_file_systems, 0, 2);
	tcase_add_test(t, test_temporaries_differ);
	tcase_add_test(t, test_temporary_taken);
	tcase_add_test(t, test_folder_moves);
	tcase_add_test(t, test_folder_whole);
	tcase_add_test(t, test_folder_replaced);
	tcase_add_test(t, test_folder_unopened);
	tcase_add_test(t, test_links);
	tcase_add_test(t, test_descriptors);
	tcase_add_test(t, test_new);
	tcase_add_test(t, test_new_taken);
	tcase_add_test(t, test_replace_only_files);
	tcase_add_test(t, test_exists);
	tcase_add_test(t, test_replace);
	tcase_add_test(t, test_places);
	tcase_add_test(t, test_signals);
	suite_add_tcase(s, t);
	return check_run(s);
}
