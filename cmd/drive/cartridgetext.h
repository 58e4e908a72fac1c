/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of a cartridge, in lines of key status and as JSON. */
#ifndef CMD_DRIVE_CARTRIDGETEXT_H
#define CMD_DRIVE_CARTRIDGETEXT_H

#include "base/json.h"
#include "tape/cartridge.h"

/* To standard output; nothing of what the drive does not tell. */
void cartridgetext_print(const struct cartridge *c, const struct drive_medium *m);

/* Into an open object: medium_type, worm, cleaning_cartridge, and the objects cartridge_memory and volume_statistics. */
void cartridgetext_json(struct json *j, const struct cartridge *c, const struct drive_medium *m);

#endif
