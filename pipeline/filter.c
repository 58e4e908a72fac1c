/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The intake fills slots with some 64 KiB of records as the reader gave them, workers convert them, the writer hands what they
 * became to the packer.  Where nothing is to be changed, whole blocks pass instead. */
#include "pipeline/filter.h"

#include "pipeline/intake.h"
#include "pipeline/pool.h"
#include "pipeline/writer.h"

#include <stdatomic.h>
#include <stdlib.h>

struct filter {
	struct filter_options o;
	const struct consumer *consumer;
	struct reshape reshape;
	struct tasks *tasks; /* NULL: one thread does all in turn */
	struct intake *intake;
	struct writer *writer;
	struct stage_ctx **workers;
	struct slot *slots;
	size_t slot_count;
	struct err err;
	atomic_bool stop;
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
		if (!slot_init(&f->slots[i], f->o.observer))
			return false;
	}
	return true;
}

bool filter_moves_blocks(const struct filter_options *o)
{
	/* Dropping parts of blocks needs repacking. */
	return o->inflate || o->deflate || o->repair || (o->max_block != 0 && !o->keep_layout) || o->repack ||
	       o->on_damage != ON_DAMAGE_STOP || o->target_given || o->block_format != 0 || (o->name_count > 0 && !o->keep_layout);
}

static struct reshape reshape_of(const struct filter_options *o)
{
	enum relabel_owner owner = !o->target_given || o->target == PRODUCT_ANY ? RELABEL_AS_IT_IS
				   : o->target == PRODUCT_BACULA                ? RELABEL_BACULA
										: RELABEL_BAREOS;
	bool limit = o->keep_layout && o->max_block > BLOCK_DEFAULT_BYTES;
	return (struct reshape){
		.decrypt = o->cipher.decrypt,
		.encrypt = o->cipher.encrypt,
		.strong = o->strong,
		.owner = owner,
		.kind = o->label_kind,
		.version = o->block_format,
		.names = o->names,
		.name_count = o->name_count,
		.encrypted_max = limit ? o->max_block : BLOCK_DEFAULT_BYTES,
	};
}

struct filter *filter_new(const struct filter_options *options)
{
	struct filter *f = calloc(1, sizeof *f);
	if (f == NULL)
		return NULL;
	f->o = *options;
	f->o.cipher.patient = f->o.on_damage != ON_DAMAGE_STOP;
	/* Here it may make what filter_stop needs, which a signal handler calls: there it could wait for itself. */
	io_allow_reads();
	f->consumer = options->observer ? &observe_consumer : filter_moves_blocks(options) ? &repack_consumer : &pass_consumer;
	f->reshape = reshape_of(options);
	f->tasks = f->o.threads > 1 ? tasks_new() : NULL;
	f->writer = writer_new(&f->o, &f->reshape, f->tasks, f->consumer);
	f->intake = f->writer ? intake_new(&f->o, &f->reshape, f->tasks, f->consumer->whole_blocks) : NULL;
	if (f->intake == NULL || (f->o.threads > 1 && f->tasks == NULL) || !make_slots(f)) {
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
	writer_free(f->writer);
	intake_free(f->intake);
	tasks_free(f->tasks);
	free(f);
}

/* ---- the run ---- */

static bool read_slot(void *arg, void *slot)
{
	struct filter *f = arg;
	struct slot *s = slot;
	if (!atomic_load_explicit(&f->stop, memory_order_relaxed))
		return intake_fill(f->intake, slot);
	s->err = (struct err){0};
	err_set(&s->err, XE_FAILED, "the reading was ended");
	return false;
}

static void work_slot(void *arg, void *slot, unsigned worker)
{
	struct filter *f = arg;
	slot_convert(slot, f->workers[worker], f->consumer->whole_blocks);
}

static bool write_slot(void *arg, void *slot, unsigned worker)
{
	struct filter *f = arg;
	return writer_slot(f->writer, slot, f->workers[worker], &f->err) == 0;
}

static void cancel(void *arg)
{
	(void)arg;
	io_cancel_reads();
}

void filter_stop(struct filter *f)
{
	atomic_store_explicit(&f->stop, true, memory_order_relaxed);
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
		.tasks = f->tasks,
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
	if (f->err.code == XE_OK)
		return 0;
	writer_save(f->writer, f->o.on_damage != ON_DAMAGE_STOP);
	*e = f->err;
	return f->err.code;
}

/* ---- results ---- */

size_t filter_input(const struct filter *f)
{
	return f->err.code != XE_OK ? f->writer->failed_input : intake_input(f->intake);
}

bool filter_failed_reading(const struct filter *f)
{
	return f->writer->failed_reading;
}

uint64_t filter_damaged(const struct filter *f)
{
	return f->writer->ledger.damaged;
}

size_t filter_job_slots(const struct filter *f)
{
	return f->writer->ledger.job_count;
}

bool filter_job(const struct filter *f, size_t index, struct filter_job *job)
{
	const struct ledger *l = &f->writer->ledger;
	const struct ledger_job *entry = index < l->job_count ? l->jobs[index] : NULL;
	if (entry)
		*job = ledger_outline(entry);
	return entry != NULL;
}

void filter_progress(const struct filter *f, uint64_t *bytes_in, uint64_t *bytes_out)
{
	*bytes_in = intake_bytes(f->intake);
	*bytes_out = writer_bytes(f->writer);
}
