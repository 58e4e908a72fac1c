/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is given up is gone, and nothing else: each try in a child of its own, as there is no way back. */
#include "base/confine.h"

#include "guarded.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static char top[64];

/* A child ends with the line of what it found otherwise, modulo 255. */
#define WANT(condition)                                  \
	do {                                             \
		if (!(condition))                        \
			_exit((__LINE__ - 1) % 255 + 1); \
	} while (0)
#define FAILS(call, errnum) WANT((errno = 0, (call) < 0) && errno == (errnum))

static int in_child(void (*work)(void))
{
	int status;
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		work();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define ck_all_well(work) ck_assert_int_eq(in_child(work), 0)

static void make_file(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "x", 1), 1);
	close(fd);
}

static void set_up(void)
{
	const char *folder = getenv("TMPDIR");
	snprintf(top, sizeof top, "%s/confine.XXXXXX", folder && strlen(folder) < 40 ? folder : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(chdir(top), 0);
	ck_assert_int_eq(mkdir("in", 0700) | mkdir("in/below", 0700) | mkdir("out", 0700) | mkdir("away", 0700), 0);
	make_file("in/file");
	make_file("in/below/file");
	make_file("out/file");
	make_file("away/file");
	ck_assert_int_eq(symlink("../in/file", "out/link"), 0);
}

static void tear_down(void)
{
	char command[128];
	snprintf(command, sizeof command, "cd / && rm -rf %s", top);
	ck_assert_int_eq(system(command), 0);
}

static int try(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

/* What the kernel itself says; older headers do not know the call. */
static bool has_landlock(void)
{
#ifdef SYS_landlock_create_ruleset
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) >= 2;
#else
	return false;
#endif
}

static bool skipped(const char *what)
{
	if (has_landlock())
		return false;
	fprintf(stderr, "# no Landlock here: %s is not tried\n", what);
	return true;
}

/* ---- files ---- */

START_TEST(test_version)
{
	ck_assert_int_eq(confine_version() != 0, has_landlock());
}
END_TEST

static void no_landlock(void)
{
	struct confine c;
	confine_begin(&c, CONFINE_READS);
	WANT(c.rules < 0 || has_landlock());
	confine_give_up(&c);
	confine_give_up(&c);
	confine_allow_read(&c, "in");
	WANT(!confine_enforce(&c));
	WANT(try("out/file", O_RDONLY) == 0);
}

START_TEST(test_given_up)
{
	ck_all_well(no_landlock);
}
END_TEST

static void reads(void)
{
	struct confine c;
	int ends[2];
	char name[32];
	WANT(pipe(ends) == 0);
	snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
	confine_begin(&c, CONFINE_READS);
	confine_allow_read(&c, "in/below");
	confine_allow_read(&c, "out/link");
	confine_allow_read(&c, "nothing");
	confine_allow_read(&c, "in/file/nothing");
	confine_allow_read(&c, name);
	confine_allow_read(&c, "/proc/self");
	WANT(confine_enforce(&c));
	WANT(c.rules < 0);
	WANT(try("in/below/file", O_RDONLY) == 0);
	WANT(try("in/below", O_RDONLY | O_DIRECTORY) == 0);
	WANT(try("in/file", O_RDONLY) == 0);
	WANT(try("out/link", O_RDONLY) == 0);
	WANT(try(name, O_RDONLY | O_NONBLOCK) == 0);
	FAILS(try("out/file", O_RDONLY), EACCES);
	FAILS(try("in", O_RDONLY | O_DIRECTORY), EACCES);
	FAILS(try("/etc/passwd", O_RDONLY), EACCES);
	FAILS(try("out/nothing", O_RDONLY), ENOENT);
	/* It is no affair of this layer. */
	WANT(try("out/file", O_WRONLY) == 0);
}

START_TEST(test_reads)
{
	if (!skipped("reading"))
		ck_all_well(reads);
}
END_TEST

static void writes(void)
{
	struct confine c;
	confine_begin(&c, CONFINE_WRITES);
	confine_allow_below(&c, "in", false);
	confine_allow_write(&c, "out/file");
	confine_allow_write(&c, "/dev/null");
	WANT(confine_enforce(&c));
	WANT(try("in/new", O_WRONLY | O_CREAT | O_EXCL) == 0);
	WANT(rename("in/new", "in/below/new") == 0);
	WANT(link("in/below/new", "in/again") == 0);
	WANT(unlink("in/below/new") == 0 && unlink("in/again") == 0);
	WANT(mkdir("in/folder", 0700) == 0 && rmdir("in/folder") == 0);
	WANT(truncate("in/file", 0) == 0);
	FAILS(mkfifo("in/pipe", 0600), EACCES);
	FAILS(symlink("file", "in/link"), EACCES);
	WANT(try("/dev/null", O_WRONLY) == 0);
	WANT(try("out/file", O_RDWR | O_TRUNC) == 0);
	FAILS(unlink("out/file"), EACCES);
	FAILS(rename("in/file", "out/file"), EACCES);
	FAILS(rename("out/file", "in/away"), EACCES);
	FAILS(try("out/new", O_WRONLY | O_CREAT), EACCES);
	FAILS(mkdir("out/folder", 0700), EACCES);
	FAILS(try("away/file", O_WRONLY), EACCES);
	FAILS(unlink("away/file"), EACCES);
	FAILS(execl("/bin/true", "true", (char *)NULL), EACCES);
	if (confine_version() >= 3)
		FAILS(truncate("away/file", 0), EACCES);
	WANT(try("away/file", O_RDONLY) == 0);
}

START_TEST(test_writes)
{
	if (!skipped("writing"))
		ck_all_well(writes);
}
END_TEST

static void nodes(void)
{
	struct confine c;
	confine_begin(&c, CONFINE_WRITES);
	confine_allow_below(&c, "in", true);
	WANT(confine_enforce(&c));
	WANT(mkfifo("in/pipe", 0600) == 0);
	WANT(symlink("file", "in/link") == 0);
	FAILS(mkfifo("out/pipe", 0600), EACCES);
}

static void rmdirs(void)
{
	struct confine c;
	confine_begin(&c, CONFINE_WRITES);
	confine_allow_rmdir(&c, "in");
	WANT(confine_enforce(&c));
	WANT(rmdir("in/empty") == 0);
	FAILS(unlink("in/file"), EACCES);
	FAILS(mkdir("in/other", 0700), EACCES);
	FAILS(rmdir("out"), EACCES);
}

START_TEST(test_rmdir)
{
	ck_assert_int_eq(mkdir("in/empty", 0700), 0);
	if (!skipped("removing folders"))
		ck_all_well(rmdirs);
}
END_TEST

START_TEST(test_nodes)
{
	if (!skipped("making nodes"))
		ck_all_well(nodes);
}
END_TEST

/* Both layers, as a run has them: moving from folder to folder takes a right in each. */
static void both(void)
{
	struct confine r, w;
	confine_begin(&w, CONFINE_WRITES);
	confine_begin(&r, CONFINE_READS);
	confine_allow_below(&w, "in", false);
	confine_allow_below(&r, "in", false);
	WANT(confine_enforce(&w) && confine_enforce(&r));
	WANT(rename("in/file", "in/below/moved") == 0);
	WANT(link("in/below/moved", "in/file") == 0);
	FAILS(try("out/file", O_RDONLY), EACCES);
	FAILS(try("out/file", O_WRONLY), EACCES);
	/* And so do children. */
	pid_t pid = fork();
	if (pid == 0)
		_exit(try("out/file", O_RDONLY) < 0 && errno == EACCES ? 0 : 1);
	int status;
	WANT(waitpid(pid, &status, 0) == pid && status == 0);
}

START_TEST(test_both)
{
	if (!skipped("both layers"))
		ck_all_well(both);
}
END_TEST

/* No descriptor for a rule: the run had better not be shut out of what it was given. */
static void no_rule(void)
{
	struct confine c;
	struct rlimit few;
	confine_begin(&c, CONFINE_READS);
	WANT(c.rules >= 0);
	WANT(getrlimit(RLIMIT_NOFILE, &few) == 0);
	few.rlim_cur = (rlim_t)c.rules + 1;
	WANT(setrlimit(RLIMIT_NOFILE, &few) == 0);
	confine_allow_read(&c, "in");
	WANT(c.rules < 0);
	WANT(!confine_enforce(&c));
	WANT(try("out/file", O_RDONLY) == 0);
}

START_TEST(test_no_rule)
{
	if (!skipped("a rule that cannot be made"))
		ck_all_well(no_rule);
}
END_TEST

/* ---- calls ---- */

static int said(const char *name)
{
	char line[128];
	int value = -1;
	FILE *f = fopen("/proc/self/status", "re");
	while (f && value < 0 && fgets(line, sizeof line, f)) {
		size_t n = strlen(name);
		if (strncmp(line, name, n) == 0 && line[n] == ':')
			value = atoi(line + n + 1);
	}
	if (f)
		fclose(f);
	return value;
}

static void *nothing(void *arg)
{
	return arg;
}

static _Atomic int confined;

/* It was there before. */
static void *earlier(void *arg)
{
	while (!confined)
		sched_yield();
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	*(int *)arg = fd < 0 ? errno : 0;
	return NULL;
}

static void calls(void)
{
	pthread_t t, before;
	void *got;
	int status, found = -1, ends[2];
	WANT(pthread_create(&before, NULL, earlier, &found) == 0);
	WANT(confine_calls(false));
	confined = 1;
	WANT(pthread_join(before, NULL) == 0 && found == EPERM);
	WANT(said("Seccomp") == 2 && said("NoNewPrivs") == 1);
	FAILS(execl("/bin/true", "true", (char *)NULL), EPERM);
	FAILS(socket(AF_INET, SOCK_STREAM, 0), EPERM);
	FAILS(socket(AF_UNIX, SOCK_STREAM, 0), EPERM);
	FAILS(connect(0, NULL, 0), EPERM);
	FAILS(unshare(CLONE_NEWUSER), EPERM);
	FAILS(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0), EPERM);
	FAILS(syscall(SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0), EPERM);
	FAILS(syscall(SYS_bpf, 0, NULL, 0), EPERM);
	FAILS(syscall(SYS_keyctl, 0, 0, 0, 0, 0), EPERM);
	FAILS(syscall(SYS_mount, NULL, NULL, NULL, 0, NULL), EPERM);
	FAILS(ioctl(-1, TIOCSTI, "x"), EPERM);
	/* What a run lives by. */
	WANT(pipe(ends) == 0);
	int bytes;
	WANT(ioctl(ends[0], FIONREAD, &bytes) == 0);
	WANT(try("out/file", O_RDWR) == 0);
	WANT(pthread_create(&t, NULL, nothing, top) == 0 && pthread_join(t, &got) == 0 && got == top);
	pid_t pid = fork();
	if (pid == 0)
		_exit(socket(AF_INET, SOCK_DGRAM, 0) < 0 && errno == EPERM ? 0 : 1);
	WANT(waitpid(pid, &status, 0) == pid && status == 0);
	WANT(kill(getpid(), 0) == 0);
}

