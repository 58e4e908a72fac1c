/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mount/openfiles.h"

#include "mount/filebytes.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 256u

struct openfile {
	uint64_t number;
	unsigned users;
	struct openfile *next;          /* in its bucket */
	struct openfile *older, *newer; /* among those that nobody uses */
	pthread_mutex_t lock;           /* of all that follows */
	struct view_file file;
	struct filebytes_volume *volumes;
	struct filebytes *bytes; /* NULL: it has no content to read */
	bool told;
};

/* Keys of a volume, one thread at a time. */
struct shared_ring {
	struct openfiles *owner;
	void *ring; /* of the options' keys */
	struct shared_ring *next;
};

struct openfiles {
	struct openfiles_options o;
	struct opener_keys keys; /* those of the options, behind a lock */
	pthread_mutex_t key_lock;
	struct shared_ring *rings;
	pthread_mutex_t tell_lock;
	pthread_mutex_t lock; /* of all that follows, users and neighbours of each file among it */
	struct openfile *buckets[BUCKETS];
	struct openfile *oldest, *newest;
	unsigned kept;
};

/* ---- keys ---- */

static struct shared_ring *share(struct openfiles *o, void *ring)
{
	struct shared_ring *s = o->rings;
	while (s && s->ring != ring)
		s = s->next;
	if (s)
		return s;
	s = malloc(sizeof *s);
	if (s) {
		*s = (struct shared_ring){o, ring, o->rings};
		o->rings = s;
	}
	return s;
}

static int find_keys(void *arg, struct span label, void **ring, struct err *e)
{
	struct openfiles *o = arg;
	pthread_mutex_lock(&o->key_lock);
	int rc = o->o.keys->find(o->o.keys->arg, label, ring, e);
	if (rc == 0) {
		*ring = share(o, *ring);
		rc = *ring ? 0 : err_memory(e, sizeof(struct shared_ring), "keys");
	}
	pthread_mutex_unlock(&o->key_lock);
	return rc;
}

static bool decrypt(void *ring, unsigned index, const uint8_t *block, size_t len, uint8_t *plain)
{
	struct shared_ring *s = ring;
	pthread_mutex_lock(&s->owner->key_lock);
	bool right = s->owner->o.keys->decrypt(s->ring, index, block, len, plain);
	pthread_mutex_unlock(&s->owner->key_lock);
	return right;
}

static void describe(void *ring, unsigned index, char text[static OPENER_CIPHER_BYTES])
{
	struct shared_ring *s = ring;
	pthread_mutex_lock(&s->owner->key_lock);
	s->owner->o.keys->describe(s->ring, index, text);
	pthread_mutex_unlock(&s->owner->key_lock);
}

/* ---- making and freeing ---- */

struct openfiles *openfiles_new(const struct openfiles_options *options)
{
	struct openfiles *o = calloc(1, sizeof *o);
	if (o == NULL)
		return NULL;
	o->o = *options;
	pthread_mutex_init(&o->lock, NULL);
	pthread_mutex_init(&o->key_lock, NULL);
	pthread_mutex_init(&o->tell_lock, NULL);
	if (options->keys)
		o->keys = (struct opener_keys){
			.arg = o, .patient = options->keys->patient, .find = find_keys, .decrypt = decrypt, .describe = describe};
	return o;
}

