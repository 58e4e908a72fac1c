/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <time.h>

#define GRACE_S 2 /* daemons kill for good 3 to 5 seconds after they have asked */

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU};
#define ENDING (sizeof ending / sizeof ending[0])

static bool holding;
static sigset_t held, before; /* those that are held; the mask as it was */
static struct sigaction pipe_before;

void interrupt_hold(void)
{
	if (holding)
		return;
	sigemptyset(&held);
	for (size_t i = 0; i < ENDING; i++) {
		struct sigaction old;
		if (sigaction(ending[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaddset(&held, ending[i]);
	}
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigaction(SIGPIPE, &ignore, &pipe_before);
	sigprocmask(SIG_BLOCK, &held, &before);
	holding = true;
}

void interrupt_release(void)
{
	if (!holding)
		return;
	holding = false;
	sigprocmask(SIG_SETMASK, &before, NULL);
	sigaction(SIGPIPE, &pipe_before, NULL);
}

void interrupt_forget(void)
{
	if (!holding)
		return;
	sigaction(SIGPIPE, &pipe_before, NULL);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

int interrupt_pending(void)
{
	sigset_t waiting;
	if (!holding || sigpending(&waiting) != 0)
		return 0;
	for (size_t i = 0; i < ENDING; i++) {
		if (sigismember(&held, ending[i]) && sigismember(&waiting, ending[i]))
			return ending[i];
	}
	return 0;
}

/* Takes one of set away; 0 if the time is over before. */
static int take_signal(const sigset_t *set, const struct timespec *limit)
{
	int taken;
	do
		taken = limit ? sigtimedwait(set, NULL, limit) : sigwaitinfo(set, NULL);
	while (taken < 0 && errno == EINTR);
	return taken > 0 ? taken : 0;
}

void interrupt_sleep(unsigned milliseconds)
{
	const struct timespec pause = {.tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000};
	int taken = holding && interrupt_pending() == 0 ? take_signal(&held, &pause) : 0;
	if (taken > 0)
		raise(taken); /* it waits again */
	else if (!holding)
		nanosleep(&pause, NULL);
}

/* Only so that SIGCHLD is delivered at all. */
static void on_child(int signal_number)
{
	(void)signal_number;
}

/* Until the child has ended, or one of the held signals has come: its number. */
static int wait_or_signal(pid_t child, int *status, const sigset_t *set, const struct timespec *limit, bool *ended)
{
	for (;;) {
		pid_t got = waitpid(child, status, WNOHANG);
		*ended = got == child || (got < 0 && errno != EINTR);
		if (got < 0 && errno != EINTR)
			*status = 1 << 8; /* somebody else has waited for it */
		if (*ended)
			return 0;
		int taken = take_signal(set, limit);
		if (taken != SIGCHLD)
			return taken;
	}
}

int interrupt_wait_child(pid_t child, bool group)
{
	const struct timespec grace = {.tv_sec = GRACE_S};
	struct sigaction action = {.sa_handler = on_child}, child_before;
	sigset_t set = held, mask;
	int status = 0;
	bool ended;
	sigaction(SIGCHLD, &action, &child_before);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &mask);
	int taken = wait_or_signal(child, &status, &set, NULL, &ended);
	if (!ended) {
		kill(group ? -child : child, taken);
		sigset_t children;
		sigemptyset(&children);
		sigaddset(&children, SIGCHLD);
		wait_or_signal(child, &status, &children, &grace, &ended);
		/* What it has started and not waited for ends with it, too. */
		if (group || !ended)
			kill(group ? -child : child, SIGKILL);
		while (!ended && waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
		raise(taken);
	}
	sigaction(SIGCHLD, &child_before, NULL);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return status;
}
