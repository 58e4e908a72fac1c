/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/intake.h"
#include "volume/reader.h"

#include "base/pace.h"
#include "format/attributes.h"
#include "format/stream.h"
#include "pipeline/join.h"
#include "pipeline/repair.h"

#include <stdlib.h>
#include <string.h>

#define SLOT_BYTES ((size_t)64 << 10)        /* of input: what it becomes shall stay in the second-level cache */
#define SLOT_FILES_BYTES ((size_t)256 << 10) /* where files are counted that are whole in a slot: more of them are */
#define PASS_KEEP_BYTES 4352u                /* of split records where blocks pass: names are wanted */
#define POOL_KEEP_BYTES ((size_t)8 << 20)

struct policy_list {
	struct stage_policy policy;
	struct policy_list *next;
};

struct intake {
	const struct filter_options *o;
	const struct reshape *reshape;
	bool reshapes;
	bool pass_blocks;
	struct buf_pool *bufs;
	struct reader *reader;
	struct joiner *joiner;     /* where records are inflated or mended */
	struct repairer *repairer; /* where they are mended */
	struct policy_list *policies;
	const struct stage_policy *policy; /* of the volume being read */
	bool policy_final;
	bool counts_files; /* those that are whole in a slot (pipeline/sums.h) */
	bool target_known;
	enum product target;
	struct cipher *cipher; /* NULL: nothing is opened or encrypted */
	struct cipher_volume *volume_cipher;
	bool cipher_begun;
	uint64_t paced; /* bytes that the pace knows of */
};

static bool open_volumes(struct intake *in, struct tasks *tasks)
{
	const struct reader_options ro = {
		.paths = in->o->paths,
		.path_count = in->o->path_count,
		.after_count = in->o->after_count,
		.before = in->o->before,
		.before_count = in->o->before_count,
		.blocks = true,
		.indexes = in->o->callbacks.old_block || in->pass_blocks || (in->o->observer && in->o->observer->block),
		.expect_volumes = in->o->on_damage == ON_DAMAGE_STOP,
		.keep_suspect = in->o->on_damage == ON_DAMAGE_KEEP,
		.tasks = tasks,
		.threads = in->o->threads,
		.digest = in->o->digest_in,
		.hash_volumes = in->o->hash_volumes,
		.keys = cipher_keys(in->cipher),
		.kin = in->o->kin,
		.kin_at = in->o->kin_at,
		.ranges = in->o->ranges,
		.range_count = in->o->range_count,
		.inside_files = in->o->inside_files,
		.keep_bytes = in->pass_blocks ? PASS_KEEP_BYTES : 0,
	};
	in->bufs = buf_pool_new(POOL_KEEP_BYTES);
	if (in->bufs && in->o->max_memory > 0)
		buf_pool_limit(in->bufs, in->o->max_memory);
	in->reader = in->bufs ? reader_new(&ro, in->bufs) : NULL;
	in->joiner = in->reader ? joiner_new(in->reader, in->bufs) : NULL;
	if (in->joiner && in->o->after_count > 0)
		joiner_goes_on(in->joiner);
	in->repairer = in->joiner && in->o->repair ? repairer_new(in->joiner) : NULL;
	return in->joiner && (in->repairer || !in->o->repair);
}

struct intake *intake_new(const struct filter_options *options, const struct reshape *reshape, struct tasks *tasks, bool pass_blocks)
{
	struct intake *in = calloc(1, sizeof *in);
	if (in == NULL)
		return NULL;
	in->o = options;
	in->reshape = reshape;
	in->reshapes = reshape_wanted(reshape);
	in->pass_blocks = pass_blocks;
	in->counts_files = options->observer && options->observer->proves;
	in->target_known = options->target_given;
	in->target = options->target;
	bool ciphers = options->cipher.read || options->cipher.encrypt;
	in->cipher = ciphers ? cipher_new(&options->cipher) : NULL;
	if ((ciphers && in->cipher == NULL) || !open_volumes(in, tasks)) {
		intake_free(in);
		return NULL;
	}
	return in;
}

void intake_free(struct intake *in)
{
	if (in == NULL)
		return;
	repairer_free(in->repairer);
	joiner_free(in->joiner);
	reader_free(in->reader);
	cipher_free(in->cipher);
	buf_pool_free(in->bufs);
	for (struct policy_list *p = in->policies, *next; p; p = next) {
		next = p->next;
		free(p);
	}
	free(in);
}

size_t intake_input(const struct intake *in)
{
	return reader_input(in->reader);
}

uint64_t intake_bytes(const struct intake *in)
{
	return reader_bytes(in->reader);
}

static int refuse_special(const struct volume_info *v, struct err *e)
{
	const char *kind = v->has_label ? label_special_kind(&v->label) : NULL;
	const char *belongs = v->medium->label;
	if (kind == NULL || (belongs && strcmp(kind, belongs) == 0))
		return 0;
	err_volume(e, v->name);
	if (strcmp(kind, LABEL_CLOUD_KIND) == 0)
		return err_set(e, XE_FAILED, "is one part of a cloud volume: give the folder that its parts (part.1, part.2, ...) are in");
	return err_set(e, XE_FAILED, "is a %s volume: its records point to data elsewhere and cannot be converted one by one", kind);
}

