/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Encrypted blocks of one source: which of the keys that may fit does.  Ciphers and keys are others' business.
 * formats/bacula-encryption.md 1 */
#ifndef VOLUME_OPENER_H
#define VOLUME_OPENER_H

#include "base/buf.h"
#include "base/err.h"
#include "format/block.h"
#include "volume/readahead.h"

#define OPENER_CIPHER_BYTES 64u

/* Who has keys and can decrypt. */
struct opener_keys {
	void *arg;
	bool patient; /* go on past a block that no key opens: damage is passed over in this run */
	/* The keys of the volume with this label data (empty: the label is lost); *ring stays valid as long as arg.  XE_KEY. */
	int (*find)(void *arg, struct span label, void **ring, struct err *e);
	/* Decrypts a whole block with the ring's index-th key.  False: the ring has no such key, or none that takes such a
	 * block. */
	bool (*decrypt)(void *ring, unsigned index, const uint8_t *block, size_t len, uint8_t *plain);
	/* "AES-256, key 1a2b3c4d" */
	void (*describe)(void *ring, unsigned index, char text[static OPENER_CIPHER_BYTES]);
};

struct opener;

/* keys must stay until opener_free (NULL is fine).  NULL without memory. */
struct opener *opener_new(const struct opener_keys *keys);
void opener_free(struct opener *o);

/* A volume begins: its keys are looked up when they are needed, or now.  label is copied.  XE_KEY if there is none. */
int opener_begin(struct opener *o, struct span label, bool now, struct err *e) __attribute__((warn_unused_result));

enum opener_how {
	OPENER_OPEN,    /* plain, and right */
	OPENER_DAMAGED, /* decrypted with the key that fitted others; what came out is wrong */
	OPENER_SHUT,    /* no key of the volume fits, neither this block nor any before it */
};

/* Decrypts block h into *plain, a new buffer (NULL if OPENER_SHUT).  known: what was found out about it ahead, or NULL.  sum: the block
 * carries a checksum, which then decides, and *sum becomes that of *plain; NULL: its record headers decide.  XE_FAILED without memory,
 * XE_KEY if there are no keys. */
int opener_open(struct opener *o, struct buf_pool *pool, const uint8_t *block, const struct block_header *h, struct foreseen *known,
		uint64_t *sum, struct buf **plain, enum opener_how *how, struct err *e) __attribute__((warn_unused_result));

/* The key that fitted; false: none has, yet. */
bool opener_key(const struct opener *o, struct readahead_key *key);

/* A block that was to be delivered stayed shut.  XE_KEY when it is time to give up, at once unless the keys are patient. */
int opener_shut(struct opener *o, struct err *e) __attribute__((warn_unused_result));

/* At the end of a volume: XE_KEY if blocks stayed shut and none opened. */
int opener_end(const struct opener *o, struct err *e) __attribute__((warn_unused_result));

/* What the volume's blocks were opened with; "" if none was. */
void opener_describe(const struct opener *o, char text[static OPENER_CIPHER_BYTES]);

#endif
