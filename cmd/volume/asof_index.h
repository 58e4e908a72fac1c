/* SPDX-License-Identifier: GPL-3.0-or-later */
/* extract --as-of --index: what a first reading would tell stands in an index. */
#ifndef CMD_VOLUME_ASOF_INDEX_H
#define CMD_VOLUME_ASOF_INDEX_H

#include "cmd/volume/asof.h"

/* As asof_prepare; the run's inputs and ranges become what is wanted of the volumes, and stay until asof_free.  Errors of the index, too. */
int asof_index_prepare(struct asof *a, struct filter_options *run, struct choice *choice, const char *spool, struct err *e)
	__attribute__((warn_unused_result));

#endif
