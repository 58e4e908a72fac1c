/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/quit.h"

#include "base/err.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXCPU};

static void (*volatile cleaners[QUIT_CLEANERS])(void);
static void (*volatile wake_up)(void);
static volatile sig_atomic_t asked;

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU};
#define ENDING (sizeof ending / sizeof ending[0])

static bool holding;
static sigset_t held, before; /* those that are held; the mask as it was */
static struct sigaction pipe_before;

void quit_add(void (*clean)(void))
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < QUIT_CLEANERS && cleaners[i] != clean; i++) {
		if (cleaners[i] == NULL) {
			cleaners[i] = clean;
			break;
		}
	}
	pthread_mutex_unlock(&lock);
}

static void clean_up(void)
{
	for (size_t i = 0; i < QUIT_CLEANERS && cleaners[i]; i++)
		cleaners[i]();
}

void quit_by(int signal_number)
{
	clean_up();
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t this_one;
	sigemptyset(&this_one);
	sigaddset(&this_one, signal_number);
	sigaction(signal_number, &action, NULL);
	/* Blocked while its handler runs: unblocked, it strikes here and not somewhere behind. */
	pthread_sigmask(SIG_UNBLOCK, &this_one, NULL);
	raise(signal_number);
	_exit(128 + signal_number);
}

static void on_signal(int signal_number)
{
	int saved = errno;
	void (*wake)(void) = wake_up;
	/* SIGPIPE is no request: what it tells of has failed. */
	if (wake == NULL || asked || signal_number == SIGPIPE)
		quit_by(signal_number);
	asked = signal_number;
	wake();
	errno = saved;
}

void quit_gently(void (*wake)(void))
{
	wake_up = wake;
}

void quit_hold(void)
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
	pthread_sigmask(SIG_BLOCK, &held, &before);
	holding = true;
}

void quit_release(void)
{
	if (!holding)
		return;
	holding = false;
	sigaction(SIGPIPE, &pipe_before, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static int held_back(void)
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

int quit_asked(void)
{
	return asked ? asked : held_back();
}

void quit_sleep(unsigned milliseconds)
{
	const struct timespec pause = {.tv_sec = (time_t)(milliseconds / 1000), .tv_nsec = (long)(milliseconds % 1000) * 1000000};
	if (quit_asked())
		return;
	int taken = holding ? sigtimedwait(&held, NULL, &pause) : nanosleep(&pause, NULL);
	if (holding && taken > 0)
		raise(taken); /* it waits again */
}

void quit_now(const char *why)
{
	clean_up();
	(void)!write(STDERR_FILENO, why, strlen(why));
	_exit(err_exit_status(XE_FAILED));
}

void quit_in_child(void)
{
	signal(SIGXFSZ, SIG_DFL);
	if (holding)
		sigaction(SIGPIPE, &pipe_before, NULL);
	for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++) {
		struct sigaction now;
		if (sigaction(caught[i], NULL, &now) == 0 && now.sa_handler == on_signal)
			signal(caught[i], SIG_DFL);
	}
}

void quit_catch_signals(void)
{
	/* A file that grows too large is a write error like others. */
	signal(SIGXFSZ, SIG_IGN);
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++)
		sigdelset(&action.sa_mask, caught[i]);
	for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++) {
		struct sigaction old;
		if (sigaction(caught[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(caught[i], &action, NULL);
	}
}
