/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/judge.h"

#include "format/label.h"

#include <stdio.h>

static const struct judge_session *known(const struct judge *j, const struct block_header *h)
{
	for (unsigned i = 0; i < JUDGE_SESSIONS; i++) {
		const struct judge_session *k = &j->known[i];
		if (k->time != 0 && k->id == h->session_id && k->time == h->session_time)
			return k;
	}
	return NULL;
}

bool judge_knows(const struct judge *j, const struct block_header *h)
{
	return known(j, h) != NULL;
}

void judge_remember(struct judge *j, const struct block_header *h)
{
	const struct judge_session *had = known(j, h);
	struct judge_session *k = had ? &j->known[had - j->known] : &j->known[j->next++ % JUDGE_SESSIONS];
	bool checksum = k->checksum && k->id == h->session_id && k->time == h->session_time;
	*k = (struct judge_session){h->session_id, h->session_time, checksum || block_has_checksum(h)};
}

/* Finds an encrypted block's plain text.  Afterwards v->opened says whether there is any; if so v->plain holds it.  A
 * NULL-ciphered block is one whose checksum fits without any key (bacula-encryption.md 1.1). */
static int open_block(struct judge *j, const uint8_t *block, const struct block_header *h, struct judge_verdict *v, struct err *e)
{
	if (!block_is_encrypted(h))
		return 0;
	v->encrypted = !v->checksum || block_checksum(block, h) != h->checksum;
	if (!v->encrypted || j->opener == NULL)
		return 0;
	enum opener_how how;
	int rc = opener_open(j->opener, j->pool, block, h, v->checksum, &v->plain, &how, e);
	v->opened = how != OPENER_SHUT;
	v->shut = how == OPENER_SHUT;
	v->encrypted = false;
	return rc;
}

/* The header as it must have been: where BB03's option bit and its checksum field contradict each other, the field is the
 * one that one flipped bit cannot make. */
static struct block_header believed(const struct block_header *h)
{
	struct block_header b = *h;
	if (block_options_lie(h))
		b.options ^= BLOCK_OPTION_CHECKSUM;
	return b;
}

/* Only the volume label's block is left in clear on an encrypted volume (bacula-encryption.md 1.1). */
static bool clear_without_reason(const uint8_t *block, const struct block_header *h)
{
	struct rd rest = block_records(block, h->len, h->version);
	struct record_header first;
	struct span part;
	bool clear = h->version == 3 && (h->options & ~BLOCK_OPTION_CHECKSUM) == BLOCK_OPTION_VOLUME_ENCRYPTED;
	return clear && record_next(&rest, h->version, &first, &part) && !label_is_volume(first.file_index);
}

/* Why the h->len bytes at block, plain by now, are not a good block; NULL if they are.  lies: h is not what stands there. */
static const char *plain_fault(const uint8_t *block, const struct block_header *h, bool lies, bool expected, struct judge_verdict *v)
{
	uint64_t sum = v->checksum ? block_checksum(block, h) : 0;
	size_t at = 0;
	const char *fault = block_check_records(block, h, &at);
	v->sane_bytes = fault ? at : h->len;
	v->reversed = v->checksum && sum != h->checksum && h->version < 3 && block_checksum_reversed(block, h) == h->checksum;
	v->checksum_right = v->checksum && (sum == h->checksum || v->reversed);
	if (!block_options_known(h))
		return "its option bits make no sense";
	if (!block_has_checksum(h) && expected && (h->version == 3 || sum != 0))
		return "its checksum is gone, though the other blocks of its job have one";
	if (v->checksum && !v->checksum_right) {
		snprintf(v->text, sizeof v->text, "%s is %0*llx, header says %0*llx", h->version == 3 ? "XXH3" : "CRC32",
			 h->version == 3 ? 16 : 8, (unsigned long long)sum, h->version == 3 ? 16 : 8, (unsigned long long)h->checksum);
		return v->text;
	}
	if (lies)
		return v->checksum ? "its checksum option is off, but there is a checksum, which fits with the option on"
				   : "its checksum option is on, but there is no checksum";
	if (clear_without_reason(block, h))
		return "its options say that the volume is encrypted, but not this block";
	return fault;
}

int judge_block(struct judge *j, const uint8_t *block, const struct block_header *h, struct judge_verdict *v, struct err *e)
{
	const struct judge_session *k = h->version > 1 ? known(j, h) : NULL;
	const struct block_header b = believed(h);
	bool expected = k && k->checksum;
	*v = (struct judge_verdict){0};
	/* One CRC in four thousand million is 0, which otherwise stands for none. */
	v->checksum = block_has_checksum(&b) || (h->version == 2 && expected);
	int rc = open_block(j, block, &b, v, e);
	if (rc != 0 || v->encrypted)
		return rc;
	v->sane_bytes = block_header_bytes(h->version);
	if (v->shut)
		v->fault = "no key opens it: it is damaged, or encrypted with another key";
	else
		v->fault = plain_fault(v->opened ? v->plain->data : block, &b, b.options != h->options, expected, v);
	return 0;
}
