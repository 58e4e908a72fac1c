/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records of each job become one file after the other, in whatever order the jobs stand on the volumes; each is told of when its last
 * record has been seen, with what its digest says of it (prove/proof.h). */
#include "index/indexer.h"

#include "base/array.h"
#include "format/attributes.h"
#include "format/stream.h"
#include "index/volumeid.h"
#include "prove/course.h"
#include "prove/proof.h"

#include <stdlib.h>

#define ACL_FIRST 1000u
#define XATTR_FIRST 1988u
#define XATTR_LAST 1999u

/* A block. */
struct place {
	unsigned volume; /* its index in the run */
	uint64_t addr;
};

struct indexed_volume {
	const struct volume_info *info; /* as it was known last; NULL: it has not appeared */
	struct fileindex_volume row;
	uint64_t last_at, last_bytes;
};

struct indexed_job {
	const struct course *course;
	struct fileindex_job row;
	bool on_volume; /* noted is one: it has data there, and who takes the rows knows */
	unsigned noted;
	unsigned *passed; /* volumes that it has had blocks on since, in their order, and perhaps no record that begins there */
	size_t passed_count, passed_room;
	/* The file whose records come. */
	int32_t index; /* 0: none */
	bool known;    /* its attributes have come, */
	bool object;   /* or it is something else, which has no name */
	bool twice;    /* they came again, or behind its data */
	bool suspect;  /* some of it comes from a block with a wrong checksum */
	bool ahead;    /* its last record was completed before the block where it ends came */
	uint8_t *record;
	size_t record_cap;
	struct fileindex_file file;
	struct place first, last;
	struct proof_file verdict;
};

struct indexer {
	struct indexer_options o;
	struct observer observer;
	struct proof *proof;
	void **jobs, **volumes; /* by their indexes */
	size_t job_count, volume_count;
	struct place block; /* the one whose records come */
	struct indexed_job *closing;
	struct err err; /* of what cannot fail where it happens */
	uint64_t damages;
};

/* ---- volumes and jobs ---- */

static struct indexed_volume *volume_of(struct indexer *x, const struct volume_info *info, struct err *e)
{
	struct indexed_volume *v = array_row(&x->volumes, &x->volume_count, info->index, sizeof *v);
	if (v)
		v->info = info;
	else
		err_memory(e, sizeof *v, "a volume");
	return v;
}

static int tell_volume(struct indexer *x, struct indexed_volume *v, struct err *e)
{
	const struct volume_info *info = v->info;
	volumeid_name(info->has_label ? &info->label : NULL, info->path, v->row.name, &v->row.label_time);
	memcpy(v->row.pool, info->label.pool, sizeof v->row.pool);
	memcpy(v->row.media_type, info->label.media_type, sizeof v->row.media_type);
	v->row.product = info->product;
	v->row.path = info->path;
	return x->o.sink.volume(x->o.sink.arg, &v->row, e);
}

/* Its number with who takes the rows. */
static int volume_id(struct indexer *x, unsigned index, int64_t *id, struct err *e)
{
	struct indexed_volume *v = x->volumes[index];
	int rc = v->row.id == 0 ? tell_volume(x, v, e) : 0;
	*id = v->row.id;
	return rc;
}

static struct indexed_job *job_of(struct indexer *x, const struct job *job, struct err *e)
{
	struct indexed_job *j = array_row(&x->jobs, &x->job_count, job->index, sizeof *j);
	if (j == NULL)
		err_memory(e, sizeof *j, "a job");
	return j;
}

static int tell_job(struct indexer *x, struct indexed_job *j, struct err *e)
{
	const struct job *job = j->course->job;
	j->row.session_id = job->session_id;
	j->row.session_time = job->session_time;
	j->row.begun = job->has_label;
	if (job->has_label)
		j->row.start = job->label;
	j->row.missing = missing_files(&j->course->missing);
	return x->o.sink.job(x->o.sink.arg, &j->row, e);
}

/* It has something on this volume. */
static int note_volume(struct indexer *x, struct indexed_job *j, unsigned volume, struct err *e)
{
	int64_t id;
	if (j->on_volume && j->noted == volume)
		return 0;
	/* The volume first: what the index has of it goes then, jobs of it alone among that. */
	int rc = volume_id(x, volume, &id, e);
	if (rc == 0 && j->row.id == 0)
		rc = tell_job(x, j, e);
	if (rc == 0)
		rc = x->o.sink.job_volume(x->o.sink.arg, j->row.id, id, e);
	j->on_volume = true;
	j->noted = volume;
	return rc;
}

static int note_passed(struct indexer *x, struct indexed_job *j, struct err *e)
{
	int rc = err_pass(e, &x->err);
	for (size_t i = 0; rc == 0 && i < j->passed_count; i++)
		rc = note_volume(x, j, j->passed[i], e);
	j->passed_count = 0;
	return rc;
}

