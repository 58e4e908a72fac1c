/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of a record that the stages could not convert, or that is of no use any more: it is lost, kept as it was, or ends the run. */
#ifndef PIPELINE_SETTLE_H
#define PIPELINE_SETTLE_H

#include "pipeline/ledger.h"

/* What is to be done with a record: *records, as many as c->count then says; as_is is room for one.  Enters it in the ledger.  Errors as
 * ledger_lose has them, XE_USAGE. */
int settle_record(struct ledger *l, struct slot *s, struct ledger_job *entry, const struct item *item, struct converted *c,
		  struct outrecord *as_is, struct outrecord **records, struct err *e) __attribute__((warn_unused_result));

#endif
