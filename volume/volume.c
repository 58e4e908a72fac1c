/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/volume.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct volume *volume_new(const char *path, unsigned index, unsigned input, const struct medium_input *in, const struct volume *before)
{
	size_t path_bytes = strlen(path) + 1;
	struct volume *v = calloc(1, sizeof *v + path_bytes);
	if (v == NULL)
		return NULL;
	memcpy(v->path, path, path_bytes);
	v->now.path = v->path;
	v->now.name = strcmp(path, "-") == 0 ? "stdin" : v->path;
	v->now.index = index;
	v->now.input = input;
	v->now.medium = in ? in->medium : before->now.medium;
	v->now.rereadable = in ? in->rereadable : before->now.rereadable;
	v->now.size = in ? in->size : 0;
	v->news = true;
	return v;
}

void volume_free(struct volume *v)
{
	if (v)
		free(v->now.late.data);
	free(v);
}

const struct volume_info *volume_known(struct volume *v)
{
	if (v->news) {
		assert(v->states < VOLUME_STATES);
		struct volume_info *next = &v->known[v->states++];
		*next = v->now;
		if (v->now.name == v->now.label.volume)
			next->name = next->label.volume;
		v->news = false;
	}
	return &v->known[v->states - 1];
}

static void learn_product(struct volume *v, enum product product, bool known)
{
	v->news = v->news || v->now.product != product || v->now.product_known != known;
	v->now.product = product;
	v->now.product_known = known;
}

void volume_learn_label(struct volume *v, unsigned block_version, struct span data)
{
	struct volume_label label;
	if (v->now.has_label || !label_read_volume(data, &label))
		return;
	bool good = label_volume_fault(data) == NULL;
	if (good || !v->now.product_known)
		learn_product(v, label_product(&label, block_version), true);
	/* With a name that cannot be one the label is lost. */
	if (!good)
		return;
	v->now.has_label = true;
	v->now.label = label;
	v->news = true;
}

void volume_learn_first(struct volume *v, const struct source_item *block)
{
	struct span data;
	if (source_begins_volume(block, &data))
		volume_learn_label(v, block->header.version, data);
	if (strcmp(v->path, "-") == 0 && v->now.label.volume[0])
		v->now.name = v->now.label.volume;
}

void volume_learn_product(struct volume *v, const struct source_item *block)
{
	unsigned version = block->header.version;
	struct rd rest = block_records(block->data, block->verdict.sane_bytes, version);
	struct record_header h;
	struct span part;
	if (v->now.product_known || !record_next(&rest, version, &h, &part))
		return;
	if (label_is_volume(h.file_index)) {
		/* One that is not whole will be dropped, and tells nothing. */
		if (source_begins_volume(block, &part))
			volume_learn_label(v, version, part);
		else if (version == 3)
			learn_product(v, PRODUCT_BACULA, true);
		return;
	}
	struct session_label label;
	bool labelled = h.file_index == LABEL_SESSION_START && label_read_session(part, false, &label);
	bool bareos = labelled && label_id_is_bareos(label.id);
	learn_product(v, bareos ? PRODUCT_BAREOS : PRODUCT_BACULA, bareos || version == 3);
}

void volume_learn_end(struct volume *v, uint64_t bytes, uint64_t padding)
{
	v->now.bytes = bytes;
	v->now.padding = padding;
	v->news = true;
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
	if (v->again > 0 && n++ == index)
		snprintf(text, VOLUME_ODDITY_BYTES,
			 "begins with the block that ended the volume before, as drives leave it that warn "
			 "early of a tape's end: it is taken once");
	return text[0] != '\0';
}

const char *volume_label_missing(const struct volume_info *v)
{
	if (v->of_tape || (!v->medium->by_block && v->padding + v->foreign > 0))
		return "there is no volume label: this is not the first file of the tape; give all of the tape's files in their order, the "
		       "one "
		       "with the label first";
	return "there is no volume label";
}
