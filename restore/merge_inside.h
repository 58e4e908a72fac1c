/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What merge.c keeps of names and versions, and merge_decide.c decides on; nobody else's business. */
#ifndef RESTORE_MERGE_INSIDE_H
#define RESTORE_MERGE_INSIDE_H

#include "restore/merge.h"

#define MERGE_NONE UINT32_MAX

struct node {
	uint64_t high, low; /* of the names of its folders and its own */
	uint32_t parent;    /* a node with a lower number; that of the top is itself */
};

enum { VERSION_UPDATE = 1, VERSION_CHOSEN = 2, VERSION_IN = 4 };

struct version {
	uint32_t node;
	int32_t file_index;
	uint64_t size;
	int64_t mtime;
	uint32_t link; /* of a hard link: the node of its first name */
	uint32_t note; /* MERGE_NONE: nothing else is kept of it */
	uint32_t as;   /* the version of the same job under whose name it is wanted; MERGE_NONE: its own */
	uint16_t type;
	uint8_t flags;
};

/* What few versions have. */
struct note {
	char *name; /* of a hard link */
	struct merge_update *own;
	const struct merge_update *later;
};

struct place {
	uint32_t node, at;
};

struct merge_job {
	struct version *versions;
	size_t count, room;
	struct place *by_node; /* where the versions of a node are, while links are followed; NULL: not sorted yet */
	struct merge_share share;
};

/* A version. */
struct ref {
	uint32_t job, at;
};

/* What counts of a node so far. */
struct standing {
	struct ref winner; /* at MERGE_NONE: there is none */
	struct ref update;
	int32_t rank;   /* of the winner, or of what removed it; -1: nothing of this name was seen */
	int32_t there;  /* the newest rank at which it was there, */
	int32_t file;   /* and as something else than a folder; -1: never */
	int32_t shadow; /* the newest one at which one of its folders was none, */
	int32_t below;  /* and at which something below it was there */
	bool from_base; /* the winner is that of a base job */
};

struct merge {
	uint64_t seed, used, limit; /* bytes */
	struct node *nodes;
	size_t node_count, node_room;
	uint32_t *slots; /* MERGE_NONE: free */
	size_t slot_count;
	struct merge_job *jobs;
	size_t job_count;
	struct note *notes;
	size_t note_count, note_room;
	struct standing *standings;
};

/* What else is to be kept of a version; NULL: e tells. */
struct note *merge_add_note(struct merge *m, struct version *v, struct err *e);

#endif
