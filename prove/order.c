/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prove/order.h"

#include "format/attributes.h"
#include "format/stream.h"

#include <stdio.h>

/* Content of a file, readable or not; forks apart, which stand behind it. */
static bool is_content(uint32_t stream)
{
	return stream_form(stream) != STREAM_OPAQUE || stream_is_encrypted(stream);
}

/* Data whose stream changes without new attributes (volume-format.md 4.7); of a record that is not whole nothing is restored anyway. */
static bool follows(const struct order *o, uint32_t stream)
{
	return o->previous == stream_number(stream) || o->previous == 0 || stream_precedes_data(o->previous) || o->ndmp;
}

/* Nothing to inflate, or no address: in what form other records of the file are does not matter. */
static bool is_hollow(const struct item *item)
{
	enum stream_form form = stream_form(item->stream);
	bool reads = form == STREAM_LEGACY || form == STREAM_HEADED || (form == STREAM_PLAIN && stream_has_prefix(item->stream));
	return item->len == 0 && reads;
}

static enum order_fault alone(const struct item *item, char text[static ORDER_FAULT_BYTES])
{
	uint32_t n = stream_number(item->stream);
	enum digest_kind ignored;
	text[0] = '\0';
	if (stream_name(item->stream) == NULL)
		snprintf(text, ORDER_FAULT_BYTES, "stream %u, which nobody knows: a restore passes over it", n);
	else if (is_hollow(item))
		snprintf(text, ORDER_FAULT_BYTES, "an empty record of stream %u: a restore finds %s in it", n,
			 stream_has_prefix(item->stream) ? "no address" : "nothing to inflate");
	else if (stream_is_digest(item->stream) && !stream_digest_kind(item->stream, item->len, &ignored))
		snprintf(text, ORDER_FAULT_BYTES, "no digest of stream %u has %u bytes", n, item->len);
	return text[0] ? ORDER_SKIPPED : ORDER_RIGHT;
}

static enum order_fault among_others(const struct order *o, const struct item *item, bool known, char text[static ORDER_FAULT_BYTES])
{
	uint32_t n = stream_number(item->stream);
	const char *fault = NULL;
	if (attributes_are(item->stream) && o->attributes)
		fault = "attributes a second time: a restore begins the file anew";
	else if (stream_is_digest(item->stream) && o->digest)
		fault = "a second digest of its file";
	if (fault) {
		snprintf(text, ORDER_FAULT_BYTES, "%s", fault);
		return ORDER_SKIPPED;
	}
	bool orphan = known && !o->ndmp && stream_needs_attributes(item->stream) && o->attributes_of != item->file_index;
	if (orphan) {
		snprintf(text, ORDER_FAULT_BYTES, "it stands without the attributes of its file: a restore has nowhere to put it");
		return ORDER_ORPHAN;
	}
	if (is_content(item->stream) && !follows(o, item->stream) && !item->head_missing && !item->tail_missing) {
		snprintf(text, ORDER_FAULT_BYTES, "data of stream %u behind stream %u: a restore passes over it", n, o->previous);
		return o->digest ? ORDER_SKIPPED : ORDER_PASSED;
	}
	return ORDER_RIGHT;
}

enum order_fault order_add(struct order *o, const struct item *item, bool known, char text[static ORDER_FAULT_BYTES])
{
	if (o->file_index != item->file_index)
		o->attributes = o->digest = false;
	o->file_index = item->file_index;
	o->ndmp = o->ndmp || stream_is_ndmp_separator(item->stream);
	if (stream_begins_file(item->stream))
		o->attributes_of = item->file_index;
	enum order_fault fault = among_others(o, item, known, text);
	if (fault == ORDER_RIGHT)
		fault = alone(item, text);
	o->attributes = o->attributes || attributes_are(item->stream);
	o->digest = o->digest || stream_is_digest(item->stream);
	o->previous = stream_number(item->stream);
	return fault;
}
