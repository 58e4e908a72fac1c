/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reading side fills slots with up to SLOT_BYTES of records as the reader gave them, workers convert them, the writing
 * side hands what they became to the packer.  Where nothing is to be changed, whole blocks pass instead. */
#include "pipeline/filter.h"

#include "pipeline/join.h"
#include "pipeline/ledger.h"
#include "pipeline/pool.h"
#include "pipeline/repair.h"
#include "pipeline/slot.h"
#include "volume/attributes.h"
#include "volume/stream.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define SLOT_BYTES ((size_t)64 << 10) /* of input: what it becomes shall stay in the second-level cache */
#define PASS_KEEP_BYTES 4352u /* of split records where blocks pass: names are wanted */
#define POOL_KEEP_BYTES ((size_t)8 << 20)

struct policy_list {
	struct stage_policy policy;
	struct policy_list *next;
};

struct filter {
	struct filter_options o;
	bool pass_blocks;
	struct buf_pool *bufs;
	struct reader *reader;
	struct joiner *joiner;	   /* where records are inflated or mended */
	struct repairer *repairer; /* where they are mended */
	struct packer *packer;
	struct stage_ctx **workers;
	struct slot *slots;
	size_t slot_count;

	/* The reading side */
	struct policy_list *policies;
	const struct stage_policy *policy; /* of the volume being read */
	bool policy_final;
	bool target_known;
	enum product target;
	struct cipher *cipher; /* NULL: nothing is opened or encrypted */
	struct cipher_volume *volume_cipher;
	bool cipher_begun;

	/* The writing side */
	struct reshape reshape;
	bool reshapes;
	struct ledger ledger;
	struct io out;
	struct sink sink;
	bool volume_open;
	struct span run;    /* blocks to pass that follow one another in memory */
	uint64_t run_blocks;
	const struct cipher_volume *sealing; /* what the volume at hand is encrypted with */
	struct reshape_buffer scratch;
	_Atomic uint64_t bytes_out;
	struct err err;
};

/* ---- making and freeing ---- */

static bool make_slots(struct filter *f)
{
	f->slot_count = pool_slots(f->o.threads);
	f->slots = calloc(f->slot_count, sizeof *f->slots);
	f->workers = calloc(f->o.threads, sizeof *f->workers);
	if (f->slots == NULL || f->workers == NULL)
		return false;
	for (unsigned i = 0; i < f->o.threads; i++) {
		f->workers[i] = stage_ctx_new();
		if (f->workers[i] == NULL)
			return false;
	}
	for (size_t i = 0; i < f->slot_count; i++) {
		if (!slot_init(&f->slots[i]))
			return false;
	}
	return true;
}

static void on_new_block(void *arg, const struct packed_block *b)
{
	struct filter *f = arg;
	f->ledger.volume.blocks_out++;
	if (f->o.callbacks.new_block)
		f->o.callbacks.new_block(f->o.callbacks.arg, b);
}

static int on_encrypt(void *arg, uint8_t *block, size_t len, struct err *e)
{
	struct filter *f = arg;
	if (f->sealing && xts_encrypt_block(f->sealing->xts, block, block, len))
		return 0;
	return err_set(e, XE_FAILED, "a block of %zu bytes cannot be encrypted; use a smaller --max-block", len);
}

bool filter_moves_blocks(const struct filter_options *o)
{
	/* Dropping parts of blocks needs repacking. */
	return o->callbacks.plain || o->inflate || o->deflate || o->repair || (o->max_block != 0 && !o->keep_layout) || o->repack ||
	       o->on_damage == ON_DAMAGE_SKIP || o->target_given || o->block_format != 0;
}

static bool make_reading_side(struct filter *f)
{
	const struct reader_options ro = {
		.paths = f->o.paths,
		.path_count = f->o.path_count,
		.blocks = true,
		.indexes = f->o.callbacks.old_block != NULL || f->pass_blocks,
		.keep_suspect = f->o.on_damage == ON_DAMAGE_KEEP,
		.digest = f->o.digest_in,
		.keys = cipher_keys(f->cipher),
		.keep_bytes = f->pass_blocks ? PASS_KEEP_BYTES : 0,
	};
	f->bufs = buf_pool_new(POOL_KEEP_BYTES);
	if (f->bufs && f->o.max_memory > 0)
		buf_pool_limit(f->bufs, f->o.max_memory);
	f->reader = f->bufs ? reader_new(&ro, f->bufs) : NULL;
	f->joiner = f->reader ? joiner_new(f->reader, f->bufs) : NULL;
	f->repairer = f->joiner && f->o.repair ? repairer_new(f->joiner) : NULL;
	return f->joiner && (f->repairer || !f->o.repair);
}

