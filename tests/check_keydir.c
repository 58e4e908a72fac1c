/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key directory: names, generations, marks; and LABEL killed at every system call that it makes. */
#include "crypt/getkey.h"

#include "guarded.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];
static struct keydir dir;

static void setup(void)
{
	struct err e = {0};
	snprintf(folder, sizeof folder, "/tmp/xflate-keydir.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(keydir_open(&dir, folder, false, &e), 0);
}

static void teardown(void)
{
	char command[128];
	keydir_close(&dir);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static struct getkey plain_getkey(void)
{
	return (struct getkey){.dir = &dir, .cipher = XTS_AES_256, .seconds = 5};
}

static void label(const char *volume, struct answer *a, enum getkey_way *way)
{
	struct getkey g = plain_getkey();
	struct err e = {0};
	*a = (struct answer){0};
	ck_assert_msg(getkey_label(&g, volume, a, way, &e) == 0, "%s", e.text);
}

static int read_key(const char *volume, struct answer *a, enum getkey_way *way, struct err *e)
{
	struct getkey g = plain_getkey();
	const struct span none = {NULL, 0};
	*a = (struct answer){0};
	*e = (struct err){0};
	return getkey_read(&g, volume, none, none, a, way, e);
}

START_TEST(test_names)
{
	static const char *const good[] = {"Vol-1", "a", "A.b_c:d=e", "enc256-gzip6"};
	static const char *const bad[] = {"",    ".",     "..",       "../x", "/etc/passwd", "a/b", "a\nb",
					  "a b", "a\x7f", "\xc3\xa4", ".old", "x\\y",        "x;y"};
	for (size_t i = 0; i < 4; i++) {
		struct err e = {0};
		ck_assert_msg(keydir_check_name(good[i], &e) == 0, "%s", good[i]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct err e = {0};
		ck_assert_msg(keydir_check_name(bad[i], &e) == XE_KEY, "%s", bad[i]);
	}
	char name[200];
	memset(name, 'v', sizeof name);
	struct err e = {0};
	name[127] = '\0';
	ck_assert_int_eq(keydir_check_name(name, &e), 0);
	name[127] = 'v';
	name[128] = '\0';
	ck_assert_int_eq(keydir_check_name(name, &e), XE_KEY);
	char *large = malloc(1 << 20);
	memset(large, 'v', 1 << 20);
	large[(1 << 20) - 1] = '\0';
	e = (struct err){0};
	ck_assert_int_eq(keydir_check_name(large, &e), XE_KEY);
	free(large);
	/* 127 colons become 635 characters, which no file name has. */
	memset(name, ':', 127);
	name[127] = '\0';
	struct answer a;
	bool found;
	e = (struct err){0};
	ck_assert_int_eq(keydir_read(&dir, name, &a, &found, &e), XE_KEY);
}
END_TEST

/* As key-manager.py escapes them. */
START_TEST(test_escapes)
{
	struct answer a;
	enum getkey_way way;
	struct stat st;
	char path[128];
	label("a:b=c", &a, &way);
	snprintf(path, sizeof path, "%s/a=0x3ab=0x3dc", folder);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	answer_free(&a);
}
END_TEST

START_TEST(test_label_and_read)
{
	struct answer a, b, c;
	enum getkey_way way;
	struct err e;
	ck_assert_int_eq(read_key("V", &a, &way, &e), XE_KEY);
	label("V", &a, &way);
	ck_assert_int_eq(way, GETKEY_NEW);
	ck_assert_uint_eq(a.key.len, 64);
	label("V", &b, &way); /* before anybody has read it */
	ck_assert_int_eq(way, GETKEY_AGAIN);
	ck_assert(secret_equal(&a.key, &b.key));
	answer_free(&b);
	ck_assert_int_eq(read_key("V", &b, &way, &e), 0);
	ck_assert_int_eq(way, GETKEY_FILE);
	ck_assert(secret_equal(&a.key, &b.key));
	label("V", &c, &way);
	ck_assert_int_eq(way, GETKEY_NEW);
	ck_assert(!secret_equal(&a.key, &c.key));
	answer_free(&b);
	bool found;
	ck_assert_int_eq(keydir_generation(&dir, "V", 0, &b, &found, &e), 0);
	ck_assert(found && secret_equal(&a.key, &b.key));
	answer_free(&b);
	ck_assert_int_eq(keydir_generation(&dir, "V", 1, &b, &found, &e), 0);
	ck_assert(!found);
	answer_free(&a);
	answer_free(&c);
}
END_TEST

static void put_file(const char *name, const char *text)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
}

/* A file that cannot be used is never taken for none, and never lost. */
START_TEST(test_damaged_files)
{
	static const char *const bad[] = {"",
					  "garbage\n",
					  "cipher: AES_256_XTS\n",
					  "cipher: AES_256_XTS\ncipher_key: AAAA\n",
					  "cipher: AES_128_XTS\ncipher_key: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\nvolume_name: W\n",
					  "error: x\n"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct answer a;
		enum getkey_way way;
		struct err e;
		put_file("V", bad[i]);
		ck_assert_int_eq(read_key("V", &a, &way, &e), XE_KEY);
		label("V", &a, &way);
		ck_assert_int_eq(way, GETKEY_NEW);
		struct answer b;
		ck_assert_int_eq(read_key("V", &b, &way, &e), 0);
		ck_assert(secret_equal(&a.key, &b.key));
		answer_free(&a);
		answer_free(&b);
	}
	char path[160];
	snprintf(path, sizeof path, "%s/.old/V.000001", folder);
	struct stat st;
	ck_assert_int_eq(stat(path, &st), 0); /* the first with a byte in it */
}
END_TEST

START_TEST(test_not_regular)
{
	char path[128];
	struct answer a;
	enum getkey_way way;
	struct err e;
	snprintf(path, sizeof path, "%s/V", folder);
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	ck_assert_int_lt(read_key("V", &a, &way, &e), 0);
	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_lt(read_key("V", &a, &way, &e), 0);
}
END_TEST

START_TEST(test_lock)
{
	struct keydir other;
	struct err e = {0};
	ck_assert_int_eq(keydir_open(&other, folder, false, &e), 0);
	ck_assert_int_eq(keydir_lock(&other, 1, &e), 0);
	ck_assert_int_eq(keydir_lock(&dir, 0, &e), XE_NOT_READY);
	keydir_close(&other);
	e = (struct err){0};
	ck_assert_int_eq(keydir_lock(&dir, 0, &e), 0);
}
END_TEST

/* ---- killed ---- */

/* In the child: LABEL, and the answer down the pipe, as the command does it. */
static void label_and_answer(int fd)
{
	struct getkey g = plain_getkey();
	struct answer a = {0};
	struct secret text = SECRET_NONE;
	enum getkey_way way;
	struct err e = {0};
	if (getkey_label(&g, "V", &a, &way, &e) != 0 || answer_write(&a, true, &text, &e) != 0)
		_exit(1);
	if (write(fd, text.data, text.len) != (ssize_t)text.len)
		_exit(1);
	_exit(0);
}

/* Kills it when it is about to enter its k-th system call.  False: it made fewer. */
static bool killed_at(unsigned k, char *said, size_t said_bytes, bool *ended_well)
{
	int fd[2];
	ck_assert_int_eq(pipe2(fd, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			_exit(77);
		raise(SIGSTOP);
		label_and_answer(fd[1]);
	}
	close(fd[1]);
	int status;
	bool killed = false;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	unsigned stops = 0;
	while (WIFSTOPPED(status)) {
		/* Entry and exit of each. */
		if (stops == 2 * k) {
			kill(pid, SIGKILL);
			killed = true;
		} else {
			ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
		}
		stops++;
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	}
	*ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		killed = false;
	ssize_t n = read(fd[0], said, said_bytes - 1);
	said[n > 0 ? n : 0] = '\0';
	close(fd[0]);
	return killed;
}

/* Whatever was given out can be read; the key before is never lost. */
START_TEST(test_killed)
{
	struct answer before, now;
	enum getkey_way way;
	struct err e;
	char said[1024];
	bool well = false;
	unsigned k = 1;
	label("V", &before, &way);
	for (; k < 500; k++) {
		answer_free(&before);
		ck_assert_int_eq(read_key("V", &before, &way, &e), 0);
		bool more = killed_at(k, said, sizeof said, &well);
		struct answer told = {0};
		e = (struct err){0};
		bool announced = answer_read(&told, said, strlen(said), &e) == 0 && answer_check(&told, &e) == 0;
		ck_assert_msg(read_key("V", &now, &way, &e) == 0, "killed at %u: no key: %s", k, e.text);
		if (announced)
			ck_assert_msg(secret_equal(&told.key, &now.key), "killed at %u: another key was announced", k);
		bool kept = secret_equal(&before.key, &now.key), found = true;
		for (unsigned i = 0; !kept && found && i < KEYDIR_GENERATIONS; i++) {
			struct answer old = {0};
			ck_assert_int_eq(keydir_generation(&dir, "V", i, &old, &found, &e), 0);
			kept = found && secret_equal(&before.key, &old.key);
			answer_free(&old);
		}
		ck_assert_msg(kept, "killed at %u: the key before is gone", k);
		answer_free(&told);
		answer_free(&now);
		if (!more)
			break;
	}
	answer_free(&before);
	ck_assert(well);
	/* The least that it can do: make a file, sync it, read it, link, sync, rename, sync, read. */
	ck_assert_msg(k > 30, "only %u system calls", k);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("keydir");
	TCase *t = tcase_create("keydir");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_names);
	tcase_add_test(t, test_escapes);
	tcase_add_test(t, test_label_and_read);
	tcase_add_test(t, test_damaged_files);
	tcase_add_test(t, test_not_regular);
	tcase_add_test(t, test_lock);
	tcase_add_test(t, test_killed);
	suite_add_tcase(s, t);
	return check_run(s);
}
