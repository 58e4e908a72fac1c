/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/secretsource.h"

#include "base/msg.h"
#include "cmd/trust.h"
#include "keywrap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* ---- tty ---- */

/* What the terminal was before, for the handler that puts it back. */
static struct termios saved;
static volatile sig_atomic_t saved_fd = -1;

static void restore_terminal(int signal_number)
{
	if (saved_fd >= 0)
		tcsetattr(saved_fd, TCSAFLUSH, &saved);
	raise(signal_number); /* SA_RESETHAND: the default now */
}

static int read_line(int fd, const char *what, size_t max, struct secret *s, struct err *e)
{
	int r = secret_new(s, max + 1, e);
	while (r == 0) {
		ssize_t n = read(fd, s->data + s->len, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			r = err_errno(e, XE_FAILED, errno, "the terminal: cannot read");
		else if (n == 0 || s->data[s->len] == '\n')
			break;
		else if (++s->len > max)
			r = err_set(e, XE_KEY, "%s: longer than %zu bytes", what, max);
	}
	if (r == 0) {
		s->data[s->len] = 0;
		dprintf(fd, "\n"); /* the one that was not echoed */
	}
	if (r == 0 && s->len == 0)
		r = err_set(e, XE_KEY, "%s: nothing was typed", what);
	return r;
}

static int ask(int fd, const char *prompt, const char *what, size_t max, struct secret *s, struct err *e)
{
	if (dprintf(fd, "%s%s: ", prompt, what) < 0)
		return err_errno(e, XE_FAILED, errno, "the terminal: cannot write");
	return read_line(fd, what, max, s, e);
}

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define SIGNALS (sizeof signals / sizeof signals[0])

/* Switches the echo off until show_again.  Ctrl-Z does nothing meanwhile: the echo would be on when the program comes
 * back. */
static int hide(int fd, struct sigaction before[static SIGNALS], struct err *e)
{
	struct sigaction action = {.sa_handler = restore_terminal, .sa_flags = (int)SA_RESETHAND};
	if (tcgetattr(fd, &saved) != 0)
		return err_errno(e, XE_FAILED, errno, "the terminal: cannot read its settings");
	saved_fd = fd;
	for (size_t i = 0; i < SIGNALS; i++) {
		sigaction(signals[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
	struct termios quiet = saved;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	quiet.c_lflag |= ICANON;
	quiet.c_cc[VSUSP] = _POSIX_VDISABLE;
	return tcsetattr(fd, TCSAFLUSH, &quiet) == 0 ? 0 : err_errno(e, XE_FAILED, errno, "the terminal: cannot switch its echo off");
}

static void show_again(int fd, struct sigaction before[static SIGNALS])
{
	if (saved_fd < 0)
		return;
	tcsetattr(fd, TCSAFLUSH, &saved);
	saved_fd = -1;
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &before[i], NULL);
}

int secretsource_read_line(int fd, const char *what, size_t max, struct secret *s, struct err *e)
{
	struct sigaction before[SIGNALS];
	int r = hide(fd, before, e);
	if (r == 0)
		r = read_line(fd, what, max, s, e);
	show_again(fd, before);
	return r;
}

static int from_terminal(const char *what, bool confirm, size_t max, struct secret *s, struct err *e)
{
	struct sigaction before[SIGNALS];
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_errno(e, XE_FAILED, errno, "%s: no terminal to ask on; name a file, -, fd:N or cred:NAME", what);
	int r = hide(fd, before, e);
	if (r == 0)
		r = ask(fd, "", what, max, s, e);
	if (r == 0 && confirm) {
		struct secret again = SECRET_NONE;
		r = ask(fd, "Once more, ", what, max, &again, e);
		if (r == 0 && !secret_equal(s, &again))
			r = err_set(e, XE_KEY, "%s: the two answers differ", what);
		secret_free(&again);
	}
	show_again(fd, before);
	close(fd);
	return r;
}

/* ---- descriptors ---- */

static int from_descriptor(int fd, const char *name, size_t max, struct secret *s, bool *others, struct err *e)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return err_errno(e, XE_FAILED, errno, "%s: cannot be read", name);
	if (S_ISDIR(st.st_mode))
		return err_set(e, XE_FAILED, "%s: is a folder", name);
	if (isatty(fd))
		return err_set(e, XE_USAGE, "%s: is a terminal, which would show the secret; use tty", name);
	*others = S_ISREG(st.st_mode) && (st.st_mode & (S_IRGRP | S_IROTH)) != 0;
	return secret_read(s, fd, max, name, e);
}

static int from_file(const char *path, const char *what, size_t max, struct secret *s, bool *others, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		enum xerr code = errno == EACCES || errno == EPERM ? XE_PERMISSION : XE_FAILED;
		return err_errno(e, code, errno, "%s: cannot open the %s", path, what);
	}
	int r = from_descriptor(fd, path, max, s, others, e);
	close(fd);
	return r;
}

static int from_number(const char *source, size_t max, struct secret *s, bool *others, struct err *e)
{
	char *end;
	errno = 0;
	long fd = strtol(source + 3, &end, 10);
	if (source[3] < '0' || source[3] > '9' || *end != '\0' || errno != 0 || fd > INT_MAX)
		return err_set(e, XE_USAGE, "%s: not the number of a descriptor", source);
	/* Programs that we start have no business with it. */
	fcntl((int)fd, F_SETFD, FD_CLOEXEC);
	return from_descriptor((int)fd, source, max, s, others, e);
}

/* A systemd credential: a file in the folder that the service manager names. */
static int from_credential(const char *source, const char *what, size_t max, struct secret *s, bool *others, struct err *e)
{
	const char *name = source + 5, *folder = getenv("CREDENTIALS_DIRECTORY");
	if (*name == '\0' || strchr(name, '/') != NULL || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return err_set(e, XE_USAGE, "%s: not the name of a credential", source);
	if (folder == NULL || *folder == '\0')
		return err_set(e, XE_FAILED, "%s: there are no credentials; the unit needs LoadCredential=%s:PATH", source, name);
	char path[PATH_MAX];
	if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
		return err_set(e, XE_FAILED, "%s: the path of the credential is too long", source);
	return from_file(path, what, max, s, others, e);
}

int secretsource_read_quietly(const char *source, const char *what, bool confirm, size_t max, struct secret *s, bool *others, struct err *e)
{
	int r;
	*others = false;
	if (strcmp(source, "tty") == 0)
		r = from_terminal(what, confirm, max, s, e);
	else if (strcmp(source, "-") == 0)
		r = from_descriptor(STDIN_FILENO, "standard input", max, s, others, e);
	else if (strncmp(source, "fd:", 3) == 0)
		r = from_number(source, max, s, others, e);
	else if (strncmp(source, "cred:", 5) == 0)
		r = from_credential(source, what, max, s, others, e);
	else
		r = from_file(source, what, max, s, others, e);
	if (r != 0)
		secret_free(s);
	return r;
}

int secretsource_read(const char *source, const char *what, bool confirm, size_t max, struct secret *s, struct err *e)
{
	bool others;
	int r = secretsource_read_quietly(source, what, confirm, max, s, &others, e);
	if (r == 0 && others)
		msg_warning("%s: others than its owner can read this secret; chmod 600 it", source);
	return r;
}

int secretsource_read_kek(const char *source, const char *what, bool confirm, struct secret *kek, struct err *e)
{
	int r = secretsource_read(source, what, confirm, SOURCE_KEK_MAX_BYTES, kek, e);
	if (r == 0 && (r = keywrap_prepare_kek(kek, e)) != 0)
		err_volume(e, source);
	if (r == 0)
		trust_kek(source, kek);
	else
		secret_free(kek);
	return r;
}

bool secretsource_once(const char *source)
{
	struct stat st;
	return source && (strcmp(source, "-") == 0 || strcmp(source, "tty") == 0 || strncmp(source, "fd:", 3) == 0 ||
			  (strncmp(source, "cred:", 5) != 0 && stat(source, &st) == 0 && !S_ISREG(st.st_mode)));
}
