/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pass goes through the file's records once, in order: it fills the map, counts the digest, notes what is damaged.  It goes only as far
 * as reading needs it: who reads the file from its beginning is served by it alone.  What lies behind it is reached with a jump to the
 * nearest place of the map.  Records that either has decoded are kept for a while, for reads of one file come in any order. */
#include "mount/filebytes.h"

#include "format/doubling.h"
#include "format/stream.h"
#include "mount/plaincursor.h"
#include "mount/recent.h"
#include "mount/wounds.h"

#include <stdlib.h>

#define EXTRAS_BYTES ((size_t)4 << 20) /* of one file, together */

/* A cursor, and where the data that it comes to belong. */
struct course_of_file {
	struct plaincursor *cursor; /* NULL: it is not on its way */
	uint64_t ordinal;           /* of the next data record */
	uint64_t next;              /* where data without an address go on */
	struct backupread backup;
};

/* Of some data records, the first and the one behind the last; behind 0: there are none. */
struct ordinals {
	uint64_t first, behind;
};

struct filebytes {
	struct filebytes_options o;
	struct course_of_file pass, jump;
	bool passed;                        /* it has come to the end, and the wounds are known */
	bool pass_lost;                     /* it has met with damage that may be of this file */
	struct ordinals doubted, undecoded; /* that it has come by */
	struct digest *digest;
	bool digest_seen;
	uint64_t plain; /* bytes of plain data so far */
	struct bytemap map;
	struct wounds wounds;
	struct recent recent;
	bool asked, doubled; /* it is known whether its records have their addresses twice; they have */
	struct extra extras[EXTRA_MAX];
	size_t extra_count, extra_bytes;
	bool has_extras; /* all of them have been seen */
	/* Where clients' keys are given: */
	uint8_t *session; /* the record that a key of ours opens; NULL: none came */
	size_t session_len;
	bool has_content;        /* data came, readable or not: it is known whether a key opens them */
	enum digest_kind signs;  /* the digest that its signature is taken to be over, */
	bool signs_told;         /* as its first one says: one of another kind behind that is not looked at */
	struct digest *signable; /* and that */
	const char *unsigned_by; /* why its signature is none of its content's; NULL: it is, or nothing was signed */
	struct err locked;       /* why it stays closed; XE_OK: it does not */
};

struct filebytes *filebytes_new(const struct filebytes_options *options)
{
	struct filebytes *f = calloc(1, sizeof *f);
	if (f == NULL)
		return NULL;
	f->o = *options;
	f->asked = !options->sparse;
	f->signs = DIGEST_SHA256;
	return f;
}

static void stop(struct course_of_file *c)
{
	plaincursor_free(c->cursor);
	c->cursor = NULL;
}

static void drop_extras(struct filebytes *f)
{
	for (size_t i = 0; i < f->extra_count; i++)
		free((void *)(uintptr_t)f->extras[i].data.data);
	f->extra_count = f->extra_bytes = 0;
}

/* As if nothing had been read. */
static void forget(struct filebytes *f)
{
	stop(&f->pass);
	stop(&f->jump);
	recent_free(&f->recent);
	bytemap_free(&f->map);
	digest_free(f->digest);
	digest_free(f->signable);
	f->digest = f->signable = NULL;
	f->unsigned_by = NULL;
	f->wounds = (struct wounds){0};
	f->doubted = f->undecoded = (struct ordinals){0};
	f->passed = f->pass_lost = f->digest_seen = false;
	f->plain = 0;
	if (!f->has_extras)
		drop_extras(f);
}

void filebytes_free(struct filebytes *f)
{
	if (f == NULL)
		return;
	forget(f);
	drop_extras(f);
	free(f->session);
	free(f);
}

void filebytes_rest(struct filebytes *f)
{
	stop(&f->jump);
	recent_free(&f->recent);
	/* A pass that stopped halfway has its digest halfway: it begins anew. */
	if (f->pass.cursor)
		forget(f);
}

/* ---- one record ---- */

static bool holds_data(const struct item *item)
{
	return stream_form(item->stream) != STREAM_OPAQUE;
}

static int memory(struct err *e)
{
	return err_memory(e, 0, "the content of a file");
}

/* Its pieces into r. */
static bool take_apart(struct course_of_file *c, struct span data, struct recent_record *r)
{
	struct backupread_piece piece;
	while (backupread_next(&c->backup, &data, &piece)) {
		if (!recent_add(r, piece.at, piece.data))
			return false;
	}
	return true;
}

