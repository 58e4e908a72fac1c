/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All data records of a file are one cipher text, cut anywhere; inside it stand packets, each what would have been one record.  So a packet is
 * made an item again, and takes the way of any record: inflated by the stage, then on to who looks on.  The session with the key comes with
 * each file, and is the same for all of a job, so that it is opened once. */
#include "pipeline/unlock.h"

#include "base/array.h"
#include "crypt/cbc.h"
#include "format/packets.h"
#include "format/stream.h"
#include "pipeline/stage.h"
#include "volume/relay.h"

#include <stdlib.h>

/* The file of a job whose records come. */
struct locked_file {
	const struct job *job;
	int32_t index; /* 0: none */
	bool wanted;
	char *name;
	size_t name_cap;
	bool described, attributed; /* a session record came; attributes did */
	bool open;                  /* cbc has the key of its session, */
	bool refused;               /* or none of ours is one that it is for */
	uint32_t stream;            /* of the cipher text at hand, 0: none */
	struct item last;           /* of its records, without its data */
	bool lost;                  /* from somewhere on it cannot be followed */
	bool counted, has_content, is_signed;
	struct packets packets;
	/* Of the job: */
	uint8_t *session; /* the last session record that could be read, */
	size_t session_len;
	struct cbc *cbc; /* and what has its key; NULL: none of ours opens it */
	bool told;       /* that it stays locked */
};

struct unlock {
	struct relay relay; /* to who looks on */
	struct unlock_options o;
	void **files; /* struct locked_file, by job index */
	size_t count;
	struct stage_ctx *stage;
	uint8_t *plain; /* of one record */
	size_t plain_cap;
	struct unlock_counts counts;
};

/* ---- what is found ---- */

static void hurt(struct unlock *u, const struct locked_file *f, const struct item *item, const char *reason)
{
	struct finding found = finding_at(item, reason);
	found.file_index = f->index;
	found.file = f->name && f->attributed ? f->name : "";
	found.kept = true;
	relay_finding(&u->relay, &found);
}

static void lose(struct unlock *u, struct locked_file *f, const char *reason)
{
	if (!f->lost)
		hurt(u, f, &f->last, reason);
	f->lost = true;
}

/* ---- cipher text ---- */

/* One packet as the record that it would have been. */
static int pass_packet(struct unlock *u, struct locked_file *f, struct span packet, struct err *e)
{
	struct item item = f->last;
	struct span address = {NULL, 0}, plain = {NULL, 0};
	item.stream = stream_decrypted(f->stream);
	item.len = (uint32_t)packet.len;
	item.data = packet;
	enum stage_status status = stage_plain(u->stage, &item, &address, &plain);
	if (status == STAGE_MEMORY)
		return err_memory(e, packet.len, "a record");
	if (status != STAGE_DONE) {
		hurt(u, f, &f->last, stage_reason(u->stage));
		return 0;
	}
	const struct outrecord record = {
		.stream = stream_in_form(item.stream, STREAM_PLAIN),
		.len = (uint32_t)(address.len + plain.len),
		.head = address,
		.body = plain,
	};
	return relay_record(&u->relay, &(struct plain_item){.item = &item, .records = &record, .count = 1, .whole = true}, e);
}

static int pass_packets(struct unlock *u, struct locked_file *f, struct span plain, struct err *e)
{
	struct span packet;
	int rc = 0;
	while (rc == 0 && !f->lost) {
		switch (packets_next(&f->packets, &plain, &packet)) {
		case PACKETS_WHOLE: rc = pass_packet(u, f, packet, e); break;
		case PACKETS_MORE: return 0;
		case PACKETS_BAD: lose(u, f, "from here on its encrypted data make no sense: they are damaged, or of another key"); break;
		case PACKETS_MEMORY: return err_memory(e, plain.len, "a packet");
		}
	}
	return rc;
}

static int decrypt(struct unlock *u, struct locked_file *f, struct span data, struct err *e)
{
	size_t got, room = data.len + PKI_IV_MAX_BYTES;
	if (room > u->plain_cap) {
		free(u->plain);
		u->plain = malloc(room);
		u->plain_cap = u->plain ? room : 0;
	}
	if (u->plain == NULL)
		return err_memory(e, room, "decrypted data");
	if (!cbc_add(f->cbc, data.data, data.len, u->plain, &got))
		return err_set(e, XE_FAILED, "OpenSSL cannot decrypt");
	return pass_packets(u, f, (struct span){u->plain, got}, e);
}

/* Where what is found was: its record, whole. */
static void remember(struct locked_file *f, const struct item *item)
{
	f->last = *item;
	f->last.data = (struct span){NULL, 0};
	f->last.head_missing = f->last.tail_missing = false;
	f->last.cuts = 0;
}

static int begin_stream(struct locked_file *f, const struct item *item, struct err *e)
{
	f->stream = item->stream;
	f->lost = item->head_missing;
	packets_reset(&f->packets);
	return cbc_begin(f->cbc) ? 0 : err_set(e, XE_FAILED, "OpenSSL cannot decrypt");
}