/* last: the first block has been seen, no more will be known. */
static int policy_for(struct intake *in, const struct volume_info *v, bool last, struct err *e)
{
	int rc = refuse_special(v, e);
	if (rc != 0)
		return rc;
	/* Each volume for who wrote it: several can come in one stream. */
	if (!in->o->target_given && v->product_known) {
		in->target = v->product;
		in->target_known = true;
	}
	if (in->o->deflate && last && !in->target_known) {
		err_volume(e, v->name);
		if (v->of_tape && in->o->on_damage == ON_DAMAGE_STOP)
			return err_set(e, XE_FAILED, "%s", volume_label_missing(v));
		return err_set(e, XE_USAGE,
			       "nothing tells which product wrote this volume; say with --target which will read "
			       "the result");
	}
	if (in->o->deflate && in->target_known && codec_reader(in->o->codec, in->target).plain_max == 0) {
		err_volume(e, v->name);
		return err_set(e, XE_USAGE,
			       "this is a volume for %s, which cannot read %s; choose another algorithm, or "
			       "say with --target which product will read the result",
			       product_name(in->target), in->o->codec->name);
	}
	struct policy_list *p = calloc(1, sizeof *p);
	if (p == NULL)
		return err_memory(e, sizeof *p, "a volume");
	/* Volumes with Bacula's label id hold gzip in the legacy streams, whoever wrote them. */
	bool old_id = v->has_label ? label_id_is_bacula(v->label.id) : in->target == PRODUCT_BACULA;
	enum product form = in->o->target_given ? in->target : old_id ? PRODUCT_BACULA : PRODUCT_BAREOS;
	p->policy = stage_policy_for(in->o->deflate ? in->o->codec : NULL, in->o->level, in->target, form);
	p->policy.inflate = in->o->inflate;
	p->policy.recompress = in->o->recompress;
	p->policy.strict = in->o->target_given;
	p->policy.owner = in->reshape->owner;
	p->next = in->policies;
	in->policies = p;
	in->policy = &p->policy;
	return 0;
}

static int next_item(struct intake *in, struct item *item, struct err *e)
{
	if (in->repairer)
		return repairer_next(in->repairer, item, e);
	return in->o->inflate ? joiner_next(in->joiner, item, e) : reader_next(in->reader, item, e);
}

/* The form and number in which the item is written. */
static int reshape_item(struct intake *in, struct item *item, struct err *e)
{
	if (item->kind == ITEM_VOLUME_START) {
		in->cipher_begun = false;
		in->volume_cipher = NULL;
	}
	bool encrypt = in->reshape->encrypt;
	/* By the first block all is known of the volume that will be. */
	if (encrypt && item->kind == ITEM_BLOCK && !in->cipher_begun) {
		in->cipher_begun = true;
		int rc = cipher_begin(in->cipher, item->volume, &in->volume_cipher, e);
		if (rc != 0)
			return rc;
	}
	if (in->pass_blocks)
		return 0;
	bool counted = item->job && (item->kind == ITEM_BLOCK || item->kind == ITEM_RECORD);
	if (encrypt && counted && in->cipher_begun && in->volume_cipher->same_key) {
		uint32_t number = item->number;
		int rc = cipher_renumber(in->cipher, item->job, &number, e);
		if (rc != 0)
			return rc;
		item->number = item->kind == ITEM_RECORD ? number : item->number;
	}
	if (item->kind == ITEM_RECORD)
		item->form = reshape_form(in->reshape, &item->form);
	return 0;
}

/* Are its bytes?  Blocks pass as such, or are only told of.  Where they pass, names and labels are wanted all the same: their bytes stay
 * with the block. */
static bool is_wanted(const struct intake *in, const struct item *item)
{
	if (item->kind == ITEM_BLOCK)
		return in->pass_blocks;
	bool told = (item->file_index < 0 || attributes_are(item->stream)) && !item->head_missing;
	return item->kind != ITEM_RECORD || !in->pass_blocks || told;
}

/* What comes through a pipe is not to wait for much else. */
static bool is_full(const struct intake *in, const struct slot *s, size_t bytes)
{
	bool large = in->counts_files && s->item_count > 0 && s->items[s->item_count - 1].volume->rereadable;
	return s->item_count == SLOT_ITEMS || bytes >= (large ? SLOT_FILES_BYTES : SLOT_BYTES);
}

/* One slot holds records of one volume only: they share a policy. */
static bool fill(struct intake *in, struct slot *s)
{
	size_t bytes = 0;
	s->err = (struct err){0};
	while (!is_full(in, s, bytes)) {
		struct item *item = &s->items[s->item_count];
		int rc = next_item(in, item, &s->err);
		s->input = reader_input(in->reader);
		if (rc != 0)
			return false;
		if (item->kind == ITEM_END)
			return false;
		/* Where there is no good label at the beginning, the first block tells more. */
		bool first = item->kind == ITEM_BLOCK && !in->policy_final;
		bool start = item->kind == ITEM_VOLUME_START;
		if (start || first) {
			in->policy_final = first || item->volume->has_label;
			if (policy_for(in, item->volume, in->policy_final, &s->err) != 0)
				return false;
		}
		/* Damage or empty blocks may stand before it. */
		if (item->kind == ITEM_VOLUME_LABEL && refuse_special(item->volume, &s->err) != 0)
			return false;
		if (in->reshapes && reshape_item(in, item, &s->err) != 0)
			return false;
		s->policy = in->policy;
		s->cipher = in->volume_cipher;
		s->item_count++;
		if (item->kind == ITEM_VOLUME_END)
			return true;
		if (!is_wanted(in, item)) {
			item->data = (struct span){NULL, 0};
			item->buf = NULL;
		}
		slot_hold(s, item->buf);
		bytes += item->data.len;
	}
	return true;
}

bool intake_fill(struct intake *in, struct slot *s)
{
	bool more = fill(in, s);
	uint64_t read = intake_bytes(in);
	if (in->o->pace)
		pace_keep(in->o->pace, read - in->paced);
	in->paced = read;
	return more;
}
