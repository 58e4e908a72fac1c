/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prove/verify_end.h"

#include "base/array.h"
#include "format/attributes.h"
#include "format/stream.h"
#include "prove/object.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- jobs, volumes, problems ---- */

struct tracked *verify_job_of(struct verify *v, const struct job *job, struct err *e)
{
	struct tracked *jobs = array_reach(v->jobs, &v->job_count, job->index, sizeof *jobs);
	if (jobs == NULL) {
		err_memory(e, job->index * sizeof *jobs, "jobs");
		return NULL;
	}
	v->jobs = jobs;
	v->jobs[job->index].result.job = job;
	return &v->jobs[job->index];
}

struct verify_volume *verify_volume_of(struct verify *v, const struct volume_info *info, struct err *e)
{
	for (size_t i = v->volume_count; i > 0; i--) {
		if (v->volumes[i - 1].info->index == info->index)
			return &v->volumes[i - 1];
	}
	struct verify_volume *grown = realloc(v->volumes, (v->volume_count + 1) * sizeof *grown);
	if (grown == NULL) {
		err_memory(e, (v->volume_count + 1) * sizeof *grown, "volumes");
		return NULL;
	}
	v->volumes = grown;
	grown[v->volume_count] = (struct verify_volume){.info = info};
	return &grown[v->volume_count++];
}

void verify_report(struct verify *v, const struct finding *p)
{
	v->problems[p->kind]++;
	struct tracked *k = p->job ? verify_job_of(v, p->job, &v->err) : NULL;
	struct verify_volume *on = p->volume ? verify_volume_of(v, p->volume, &v->err) : NULL;
	if (k && p->kind == FINDING_DAMAGE) {
		k->result.problems++;
		if (p->file_index > 0 && p->last_index == 0 &&
		    damaged_add(&k->result.damaged, p->file_index, p->file, p->reason, &v->err) != 0)
			return;
	}
	if (on && p->kind == FINDING_DAMAGE)
		on->problems++;
	v->o.problem(v->o.arg, p);
}

/* Something in the item at hand; of_file: its file is hurt. */
static void found_in_item(struct verify *v, enum finding_kind kind, bool of_file, const char *text)
{
	const struct item *item = v->item;
	int32_t index = of_file && item->file_index > 0 ? item->file_index : 0;
	struct finding f = finding_at(item, text);
	f.kind = kind;
	f.file_index = index;
	f.file = index && item->job ? proof_name(v->proof, item->job, index) : "";
	verify_report(v, &f);
}

