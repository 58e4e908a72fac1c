/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the volumes of a run go: one file, device or pipe for all, or a folder with a file for each.  Files get their names
 * when all of them are done, and none is an input. */
#ifndef CMD_VOLUME_OUTPUTS_H
#define CMD_VOLUME_OUTPUTS_H

#include "base/outfile.h"
#include "pipeline/reshape.h"
#include "volume/volume.h"

#define OUTPUTS_FOLDER_MODE 0750
#define OUTPUTS_MODE_UNTIL 0600 /* until it is known whose it is to be */
#define OUTPUTS_MODE 0640       /* as storage daemons make their volumes */

struct outputs {
	/* The caller's, and borrowed */
	const char *path;   /* "-": standard output */
	const char *suffix; /* not NULL: each volume goes beside its input, under that name and this, a new file; path is not used */
	mode_t mode;        /* of new files; 0: OUTPUTS_MODE */
	bool follow;        /* files get mode, times and owner of the files that they are made of, */
	bool encrypts;      /* but what was encrypted, and is not now, is its owner's alone */
	bool folders;       /* each volume is to be a folder */
	const char *const *inputs;
	size_t input_count;
	const char *const *sources; /* of keys and the like: other files that are read; NULL for some */
	size_t source_count;
	bool replace, keep_partial;       /* as outfile_open has them */
	const struct reshape_name *names; /* volumes that get another name: their files in a folder, too */
	size_t name_count;
	bool (*owns)(void *arg, const char *path); /* may what is there be replaced anyway?  NULL: no */
	void *owner;
	/* In a batch, else NULL: what will be made of each input is called so, and no other may be; is a name that of anything in the batch?
	 * XE_FAILED. */
	const char *const *called;
	int (*taken)(void *arg, const char *name, bool *taken, struct err *e);
	void *names_of_all;
	bool files_only; /* what is there and is no file, a pipe, a device, is not written to */

	bool folder;              /* each volume gets a file: path is a folder (or there is a suffix), */
	bool folder_made;         /* and was none before */
	struct outfile **volumes; /* in a folder one for each volume */
	size_t count, set_first;  /* set_first: index of the first one of the set at hand */
	unsigned last_input;      /* that the last of those came from */
	bool follows;             /* the last of them is to: until then nobody but its owner can read it, */
	bool laid_open;           /* nor afterwards: a volume in it was encrypted, and is not now */
};

/* One folder for several inputs (made, if there is none), or because path is one already.  XE_USAGE, XE_FAILED. */
int outputs_choose_folder(struct outputs *o, struct err *e) __attribute__((warn_unused_result));

/* What can be refused before a byte is read, is: opens the one output, unless there is a folder.  As outfile_open; XE_USAGE
 * for an input. */
int outputs_open(struct outputs *o, struct err *e) __attribute__((warn_unused_result));

/* XE_USAGE if path, which is not open yet, is an input, too. */
int outputs_refuse_input(const struct outputs *o, const char *path, struct err *e) __attribute__((warn_unused_result));

/* In a folder: would every input that has a name of its own get a file?  Asked before the first is read.  others: count paths, NULL for
 * some, where other things go.  XE_FAILED for one that exists, unless replace; XE_USAGE for one of others. */
int outputs_check_names(const struct outputs *o, const char *const *others, size_t count, struct err *e)
	__attribute__((warn_unused_result));

/* The volumes from here on are of another set: what became of those before is settled. */
void outputs_begin_set(struct outputs *o);

/* *out: where volume v goes, open until outputs_end_volume, which brings it to the disk.  As outputs_open, and XE_USAGE
 * where v has no name for a file. */
int outputs_begin_volume(struct outputs *o, const struct volume_info *v, struct io *out, struct err *e) __attribute__((warn_unused_result));
int outputs_end_volume(struct outputs *o, const struct volume_info *v, struct err *e) __attribute__((warn_unused_result));

/* Opens f, the map or the report of the run, as its volumes are opened: outfile_open, and XE_USAGE for an input.  option: that has named it. */
int outputs_open_file(const struct outputs *o, struct outfile *f, const char *path, const char *option, mode_t mode, bool keep_partial,
		      struct err *e) __attribute__((warn_unused_result));

/* The output opened last, or NULL. */
struct outfile *outputs_current(const struct outputs *o);

/* Gives all that were not abandoned their names.  As outfile_commit. */
int outputs_commit(struct outputs *o, struct err *e) __attribute__((warn_unused_result));

/* What became of the files of the set at hand, which had a suffix when they were committed: they have lost it, and are what they were made
 * for; or not. */
void outputs_lose_suffix(struct outputs *o, bool lost);

/* Nothing that is written of the set at hand is worth keeping as PATH.partial. */
void outputs_drop_partial(struct outputs *o);

/* Are there any, and do all have their names? */
bool outputs_complete(const struct outputs *o);

/* Says of a run that failed which volumes are whole in spite of it. */
void outputs_tell_complete(const struct outputs *o);

/* Removes what has no name yet, of the set at hand or of all, or says where it is left: outfile_abandon.  The list stays.
 * Idempotent. */
void outputs_abandon_set(struct outputs *o);
void outputs_abandon(struct outputs *o);

/* And forgets them all. */
void outputs_free(struct outputs *o);

#endif