static struct reshape reshape_of(const struct filter_options *o)
{
	bool bareos = o->target_given && (o->target == PRODUCT_BAREOS || o->target == PRODUCT_BAREOS_22);
	bool limit = o->keep_layout && o->max_block > BLOCK_DEFAULT_BYTES;
	return (struct reshape){
		.decrypt = o->cipher.decrypt,
		.encrypt = o->cipher.encrypt,
		.strong = o->strong,
		.bareos = bareos && !o->callbacks.plain,
		.version = o->block_format,
		.encrypted_max = limit ? o->max_block : BLOCK_DEFAULT_BYTES,
	};
}

struct filter *filter_new(const struct filter_options *options)
{
	struct filter *f = calloc(1, sizeof *f);
	if (f == NULL)
		return NULL;
	f->o = *options;
	f->out = IO_CLOSED;
	f->target_known = f->o.target_given;
	f->target = f->o.target;
	f->pass_blocks = !filter_moves_blocks(options);
	f->ledger = (struct ledger){.o = &f->o, .pass_blocks = f->pass_blocks};
	f->reshape = reshape_of(options);
	f->reshapes = reshape_wanted(&f->reshape);
	bool ciphers = f->o.cipher.read || f->o.cipher.encrypt;
	f->o.cipher.patient = f->o.on_damage != ON_DAMAGE_STOP;
	f->cipher = ciphers ? cipher_new(&f->o.cipher) : NULL;
	const struct packer_options po = {
		.max_block = f->o.max_block, .on_block = on_new_block, .encrypt = f->reshape.encrypt ? on_encrypt : NULL, .arg = f};
	f->packer = packer_new(&po);
	if ((ciphers && f->cipher == NULL) || f->packer == NULL || !make_reading_side(f) || !make_slots(f)) {
		filter_free(f);
		return NULL;
	}
	return f;
}

void filter_free(struct filter *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; f->slots && i < f->slot_count; i++)
		slot_free(&f->slots[i]);
	free(f->slots);
	for (unsigned i = 0; f->workers && i < f->o.threads; i++)
		stage_ctx_free(f->workers[i]);
	free(f->workers);
	packer_free(f->packer);
	repairer_free(f->repairer);
	joiner_free(f->joiner);
	reader_free(f->reader);
	cipher_free(f->cipher);
	free(f->scratch.data);
	buf_pool_free(f->bufs);
	for (struct policy_list *p = f->policies, *next; p; p = next) {
		next = p->next;
		free(p);
	}
	sink_close(&f->sink);
	ledger_free(&f->ledger);
	free(f);
}

/* ---- reading ---- */

static int refuse_special(const struct volume_info *v, struct err *e)
{
	const char *kind = v->has_label ? label_special_kind(&v->label) : NULL;
	if (kind == NULL)
		return 0;
	err_volume(e, v->name);
	return err_set(e, XE_FAILED,
		       "is a %s volume: its records point to data elsewhere and cannot be converted one by one", kind);
}