static void pass_volume(struct indexer *x, struct indexed_job *j, unsigned volume)
{
	bool known = j->passed_count > 0 ? j->passed[j->passed_count - 1] == volume : j->on_volume && j->noted == volume;
	if (known)
		return;
	unsigned *grown = array_reach(j->passed, &j->passed_room, j->passed_count, sizeof *grown);
	if (grown == NULL) {
		err_memory(&x->err, j->passed_count * sizeof *grown, "volumes");
		return;
	}
	j->passed = grown;
	j->passed[j->passed_count++] = volume;
}

/* ---- the end of a file ---- */

static int on_verdict(void *arg, const struct proof_file *file, struct err *e)
{
	struct indexer *x = arg;
	(void)e;
	if (x->closing)
		x->closing->verdict = *file;
	return 0;
}

static bool has_no_content(const struct fileindex_file *f)
{
	return f->stat.type == FILESTAT_FOLDER || f->stat.type == FILESTAT_DELETED || f->stat.type == FILESTAT_BASE ||
	       f->stat.type == FILESTAT_HARD_LINK || (f->flags & FILEINDEX_UPDATE);
}

static enum fileindex_verdict judge(const struct indexed_job *j)
{
	const struct fileindex_file *f = &j->file;
	bool file = f->stat.type == FILESTAT_FILE && !(f->flags & (FILEINDEX_SPARSE | FILEINDEX_DELTA | FILEINDEX_UPDATE));
	if (j->twice)
		return FILEINDEX_DAMAGED;
	switch (j->verdict.verdict) {
	case PROOF_RIGHT: return j->verdict.doubled ? FILEINDEX_DAMAGED : FILEINDEX_PROVEN;
	case PROOF_WRONG: return has_no_content(f) && f->bytes == 0 ? FILEINDEX_NOTHING : FILEINDEX_DAMAGED;
	case PROOF_DAMAGED: return FILEINDEX_DAMAGED;
	case PROOF_CUT: return FILEINDEX_CUT;
	case PROOF_OPAQUE: return FILEINDEX_CLOSED;
	case PROOF_NO_DIGEST: return j->suspect || (file && f->bytes < f->stat.size) ? FILEINDEX_DAMAGED : FILEINDEX_PLAUSIBLE;
	case PROOF_NO_CONTENT: return j->suspect || (file && f->stat.size > 0) ? FILEINDEX_DAMAGED : FILEINDEX_NOTHING;
	case PROOF_UNCOUNTED:
	case PROOF_VERDICTS: break;
	}
	return FILEINDEX_PLAUSIBLE;
}

static int tell_file(struct indexer *x, struct indexed_job *j, struct err *e)
{
	struct fileindex_file *f = &j->file;
	if (!j->known) {
		f->stat = (struct filestat){.name = "", .link = "", .extended = ""};
		f->flags |= FILEINDEX_NAMELESS;
	}
	f->bytes = j->verdict.bytes;
	f->verdict = judge(j);
	f->job = j->row.id;
	f->file_index = j->index;
	f->first.addr = j->first.addr;
	f->last.addr = j->last.addr;
	int rc = volume_id(x, j->first.volume, &f->first.volume, e);
	if (rc == 0)
		rc = volume_id(x, j->last.volume, &f->last.volume, e);
	x->damages += f->verdict == FILEINDEX_DAMAGED || (f->flags & FILEINDEX_NAMELESS);
	return rc == 0 ? x->o.sink.file(x->o.sink.arg, f, e) : rc;
}

/* What is no file has no row: objects of plugins, records that are of no file's. */
static int close_file(struct indexer *x, struct indexed_job *j, struct err *e)
{
	j->verdict = (struct proof_file){.verdict = PROOF_NO_CONTENT, .name = ""};
	x->closing = j;
	int rc = proof_end(x->proof, j->course->job, e);
	x->closing = NULL;
	if (rc == 0 && j->index > 0 && (j->known || !j->object))
		rc = tell_file(x, j, e);
	j->index = 0;
	return rc;
}

static void open_file(struct indexer *x, struct indexed_job *j, const struct item *item)
{
	j->index = item->file_index > 0 ? item->file_index : 0;
	j->known = j->object = j->twice = j->suspect = j->ahead = false;
	j->file = (struct fileindex_file){0};
	j->first = (struct place){item->volume->index, item->addr};
	j->last = x->block;
}

/* ---- its records ---- */

