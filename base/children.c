/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/children.h"

#include "base/elapsed.h"
#include "base/quit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU};

static bool is_ignored(int signal_number)
{
	struct sigaction now;
	return sigaction(signal_number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static void on_child(int signal_number)
{
	(void)signal_number;
}

void children_begin(struct children *c, unsigned most, void (*tick)(void *arg, bool asked), void *arg)
{
	const struct sigaction notice = {.sa_handler = on_child, .sa_flags = SA_RESTART};
	*c = (struct children){.most = most < CHILDREN_MAX ? most : CHILDREN_MAX, .tick = tick, .arg = arg};
	/* Ignored, as some who start us leave it, it would take the children's statuses away. */
	sigaction(SIGCHLD, &notice, NULL);
	sigemptyset(&c->wanted);
	sigaddset(&c->wanted, SIGCHLD);
	sigaddset(&c->wanted, SIGUSR1);
	if (!is_ignored(SIGTSTP))
		sigaddset(&c->wanted, SIGTSTP);
	for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++) {
		if (!is_ignored(ending[i]))
			sigaddset(&c->wanted, ending[i]);
	}
	clock_gettime(CLOCK_MONOTONIC, &c->ticked);
	quit_hold();
	sigprocmask(SIG_BLOCK, &c->wanted, &c->before);
}

void children_end(struct children *c)
{
	sigprocmask(SIG_SETMASK, &c->before, NULL);
	quit_release();
}

bool children_room(const struct children *c)
{
	return c->running < c->most && c->stopped_by == 0;
}

/* ---- starting ---- */

/* In the child, which has no others. */
static void become(const struct children *c, pid_t parent)
{
	setpgid(0, 0);
	signal(SIGCHLD, SIG_DFL);
	/* Its group is not the terminal's, which may stop those that write to it from behind: stty tostop. */
	signal(SIGTTOU, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(err_exit_status(XE_FAILED));
	sigprocmask(SIG_SETMASK, &c->before, NULL);
	quit_release();
}

int children_start(struct children *c, size_t task, int (*work)(void *arg, size_t task, unsigned place), void *arg, struct err *e)
{
	unsigned place = 0;
	while (c->all[place].pid != 0)
		place++;
	fflush(NULL);
	/* Before it is there: on a busy machine it may have ended when this process comes to its next line. */
	struct timespec began;
	clock_gettime(CLOCK_MONOTONIC, &began);
	pid_t parent = getpid(), pid = fork();
	if (pid < 0)
		return err_errno(e, XE_FAILED, errno, "cannot start a process");
	if (pid == 0) {
		become(c, parent);
		_exit(work(arg, task, place));
	}
	setpgid(pid, pid);
	c->all[place] = (struct child){.pid = pid, .task = task, .began = began};
	c->running++;
	return 0;
}

/* ---- waiting ---- */

static void send_all(const struct children *c, int signal_number)
{
	for (unsigned i = 0; i < c->most; i++) {
		if (c->all[i].pid != 0)
			kill(-c->all[i].pid, signal_number);
	}
}

/* Ctrl-Z is for all of us. */
static void pause_all(const struct children *c)
{
	send_all(c, SIGSTOP);
	raise(SIGSTOP);
	send_all(c, SIGCONT);
}

static void obey(struct children *c, int signal_number)
{
	if (signal_number == SIGUSR1) {
		c->tick(c->arg, true);
	} else if (signal_number == SIGTSTP) {
		pause_all(c);
	} else if (signal_number > 0 && signal_number != SIGCHLD) {
		c->stopped_by = c->stopped_by ? c->stopped_by : signal_number;
		send_all(c, signal_number);
	}
}

/* One that wants the terminal would wait for ever. */
static void end_stopped(pid_t pid, int status)
{
	if (WSTOPSIG(status) != SIGTTIN && WSTOPSIG(status) != SIGTTOU)
		return;
	kill(-pid, SIGTERM);
	kill(-pid, SIGCONT);
}

static bool reap(struct children *c, struct child_end *end)
{
	for (unsigned i = 0; i < c->most; i++) {
		struct child *child = &c->all[i];
		int status = 0;
		pid_t got = child->pid ? waitpid(child->pid, &status, WNOHANG | WUNTRACED) : 0;
		if (got == 0 || (got < 0 && errno == EINTR))
			continue;
		if (got > 0 && WIFSTOPPED(status)) {
			end_stopped(child->pid, status);
			continue;
		}
		*end = (struct child_end){child->task, i, got > 0 ? status : SIGKILL, elapsed_since(&child->began)};
		child->pid = 0;
		c->running--;
		return true;
	}
	return false;
}

static void tick(struct children *c)
{
	if (elapsed_since(&c->ticked) < 1)
		return;
	clock_gettime(CLOCK_MONOTONIC, &c->ticked);
	c->tick(c->arg, false);
}

bool children_wait(struct children *c, struct child_end *end)
{
	/* Should a signal get lost, the next look comes all the same. */
	const struct timespec second = {.tv_sec = 1};
	while (c->running > 0) {
		if (reap(c, end))
			return true;
		obey(c, sigtimedwait(&c->wanted, NULL, &second));
		tick(c);
	}
	return false;
}
