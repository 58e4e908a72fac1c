/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The steps of extract --as-of, whatever it is that has looked at the volumes. */
#ifndef CMD_VOLUME_ASOF_STEPS_H
#define CMD_VOLUME_ASOF_STEPS_H

#include "cmd/volume/asof.h"

/* An empty survey; then, when it has the jobs, which of them; when it has their files, which version of each; and what all that means for the
 * extraction.  Errors as asof_prepare. */
int asof_begin(struct asof *a, const struct filter_options *run, struct choice *choice, struct err *e) __attribute__((warn_unused_result));
int asof_choose(struct asof *a, struct err *e) __attribute__((warn_unused_result));
int asof_decide(struct asof *a, struct err *e) __attribute__((warn_unused_result));
void asof_plan(struct asof *a, struct choice *choice, const char *spool);

#endif
