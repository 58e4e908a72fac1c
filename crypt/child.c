/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the child is given travels over socket pairs: a child that does not read it then costs an error of send() and no
 * SIGPIPE, whatever the process has done with that signal. */
#include "crypt/child.h"

#include "base/quit.h"
#include "crypt/leash.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_FD 10    /* ours stay clear of those that the child gets by number */
#define CANNOT_RUN 127 /* as shells tell it */
#define CANNOT_EXECUTE 126
#define ASKED_MS 200 /* how often it is looked whether we are asked to end */
#define NAP_MS 100

/* The ends of its four channels; -1: none. */
enum channel { C_IN, C_FEED, C_OUT, C_STATUS, CHANNELS };
struct channels {
	int ours[CHANNELS], its[CHANNELS];
};

/* tell: a pipe that exec closes, or brings the errno of why it failed. */
struct passage {
	char **argv;
	int tell[2];
};

struct birth {
	const struct child *c;
	const struct channels *ch;
	char **argv;
	const char **env;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_all(struct channels *c)
{
	for (int i = 0; i < CHANNELS; i++) {
		close_fd(&c->ours[i]);
		close_fd(&c->its[i]);
	}
}

static bool open_channel(struct channels *c, enum channel i, bool input)
{
	int pair[2];
	if ((input ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) : pipe2(pair, O_CLOEXEC)) != 0)
		return false;
	c->ours[i] = fcntl(pair[0], F_DUPFD_CLOEXEC, FIRST_FD);
	c->its[i] = fcntl(pair[1], F_DUPFD_CLOEXEC, FIRST_FD);
	close(pair[0]);
	close(pair[1]);
	return c->ours[i] >= 0 && c->its[i] >= 0 && fcntl(c->ours[i], F_SETFL, O_NONBLOCK) == 0;
}

static bool replaced(const char *entry, const char *const *env)
{
	for (size_t i = 0; env && env[i]; i++) {
		size_t name = strcspn(env[i], "=") + 1;
		if (strncmp(entry, env[i], name) == 0)
			return true;
	}
	return false;
}

/* Ours with env over it.  NULL without memory. */
static const char **environment(const char *const *env)
{
	size_t n = 0, own = 0;
	for (size_t i = 0; environ[i]; i++)
		own++;
	for (size_t i = 0; env && env[i]; i++)
		own++;
	const char **all = calloc(own + 1, sizeof(char *));
	for (size_t i = 0; all && environ[i]; i++) {
		if (!replaced(environ[i], env))
			all[n++] = environ[i];
	}
	for (size_t i = 0; all && env && env[i]; i++)
		all[n++] = env[i];
	return all;
}

/* On the heap: an argument may lie in a secret (a configuration), which is wiped in the child.  NULL without memory. */
static char **arguments(const char *const *argv)
{
	size_t n = 0, bytes = 0;
	for (; argv[n]; n++)
		bytes += strlen(argv[n]) + 1;
	char **copy = malloc((n + 1) * sizeof(char *) + bytes);
	char *at = copy ? (char *)(copy + n + 1) : NULL;
	for (size_t i = 0; copy && i < n; i++) {
		size_t len = strlen(argv[i]) + 1;
		copy[i] = memcpy(at, argv[i], len);
		at += len;
	}
	if (copy)
		copy[n] = NULL;
	return copy;
}

/* In the child, as what follows (leash.h). */
static void become(void *arg, int errnum)
{
	const struct birth *b = arg;
	const struct child *c = b->c;
	const struct channels *ch = b->ch;
	if (errnum != 0)
		_exit(CANNOT_RUN);
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	bool ready = nothing >= 0 && dup2(ch->its[C_IN] >= 0 ? ch->its[C_IN] : nothing, STDIN_FILENO) >= 0 &&
		     dup2(ch->its[C_OUT], STDOUT_FILENO) >= 0 && (c->stderr_too || dup2(nothing, STDERR_FILENO) >= 0) &&
		     dup2(ch->its[C_FEED] >= 0 ? ch->its[C_FEED] : nothing, CHILD_FEED_FD) >= 0 &&
		     dup2(ch->its[C_STATUS], CHILD_STATUS_FD) >= 0;
	signal(SIGPIPE, SIG_DFL);
	if (ready)
		execvpe(b->argv[0], b->argv, (char *const *)(uintptr_t)b->env);
	_exit(CANNOT_RUN);
}

static void become_with_ours(void *arg, int errnum)
{
	const struct passage *p = arg;
	if (errnum == 0) {
		execvp(p->argv[0], p->argv);
		errnum = errno;
	}
	(void)!write(p->tell[1], &errnum, sizeof errnum);
	_exit(errnum == ENOENT ? CANNOT_RUN : CANNOT_EXECUTE);
}

