/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/settle.h"

/* What to do with a record that did not convert: false if it is dropped. */
static int unconverted(struct ledger *l, struct ledger_job *entry, const struct item *item, struct converted *c, struct outrecord *as_is,
		       bool *write, struct err *e)
{
	bool keep = l->o->on_damage == ON_DAMAGE_KEEP;
	/* Readers drop what never ends. */
	bool never_ends = item->tail_missing && !item->head_missing && l->damaged == 0;
	*as_is = (struct outrecord){
		.stream = item->stream,
		.len = item->len,
		.continues = item->head_missing,
		.body = item->data,
	};
	switch (c->status) {
	case STAGE_DONE:
	case STAGE_ROOM:
	case STAGE_MEMORY: break;
	case STAGE_DAMAGE:
		/* Between converted records of its file, a record of another stream would cost the next one, too. */
		*write = keep && c->number_kept;
		return ledger_lose(l, item, c->reason ? c->reason : "out of memory", *write,
				   "rerun with --on-damage=skip to go on without it", e);
	case STAGE_MISSING:
		*write = keep || l->o->incomplete_ok || never_ends;
		if (l->o->incomplete_ok)
			return 0;
		if (never_ends) {
			ledger_note_cut(l, entry, item);
			return 0;
		}
		return ledger_lose(l, item, item->head_missing ? "this record begins on another volume" : "this record is not complete",
				   keep,
				   "give all volumes of the job in their order, or rerun with --on-damage=skip to drop it or "
				   "keep to pass it as it is",
				   e);
	case STAGE_FOREIGN:
		err_volume(e, item->volume->name);
		return err_set(e, XE_USAGE, "%s; convert them with -r ALGORITHM, or inflate with -i", c->reason ? c->reason : "");
	}
	return 0;
}

int settle_record(struct ledger *l, struct slot *s, struct ledger_job *entry, const struct item *item, struct converted *c,
		  struct outrecord *as_is, struct outrecord **records, struct err *e)
{
	bool write = c->status == STAGE_DONE;
	const char *useless = ledger_useless(l, entry, item);
	int rc;
	*records = c->count > 0 ? s->arena.records + c->first : NULL;
	if (useless) {
		c->count = 0;
		rc = ledger_lose(l, item, useless, false, "", e);
	} else {
		rc = unconverted(l, entry, item, c, as_is, &write, e);
		if (rc == 0 && c->status != STAGE_DONE) {
			*records = as_is;
			c->count = write ? 1 : 0;
		}
	}
	if (rc == 0)
		ledger_enter(l, entry, item, c, *records, c->count);
	return rc;
}