static int learn(struct indexed_job *j, const struct plain_item *plain, struct err *e)
{
	struct fileindex_file *f = &j->file;
	struct span data = plain->item->data;
	j->twice = j->twice || j->known || f->data_stream > 0;
	if (j->known || !plain->whole || data.len == 0)
		return 0;
	uint8_t *room = array_reach(j->record, &j->record_cap, data.len - 1, 1);
	if (room == NULL)
		return err_memory(e, data.len, "attributes");
	j->record = memcpy(room, data.data, data.len);
	j->known = filestat_read((struct span){room, data.len}, &f->stat);
	if (j->known && filestat_of_windows(&f->stat))
		f->flags |= FILEINDEX_WINDOWS;
	if (stream_is_update(plain->item->stream))
		f->flags |= FILEINDEX_UPDATE;
	return 0;
}

static void learn_digest(struct fileindex_file *f, uint32_t stream, struct span value)
{
	if (value.len > sizeof f->value || !stream_digest_kind(stream, value.len, &f->digest))
		return;
	f->has_digest = true;
	f->value_bytes = value.len;
	memcpy(f->value, value.data, value.len);
}

static unsigned flags_of(uint32_t stream)
{
	uint32_t n = stream_number(stream);
	enum stream_form form = stream_form(stream);
	unsigned flags = 0;
	if (n >= ACL_FIRST && n < XATTR_FIRST)
		flags |= FILEINDEX_ACL;
	if (n >= XATTR_FIRST && n <= XATTR_LAST)
		flags |= FILEINDEX_XATTR;
	if (stream_is_client_encrypted(stream))
		flags |= FILEINDEX_ENCRYPTED;
	if (form != STREAM_OPAQUE && stream_has_prefix(stream))
		flags |= FILEINDEX_SPARSE;
	if (form == STREAM_LEGACY || form == STREAM_HEADED)
		flags |= FILEINDEX_COMPRESSED;
	if (form != STREAM_OPAQUE && stream_number(stream_in_form(stream, STREAM_PLAIN)) == STREAM_WIN32)
		flags |= FILEINDEX_WINDOWS;
	if (n == STREAM_PLUGIN_NAME || n == STREAM_PLUGIN_DATA || (n >= STREAM_PLUGIN_OBJECT && n <= STREAM_PLUGIN_META_CATALOG))
		flags |= FILEINDEX_PLUGIN;
	if (stream & STREAM_BIT_DELTA)
		flags |= FILEINDEX_DELTA;
	return flags;
}

static bool is_data(uint32_t stream)
{
	return stream_form(stream) != STREAM_OPAQUE || stream_is_closed_content(stream);
}

static int take(struct indexer *x, struct indexed_job *j, const struct plain_item *plain, struct err *e)
{
	const struct item *item = plain->item;
	struct fileindex_file *f = &j->file;
	bool attributes = attributes_are(item->stream) || stream_is_update(item->stream);
	j->suspect = j->suspect || item->suspect;
	j->object = j->object || (!attributes && stream_begins_file(item->stream));
	j->last = x->block;
	j->ahead = item->cuts > 0 && x->block.volume == item->volume->index;
	f->stored += item->len;
	f->flags |= flags_of(item->stream);
	if (f->data_stream == 0 && is_data(item->stream))
		f->data_stream = stream_number(item->stream);
	if (stream_is_digest(item->stream) && plain->whole && plain->count == 1)
		learn_digest(f, item->stream, plain->records[0].body);
	int rc = attributes ? learn(j, plain, e) : 0;
	return rc == 0 ? proof_add(x->proof, plain, e) : rc;
}

/* ---- who looks on ---- */

static int on_job(void *arg, const struct course *course, struct err *e)
{
	struct indexed_job *j = job_of(arg, course->job, e);
	if (j == NULL)
		return e->code;
	j->course = course;
	return 0;
}

static void on_block_of(struct indexer *x, struct indexed_job *j)
{
	if (j->index == 0 || !j->ahead)
		return;
	pass_volume(x, j, x->block.volume);
	j->last = x->block;
}

/* The rest of a record that was completed before its turn lies in blocks of its job, before another record of that comes.  Blocks of BB01 are
 * of no job. */
static void on_block(void *arg, const struct item *block)
{
	struct indexer *x = arg;
	struct indexed_volume *v = volume_of(x, block->volume, &x->err);
	x->block = (struct place){block->volume->index, block->addr};
	if (v) {
		v->last_at = block->addr;
		v->last_bytes = block->len;
	}
	for (size_t i = 0; block->job == NULL && block->form.version == 1 && i < x->job_count; i++) {
		if (x->jobs[i])
			on_block_of(x, x->jobs[i]);
	}
	if (block->job && block->job->index < x->job_count && x->jobs[block->job->index])
		on_block_of(x, x->jobs[block->job->index]);
}

