/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prove/verify.h"

#include "base/array.h"
#include "format/attributes.h"
#include "format/stream.h"
#include "prove/object.h"
#include "prove/order.h"
#include "prove/starts.h"
#include "prove/verify_end.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A job, and what its next record is held against. */
struct tracked {
	struct tally_job *result;
	const struct course *course;
	uint64_t damaged_before; /* places, in all jobs, when its run began */
	int32_t last_index;
	struct order order;
	int32_t orphan; /* FileIndex of the last file without attributes */
	uint32_t last_number;
	bool numbered, data_behind_end;
	bool broken_off; /* its last record does not end */
	bool again;      /* it is run again, from a later file on */
	struct starts starts;
	bool outside; /* a record of FileIndex 0 was told of */
	bool jumped;  /* a block number was passed over just before the block at hand */
};

struct verify {
	struct verify_options o;
	struct observer observer;
	struct tally tally;
	struct proof *proof;
	struct codec_ctx *codecs; /* NULL until a restore object comes */
	struct tracked *jobs;     /* by job index */
	size_t job_count;
	const struct item *item; /* at hand, for what is found in it */
};

/* Something in the item at hand; of_file: its file is hurt. */
static void found_in_item(struct verify *v, enum finding_kind kind, bool of_file, const char *text)
{
	const struct item *item = v->item;
	int32_t index = of_file && item->file_index > 0 ? item->file_index : 0;
	struct finding f = finding_at(item, text);
	f.kind = kind;
	f.file_index = index;
	f.file = index && item->job ? proof_name(v->proof, item->job, index) : "";
	tally_report(&v->tally, &f);
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

/* ---- what comes in ---- */

static int on_job(void *arg, const struct course *course, struct err *e)
{
	struct verify *v = arg;
	struct tracked *jobs = array_reach(v->jobs, &v->job_count, course->job->index, sizeof *jobs);
	if (jobs == NULL)
		return err_memory(e, sizeof *jobs, "a job");
	v->jobs = jobs;
	struct tally_job *result = tally_add_job(&v->tally, course, e);
	jobs[course->job->index] = (struct tracked){.course = course, .result = result};
	return result ? 0 : e->code;
}

static void on_damage(void *arg, const struct finding *damage)
{
	struct verify *v = arg;
	struct finding f = *damage;
	bool unhurt = !proof_hurt(v->proof, damage);
	if (f.file_index < 0 || unhurt)
		f.file_index = 0;
	f.file = unhurt ? "" : f.file;
	tally_report(&v->tally, &f);
}

/* A problem with the block at hand, and no one file. */
static void found_in_block(struct verify *v, const struct item *block, const struct job *job, const char *reason)
{
	struct finding f = finding_at(block, reason);
	f.job = job;
	tally_report(&v->tally, &f);
}

/* The numbers of a job's blocks go up by one; in BB03 they begin anew with each spool file (volume-format.md 1.8). */
static void check_number(struct verify *v, struct tracked *k, const struct item *block)
{
	bool next = block->number == k->last_number + 1;
	bool spooled = block->form.version == 3 && (block->number == k->last_number || block->number == 0);
	bool wrong = k->numbered && !next && !spooled;
	k->result->misnumbered += wrong;
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
	struct tally_volume *on = tally_volume(&v->tally, info, &v->tally.err);
	if (on)
		on->info = info;
}

/* What stands before any other block of its volume. */
static void check_first_block(struct verify *v, struct tally_volume *on, const struct item *block)
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
	struct tally_volume *on = tally_volume(&v->tally, block->volume, &v->tally.err);
	if (on && on->blocks == 0)
		check_first_block(v, on, block);
	if (on) {
		on->blocks++;
		on->without_checksum += !block->form.checksum;
		on->reversed += block->verdict.reversed;
	}
	if (block->job && !block->again)
		check_number(v, &v->jobs[block->job->index], block);
}

/* Would a restore take it? */
static void check_restore(struct verify *v, struct tracked *k, const struct item *item)
{
	char text[ORDER_FAULT_BYTES];
	bool known = k->course->begun || k->order.attributes_of > 0;
	switch (order_add(&k->order, item, known, text)) {
	case ORDER_RIGHT: return;
	case ORDER_PASSED:
		if (k->result->problems > 0)
			return;
		break;
	case ORDER_ORPHAN:
		/* Its data do not get where they belong, whatever its digest says. */
		if (k->orphan == item->file_index)
			return;
		k->orphan = item->file_index;
		proof_damage(v->proof, item->job, item->file_index);
		found(v, FINDING_DAMAGE, "%s", v->tally.problems[FINDING_DAMAGE] > 0 ? "the attributes of its file are lost" : text);
		return;
	case ORDER_SKIPPED: break;
	}
	found(v, FINDING_DAMAGE, "%s", text);
}

