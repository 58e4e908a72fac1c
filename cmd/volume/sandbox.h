/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes are foreign bytes.  Before the first of them is looked at, a run gives up what it does not need: programs, the net, all files but
 * those that it was given.  A run that starts programs of its user's is not confined: they would be, too.  docs/sandbox.md */
#ifndef CMD_VOLUME_SANDBOX_H
#define CMD_VOLUME_SANDBOX_H

#include "base/confine.h"
#include "cmd/events.h"
#include "cmd/volume/keyoptions.h"
#include "cmd/volume/pkioptions.h"

#include <stddef.h>

/* A row of a table of options: member is a bool, the request's "off". */
#define SANDBOX_ROW(request, member) OPTION_FLAG(0, "no-sandbox", request, member)

/* While it is built: first all that may be written, then, where names are learnt from lists and volumes, all that may be read. */
struct sandbox {
	struct confine writes, reads;
	bool on;
	bool bound;        /* the first half is in force, */
	bool calls, files; /* or so much of it */
};

/* What starts programs, or asks for keys; NULL: the command has none of it. */
struct sandbox_of {
	bool off; /* --no-sandbox */
	const struct events *events;
	const struct keyoptions *keys;
	const struct pkioptions *pki;
};

void sandbox_begin(struct sandbox *s, const struct sandbox_of *of);

/* Paths as the command line has them: NULL and "-" are none. */
void sandbox_input(struct sandbox *s, const char *path);
void sandbox_inputs(struct sandbox *s, const char *const *paths, size_t count);
/* Of a run of hours another file may come into its place. */
void sandbox_inputs_around(struct sandbox *s, const char *const *paths, size_t count);
/* Any file. */
void sandbox_input_any(struct sandbox *s);

/* A file that is made or replaced, by way of a temporary one beside it; a device, a pipe; or a folder that files go into, and where links in it
 * lead. */
void sandbox_output(struct sandbox *s, const char *path);
/* All of these. */
void sandbox_outputs(struct sandbox *s, const char *const *paths, size_t count);
/* A folder that is filled with whatever a backup had; it is made if it is not there.  True: it was, and may be removed again while it is empty. */
bool sandbox_tree(struct sandbox *s, const char *folder);
/* A folder for files without a name. */
void sandbox_spool(struct sandbox *s, const char *folder);
/* An index, and where SQLite puts what is too much for memory. */
void sandbox_database(struct sandbox *s, const char *path);

/* In force from here on: calls, and what may be written.  users: names of users and groups are looked up, which may take a socket.  And what may be
 * read.  With -v it is told if the system has not all of it. */
void sandbox_close_writes(struct sandbox *s, bool users);
void sandbox_close(struct sandbox *s, bool users);

#endif
