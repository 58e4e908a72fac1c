/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The filter inflates everything in parallel and hands the plain records here, in order. */
#include "pipeline/verify.h"

#include "base/array.h"
#include "pipeline/object.h"
#include "pipeline/totals.h"
#include "volume/attributes.h"
#include "volume/order.h"
#include "volume/starts.h"
#include "volume/stream.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A job, and what its next record is held against. */
struct tracked {
	struct verify_job result;
	struct totals totals;
	int32_t first_index, last_index;
	struct order order;
	int32_t orphan; /* FileIndex of the last file without attributes */
	uint32_t last_number;
	uint64_t misnumbered;
	bool numbered, data_behind_end;
	bool broken_off; /* its last record does not end */
	bool again;	 /* it is run again, from a later file on */
	struct starts starts;
	bool outside; /* a record of FileIndex 0 was told of */
	bool jumped;	 /* a block number was passed over just before the block at hand, */
	bool files_gone; /* and files are missing there, or bytes, says its end */
	const struct volume_info *misplaced_on; /* the addresses in its end lie behind it there */
};

struct verify {
	struct verify_options o;
	struct filter *filter;
	struct proof *proof;
	struct codec_ctx *codecs; /* NULL until a restore object comes */
	struct tracked *jobs;
	size_t job_count;
	struct verify_volume *volumes;
	size_t volume_count;
	uint64_t problems[VERIFY_NOTE + 1];
	const struct item *item; /* at hand, for what is found in it */
	struct err err;		 /* found in a callback that cannot fail */
};

/* ---- jobs, volumes, problems ---- */

static struct tracked *job_of(struct verify *v, const struct job *job, struct err *e)
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

static struct verify_volume *volume_of(struct verify *v, const struct volume_info *info, struct err *e)
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

/* What is listed as damaged counts as nothing else: the verdict becomes that.  False: the file stands here a second time, and
 * is not counted again. */
static bool count_file(struct verify_job *k, struct proof_file *f)
{
	const struct damaged_file *listed = damaged_find(&k->damaged, f->file_index);
	bool bad = f->verdict == PROOF_WRONG || f->verdict == PROOF_DAMAGED;
	if (listed && listed->judged)
		return false;
	if (listed)
		damaged_judge(&k->damaged, listed);
	f->verdict = listed && !bad ? PROOF_DAMAGED : f->verdict;
	k->files[f->verdict]++;
	return true;
}

/* Counts it and tells the caller. */
static void report(struct verify *v, const struct verify_problem *p)
{
	v->problems[p->kind]++;
	struct tracked *k = p->job ? job_of(v, p->job, &v->err) : NULL;
	struct verify_volume *on = p->volume ? volume_of(v, p->volume, &v->err) : NULL;
	if (k && p->kind == VERIFY_DAMAGE) {
		k->result.problems++;
		if (p->file_index > 0 && p->last_index == 0 &&
		    damaged_add(&k->result.damaged, p->file_index, p->file, p->reason, &v->err) != 0)
			return;
	}
	if (on && p->kind == VERIFY_DAMAGE)
		on->problems++;
	v->o.problem(v->o.arg, p);
}

/* Something in the item at hand; of_file: its file is hurt. */
static void found_in_item(struct verify *v, enum verify_kind kind, bool of_file, const char *text)
{
	const struct item *item = v->item;
	int32_t index = of_file && item->file_index > 0 ? item->file_index : 0;
	report(v, &(struct verify_problem){
			  .kind = kind,
			  .volume = item->volume,
			  .job = item->job,
			  .file_index = index,
			  .file = index && item->job ? proof_name(v->proof, item->job, index) : "",
			  .placed = true,
			  .addr = item->addr,
			  .offset = item->offset,
			  .len = item->len,
			  .reason = text,
		  });
}

