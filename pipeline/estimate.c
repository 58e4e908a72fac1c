/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/estimate.h"

#include "format/block.h"
#include "pipeline/join.h"
#include "volume/sampling.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#define ROOM_BYTES ((size_t)2 << 20)
#define TIMED_BYTES 256u /* smaller records cost less than to look at the clock */

struct run {
	const struct estimate_options *o;
	struct estimate *to;
	struct stage_ctx *ctx;
	struct arena arena;
	/* The volume at hand: */
	enum product target;
	bool old_id;
	struct sample sample;
	uint64_t volume_pieces;
	bool shut; /* it is encrypted, and no key is there */
	/* The piece at hand: */
	const struct reader_range *piece; /* NULL: all of the volume is read, and pieces are stretches of it */
	bool any;
	uint64_t from;
	double in, *out; /* by row */
};

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- pieces ---- */

static bool is_wanted(const struct run *r, const struct estimate_row *row)
{
	return !r->o->skip_unread || row->codec == NULL || codec_reader(row->codec, r->target).plain_max > 0;
}

static void end_piece(struct run *r)
{
	for (size_t i = 0; r->any && i < r->o->row_count; i++) {
		struct estimate_sums *s = &r->o->rows[i].sums;
		if (!is_wanted(r, &r->o->rows[i]))
			continue;
		s->x += r->in;
		s->y += r->out[i];
		s->xx += r->in * r->in;
		s->xy += r->in * r->out[i];
		s->yy += r->out[i] * r->out[i];
		r->out[i] = 0;
	}
	r->volume_pieces += r->any;
	r->in = 0;
	r->any = false;
}

/* False: the record begins behind the piece. */
static bool enter_piece(struct run *r, const struct item *item)
{
	if (r->piece && item->addr - r->piece->from >= SAMPLING_PIECE_BYTES)
		return false;
	bool same = r->any && item->addr >= r->from && item->addr - r->from < SAMPLING_PIECE_BYTES;
	if (!same && r->piece == NULL)
		end_piece(r);
	if (!r->any)
		r->from = item->addr;
	r->any = true;
	return true;
}

/* The volume's share of a row: the ratio of sums over its pieces stands for all its bytes.  The variance of such a ratio, with the correction
 * for having seen a part of all. */
static void fold_row(struct run *r, struct estimate_row *row, double of)
{
	const struct estimate_sums *s = &row->sums;
	double n = (double)r->volume_pieces, ratio = s->y / s->x, mean = s->x / n;
	double squares = s->yy - 2 * ratio * s->xy + ratio * ratio * s->xx;
	double unread = r->sample.whole ? 0 : 1 - (double)r->sample.read / of;
	row->bytes += of * ratio;
	row->of += (uint64_t)of;
	if (n > 1 && squares > 0 && unread > 0)
		row->variance += of * of * unread * squares / (n - 1) / (n * mean * mean);
}

static void fold_volume(struct run *r, uint64_t of)
{
	for (size_t i = 0; i < r->o->row_count; i++) {
		if (r->o->rows[i].sums.x > 0)
			fold_row(r, &r->o->rows[i], (double)of);
	}
	r->to->volumes++;
	r->to->of += of;
	r->to->read += r->sample.whole ? of : r->sample.read;
	r->to->pieces += r->volume_pieces;
	r->to->missed += r->sample.missed;
}

/* ---- one record, one row ---- */

static struct stage_policy policy_of(const struct run *r, const struct estimate_row *row)
{
	enum product form = r->o->target_given ? r->o->target : r->old_id ? PRODUCT_BACULA : PRODUCT_BAREOS;
	struct stage_policy policy = stage_policy_for(row->codec, row->level, r->target, form);
	policy.inflate = policy.recompress = true;
	return policy;
}

static enum stage_status apply(struct run *r, const struct stage_policy *policy, const struct item *item, struct converted *c)
{
	enum stage_status status;
	arena_empty(&r->arena);
	while ((status = stage_apply(r->ctx, policy, item, &r->arena, c)) == STAGE_ROOM) {
		if (!stage_make_room(r->ctx, &r->arena))
			return STAGE_MEMORY;
	}
	return status;
}

static void count_bar(struct estimate_row *row, uint64_t in, uint64_t out)
{
	size_t bar = in > 0 ? (size_t)(20.0 * (double)out / (double)in) : 0;
	row->bars[bar < ESTIMATE_BARS ? bar : ESTIMATE_BARS - 1]++;
}

