/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The content of one file of a volume, byte by byte, from any place on: the volumes are read where the file lies and nowhere else, and one
 * record at a time is decoded.  Where its records begin is learnt on the way from its first to its last one, which is gone once, as far as
 * it is needed; then the content is proved by its digest, too.
 *
 * What is not as it was is never handed out in silence.  A record that is lost, or does not decode, is damage where it stands; so is one in
 * a block whose checksum is wrong, unless the digest says that all is right.  A digest that does not fit, without anything else to be
 * found, is damage of the last record: who reads all of the file learns it at its end.
 *
 * What its client encrypted is read as if it had not, where there is a key: from any place on, for CBC wants no more than the block before.  Its
 * signature is a digest that the right one wrote; that of another one, of whom the certificate is there, is damage as that.
 *
 * Memory: the map of places (mount/bytemap.h), FILEBYTES_RECENT_BYTES of decoded content or one record if that is more (20 MB at most), the
 * buffers of one or two readers.  formats/restore-format.md 2, 6, 8.2 */
#ifndef MOUNT_FILEBYTES_H
#define MOUNT_FILEBYTES_H

#include "base/digest.h"
#include "crypt/pkisessions.h"
#include "restore/extra.h"
#include "volume/opener.h"

#define FILEBYTES_RECENT_BYTES ((size_t)1 << 20)

struct filebytes_volume {
	const char *path;
	const char *name;   /* what its label says; "": it has none that can be read */
	int64_t label_time; /* the same */
};

struct filebytes_options {
	/* Those that the job goes on on, in their order, from the one where the file begins to the one behind that where its last record begins. */
	const struct filebytes_volume *volumes;
	size_t volume_count;
	uint64_t from;      /* address of the block on the first volume where its first record begins */
	size_t last_volume; /* and where its last one does, */
	uint64_t last;
	uint32_t session_id, session_time;
	int32_t file_index;
	const char *name; /* as its attributes have it; NULL: it has none */
	uint64_t bytes;   /* of plain content that came when it was indexed */
	uint64_t size;    /* as it is shown: what is read lies below it */
	bool sparse;      /* its data come with addresses, */
	bool any_order;   /* which may go backwards */
	bool whole;       /* nothing of it was missing when it was indexed, */
	bool proven;      /* and its digest said so */
	bool has_digest;
	enum digest_kind digest;
	uint8_t value[DIGEST_MAX_BYTES];
	size_t value_bytes;
	const struct opener_keys *keys; /* NULL: there are none */
	struct pkisessions *sessions;   /* with keys of clients who encrypt, or sign; NULL: there are none */
};

struct filebytes;

/* Options are copied, but not what they point to: that has to stay until filebytes_free (NULL is fine).  NULL without memory. */
struct filebytes *filebytes_new(const struct filebytes_options *options);
void filebytes_free(struct filebytes *f);

/* Is there a key for what its client encrypted?  XE_PERMISSION: there is none, and for whom it is; and as below. */
int filebytes_begin(struct filebytes *f, struct err *e) __attribute__((warn_unused_result));

/* All n bytes from at on, at + n <= size.  XE_DAMAGE: some of them are not what they were, or lost; XE_KEY; XE_FAILED: a volume cannot be
 * read, or is not the one any more that was indexed.  The same may come right later. */
int filebytes_read(struct filebytes *f, uint64_t at, void *out, size_t n, struct err *e) __attribute__((warn_unused_result));

/* What stands behind its content: *extras, *count are lent until filebytes_free.  Errors as above. */
int filebytes_extras(struct filebytes *f, const struct extra **extras, size_t *count, struct err *e) __attribute__((warn_unused_result));

/* Gives back everything but the map: open volumes, buffers, decoded content. */
void filebytes_rest(struct filebytes *f);

#endif