static void feed(int *fd, struct span *rest)
{
	ssize_t n = rest->len ? send(*fd, rest->data, rest->len, MSG_NOSIGNAL) : 0;
	if (n > 0)
		*rest = (struct span){rest->data + n, rest->len - (size_t)n};
	/* A child that will not read is not our trouble: its exit status tells. */
	if (rest->len == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_fd(fd);
}

/* Reads into the room left; what is too much is read and dropped, and *too_much set. */
static void take(int *fd, uint8_t *to, size_t *used, size_t room, bool *too_much)
{
	uint8_t beyond[512];
	bool full = *used == room;
	ssize_t n = full ? read(*fd, beyond, sizeof beyond) : read(*fd, to + *used, room - *used);
	if (n > 0 && full) {
		secret_wipe(beyond, sizeof beyond);
		*too_much = true;
	} else if (n > 0) {
		*used += (size_t)n;
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		close_fd(fd);
	}
}

/* Takes until the child has closed its outputs, gives as long as it lives.  False: the time is up. */
static bool converse(const struct child *c, struct channels *ch, pid_t pid, struct child_result *r, int64_t until, bool *too_much)
{
	struct span in = c->in, fed = c->feed;
	size_t status_used = 0;
	bool status_cut = false;
	while (ch->ours[C_OUT] >= 0 || ch->ours[C_STATUS] >= 0 || ((ch->ours[C_IN] >= 0 || ch->ours[C_FEED] >= 0) && !leash_wait(pid, 0))) {
		struct pollfd p[CHANNELS];
		for (int i = 0; i < CHANNELS; i++)
			p[i] = (struct pollfd){.fd = ch->ours[i], .events = i <= C_FEED ? POLLOUT : POLLIN};
		int64_t left = until - leash_now_ms();
		if (left <= 0 || quit_asked())
			return false;
		if (poll(p, CHANNELS, (int)(left < ASKED_MS ? left : ASKED_MS)) < 0 && errno != EINTR)
			return false;
		if (p[C_IN].fd >= 0 && p[C_IN].revents)
			feed(&ch->ours[C_IN], &in);
		if (p[C_FEED].fd >= 0 && p[C_FEED].revents)
			feed(&ch->ours[C_FEED], &fed);
		if (p[C_OUT].fd >= 0 && p[C_OUT].revents)
			take(&ch->ours[C_OUT], r->out.data, &r->out.len, c->out_max, too_much);
		if (p[C_STATUS].fd >= 0 && p[C_STATUS].revents)
			take(&ch->ours[C_STATUS], (uint8_t *)r->status, &status_used, sizeof r->status - 1, &status_cut);
	}
	return true;
}

static int attend(const struct child *c, struct channels *ch, pid_t pid, struct child_result *r, struct err *e)
{
	int64_t until = leash_now_ms() + (int64_t)c->seconds * 1000;
	bool too_much = false, late = !converse(c, ch, pid, r, until, &too_much) || !leash_wait(pid, until);
	int by_signal;
	if (late)
		leash_put_down(pid);
	r->exit_status = leash_reap(pid, &by_signal);
	if (late && quit_asked())
		return err_set(e, XE_FAILED, "%s: interrupted by a signal", c->what);
	if (late)
		return err_set(e, XE_NOT_READY, "%s gave no answer in %u seconds", c->what, c->seconds);
	if (r->exit_status == CANNOT_RUN)
		return err_set(e, XE_FAILED, "%s cannot be run: it is not there, or may not be executed", c->what);
	if (too_much)
		return err_set(e, XE_FAILED, "%s said more than %zu bytes", c->what, c->out_max);
	return 0;
}

int child_run(const struct child *c, struct child_result *r, struct err *e)
{
	struct channels ch;
	for (int i = 0; i < CHANNELS; i++)
		ch.ours[i] = ch.its[i] = -1;
	*r = (struct child_result){.out = SECRET_NONE};
	int rc = secret_new(&r->out, c->out_max, e);
	if (rc != 0)
		return rc;
	const char **env = environment(c->env);
	char **argv = arguments(c->argv);
	bool open = (c->in.len == 0 || open_channel(&ch, C_IN, true)) && (c->feed.len == 0 || open_channel(&ch, C_FEED, true)) &&
		    open_channel(&ch, C_OUT, false) && open_channel(&ch, C_STATUS, false);
	struct birth b = {c, &ch, argv, env};
	pid_t pid = env && argv && open ? leash_start(true, become, &b) : -1;
	if (pid < 0) {
		rc = err_errno(e, XE_FAILED, errno, "%s cannot be started", c->what);
	} else {
		for (int i = 0; i < CHANNELS; i++)
			close_fd(&ch.its[i]);
		rc = attend(c, &ch, pid, r, e);
	}
	close_all(&ch);
	free(argv);
	free(env);
	return rc;
}

/* Under a terminal it stays in our group: the terminal's keys go to that one, and only that one may read. */
int child_pass(char **argv, int *exit_status, struct err *e)
{
	struct passage p = {.argv = argv};
	*exit_status = 1;
	if (pipe2(p.tell, O_CLOEXEC) != 0)
		return err_errno(e, XE_FAILED, errno, "%s: cannot start", argv[0]);
	pid_t pid = leash_start(!isatty(STDIN_FILENO), become_with_ours, &p);
	int rc = pid < 0 ? err_errno(e, XE_FAILED, errno, "%s: cannot start", argv[0]) : 0, errnum, by_signal;
	close(p.tell[1]);
	ssize_t n;
	do
		n = read(p.tell[0], &errnum, sizeof errnum);
	while (n < 0 && errno == EINTR);
	close(p.tell[0]);
	if (rc != 0)
		return rc;
	while (!quit_asked() && !leash_wait(pid, leash_now_ms() + NAP_MS))
		continue;
	if (quit_asked())
		leash_put_down(pid);
	*exit_status = leash_reap(pid, &by_signal);
	if (n == (ssize_t)sizeof errnum)
		return err_errno(e, XE_FAILED, errnum, "%s: cannot run", argv[0]);
	return by_signal ? err_set(e, XE_FAILED, "%s: ended by signal %d", argv[0], by_signal) : 0;
}