static bool place_data(struct course_of_file *c, const struct item *item, struct span address, struct span plain, struct recent_record *r)
{
	bool has_address = stream_has_prefix(item->stream);
	if (!has_address && (stream_in_form(item->stream, STREAM_PLAIN) & STREAM_NUMBER_MASK) == STREAM_WIN32)
		return take_apart(c, plain, r);
	struct rd rd = rd_over(address.data, address.len);
	uint64_t at = has_address ? rd_be64(&rd) : c->next;
	/* No file is so long. */
	if (rd.bad || at > (uint64_t)INT64_MAX - plain.len)
		return true;
	return recent_add(r, at, plain);
}

/* Decodes the record that the course has come to; r: empty.  1, 0: it does not decode, < 0. */
static int decode(struct filebytes *f, struct course_of_file *c, const struct filecursor_record *record, struct recent_record *r,
		  struct span *counted, struct err *e)
{
	const struct item *item = &record->item;
	struct span address = {0}, plain = {0};
	r->ordinal = c->ordinal++;
	if (record->broken)
		return 0;
	enum stage_status status = plaincursor_plain(c->cursor, item, &address, &plain);
	if (status == STAGE_MEMORY)
		return memory(e);
	if (status != STAGE_DONE)
		return 0;
	if (f->doubled && doubling_begins(address, plain))
		plain = (struct span){plain.data + STREAM_PREFIX_BYTES, plain.len - STREAM_PREFIX_BYTES};
	*counted = plain;
	if (!place_data(c, item, address, plain, r))
		return memory(e);
	c->next = r->count > 0 ? r->hi : c->next;
	return 1;
}

/* ---- addresses that stand twice ---- */

/* volume-format.md 6.6: the first records tell, or, where they do not, all of them. */
static int ask_doubled(struct filebytes *f, struct err *e)
{
	struct doubling d = {0};
	struct filecursor_record record;
	struct plaincursor *c = plaincursor_new(&f->o, NULL, (struct span){NULL, 0});
	int rc = c ? 1 : memory(e);
	while (rc > 0 && d.told == DOUBLING_OPEN) {
		rc = plaincursor_next(c, false, &record, e);
		struct span address, plain;
		if (rc <= 0 || !holds_data(&record.item))
			continue;
		if (plaincursor_plain(c, &record.item, &address, &plain) == STAGE_DONE)
			doubling_add(&d, address, plain);
	}
	plaincursor_free(c);
	f->asked = rc >= 0;
	f->doubled = rc >= 0 && doubling_judge(&d, f->o.size) == DOUBLING_YES;
	return rc < 0 ? rc : 0;
}

/* ---- the pass ---- */

static int begin_pass(struct filebytes *f, struct err *e)
{
	int rc = f->asked ? 0 : ask_doubled(f, e);
	if (rc != 0)
		return rc;
	f->pass = (struct course_of_file){.cursor = plaincursor_new(&f->o, NULL, (struct span){NULL, 0})};
	if (f->o.has_digest && f->digest == NULL)
		f->digest = digest_new(f->o.digest);
	if (f->o.sessions && f->signable == NULL)
		f->signable = digest_new(f->signs);
	bool counts = !f->o.has_digest || (f->digest && digest_reset(f->digest));
	bool signs = f->o.sessions == NULL || (f->signable && digest_reset(f->signable));
	return f->pass.cursor && counts && signs ? 0 : memory(e);
}

static int keep_extra(struct filebytes *f, const struct item *item, struct err *e)
{
	uint32_t number = stream_number(item->stream);
	bool whole = !item->head_missing && !item->tail_missing;
	if (f->has_extras || !extra_is_restored(number) || !whole || f->extra_count == EXTRA_MAX ||
	    item->data.len > EXTRAS_BYTES - f->extra_bytes)
		return 0;
	uint8_t *copy = malloc(item->data.len ? item->data.len : 1);
	if (copy == NULL)
		return memory(e);
	if (item->data.len > 0)
		memcpy(copy, item->data.data, item->data.len);
	f->extras[f->extra_count++] = (struct extra){number, {copy, item->data.len}};
	f->extra_bytes += item->data.len;
	return 0;
}

/* Where the data of a record that does not decode would go. */
static uint64_t lost_at(const struct item *item, uint64_t next)
{
	struct rd rd = rd_over(item->data.data, item->data.len);
	uint64_t at = stream_has_prefix(item->stream) && !item->head_missing ? rd_be64(&rd) : next;
	return !rd.bad && at > next ? at : next;
}

