/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run that goes on could not read: told at once on standard error, and in its JSON at the end. */
#ifndef CMD_VOLUME_UNREAD_H
#define CMD_VOLUME_UNREAD_H

#include "base/err.h"
#include "base/json.h"

#include <stddef.h>

/* Begin with all zero. */
struct unread {
	struct unread_one {
		char *path;
		struct err why;
	} * all; /* as they came */
	size_t count, room;
	int status; /* the worst exit status that they make */
};

/* Prints why, and keeps it under path, which is copied.  Without memory for that it is printed and counts all the same, and XE_FAILED. */
int unread_add(struct unread *u, const char *path, const struct err *why, struct err *e) __attribute__((warn_unused_result));

/* "unread": each as an object, its path as key ("input"), its "error"; then "error" and "where", of e if it holds a fault, else of the first
 * of them, and "exit_status". */
void unread_json(const struct unread *u, struct json *j, const char *key, const struct err *e, int status);

/* Idempotent. */
void unread_free(struct unread *u);

#endif
