/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names on volumes as a tree that can be shown: folders with what is in them, the folders between that no record speaks of, and names that no
 * file system has made into such that it can have.  formats/restore-format.md 1.4, 4.8
 *
 * About 60 bytes and the last part of its name for each. */
#ifndef MOUNT_NAMETREE_H
#define MOUNT_NAMETREE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define NAMETREE_ROOT 0u
#define NAMETREE_NONE UINT32_MAX
#define NAMETREE_NAME_BYTES 256u /* of one part of a name, NUL included */

enum nametree_kind { NAMETREE_FOLDER, NAMETREE_FILE };

struct nametree_node {
	uint64_t name_at;
	uint32_t parent, last, next; /* last: of a folder's children, which are a ring */
	uint32_t same;               /* the node that stands for the same file: itself, or the first name of it */
	uint32_t count;              /* folders in a folder; names of a file */
	uint32_t row;                /* whose it is: for the caller */
	int32_t file_index;          /* the same; 0: no record speaks of it */
	uint32_t meta;               /* node that no name leads to, whose attributes it has; 0: its own */
	uint8_t name_bytes, kind;
	bool extras; /* access lists or extended attributes belong to it: nametree_note_extras */
	bool gone;   /* it is not found any more, but other names may stand for the same file */
};

/* Names that are shown as another one, or not at all.  Both lent. */
typedef void nametree_tell(void *arg, const char *name, const char *why);

struct nametree;

/* max_bytes: of memory.  tell may be NULL.  NULL without memory. */
struct nametree *nametree_new(uint64_t max_bytes, nametree_tell *tell, void *arg);
void nametree_free(struct nametree *t);

/* Adds a name as it stands on the volume; where it was there already, this one counts.  merged: so it is with what other rows have in its way;
 * else that is told, and a file in the place of a folder, or the other way round, gets a name of its own.  *node (NULL is fine): its node, the
 * root for "/", NAMETREE_NONE where it can have none.  XE_FAILED without memory, or where max_bytes are not enough. */
int nametree_add(struct nametree *t, const char *name, enum nametree_kind kind, uint32_t row, int32_t file_index, bool merged,
		 uint32_t *node, struct err *e) __attribute__((warn_unused_result));

/* One more in this folder, as it is to be called.  Errors as above. */
int nametree_put(struct nametree *t, uint32_t folder, const char *name, enum nametree_kind kind, uint32_t row, int32_t file_index,
		 uint32_t *node, struct err *e) __attribute__((warn_unused_result));

/* Something more belongs to it. */
void nametree_note_extras(struct nametree *t, uint32_t node);

/* Two names of one file: node is to be the same as first. */
void nametree_join(struct nametree *t, uint32_t node, uint32_t first);

/* What is shown there is another file, of one name. */
void nametree_point(struct nametree *t, uint32_t node, uint32_t row, int32_t file_index);

/* Its attributes are those of another record, though its content stays.  XE_FAILED as above. */
int nametree_dress(struct nametree *t, uint32_t node, uint32_t row, int32_t file_index, struct err *e) __attribute__((warn_unused_result));

/* No record speaks of it any more: a folder in which there is nothing goes with nametree_prune. */
void nametree_forget(struct nametree *t, uint32_t node);
void nametree_prune(struct nametree *t);

/* It is not there any more, nor is what is below it; other names of it are. */
void nametree_take_away(struct nametree *t, uint32_t node);

/* By its name in a folder, by a whole name as on the volume; NAMETREE_NONE.  nametree_look_up: XE_FAILED without memory. */
uint32_t nametree_find(const struct nametree *t, uint32_t folder, const char *name);
int nametree_look_up(struct nametree *t, const char *name, uint32_t *node, struct err *e) __attribute__((warn_unused_result));

/* The first in a folder, the next one behind it; NAMETREE_NONE. */
uint32_t nametree_first(const struct nametree *t, uint32_t folder);
uint32_t nametree_next(const struct nametree *t, uint32_t node);

/* NULL if there never was such a node.  Lent until more is added. */
const struct nametree_node *nametree_node(const struct nametree *t, uint32_t node);
void nametree_name(const struct nametree *t, uint32_t node, char name[static NAMETREE_NAME_BYTES]);

/* Memory that it takes. */
uint64_t nametree_bytes(const struct nametree *t);

#endif