static void found(struct verify *v, enum verify_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void found(struct verify *v, enum verify_kind kind, const char *format, ...)
{
	char text[256];
	va_list ap;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	found_in_item(v, kind, true, text);
}

/* Something of a job that has no place. */
static void found_of_job(struct verify *v, const struct tracked *k, enum verify_kind kind, const char *reason)
{
	const struct volume_info *last = v->volume_count ? v->volumes[v->volume_count - 1].info : NULL;
	report(v, &(struct verify_problem){.kind = kind, .volume = last, .job = k->result.job, .file = "", .reason = reason});
}

/* ---- what the filter hands out ---- */

static void on_loss(void *arg, const struct filter_loss *l)
{
	struct verify *v = arg;
	/* A gap after a file's digest is none of its own; the records of a block that is kept are still to be judged.  What
	 * is there of a file that was judged already is in a wrong place. */
	bool unhurt = l->block ? l->kept || (l->job && proof_is_past(v->proof, l->job, l->file_index)) :
				 l->job && proof_is_behind(v->proof, l->job, l->file_index);
	if (l->job && !unhurt)
		proof_damage(v->proof, l->job, l->file_index);
	report(v, &(struct verify_problem){
			  .kind = VERIFY_DAMAGE,
			  .volume = l->volume,
			  .job = l->job,
			  .file_index = l->file_index > 0 && !unhurt ? l->file_index : 0,
			  .file = unhurt ? "" : l->file,
			  .placed = true,
			  .addr = l->addr,
			  .offset = l->offset,
			  .len = l->len,
			  .reason = l->reason,
		  });
}

/* A problem with the block at hand, and no one file. */
static void found_in_block(struct verify *v, const struct item *block, const struct job *job, const char *reason)
{
	report(v, &(struct verify_problem){
			  .kind = VERIFY_DAMAGE,
			  .volume = block->volume,
			  .job = job,
			  .file = "",
			  .placed = true,
			  .addr = block->addr,
			  .len = block->len,
			  .reason = reason,
		  });
}

/* The numbers of a job's blocks go up by one; in BB03 they begin anew with each spool file (volume-corrections.md A5). */
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
	struct verify_volume *on = volume_of(v, info, &v->err);
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
	snprintf(text, sizeof text, "another volume begins here, in the same file, at its byte %llu: a daemon reads one; xflate -o FOLDER/ "
		 "takes them apart", (unsigned long long)on->info->inside);
	found_in_block(v, block, NULL, text);
}

static void on_block(void *arg, const struct item *block)
{
	struct verify *v = arg;
	struct verify_volume *on = volume_of(v, block->volume, &v->err);
	struct tracked *k = block->job ? job_of(v, block->job, &v->err) : NULL;
	if (on && on->blocks == 0)
		check_first_block(v, on, block);
	if (on) {
		on->blocks++;
		on->without_checksum += !block->form.checksum;
		on->reversed += block->reversed;
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
		found(v, VERIFY_DAMAGE, "%s", v->problems[VERIFY_DAMAGE] > 0 ? "the attributes of its file are lost" : text);
		return;
	case ORDER_SKIPPED: break;
	}
	found(v, VERIFY_DAMAGE, "%s", text);
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
	case OBJECT_WRONG: found(v, VERIFY_DAMAGE, "%s", text); break;
	case OBJECT_UNKNOWN: found(v, VERIFY_NOTE, "%s", text); break;
	case OBJECT_MEMORY: return err_memory(e, item->len, "a restore object");
	}
	return 0;
}