/* No more of the cipher text at hand comes: it is to end with padding, between two packets. */
static int end_stream(struct unlock *u, struct locked_file *f, struct err *e)
{
	uint8_t rest[PKI_IV_MAX_BYTES];
	size_t got;
	int rc = 0;
	if (f->stream != 0 && !f->lost) {
		if (!cbc_end(f->cbc, rest, &got))
			lose(u, f, "its encrypted data do not end as a client ends them: they are damaged, cut, or of another key");
		else
			rc = pass_packets(u, f, (struct span){rest, got}, e);
		if (rc == 0 && !f->lost && !packets_is_whole(&f->packets))
			lose(u, f, "its encrypted data end inside a packet: some of them are lost");
	}
	f->stream = 0;
	return rc;
}

/* What comes of a record that is not all here: nothing, but that. */
static int pass_cut(struct unlock *u, const struct plain_item *plain, struct err *e)
{
	struct item item = *plain->item;
	item.stream = stream_decrypted(item.stream);
	item.data = (struct span){NULL, 0};
	return relay_record(&u->relay, &(struct plain_item){.item = &item}, e);
}

/* Data that are here, whole or not, in a stream that can be followed so far. */
static int take_open(struct unlock *u, struct locked_file *f, const struct plain_item *plain, struct err *e)
{
	const struct item *item = plain->item;
	int rc = f->stream == 0 ? begin_stream(f, item, e) : 0;
	u->counts.opened += !f->counted;
	f->counted = true;
	if (rc == 0 && !f->lost)
		rc = decrypt(u, f, item->data, e);
	if (rc != 0 || !(item->head_missing || item->tail_missing))
		return rc;
	f->lost = true;
	return pass_cut(u, plain, e);
}

static int take_data(struct unlock *u, struct locked_file *f, const struct plain_item *plain, struct err *e)
{
	bool elsewhere = !f->described && !f->attributed; /* its beginning, and with that its session, is not on these volumes */
	int rc = f->stream != plain->item->stream ? end_stream(u, f, e) : 0;
	f->has_content = true;
	if (rc != 0)
		return rc;
	if (elsewhere || f->refused)
		return relay_record(&u->relay, plain, e);
	remember(f, plain->item);
	if (!f->described)
		hurt(u, f, plain->item,
		     f->open ? "its encrypted data come without the key of their session; that of another file was tried"
			     : "its encrypted data come without the key of their session");
	f->described = true;
	return f->open ? take_open(u, f, plain, e) : pass_cut(u, plain, e);
}

/* ---- sessions and signatures ---- */

static void stay_locked(struct unlock *u, struct locked_file *f, const char *why)
{
	if (!f->told)
		u->o.locked(u->o.arg, f->job, why);
	f->told = true;
}

/* The session is the job's from here on.  cbc: taken over, NULL if it is not for us. */
static int keep_session(struct locked_file *f, struct span record, struct cbc *cbc, struct err *e)
{
	uint8_t *copy = malloc(record.len);
	if (copy == NULL) {
		cbc_free(cbc);
		return err_memory(e, record.len, "a session");
	}
	memcpy(copy, record.data, record.len);
	free(f->session);
	cbc_free(f->cbc);
	f->session = copy;
	f->session_len = record.len;
	f->cbc = cbc;
	return 0;
}

/* Another session than the one before: its key. */
static int open_session(struct unlock *u, struct locked_file *f, struct span record, struct err *e)
{
	struct pki_session s;
	struct secret key = SECRET_NONE;
	struct cbc *cbc = NULL;
	struct err why = {0};
	const char *wrong = "the key of its session is longer than any";
	if (record.len > PKI_RECORD_MAX_BYTES || !pki_session_read(record, &s, &wrong)) {
		hurt(u, f, &f->last, wrong);
		return 0;
	}
	int rc = pkikeys_open(u->o.keys, &s, &key, &why);
	if (rc == 0)
		rc = cbc_new(&cbc, s.cipher, &key, s.iv, &why);
	secret_free(&key);
	switch (rc) {
	/* That of another file may be the job's, and is tried. */
	case XE_DAMAGE: hurt(u, f, &f->last, why.text); return 0;
	case XE_KEY: stay_locked(u, f, why.text); return keep_session(f, record, NULL, e);
	case XE_OK: return keep_session(f, record, cbc, e);
	default: return err_pass(e, &why);
	}
}

static int take_session(struct unlock *u, struct locked_file *f, const struct plain_item *plain, struct err *e)
{
	const struct span data = plain->item->data;
	bool known = f->session_len == data.len && f->session_len > 0 && memcmp(f->session, data.data, data.len) == 0;
	int rc = 0;
	remember(f, plain->item);
	if (f->described && !known)
		hurt(u, f, plain->item, "another key of its session comes behind the first: only one is right");
	else if (plain->whole && !known)
		rc = open_session(u, f, data, e);
	f->described = true;
	f->open = f->cbc != NULL;
	f->refused = f->session && f->cbc == NULL;
	return rc == 0 ? relay_record(&u->relay, plain, e) : rc;
}

