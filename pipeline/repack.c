/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records that the stages made go into new blocks. */
#include "pipeline/output.h"
#include "pipeline/settle.h"

static int label(struct writer *w, const struct item *item, struct err *e)
{
	bool again;
	int rc = output_label(w, item, &again, e);
	return rc != 0 || again ? rc : output_put_label(w, item, e);
}

/* At the end of a job its label is put right. */
static int settle_end(struct writer *w, struct ledger_job *entry, const struct item *item, const struct session_label *end,
		      struct outrecord *record, struct outrecord_totals *totals, struct err *e)
{
	bool known;
	int rc = ledger_end_job(&w->ledger, entry, item, end, totals, &known, e);
	if (rc == 0 && known)
		record->totals = totals;
	return rc;
}

static int record(struct writer *w, struct slot *s, struct ledger_job *entry, const struct item *item, struct converted *c, struct err *e)
{
	int rc = output_need_label(w, item, c->label, e);
	if (rc != 0)
		return rc;
	struct outrecord as_is, *records;
	rc = settle_record(&w->ledger, s, entry, item, c, &as_is, &records, e);
	if (rc != 0)
		return rc;
	uint64_t bytes = 0;
	for (size_t i = 0; i < c->count; i++)
		bytes += outrecord_bytes(&records[i]);
	totals_wrote(&entry->course.totals, item, c->count, bytes);
	struct outrecord_totals totals;
	if (item->file_index == LABEL_SESSION_END && c->count == 1)
		rc = settle_end(w, entry, item, c->label, records, &totals, e);
	return rc != 0 ? rc : packer_put(w->packer, item, records, c->count, e);
}

/* The packer copies what it takes: nothing has to be flushed. */
const struct consumer repack_consumer = {
	.take =
		{
			[ITEM_VOLUME_START] = output_begin_volume,
			[ITEM_VOLUME_LABEL] = label,
			[ITEM_BLOCK] = output_old_block,
			[ITEM_FILE_MARK] = output_file_mark,
			[ITEM_FOREIGN] = output_foreign,
			[ITEM_VOLUME_END] = output_end_volume,
		},
	.record = record,
};
