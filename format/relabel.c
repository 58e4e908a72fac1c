/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/relabel.h"

#include "format/label.h"

#include <assert.h>
#include <string.h>

static const char bacula_id[] = "Bacula 1.0 immortal\n", bareos_id[] = "Bareos 2.0 immortal\n";
static const char cloud_id[] = "Bacula 1.0 S3 Cloud Data\n";
#define BACULA_VERSION 11u
#define CLOUD_VERSION 40000u
#define BAREOS_VERSION 20u
/* The fields 16 to 20 as they are where nothing is aligned; old daemons did not write them. */
static const uint8_t no_bacula[1 + 8 + 4 + 4 + 4];
static const char obfuscated[] = "OBFUSCATED";

static_assert(sizeof bacula_id == sizeof bareos_id, "a label keeps its length");

/* The fields of a volume label, cut where something may change. */
struct fields {
	struct span id; /* with its NUL */
	uint32_t version;
	struct span times, name, before; /* before: names up to the host's */
	const char *host;
	struct span program; /* name, version, date */
	bool has_bacula;     /* the fields 16 to 20 follow, */
	struct span bacula;
	uint32_t block_size; /* the last of them, */
	bool has_keys;       /* and the fields 21 to 25 */
	struct span enc_key, master_id;
};

static struct span since(const uint8_t *from, const struct rd *r)
{
	return (struct span){from, (size_t)(r->p - from)};
}

static bool take_apart(struct span data, struct fields *f)
{
	*f = (struct fields){0};
	struct rd r = rd_over(data.data, data.len);
	rd_string(&r);
	f->id = since(data.data, &r);
	f->version = rd_be32(&r);
	const uint8_t *from = r.p;
	rd_bytes(&r, 32);
	f->times = since(from, &r);
	from = r.p;
	rd_string(&r);
	f->name = since(from, &r);
	from = r.p;
	for (int i = 0; i < 4; i++)
		rd_string(&r);
	f->before = since(from, &r);
	f->host = rd_string(&r);
	from = r.p;
	for (int i = 0; i < 3; i++)
		rd_string(&r);
	f->program = since(from, &r);
	if (r.bad)
		return false;

	from = r.p;
	rd_string(&r);
	rd_bytes(&r, 16);
	f->block_size = rd_be32(&r);
	f->has_bacula = !r.bad;
	if (r.bad)
		return true;
	f->bacula = since(from, &r);
	f->enc_key.len = rd_be32(&r);
	f->enc_key.data = rd_bytes(&r, f->enc_key.len);
	f->master_id.len = rd_be32(&r);
	f->master_id.data = rd_bytes(&r, f->master_id.len);
	rd_be32(&r); /* of a signature's key id: always 0 */
	f->has_keys = !r.bad;
	if (r.bad)
		f->enc_key = f->master_id = (struct span){NULL, 0};
	return true;
}

bool relabel_read_keys(struct span data, struct relabel_keys *keys)
{
	struct fields f;
	*keys = (struct relabel_keys){0};
	if (!take_apart(data, &f))
		return false;
	keys->block_size = f.block_size;
	keys->enc_key = f.enc_key;
	keys->master_id = f.master_id;
	return f.has_keys;
}

static void put(struct wr *w, struct span s)
{
	wr_bytes(w, s.data, s.len);
}

static void put_keys(struct wr *w, const struct relabel *to)
{
	wr_be32(w, (uint32_t)to->enc_key.len);
	put(w, to->enc_key);
	wr_be32(w, (uint32_t)to->master_id.len);
	put(w, to->master_id);
	wr_be32(w, 0);
}

static const struct {
	const char *id; /* with its NUL, sizeof bareos_id bytes */
	uint32_t version;
} owners[] = {[RELABEL_BAREOS] = {bareos_id, BAREOS_VERSION}, [RELABEL_BACULA] = {bacula_id, BACULA_VERSION}};

static bool is_of(struct span id, uint32_t version, const char *of, size_t of_bytes, uint32_t of_version)
{
	return id.len == of_bytes && memcmp(id.data, of, of_bytes) == 0 && version == of_version;
}

/* Is the label, which becomes one of to's, to be of the parts of a cloud volume? */
static bool becomes_cloud(const struct fields *f, const struct relabel *to)
{
	bool bacula = to->owner == RELABEL_BACULA || is_of(f->id, f->version, bacula_id, sizeof bacula_id, BACULA_VERSION);
	return to->kind == RELABEL_CLOUD && to->owner != RELABEL_BAREOS && bacula;
}

static bool becomes_plain(const struct fields *f, const struct relabel *to)
{
	bool cloud = is_of(f->id, f->version, cloud_id, sizeof cloud_id, CLOUD_VERSION);
	return to->kind == RELABEL_PLAIN && to->owner == RELABEL_AS_IT_IS && cloud;
}

static void put_identity(struct wr *w, const struct fields *f, enum relabel_owner to)
{
	put(w, to == RELABEL_AS_IT_IS ? f->id : (struct span){(const uint8_t *)owners[to].id, sizeof bareos_id});
	wr_be32(w, to == RELABEL_AS_IT_IS ? f->version : owners[to].version);
}

static void put_kind(struct wr *w, const struct fields *f, const struct relabel *to)
{
	if (becomes_cloud(f, to)) {
		wr_bytes(w, cloud_id, sizeof cloud_id);
		wr_be32(w, CLOUD_VERSION);
	} else {
		put_identity(w, f, becomes_plain(f, to) ? RELABEL_BACULA : to->owner);
	}
}

