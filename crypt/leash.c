/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Only calls that are safe behind fork() in a process with threads. */
#include "crypt/leash.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOK_NS 100000000L
#define PATIENCE_LOOKS 20 /* between SIGTERM and SIGKILL */
#define CANNOT_RUN 127

/* As exec does it: our handlers would tidy up for a process that goes on. */
static void forget_handlers(void)
{
	struct sigaction was;
	for (int n = 1; n < NSIG; n++) {
		if (sigaction(n, NULL, &was) == 0 && was.sa_handler != SIG_IGN)
			signal(n, SIG_DFL);
	}
}

static void end_group(pid_t program)
{
	kill(0, SIGTERM);
	for (int i = 0; i < PATIENCE_LOOKS && waitpid(program, NULL, WNOHANG) == 0; i++)
		nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
	kill(0, SIGKILL);
}

__attribute__((noreturn)) static void watch(pid_t parent, pid_t program)
{
	const struct timespec look = {.tv_nsec = LOOK_NS};
	sigset_t child;
	int status;
	/* It reaches the group; somebody has to stay, to tell how the program ended and to send the SIGKILL. */
	signal(SIGTERM, SIG_IGN);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		pid_t got = waitpid(program, &status, WNOHANG);
		if (got == program)
			_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
		if (getppid() != parent)
			end_group(program);
		sigtimedwait(&child, NULL, &look);
	}
}

void leash(pid_t parent, int keep)
{
	sigset_t child;
	forget_handlers();
	/* Blocked, it waits for sigtimedwait; ignored, it would take the status away. */
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_SETMASK, &child, NULL);
	pid_t program = fork();
	if (program < 0)
		_exit(CANNOT_RUN);
	if (program == 0)
		return;
	/* What the program reads from and writes to must end with it; and a lock of ours must not outlive us. */
	closefrom(keep);
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	watch(parent, program);
}
