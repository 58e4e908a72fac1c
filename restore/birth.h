/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What files are born with: most are to have the owner and the mode that the kernel gives them anyway.  Whether it does is looked at once
 * for each folder and mode, for setgid bits, default access lists, umask, mount options and servers have a say. */
#ifndef RESTORE_BIRTH_H
#define RESTORE_BIRTH_H

#include <stdbool.h>
#include <stdint.h>

/* What somebody wants it to have. */
struct birthright {
	uint32_t mode;
	bool owner; /* and this one */
	uint32_t uid, gid;
};

struct birth {
	uint32_t uid, gid; /* ours */
	uint64_t folder;   /* folder_place's number, where it was seen, */
	uint32_t mode;     /* with which mode, */
	bool right;        /* that a file comes out as it is wanted */
};

/* Nothing was seen yet. */
struct birth birth_of_ours(void);

/* The mode with which such a file is created: its own, if nothing else is to be done; or one that lends nothing. */
uint32_t birth_mode(const struct birth *b, const struct birthright *wanted);

/* Has the file fd, which was created with birth_mode's mode in this folder, all that is wanted? */
bool birth_is_right(struct birth *b, uint64_t folder, int fd, const struct birthright *wanted);

#endif
