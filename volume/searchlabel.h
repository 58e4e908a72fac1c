/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A volume whose label stands behind data: what it is called is wanted before anything is written of it. */
#ifndef VOLUME_SEARCHLABEL_H
#define VOLUME_SEARCHLABEL_H

#include "volume/volume.h"

/* Reads the first SEARCHLABEL_BLOCKS blocks of the file at v->now.path, or up to the end of a job, for a label.  What it says is then
 * v's, and the record itself is v->now.late; where there is none, v->now.of_tape is known.  What cannot be read holds none.
 * XE_FAILED without memory. */
#define SEARCHLABEL_BLOCKS 256u
int searchlabel(struct volume *v, struct buf_pool *pool, struct err *e) __attribute__((warn_unused_result));

#endif
