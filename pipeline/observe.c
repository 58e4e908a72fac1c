/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nothing is written: somebody looks on. */
#include "pipeline/consumer.h"
#include "pipeline/settle.h"

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
	int rc = settle_record(&w->ledger, s, entry, item, c, &as_is, &records, e);
	if (rc != 0)
		return rc;
	const struct plain_item plain = {
		.item = item, .records = records, .count = c->count, .whole = whole, .label = c->label, .counted = c->counted};
	return w->o->observer->record(w->o->observer->arg, &plain, e);
}

static int end_volume(struct writer *w, const struct item *item, struct err *e)
{
	const struct observer *o = w->o->observer;
	if (o->end_volume)
		o->end_volume(o->arg, item->volume);
	return item->last_volume && o->finish ? o->finish(o->arg, e) : 0;
}

const struct consumer observe_consumer = {
	.take = {[ITEM_BLOCK] = block, [ITEM_VOLUME_END] = end_volume},
	.record = record,
};
