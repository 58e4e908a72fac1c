/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maps of volumes as pictures: a strip for each volume, from its first byte to its last, in the colours of its jobs. */
#ifndef CMD_VOLUME_VOLUMEMAP_DRAW_H
#define CMD_VOLUME_VOLUMEMAP_DRAW_H

#include "cmd/volume/picture.h"
#include "cmd/volume/volumemap.h"

#include <stdio.h>

/* A finished map; map is a struct volumemap. */
void volumemap_draw_svg(FILE *out, void *map);

/* Draws it where it is to go, also of a run that failed: status is its exit status so far, e what it failed of, or nothing.  Returns the exit
 * status; e has what failed first. */
int volumemap_show(struct volumemap *map, struct picture *to, int status, struct err *e);
/* columns: of the terminal. */
void volumemap_draw_text(FILE *out, const struct volumemap *map, unsigned columns);

#endif
