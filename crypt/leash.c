/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypt/leash.h"

#include "base/quit.h"
#include "base/system.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 50
#define NAP_MS 2

int64_t leash_now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Has it ended?  It keeps its number until it is reaped, so that nobody else is meant by that. */
static bool has_ended(pid_t pid)
{
	siginfo_t info = {.si_pid = 0};
	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == pid;
}

bool leash_wait(pid_t pid, int64_t until_ms)
{
	while (!has_ended(pid)) {
		if (leash_now_ms() >= until_ms)
			return false;
		(void)poll(NULL, 0, NAP_MS);
	}
	return true;
}

/* ---- the watcher: all signals are blocked, whatever is sent to the group ---- */

__attribute__((noreturn)) static void end_as(int status)
{
	if (WIFSIGNALED(status)) {
		int number = WTERMSIG(status);
		sigset_t this_one;
		sigemptyset(&this_one);
		sigaddset(&this_one, number);
		signal(number, SIG_DFL);
		raise(number);
		sigprocmask(SIG_UNBLOCK, &this_one, NULL);
		_exit(128 + number);
	}
	_exit(WEXITSTATUS(status));
}

__attribute__((noreturn)) static void end_program(pid_t program, bool group)
{
	kill(group ? 0 : program, SIGTERM);
	(void)leash_wait(program, leash_now_ms() + LEASH_GRACE_MS);
	kill(group ? 0 : program, SIGKILL);
	_exit(128 + SIGKILL);
}

/* We ask with SIGTERM; from others it is for the program, which gets it itself. */
__attribute__((noreturn)) static void watch(pid_t parent, pid_t program, bool group)
{
	const struct timespec look = {.tv_nsec = LOOK_MS * 1000000L};
	sigset_t wake;
	siginfo_t from;
	int status;
	sigemptyset(&wake);
	sigaddset(&wake, SIGCHLD);
	sigaddset(&wake, SIGTERM);
	for (;;) {
		if (waitpid(program, &status, WNOHANG) == program)
			end_as(status);
		bool asked = sigtimedwait(&wake, &from, &look) == SIGTERM && from.si_pid == parent;
		if (asked || getppid() != parent)
			end_program(program, group);
	}
}

struct start {
	bool group;
	pid_t parent;
	void (*become)(void *arg, int errnum);
	void *arg;
};

/* In the first child.  What the program reads from and writes to must end with the program, and a lock of ours with us: the watcher
 * has no descriptors. */
static void live(const struct start *s)
{
	sigset_t none;
	if (s->group)
		setpgid(0, 0);
	quit_in_child();
	signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
	pid_t program = fork();
	if (program > 0) {
		for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
			close(fd);
		system_close_from(STDERR_FILENO + 1);
		watch(s->parent, program, s->group);
	}
	int errnum = program < 0 ? errno : 0;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	s->become(s->arg, errnum);
	_exit(1);
}

/* ---- our side ---- */

/* No signal comes meanwhile: in the child our handlers would tidy up for a process that goes on. */
pid_t leash_start(bool group, void (*become)(void *arg, int errnum), void *arg)
{
	const struct start s = {group, getpid(), become, arg};
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pid_t pid = fork();
	if (pid == 0)
		live(&s);
	int errnum = errno;
	if (pid > 0 && group)
		setpgid(pid, pid); /* here and there: whoever comes first */
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = errnum;
	return pid;
}

void leash_put_down(pid_t pid)
{
	kill(-pid, SIGTERM);
	kill(pid, SIGTERM);
	(void)leash_wait(pid, leash_now_ms() + 2 * LEASH_GRACE_MS);
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
}

int leash_reap(pid_t pid, int *by_signal)
{
	int status = 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	*by_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