static int check_object(struct verify *v, const struct plain_item *plain, struct err *e)
{
	const struct item *item = plain->item;
	if (!stream_is_restore_object(item->stream) || !plain->whole || plain->count != 1)
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
	if (k->course->ended && !k->data_behind_end) {
		k->data_behind_end = true;
		found_in_item(v, FINDING_DAMAGE, false, "data behind the job's end-of-session label");
	}
	if (item->file_index < k->last_index || (k->again && item->file_index == k->last_index)) {
		char text[80];
		snprintf(text, sizeof text, "FileIndex goes back from %d to %d", k->last_index, item->file_index);
		found_in_item(v, FINDING_DAMAGE, false, text);
	} else if (item->file_index - 1 > k->last_index && k->last_index > 0) {
		k->result->files_gone = k->result->files_gone || k->jumped;
	}
	k->again = false;
	k->last_index = item->file_index;
	if (k->result->first_index == 0)
		k->result->first_index = item->file_index;
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
	enum starts_verdict said = starts_begin(&k->starts, label, k->result->records > 1, k->broken_off, text);
	if (k->starts.again) {
		/* Its blocks are numbered anew. */
		k->result->misnumbered -= k->result->misnumbered > 0;
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

/* A job's addresses on a volume lie before its end, whichever product counts them (volume-format.md 3.4, 8.4).  Those of a tape are of
 * where it was written. */
static void check_addresses(struct tracked *k, const struct item *item, const struct session_label *l)
{
	uint64_t start = (uint64_t)l->start_file << 32 | l->start_block, end = (uint64_t)l->end_file << 32 | l->end_block;
	const struct medium *medium = item->volume->medium;
	uint64_t here = medium->by_block ? item->addr : item->addr + item->offset;
	if ((medium->rereadable || !medium->by_block) && (start > here || end > here))
		k->result->misplaced_on = item->volume;
}

static void check_end(struct verify *v, struct tracked *k, const struct plain_item *plain)
{
	const struct item *item = plain->item;
	if (k->course->ended)
		found(v, FINDING_DAMAGE, "a second end-of-session label");
	if (item->head_missing || item->tail_missing)
		return;
	k->result->end = plain->label ? *plain->label : (struct session_label){0};
	if (plain->label == NULL) {
		found(v, FINDING_DAMAGE, "the end-of-session label is not whole");
		return;
	}
	check_job_id(v, item, &k->result->end);
	check_pair(v, k, &k->result->end);
	check_addresses(k, item, &k->result->end);
	char text[256];
	const struct totals *t = &k->course->totals;
	enum totals_verdict verdict = totals_judge(t, &k->result->end, v->tally.problems[FINDING_DAMAGE] != k->damaged_before);
	totals_describe(t, verdict, &k->result->end, text, sizeof text);
	k->result->files_gone = k->result->files_gone || verdict == TOTALS_SHORT;
	if (verdict == TOTALS_SHORT)
		found(v, FINDING_DAMAGE, "%s", text);
	else if (text[0])
		tally_report_job(&v->tally, k->result, FINDING_NOTE, "%s", text);
}

/* At the ends of the set parts may lie on volumes that are not given; not between them. */
static void check_set(struct verify *v, const struct item *item)
{
	if (item->head_missing && item->volume->index != v->tally.volumes[0].info->index)
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
	} else if (!k->outside && !stream_is_plugin_name(item->stream)) {
		k->outside = true;
		found_in_item(v, FINDING_NOTE, false, "a record of FileIndex 0 belongs to no file");
	}
}

static int on_plain(void *arg, const struct plain_item *plain, struct err *e)
{
	struct verify *v = arg;
	const struct item *item = plain->item;
	struct tracked *k = &v->jobs[item->job->index];
	if (tally_volume(&v->tally, item->volume, e) == NULL)
		return e->code;
	v->item = item;
	k->result->records++;
	if (item->file_index == LABEL_SESSION_START)
		k->damaged_before = v->tally.problems[FINDING_DAMAGE];
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
		k->result->data_bytes += item->len;
		starts_data(&k->starts);
	} else {
		check_outside(v, k, item);
	}
	k->broken_off = item->tail_missing;
	if (rc != 0)
		return rc;
	return v->tally.err.code != XE_OK ? (*e = v->tally.err).code : 0;
}

static int on_proved(void *arg, const struct proof_file *f, struct err *e)
{
	struct verify *v = arg;
	struct proof_file counted = *f;
	(void)e;
	bool first = verify_end_file(&v->tally, &counted);
	if (v->o.file && first)
		v->o.file(v->o.arg, &counted);
	return 0;
}

static bool proves(void *arg, const struct job *job)
{
	(void)arg;
	(void)job;
	return true;
}

static int on_finish(void *arg, struct err *e)
{
	struct verify *v = arg;
	struct tally *t = &v->tally;
	int rc = proof_finish(v->proof, e);
	for (size_t i = 0; rc == 0 && i < t->job_count; i++) {
		if (t->jobs[i])
			verify_end_job(t, t->jobs[i], v->o.whole ? FINDING_NOT_WHOLE : FINDING_NOTE);
	}
	for (size_t i = 0; rc == 0 && i < t->volume_count; i++)
		verify_end_volume(t, &t->volumes[i]);
	if (rc == 0 && t->err.code != XE_OK)
		rc = (*e = t->err).code;
	return rc;
}

/* ---- the run ---- */

struct verify *verify_new(const struct verify_options *options)
{
	struct verify *v = calloc(1, sizeof *v);
	if (v == NULL)
		return NULL;
	v->o = *options;
	v->tally.arg = options->arg;
	v->tally.problem = options->problem;
	v->observer = (struct observer){
		.arg = v,
		.job = on_job,
		.record = on_plain,
		.finding = on_damage,
		.block = on_block,
		.end_volume = on_end_volume,
		.finish = on_finish,
		.proves = proves,
	};
	v->proof = proof_new(options->all_digests, on_proved, v);
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
	tally_free(&v->tally);
	free(v->jobs);
	free(v);
}

const struct observer *verify_observer(struct verify *v)
{
	return &v->observer;
}

const struct tally *verify_tally(const struct verify *v)
{
	return &v->tally;
}