static void note(struct ordinals *o, uint64_t ordinal)
{
	o->first = o->behind > 0 ? o->first : ordinal;
	o->behind = ordinal + 1;
}

static bool noted(const struct ordinals *o, uint64_t ordinal)
{
	return ordinal >= o->first && ordinal < o->behind;
}

static int pass_data(struct filebytes *f, const struct filecursor_record *record, struct err *e)
{
	struct bytemap_stride s = {
		.place = record->place, .ordinal = f->pass.ordinal, .next = f->pass.next, .backup = f->pass.backup, .lo = f->pass.next};
	struct recent_record *r = recent_new(&f->recent, FILEBYTES_RECENT_BYTES);
	struct span counted = {0};
	int rc = r ? decode(f, &f->pass, record, r, &counted, e) : memory(e);
	if (rc < 0)
		return rc;
	if (record->doubt)
		note(&f->doubted, s.ordinal);
	if (rc == 0) {
		note(&f->undecoded, s.ordinal);
		wounds_lose(&f->wounds, lost_at(&record->item, s.next));
		s.hi = s.lo;
		return bytemap_add(&f->map, &s, e);
	}
	digest_add(f->digest, counted.data, counted.len);
	if (f->signable)
		digest_add(f->signable, counted.data, counted.len);
	f->plain += counted.len;
	s.lo = r->count > 0 ? r->lo : s.next;
	s.hi = r->count > 0 ? r->hi : s.next;
	bool addressed = stream_has_prefix(record->item.stream);
	/* Its address may be wrong, too, and nothing but that says what it leaves out; nor what a compressed one gives, how long it was. */
	if (record->doubt && addressed)
		wounds_lose(&f->wounds, s.next);
	wounds_record(&f->wounds, addressed, s.lo, s.hi, counted.len, record->doubt);
	if (record->doubt && (addressed || stream_form(record->item.stream) != STREAM_PLAIN))
		wounds_lose(&f->wounds, s.hi);
	return bytemap_add(&f->map, &s, e);
}

/* ---- what its client encrypted and signed ---- */

static struct span session_of(const struct filebytes *f)
{
	return (struct span){f->session, f->session_len};
}

/* What the pass has found out about the session. */
static int learn_session(struct filebytes *f, struct err *e)
{
	struct span session = plaincursor_session(f->pass.cursor);
	const char *locked = plaincursor_locked(f->pass.cursor);
	if (locked)
		err_set(&f->locked, XE_PERMISSION, "its client encrypted it, and %s", locked);
	if (f->session || session.len == 0)
		return 0;
	f->session = malloc(session.len);
	if (f->session == NULL)
		return memory(e);
	memcpy(f->session, session.data, session.len);
	f->session_len = session.len;
	return 0;
}

/* A digest that only one could have written.  Which kind it is of is known only now: of another one all is counted once more. */
static void take_signature(struct filebytes *f, const struct item *item)
{
	uint8_t signed_value[DIGEST_MAX_BYTES], value[DIGEST_MAX_BYTES];
	enum digest_kind kind = f->signs;
	size_t len = 0;
	/* A part of one: what is lost was told. */
	if (item->head_missing || item->tail_missing)
		return;
	switch (pkisessions_signed(f->o.sessions, item->data, &kind, signed_value, &len)) {
	case PKIKEYS_UNKNOWN: return;
	case PKIKEYS_FORGED: f->unsigned_by = "its signature is not one of the certificate that it names"; return;
	case PKIKEYS_GARBLED: f->unsigned_by = "its signature does not stand as a client writes it"; return;
	case PKIKEYS_SIGNED: break;
	}
	if (kind != f->signs && f->signs_told)
		return;
	f->signs_told = true;
	if (kind != f->signs) {
		f->signs = kind;
		forget(f);
		return;
	}
	if (digest_value(f->signable, value) != len || memcmp(value, signed_value, len) != 0)
		f->unsigned_by = "its content is not what its client signed";
}

/* Any record but those with data. */
static int pass_other(struct filebytes *f, const struct item *item, struct err *e)
{
	int rc = keep_extra(f, item, e);
	if (rc == 0 && f->o.sessions)
		rc = learn_session(f, e);
	f->has_content = f->has_content || stream_decrypted(item->stream) != 0;
	if (rc == 0 && f->o.sessions && stream_number(item->stream) == STREAM_SIGNATURE)
		take_signature(f, item);
	return rc;
}

