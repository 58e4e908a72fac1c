/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A look at volumes themselves: what a map would tell of them as they are, exact to the block.  Nothing is decoded. */
#ifndef CATALOG_MEASURE_H
#define CATALOG_MEASURE_H

#include "catalog/mapped.h"
#include "volume/finding.h"
#include "volume/reader.h"

struct measure_options {
	const char *const *paths; /* one set of volumes, in order, as for a reader */
	size_t path_count;
	const struct opener_keys *keys;
	uint64_t max_memory; /* 0: the default */
	bool runs;           /* the runs of sessions are wanted, too */
	void *arg;
	/* Each may be NULL.  What they return, < 0, ends the reading.  Names of volumes are known by then. */
	/* A block of a session; again: it ended the volume before, too. */
	int (*block)(void *arg, struct mapped_volume *v, const struct mapped_session *s, const struct mapped_range *block, bool again,
		     struct err *e);
	/* What an attributes record says, and its FileIndex: that of the file's own is the one in the job that first wrote it. */
	int (*file)(void *arg, const struct mapped_session *s, int32_t file_index, const struct attributes *file, struct err *e);
	int (*end_volume)(void *arg, struct mapped_volume *v, struct err *e);
	void (*damage)(void *arg, const struct finding *f);
};

struct measure;

/* What options names must stay until measure_free (NULL is fine).  NULL without memory. */
struct measure *measure_new(const struct measure_options *options);
void measure_free(struct measure *m);

/* Reads them all, once, and adds them to the list: the old side is equal to the new one, damage counted.  Their paths are borrowed of
 * the options.  XE_KEY for encrypted blocks without a key, XE_USAGE for what is no volume as a daemon has it, and what the reader
 * says. */
int measure_run(struct measure *m, struct mapped_list *l, struct err *e) __attribute__((warn_unused_result));

/* Bytes read so far; any thread. */
uint64_t measure_bytes(const struct measure *m);

/* Is what lies at path a volume as a daemon has it, as far as its beginning tells?  XE_USAGE: it is not, and what the reader says. */
int measure_form(const char *path, struct err *e) __attribute__((warn_unused_result));

/* Adds what the label of the volume at path says, of which no more is read.  Errors as above. */
int measure_label(const char *path, struct mapped_list *l, struct err *e) __attribute__((warn_unused_result));

#endif
