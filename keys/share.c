/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys/share.h"

#include "base/hex.h"
#include "base/lines.h"
#include "keys/shamir.h"
#include "keywrap.h"

#include <openssl/sha.h>

#include <stdio.h>
#include <string.h>

#define MAGIC "xflate-share"
#define VERSION "1"
#define HEAD_WORDS 6u /* before the digits */
#define THRESHOLD_MIN 2u
#define LINE_MAX_BYTES 1024u /* as it may be typed, blanks and all */

void shares_free(struct shares *s)
{
	secret_free(&s->pages);
	*s = SHARES_NONE;
}

static int add(struct shares *s, const struct share *share, struct err *e)
{
	s->pages.len = s->count * sizeof *share;
	int r = secret_append(&s->pages, share, sizeof *share, e);
	if (r == 0) {
		s->share = (struct share *)(void *)s->pages.data;
		s->count++;
	}
	return r;
}

/* ---- splitting ---- */

/* What is shared: the KEK and its check. */
static int with_check(const struct secret *kek, struct secret *whole, struct err *e)
{
	uint8_t hash[SHA256_DIGEST_LENGTH] = {0};
	int r = secret_library(e);
	if (r == 0)
		r = secret_set(whole, kek->data, kek->len, e);
	if (r == 0) {
		SHA256(kek->data, kek->len, hash);
		r = secret_append(whole, hash, SHARE_CHECK_BYTES, e);
	}
	secret_wipe(hash, sizeof hash);
	return r;
}

static int check_numbers(const struct secret *kek, unsigned total, unsigned threshold, struct err *e)
{
	if (kek->len == 0 || kek->len > SHARE_KEK_MAX_BYTES)
		return err_set(e, XE_KEY, "a KEK of %zu bytes; shares are made of 1 to %u (of which Bareos takes the first %u)", kek->len,
			       SHARE_KEK_MAX_BYTES, KEYWRAP_KEK_BYTES);
	if (total < THRESHOLD_MIN || total > SHAMIR_SHARES_MAX)
		return err_set(e, XE_USAGE, "%u shares; there may be %u to %u", total, THRESHOLD_MIN, SHAMIR_SHARES_MAX);
	if (threshold < THRESHOLD_MIN || threshold > total)
		return err_set(e, XE_USAGE, "a threshold of %u; of %u shares %u to %u may be needed (one alone would be the KEK itself)",
			       threshold, total, THRESHOLD_MIN, total);
	return 0;
}

static int number_of_split(char set[static SHARE_SET_CHARS + 1], struct err *e)
{
	struct secret random = SECRET_NONE;
	int r = keywrap_generate_raw(&random, SHARE_SET_CHARS / 2, e);
	if (r == 0)
		hex_text(random.data, SHARE_SET_CHARS / 2, set);
	secret_free(&random);
	return r;
}

int shares_split(struct shares *s, const struct secret *kek, unsigned total, unsigned threshold, struct err *e)
{
	struct secret whole = SECRET_NONE, coefficients = SECRET_NONE;
	struct share share = {.threshold = (uint8_t)threshold, .total = (uint8_t)total};
	shares_free(s);
	int r = check_numbers(kek, total, threshold, e);
	if (r == 0)
		r = with_check(kek, &whole, e);
	if (r == 0)
		r = keywrap_generate_raw(&coefficients, (threshold - 1) * whole.len, e);
	if (r == 0)
		r = number_of_split(share.set, e);
	for (unsigned x = 1; r == 0 && x <= total; x++) {
		share.x = (uint8_t)x;
		share.len = whole.len;
		shamir_share(whole.data, whole.len, coefficients.data, threshold, share.x, share.bytes);
		r = add(s, &share, e);
	}
	secret_wipe(&share, sizeof share);
	secret_free(&whole);
	secret_free(&coefficients);
	return r;
}

void share_text(const struct share *share, struct sumline *line)
{
	*line = (struct sumline){.len = 0};
	sumline_word(line, MAGIC);
	sumline_word(line, VERSION);
	sumline_word(line, share->set);
	sumline_number(line, share->threshold);
	sumline_number(line, share->total);
	sumline_number(line, share->x);
	sumline_hex(line, share->bytes, share->len);
	sumline_end(line);
}