/* last: the first block has been seen, no more will be known. */
static int policy_for(struct filter *f, const struct volume_info *v, bool last, struct err *e)
{
	int rc = refuse_special(v, e);
	if (rc != 0)
		return rc;
	if (!f->target_known && v->product_known) {
		f->target = v->product;
		f->target_known = true;
	}
	if (f->o.deflate && last && !f->target_known) {
		err_volume(e, v->name);
		return err_set(e, XE_USAGE, "nothing tells which product wrote this volume; say with --target which will read "
			       "the result");
	}
	if (f->o.deflate && f->target_known && !stage_product_reads(f->target, f->o.codec->id)) {
		err_volume(e, v->name);
		return err_set(e, XE_USAGE, "this is a volume for %s, which cannot read %s; choose another algorithm, or "
			       "say with --target which product will read the result",
			       product_name(f->target), f->o.codec->name);
	}
	struct policy_list *p = calloc(1, sizeof *p);
	if (p == NULL)
		return err_memory(e, sizeof *p, "a volume");
	/* Volumes with Bacula's label id hold gzip in the legacy streams, whoever wrote them. */
	bool old_id = v->has_label ? strncmp(v->label.id, "Bacula", 6) == 0 : f->target == PRODUCT_BACULA;
	bool bare = f->o.target_given ? f->target == PRODUCT_BACULA || f->target == PRODUCT_ANY : old_id;
	p->policy = (struct stage_policy){
		.inflate = f->o.inflate,
		.deflate = f->o.deflate,
		.codec = f->o.codec,
		.level = f->o.level,
		.force = f->o.force,
		.bare_gzip = f->o.deflate && f->o.codec->id == CODEC_GZIP && bare,
		.plain_max = f->o.deflate ? stage_plain_max(f->o.codec, f->target) : 0,
		.target = f->target,
		.strict = f->o.target_given,
		.for_bareos = f->reshape.bareos,
	};
	p->next = f->policies;
	f->policies = p;
	f->policy = &p->policy;
	return 0;
}

static int next_item(struct filter *f, struct item *item, struct err *e)
{
	if (f->repairer)
		return repairer_next(f->repairer, item, e);
	return f->o.inflate ? joiner_next(f->joiner, item, e) : reader_next(f->reader, item, e);
}

/* The form and number in which the item is written. */
static int reshape_item(struct filter *f, struct item *item, struct err *e)
{
	if (item->kind == ITEM_VOLUME_START)
		f->cipher_begun = false;
	bool encrypt = f->reshape.encrypt;
	/* By the first block all is known of the volume that will be. */
	if (encrypt && item->kind == ITEM_BLOCK && !f->cipher_begun) {
		f->cipher_begun = true;
		int rc = cipher_begin(f->cipher, item->volume, &f->volume_cipher, e);
		if (rc != 0)
			return rc;
	}
	if (f->pass_blocks)
		return 0;
	bool counted = item->job && (item->kind == ITEM_BLOCK || item->kind == ITEM_RECORD);
	if (encrypt && counted && f->cipher_begun && f->volume_cipher->same_key) {
		uint32_t number = item->number;
		int rc = cipher_renumber(f->cipher, item->job, &number, e);
		if (rc != 0)
			return rc;
		item->number = item->kind == ITEM_RECORD ? number : item->number;
	}
	if (item->kind == ITEM_RECORD)
		item->form = reshape_form(&f->reshape, &item->form);
	return 0;
}

/* One slot holds records of one volume only: they share a policy. */
static bool read_slot(void *arg, void *slot)
{
	struct filter *f = arg;
	struct slot *s = slot;
	size_t bytes = 0;
	s->err = (struct err){0};
	while (s->item_count < SLOT_ITEMS && bytes < SLOT_BYTES) {
		struct item *item = &s->items[s->item_count];
		int rc = next_item(f, item, &s->err);
		if (rc != 0)
			return false;
		if (item->kind == ITEM_END)
			return false;
		/* Where there is no good label at the beginning, the first block tells more. */
		bool first = item->kind == ITEM_BLOCK && !f->policy_final;
		bool start = item->kind == ITEM_VOLUME_START;
		if (start || first) {
			f->policy_final = first || item->volume->has_label;
			if (policy_for(f, item->volume, f->policy_final, &s->err) != 0)
				return false;
		}
		/* Damage or empty blocks may stand before it. */
		if (item->kind == ITEM_VOLUME_LABEL && refuse_special(item->volume, &s->err) != 0)
			return false;
		if (f->reshapes && reshape_item(f, item, &s->err) != 0)
			return false;
		s->policy = f->policy;
		s->cipher = f->volume_cipher;
		s->item_count++;
		if (item->kind == ITEM_VOLUME_END)
			return true;
		/* Blocks pass as such or only to be told of: their bytes are needed in the first case. */
		if (item->kind == ITEM_BLOCK && !f->pass_blocks) {
			item->data = (struct span){NULL, 0};
			item->buf = NULL;
		}
		/* Names and labels are wanted all the same: their bytes stay with the block. */
		bool wanted = (item->file_index < 0 || attributes_are(item->stream)) && !item->head_missing;
		if (item->kind == ITEM_RECORD && f->pass_blocks && !wanted) {
			item->data = (struct span){NULL, 0};
			item->buf = NULL;
		}
		slot_hold(s, item->buf);
		bytes += item->data.len;
	}
	return true;
}