/* A signature is a digest that only one could have written: it passes as that. */
static int take_signature(struct unlock *u, struct locked_file *f, const struct plain_item *plain, struct err *e)
{
	static const uint32_t streams[DIGEST_KINDS] = {
		[DIGEST_MD5] = STREAM_MD5, [DIGEST_SHA1] = STREAM_SHA1, [DIGEST_SHA256] = STREAM_SHA256, [DIGEST_SHA512] = STREAM_SHA512};
	uint8_t value[DIGEST_MAX_BYTES];
	enum digest_kind kind = DIGEST_SHA256;
	size_t len = 0;
	f->is_signed = true;
	if (!plain->whole)
		return relay_record(&u->relay, plain, e);
	switch (pkikeys_signed(u->o.keys, plain->item->data, &kind, value, &len)) {
	case PKIKEYS_SIGNED: u->counts.signatures++; break;
	case PKIKEYS_UNKNOWN: u->counts.unchecked++; return relay_record(&u->relay, plain, e);
	case PKIKEYS_FORGED:
		hurt(u, f, plain->item, "its signature is not one of the certificate that it names");
		return relay_record(&u->relay, plain, e);
	case PKIKEYS_GARBLED:
		hurt(u, f, plain->item, "its signature does not stand as a client writes it");
		return relay_record(&u->relay, plain, e);
	}
	const struct outrecord digest = {.stream = streams[kind], .len = (uint32_t)len, .body = {value, len}};
	return relay_record(&u->relay, &(struct plain_item){.item = plain->item, .records = &digest, .count = 1, .whole = true}, e);
}

/* ---- records ---- */

static int close_file(struct unlock *u, struct locked_file *f, struct err *e)
{
	if (f == NULL || f->index == 0)
		return 0;
	int rc = end_stream(u, f, e);
	u->counts.not_signed += f->has_content && !f->is_signed;
	f->index = 0;
	return rc;
}

static void open_file(struct locked_file *f, const struct item *item)
{
	f->job = item->job;
	f->index = item->file_index > 0 ? item->file_index : 0;
	f->wanted = true;
	f->described = f->attributed = f->counted = f->has_content = f->is_signed = f->lost = false;
	f->open = f->cbc != NULL;
	f->refused = false;
}

static int learn(struct unlock *u, struct locked_file *f, const struct plain_item *plain, struct err *e)
{
	const struct item *item = plain->item;
	f->attributed = item->attributes.whole;
	f->wanted = u->o.wants == NULL || u->o.wants(u->o.arg, item);
	int rc = f->attributed && f->wanted ? attributes_keep_name(item->attributes.name, &f->name, &f->name_cap, e) : 0;
	return rc == 0 ? relay_record(&u->relay, plain, e) : rc;
}

static int on_record(void *arg, const struct plain_item *plain, struct err *e)
{
	struct unlock *u = arg;
	const struct item *item = plain->item;
	struct locked_file *f = array_row(&u->files, &u->count, item->job->index, sizeof *f);
	if (f == NULL)
		return err_memory(e, sizeof *f, "a file");
	int rc = 0;
	if (f->index != item->file_index) {
		rc = close_file(u, f, e);
		open_file(f, item);
	}
	if (rc != 0 || f->index == 0 || !f->wanted)
		return rc == 0 ? relay_record(&u->relay, plain, e) : rc;
	if (stream_decrypted(item->stream) != 0)
		return take_data(u, f, plain, e);
	f->has_content = f->has_content || stream_form(item->stream) != STREAM_OPAQUE;
	rc = end_stream(u, f, e);
	if (rc != 0)
		return rc;
	if (attributes_are(item->stream))
		return learn(u, f, plain, e);
	switch (stream_number(item->stream)) {
	case STREAM_ENCRYPTED_SESSION: return take_session(u, f, plain, e);
	case STREAM_SIGNATURE: return take_signature(u, f, plain, e);
	default: return relay_record(&u->relay, plain, e);
	}
}

static int on_finish(void *arg, struct err *e)
{
	struct unlock *u = arg;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < u->count; i++)
		rc = close_file(u, u->files[i], e);
	return rc == 0 ? relay_finish(&u->relay, e) : rc;
}

/* ---- the whole ---- */

struct unlock *unlock_new(const struct unlock_options *options)
{
	struct unlock *u = calloc(1, sizeof *u);
	if (u == NULL)
		return NULL;
	u->o = *options;
	relay_begin(&u->relay, options->to, on_record, on_finish);
	u->stage = stage_ctx_new();
	if (u->stage)
		return u;
	unlock_free(u);
	return NULL;
}

void unlock_free(struct unlock *u)
{
	if (u == NULL)
		return;
	for (size_t i = 0; i < u->count; i++) {
		struct locked_file *f = u->files[i];
		if (f == NULL)
			continue;
		packets_free(&f->packets);
		cbc_free(f->cbc);
		free(f->session);
		free(f->name);
		free(f);
	}
	free(u->files);
	free(u->plain);
	stage_ctx_free(u->stage);
	free(u);
}

const struct observer *unlock_observer(struct unlock *u)
{
	return &u->relay.observer;
}

const struct unlock_counts *unlock_counts(const struct unlock *u)
{
	return &u->counts;
}
