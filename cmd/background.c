/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/background.h"

#include "base/quit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The status that the child said, or ended with; if a signal ended it, so are we. */
static int wait_for(pid_t child, int ready)
{
	uint8_t status = 0;
	int ended = 0;
	ssize_t n;
	do
		n = read(ready, &status, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		return status;
	while (waitpid(child, &ended, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(ended))
		quit_by(WTERMSIG(ended));
	return WIFEXITED(ended) ? WEXITSTATUS(ended) : err_exit_status(XE_FAILED);
}

int background_fork(struct background *b, int *status, struct err *e)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_errno(e, XE_FAILED, errno, "cannot make a pipe");
	fflush(NULL);
	pid_t child = fork();
	if (child < 0) {
		err_errno(e, XE_FAILED, errno, "cannot go into the background");
		close(ends[0]);
		close(ends[1]);
		return e->code;
	}
	if (child > 0) {
		close(ends[1]);
		*status = wait_for(child, ends[0]);
		close(ends[0]);
		return 0;
	}
	close(ends[0]);
	b->ready = ends[1];
	/* Who ends the one that was started means this one. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	return 1;
}

static void leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	setsid();
	for (int fd = 0; null >= 0 && fd <= 2; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
}

void background_ready(struct background *b, int status)
{
	uint8_t said = (uint8_t)status;
	if (b->ready < 0)
		return;
	prctl(PR_SET_PDEATHSIG, 0);
	fflush(NULL);
	leave_terminal();
	(void)!write(b->ready, &said, 1);
	close(b->ready);
	b->ready = -1;
}
