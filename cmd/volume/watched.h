/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run over volumes of which nothing is written, while its progress is shown: what the verbs share that look on. */
#ifndef CMD_VOLUME_WATCHED_H
#define CMD_VOLUME_WATCHED_H

#include "base/progress.h"
#include "pipeline/filter.h"

/* total: bytes of what is to be read, 0: unknown.  As filter_run. */
int watched_run(struct filter *f, enum progress_mode mode, uint64_t total, struct err *e) __attribute__((warn_unused_result));

#endif