/* ---- reading ---- */

static bool take(struct share *share, const struct sumline_words *w, const struct sumline *line)
{
	size_t version, threshold, total, x, head = 0;
	if (!sumline_take_number(w->word[1], 1, &version) || w->word[2].len != SHARE_SET_CHARS ||
	    !sumline_take_number(w->word[4], SHAMIR_SHARES_MAX, &total) || !sumline_take_number(w->word[3], total, &threshold) ||
	    !sumline_take_number(w->word[5], total, &x) || threshold < THRESHOLD_MIN)
		return false;
	for (size_t i = 0; i < HEAD_WORDS; i++)
		head += w->word[i].len + (i > 0);
	for (size_t i = 0; i < SHARE_SET_CHARS; i++) {
		if (sumline_digit(w->word[2].data[i]) < 0)
			return false;
	}
	memcpy(share->set, w->word[2].data, SHARE_SET_CHARS);
	share->threshold = (uint8_t)threshold;
	share->total = (uint8_t)total;
	share->x = (uint8_t)x;
	share->len = sumline_take_hex(line, head, share->bytes, sizeof share->bytes);
	return share->len > SHARE_CHECK_BYTES;
}

/* A share whose lines were put together, in lower case. */
static int take_share(struct shares *s, struct keylist *faults, const char *source, const struct secret *text, size_t number, struct err *e)
{
	struct sumline_words w;
	struct sumline line = {.len = 0};
	struct share share = {.source = source, .line = number};
	int r = 0;
	if (text->len == 0)
		return 0;
	if (!sumline_split((struct span){text->data, text->len}, &w) || w.count < HEAD_WORDS + 2 || !sumline_is(w.word[0], MAGIC))
		keylist_fault(faults, number, "not a share, or not a whole one");
	else if (!sumline_check(&w, HEAD_WORDS, &line))
		keylist_fault(faults, number, "its checksum at the end says that something in this share was mistyped");
	else if (!take(&share, &w, &line))
		keylist_fault(faults, number, "not a share that this version knows");
	else
		r = add(s, &share, e);
	secret_wipe(&share, sizeof share);
	secret_wipe(&line, sizeof line);
	return r;
}

static int append_lower(struct secret *text, struct span line, struct err *e)
{
	int r = secret_append(text, " ", 1, e);
	for (size_t i = 0; r == 0 && i < line.len; i++) {
		uint8_t c = line.data[i];
		c = c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
		r = secret_append(text, &c, 1, e);
	}
	return r;
}

static bool begins_share(struct span line)
{
	struct sumline_words w;
	struct sumline first = {.len = 0};
	sumline_split(line, &w);
	for (size_t i = 0; w.count > 0 && i < w.word[0].len && i < sizeof MAGIC; i++)
		sumline_put(&first, &(char){(char)(w.word[0].data[i] | 0x20)}, 1);
	return first.len == sizeof MAGIC - 1 && memcmp(first.text, MAGIC, first.len) == 0;
}

int shares_read(struct shares *s, struct keylist *faults, const char *source, struct span text, struct err *e)
{
	struct secret whole = SECRET_NONE;
	size_t began = 0;
	int r = secret_new(&whole, LINE_MAX_BYTES, e);
	for (size_t number = 1; r == 0 && text.len > 0; number++) {
		struct span line = sumline_typed(lines_next(&text));
		if (line.len == 0 || line.data[0] == '#')
			continue;
		if (begins_share(line) || whole.len == 0 || whole.len + line.len > LINE_MAX_BYTES) {
			r = take_share(s, faults, source, &whole, began, e);
			whole.len = 0;
			began = number;
		}
		if (r == 0)
			r = append_lower(&whole, line, e);
	}
	if (r == 0)
		r = take_share(s, faults, source, &whole, began, e);
	secret_free(&whole);
	return r;
}

/* ---- joining ---- */