static bool digest_fits(const struct filebytes *f)
{
	uint8_t value[DIGEST_MAX_BYTES];
	size_t len = f->o.has_digest ? digest_value(f->digest, value) : 0;
	return f->digest_seen && len == f->o.value_bytes && memcmp(value, f->o.value, len) == 0;
}

static void end_pass(struct filebytes *f)
{
	bool cut = f->pass.backup.seen != 0 && !backupread_is_whole(&f->pass.backup);
	bool lost = plaincursor_lost(f->pass.cursor) || cut || (f->o.has_digest && !f->digest_seen);
	stop(&f->pass);
	f->passed = f->has_extras = true;
	if (digest_fits(f) && !wounds_misplaced(&f->wounds))
		f->wounds = (struct wounds){.last_lo = f->wounds.last_lo};
	else
		wounds_end(&f->wounds, f->map.end, f->o.size, lost, f->o.has_digest, f->o.proven);
	if (f->unsigned_by)
		wounds_deny(&f->wounds, f->o.size, f->unsigned_by);
	/* How long it is, an index that was made without its key does not know. */
	if (f->session && f->map.end > f->o.size)
		wounds_deny(&f->wounds, f->o.size, "it is longer than its attributes say, and what is shown: extract gives all of it");
}

/* One record on.  The pass must not have come to its end. */
static int pass_on(struct filebytes *f, struct err *e)
{
	struct filecursor_record record;
	int rc = f->pass.cursor ? 0 : begin_pass(f, e);
	if (rc == 0)
		rc = plaincursor_next(f->pass.cursor, f->plain >= f->o.bytes && (f->o.has_digest ? f->digest_seen : f->o.whole), &record,
				      e);
	if (rc > 0) {
		if (record.lost)
			wounds_lose(&f->wounds, f->pass.next);
		f->pass_lost = f->pass_lost || record.lost;
		f->digest_seen = f->digest_seen || stream_is_digest(record.item.stream);
		/* It may have been data. */
		if (record.doubt && !holds_data(&record.item))
			wounds_lose(&f->wounds, f->pass.next);
		f->has_content = f->has_content || holds_data(&record.item);
		rc = holds_data(&record.item) ? pass_data(f, &record, e) : pass_other(f, &record.item, e);
	} else if (rc == 0) {
		end_pass(f);
	}
	if (rc < 0)
		forget(f);
	return rc;
}

static int pass_to_end(struct filebytes *f, struct err *e)
{
	int rc = 0;
	while (rc == 0 && !f->passed)
		rc = pass_on(f, e);
	return rc;
}

/* ---- reading ---- */

struct request {
	uint64_t at;
	uint8_t *out;
	size_t n;
};

static void serve(const struct request *q, const struct recent_record *r)
{
	const uint8_t *data = r->data;
	for (size_t i = 0; i < r->count; i++) {
		const struct recent_piece *p = &r->pieces[i];
		uint64_t from = p->at > q->at ? p->at : q->at;
		uint64_t to = p->at + p->len < q->at + q->n ? p->at + p->len : q->at + q->n;
		if (from < to)
			memcpy(q->out + (from - q->at), data + (from - p->at), (size_t)(to - from));
		data += p->len;
	}
}

/* To the first record of s, unless the jump stands behind that already, and not behind what is wanted. */
static int jump_to(struct filebytes *f, const struct bytemap_stride *s, uint64_t at, struct err *e)
{
	struct course_of_file *c = &f->jump;
	if (c->cursor && !f->map.backwards && c->next <= at && c->ordinal >= s->ordinal)
		return 0;
	stop(c);
	*c = (struct course_of_file){
		.cursor = plaincursor_new(&f->o, &s->place, session_of(f)), .ordinal = s->ordinal, .next = s->next, .backup = s->backup};
	return c->cursor ? 0 : memory(e);
}

static int changed(const struct filebytes *f, struct err *e)
{
	err_volume(e, f->o.volumes[0].path);
	return err_set(e, XE_DAMAGE, "FileIndex %d of session %u/%u is not what it was a moment ago: its volumes are being changed",
		       f->o.file_index, f->o.session_id, f->o.session_time);
}