static int on_record(void *arg, const struct plain_item *plain, struct err *e)
{
	struct indexer *x = arg;
	const struct item *item = plain->item;
	struct indexed_job *j = job_of(x, item->job, e);
	if (j == NULL || volume_of(x, item->volume, e) == NULL)
		return e->code;
	int rc = note_passed(x, j, e);
	if (rc == 0)
		rc = note_volume(x, j, item->volume->index, e);
	if (rc == 0 && x->block.volume != item->volume->index)
		rc = note_volume(x, j, x->block.volume, e);
	if (rc == 0 && (j->index == 0 || j->index != item->file_index)) {
		rc = close_file(x, j, e);
		open_file(x, j, item);
	}
	if (item->file_index == LABEL_SESSION_END && plain->label) {
		j->row.ended = true;
		j->row.end = *plain->label;
	}
	return rc == 0 && item->file_index > 0 ? take(x, j, plain, e) : rc;
}

/* Who reads the file where it lies, and nothing else, is to come to what has hurt it. */
static void reach(struct indexer *x, const struct finding *f)
{
	struct indexed_job *j = f->job && f->job->index < x->job_count ? x->jobs[f->job->index] : NULL;
	bool its = j && j->index > 0 && (f->file_index == 0 || f->file_index == j->index);
	if (its && f->placed && f->volume && f->volume->index == j->last.volume && f->addr > j->last.addr)
		j->last.addr = f->addr;
}

static void on_finding(void *arg, const struct finding *f)
{
	struct indexer *x = arg;
	struct indexed_volume *v = f->volume ? volume_of(x, f->volume, &x->err) : NULL;
	if (proof_hurt(x->proof, f))
		reach(x, f);
	if (f->kind == FINDING_DAMAGE || f->kind == FINDING_CUT_BY_NETWORK || f->kind == FINDING_DOUBLED) {
		x->damages++;
		if (v)
			v->row.damages++;
	}
	x->o.problem(x->o.arg, f);
}

static void on_end_volume(void *arg, const struct volume_info *info)
{
	struct indexer *x = arg;
	struct indexed_volume *v = volume_of(x, info, &x->err);
	if (v == NULL)
		return;
	/* Of what is read in parts, bytes are those that were read. */
	uint64_t end = info->size > 0 ? info->size : info->inside + info->bytes;
	v->row.size = end > v->last_at + v->last_bytes ? end : v->last_at + v->last_bytes;
	v->row.last_at = v->last_at;
	/* What cannot be looked at again cannot be known again. */
	bool known = volumeid_hash(info->path, v->last_at, v->last_bytes, &v->row.last_hash);
	v->row.last_bytes = known ? v->last_bytes : 0;
}

static bool proves(void *arg, const struct job *job)
{
	(void)arg;
	(void)job;
	return true;
}

static int on_finish(void *arg, struct err *e)
{
	struct indexer *x = arg;
	int rc = err_pass(e, &x->err);
	for (size_t i = 0; rc == 0 && i < x->job_count; i++) {
		struct indexed_job *j = x->jobs[i];
		if (j == NULL || j->row.id == 0)
			continue;
		rc = note_passed(x, j, e);
		if (rc == 0)
			rc = close_file(x, j, e);
		if (rc == 0)
			rc = tell_job(x, j, e);
	}
	for (size_t i = 0; rc == 0 && i < x->volume_count; i++) {
		struct indexed_volume *v = x->volumes[i];
		if (v)
			rc = tell_volume(x, v, e);
	}
	return rc;
}

/* ---- the whole ---- */

struct indexer *indexer_new(const struct indexer_options *options)
{
	struct indexer *x = calloc(1, sizeof *x);
	if (x == NULL)
		return NULL;
	x->o = *options;
	x->observer = (struct observer){
		.arg = x,
		.job = on_job,
		.record = on_record,
		.finding = on_finding,
		.block = on_block,
		.end_volume = on_end_volume,
		.finish = on_finish,
		.proves = proves,
	};
	x->proof = proof_new(options->all_digests, on_verdict, x);
	if (x->proof)
		return x;
	indexer_free(x);
	return NULL;
}

void indexer_free(struct indexer *x)
{
	if (x == NULL)
		return;
	for (size_t i = 0; i < x->job_count; i++) {
		struct indexed_job *j = x->jobs[i];
		if (j) {
			free(j->record);
			free(j->passed);
		}
		free(j);
	}
	for (size_t i = 0; i < x->volume_count; i++)
		free(x->volumes[i]);
	free(x->jobs);
	free(x->volumes);
	proof_free(x->proof);
	free(x);
}

const struct observer *indexer_observer(struct indexer *x)
{
	return &x->observer;
}

uint64_t indexer_damages(const struct indexer *x)
{
	return x->damages;
}