/* ---- converting ---- */

static void work_slot(void *arg, void *slot, unsigned worker)
{
	struct filter *f = arg;
	slot_convert(slot, f->workers[worker], f->pass_blocks);
}

/* ---- writing ---- */

static int lose(struct filter *f, const struct item *item, const char *reason, bool kept, const char *remedy,
		struct err *e)
{
	packer_set_lossy(f->packer);
	return ledger_lose(&f->ledger, item, reason, kept, remedy, e);
}

static int damage(struct filter *f, const struct item *item, struct err *e)
{
	packer_set_lossy(f->packer);
	return ledger_damage(&f->ledger, item, e);
}

/* What to do with a record that did not convert: false if it is dropped. */
static int settle(struct filter *f, const struct item *item, struct converted *c, struct packer_record *as_is,
		  bool *write, struct err *e)
{
	bool keep = f->o.on_damage == ON_DAMAGE_KEEP;
	*as_is = (struct packer_record){
		.stream = item->stream,
		.len = item->len,
		.continues = item->head_missing,
		.body = item->data,
	};
	switch (c->status) {
	case STAGE_DONE:
	case STAGE_ROOM:
		return 0;
	case STAGE_DAMAGE:
		/* Between converted records of its file, a record of another stream would cost the next one, too. */
		*write = keep && c->number_kept;
		return lose(f, item, c->reason ? c->reason : "out of memory", *write,
			    "rerun with --on-damage=skip to go on without it", e);
	case STAGE_MISSING:
		*write = keep || f->o.incomplete_ok;
		if (f->o.incomplete_ok)
			return 0;
		return lose(f, item,
			    item->head_missing ? "this record begins on another volume" :
						 "this record is not complete: it ends on another volume, or its job "
						 "never ended",
			    keep,
			    "give all volumes of the job in their order, or rerun with --on-damage=skip to drop it or "
			    "keep to pass it as it is",
			    e);
	case STAGE_FOREIGN:
		err_volume(e, item->volume->name);
		return err_set(e, XE_USAGE, "%s; convert them with -r ALGORITHM, or inflate with -i",
			       c->reason ? c->reason : "");
	case STAGE_MEMORY: break;
	}
	return err_memory(e, item->len, "a record");
}

static int write_record(struct filter *f, struct slot *s, const struct item *item, struct converted *c, struct err *e)
{
	struct ledger_job *entry = ledger_job(&f->ledger, item->job, e);
	if (entry == NULL)
		return e->code;
	int rc = ledger_learn_file(entry, item, e);
	if (rc != 0)
		return rc;
	struct packer_record as_is;
	struct packer_record *records = c->count > 0 ? s->records + c->first : NULL;
	bool write = c->status == STAGE_DONE;
	if (ledger_is_orphan(&f->ledger, entry, item)) {
		c->count = 0;
		rc = lose(f, item, "the attributes of its file are lost", false, "", e);
		if (rc != 0)
			return rc;
	} else if (!f->pass_blocks) {
		rc = settle(f, item, c, &as_is, &write, e);
		if (rc != 0)
			return rc;
		if (c->status != STAGE_DONE) {
			records = &as_is;
			c->count = write ? 1 : 0;
		}
	}
	rc = ledger_enter(&f->ledger, entry, item, c, records, e);
	if (rc != 0)
		return rc;
	if (f->o.callbacks.plain) {
		bool whole = c->status == STAGE_DONE && !item->head_missing && !item->tail_missing;
		struct plain_item plain = {item, records, c->count, whole};
		return f->o.callbacks.plain(f->o.callbacks.arg, &plain, e);
	}
	return f->pass_blocks ? 0 : packer_put(f->packer, item, records, c->count, e);
}

static int write_run(struct filter *f, struct err *e)
{
	int rc = f->run.len > 0 ? sink_write(&f->sink, f->run.data, f->run.len, false, e) : 0;
	f->run = (struct span){NULL, 0};
	return rc;
}

/* A block that was opened with the key that it gets again keeps its number; others get one that their session has not had
 * here. */
