/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Another program, run to its end: what it is given, what it says, and not for longer than so many seconds.  It ends with us
 * (leash.h). */
#ifndef CRYPT_CHILD_H
#define CRYPT_CHILD_H

#include "base/bytes.h"
#include "base/secret.h"

#define CHILD_FEED_FD 3   /* where the child finds `feed`, */
#define CHILD_STATUS_FD 4 /* and where it may write status lines */
#define CHILD_STATUS_BYTES 8192u

struct child {
	const char *const *argv; /* the first is looked for in PATH; NULL at the end */
	const char *const *env;  /* "NAME=value" over our own environment, NULL at the end; or NULL */
	const char *what;        /* how errors call it: "gpg" */
	struct span in;          /* standard input; empty: there is none */
	struct span feed;        /* on CHILD_FEED_FD; empty: closed */
	bool stderr_too;         /* its standard error goes where ours goes; otherwise nowhere */
	size_t out_max;          /* bytes it may say */
	unsigned seconds;
};

struct child_result {
	struct secret out;               /* what it wrote to standard output */
	char status[CHILD_STATUS_BYTES]; /* and to CHILD_STATUS_FD, cut */
	int exit_status;                 /* 128 + signal if one ended it */
};

/* XE_FAILED: it could not be run, or said more than out_max bytes; XE_NOT_READY: it took too long and was killed.  An exit
 * status other than 0 is no error here.  It ends with us, whatever ends us (leash.h); at once when
 * quit_asked().  result->out is the caller's to free, whatever is returned. */
int child_run(const struct child *c, struct child_result *result, struct err *e) __attribute__((warn_unused_result));

/* Runs argv, looked for in PATH, with our own environment and descriptors.  *exit_status: 128 + signal if one ended it.  It ends
 * with us, and is ended when quit_asked().  XE_FAILED: a signal ended it, or it could not be run; *exit_status is then 127 or 126 as in
 * a shell, or 1. */
int child_pass(char **argv, int *exit_status, struct err *e) __attribute__((warn_unused_result));

#endif