static void put_text(struct wr *w, const char *text)
{
	wr_bytes(w, text, strlen(text) + 1);
}

/* LabelProg, ProgVersion, ProgDate */
static void put_program(struct wr *w)
{
	put_text(w, "xflate");
	put_text(w, XFLATE_VERSION);
	put_text(w, "");
}

/* Nobody reads the host's name back, so a short one can be hidden by the word's beginning. */
static void put_host(struct wr *w, const struct fields *f, const struct relabel *to)
{
	const char *host = to->obfuscate ? obfuscated : f->host;
	size_t n = strlen(host), room = strlen(f->host);
	wr_bytes(w, host, to->fixed_len && n > room ? room : n);
	wr_bytes(w, "", 1);
}

const char *relabel_volume(struct span data, const struct relabel *to, uint8_t *out, size_t *len)
{
	struct fields f;
	struct wr w = wr_over(out, RELABEL_MAX_BYTES);
	*len = 0;
	if (to->fixed_len > RELABEL_MAX_BYTES)
		return "its label is longer than readers take";
	if (!take_apart(data, &f))
		return "its label ends too early";
	if (to->owner != RELABEL_AS_IT_IS && !relabel_applies(data, to->owner))
		return to->owner == RELABEL_BAREOS ? "its label is none of Bacula's version 11"
						   : "its label is none of Bareos's version 20";
	if (to->enc_key.len > 0 && to->master_id.len > RELABEL_MASTER_ID_BYTES)
		return "the name of the master key is too long for a label";
	put_kind(&w, &f, to);
	put(&w, f.times);
	if (to->name)
		put_text(&w, to->name);
	else
		put(&w, f.name);
	put(&w, f.before);
	put_host(&w, &f, to);
	if (to->owner != RELABEL_AS_IT_IS)
		put_program(&w);
	else
		put(&w, f.program);
	if (to->owner == RELABEL_AS_IT_IS && f.has_bacula)
		put(&w, f.bacula);
	else if (to->bb03 || to->owner == RELABEL_BACULA)
		wr_bytes(&w, no_bacula, sizeof no_bacula);
	if (to->bb03)
		put_keys(&w, to);
	*len = (size_t)(w.p - out);
	if (w.bad)
		return "the label would be longer than its readers take";
	if (to->fixed_len && *len > to->fixed_len)
		return to->name ? "its label has no room for a longer name"
				: "its label has no room for the new key's copy under the master key";
	/* Behind the last field nothing is read. */
	if (to->fixed_len) {
		memset(out + *len, 0, to->fixed_len - *len);
		*len = to->fixed_len;
	}
	return NULL;
}

size_t relabel_lost(const struct relabel_lost *lost, uint8_t *out)
{
	struct wr w = wr_over(out, RELABEL_MAX_BYTES);
	if (strlen(lost->volume) >= LABEL_NAME_BYTES || strlen(lost->pool) >= LABEL_NAME_BYTES ||
	    strlen(lost->media_type) >= LABEL_NAME_BYTES)
		return 0;
	put_text(&w, lost->bacula ? bacula_id : bareos_id);
	wr_be32(&w, lost->bacula ? BACULA_VERSION : BAREOS_VERSION);
	wr_be64(&w, (uint64_t)lost->time);
	wr_be64(&w, (uint64_t)lost->time);
	wr_be64(&w, 0);
	wr_be64(&w, 0);
	put_text(&w, lost->volume);
	put_text(&w, "");
	put_text(&w, lost->pool);
	put_text(&w, "Backup");
	put_text(&w, lost->media_type);
	put_text(&w, "");
	put_program(&w);
	if (lost->bacula)
		wr_bytes(&w, no_bacula, sizeof no_bacula);
	if (lost->bb03)
		put_keys(&w, &(struct relabel){0});
	return w.bad ? 0 : (size_t)(w.p - out);
}

/* Of a volume or of a session: both begin with id and version. */
static bool is_cloud(struct span data)
{
	struct rd r = rd_over(data.data, data.len);
	rd_string(&r);
	struct span id = since(data.data, &r);
	uint32_t version = rd_be32(&r);
	return !r.bad && is_of(id, version, cloud_id, sizeof cloud_id, CLOUD_VERSION);
}

bool relabel_applies(struct span data, enum relabel_owner to)
{
	if (to == RELABEL_AS_IT_IS)
		return false;
	if (to == RELABEL_BAREOS && is_cloud(data))
		return true;
	enum relabel_owner from = to == RELABEL_BAREOS ? RELABEL_BACULA : RELABEL_BAREOS;
	struct rd r = rd_over(data.data, data.len);
	const uint8_t *id = rd_bytes(&r, sizeof bareos_id);
	uint32_t version = rd_be32(&r);
	return !r.bad && memcmp(id, owners[from].id, sizeof bareos_id) == 0 && version == owners[from].version;
}

size_t relabel_session(uint8_t *data, size_t len, enum relabel_owner to)
{
	struct span label = {data, len};
	if (!relabel_applies(label, to))
		return 0;
	/* The id of a cloud's parts is longer than those of both products. */
	size_t shorter = is_cloud(label) ? sizeof cloud_id - sizeof bareos_id : 0;
	struct wr w = wr_over(data, len);
	put_identity(&w, NULL, to);
	memmove(w.p, w.p + shorter, len - shorter - (size_t)(w.p - data));
	return len - shorter;
}