/* How the record is stored, as the stages have found it. */
static size_t kind_of(const struct item *item, enum stage_status status, const struct converted *c)
{
	bool content = item->file_index > 0 && stream_form(item->stream) != STREAM_OPAQUE;
	return !content || status != STAGE_DONE ? ESTIMATE_OTHER : c->from ? (size_t)c->from->id : ESTIMATE_PLAIN;
}

static void count_stored(struct run *r, size_t kind, uint64_t bytes)
{
	r->to->stored[kind].records++;
	r->to->stored[kind].bytes += bytes;
}

static int try_row(struct run *r, size_t index, const struct item *item, struct err *e)
{
	struct estimate_row *row = &r->o->rows[index];
	const struct stage_policy policy = policy_of(r, row);
	size_t header = record_header_bytes(item->form.version);
	struct converted c;
	uint64_t began = now();
	enum stage_status status = apply(r, &policy, item, &c);
	uint64_t took = now() - began, out = 0;
	if (status == STAGE_MEMORY)
		return err_memory(e, item->len, "a record");
	for (size_t i = 0; status == STAGE_DONE && i < c.count; i++)
		out += header + r->arena.records[c.first + i].len;
	row->kept += status != STAGE_DONE;
	r->to->damaged += index == 0 && status == STAGE_DAMAGE;
	if (status != STAGE_DONE)
		out = header + item->len;
	if (item->len >= TIMED_BYTES) {
		row->timed_bytes += header + item->len;
		row->nanoseconds += took;
	}
	size_t kind = kind_of(item, status, &c);
	if (kind != ESTIMATE_OTHER)
		count_bar(row, header + item->len, out);
	if (index == 0)
		count_stored(r, kind, header + item->len);
	r->out[index] += (double)out;
	return 0;
}

/* ---- the run ---- */

static int take_record(struct run *r, const struct item *item, struct err *e)
{
	if (!enter_piece(r, item))
		return 0;
	if (item->head_missing || item->tail_missing) {
		r->to->cut++;
		return 0;
	}
	uint64_t bytes = record_header_bytes(item->form.version) + item->len;
	r->to->records++;
	r->to->bytes += bytes;
	r->in += (double)bytes;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < r->o->row_count; i++)
		rc = is_wanted(r, &r->o->rows[i]) ? try_row(r, i, item, e) : 0;
	return rc;
}

static void learn_volume(struct run *r, const struct volume_info *v)
{
	r->target = r->o->target_given ? r->o->target : v->product_known ? v->product : PRODUCT_ANY;
	r->old_id = v->has_label ? label_id_is_bacula(v->label.id) : r->target == PRODUCT_BACULA;
}

static void take_damage(struct run *r, const struct item *item)
{
	r->shut = r->shut || item->verdict.encrypted;
	/* Records that a piece begins or ends inside of are told as damage of one record, too. */
	bool whole = r->piece == NULL || item->bad_block;
	bool inside = r->piece == NULL || item->addr - r->piece->from < SAMPLING_PIECE_BYTES;
	r->to->damaged += whole && inside && !item->verdict.encrypted;
	r->to->cut += !whole && inside;
}

static int go_through(struct run *r, struct joiner *joiner, struct err *e)
{
	struct item item = {.kind = ITEM_FOREIGN};
	int rc = 0;
	while (rc == 0 && (rc = joiner_next(joiner, &item, e)) == 0 && item.kind != ITEM_END) {
		if (item.volume && item.kind != ITEM_RECORD && item.kind != ITEM_DAMAGE)
			learn_volume(r, item.volume);
		if (item.kind == ITEM_DAMAGE)
			take_damage(r, &item);
		if (item.kind == ITEM_RECORD && (r->piece == NULL || item.addr >= r->piece->from))
			rc = take_record(r, &item, e);
	}
	end_piece(r);
	return rc;
}