static void check_order(struct verify *v, struct tracked *k, const struct item *item)
{
	if (k->result.ended && !k->data_behind_end) {
		k->data_behind_end = true;
		found_in_item(v, VERIFY_DAMAGE, false, "data behind the job's end-of-session label");
	}
	if (item->file_index < k->last_index || (k->again && item->file_index == k->last_index)) {
		char text[80];
		snprintf(text, sizeof text, "FileIndex goes back from %d to %d", k->last_index, item->file_index);
		found_in_item(v, VERIFY_DAMAGE, false, text);
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
	struct attributes a;
	/* An empty record says nothing wrong. */
	if (plain->count != 1 || !plain->whole || plain->item->len == 0 || !attributes_are(plain->item->stream))
		return;
	if (!attributes_read(plain->records[0].body, &a))
		found(v, VERIFY_DAMAGE, "attributes without a whole file name");
	else if (a.file_index != plain->item->file_index)
		found(v, VERIFY_DAMAGE, "attributes of FileIndex %d", a.file_index);
}

/* The label's JobId stands in its header, too (volume-format.md 3.1). */
static void check_job_id(struct verify *v, const struct item *item, const struct session_label *label)
{
	if (item->stream != label->job_id)
		found(v, VERIFY_DAMAGE, "the label is of JobId %u, its header says %u", label->job_id, item->stream);
}

static void check_start(struct verify *v, struct tracked *k, const struct item *item)
{
	struct session_label label;
	bool here = !item->head_missing && !item->tail_missing, whole = here && label_read_session(item->data, false, &label);
	char text[STARTS_TEXT_BYTES];
	enum starts_verdict said = starts_begin(&k->starts, whole ? &label : NULL, k->result.records > 1, k->broken_off, text);
	k->result.begun = true;
	k->result.ended = false;
	if (k->starts.again) {
		/* Its blocks are numbered anew. */
		k->misnumbered -= k->misnumbered > 0;
		k->again = true;
	}
	if (said != STARTS_RIGHT)
		found(v, said == STARTS_NOTE ? VERIFY_NOTE : VERIFY_DAMAGE, "%s", text);
	if (here && !whole)
		found(v, VERIFY_DAMAGE, "the start-of-session label is not whole");
	else if (whole)
		check_job_id(v, item, &label);
}

static void check_pair(struct verify *v, struct tracked *k, const struct session_label *end)
{
	char text[STARTS_TEXT_BYTES];
	enum starts_verdict said = starts_end(&k->starts, end, text);
	if (said != STARTS_RIGHT)
		found(v, said == STARTS_NOTE ? VERIFY_NOTE : VERIFY_DAMAGE, "%s", text);
}

/* A job's addresses on a volume lie before its end, whichever product counts them (volume-corrections.md A3, A4). */
static void check_addresses(struct tracked *k, const struct item *item, const struct session_label *l)
{
	uint64_t start = (uint64_t)l->start_file << 32 | l->start_block, end = (uint64_t)l->end_file << 32 | l->end_block;
	uint64_t here = item->addr + item->offset;
	if (item->volume->kind != IO_TAPE && (start > here || end > here))
		k->misplaced_on = item->volume;
}

static void check_end(struct verify *v, struct tracked *k, const struct item *item)
{
	if (k->result.ended)
		found(v, VERIFY_DAMAGE, "a second end-of-session label");
	k->result.ended = true;
	if (item->head_missing || item->tail_missing)
		return;
	if (!label_read_session(item->data, true, &k->result.end) || !k->result.end.has_totals) {
		found(v, VERIFY_DAMAGE, "the end-of-session label is not whole");
		return;
	}
	check_job_id(v, item, &k->result.end);
	check_pair(v, k, &k->result.end);
	check_addresses(k, item, &k->result.end);
	char text[256];
	enum totals_verdict verdict = totals_judge(&k->totals, &k->result.end, v->problems[VERIFY_DAMAGE]);
	totals_describe(&k->totals, verdict, &k->result.end,
			verdict == TOTALS_SHORT ? "the end-of-session label" : "has an end-of-session label that", text, sizeof text);
	totals_end(&k->totals);
	k->files_gone = k->files_gone || verdict == TOTALS_SHORT;
	if (verdict == TOTALS_SHORT)
		found(v, VERIFY_DAMAGE, "%s", text);
	else if (text[0])
		found_of_job(v, k, VERIFY_NOTE, text);
}

/* At the ends of the set parts may lie on volumes that are not given; not between them. */
static void check_set(struct verify *v, const struct item *item)
{
	if (item->head_missing && item->volume->index != v->volumes[0].info->index)
		found(v, VERIFY_DAMAGE, "this record begins on a volume that is not given, or not in its place");
}

/* Neither of a file nor a session label. */
static void check_outside(struct verify *v, struct tracked *k, const struct item *item)
{
	char text[128];
	if (item->file_index < 0) {
		snprintf(text, sizeof text, "a label of FileIndex %d: no daemon writes it%s", item->file_index,
			 item->file_index == LABEL_END_OF_MEDIUM ? ", and each passes over the rest of the block" : "");
		found_in_item(v, VERIFY_DAMAGE, false, text);
	} else if (!k->outside && (item->stream & STREAM_NUMBER_MASK) != STREAM_PLUGIN_NAME) {
		k->outside = true;
		found_in_item(v, VERIFY_NOTE, false, "a record of FileIndex 0 belongs to no file");
	}
}

static int on_plain(void *arg, const struct plain_item *plain, struct err *e)
{
	struct verify *v = arg;
	const struct item *item = plain->item;
	struct tracked *k = job_of(v, item->job, e);
	if (k == NULL)
		return e->code;
	if (volume_of(v, item->volume, e) == NULL)
		return e->code;
	v->item = item;
	k->result.records++;
	totals_read(&k->totals, item, v->problems[VERIFY_DAMAGE]);
	/* First, for it learns the file's name. */
	int rc = proof_add(v->proof, plain, e);
	if (rc != 0)
		return rc;
	check_set(v, item);
	if (item->file_index == LABEL_SESSION_START)
		check_start(v, k, item);
	else if (item->file_index == LABEL_SESSION_END)
		check_end(v, k, item);
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

static int on_file(void *arg, const struct proof_file *f, struct err *e)
{
	struct verify *v = arg;
	struct tracked *k = job_of(v, f->job, e);
	if (k == NULL)
		return e->code;
	k->result.bytes += f->bytes;
	k->result.joined += f->joined;
	k->result.doubled += f->doubled;
	if (f->verdict == PROOF_RIGHT)
		k->result.digests |= 1u << f->digest;
	char text[256] = "";
	struct verify_problem p = {
		.volume = v->volume_count ? v->volumes[v->volume_count - 1].info : NULL,
		.job = f->job,
		.file_index = f->file_index,
		.file = f->name,
		.reason = text,
	};
	if (f->verdict == PROOF_WRONG) {
		snprintf(text, sizeof text, "its content does not match its %s digest", digest_name(f->digest));
		p.kind = VERIFY_DAMAGE;
		report(v, &p);
	} else if (f->verdict == PROOF_UNCOUNTED) {
		snprintf(text, sizeof text, "is large, and its %s digest is not of the kind that the job began with: rerun "
			 "with --all-digests to prove it", digest_name(f->digest));
		p.kind = VERIFY_UNPROVED;
		report(v, &p);
	}
	struct proof_file counted = *f;
	bool told = count_file(&k->result, &counted);
	if (f->joined) {
		snprintf(text, sizeof text, "its records were cut at 999996 bytes by the client's network layer: restores lose "
			 "it, xflate filter --repair mends it");
		p.kind = VERIFY_CUT_BY_NETWORK;
		report(v, &p);
	}
	if (f->doubled) {
		snprintf(text, sizeof text, "each address in it is stored twice, by Bareos's autoxflate: it restores shifted "
			 "by 8 bytes, xflate filter --repair mends it");
		p.kind = VERIFY_DOUBLED;
		report(v, &p);
	}
	if (v->o.file && told)
		v->o.file(v->o.arg, &counted);
	return 0;
}

/* ---- the run ---- */

struct verify *verify_new(const struct verify_options *options)
{
	struct verify *v = calloc(1, sizeof *v);
	if (v == NULL)
		return NULL;
	v->o = *options;
	struct filter_options o = {
		.paths = options->paths,
		.path_count = options->path_count,
		.inflate = true,
		/* Of a block whose checksum alone is wrong the digests tell which of its files is hurt. */
		.on_damage = ON_DAMAGE_KEEP,
		.incomplete_ok = true,
		.max_memory = options->max_memory,
		.threads = options->threads,
		.cipher = {.read = options->keys},
		.callbacks = {.arg = v, .loss = on_loss, .plain = on_plain, .end_volume = on_end_volume, .old_block = on_block},
	};
	v->proof = proof_new(options->all_digests, on_file, v);
	v->filter = v->proof ? filter_new(&o) : NULL;
	if (v->filter == NULL) {
		verify_free(v);
		return NULL;
	}
	return v;
}

void verify_free(struct verify *v)
{
	if (v == NULL)
		return;
	filter_free(v->filter);
	proof_free(v->proof);
	codec_ctx_free(v->codecs);
	for (size_t i = 0; i < v->job_count; i++)
		damaged_free(&v->jobs[i].result.damaged);
	free(v->jobs);
	free(v->volumes);
	free(v);
}

/* Whole files that are not here.  Where nothing else is wrong, a program left them out in order. */
static void conclude_missing(struct verify *v, struct tracked *k)
{
	const struct missing *m = k->result.missing;
	for (size_t i = 0; i < m->count; i++) {
		const struct missing_range *r = &m->ranges[i];
		if (!r->hurt && !k->files_gone)
			continue;
		report(v, &(struct verify_problem){
				  .kind = VERIFY_DAMAGE,
				  .volume = v->volumes[v->volume_count - 1].info,
				  .job = k->result.job,
				  .file_index = r->first,
				  .last_index = r->last,
				  .file = "",
				  .reason = r->first == r->last ? "nothing of this file is here" : "nothing of these files is here",
			  });
	}
	uint64_t left_out = k->files_gone ? 0 : missing_unhurt(m);
	if (left_out == 0)
		return;
	char text[160];
	snprintf(text, sizeof text, "%llu file%s missing in its FileIndex: left out when this volume was made",
		 (unsigned long long)left_out, left_out == 1 ? " is" : "s are");
	found_of_job(v, k, VERIFY_NOTE, text);
}

/* What can be said only at the end. */
static void conclude_job(struct verify *v, struct tracked *k)
{
	char text[160];
	enum verify_kind kind = v->o.whole ? VERIFY_NOT_WHOLE : VERIFY_NOTE;
	if (!k->result.begun && k->first_index > 1) {
		snprintf(text, sizeof text, "has no start of session here, nor files before FileIndex %d: they lie on another volume, or "
			 "were lost", k->first_index);
		found_of_job(v, k, kind, text);
	} else if (!k->result.begun) {
		found_of_job(v, k, kind, "has no start of session here: it lies on another volume, or was lost");
	}
	if (!k->result.ended)
		found_of_job(v, k, kind, "has no end here: it was cancelled, goes on elsewhere, or was cut off");
	/* In a dump of a tape they are places on the tape. */
	const struct verify_volume *misplaced_on = k->misplaced_on ? volume_of(v, k->misplaced_on, &v->err) : NULL;
	if (misplaced_on && misplaced_on->info->padding == 0)
		found_of_job(v, k, VERIFY_NOTE, "the addresses in its end-of-session label lie behind it, as bcopy leaves them");
	conclude_missing(v, k);
	if (k->misnumbered > 0 && k->result.problems == 0) {
		snprintf(text, sizeof text, "%llu of its blocks do not bear the number that follows",
			 (unsigned long long)k->misnumbered);
		found_of_job(v, k, VERIFY_NOTE, text);
	}
}

/* formats/bacula-encryption.md 1.6 */
static void note_tweaks(struct verify *v, const struct verify_volume *on)
{
	char text[200];
	struct verify_problem p = {.kind = VERIFY_NOTE, .volume = on->info, .file = "", .reason = text};
	if (on->info->reused == 0)
		return;
	snprintf(text, sizeof text, "%llu of %llu encrypted blocks bear a number that their session had before, so tweaks repeat: "
		 "Bacula's data spooling does so, and --encrypt with a new key cures it",
		 (unsigned long long)on->info->reused, (unsigned long long)on->info->opened);
	report(v, &p);
}

/* What is in order, and is on no other volumes. */
static void note_oddities(struct verify *v, const struct verify_volume *on)
{
	char text[VOLUME_ODDITY_BYTES];
	const struct verify_problem p = {.kind = VERIFY_NOTE, .volume = on->info, .file = "", .reason = text};
	for (unsigned i = 0; volume_oddity(on->info, i, text); i++)
		report(v, &p);
}

static void conclude_volume(struct verify *v, const struct verify_volume *on)
{
	struct verify_problem p = {.volume = on->info, .file = ""};
	note_tweaks(v, on);
	note_oddities(v, on);
	if (on->problems == 0)
		p.reason = !on->info->has_label ? volume_label_missing(on->info) :
			   on->headless		? "its volume label is not in its first block, where each daemon looks for it" :
						  NULL;
	if (p.reason) {
		p.kind = VERIFY_DAMAGE;
		report(v, &p);
	}
	char text[200];
	if (on->reversed > 0) {
		snprintf(text, sizeof text, "%llu of %llu blocks: " BLOCK_REVERSED_TEXT ": other versions read none of them, xflate "
			 "filter --repair mends it", (unsigned long long)on->reversed, (unsigned long long)on->blocks);
		p.kind = VERIFY_REVERSED;
		p.reason = text;
		report(v, &p);
	}
	if (on->without_checksum > 0) {
		snprintf(text, sizeof text, "%llu of %llu blocks bear no checksum: what no digest covers in them is not proved",
			 (unsigned long long)on->without_checksum, (unsigned long long)on->blocks);
		p.kind = VERIFY_NOTE;
		p.reason = text;
		report(v, &p);
	}
}

int verify_run(struct verify *v, struct err *e)
{
	int rc = filter_run(v->filter, e);
	for (size_t i = 0; i < v->job_count; i++) {
		if (v->jobs[i].result.job)
			v->jobs[i].result.missing = filter_missing(v->filter, v->jobs[i].result.job);
	}
	if (rc == 0)
		rc = proof_finish(v->proof, e);
	for (size_t i = 0; rc == 0 && i < v->job_count; i++) {
		if (v->jobs[i].result.job)
			conclude_job(v, &v->jobs[i]);
	}
	for (size_t i = 0; rc == 0 && i < v->volume_count; i++)
		conclude_volume(v, &v->volumes[i]);
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

uint64_t verify_problems(const struct verify *v, enum verify_kind kind)
{
	return v->problems[kind];
}

uint64_t verify_bytes(const struct verify *v)
{
	uint64_t in, out;
	filter_progress(v->filter, &in, &out);
	return in;
}
