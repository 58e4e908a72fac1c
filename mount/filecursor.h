/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records of one file, from its first one or from any place on: goes straight there, and is sure that it is this file. */
#ifndef MOUNT_FILECURSOR_H
#define MOUNT_FILECURSOR_H

#include "mount/bytemap.h"
#include "mount/filebytes.h"
#include "pipeline/stage.h"

struct filecursor;

struct filecursor_record {
	struct item item; /* lent until the next call */
	struct bytemap_place place;
	bool doubt;  /* some of it stands in a block whose checksum alone is wrong */
	bool lost;   /* something of the file may be missing before it */
	bool broken; /* it is data, and cannot be decrypted; it has none */
};

/* At the file's first record (at NULL), or the one at this place.  What options names must stay until filecursor_free (NULL is fine).
 * NULL without memory. */
struct filecursor *filecursor_new(const struct filebytes_options *options, const struct bytemap_place *at);
void filecursor_free(struct filecursor *c);

/* Returns 1 for the next record, 0 behind the last; XE_DAMAGE if the volumes have another file, or nothing, where it was; XE_KEY, XE_FAILED.
 * enough: its content and its digest have come, as far as they are known: what does not follow at once is not looked for. */
int filecursor_next(struct filecursor *c, bool enough, struct filecursor_record *record, struct err *e) __attribute__((warn_unused_result));

/* Behind the last one: may something be missing there? */
bool filecursor_lost(const struct filecursor *c);

/* The plain data of the record at hand, as stage_plain. */
enum stage_status filecursor_plain(struct filecursor *c, const struct item *item, struct span *address, struct span *plain);

#endif
