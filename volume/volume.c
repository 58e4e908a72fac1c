/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/volume.h"

#include <stdio.h>
#include <stdlib.h>

struct volume_info *volume_new(const char *path, unsigned input, const struct io *in)
{
	struct volume_info *v = calloc(1, sizeof *v);
	if (v == NULL)
		return NULL;
	snprintf(v->path, sizeof v->path, "%s", path);
	v->name = strcmp(path, "-") == 0 ? "stdin" : v->path;
	v->input = input;
	if (in) {
		v->kind = in->kind;
		v->size = in->size;
	}
	return v;
}

void volume_learn_label(struct volume_info *v, unsigned block_version, struct span data)
{
	struct volume_label label;
	if (v->has_label || !label_read_volume(data, &label))
		return;
	v->has_label = true;
	v->label = label;
	v->product = label_product(&label, block_version);
	v->product_known = true;
}

void volume_learn_first(struct volume_info *v, const struct source_item *block)
{
	struct span data;
	if (source_begins_volume(block, &data))
		volume_learn_label(v, block->header.version, data);
	if (strcmp(v->path, "-") == 0 && v->label.volume[0])
		v->name = v->label.volume;
}

void volume_learn_product(struct volume_info *v, const struct source_item *block)
{
	unsigned version = block->header.version;
	struct rd rest = block_records(block->data, block->sane_bytes, version);
	struct record_header h;
	struct span part;
	if (v->product_known || !record_next(&rest, version, &h, &part))
		return;
	if (label_is_volume(h.file_index)) {
		/* One that is not whole will be dropped, and tells nothing. */
		if (source_begins_volume(block, &part))
			volume_learn_label(v, version, part);
		return;
	}
	struct session_label label;
	bool labelled = h.file_index == LABEL_SESSION_START && label_read_session(part, false, &label);
	bool bareos = labelled && strncmp(label.id, "Bareos", 6) == 0;
	v->product_known = bareos || version == 3;
	v->product = bareos ? PRODUCT_BAREOS : PRODUCT_BACULA;
}

bool volume_oddity(const struct volume_info *v, unsigned index, char text[static VOLUME_ODDITY_BYTES])
{
	unsigned n = 0;
	text[0] = '\0';
	if (v->foreign > 0 && n++ == index)
		snprintf(text, VOLUME_ODDITY_BYTES, "%llu tape label%s of ANSI or IBM around its blocks", (unsigned long long)v->foreign,
			 v->foreign == 1 ? "" : "s");
	if (v->more_inputs > 0 && n++ == index)
		snprintf(text, VOLUME_ODDITY_BYTES, "a tape that was read file by file: it goes on in the next %u input%s", v->more_inputs,
			 v->more_inputs == 1 ? "" : "s");
	if (v->inside > 0 && strcmp(v->path, "-") != 0 && n++ == index)
		snprintf(text, VOLUME_ODDITY_BYTES, "two volumes in one file: %s begins at byte %llu, where no daemon finds it by its name",
			 v->label.volume, (unsigned long long)v->inside);
	if (v->again > 0 && n++ == index)
		snprintf(text, VOLUME_ODDITY_BYTES, "begins with the block that ended the volume before, as drives leave it that warn "
			 "early of a tape's end: it is taken once");
	return text[0] != '\0';
}

const char *volume_label_missing(const struct volume_info *v)
{
	if (v->kind != IO_TAPE && v->padding + v->foreign > 0)
		return "there is no volume label: this is not the first file of the tape; give all of the tape's files in their order, the one "
		       "with the label first";
	return "there is no volume label";
}

void volume_place(const struct volume_info *v, uint64_t addr, uint32_t offset, char *text, size_t text_bytes)
{
	if (v->kind == IO_TAPE)
		snprintf(text, text_bytes, "tape file %u block %u", (unsigned)(addr >> 32), (unsigned)addr);
	else
		snprintf(text, text_bytes, "byte %llu", (unsigned long long)(addr + offset));
}
