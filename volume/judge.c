/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/judge.h"

#include "format/label.h"

#include <stdarg.h>
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

void judge_say(struct judge_verdict *v, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	vsnprintf(v->reason, sizeof v->reason, format, ap);
	va_end(ap);
}

/* What a block is summed up to, once it is known. */
struct sum {
	bool known;
	uint64_t value;
};

static uint64_t sum_up(const uint8_t *block, const struct block_header *h, struct sum *sum)
{
	if (!sum->known)
		*sum = (struct sum){true, block_checksum(block, h)};
	return sum->value;
}

/* Finds an encrypted block's plain text.  Afterwards v->opened says whether there is any; if so *plain holds it, and sum is of it.  A
 * NULL-ciphered block is one whose checksum fits without any key (bacula-encryption.md 1.1). */
static int open_block(struct judge *j, const uint8_t *block, const struct block_header *h, struct foreseen *f, struct sum *sum,
		      struct judge_verdict *v, struct buf **plain, struct err *e)
{
	if (!block_is_encrypted(h))
		return 0;
	v->encrypted = !v->checksum || sum_up(block, h, sum) != h->checksum;
	if (!v->encrypted || j->opener == NULL)
		return 0;
	enum opener_how how;
	*sum = (struct sum){.known = v->checksum};
	int rc = opener_open(j->opener, j->pool, block, h, f, v->checksum ? &sum->value : NULL, plain, &how, e);
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

/* Says why the h->len bytes at block, plain by now, are not a good block, if they are not.  lies: h is not what stands there. */
static void judge_plain(const uint8_t *block, const struct block_header *h, bool lies, bool expected, struct sum *known,
			struct judge_verdict *v)
{
	uint64_t sum = v->checksum ? sum_up(block, h, known) : 0;
	size_t at = 0;
	const char *fault = block_check_records(block, h, &at);
	v->sane_bytes = fault ? at : h->len;
	v->reversed = v->checksum && sum != h->checksum && h->version < 3 && block_checksum_reversed(block, h) == h->checksum;
	v->checksum_right = v->checksum && (sum == h->checksum || v->reversed);
	if (!block_options_known(h))
		judge_say(v, "its option bits make no sense");
	else if (!block_has_checksum(h) && expected && (h->version == 3 || sum != 0))
		judge_say(v, "its checksum is gone, though the other blocks of its job have one");
	else if (v->checksum && !v->checksum_right)
		judge_say(v, "%s is %0*llx, header says %0*llx", h->version == 3 ? "XXH3" : "CRC32", h->version == 3 ? 16 : 8,
			  (unsigned long long)sum, h->version == 3 ? 16 : 8, (unsigned long long)h->checksum);
	else if (lies && v->checksum)
		judge_say(v, "its checksum option is off, but there is a checksum, which fits with the option on");
	else if (lies)
		judge_say(v, "its checksum option is on, but there is no checksum");
	else if (clear_without_reason(block, h))
		judge_say(v, "its options say that the volume is encrypted, but not this block");
	else if (fault)
		judge_say(v, "%s", fault);
}

int judge_block(struct judge *j, const uint8_t *block, const struct block_header *h, struct judge_verdict *v, struct buf **plain,
		struct err *e)
{
	const struct judge_session *k = h->version > 1 ? known(j, h) : NULL;
	const struct block_header b = believed(h);
	bool expected = k && k->checksum;
	*v = (struct judge_verdict){0};
	*plain = NULL;
	/* One CRC in four thousand million is 0, which otherwise stands for none. */
	v->checksum = block_has_checksum(&b) || (h->version == 2 && expected);
	struct foreseen *f = j->ahead ? readahead_foreseen(j->ahead, block, &b) : NULL;
	struct sum sum = {.known = f && block_has_checksum(&b), .value = f ? f->sum : 0};
	int rc = open_block(j, block, &b, f, &sum, v, plain, e);
	if (rc != 0 || v->encrypted)
		return rc;
	v->sane_bytes = block_header_bytes(h->version);
	if (v->shut)
		judge_say(v, "no key opens it: it is damaged, or encrypted with another key");
	else
		judge_plain(v->opened ? (*plain)->data : block, &b, b.options != h->options, expected, &sum, v);
	return 0;
}
