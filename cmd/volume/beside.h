/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A volume that is to be replaced where it stands, and what stands beside it:
 *
 *   NAME               the volume: at every moment the whole old one or the whole new one
 *   NAME.xflate-new    the new one, while it is made and proved
 *   NAME.orig          the old one, from just before NAME is replaced until somebody wants it removed
 *   NAME.map           where every block went; until then NAME.map.xflate-new
 *
 * The names alone say how far a run came that was cut off: enum beside_state. */
#ifndef CMD_VOLUME_BESIDE_H
#define CMD_VOLUME_BESIDE_H

#include "base/place.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#define BESIDE_NEW ".xflate-new"
#define BESIDE_ORIGINAL ".orig"
#define BESIDE_NAME_BYTES (NAME_MAX + 64) /* with all that is put behind a name, which is refused where that is too long */

/* What is written about a volume beside it, each file whole before NAME is replaced: ".map".  NULL behind the last. */
extern const char *const beside_sides[];

enum beside_state {
	BESIDE_ALONE,     /* nothing of ours beside it */
	BESIDE_BEGUN,     /* NAME.xflate-new, or a side's: a run was cut off; they need not be whole */
	BESIDE_LINKED,    /* that, and NAME.orig is NAME itself: no volume of its set is exchanged yet */
	BESIDE_PLACED,    /* and NAME.map has its name: all of the set are whole and proved, and others may be exchanged already */
	BESIDE_EXCHANGED, /* NAME.orig is another file, and there is no NAME.xflate-new */
};

struct beside {
	char path[PLACE_PATH_BYTES]; /* the file itself, behind symbolic links: all names are in its folder */
	char original[PLACE_PATH_BYTES], fresh[PLACE_PATH_BYTES];
	enum beside_state state;
	int folder, fd; /* fd: NAME as it was when it was opened, to read, locked */
	char name[NAME_MAX + 1];
	struct stat st;          /* of fd, as it should stay */
	struct stat fresh_st;    /* of NAME.xflate-new, as it should stay */
	struct stat original_st; /* of NAME.orig, where that is another file */
};

#define BESIDE_CLOSED ((struct beside){.folder = -1, .fd = -1})

/* Looks at path and at what stands beside it, and locks it against other runs of this kind where that can be had, until beside_close, which
 * is idempotent.  XE_USAGE for what is no file, or is named as one of the names above; XE_FAILED for what cannot be told,
 * or what stands there that is not ours. */
int beside_open(struct beside *b, const char *path, struct err *e) __attribute__((warn_unused_result));
void beside_close(struct beside *b);

/* XE_USAGE if path, where something else of the run goes, is one of the names that are taken beside volume: what is written there would
 * replace the old volume, or its map. */
int beside_refuse_path(const char *volume, const char *path, struct err *e) __attribute__((warn_unused_result));

/* Would replacing it do what is wanted?  It was not replaced yet, has this name only, no flag that forbids it, and the names of the
 * sides are free.  XE_FAILED. */
int beside_may_replace(const struct beside *b, struct err *e) __attribute__((warn_unused_result));

/* Has anybody NAME, or NAME.orig, open, as far as that can be told?  This process does not count by b->fd, but by every other
 * descriptor.  Who has it for a moment only is waited for.  XE_FAILED. */
int beside_refuse_open(const struct beside *b, struct err *e) __attribute__((warn_unused_result));
int beside_refuse_open_original(const struct beside *b, struct err *e) __attribute__((warn_unused_result));

/* Do NAME, NAME.xflate-new, NAME.orig still stand as they were when they were looked at?  ..._linked: are NAME and NAME.orig both the file
 * that NAME was, its bytes unchanged?  XE_FAILED. */
int beside_unchanged(const struct beside *b, struct err *e) __attribute__((warn_unused_result));
int beside_unchanged_linked(const struct beside *b, struct err *e) __attribute__((warn_unused_result));
int beside_unchanged_new(const struct beside *b, struct err *e) __attribute__((warn_unused_result));
int beside_unchanged_original(const struct beside *b, struct err *e) __attribute__((warn_unused_result));

/* Of those that take the steps.  NAME, then side, then tail: a name in the folder. */
const char *beside_name(const struct beside *b, const char *side, const char *tail, char name[static BESIDE_NAME_BYTES]);

/* What has this name?  1 something, 0 nothing, or XE_FAILED. */
int beside_look(const struct beside *b, const char *name, struct stat *st, struct err *e) __attribute__((warn_unused_result));

/* Names the volume in an error.  Returns rc. */
int beside_fault(const struct beside *b, int rc, struct err *e);

static inline bool beside_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

#endif