/* A piece, or all of the volume; *read: its bytes. */
static int read_piece(struct run *r, const char *const *path, struct cipher *cipher, uint64_t *read, struct err *e)
{
	const struct reader_options ro = {
		.paths = path,
		.path_count = 1,
		.blocks = true,
		.expect_volumes = true,
		.keys = cipher_keys(cipher),
		.ranges = r->piece,
		.range_count = r->piece != NULL,
		.inside_files = r->piece != NULL,
	};
	struct buf_pool *bufs = buf_pool_new((size_t)8 << 20);
	struct reader *reader = bufs ? reader_new(&ro, bufs) : NULL;
	struct joiner *joiner = reader ? joiner_new(reader, bufs) : NULL;
	int rc = joiner ? go_through(r, joiner, e) : err_memory(e, 0, "reading");
	*read = reader ? reader_bytes(reader) : 0;
	joiner_free(joiner);
	reader_free(reader);
	buf_pool_free(bufs);
	return rc;
}

/* What does not open where a block seemed to stand is a place without one. */
static int read_pieces(struct run *r, const char *const *path, struct cipher *cipher, struct err *e)
{
	uint64_t read;
	for (size_t i = 0; i < r->sample.count; i++) {
		struct err mine = {0};
		r->piece = &r->sample.pieces[i];
		int rc = read_piece(r, path, cipher, &read, &mine);
		if (rc == XE_KEY || (rc != 0 && mine.errnum != 0))
			return err_pass(e, &mine);
		r->sample.missed += rc != 0;
	}
	return 0;
}

static int read_volume(struct run *r, const char *const *path, struct cipher *cipher, struct err *e)
{
	const struct sampling how = {r->o->share, r->o->seed};
	uint64_t of = 0, before = r->to->records;
	r->piece = NULL;
	r->volume_pieces = 0;
	r->shut = false;
	int rc = sampling_choose(*path, &how, &r->sample, e);
	if (rc == 0 && r->sample.whole)
		rc = read_piece(r, path, cipher, &of, e);
	else if (rc == 0)
		rc = read_pieces(r, path, cipher, e);
	if (rc == 0 && r->shut)
		rc = err_set(e, XE_KEY, "is encrypted; give its key (--key, --key-dir, --key-config, --key-command)");
	if (rc == 0 && r->to->records == before)
		rc = err_set(e, XE_FAILED, "no record of %s is whole", r->sample.whole ? "it" : "the sample");
	if (rc == 0)
		fold_volume(r, r->sample.whole ? of : r->sample.of);
	for (size_t i = 0; i < r->o->row_count; i++)
		r->o->rows[i].sums = (struct estimate_sums){0};
	return rc;
}

static void learn_product(struct run *r)
{
	r->to->several = r->to->several || (r->to->volumes > 1 && r->target != r->to->target);
	r->to->target = r->target;
}

static void read_all(struct run *r, struct cipher *cipher)
{
	for (size_t i = 0; i < r->o->path_count; i++) {
		struct err mine = {0};
		if (read_volume(r, &r->o->paths[i], cipher, &mine) == 0) {
			learn_product(r);
		} else {
			err_volume(&mine, r->o->paths[i]);
			r->to->left_out++;
			r->o->left_out(r->o->arg, &mine);
		}
		sampling_free(&r->sample);
	}
}

int estimate_run(const struct estimate_options *o, struct estimate *result, struct err *e)
{
	struct run r = {.o = o, .to = result, .ctx = stage_ctx_new(), .out = calloc(o->row_count + 1, sizeof(double))};
	struct cipher *cipher = o->cipher.read ? cipher_new(&o->cipher) : NULL;
	*result = (struct estimate){.target = o->target};
	bool ready = r.ctx && r.out && arena_grow(&r.arena, ROOM_BYTES) && (cipher || o->cipher.read == NULL);
	if (ready)
		read_all(&r, cipher);
	else
		err_memory(e, ROOM_BYTES, "an estimate");
	cipher_free(cipher);
	stage_ctx_free(r.ctx);
	arena_free(&r.arena);
	free(r.out);
	return e->code;
}

/* ---- what it comes to ---- */

double estimate_ratio(const struct estimate_row *r)
{
	return r->of > 0 ? r->bytes / (double)r->of : 0;
}

/* 1.96: of a normal distribution, which sixteen pieces and more come near. */
double estimate_error(const struct estimate_row *r)
{
	return r->of > 0 ? 1.96 * sqrt(r->variance) / (double)r->of : 0;
}

double estimate_speed(const struct estimate_row *r)
{
	return r->nanoseconds > 0 ? (double)r->timed_bytes * 1e9 / (double)r->nanoseconds : 0;
}