static int compare(const struct share *a, const struct share *first, struct err *e)
{
	if (strcmp(a->set, first->set) != 0)
		return err_set(e, XE_KEY,
			       "%s, line %zu: share %u is of the split %s, and %s, line %zu, share %u of %s: those of one split go "
			       "together, no others",
			       a->source, a->line, a->x, a->set, first->source, first->line, first->x, first->set);
	if (a->threshold != first->threshold || a->total != first->total || a->len != first->len)
		return err_set(e, XE_DAMAGE, "%s, line %zu: share %u says other numbers than share %u of the same split", a->source,
			       a->line, a->x, first->x);
	if (a->x == first->x && memcmp(a->bytes, first->bytes, a->len) != 0)
		return err_set(e, XE_DAMAGE, "%s, line %zu: there is another share %u of this split, in %s, line %zu", a->source, a->line,
			       a->x, first->source, first->line);
	return 0;
}

/* Each x once. */
static int gather(const struct shares *s, struct shamir_point *points, size_t *count, struct err *e)
{
	const struct share *by_x[SHAMIR_SHARES_MAX + 1] = {NULL};
	*count = 0;
	for (size_t i = 0; i < s->count; i++) {
		const struct share *share = &s->share[i], *twin = by_x[share->x];
		int r = compare(share, &s->share[0], e);
		if (r == 0 && twin)
			r = compare(share, twin, e);
		if (r != 0)
			return r;
		if (twin)
			continue;
		by_x[share->x] = share;
		points[(*count)++] = (struct shamir_point){share->x, share->bytes};
	}
	return 0;
}

static int too_few(const struct shares *s, const struct shamir_point *points, size_t count, struct err *e)
{
	const struct share *first = &s->share[0];
	char others[1024] = "";
	size_t n = 0;
	for (unsigned x = 1; x <= first->total; x++) {
		bool here = false;
		for (size_t i = 0; i < count; i++)
			here = here || points[i].x == x;
		if (!here && n < sizeof others - 8)
			n += (size_t)snprintf(others + n, sizeof others - n, "%s%u", n ? ", " : "", x);
	}
	return err_set(e, XE_KEY, "%zu of the %u shares that are needed %s here; %zu more of: %.300s", count, first->threshold,
		       count == 1 ? "is" : "are", first->threshold - count, others);
}

/* Those that were not needed lie on the same polynomial. */
static int check_rest(const struct shamir_point *points, size_t count, unsigned threshold, size_t len, struct err *e)
{
	uint8_t y[SHARE_KEK_MAX_BYTES + SHARE_CHECK_BYTES];
	int r = 0;
	for (size_t i = threshold; r == 0 && i < count; i++) {
		shamir_join(points, threshold, points[i].x, y, len);
		if (memcmp(y, points[i].y, len) != 0)
			r = err_set(e, XE_DAMAGE, "share %u does not fit the others, although its checksum is right", points[i].x);
	}
	secret_wipe(y, sizeof y);
	return r;
}

int shares_join(const struct shares *s, struct secret *kek, struct err *e)
{
	struct shamir_point points[SHAMIR_SHARES_MAX];
	struct secret whole = SECRET_NONE, again = SECRET_NONE;
	size_t count;
	if (s->count == 0)
		return err_set(e, XE_KEY, "there is no share in it");
	size_t len = s->share[0].len;
	unsigned threshold = s->share[0].threshold;
	int r = gather(s, points, &count, e);
	if (r == 0 && count < threshold)
		r = too_few(s, points, count, e);
	if (r == 0)
		r = check_rest(points, count, threshold, len, e);
	if (r == 0)
		r = secret_new(&whole, len, e);
	if (r == 0) {
		shamir_join(points, threshold, 0, whole.data, len);
		whole.len = len;
		r = secret_set(kek, whole.data, len - SHARE_CHECK_BYTES, e);
	}
	if (r == 0)
		r = with_check(kek, &again, e);
	if (r == 0 && !secret_equal(&whole, &again))
		r = err_set(e, XE_DAMAGE,
			    "the shares do not fit together, although each checksum is right: one was made up, or written down wrongly");
	if (r != 0)
		secret_free(kek);
	secret_free(&whole);
	secret_free(&again);
	return r;
}