/* One record of the jump, which the pass has seen as well.  rc: what there was of it. */
static int jump_on(struct filebytes *f, const struct request *q, int rc, const struct filecursor_record *record, struct err *e)
{
	struct course_of_file *c = &f->jump;
	struct span counted;
	uint64_t ordinal = c->ordinal;
	bool worse = rc > 0 && ((record->lost && !f->pass_lost) || (record->doubt && !noted(&f->doubted, ordinal)));
	if (rc == 0 || worse || !bytemap_fits(&f->map, ordinal, &record->place))
		return changed(f, e);
	struct recent_record *r = recent_new(&f->recent, FILEBYTES_RECENT_BYTES);
	rc = r ? decode(f, c, record, r, &counted, e) : memory(e);
	if (rc == 0 && !noted(&f->undecoded, ordinal))
		return changed(f, e);
	if (rc >= 0)
		serve(q, r);
	return rc < 0 ? rc : 0;
}

/* Serves what lies between the jump and the record of this ordinal; in order, up to the first that has what is behind the request. */
static int read_on(struct filebytes *f, const struct request *q, uint64_t end, struct err *e)
{
	struct filecursor_record record;
	int rc = 0;
	end = end < f->pass.ordinal ? end : f->pass.ordinal;
	while (rc == 0 && f->jump.ordinal < end && (f->map.backwards || f->jump.next < q->at + q->n)) {
		rc = plaincursor_next(f->jump.cursor, false, &record, e);
		if (rc == 0 || (rc > 0 && holds_data(&record.item)))
			rc = jump_on(f, q, rc, &record, e);
		rc = rc > 0 ? 0 : rc;
	}
	if (rc < 0)
		stop(&f->jump);
	return rc;
}

/* What the pass has gone by. */
static int read_known(struct filebytes *f, const struct request *q, struct err *e)
{
	uint64_t end, from, to;
	memset(q->out, 0, q->n);
	const struct bytemap_stride *s = bytemap_find(&f->map, q->at, q->n, &end);
	if (s == NULL)
		return 0;
	if (!f->map.backwards && recent_has(&f->recent, q->at, q->n, &from, &to)) {
		for (uint64_t i = from; i <= to; i++)
			serve(q, recent_at(&f->recent, i));
		return 0;
	}
	int rc = jump_to(f, s, q->at, e);
	return rc == 0 ? read_on(f, q, end, e) : rc;
}

static int damaged(const struct filebytes *f, uint64_t at, const char *why, struct err *e)
{
	err_volume(e, f->o.volumes[0].path);
	return err_set(e, XE_DAMAGE, "FileIndex %d of session %u/%u, at byte %llu of the file: %s", f->o.file_index, f->o.session_id,
		       f->o.session_time, (unsigned long long)at, why);
}

int filebytes_begin(struct filebytes *f, struct err *e)
{
	int rc = 0;
	while (rc == 0 && f->o.sessions && !f->passed && !f->has_content && f->session == NULL && f->locked.code == XE_OK)
		rc = pass_on(f, e);
	return rc == 0 && f->locked.code != XE_OK ? err_pass(e, &f->locked) : rc;
}

int filebytes_read(struct filebytes *f, uint64_t at, void *out, size_t n, struct err *e)
{
	struct request q = {at, out, n};
	const char *why = "";
	int rc = 0;
	while (rc == 0 && !f->passed && !f->o.any_order && f->map.end < at + n)
		rc = pass_on(f, e);
	if (rc == 0 && (at + n >= f->o.size || f->o.any_order || f->map.backwards || wounds_touch(&f->wounds, at, n)))
		rc = pass_to_end(f, e);
	if (rc != 0 || n == 0)
		return rc;
	if (f->passed && !wounds_sound(&f->wounds, &q.at, n, &why))
		return damaged(f, at, why, e);
	return read_known(f, &q, e);
}

/* ---- what belongs to it ---- */

int filebytes_extras(struct filebytes *f, const struct extra **extras, size_t *count, struct err *e)
{
	struct filecursor_record record;
	struct plaincursor *c = f->has_extras ? NULL : plaincursor_new(&f->o, NULL, (struct span){NULL, 0});
	int rc = f->has_extras ? 0 : c ? 1 : memory(e);
	if (c)
		drop_extras(f);
	while (rc > 0) {
		rc = plaincursor_next(c, false, &record, e);
		if (rc > 0 && !holds_data(&record.item))
			rc = keep_extra(f, &record.item, e) == 0 ? 1 : e->code;
	}
	plaincursor_free(c);
	f->has_extras = rc == 0;
	*extras = f->extras;
	*count = f->extra_count;
	return rc;
}