static void found(struct verify *v, enum finding_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void found(struct verify *v, enum finding_kind kind, const char *format, ...)
{
	char text[256];
	va_list ap;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	found_in_item(v, kind, true, text);
}

void verify_found_of_job(struct verify *v, const struct tracked *k, enum finding_kind kind, const char *reason)
{
	const struct volume_info *last = v->volume_count ? v->volumes[v->volume_count - 1].info : NULL;
	verify_report(v, &(struct finding){.kind = kind, .volume = last, .job = k->result.job, .file = "", .reason = reason});
}

/* ---- what comes in ---- */

static void on_damage(void *arg, const struct finding *damage)
{
	struct verify *v = arg;
	struct finding f = *damage;
	bool unhurt = !proof_hurt(v->proof, damage);
	if (f.file_index < 0 || unhurt)
		f.file_index = 0;
	f.file = unhurt ? "" : f.file;
	verify_report(v, &f);
}

/* A problem with the block at hand, and no one file. */
static void found_in_block(struct verify *v, const struct item *block, const struct job *job, const char *reason)
{
	struct finding f = finding_at(block, reason);
	f.job = job;
	verify_report(v, &f);
}

/* The numbers of a job's blocks go up by one; in BB03 they begin anew with each spool file (volume-format.md 1.8). */
static void check_number(struct verify *v, struct tracked *k, const struct item *block)
{
	bool next = block->number == k->last_number + 1;
	bool spooled = block->form.version == 3 && (block->number == k->last_number || block->number == 0);
	bool wrong = k->numbered && !next && !spooled;
	k->misnumbered += wrong;
	/* Bacula 15 looks at them where a record goes on (bacula-encryption.md 1.6). */
	if (wrong && block->form.version == 3 && block->goes_on) {
		char text[160];
		snprintf(text, sizeof text, "a record goes on in block %u of its job, behind block %u: Bacula 15 discards such",
			 block->number, k->last_number);
		found_in_block(v, block, block->job, text);
	}
	k->jumped = k->numbered && block->number > k->last_number + 1;
	k->numbered = true;
	k->last_number = block->number;
}

/* What is known only now is told in the summary. */
static void on_end_volume(void *arg, const struct volume_info *info)
{
	struct verify *v = arg;
	struct verify_volume *on = verify_volume_of(v, info, &v->err);
	if (on)
		on->info = info;
}

/* What stands before any other block of its volume. */
static void check_first_block(struct verify *v, struct verify_volume *on, const struct item *block)
{
	on->headless = !block->begins_volume;
	/* A row of volumes may come out of a pipe. */
	if (on->info->inside == 0 || strcmp(on->info->path, "-") == 0)
		return;
	char text[160];
	snprintf(text, sizeof text,
		 "another volume begins here, in the same file, at its byte %llu: a daemon reads one; xflate -o FOLDER/ "
		 "takes them apart",
		 (unsigned long long)on->info->inside);
	found_in_block(v, block, NULL, text);
}

static void on_block(void *arg, const struct item *block)
{
	struct verify *v = arg;
	struct verify_volume *on = verify_volume_of(v, block->volume, &v->err);
	struct tracked *k = block->job ? verify_job_of(v, block->job, &v->err) : NULL;
	if (on && on->blocks == 0)
		check_first_block(v, on, block);
	if (on) {
		on->blocks++;
		on->without_checksum += !block->form.checksum;
		on->reversed += block->verdict.reversed;
		on->versions |= 1u << block->form.version;
	}
	if (k && !block->again) {
		totals_block(&k->totals, block);
		check_number(v, k, block);
	}
}

/* Would a restore take it? */
static void check_restore(struct verify *v, struct tracked *k, const struct item *item)
{
	char text[ORDER_FAULT_BYTES];
	bool known = k->result.begun || k->order.attributes_of > 0;
	switch (order_add(&k->order, item, known, text)) {
	case ORDER_RIGHT: return;
	case ORDER_PASSED:
		if (k->result.problems > 0)
			return;
		break;
	case ORDER_ORPHAN:
		/* Its data do not get where they belong, whatever its digest says. */
		if (k->orphan == item->file_index)
			return;
		k->orphan = item->file_index;
		proof_damage(v->proof, item->job, item->file_index);
		found(v, FINDING_DAMAGE, "%s", v->problems[FINDING_DAMAGE] > 0 ? "the attributes of its file are lost" : text);
		return;
	case ORDER_SKIPPED: break;
	}
	found(v, FINDING_DAMAGE, "%s", text);
}

static int check_object(struct verify *v, const struct plain_item *plain, struct err *e)
{
	const struct item *item = plain->item;
	if ((item->stream & STREAM_NUMBER_MASK) != STREAM_RESTORE_OBJECT || !plain->whole || plain->count != 1)
		return 0;
	if (v->codecs == NULL)
		v->codecs = codec_ctx_new();
	char text[OBJECT_FAULT_BYTES];
	switch (v->codecs ? object_judge(v->codecs, plain->records[0].body, text) : OBJECT_MEMORY) {
	case OBJECT_RIGHT: break;
	case OBJECT_WRONG: found(v, FINDING_DAMAGE, "%s", text); break;
	case OBJECT_UNKNOWN: found(v, FINDING_NOTE, "%s", text); break;
	case OBJECT_MEMORY: return err_memory(e, item->len, "a restore object");
	}
	return 0;
}

static void check_order(struct verify *v, struct tracked *k, const struct item *item)
{
	if (k->result.ended && !k->data_behind_end) {
		k->data_behind_end = true;
		found_in_item(v, FINDING_DAMAGE, false, "data behind the job's end-of-session label");
	}
	if (item->file_index < k->last_index || (k->again && item->file_index == k->last_index)) {
		char text[80];
		snprintf(text, sizeof text, "FileIndex goes back from %d to %d", k->last_index, item->file_index);
		found_in_item(v, FINDING_DAMAGE, false, text);
	} else if (item->file_index - 1 > k->last_index && k->last_index > 0) {
		k->files_gone = k->files_gone || k->jumped;
	}
	k->again = false;
	k->last_index = item->file_index;
	if (k->first_index == 0)
		k->first_index = item->file_index;
}

static void check_attributes(struct verify *v, const struct plain_item *plain)
{
	const struct attributes *a = &plain->item->attributes;
	/* An empty record says nothing wrong. */
	if (plain->count != 1 || !plain->whole || plain->item->len == 0 || !attributes_are(plain->item->stream))
		return;
	if (!a->whole)
		found(v, FINDING_DAMAGE, "attributes without a whole file name");
	else if (a->file_index != plain->item->file_index)
		found(v, FINDING_DAMAGE, "attributes of FileIndex %d", a->file_index);
}

/* The label's JobId stands in its header, too (volume-format.md 3.1). */
static void check_job_id(struct verify *v, const struct item *item, const struct session_label *label)
{
	if (item->stream != label->job_id)
		found(v, FINDING_DAMAGE, "the label is of JobId %u, its header says %u", label->job_id, item->stream);
}

static void check_start(struct verify *v, struct tracked *k, const struct plain_item *plain)
{
	const struct item *item = plain->item;
	bool here = !item->head_missing && !item->tail_missing;
	const struct session_label *label = here ? plain->label : NULL;
	char text[STARTS_TEXT_BYTES];
	enum starts_verdict said = starts_begin(&k->starts, label, k->result.records > 1, k->broken_off, text);
	k->result.begun = true;
	k->result.ended = false;
	if (k->starts.again) {
		/* Its blocks are numbered anew. */
		k->misnumbered -= k->misnumbered > 0;
		k->again = true;
	}
	if (said != STARTS_RIGHT)
		found(v, said == STARTS_NOTE ? FINDING_NOTE : FINDING_DAMAGE, "%s", text);
	if (here && label == NULL)
		found(v, FINDING_DAMAGE, "the start-of-session label is not whole");
	else if (label)
		check_job_id(v, item, label);
}

static void check_pair(struct verify *v, struct tracked *k, const struct session_label *end)
{
	char text[STARTS_TEXT_BYTES];
	enum starts_verdict said = starts_end(&k->starts, end, text);
	if (said != STARTS_RIGHT)
		found(v, said == STARTS_NOTE ? FINDING_NOTE : FINDING_DAMAGE, "%s", text);
}

/* A job's addresses on a volume lie before its end, whichever product counts them (volume-format.md 3.4, 8.4). */
static void check_addresses(struct tracked *k, const struct item *item, const struct session_label *l)
{
	uint64_t start = (uint64_t)l->start_file << 32 | l->start_block, end = (uint64_t)l->end_file << 32 | l->end_block;
	uint64_t here = item->addr + item->offset;
	if (!item->volume->medium->by_block && (start > here || end > here))
		k->misplaced_on = item->volume;
}

static void check_end(struct verify *v, struct tracked *k, const struct plain_item *plain)
{
	const struct item *item = plain->item;
	if (k->result.ended)
		found(v, FINDING_DAMAGE, "a second end-of-session label");
	k->result.ended = true;
	if (item->head_missing || item->tail_missing)
		return;
	k->result.end = plain->label ? *plain->label : (struct session_label){0};
	if (plain->label == NULL) {
		found(v, FINDING_DAMAGE, "the end-of-session label is not whole");
		return;
	}
	check_job_id(v, item, &k->result.end);
	check_pair(v, k, &k->result.end);
	check_addresses(k, item, &k->result.end);
	char text[256];
	enum totals_verdict verdict = totals_judge(&k->totals, &k->result.end, v->problems[FINDING_DAMAGE]);
	totals_describe(&k->totals, verdict, &k->result.end,
			verdict == TOTALS_SHORT ? "the end-of-session label" : "has an end-of-session label that", text, sizeof text);
	totals_end(&k->totals);
	k->files_gone = k->files_gone || verdict == TOTALS_SHORT;
	if (verdict == TOTALS_SHORT)
		found(v, FINDING_DAMAGE, "%s", text);
	else if (text[0])
		verify_found_of_job(v, k, FINDING_NOTE, text);
}

/* At the ends of the set parts may lie on volumes that are not given; not between them. */
static void check_set(struct verify *v, const struct item *item)
{
	if (item->head_missing && item->volume->index != v->volumes[0].info->index)
		found(v, FINDING_DAMAGE, "this record begins on a volume that is not given, or not in its place");
}

/* Neither of a file nor a session label. */
static void check_outside(struct verify *v, struct tracked *k, const struct item *item)
{
	char text[128];
	if (item->file_index < 0) {
		snprintf(text, sizeof text, "a label of FileIndex %d: no daemon writes it%s", item->file_index,
			 item->file_index == LABEL_END_OF_MEDIUM ? ", and each passes over the rest of the block" : "");
		found_in_item(v, FINDING_DAMAGE, false, text);
	} else if (!k->outside && (item->stream & STREAM_NUMBER_MASK) != STREAM_PLUGIN_NAME) {
		k->outside = true;
		found_in_item(v, FINDING_NOTE, false, "a record of FileIndex 0 belongs to no file");
	}
}

static int on_plain(void *arg, const struct plain_item *plain, struct err *e)
{
	struct verify *v = arg;
	const struct item *item = plain->item;
	struct tracked *k = verify_job_of(v, item->job, e);
	if (k == NULL)
		return e->code;
	if (verify_volume_of(v, item->volume, e) == NULL)
		return e->code;
	v->item = item;
	k->result.records++;
	totals_read(&k->totals, item, v->problems[FINDING_DAMAGE]);
	/* First, for it learns the file's name. */
	int rc = proof_add(v->proof, plain, e);
	if (rc != 0)
		return rc;
	check_set(v, item);
	if (item->file_index == LABEL_SESSION_START)
		check_start(v, k, plain);
	else if (item->file_index == LABEL_SESSION_END)
		check_end(v, k, plain);
	else if (item->file_index > 0) {
		check_order(v, k, item);
		check_restore(v, k, item);
		check_attributes(v, plain);
		rc = check_object(v, plain, e);
		k->result.data_bytes += item->len;
		starts_data(&k->starts);
	} else {
		check_outside(v, k, item);
	}
	k->broken_off = item->tail_missing;
	if (rc != 0)
		return rc;
	return v->err.code != XE_OK ? (*e = v->err).code : 0;
}

/* ---- the run ---- */

struct verify *verify_new(const struct verify_options *options)
{
	struct verify *v = calloc(1, sizeof *v);
	if (v == NULL)
		return NULL;
	v->o = *options;
	v->observer = (struct observer){.arg = v, .record = on_plain, .finding = on_damage, .block = on_block, .end_volume = on_end_volume};
	v->proof = proof_new(options->all_digests, verify_end_file, v);
	if (v->proof == NULL) {
		verify_free(v);
		return NULL;
	}
	return v;
}

void verify_free(struct verify *v)
{
	if (v == NULL)
		return;
	proof_free(v->proof);
	codec_ctx_free(v->codecs);
	for (size_t i = 0; i < v->job_count; i++)
		damaged_free(&v->jobs[i].result.damaged);
	free(v->jobs);
	free(v->volumes);
	free(v);
}

const struct observer *verify_observer(struct verify *v)
{
	return &v->observer;
}

void verify_learn_missing(struct verify *v, const struct missing *(*of)(const void *arg, const struct job *job), const void *arg)
{
	for (size_t i = 0; i < v->job_count; i++) {
		if (v->jobs[i].result.job)
			v->jobs[i].result.missing = of(arg, v->jobs[i].result.job);
	}
}

int verify_finish(struct verify *v, struct err *e)
{
	int rc = proof_finish(v->proof, e);
	for (size_t i = 0; rc == 0 && i < v->job_count; i++) {
		if (v->jobs[i].result.job)
			verify_end_job(v, &v->jobs[i]);
	}
	for (size_t i = 0; rc == 0 && i < v->volume_count; i++)
		verify_end_volume(v, &v->volumes[i]);
	if (rc == 0 && v->err.code != XE_OK)
		rc = (*e = v->err).code;
	return rc;
}

/* ---- results ---- */

size_t verify_job_slots(const struct verify *v)
{
	return v->job_count;
}

const struct verify_job *verify_job(const struct verify *v, size_t index)
{
	return v->jobs[index].result.job ? &v->jobs[index].result : NULL;
}

size_t verify_volumes(const struct verify *v)
{
	return v->volume_count;
}

const struct verify_volume *verify_volume(const struct verify *v, size_t index)
{
	return &v->volumes[index];
}

uint64_t verify_problems(const struct verify *v, enum finding_kind kind)
{
	return v->problems[kind];
}
