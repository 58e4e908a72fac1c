/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate list: labels, jobs, blocks, records, algorithms.  Decodes nothing. */
#include "cmd/command.h"

#include "base/array.h"
#include "base/json.h"
#include "base/msg.h"
#include "base/printable.h"
#include "base/progress.h"
#include "cmd/volume/filesof.h"
#include "cmd/volume/findingtext.h"
#include "cmd/volume/indexrun.h"
#include "cmd/volume/keyoptions.h"
#include "cmd/volume/version.h"
#include "format/attributes.h"
#include "format/compression.h"
#include "format/stream.h"
#include "pipeline/cipher.h"
#include "volume/reader.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KEEP_BYTES 4096u /* of split records: enough for labels and attributes */

/* How the data records of a job, or of all, are stored. */
struct stored {
	uint64_t records, bytes;
	uint64_t plain, plain_bytes, opaque, encrypted, incomplete;
	uint64_t by_codec[CODEC_COUNT], bytes_by_codec[CODEC_COUNT], unknown;
};

struct listed_job {
	const struct job *job;
	struct session_label end;
	bool has_end;
	int32_t files; /* last FileIndex */
	uint64_t blocks;
	uint64_t first_addr, last_end;
	struct stored stored;
};

struct listing {
	bool blocks, records;
	struct json *json;
	const struct volume_info *volume;
	struct listed_job *jobs;
	size_t job_count;
	uint64_t block_count, damaged;
	uint64_t all_damaged; /* on the volumes before, too */
	uint32_t block_max, block_min;
	unsigned versions; /* bit per BB version */
	bool checksums, no_checksums;
	uint64_t reversed; /* blocks with a checksum as block_checksum_reversed */
	bool encrypted;
	uint64_t max_memory; /* 0: the default */
};

/* ---- counting ---- */

static struct listed_job *job_of(struct listing *l, const struct job *job)
{
	struct listed_job *jobs = array_reach(l->jobs, &l->job_count, job->index, sizeof *jobs);
	if (jobs == NULL)
		return NULL;
	l->jobs = jobs;
	l->jobs[job->index].job = job;
	return &l->jobs[job->index];
}

/* The codec of a record; NULL if it has none or an unknown one. */
static const struct codec *codec_of(const struct item *item, struct compression_header *header)
{
	enum stream_form form = stream_form(item->stream);
	*header = (struct compression_header){0};
	if (form == STREAM_LEGACY)
		return &codec_gzip;
	if (form != STREAM_HEADED || item->head_missing)
		return NULL;
	struct rd r = rd_over(item->data.data, item->data.len);
	rd_bytes(&r, stream_has_prefix(item->stream) ? STREAM_PREFIX_BYTES : 0);
	return compression_header_read(&r, header) ? codec_by_magic(header->magic) : NULL;
}

static void count_record(struct stored *t, const struct item *item)
{
	t->records++;
	if (item->file_index < 0)
		return;
	t->bytes += item->len;
	enum stream_form form = stream_form(item->stream);
	struct compression_header header;
	const struct codec *c = codec_of(item, &header);
	if (c) {
		t->by_codec[c->id]++;
		t->bytes_by_codec[c->id] += item->len;
	} else if (form == STREAM_HEADED && item->head_missing) {
		t->incomplete++;
	} else if (form == STREAM_HEADED) {
		t->unknown++;
	} else if (form == STREAM_PLAIN) {
		t->plain++;
		t->plain_bytes += item->len;
	} else if (stream_is_of_encryption(item->stream)) {
		t->encrypted++;
	} else {
		t->opaque++;
	}
}

/* ---- text ---- */

