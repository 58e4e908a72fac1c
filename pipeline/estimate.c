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
	enum product target; /* of the volume at hand */
	bool old_id;
	/* The piece at hand: */
	bool any;
	size_t input;
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
	r->to->pieces += r->any;
	r->in = 0;
	r->any = false;
}

static void enter_piece(struct run *r, const struct item *item)
{
	bool same = r->any && item->volume->input == r->input && item->addr >= r->from && item->addr - r->from < SAMPLING_PIECE_BYTES;
	if (same)
		return;
	end_piece(r);
	r->any = true;
	r->input = item->volume->input;
	r->from = item->addr;
}

/* ---- one record, one row ---- */

static struct stage_policy policy_of(const struct run *r, const struct estimate_row *row)
{
	enum product form = r->o->target_given ? r->o->target : r->old_id ? PRODUCT_BACULA : PRODUCT_BAREOS;
	struct stage_policy policy = stage_policy_for(row->codec, row->level, r->target, form);
	policy.inflate = policy.force = true;
	return policy;
}

static enum stage_status apply(struct run *r, const struct stage_policy *policy, const struct item *item, struct converted *c)
{
	enum stage_status status;
	arena_empty(&r->arena);
	while ((status = stage_apply(r->ctx, policy, item, &r->arena, c)) == STAGE_ROOM) {
		size_t room = stage_room(r->ctx);
		if (!arena_grow(&r->arena, room > r->arena.cap ? room : r->arena.cap * 2))
			return STAGE_MEMORY;
	}
	free(c->label);
	free(c->reason);
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
	if (item->head_missing || item->tail_missing) {
		r->to->cut++;
		return 0;
	}
	enter_piece(r, item);
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
	r->to->target = r->target;
}

static int go_through(struct run *r, struct joiner *joiner, struct err *e)
{
	struct item item = {.kind = ITEM_FOREIGN};
	int rc = 0;
	while (rc == 0 && (rc = joiner_next(joiner, &item, e)) == 0 && item.kind != ITEM_END) {
		if (item.volume && item.kind != ITEM_RECORD && item.kind != ITEM_DAMAGE)
			learn_volume(r, item.volume);
		/* Records that a piece begins or ends inside of are told as damage of one record, too. */
		bool shut = item.kind == ITEM_DAMAGE && item.verdict.encrypted;
		r->to->shut += shut;
		r->to->damaged += item.kind == ITEM_DAMAGE && item.bad_block && !shut;
		r->to->cut += item.kind == ITEM_DAMAGE && !item.bad_block;
		if (item.kind == ITEM_RECORD)
			rc = take_record(r, &item, e);
	}
	end_piece(r);
	return rc;
}

static int read_all(struct run *r, struct cipher *cipher, struct err *e)
{
	const struct reader_options ro = {
		.paths = r->o->paths,
		.path_count = r->o->path_count,
		.blocks = true,
		.keys = cipher_keys(cipher),
		.ranges = r->o->ranges,
		.range_count = r->o->range_count,
		.inside_files = r->o->ranges != NULL,
	};
	struct buf_pool *bufs = buf_pool_new((size_t)8 << 20);
	struct reader *reader = bufs ? reader_new(&ro, bufs) : NULL;
	struct joiner *joiner = reader ? joiner_new(reader, bufs) : NULL;
	int rc = joiner ? go_through(r, joiner, e) : err_memory(e, 0, "reading");
	r->to->read = reader ? reader_bytes(reader) : 0;
	joiner_free(joiner);
	reader_free(reader);
	buf_pool_free(bufs);
	return rc;
}

int estimate_run(const struct estimate_options *o, struct estimate *result, struct err *e)
{
	struct run r = {.o = o, .to = result, .ctx = stage_ctx_new(), .out = calloc(o->row_count + 1, sizeof(double))};
	struct cipher *cipher = o->cipher.read ? cipher_new(&o->cipher) : NULL;
	*result = (struct estimate){.target = o->target};
	bool ready = r.ctx && r.out && arena_grow(&r.arena, ROOM_BYTES) && (cipher || o->cipher.read == NULL);
	int rc = ready ? read_all(&r, cipher, e) : err_memory(e, ROOM_BYTES, "an estimate");
	cipher_free(cipher);
	stage_ctx_free(r.ctx);
	arena_free(&r.arena);
	free(r.out);
	return rc;
}

/* ---- what it comes to ---- */

double estimate_ratio(const struct estimate_row *r)
{
	return r->sums.x > 0 ? r->sums.y / r->sums.x : 0;
}

/* The variance of a ratio of sums over pieces, with the correction for having seen a share of all.  1.96: a normal distribution, which eight
 * pieces and more come near. */
double estimate_error(const struct estimate_row *r, uint64_t pieces, double share)
{
	const struct estimate_sums *s = &r->sums;
	if (pieces < 2 || s->x <= 0)
		return 0;
	double n = (double)pieces, ratio = estimate_ratio(r), mean = s->x / n;
	double squares = s->yy - 2 * ratio * s->xy + ratio * ratio * s->xx;
	double variance = (1 - (share < 1 ? share : 1)) * squares / (n - 1) / (n * mean * mean);
	return variance > 0 ? 1.96 * sqrt(variance) : 0;
}

double estimate_speed(const struct estimate_row *r)
{
	return r->nanoseconds > 0 ? (double)r->timed_bytes * 1e9 / (double)r->nanoseconds : 0;
}
