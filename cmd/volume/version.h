/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One version of a file, told of on standard output: a line of text, or of JSON. */
#ifndef CMD_VOLUME_VERSION_H
#define CMD_VOLUME_VERSION_H

#include "index/fileindex.h"

/* first and last: volumes of its position. */
void version_print(const struct fileindex_file *f, const struct fileindex_job *j, const struct fileindex_volume *first,
		   const struct fileindex_volume *last);
void version_json(const struct fileindex_file *f, const struct fileindex_job *j, const struct fileindex_volume *first,
		  const struct fileindex_volume *last);

#endif
