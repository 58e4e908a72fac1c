/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What xflate list tells programs. */
#ifndef CMD_VOLUME_LISTJSON_H
#define CMD_VOLUME_LISTJSON_H

#include "base/json.h"
#include "cmd/volume/listing.h"

/* A volume that was read to its end, and its jobs: an object. */
void listjson_volume(const struct listing *l, struct json *j);

#endif
