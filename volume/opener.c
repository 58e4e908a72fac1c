/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/opener.h"

#include <stdlib.h>

#define LABEL_MAX_BYTES 2048u /* what a reader takes, bacula-encryption.md 2.1 */
#define PATIENCE 3u           /* blocks that may be damaged, all of them, before it is the key that is wrong */

struct opener {
	struct opener_keys keys;
	uint8_t label[LABEL_MAX_BYTES];
	size_t label_len;
	void *ring; /* NULL: not asked for yet */
	bool known; /* index is the key that fits */
	unsigned index;
	unsigned shut; /* blocks that no key fitted */
};

struct opener *opener_new(const struct opener_keys *keys)
{
	struct opener *o = calloc(1, sizeof *o);
	if (o)
		o->keys = *keys;
	return o;
}

void opener_free(struct opener *o)
{
	free(o);
}

static int look_up(struct opener *o, struct err *e)
{
	if (o->ring)
		return 0;
	return o->keys.find(o->keys.arg, (struct span){o->label, o->label_len}, &o->ring, e);
}

int opener_begin(struct opener *o, struct span label, bool now, struct err *e)
{
	o->ring = NULL;
	o->known = false;
	o->index = o->shut = 0;
	o->label_len = label.len <= sizeof o->label ? label.len : 0;
	memcpy(o->label, label.data, o->label_len);
	return now ? look_up(o, e) : 0;
}

static bool is_right(const uint8_t *plain, const struct block_header *h, const uint64_t *sum)
{
	size_t at;
	return sum ? *sum == h->checksum : block_check_records(plain, h, &at) == NULL;
}

/* With the ring's index-th key into *plain, and its checksum into *sum, unless that is NULL.  False: there is no such key. */
static bool decrypt(const struct opener *o, unsigned index, const uint8_t *block, const struct block_header *h, struct foreseen *known,
		    struct buf **plain, uint64_t *sum)
{
	if (known && known->plain && known->ring == o->ring && known->index == index) {
		buf_unref(*plain);
		*plain = known->plain;
		known->plain = NULL;
		if (sum)
			*sum = known->plain_sum;
		return true;
	}
	if (!o->keys.decrypt(o->ring, index, block, h->len, (*plain)->data))
		return false;
	if (sum)
		*sum = block_checksum((*plain)->data, h);
	return true;
}

int opener_open(struct opener *o, struct buf_pool *pool, const uint8_t *block, const struct block_header *h, struct foreseen *known,
		uint64_t *sum, struct buf **plain, enum opener_how *how, struct err *e)
{
	*plain = NULL;
	*how = OPENER_SHUT;
	int rc = look_up(o, e);
	if (rc != 0)
		return rc;
	struct buf *b = buf_new(pool, h->len);
	if (b == NULL)
		return err_memory(e, h->len, "a decrypted block");
	unsigned first = o->known ? o->index : 0;
	for (unsigned i = first; *how == OPENER_SHUT && decrypt(o, i, block, h, known, &b, sum); i++) {
		if (is_right(b->data, h, sum)) {
			o->known = true;
			o->index = i;
			*how = OPENER_OPEN;
		} else if (o->known) {
			*how = OPENER_DAMAGED;
		}
	}
	if (*how == OPENER_SHUT)
		buf_unref(b);
	else
		*plain = b;
	return 0;
}

bool opener_key(const struct opener *o, struct readahead_key *key)
{
	*key = (struct readahead_key){o->ring, o->index, o->keys.decrypt};
	return o->known;
}

int opener_shut(struct opener *o, struct err *e)
{
	o->shut++;
	if (o->known || (o->keys.patient && o->shut < PATIENCE))
		return 0;
	return err_set(e, XE_KEY,
		       o->shut == 1 ? "the key is wrong (or the first encrypted block is damaged): its checksum "
				      "does not fit"
				    : "the key is wrong: it fits none of the first %u encrypted blocks",
		       o->shut);
}

int opener_end(const struct opener *o, struct err *e)
{
	return o->known || o->shut == 0 ? 0 : err_set(e, XE_KEY, "the key is wrong: it fits no encrypted block");
}

void opener_describe(const struct opener *o, char text[static OPENER_CIPHER_BYTES])
{
	text[0] = '\0';
	if (o->known)
		o->keys.describe(o->ring, o->index, text);
}
