/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/listtext.h"

#include "base/msg.h"
#include "base/printable.h"
#include "base/system.h"
#include "format/attributes.h"
#include "format/stream.h"
#include "medium/medium.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void time_text(int64_t microseconds, char *text, size_t text_bytes)
{
	time_t t;
	struct tm tm;
	if (microseconds == 0 || !system_time(microseconds / 1000000, &t) || gmtime_r(&t, &tm) == NULL ||
	    strftime(text, text_bytes, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		snprintf(text, text_bytes, "-");
}

static void print_name(const char *name)
{
	printable_put(name, stdout);
}

static const char *algorithms(const struct listing_stored *t, char *text, size_t text_bytes)
{
	size_t n = 0;
	text[0] = '\0';
	for (int i = 0; i < CODEC_COUNT; i++) {
		if (t->by_codec[i] && n < text_bytes)
			n += (size_t)snprintf(text + n, text_bytes - n, "%s%s %llu", n ? ", " : "", codec_by_id((enum codec_id)i)->name,
					      (unsigned long long)t->by_codec[i]);
	}
	const struct {
		const char *name;
		uint64_t n;
	} rest[] = {{"plain", t->plain}, {"encrypted", t->encrypted}, {"unknown algorithm", t->unknown}, {"incomplete", t->incomplete}};
	for (size_t i = 0; i < 4; i++) {
		if (rest[i].n && n < text_bytes)
			n += (size_t)snprintf(text + n, text_bytes - n, "%s%s %llu", n ? ", " : "", rest[i].name,
					      (unsigned long long)rest[i].n);
	}
	return text[0] ? text : "no data";
}

void listtext_block(const struct listing *l, const struct item *b)
{
	char at[32];
	l->volume->medium->address(b->addr, at, sizeof at);
	printf("block %s: BB0%u, %u bytes, number %u, session %u/%u, FileIndex %d..%d%s%s%s\n", at, b->form.version, b->len, b->number,
	       b->job ? b->job->session_id : 0, b->job ? b->job->session_time : 0, b->first_index, b->last_index,
	       b->form.checksum ? "" : ", no checksum", b->verdict.encrypted ? ", encrypted" : "",
	       b->verdict.reversed ? ", " BLOCK_REVERSED_TEXT : "");
}

void listtext_record(const struct listing *l, const struct item *r)
{
	char at[32];
	l->volume->medium->address(r->addr, at, sizeof at);
	if (r->file_index < 0) {
		printf("  record %s: label %d, %u bytes\n", at, r->file_index, r->len);
		return;
	}
	struct compression_header header;
	const struct codec *c = listing_codec(r, &header);
	const char *name = stream_name(r->stream);
	printf("  record %s: FileIndex %d, stream %u", at, r->file_index, r->stream & STREAM_NUMBER_MASK);
	if (r->stream & ~STREAM_NUMBER_MASK)
		printf("+0x%x", r->stream & ~STREAM_NUMBER_MASK);
	printf(" %s, %u bytes", name ? name : "unknown", r->len);
	if (c)
		printf(", %s", c->name);
	if (header.magic)
		printf(" level %u, payload %u", header.level, header.size);
	if (r->head_missing || r->tail_missing)
		printf(", %s missing", r->head_missing ? r->tail_missing ? "beginning and end" : "beginning" : "end");
	if (attributes_are(r->stream) && !r->head_missing) {
		printf(", ");
		print_name(r->attributes.name);
	}
	putchar('\n');
}

static void print_job(const struct listing *l, const struct listing_job *k)
{
	char name[LABEL_NAME_BYTES + 64], text[256], size[MSG_SIZE_BYTES], first[32], last[32], began[40];
	job_describe(k->job, name, sizeof name);
	print_name(name);
	printf("\n  session:    %u/%u\n", k->job->session_id, k->job->session_time);
	if (k->job->has_label) {
		const struct session_label *s = &k->job->label;
		time_text(s->time, began, sizeof began);
		printf("  began:      %s, client ", began);
		print_name(s->client);
		printf(", fileset ");
		print_name(s->fileset);
		printf(", type %c, level %c\n", s->type > 0x20 && s->type < 0x7f ? (char)s->type : '?',
		       s->level > 0x20 && s->level < 0x7f ? (char)s->level : '?');
	} else {
		printf("  began:      not on this volume\n");
	}
	if (k->has_end)
		printf("  ended:      status %c, %u files, %llu bytes, %u errors\n",
		       k->end.status > 0x20 && k->end.status < 0x7f ? (char)k->end.status : '-', k->end.job_files,
		       (unsigned long long)k->end.job_bytes, k->end.errors);
	else
		printf("  ended:      not on this volume\n");
	l->volume->medium->address(k->first_addr, first, sizeof first);
	l->volume->medium->address(k->last_end, last, sizeof last);
	printf("  here:       %llu records, %s of data, %llu block%s, addresses %s to %s\n", (unsigned long long)k->stored.records,
	       msg_size(k->stored.bytes, size), (unsigned long long)k->blocks, k->blocks == 1 ? "" : "s", first, last);
	printf("  data:       %s\n", algorithms(&k->stored, text, sizeof text));
}

static void print_volume(const struct listing *l)
{
	const struct volume_info *v = l->volume;
	char text[64], size[MSG_SIZE_BYTES];
	printf("volume ");
	print_name(v->has_label ? v->label.volume : v->name);
	printf("\n");
	if (v->has_label) {
		time_text(v->label.label_time, text, sizeof text);
		char id[sizeof v->label.id];
		snprintf(id, sizeof id, "%.*s", (int)strcspn(v->label.id, "\n"), v->label.id);
		printf("  label:      ");
		print_name(id);
		printf(", version %u, labelled %s\n", v->label.version, text);
		printf("  pool:       ");
		print_name(v->label.pool);
		printf(", media type ");
		print_name(v->label.media_type);
		printf(", host ");
		print_name(v->label.host);
		printf("\n  written by: ");
		print_name(v->label.program);
		putchar(' ');
		print_name(v->label.program_version);
		const char *kind = label_special_kind(&v->label);
		printf(" (%s%s%s)\n", product_name(v->product), kind ? ", " : "", kind ? kind : "");
	} else {
		printf("  label:      none\n");
	}
	printf("  size:       %s (%llu bytes), %llu blocks of %u to %u bytes\n", msg_size(v->bytes, size), (unsigned long long)v->bytes,
	       (unsigned long long)l->block_count, l->block_min, l->block_max);
	printf("  blocks:    %s%s%s, checksums %s%s\n", l->versions & 2 ? " BB01" : "", l->versions & 4 ? " BB02" : "",
	       l->versions & 8 ? " BB03" : "", l->checksums ? l->no_checksums ? "on some" : "on all" : "none",
	       l->encrypted ? ", encrypted" : "");
	if (l->reversed)
		printf("  checksums:  " BLOCK_REVERSED_TEXT " on %llu of them (filter --repair writes right ones)\n",
		       (unsigned long long)l->reversed);
	if (v->opened)
		printf("  encrypted:  %llu block%s, %s\n", (unsigned long long)v->opened, v->opened == 1 ? "" : "s", v->cipher);
	if (v->reused)
		printf("  tweaks:     repeated by %llu of them\n", (unsigned long long)v->reused);
	if (v->padding)
		printf("  padding:    %llu bytes: a dump of a tape\n", (unsigned long long)v->padding);
	if (v->inside && strcmp(v->path, "-") != 0)
		printf("  note:       begins at byte %llu of its file, behind another volume: a daemon reads one; xflate -o FOLDER/ takes "
		       "them apart\n",
		       (unsigned long long)v->inside);
	char oddity[VOLUME_ODDITY_BYTES];
	for (unsigned i = 0; volume_oddity(v, i, oddity); i++)
		printf("  note:       %s\n", oddity);
}

void listtext_volume(const struct listing *l)
{
	print_volume(l);
	for (size_t i = 0; i < l->job_count; i++) {
		if (l->jobs[i].stored.records)
			print_job(l, &l->jobs[i]);
	}
	if (l->damaged)
		printf("%llu damaged or unreadable places: see the messages\n", (unsigned long long)l->damaged);
}
