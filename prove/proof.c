/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kind of a digest is known only when it comes, behind the data.  So content is kept until then if it is small;
 * what grows beyond that is counted as it passes, with the kinds of digest that the job has used so far, or with all of
 * them if it has used none. */
#include "prove/proof.h"

#include "base/array.h"
#include "format/attributes.h"
#include "format/doubling.h"
#include "format/stream.h"

#include <stdlib.h>

#define KEEP_BYTES ((size_t)1 << 20)     /* of one file */
#define KEEP_ALL_BYTES ((size_t)8 << 20) /* of all open files together */
#define FIRST_BYTES ((size_t)64 << 10)
#define MD5_BYTES 16u
#define ALL_KINDS ((1u << DIGEST_KINDS) - 1)

/* Content, kept or counted. */
struct content_stream {
	uint8_t *kept;
	size_t len, cap;
	bool counting;
	struct digest *digests[DIGEST_KINDS];
};

/* The file of a session that is being read. */
struct open_proof {
	const struct job *job;
	int32_t file_index; /* 0: none */
	int32_t highest_closed;
	char *name;
	size_t name_cap;
	unsigned type;
	uint64_t size; /* as the attributes say */
	uint64_t bytes;
	struct content_stream as_is, undoubled;
	bool has_data, opaque, cut, damaged, joined, doubled;
	bool may_be_doubled; /* every record so far begins with its own address */
	struct doubling doubling;
	bool judged; /* a digest came: */
	enum proof_verdict verdict;
	enum digest_kind digest;
	unsigned kinds; /* that the job has used, a bit each */
};

struct proof {
	int (*on_file)(void *arg, const struct proof_file *file, struct err *e);
	void *arg;
	bool all;
	void **files; /* struct open_proof, by job index */
	size_t count;
	size_t kept; /* capacities of all */
	struct digest *at_once[DIGEST_KINDS];
};

/* ---- content ---- */

static void stream_free(struct proof *p, struct content_stream *s)
{
	p->kept -= s->cap;
	free(s->kept);
	for (int i = 0; i < DIGEST_KINDS; i++)
		digest_free(s->digests[i]);
	*s = (struct content_stream){0};
}

/* Ready for the next file.  The memory stays where it may be wanted again. */
static void stream_reset(struct proof *p, struct content_stream *s)
{
	s->len = 0;
	s->counting = false;
	if (p->kept > KEEP_ALL_BYTES / 2)
		stream_free(p, s);
}

static int stream_count(struct proof *p, struct content_stream *s, unsigned kinds, struct err *e)
{
	for (int i = 0; i < DIGEST_KINDS; i++) {
		if ((kinds & 1u << i) == 0) {
			digest_free(s->digests[i]);
			s->digests[i] = NULL;
			continue;
		}
		if (s->digests[i] == NULL)
			s->digests[i] = digest_new((enum digest_kind)i);
		if (s->digests[i] == NULL || !digest_reset(s->digests[i]))
			return err_memory(e, 0, "a digest");
		digest_add(s->digests[i], s->kept, s->len);
	}
	p->kept -= s->cap;
	free(s->kept);
	s->kept = NULL;
	s->len = s->cap = 0;
	s->counting = true;
	return 0;
}

static bool stream_keep(struct proof *p, struct content_stream *s, const uint8_t *data, size_t len)
{
	size_t cap = s->cap ? s->cap : FIRST_BYTES;
	while (cap < s->len + len)
		cap *= 2;
	if (cap > KEEP_BYTES || p->kept - s->cap + cap > KEEP_ALL_BYTES)
		return false;
	if (cap > s->cap) {
		uint8_t *grown = realloc(s->kept, cap);
		if (grown == NULL)
			return false;
		p->kept += cap - s->cap;
		s->kept = grown;
		s->cap = cap;
	}
	memcpy(s->kept + s->len, data, len);
	s->len += len;
	return true;
}

static int stream_add(struct proof *p, struct content_stream *s, unsigned kinds, struct span data, struct err *e)
{
	if (data.len == 0 || (!s->counting && stream_keep(p, s, data.data, data.len)))
		return 0;
	int rc = s->counting ? 0 : stream_count(p, s, kinds, e);
	for (int i = 0; rc == 0 && i < DIGEST_KINDS; i++)
		digest_add(s->digests[i], data.data, data.len);
	return rc;
}

/* The digest of what was added; 0 if that kind was not counted. */
static size_t stream_value(struct proof *p, const struct content_stream *s, enum digest_kind kind, uint8_t value[static DIGEST_MAX_BYTES])
{
	if (s->counting)
		return s->digests[kind] ? digest_value(s->digests[kind], value) : 0;
	if (p->at_once[kind] == NULL)
		p->at_once[kind] = digest_new(kind);
	struct digest *d = p->at_once[kind];
	if (d == NULL || !digest_reset(d))
		return 0;
	digest_add(d, s->kept, s->len);
	return digest_value(d, value);
}