static int choose_number(struct filter *f, const struct item *item, uint32_t *number, struct err *e)
{
	*number = item->number;
	if (!f->reshape.encrypt || item->job == NULL)
		return 0;
	struct ledger_job *entry = ledger_job(&f->ledger, item->job, e);
	if (entry == NULL)
		return e->code;
	bool as_it_was = item->opened && f->sealing->same_key;
	if (!as_it_was && entry->next_number > *number)
		*number = (uint32_t)entry->next_number;
	if (entry->next_number > UINT32_MAX)
		return err_set(e, XE_FAILED, "a session has more blocks than can be numbered");
	if (entry->next_number <= *number)
		entry->next_number = (uint64_t)*number + 1;
	return 0;
}

/* What is written in the place of a block that keeps it. */
static int new_form(struct filter *f, const struct item *item, struct span *block, uint32_t *number, struct err *e)
{
	*block = item->data;
	*number = item->number;
	if (!f->reshapes)
		return 0;
	if (item->begins_volume)
		return reshape_label(&f->reshape, f->sealing, item, true, &f->scratch, block, e);
	/* BB02 blocks of a mixed volume are clear already. */
	if (!f->reshape.encrypt && item->form.version != 3)
		return 0;
	int rc = choose_number(f, item, number, e);
	return rc != 0 ? rc : reshape_block(&f->reshape, f->sealing, item, *number, &f->scratch, block, e);
}

static int write_block(struct filter *f, const struct item *item, struct err *e)
{
	f->ledger.volume.blocks_in++;
	if (f->o.callbacks.old_block)
		f->o.callbacks.old_block(f->o.callbacks.arg, item);
	if (!f->pass_blocks)
		return 0;
	struct span block;
	uint32_t number;
	int rc = new_form(f, item, &block, &number, e);
	bool joins = f->run.len > 0 && f->run.data + f->run.len == block.data && f->out.kind != IO_TAPE;
	rc = rc != 0 || joins ? rc : write_run(f, e);
	if (rc != 0)
		return rc;
	struct packed_block b = {
		.job = item->job,
		.addr = sink_address(&f->sink) + f->run.len,
		.len = (uint32_t)block.len,
		.number = number,
		.first_index = item->first_index,
		.last_index = item->last_index,
	};
	b.end = sink_end_address(&f->sink, b.addr, b.len);
	f->run = joins ? (struct span){f->run.data, f->run.len + block.len} : block;
	on_new_block(f, &b);
	/* The next block comes to the same place. */
	return f->reshapes ? write_run(f, e) : 0;
}

static int write_label(struct filter *f, const struct item *item, struct err *e)
{
	f->ledger.volume.counts.records++;
	if (f->pass_blocks || f->o.callbacks.plain)
		return 0;
	if (!f->reshapes)
		return packer_label(f->packer, item, e);
	struct item label = *item;
	int rc = reshape_label(&f->reshape, f->sealing, item, false, &f->scratch, &label.data, e);
	label.whole_block = true;
	return rc != 0 ? rc : packer_label(f->packer, &label, e);
}

static int start_volume(struct filter *f, const struct slot *s, const struct item *item, struct err *e)
{
	f->ledger.volume = (struct filter_volume){.info = item->volume, .policy = s->policy};
	if (f->o.callbacks.plain)
		return 0;
	int rc = f->o.callbacks.open_output(f->o.callbacks.arg, &f->ledger.volume, &f->out, e);
	if (rc != 0)
		return rc;
	f->volume_open = true;
	uint32_t device = item->volume->label.block_size;
	packer_limit_encrypted(f->packer, device >= PACKER_BLOCK_MIN_BYTES && device < BLOCK_DEFAULT_BYTES ? device : BLOCK_DEFAULT_BYTES);
	sink_open(&f->sink, &f->out, f->o.digest_out);
	packer_begin_volume(f->packer, &f->sink);
	return 0;
}

static int end_volume(struct filter *f, struct err *e)
{
	if (f->o.callbacks.plain)
		return 0;
	int rc = packer_end_volume(f->packer, e);
	f->ledger.volume.volume_out = f->sink.offset;
	f->ledger.volume.decrypt = f->reshape.decrypt;
	if (f->sealing)
		snprintf(f->ledger.volume.encrypted_with, sizeof f->ledger.volume.encrypted_with, "%s", f->sealing->text);
	f->volume_open = false;
	sink_close(&f->sink);
	if (f->ledger.volume.info->input + 1 == f->o.path_count)
		ledger_conclude(&f->ledger);
	return rc != 0 ? rc : f->o.callbacks.close_output(f->o.callbacks.arg, &f->ledger.volume, e);
}

