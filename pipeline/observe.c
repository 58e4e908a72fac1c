/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nothing is written: somebody looks on. */
#include "pipeline/consumer.h"

static int nothing(struct writer *w, const struct item *item, struct err *e)
{
	(void)w;
	(void)item;
	(void)e;
	return 0;
}

static int nothing_waits(struct writer *w, struct err *e)
{
	return nothing(w, NULL, e);
}

static int block(struct writer *w, const struct item *item, struct err *e)
{
	(void)e;
	if (w->o->observer->block)
		w->o->observer->block(w->o->observer->arg, item);
	return 0;
}

static int record(struct writer *w, struct slot *s, struct ledger_job *entry, const struct item *item, struct converted *c, struct err *e)
{
	struct outrecord as_is, *records;
	bool whole = c->status == STAGE_DONE && !item->head_missing && !item->tail_missing;
	int rc = consumer_settle(w, s, entry, item, c, &as_is, &records, e);
	if (rc != 0)
		return rc;
	const struct plain_item plain = {.item = item, .records = records, .count = c->count, .whole = whole, .label = c->label};
	return w->o->observer->record(w->o->observer->arg, &plain, e);
}

static int end_volume(struct writer *w, const struct item *item, struct err *e)
{
	const struct observer *o = w->o->observer;
	if (o->end_volume)
		o->end_volume(o->arg, item->volume);
	return item->last_volume ? o->finish(o->arg, e) : 0;
}

const struct consumer consumer_observe = {
	.begin_volume = nothing,
	.label = nothing,
	.block = block,
	.record = record,
	.file_mark = nothing_waits,
	.foreign = nothing,
	.flush = nothing_waits,
	.end_volume = end_volume,
};
