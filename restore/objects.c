/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "restore/objects.h"

#include "format/filestat.h"
#include "format/stream.h"
#include "prove/object.h"
#include "volume/relay.h"

#include <stdio.h>
#include <stdlib.h>

#define NAME_BYTES 200u /* of the object's own */
#define MICROSECONDS 1000000

struct objects {
	struct relay relay; /* to the extraction */
	struct codec_ctx *codecs;
};

/* A name for one component of a path, whatever it is on the volume: it stands behind a number, so that it cannot be "..". */
static void make_name(const struct item *item, const char *own, char name[static NAME_BYTES + 64])
{
	int n = snprintf(name, NAME_BYTES + 64, "restore-objects/%d-", item->file_index);
	snprintf(name + n, NAME_BYTES, "%s", own);
	for (char *at = name + n; *at; at++) {
		if (*at == '/')
			*at = '_';
	}
}

/* As attributes have numbers (formats/restore-format.md 1.2); 11 digits and a blank are the most. */
static char *put_number(char *to, uint64_t v)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	int shift = 60;
	while (shift > 0 && v >> shift == 0)
		shift -= 6;
	for (; shift >= 0; shift -= 6)
		*to++ = digits[v >> shift & 63];
	*to++ = ' ';
	return to;
}

/* The attributes record that its file would have. */
static size_t make_attributes(const struct item *item, const char *name, uint64_t size, char text[static 1024])
{
	bool dated = item->job->has_label && item->job->label.time > 0;
	uint64_t time = dated ? (uint64_t)item->job->label.time / MICROSECONDS : 0;
	const uint64_t numbers[16] = {[2] = 0100600, [3] = 1, [7] = size, [10] = time, [11] = time, [12] = time, [15] = STREAM_FILE};
	char *at = text + snprintf(text, 512, "%d %d %s", item->file_index, FILESTAT_FILE, name) + 1;
	for (size_t i = 0; i < 16; i++)
		at = put_number(at, numbers[i]);
	/* The blank behind the last ends the numbers; then link, extended attributes and delta, all empty. */
	at[-1] = '\0';
	*at++ = '\0';
	*at++ = '\0';
	return (size_t)(at - text);
}

static int pass_as(struct objects *o, struct item *item, uint32_t stream, struct span data, struct err *e)
{
	item->stream = stream;
	item->data = data;
	item->len = (uint32_t)data.len;
	const struct outrecord r = {.stream = stream, .len = item->len, .body = data};
	return relay_record(&o->relay, &(struct plain_item){.item = item, .records = &r, .count = 1, .whole = true}, e);
}

static int pass_object(struct objects *o, const struct plain_item *plain, const struct object_record *record, const uint8_t *content,
		       struct err *e)
{
	char name[NAME_BYTES + 64], text[1024];
	struct item item = *plain->item;
	make_name(&item, record->name, name);
	size_t n = make_attributes(&item, name, record->full, text);
	item.attributes = (struct attributes){
		.whole = true, .file_index = item.file_index, .type = FILESTAT_FILE, .name = name, .size = record->full};
	int rc = pass_as(o, &item, STREAM_ATTRIBUTES, (struct span){(const uint8_t *)text, n}, e);
	item.attributes = (struct attributes){.name = ""};
	return rc == 0 ? pass_as(o, &item, STREAM_FILE, (struct span){content, (size_t)record->full}, e) : rc;
}

static int on_record(void *arg, const struct plain_item *plain, struct err *e)
{
	struct objects *o = arg;
	const struct item *item = plain->item;
	struct object_record record;
	uint8_t *content = NULL;
	char text[OBJECT_FAULT_BYTES];
	if (item->file_index <= 0 || !stream_is_restore_object(item->stream) || !plain->whole || plain->count != 1)
		return relay_record(&o->relay, plain, e);
	enum object_verdict v = object_read(o->codecs, plain->records[0].body, &record, &content, text);
	if (v == OBJECT_MEMORY)
		return err_memory(e, item->len, "a restore object");
	if (v == OBJECT_WRONG) {
		struct finding f = finding_at(item, text);
		f.file_index = item->file_index;
		f.file = "";
		relay_finding(&o->relay, &f);
	}
	int rc = v == OBJECT_RIGHT ? pass_object(o, plain, &record, content, e) : relay_record(&o->relay, plain, e);
	free(content);
	return rc;
}

struct objects *objects_new(const struct observer *to)
{
	struct objects *o = calloc(1, sizeof *o);
	if (o == NULL)
		return NULL;
	relay_begin(&o->relay, to, on_record, NULL);
	o->codecs = codec_ctx_new();
	if (o->codecs)
		return o;
	free(o);
	return NULL;
}

void objects_free(struct objects *o)
{
	if (o)
		codec_ctx_free(o->codecs);
	free(o);
}

const struct observer *objects_observer(struct objects *o)
{
	return &o->relay.observer;
}