static void time_text(int64_t microseconds, char *text, size_t text_bytes)
{
	time_t t = (time_t)(microseconds / 1000000);
	struct tm tm;
	if (microseconds == 0 || gmtime_r(&t, &tm) == NULL || strftime(text, text_bytes, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		snprintf(text, text_bytes, "-");
}

static void print_name(const char *name)
{
	printable_put(name, stdout);
}

static const char *algorithms(const struct stored *t, char *text, size_t text_bytes)
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

static void print_block(const struct listing *l, const struct item *b)
{
	char at[32];
	l->volume->medium->address(b->addr, at, sizeof at);
	printf("block %s: BB0%u, %u bytes, number %u, session %u/%u, FileIndex %d..%d%s%s%s\n", at, b->form.version, b->len, b->number,
	       b->job ? b->job->session_id : 0, b->job ? b->job->session_time : 0, b->first_index, b->last_index,
	       b->form.checksum ? "" : ", no checksum", b->verdict.encrypted ? ", encrypted" : "",
	       b->verdict.reversed ? ", " BLOCK_REVERSED_TEXT : "");
}

static void print_record(const struct listing *l, const struct item *r)
{
	char at[32];
	l->volume->medium->address(r->addr, at, sizeof at);
	if (r->file_index < 0) {
		printf("  record %s: label %d, %u bytes\n", at, r->file_index, r->len);
		return;
	}
	struct compression_header header;
	const struct codec *c = codec_of(r, &header);
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

static void print_job(const struct listing *l, const struct listed_job *k)
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

/* ---- JSON ---- */

static void write_stored(struct json *j, const struct stored *t)
{
	json_number(j, "records", t->records);
	json_number(j, "data_bytes", t->bytes);
	json_object(j, "data_records");
	for (int i = 0; i < CODEC_COUNT; i++) {
		if (t->by_codec[i])
			json_number(j, codec_by_id((enum codec_id)i)->name, t->by_codec[i]);
	}
	json_number(j, "plain", t->plain);
	json_number(j, "encrypted", t->encrypted);
	json_number(j, "unknown", t->unknown);
	json_number(j, "incomplete", t->incomplete);
	json_end_object(j);
}

static void write_job(struct json *j, const struct listed_job *k)
{
	json_object(j, NULL);
	command_json_job(j, k->job);
	if (k->job->has_label) {
		const struct session_label *s = &k->job->label;
		const char type[2] = {(char)(s->type & 0x7f), 0}, level[2] = {(char)(s->level & 0x7f), 0};
		json_text(j, "fileset", s->fileset);
		json_text(j, "type", type);
		json_text(j, "level", level);
		json_signed(j, "began_us", s->time);
	}
	json_bool(j, "ended", k->has_end);
	if (k->has_end) {
		const char status[2] = {(char)(k->end.status & 0x7f), 0};
		json_text(j, "status", status);
		json_number(j, "job_files", k->end.job_files);
		json_number(j, "job_bytes", k->end.job_bytes);
		json_number(j, "errors", k->end.errors);
	}
	json_number(j, "blocks", k->blocks);
	json_number(j, "first_address", k->first_addr);
	json_number(j, "last_address", k->last_end);
	write_stored(j, &k->stored);
	json_end_object(j);
}

static void write_volume(const struct listing *l)
{
	struct json *j = l->json;
	const struct volume_info *v = l->volume;
	json_object(j, NULL);
	json_text(j, "input", v->path);
	json_bool(j, "labelled", v->has_label);
	if (v->has_label) {
		json_text(j, "volume", v->label.volume);
		json_text(j, "label_id", v->label.id);
		json_number(j, "label_version", v->label.version);
		json_text(j, "pool", v->label.pool);
		json_text(j, "media_type", v->label.media_type);
		json_text(j, "host", v->label.host);
		json_text(j, "program", v->label.program);
		json_text(j, "program_version", v->label.program_version);
		json_signed(j, "labelled_us", v->label.label_time);
		json_text(j, "product", product_name(v->product));
	}
	json_number(j, "bytes", v->bytes);
	json_number(j, "padding_bytes", v->padding);
	json_number(j, "tape_labels", v->foreign);
	json_number(j, "inputs", v->more_inputs + 1);
	json_number(j, "behind_other_volume", v->inside);
	json_number(j, "blocks_again", v->again);
	json_number(j, "blocks", l->block_count);
	json_number(j, "block_bytes_min", l->block_min);
	json_number(j, "block_bytes_max", l->block_max);
	json_bool(j, "encrypted", l->encrypted);
	json_number(j, "reversed_checksums", l->reversed);
	json_number(j, "damaged", l->damaged);
	json_array(j, "jobs");
	for (size_t i = 0; i < l->job_count; i++) {
		if (l->jobs[i].stored.records)
			write_job(j, &l->jobs[i]);
	}
	json_end_array(j);
	json_end_object(j);
}

/* ---- reading ---- */

static int on_block(struct listing *l, const struct item *b, struct err *e)
{
	l->block_count++;
	l->block_max = b->len > l->block_max ? b->len : l->block_max;
	l->block_min = l->block_min == 0 || b->len < l->block_min ? b->len : l->block_min;
	l->versions |= 1u << b->form.version;
	l->checksums = l->checksums || b->form.checksum;
	l->no_checksums = l->no_checksums || !b->form.checksum;
	l->encrypted = l->encrypted || b->verdict.encrypted;
	l->reversed += b->verdict.reversed;
	if (l->blocks && !l->json)
		print_block(l, b);
	struct listed_job *k = b->job ? job_of(l, b->job) : NULL;
	if (b->job && k == NULL)
		return err_memory(e, 0, "a job");
	if (k) {
		if (k->blocks++ == 0)
			k->first_addr = b->addr;
		k->last_end = l->volume->medium->end(b->addr, b->len);
	}
	return 0;
}

static int on_record(struct listing *l, const struct item *r, struct err *e)
{
	struct listed_job *k = job_of(l, r->job);
	if (k == NULL)
		return err_memory(e, 0, "a job");
	count_record(&k->stored, r);
	if (r->file_index > k->files)
		k->files = r->file_index;
	if (r->file_index == LABEL_SESSION_END && !r->head_missing && !r->tail_missing)
		k->has_end = label_read_session(r->data, true, &k->end);
	if (l->records && !l->json)
		print_record(l, r);
	return 0;
}

/* Sessions go on from volume to volume, what is counted of them does not. */
static void end_volume(struct listing *l)
{
	if (l->json) {
		write_volume(l);
	} else {
		print_volume(l);
		for (size_t i = 0; i < l->job_count; i++) {
			if (l->jobs[i].stored.records)
				print_job(l, &l->jobs[i]);
		}
		if (l->damaged)
			printf("%llu damaged or unreadable places: see the messages\n", (unsigned long long)l->damaged);
	}
	struct listing fresh = {.blocks = l->blocks, .records = l->records, .json = l->json, .all_damaged = l->all_damaged};
	free(l->jobs);
	*l = fresh;
}

/* In the words of filter and verify. */
static void on_damage(struct listing *l, const struct item *item)
{
	struct finding f = finding_at(item, item->verdict.reason);
	f.file_index = item->file_index;
	l->damaged++;
	l->all_damaged++;
	findingtext_warn(&f, findingtext_kind(f.kind), "");
}

static int on_item(struct listing *l, const struct item *item, struct err *e)
{
	/* As far as it is known by now; a record may have begun on the one before. */
	if (item->kind != ITEM_RECORD)
		l->volume = item->volume;
	switch (item->kind) {
	case ITEM_VOLUME_START: return 0;
	case ITEM_BLOCK: return on_block(l, item, e);
	case ITEM_RECORD: return on_record(l, item, e);
	case ITEM_DAMAGE:
		if (!item->verdict.encrypted)
			on_damage(l, item);
		return 0;
	case ITEM_VOLUME_END: end_volume(l); return 0;
	case ITEM_VOLUME_LABEL:
	case ITEM_FILE_MARK:
	case ITEM_FOREIGN:
	case ITEM_END: break;
	}
	return 0;
}

static void on_progress(void *arg, struct progress_state *state)
{
	state->done = reader_bytes(arg);
}

static int read_all(struct listing *l, const char *const *paths, size_t count, const struct volkey_source *keys, struct err *e)
{
	const struct cipher_options co = {.read = keys, .patient = true};
	struct cipher *cipher = cipher_new(&co);
	struct reader_options o = {.paths = paths,
				   .path_count = count,
				   .blocks = true,
				   .indexes = true,
				   .keys = cipher_keys(cipher),
				   .keep_bytes = KEEP_BYTES};
	struct buf_pool *pool = buf_pool_new((size_t)4 << 20);
	if (pool && l->max_memory > 0)
		buf_pool_limit(pool, l->max_memory);
	struct reader *r = pool && cipher ? reader_new(&o, pool) : NULL;
	int rc = r ? 0 : err_memory(e, 0, "reading");
	if (r)
		progress_start(PROGRESS_NEVER, on_progress, r);
	struct item item;
	while (rc == 0 && (rc = reader_next(r, &item, e)) == 0 && item.kind != ITEM_END)
		rc = on_item(l, &item, e);
	progress_stop();
	free(l->jobs);
	reader_free(r);
	cipher_free(cipher);
	buf_pool_free(pool);
	return rc;
}

struct request {
	struct listing l;
	struct keyoptions keys;
	bool json, files;
};

/* -v blocks, -vv records, as bls does */
static int take_verbose(const struct command *verb, void *listing, const char *text)
{
	struct listing *l = listing;
	(void)verb;
	(void)text;
	msg_set_verbosity(msg_verbosity() + 1);
	l->records = l->blocks;
	l->blocks = true;
	return 0;
}

static const struct option_row rows[] = {
	OPTION_FLAG(0, "blocks", struct request, l.blocks),
	OPTION_FLAG(0, "records", struct request, l.records),
	OPTION_FLAG(0, "files", struct request, files),
	OPTION_FLAG(0, "json", struct request, json),
	COMMAND_MAX_MEMORY(struct request, l.max_memory),
	OPTION_TAKE_FLAG('v', "verbose", take_verbose),
	KEYOPTIONS_ROWS(struct request, keys),
	OPTIONS_END,
};

static void show_file(void *arg, const struct fileindex_file *f, const struct fileindex_job *j, const struct fileindex_volume *first,
		      const struct fileindex_volume *last)
{
	(void)arg;
	version_json(f, j, first, last);
}

/* These are decoded, to be proven. */
static int list_files(struct request *q, const struct operands *volumes, struct err *e)
{
	struct indexrun run = {
		.run = {.paths = volumes->names,
			.path_count = volumes->count,
			.threads = command_processors(),
			.max_memory = q->l.max_memory},
		.progress = PROGRESS_NEVER,
	};
	struct filesof files = {.file = show_file};
	const struct indexer_sink sink = filesof_sink(&files);
	run.run.cipher.read = keyoptions_given(&q->keys) ? &q->keys.read : NULL;
	int rc = indexrun_read(&run, &sink, e);
	filesof_free(&files);
	q->l.all_damaged = run.damages;
	return rc;
}

static int run_files(struct request *q, const struct operands *volumes)
{
	struct err e = {0};
	int rc = keyoptions_open(&q->keys, &e);
	if (rc == 0)
		rc = list_files(q, volumes, &e);
	keyoptions_close(&q->keys);
	if (rc != 0)
		return msg_fail(&e);
	return q->l.all_damaged ? 3 : 0;
}

/* Returns 0, or the exit status of wrong usage. */
static int settle(const struct request *q, struct operands *volumes)
{
	static const char *const standard_input[] = {"-"};
	bool none = volumes->count == 0;
	if (none)
		*volumes = (struct operands){standard_input, 1};
	if (q->files && (q->l.blocks || q->l.records || q->json))
		return msg_usage("list", "--files prints JSON lines of files, and nothing of blocks and records");
	int wrong = keyoptions_check(&q->keys, "list");
	if (wrong == 0)
		wrong = keyoptions_check_inputs(&q->keys, "list", volumes->names, volumes->count);
	return wrong == 0 && none && isatty(0) ? msg_usage("list", "which volume?") : wrong;
}

static int run(struct request *q, const struct operands *volumes)
{
	struct json json = {.out = stdout};
	q->l.json = q->json ? &json : NULL;
	if (q->json) {
		json_object(&json, NULL);
		json_number(&json, "format", 1);
		json_array(&json, "volumes");
	}
	struct err e = {0};
	int rc = keyoptions_open(&q->keys, &e);
	if (rc == 0)
		rc = read_all(&q->l, volumes->names, volumes->count, keyoptions_given(&q->keys) ? &q->keys.read : NULL, &e);
	keyoptions_close(&q->keys);
	if (q->json) {
		json_end_array(&json);
		json_end_object(&json);
	}
	if (rc != 0)
		return msg_fail(&e);
	return q->l.all_damaged ? 3 : 0;
}

static int cmd_list(int argc, char **argv)
{
	struct request q = {0};
	struct operands volumes;
	int status;
	if (!options_parse(&command_list, argc, argv, &q, &volumes, &status))
		return status;
	status = settle(&q, &volumes);
	if (status != 0)
		return status;
	return q.files ? run_files(&q, &volumes) : run(&q, &volumes);
}

const struct command command_list = {
	.name = "list",
	.path = "list",
	.summary = "labels, jobs, blocks, records, algorithms",
	.help = "Usage: xflate list [OPTIONS] VOLUME...\n"
		"\n"
		"Tells what is on volumes: their labels, the jobs, how many records are stored\n"
		"in which algorithm.  Block checksums and record lengths are checked, payloads\n"
		"are not decoded.  Several volumes are one set, in order.\n"
		"\n"
		"      --blocks         every block\n"
		"      --records        every record\n"
		"      --files          every file, a line of JSON each; payloads are decoded then,\n"
		"                       and files proved (xflate find looks for some)\n"
		"      --json           the same as JSON (without blocks and records)\n"
		"      --max-memory BYTES\n"
		"                       for sessions and records that wait (default: 1G)\n"
		"      --key SOURCE, --key-dir DIR, --key-config FILE, --key-command CMD\n"
		"                       opens encrypted volumes, as with filter\n"
		"  -v, -vv              short for --blocks, and for both\n"
		"  -q, --quiet          -qq: no warnings either\n"
		"\n"
		"Exit status: 0 all well; 1 failed; 2 wrong usage; 3 damage was found.\n",
	.run = cmd_list,
	.options = rows,
};
