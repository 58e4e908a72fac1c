/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rest of a record that a volume change cuts, read from the next volumes of the set before their turn. */
#ifndef VOLUME_AHEAD_H
#define VOLUME_AHEAD_H

#include "volume/session.h"

/* Completes s's partial record from o->paths[from...], as far as they are files; its item then tells where the volumes
 * cut it, and s that the continuation is to be skipped when it comes.  Left as it was if the rest is not there;
 * s->torn then says whether there was damage on the way. */
int ahead_complete(struct session *s, const struct reader_options *o, size_t from, struct buf_pool *pool, struct err *e)
	__attribute__((warn_unused_result));

#endif
