/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of tape nodes: closing one that rewinds moves the tape under whoever else uses it. */
#ifndef TAPE_NODES_H
#define TAPE_NODES_H

#include <stdbool.h>
#include <stddef.h>

enum nodes_system { NODES_LINUX, NODES_FREEBSD, NODES_SOLARIS };

/* Is it by its name a node that rewinds (or ejects) when closed?  Then use, room bytes, is the name
 * of its sibling that does not. */
bool nodes_rewinds(enum nodes_system system, const char *path, char *use, size_t room);

#endif