/* ---- files ---- */

struct proof *proof_new(bool all, int (*on_file)(void *arg, const struct proof_file *file, struct err *e), void *arg)
{
	struct proof *p = calloc(1, sizeof *p);
	if (p) {
		p->all = all;
		p->on_file = on_file;
		p->arg = arg;
	}
	return p;
}

void proof_free(struct proof *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->count; i++) {
		struct open_proof *f = p->files[i];
		if (f == NULL)
			continue;
		stream_free(p, &f->as_is);
		stream_free(p, &f->undoubled);
		free(f->name);
		free(f);
	}
	for (int i = 0; i < DIGEST_KINDS; i++)
		digest_free(p->at_once[i]);
	free(p->files);
	free(p);
}

static struct open_proof *find(const struct proof *p, const struct job *job)
{
	return job->index < p->count ? p->files[job->index] : NULL;
}

static enum proof_verdict verdict(const struct open_proof *f)
{
	if (f->damaged)
		return PROOF_DAMAGED;
	if (f->cut)
		return PROOF_CUT;
	if (f->judged)
		return f->verdict;
	if (f->opaque)
		return PROOF_OPAQUE;
	return f->has_data ? PROOF_NO_DIGEST : PROOF_NO_CONTENT;
}

static int close_file(struct proof *p, struct open_proof *f, struct err *e)
{
	if (f == NULL || f->file_index == 0)
		return 0;
	struct proof_file file = {
		.job = f->job,
		.file_index = f->file_index,
		.name = f->name ? f->name : "",
		.verdict = verdict(f),
		.digest = f->digest,
		.bytes = f->bytes,
		.joined = f->joined,
		.doubled = f->doubled,
	};
	/* Without a digest the addresses tell, or the size. */
	if (file.verdict == PROOF_NO_DIGEST && f->may_be_doubled)
		file.doubled = doubling_judge(&f->doubling, f->size) == DOUBLING_YES;
	int rc = p->on_file(p->arg, &file, e);
	f->highest_closed = f->file_index > f->highest_closed ? f->file_index : f->highest_closed;
	f->file_index = 0;
	return rc;
}

static void open_next(struct proof *p, struct open_proof *f, int32_t file_index)
{
	stream_reset(p, &f->as_is);
	stream_reset(p, &f->undoubled);
	f->file_index = file_index;
	f->type = 0;
	f->size = f->bytes = 0;
	f->doubling = (struct doubling){0};
	f->has_data = f->opaque = f->cut = f->damaged = f->joined = f->doubled = f->judged = false;
	f->may_be_doubled = true;
	if (f->name)
		f->name[0] = '\0';
}

/* ---- records ---- */

static int learn_file(struct open_proof *f, const struct attributes *a, struct err *e)
{
	if (!a->whole)
		return 0;
	f->type = a->type;
	f->size = a->size;
	return attributes_keep_name(a->name, &f->name, &f->name_cap, e);
}

/* One plain record, its address apart. */
static int add_data(struct proof *p, struct open_proof *f, const struct outrecord *r, bool has_prefix, struct err *e)
{
	const struct outrecord_content c = outrecord_content(r, has_prefix);
	const struct span data = c.data;
	unsigned kinds = p->all || f->kinds == 0 ? ALL_KINDS : f->kinds;
	f->may_be_doubled = f->may_be_doubled && doubling_begins(c.address, data);
	doubling_add(&f->doubling, c.address, data);
	f->has_data = true;
	f->bytes += data.len;
	int rc = stream_add(p, &f->as_is, kinds, data, e);
	if (rc == 0 && f->may_be_doubled)
		rc = stream_add(p, &f->undoubled, kinds, (struct span){data.data + STREAM_PREFIX_BYTES, data.len - STREAM_PREFIX_BYTES}, e);
	return rc;
}

static bool equal(struct span a, const uint8_t *value, size_t len)
{
	return a.len == len && memcmp(a.data, value, len) == 0;
}

/* The digest of the content as it came; 0 if that kind was not counted. */
static size_t value_of(struct proof *p, const struct open_proof *f, const struct counted *c, uint8_t value[static DIGEST_MAX_BYTES])
{
	if (f->digest != DIGEST_MD5 || c->md5 == NULL || c->bytes != f->bytes)
		return stream_value(p, &f->as_is, f->digest, value);
	memcpy(value, c->md5, MD5_BYTES);
	return MD5_BYTES;
}

