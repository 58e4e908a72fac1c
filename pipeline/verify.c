/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The filter inflates everything in parallel and hands the plain records here, in order. */
#include "pipeline/verify.h"

#include "base/array.h"
#include "volume/attributes.h"
#include "volume/stream.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A job, and what its next record is held against. */
struct tracked {
	struct verify_job result;
	int32_t first_index, last_index;
	int32_t attributes_of, orphan; /* FileIndex of the last attributes seen; of the last file without any */
	uint32_t previous_stream;
	uint32_t last_number;
	uint64_t misnumbered;
	bool numbered, ndmp, cut, data_behind_end;
	bool jumped;	 /* a block number was passed over just before the block at hand, */
	bool files_gone; /* and files are missing there, or bytes, says its end */
	const struct volume_info *misplaced_on; /* the addresses in its end lie behind it there */
};

struct verify {
	struct verify_options o;
	struct filter *filter;
	struct proof *proof;
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
		if (v->volumes[i - 1].info == info)
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

/* The numbers of a job's blocks go up by one; in BB03 they begin anew with each spool file (volume-corrections.md A5). */
static void check_number(struct tracked *k, const struct item *block)
{
	bool next = block->number == k->last_number + 1;
	bool spooled = block->form.version == 3 && (block->number == k->last_number || block->number == 0);
	k->misnumbered += k->numbered && !next && !spooled;
	k->jumped = k->numbered && block->number > k->last_number + 1;
	k->numbered = true;
	k->last_number = block->number;
}

static void on_block(void *arg, const struct item *block)
{
	struct verify *v = arg;
	struct verify_volume *on = volume_of(v, block->volume, &v->err);
	struct tracked *k = block->job ? job_of(v, block->job, &v->err) : NULL;
	if (on) {
		on->blocks++;
		on->without_checksum += !block->form.checksum;
		on->versions |= 1u << block->form.version;
	}
	if (k && !block->again)
		check_number(k, block);
}

/* A reader of volumes passes over data whose stream changes without new attributes (volume-format.md 4.7). */
static void check_stream(struct verify *v, const struct tracked *k, const struct item *item)
{
	uint32_t number = item->stream & STREAM_NUMBER_MASK, before = k->previous_stream;
	bool content = stream_form(item->stream) != STREAM_OPAQUE;
	bool allowed = before == number || before == STREAM_ATTRIBUTES || before == STREAM_ATTRIBUTES_EX || before == 22 ||
		       before == 35 || before == 36 || before == 0;
	if (content && !allowed && !k->ndmp && !k->result.problems && !item->head_missing)
		found(v, VERIFY_DAMAGE, "data of stream %u behind stream %u: a restore passes over it", number, before);
}

static void check_order(struct verify *v, struct tracked *k, const struct item *item)
{
	if (k->result.ended && !k->data_behind_end) {
		k->data_behind_end = true;
		found_in_item(v, VERIFY_DAMAGE, false, "data behind the job's end-of-session label");
	}
	if (item->file_index < k->last_index) {
		char text[80];
		snprintf(text, sizeof text, "FileIndex goes back from %d to %d", k->last_index, item->file_index);
		found_in_item(v, VERIFY_DAMAGE, false, text);
	} else if (item->file_index - 1 > k->last_index && k->last_index > 0) {
		k->files_gone = k->files_gone || k->jumped;
	}
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

/* After damage: a restore does not know where to put data whose attributes were lost, whatever its digest says. */
static void check_orphan(struct verify *v, struct tracked *k, const struct item *item)
{
	bool known = k->result.begun || k->attributes_of > 0;
	if (attributes_are(item->stream))
		k->attributes_of = item->file_index;
	if (!known || v->problems[VERIFY_DAMAGE] == 0 || k->attributes_of == item->file_index || k->orphan == item->file_index ||
	    !stream_needs_attributes(item->stream))
		return;
	k->orphan = item->file_index;
	proof_damage(v->proof, item->job, item->file_index);
	found(v, VERIFY_DAMAGE, "the attributes of its file are lost");
}

static void check_start(struct verify *v, struct tracked *k, const struct item *item)
{
	if (k->result.begun)
		found(v, VERIFY_DAMAGE, "a second start-of-session label");
	else if (k->result.records > 1)
		found(v, VERIFY_DAMAGE, "a start-of-session label behind the job's data");
	k->result.begun = true;
	struct session_label label;
	if (!item->head_missing && !item->tail_missing && !label_read_session(item->data, false, &label))
		found(v, VERIFY_DAMAGE, "the start-of-session label is not whole");
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
	check_addresses(k, item, &k->result.end);
	/* Where parts are missing, so are their files and bytes. */
	if (!k->result.begun || k->cut || k->result.problems > 0)
		return;
	k->files_gone = k->files_gone || k->result.data_bytes < k->result.end.job_bytes;
	if (k->result.end.job_bytes != k->result.data_bytes)
		found(v, VERIFY_DAMAGE, "the end-of-session label counts %llu bytes, but %llu are here (a volume is missing, or bcopy made this one)",
		      (unsigned long long)k->result.end.job_bytes, (unsigned long long)k->result.data_bytes);
	if ((int64_t)k->result.end.job_files != k->last_index)
		found(v, VERIFY_DAMAGE, "the end-of-session label counts %u files, but the last FileIndex is %d", k->result.end.job_files,
		      k->last_index);
}

/* At the ends of the set parts may lie on volumes that are not given; not between them. */
static void check_set(struct verify *v, const struct item *item)
{
	if (item->head_missing && item->volume != v->volumes[0].info)
		found(v, VERIFY_DAMAGE, "this record begins on a volume that is not given, or not in its place");
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
	k->cut = k->cut || item->head_missing || item->tail_missing;
	k->ndmp = k->ndmp || (item->file_index > 0 && (item->stream & STREAM_NUMBER_MASK) == STREAM_NDMP_SEPARATOR);
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
		check_stream(v, k, item);
		check_attributes(v, plain);
		check_orphan(v, k, item);
		k->previous_stream = item->stream & STREAM_NUMBER_MASK;
		k->result.data_bytes += item->len;
	}
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
		.callbacks = {.arg = v, .loss = on_loss, .plain = on_plain, .old_block = on_block},
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
	if (!k->result.begun && k->first_index > 1) {
		snprintf(text, sizeof text, "has no start of session here, nor files before FileIndex %d: they lie on another volume, or "
			 "were lost", k->first_index);
		found_of_job(v, k, VERIFY_NOTE, text);
	} else if (!k->result.begun) {
		found_of_job(v, k, VERIFY_NOTE, "has no start of session here: it lies on another volume, or was lost");
	}
	if (!k->result.ended)
		found_of_job(v, k, VERIFY_NOTE, "has no end here: it was cancelled, goes on elsewhere, or was cut off");
	/* In a dump of a tape they are places on the tape. */
	if (k->misplaced_on && k->misplaced_on->padding == 0)
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
	if (!on->info->has_label && on->problems == 0) {
		p.kind = VERIFY_DAMAGE;
		p.reason = volume_label_missing(on->info);
		report(v, &p);
	}
	if (on->without_checksum > 0) {
		char text[160];
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