START_TEST(test_calls)
{
	if (confine_knows_calls())
		ck_all_well(calls);
	else
		fprintf(stderr, "# no table of calls for this processor: filters are not tried\n");
}
END_TEST

static void local_sockets(void)
{
	WANT(confine_calls(true));
	WANT(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
	FAILS(connect(-1, NULL, 0), EBADF);
	FAILS(socket(AF_INET, SOCK_STREAM, 0), EPERM);
	FAILS(socket(AF_INET6, SOCK_DGRAM, 0), EPERM);
	FAILS(execl("/bin/true", "true", (char *)NULL), EPERM);
	WANT(try("out/file", O_RDWR) == 0);
}

START_TEST(test_local_sockets)
{
	if (confine_knows_calls())
		ck_all_well(local_sockets);
}
END_TEST

#ifdef __x86_64__
/* As 32 bits call it: another numbering, by which the table would be passed. */
static long call_old(long number)
{
	long answer;
	__asm__ volatile("int $0x80" : "=a"(answer) : "a"(number), "b"(0) : "memory", "cc");
	return answer;
}

#define OLD_GETPID 20

static void try_old(void)
{
	WANT(call_old(OLD_GETPID) == getpid());
}

static void old_numbers(void)
{
	WANT(confine_calls(false));
	WANT(call_old(OLD_GETPID) == -EPERM);
}

static bool has_old_numbers(void)
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		try_old();
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && status == 0;
}

static void x32_numbers(void)
{
	WANT(confine_calls(false));
	FAILS(syscall(0x40000000 + SYS_getpid), EPERM);
}
#endif

START_TEST(test_other_numbers)
{
#ifdef __x86_64__
	if (has_old_numbers())
		ck_all_well(old_numbers);
	else
		fprintf(stderr, "# no calls of 32 bits here: they are not tried\n");
	ck_all_well(x32_numbers);
#endif
}
END_TEST

int main(void)
{
	Suite *s = suite_create("confine");
	TCase *t = tcase_create("confine");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, test_version);
	tcase_add_test(t, test_given_up);
	tcase_add_test(t, test_reads);
	tcase_add_test(t, test_writes);
	tcase_add_test(t, test_rmdir);
	tcase_add_test(t, test_nodes);
	tcase_add_test(t, test_both);
	tcase_add_test(t, test_no_rule);
	tcase_add_test(t, test_calls);
	tcase_add_test(t, test_local_sockets);
	tcase_add_test(t, test_other_numbers);
	suite_add_tcase(s, t);
	return check_run(s);
}
