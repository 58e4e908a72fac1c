/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/searchlabel.h"

#include <stdlib.h>

/* Behind it another volume may stand in the same file. */
static bool ends_job(const struct source_item *b)
{
	struct rd rest = block_records(b->data, b->header.len, b->header.version);
	struct record_header h;
	struct span part;
	while (!b->verdict.encrypted && record_next(&rest, b->header.version, &h, &part)) {
		if (h.file_index == LABEL_SESSION_END)
			return true;
	}
	return false;
}

static int take(struct volume *v, const struct source_item *b, struct err *e)
{
	struct rd rest = block_records(b->data, b->header.len, b->header.version);
	struct record_header h;
	struct span data;
	if (!record_next(&rest, b->header.version, &h, &data) || label_volume_fault(data) != NULL)
		return 0;
	v->now.late.data = malloc(data.len);
	if (v->now.late.data == NULL)
		return err_memory(e, data.len, "a volume label");
	memcpy(v->now.late.data, data.data, data.len);
	v->now.late.len = data.len;
	v->now.late.block = b->header;
	v->now.late.checksum = b->verdict.checksum;
	v->now.late.record = h;
	volume_learn_label(v, b->header.version, data);
	return 0;
}

int searchlabel(struct volume *v, struct buf_pool *pool, struct err *e)
{
	struct medium_input in;
	struct err unread = {0};
	struct source_item b = {.event = SOURCE_DAMAGE};
	if (medium_open(&in, v->now.path, &unread) != 0)
		return 0;
	struct source *s = source_new(pool, &in, NULL, NULL);
	if (s == NULL)
		return err_memory(e, 0, "reading ahead");
	int rc = 0;
	struct span label;
	bool ended = false, foreign = false;
	for (unsigned i = 0; i < SEARCHLABEL_BLOCKS && v->now.late.data == NULL && b.event != SOURCE_END; i++) {
		/* What stands behind the end tells whether there is padding. */
		if (source_next(s, &b, &unread) != 0 || ended)
			break;
		if (source_begins_volume(&b, &label))
			rc = take(v, &b, e);
		if (rc != 0)
			break;
		ended = b.event == SOURCE_BLOCK && ends_job(&b);
		foreign = foreign || b.event == SOURCE_FOREIGN;
	}
	v->now.of_tape = v->now.late.data == NULL && (foreign || source_padding(s) > 0);
	source_free(s);
	return rc;
}
