/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --files-from: names in a file. */
#ifndef CMD_VOLUME_FILESLIST_H
#define CMD_VOLUME_FILESLIST_H

#include "restore/choice.h"

/* The names in the file at path ("-": standard input), as choice_names has them, become wanted.  XE_USAGE: there is none; XE_FAILED. */
int fileslist_read(const char *path, struct choice *c, struct err *e) __attribute__((warn_unused_result));

#endif