static int write_item(struct filter *f, struct slot *s, size_t i, struct err *e)
{
	const struct item *item = &s->items[i];
	int rc = item->kind == ITEM_BLOCK || item->kind == ITEM_RECORD || item->kind == ITEM_VOLUME_LABEL ?
			 0 : write_run(f, e);
	if (rc != 0)
		return rc;
	f->ledger.volume.policy = s->policy;
	f->sealing = s->cipher;
	switch (item->kind) {
	case ITEM_VOLUME_START: return start_volume(f, s, item, e);
	case ITEM_VOLUME_LABEL: return write_label(f, item, e);
	case ITEM_BLOCK: return write_block(f, item, e);
	case ITEM_RECORD: return write_record(f, s, item, &s->done[i], e);
	case ITEM_DAMAGE: return damage(f, item, e);
	case ITEM_FILE_MARK: return f->o.callbacks.plain ? 0 : packer_file_mark(f->packer, e);
	case ITEM_FOREIGN: return sink_write_foreign(&f->sink, item->data.data, item->data.len, e);
	case ITEM_VOLUME_END: return end_volume(f, e);
	case ITEM_END: break;
	}
	return 0;
}

static bool write_slot(void *arg, void *slot, unsigned worker)
{
	struct filter *f = arg;
	struct slot *s = slot;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < s->item_count; i++) {
		if (i == s->done_count) {
			/* The arena is written: use it again for what is left. */
			s->arena.used = 0;
			s->record_count = 0;
			slot_convert(s, f->workers[worker], f->pass_blocks);
		}
		rc = write_item(f, s, i, &f->err);
	}
	if (rc == 0)
		rc = write_run(f, &f->err);
	if (f->volume_open)
		atomic_store_explicit(&f->bytes_out, f->sink.offset, memory_order_relaxed);
	if (rc == 0 && s->err.code != XE_OK) {
		f->err = s->err;
		rc = s->err.code;
	}
	if (rc != 0 && f->ledger.volume.info)
		err_volume(&f->err, f->ledger.volume.info->name);
	slot_empty(s);
	return rc == 0;
}

static void cancel(void *arg)
{
	(void)arg;
	io_cancel_reads();
}

int filter_run(struct filter *f, struct err *e)
{
	const struct pool_job job = {
		.arg = f,
		.read = read_slot,
		.work = work_slot,
		.write = write_slot,
		.cancel = cancel,
	};
	void **slots = calloc(f->slot_count, sizeof(void *));
	if (slots == NULL)
		return err_memory(e, f->slot_count * sizeof(void *), "the pool");
	for (size_t i = 0; i < f->slot_count; i++)
		slots[i] = &f->slots[i];
	io_allow_reads();
	if (!pool_run(&job, f->o.threads, slots))
		err_memory(&f->err, 0, "the pool");
	free(slots);
	if (f->err.code != XE_OK)
		*e = f->err;
	return f->err.code;
}

/* ---- results ---- */

uint64_t filter_damaged(const struct filter *f)
{
	return f->ledger.damaged;
}

size_t filter_job_slots(const struct filter *f)
{
	return f->ledger.job_count;
}

bool filter_job(const struct filter *f, size_t index, const struct job **job, struct filter_counts *counts)
{
	if (index >= f->ledger.job_count || f->ledger.jobs[index].job == NULL)
		return false;
	*job = f->ledger.jobs[index].job;
	*counts = f->ledger.jobs[index].counts;
	return true;
}

const struct missing *filter_missing(const struct filter *f, const struct job *job)
{
	static const struct missing none;
	return job->index < f->ledger.job_count ? &f->ledger.jobs[job->index].missing : &none;
}

void filter_progress(const struct filter *f, uint64_t *bytes_in, uint64_t *bytes_out)
{
	*bytes_in = reader_bytes(f->reader);
	*bytes_out = atomic_load_explicit(&f->bytes_out, memory_order_relaxed);
}