static void free_file(struct openfile *f)
{
	filebytes_free(f->bytes);
	free(f->volumes);
	view_file_free(&f->file);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

void openfiles_free(struct openfiles *o)
{
	if (o == NULL)
		return;
	for (unsigned i = 0; i < BUCKETS; i++) {
		for (struct openfile *f = o->buckets[i], *next; f; f = next) {
			next = f->next;
			free_file(f);
		}
	}
	for (struct shared_ring *s = o->rings, *next; s; s = next) {
		next = s->next;
		free(s);
	}
	pthread_mutex_destroy(&o->lock);
	pthread_mutex_destroy(&o->key_lock);
	pthread_mutex_destroy(&o->tell_lock);
	free(o);
}

/* ---- one file ---- */

/* Why there is nothing to read of it, though it has a size; NULL: there is. */
static const char *why_not(const struct view_file *f)
{
	if (f->row.flags & FILEINDEX_UPDATE)
		return "only its attributes are in this job; its content is in an older one";
	if (f->row.flags & FILEINDEX_DELTA)
		return "its content is a difference to that of another job";
	if (f->row.stat.type == FILESTAT_BASE)
		return "its content is in the job's base job";
	if (f->row.stat.type == FILESTAT_HARD_LINK)
		return "its content is stored under another name, which is not there";
	if (f->row.verdict == FILEINDEX_CLOSED && !(f->row.flags & FILEINDEX_ENCRYPTED))
		return "its content is not for us to read: deduplicated, or a plugin's";
	bool hurt = f->row.verdict == FILEINDEX_DAMAGED || f->row.verdict == FILEINDEX_CUT;
	return hurt && f->size == 0 ? "some of it is damaged or lost" : NULL;
}

static bool plan(struct openfiles *o, struct openfile *f)
{
	const struct view_file *file = &f->file;
	f->volumes = calloc(file->volume_count, sizeof *f->volumes);
	for (size_t i = 0; f->volumes && i < file->volume_count; i++)
		f->volumes[i] = (struct filebytes_volume){
			.path = file->volumes[i].path, .name = file->volumes[i].name, .label_time = file->volumes[i].label_time};
	struct filebytes_options options = {
		.volumes = f->volumes,
		.volume_count = file->volume_count,
		.from = file->row.first.addr,
		.last_volume = file->last_volume,
		.last = file->row.last.addr,
		.session_id = file->job.session_id,
		.session_time = file->job.session_time,
		.file_index = file->row.file_index,
		.name = file->row.flags & FILEINDEX_NAMELESS ? NULL : file->row.stat.name,
		.bytes = file->row.bytes,
		.size = file->size,
		.sparse = file->row.flags & FILEINDEX_SPARSE,
		.any_order = file->row.flags & (FILEINDEX_PLUGIN | FILEINDEX_WINDOWS),
		.whole = file->row.verdict == FILEINDEX_PROVEN || file->row.verdict == FILEINDEX_PLAUSIBLE,
		.proven = file->row.verdict == FILEINDEX_PROVEN,
		.has_digest = file->row.has_digest,
		.digest = file->row.digest,
		.value_bytes = file->row.value_bytes,
		.keys = o->keys.arg ? &o->keys : NULL,
		.sessions = o->o.sessions,
	};
	memcpy(options.value, file->row.value, sizeof options.value);
	f->bytes = f->volumes ? filebytes_new(&options) : NULL;
	return f->bytes != NULL;
}

static struct openfile *make(struct openfiles *o, uint64_t number, struct err *e)
{
	struct openfile *f = calloc(1, sizeof *f);
	if (f == NULL) {
		err_memory(e, sizeof *f, "an open file");
		return NULL;
	}
	f->number = number;
	pthread_mutex_init(&f->lock, NULL);
	int rc = view_file(o->o.view, number, &f->file, e);
	if (rc > 0 && plan(o, f))
		return f;
	if (rc >= 0)
		err_set(e, XE_FAILED, rc == 0 ? "no record speaks of it" : "out of memory (an open file)");
	free_file(f);
	return NULL;
}

/* ---- which are open ---- */

static struct openfile **place_of(struct openfiles *o, uint64_t number)
{
	struct openfile **at = &o->buckets[number % BUCKETS];
	while (*at && (*at)->number != number)
		at = &(*at)->next;
	return at;
}

static void unlist(struct openfiles *o, struct openfile *f)
{
	*(f->older ? &f->older->newer : &o->oldest) = f->newer;
	*(f->newer ? &f->newer->older : &o->newest) = f->older;
	f->older = f->newer = NULL;
	o->kept--;
}

static void list(struct openfiles *o, struct openfile *f)
{
	f->older = o->newest;
	*(o->newest ? &o->newest->newer : &o->oldest) = f;
	o->newest = f;
	o->kept++;
}

/* Found, or, where fresh is given, put there. */
static struct openfile *use(struct openfiles *o, uint64_t number, struct openfile *fresh)
{
	pthread_mutex_lock(&o->lock);
	struct openfile **at = place_of(o, number);
	struct openfile *f = *at;
	if (f == NULL && fresh) {
		*at = f = fresh;
	} else if (f && f->users == 0) {
		unlist(o, f);
	}
	if (f)
		f->users++;
	pthread_mutex_unlock(&o->lock);
	return f;
}

struct openfile *openfiles_take(struct openfiles *o, uint64_t number, struct err *e)
{
	struct openfile *f = use(o, number, NULL);
	if (f)
		return f;
	struct openfile *fresh = make(o, number, e);
	f = fresh ? use(o, number, fresh) : NULL;
	/* Another thread was faster. */
	if (fresh && f != fresh)
		free_file(fresh);
	return f;
}

static struct openfile *drop_oldest(struct openfiles *o)
{
	struct openfile *f = o->kept > OPENFILES_KEPT ? o->oldest : NULL;
	if (f) {
		unlist(o, f);
		*place_of(o, f->number) = f->next;
	}
	return f;
}

void openfiles_put(struct openfiles *o, struct openfile *f)
{
	pthread_mutex_lock(&o->lock);
	struct openfile *gone = NULL;
	if (f->users == 1) {
		/* Nobody else has it, and nobody can get it now: no reader is at work. */
		filebytes_rest(f->bytes);
		list(o, f);
		gone = drop_oldest(o);
	}
	f->users--;
	pthread_mutex_unlock(&o->lock);
	if (gone)
		free_file(gone);
}

/* ---- reading ---- */

static int fault(struct openfiles *o, struct openfile *f, int rc, const struct err *e)
{
	char text[ERR_TEXT_BYTES + ERR_VOLUME_BYTES + 512];
	if (f->told)
		return rc;
	f->told = true;
	snprintf(text, sizeof text, "%.255s: %s%s%s", f->file.row.stat.name, e->volume, e->volume[0] ? ": " : "", e->text);
	pthread_mutex_lock(&o->tell_lock);
	o->o.tell(o->o.arg, text);
	pthread_mutex_unlock(&o->tell_lock);
	return rc;
}

int openfile_check(struct openfiles *o, struct openfile *f, struct err *e)
{
	const char *why = why_not(&f->file);
	bool encrypted = f->file.row.flags & FILEINDEX_ENCRYPTED;
	int rc = 0;
	if (!encrypted && why == NULL)
		return 0;
	pthread_mutex_lock(&f->lock);
	if (encrypted && o->o.sessions)
		rc = filebytes_begin(f->bytes, e);
	else if (encrypted)
		rc = err_set(e, XE_PERMISSION, "its client encrypted it; --pki-key opens it");
	if (rc == 0 && why)
		rc = err_set(e, XE_DAMAGE, "%s", why);
	if (rc != 0)
		rc = fault(o, f, rc, e);
	pthread_mutex_unlock(&f->lock);
	return rc;
}

int openfile_read(struct openfiles *o, struct openfile *f, uint64_t at, void *out, size_t n, size_t *got, struct err *e)
{
	uint64_t left = at < f->file.size ? f->file.size - at : 0;
	*got = left < n ? (size_t)left : n;
	pthread_mutex_lock(&f->lock);
	int rc = filebytes_read(f->bytes, at, out, *got, e);
	if (rc != 0)
		rc = fault(o, f, rc, e);
	pthread_mutex_unlock(&f->lock);
	return rc;
}

int openfile_extras(struct openfiles *o, struct openfile *f,
		    int (*use_them)(void *arg, const struct extra *extras, size_t count, struct err *e), void *arg, struct err *e)
{
	const struct extra *extras = NULL;
	size_t count = 0;
	pthread_mutex_lock(&f->lock);
	int rc = f->file.row.flags & (FILEINDEX_ACL | FILEINDEX_XATTR) ? filebytes_extras(f->bytes, &extras, &count, e) : 0;
	if (rc == 0)
		rc = use_them(arg, extras, count, e);
	if (rc < 0)
		rc = fault(o, f, rc, e);
	pthread_mutex_unlock(&f->lock);
	return rc;
}

const char *openfile_name(const struct openfile *f)
{
	return f->file.row.stat.name;
}