static enum proof_verdict judge(struct proof *p, struct open_proof *f, uint32_t stream, struct span stored, const struct counted *c)
{
	uint8_t value[DIGEST_MAX_BYTES];
	/* One of no length is of no other length: what the file is decides first. */
	if (!stream_digest_kind(stream, stored.len, &f->digest) && stored.len > 0)
		return PROOF_WRONG;
	f->kinds |= 1u << f->digest;
	if (f->opaque)
		return PROOF_OPAQUE;
	if (!f->has_data && f->type == ATTRIBUTES_HARD_LINK)
		return PROOF_NO_CONTENT;
	size_t len = value_of(p, f, c, value);
	if (len == 0)
		return PROOF_UNCOUNTED;
	if (equal(stored, value, len))
		return PROOF_RIGHT;
	if (!f->has_data || !f->may_be_doubled)
		return PROOF_WRONG;
	len = stream_value(p, &f->undoubled, f->digest, value);
	f->doubled = f->doubled || equal(stored, value, len);
	return equal(stored, value, len) ? PROOF_RIGHT : PROOF_WRONG;
}

static int add_record(struct proof *p, struct open_proof *f, const struct plain_item *plain, const struct outrecord *r, struct err *e)
{
	const struct item *item = plain->item;
	if (attributes_are(item->stream))
		return learn_file(f, &item->attributes, e);
	if (stream_form(item->stream) != STREAM_OPAQUE) {
		/* Data behind its digest is covered by none. */
		if (f->judged && f->verdict == PROOF_RIGHT)
			f->verdict = PROOF_WRONG;
		return add_data(p, f, r, stream_has_prefix(item->stream), e);
	}
	f->opaque = f->opaque || stream_is_closed_content(item->stream);
	/* Of the record, for a signature may pass as the digest that is signed (pipeline/unlock.h). */
	if (stream_is_digest(r->stream)) {
		enum proof_verdict v = judge(p, f, r->stream, r->body, &plain->counted);
		/* Of several digests the worst tells. */
		f->verdict = f->judged && f->verdict != PROOF_RIGHT ? f->verdict : v;
		f->judged = true;
	}
	return 0;
}

int proof_add(struct proof *p, const struct plain_item *plain, struct err *e)
{
	const struct item *item = plain->item;
	struct open_proof *f = array_row(&p->files, &p->count, item->job->index, sizeof *f);
	if (f == NULL)
		return err_memory(e, sizeof *f, "a file's proof");
	if (f->job == NULL)
		f->job = item->job;
	int32_t index = item->file_index > 0 ? item->file_index : 0;
	if (f->file_index != index) {
		int rc = close_file(p, f, e);
		if (rc != 0)
			return rc;
		open_next(p, f, index);
	}
	if (index == 0)
		return 0;
	f->cut = f->cut || !plain->whole;
	f->joined = f->joined || item->joined;
	for (size_t i = 0; plain->whole && i < plain->count; i++) {
		int rc = add_record(p, f, plain, &plain->records[i], e);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int proof_end(struct proof *p, const struct job *job, struct err *e)
{
	return close_file(p, find(p, job), e);
}

void proof_damage(struct proof *p, const struct job *job, int32_t file_index)
{
	struct open_proof *f = find(p, job);
	if (f && f->file_index == file_index)
		f->damaged = true;
}

bool proof_hurt(struct proof *p, const struct finding *f)
{
	bool unhurt = f->block ? f->kept || (f->job && proof_is_past(p, f->job, f->file_index))
			       : f->job && proof_is_behind(p, f->job, f->file_index);
	if (f->job && !unhurt)
		proof_damage(p, f->job, f->file_index);
	return !unhurt;
}

bool proof_is_past(const struct proof *p, const struct job *job, int32_t file_index)
{
	const struct open_proof *f = find(p, job);
	bool proved = f && f->judged && f->verdict == PROOF_RIGHT && !f->damaged;
	return f && (f->file_index > file_index || (f->file_index == file_index && proved));
}

bool proof_is_behind(const struct proof *p, const struct job *job, int32_t file_index)
{
	const struct open_proof *f = find(p, job);
	return f && f->file_index != file_index && f->highest_closed >= file_index;
}

const char *proof_name(const struct proof *p, const struct job *job, int32_t file_index)
{
	const struct open_proof *f = find(p, job);
	return f && f->file_index == file_index && f->name ? f->name : "";
}

int proof_finish(struct proof *p, struct err *e)
{
	for (size_t i = 0; i < p->count; i++) {
		int rc = close_file(p, p->files[i], e);
		if (rc != 0)
			return rc;
	}
	return 0;
}
