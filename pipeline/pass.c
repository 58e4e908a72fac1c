/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where no record changes, whole blocks pass: in the form that they have, or in another of the same length. */
#include "pipeline/output.h"

static int label(struct writer *w, const struct item *item, struct err *e)
{
	bool again;
	return output_label(w, item, &again, e);
}

static int flush(struct writer *w, struct err *e)
{
	int rc = w->run.len > 0 ? sink_write(&w->sink, w->run.data, w->run.len, false, e) : 0;
	w->run = (struct span){NULL, 0};
	return rc;
}

/* A block that was opened with the key that it gets again keeps its number; others get one that their session has not had
 * here. */
static int choose_number(struct writer *w, const struct item *item, uint32_t *number, struct err *e)
{
	*number = item->number;
	if (!w->reshape->encrypt || item->job == NULL)
		return 0;
	struct ledger_job *entry = ledger_job(&w->ledger, item->job, e);
	if (entry == NULL)
		return e->code;
	bool as_it_was = item->verdict.opened && w->sealing->same_key;
	if (!as_it_was && entry->next_number > *number)
		*number = (uint32_t)entry->next_number;
	if (entry->next_number > UINT32_MAX)
		return err_set(e, XE_FAILED, "a session has more blocks than can be numbered");
	if (entry->next_number <= *number)
		entry->next_number = (uint64_t)*number + 1;
	return 0;
}

/* What is written in the place of a block that keeps it. */
static int new_form(struct writer *w, const struct item *item, struct span *block, uint32_t *number, struct err *e)
{
	*block = item->data;
	*number = item->number;
	if (!w->reshapes)
		return 0;
	if (item->begins_volume)
		return reshape_label(w->reshape, w->sealing, item, true, &w->scratch, block, e);
	/* BB02 blocks of a mixed volume are clear already. */
	if (!w->reshape->encrypt && item->form.version != 3)
		return 0;
	int rc = choose_number(w, item, number, e);
	return rc != 0 ? rc : reshape_block(w->reshape, w->sealing, item, *number, &w->scratch, block, e);
}

/* What is left out before it (padding of tapes, a block that stands here again) would move it. */
static int check_place(const struct writer *w, const struct item *item, struct err *e)
{
	/* What waits to be written, in what the medium counts. */
	uint64_t waiting = w->sink.medium->by_block ? w->run.len > 0 : w->run.len;
	uint64_t to = w->sink.at + waiting;
	if (!w->o->keep_layout || item->addr == to)
		return 0;
	char from[64], there[64];
	item->volume->medium->place(item->addr, 0, from, sizeof from);
	w->sink.medium->place(to, 0, there, sizeof there);
	return err_set(e, XE_FAILED, "block at %s: it would move to %s: bytes before it are left out; without --keep-layout it is written",
		       from, there);
}

static int block(struct writer *w, const struct item *item, struct err *e)
{
	struct span bytes = {NULL, 0};
	uint32_t number = 0;
	int rc = check_place(w, item, e);
	rc = rc != 0 ? rc : output_old_block(w, item, e);
	if (rc == 0)
		rc = new_form(w, item, &bytes, &number, e);
	bool joins = w->run.len > 0 && w->run.data + w->run.len == bytes.data && !w->sink.medium->by_block;
	if (rc == 0 && !joins)
		rc = flush(w, e);
	if (rc != 0)
		return rc;
	struct packed_block b = {
		.job = item->job,
		.addr = w->sink.at + w->run.len,
		.len = (uint32_t)bytes.len,
		.number = number,
		.first_index = item->first_index,
		.last_index = item->last_index,
		.data = bytes,
	};
	b.end = w->sink.medium->end(b.addr, b.len);
	w->run = joins ? (struct span){w->run.data, w->run.len + bytes.len} : bytes;
	output_new_block(w, &b);
	/* The next block comes to the same place. */
	return w->reshapes ? flush(w, e) : 0;
}

/* It passes in its block. */
static int record(struct writer *w, struct slot *s, struct ledger_job *entry, const struct item *item, struct converted *c, struct err *e)
{
	(void)s;
	const struct outrecord as_is = {.stream = item->stream, .len = item->len};
	int rc = output_need_label(w, item, c->label, e);
	if (rc == 0)
		ledger_enter(&w->ledger, entry, item, c, &as_is, 1);
	return rc;
}

const struct consumer pass_consumer = {
	.whole_blocks = true,
	.take =
		{
			[ITEM_VOLUME_START] = output_begin_volume,
			[ITEM_VOLUME_LABEL] = label,
			[ITEM_BLOCK] = block,
			[ITEM_FILE_MARK] = output_file_mark,
			[ITEM_FOREIGN] = output_foreign,
			[ITEM_VOLUME_END] = output_end_volume,
		},
	.record = record,
	.flush = flush,
};
