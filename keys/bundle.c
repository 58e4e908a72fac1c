/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys/bundle.h"

#include "base/base64.h"
#include "base/hex.h"
#include "base/lines.h"
#include "keys/sumline.h"
#include "keywrap.h"

#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

#define MAGIC "XFLATE-BUNDLE"
#define VERSION_WORD "1"
#define HEX_LINE_BYTES 20u
#define DIGEST_CHARS 8u
#define KEY_BYTES_MAX (KEYWRAP_RAW_MAX_BYTES + 8)

/* A digest of the lines to come; the caller frees it, after a failure, too. */
static int digest_new(EVP_MD_CTX **ctx, struct err *e)
{
	int rc = secret_library(e);
	if (rc != 0)
		return rc;
	*ctx = EVP_MD_CTX_new();
	return *ctx && EVP_DigestInit_ex(*ctx, EVP_sha256(), NULL) == 1 ? 0 : err_memory(e, 0, "a digest");
}

/* The digest of the whole, which ends with that. */
static int digest_text(EVP_MD_CTX *ctx, char text[static DIGEST_CHARS + 1], struct err *e)
{
	uint8_t hash[EVP_MAX_MD_SIZE] = {0};
	if (EVP_DigestFinal_ex(ctx, hash, NULL) != 1)
		return err_memory(e, 0, "a digest");
	hex_text(hash, DIGEST_CHARS / 2, text);
	return 0;
}

/* ---- writing ---- */

struct writer {
	FILE *out;
	EVP_MD_CTX *digest;
	struct sumline line;
};

static void begin(struct writer *w, const char *word)
{
	w->line.len = 0;
	sumline_word(&w->line, word);
}

static void finish(struct writer *w)
{
	bool last = strncmp(w->line.text, "end ", 4) == 0;
	sumline_end(&w->line);
	if (!last)
		EVP_DigestUpdate(w->digest, w->line.text, w->line.len);
	fwrite(w->line.text, 1, w->line.len, w->out);
	secret_wipe(w->line.text, w->line.len);
}

static void put_line(struct writer *w, const char *word, const char *value)
{
	begin(w, word);
	sumline_word(&w->line, value);
	finish(w);
}

static void put_name(struct sumline *l, const char *name)
{
	sumline_put(l, " ", 1);
	for (const unsigned char *c = (const unsigned char *)name; *c; c++) {
		char text[3] = {(char)*c};
		bool plain = *c > 0x20 && *c < 0x7f && *c != '%';
		if (!plain) {
			text[0] = '%';
			hex_write(c, 1, text + 1);
		}
		sumline_put(l, text, plain ? 1 : sizeof text);
	}
}

/* The bytes behind the text of a key; 0: unknown. */
static size_t key_bytes(const char *text, uint8_t bytes[static KEY_BYTES_MAX], enum keywrap_form *form)
{
	size_t len = strlen(text), prefix = sizeof KEYWRAP_OWN_PREFIX - 1;
	*form = keywrap_form_of(text, len);
	size_t n = *form == KEYWRAP_WRAPPED ? KEYWRAP_WRAPPED_BYTES : *form == KEYWRAP_BASE64 ? KEYWRAP_PASSPHRASE_BYTES : 0;
	if (*form == KEYWRAP_OWN) {
		text += prefix;
		len -= prefix;
		n = len / 4 * 3 > KEYWRAP_DRIVE_KEY_BYTES + 8 ? KEY_BYTES_MAX : KEYWRAP_DRIVE_KEY_BYTES + 8;
	}
	return n > 0 && base64_read_exact(text, len, bytes, n) ? n : 0;
}

static void write_hex(struct writer *w, size_t number, const uint8_t *bytes, size_t n)
{
	for (size_t at = 0; at < n; at += HEX_LINE_BYTES) {
		char text[48];
		begin(w, "hex");
		snprintf(text, sizeof text, "%zu.%zu", number, at / HEX_LINE_BYTES + 1);
		sumline_word(&w->line, text);
		sumline_hex(&w->line, bytes + at, n - at < HEX_LINE_BYTES ? n - at : HEX_LINE_BYTES);
		finish(w);
	}
}

static int write_key(struct writer *w, size_t number, const struct keylist_entry *entry, struct err *e)
{
	uint8_t bytes[KEY_BYTES_MAX];
	enum keywrap_form form;
	size_t n = key_bytes(entry->key, bytes, &form);
	if (n == 0)
		return err_set(e, XE_KEY, "%s: its key is none", entry->volume);
	begin(w, "volume");
	sumline_number(&w->line, number);
	put_name(&w->line, entry->volume);
	finish(w);
	begin(w, "key");
	sumline_number(&w->line, number);
	sumline_word(&w->line, keywrap_form_name(form));
	sumline_word(&w->line, entry->id[0] ? entry->id : "-");
	finish(w);
	write_hex(w, number, bytes, n);
	secret_wipe(bytes, sizeof bytes);
	return 0;
}

static const char head[] = "# Keys of encrypted tapes, made by xflate.  Each line ends with its checksum;\n"
			   "# type the lines without # into a file, in any case and spacing, then:\n"
			   "#   xflate cache check --bundle FILE --kek KEKFILE     are they right?\n"
			   "#   xflate cache import CACHE FILE                     for the storage daemon\n"
			   "# The Key Encryption Key (KEK) is not in here, and without it \"wrapped\" keys\n"
			   "# are worth nothing: it stands in the configuration of director and daemon.\n"
			   "# Without xflate: the hex digits of a key, as base64 without \"=\", are what\n"
			   "# the catalog has as Media.EncryptionKey, and what bscrypto takes.\n";

static void write_head(struct writer *w, const struct keylist *list, const struct bundle_info *info)
{
	fputs(head, w->out);
	put_line(w, MAGIC, VERSION_WORD);
	put_line(w, "date", info->date);
	put_line(w, "kek", info->kek_id[0] ? info->kek_id : "-");
	begin(w, "keys");
	sumline_number(&w->line, list->count);
	finish(w);
}

int bundle_write(FILE *out, const struct keylist *list, const struct bundle_info *info, struct err *e)
{
	struct writer w = {.out = out};
	char digest[DIGEST_CHARS + 1];
	int r = digest_new(&w.digest, e);
	if (r == 0)
		write_head(&w, list, info);
	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = write_key(&w, i + 1, &list->entries[i], e);
	if (r == 0)
		r = digest_text(w.digest, digest, e);
	if (r == 0) {
		begin(&w, "end");
		sumline_number(&w.line, list->count);
		sumline_word(&w.line, digest);
		finish(&w);
	}
	EVP_MD_CTX_free(w.digest);
	return r;
}

/* ---- reading ---- */

/* What has come of a key; all of it in pages of secrets. */
struct part {
	char volume[CRYPTOCACHE_FIELD_BYTES], id[SECRET_ID_BYTES];
	enum keywrap_form form;
	size_t line; /* of its "volume", else of the first that named it */
	uint8_t bytes[KEY_BYTES_MAX];
	uint8_t bytes_of_line[KEY_BYTES_MAX / HEX_LINE_BYTES + 1]; /* 0: not there yet */
};

struct reader {
	struct keylist *list;
	struct bundle_info *info;
	struct secret pages;
	struct part *parts;
	size_t part_count, keys;
	size_t number; /* of the line at hand */
	size_t lines;  /* so far: no bundle has more keys */
	bool has_magic, has_date, has_kek, has_keys, has_end;
	EVP_MD_CTX *digest;
	char said[DIGEST_CHARS + 1]; /* by its line "end" */
};

/* Makes sure that the part of key n is there.  XE_FAILED. */
static int reach_part(struct reader *r, size_t n, struct err *e)
{
	if (n <= r->part_count)
		return 0;
	r->pages.len = r->part_count * sizeof *r->parts;
	int rc = secret_grow(&r->pages, n * sizeof *r->parts, e);
	if (rc != 0)
		return rc;
	r->parts = (struct part *)(void *)r->pages.data;
	memset(r->parts + r->part_count, 0, (n - r->part_count) * sizeof *r->parts);
	r->part_count = n;
	return 0;
}

static bool take_name(struct span s, char name[static CRYPTOCACHE_FIELD_BYTES])
{
	size_t n = 0;
	for (size_t i = 0; i < s.len; i++) {
		int c = s.data[i];
		if (c == '%') {
			int high = i + 2 < s.len ? sumline_digit(s.data[i + 1]) : -1,
			    low = i + 2 < s.len ? sumline_digit(s.data[i + 2]) : -1;
			c = high < 0 || low < 0 ? -1 : high << 4 | low;
			i += 2;
		}
		if (c <= 0 || n + 1 >= CRYPTOCACHE_FIELD_BYTES)
			return false;
		name[n++] = (char)c;
	}
	name[n] = '\0';
	return n > 0;
}

static void take_text(struct span s, char *text, size_t text_bytes)
{
	size_t n = s.len < text_bytes - 1 ? s.len : text_bytes - 1;
	memcpy(text, s.data, n);
	text[n] = '\0';
	if (strcmp(text, "-") == 0)
		text[0] = '\0';
}

/* Each take_...: the words of one line whose sum is right.  False: it makes no sense. */
static bool take_volume(struct part *p, size_t line, const struct sumline_words *w)
{
	p->line = line;
	return w->count == 4 && !p->volume[0] && take_name(w->word[2], p->volume);
}

static bool take_key(struct part *p, const struct sumline_words *w)
{
	if (w->count != 5 || p->form != KEYWRAP_UNKNOWN)
		return false;
	for (int form = KEYWRAP_BASE64; form <= KEYWRAP_OWN; form++) {
		if (sumline_is(w->word[2], keywrap_form_name((enum keywrap_form)form)))
			p->form = (enum keywrap_form)form;
	}
	take_text(w->word[3], p->id, sizeof p->id);
	return p->form != KEYWRAP_UNKNOWN;
}

/* digits are those of the line as it was summed. */
static bool take_hex(struct part *p, const struct sumline_words *w, struct span row_word, const struct sumline *l)
{
	size_t row;
	if (w->count < 4 || !sumline_take_number(row_word, sizeof p->bytes_of_line, &row) || p->bytes_of_line[row - 1])
		return false;
	size_t room = sizeof p->bytes - (row - 1) * HEX_LINE_BYTES;
	size_t got = sumline_take_hex(l, w->word[0].len + 1 + w->word[1].len, p->bytes + (row - 1) * HEX_LINE_BYTES,
				      room < HEX_LINE_BYTES ? room : HEX_LINE_BYTES);
	p->bytes_of_line[row - 1] = (uint8_t)got;
	return got > 0;
}

/* "volume 2", "key 2", "hex 2.1": a line of a key, whose part is made if it is the first. */
static int take_part(struct reader *r, const struct sumline_words *w, const struct sumline *l, bool *good, struct err *e)
{
	bool hex = sumline_is(w->word[0], "hex");
	struct span number = w->word[1], row = {NULL, 0};
	const uint8_t *dot = hex ? memchr(number.data, '.', number.len) : NULL;
	if (dot) {
		row = lines_skip(number, (size_t)(dot - number.data) + 1);
		number.len -= row.len + 1;
	}
	size_t n;
	*good = hex == (dot != NULL) && sumline_take_number(number, r->lines, &n);
	int rc = *good ? reach_part(r, n, e) : 0;
	if (rc != 0 || !*good)
		return rc;
	struct part *p = &r->parts[n - 1];
	p->line = p->line ? p->line : r->number;
	*good = hex ? take_hex(p, w, row, l) : sumline_is(w->word[0], "key") ? take_key(p, w) : take_volume(p, r->number, w);
	return 0;
}

static bool take_end(struct reader *r, const struct sumline_words *w)
{
	size_t n;
	if (w->count != 4 || r->has_end || !sumline_take_number(w->word[1], KEYLIST_ENTRIES_MAX, &n))
		return false;
	take_text(w->word[2], r->said, sizeof r->said);
	r->has_end = true;
	return true;
}

/* The first of its kind?  has: whether there was one. */
static bool once(bool *has)
{
	bool first = !*has;
	*has = true;
	return first;
}

/* A line of the whole. */
static bool take_head(struct reader *r, const struct sumline_words *w)
{
	struct span first = w->word[0], value = w->word[1];
	if (sumline_is(first, "end"))
		return take_end(r, w);
	if (sumline_is(first, MAGIC))
		return once(&r->has_magic) && w->count == 3 && sumline_is(value, VERSION_WORD);
	if (w->count != 3)
		return false;
	if (sumline_is(first, "date")) {
		take_text(value, r->info->date, sizeof r->info->date);
		return once(&r->has_date);
	}
	if (sumline_is(first, "kek")) {
		take_text(value, r->info->kek_id, sizeof r->info->kek_id);
		return once(&r->has_kek);
	}
	return sumline_is(first, "keys") && once(&r->has_keys) && sumline_take_number(value, KEYLIST_ENTRIES_MAX, &r->keys);
}

static int take_words(struct reader *r, const struct sumline_words *w, const struct sumline *l, struct err *e)
{
	struct span first = w->word[0];
	bool good, of_key = sumline_is(first, "volume") || sumline_is(first, "key") || sumline_is(first, "hex");
	int rc = 0;
	if (of_key)
		rc = take_part(r, w, l, &good, e);
	else
		good = take_head(r, w);
	if (rc != 0)
		return rc;
	if (!good)
		keylist_fault(r->list, r->number, "not a line of a bundle that this version knows, or one that was there before");
	else if (!r->has_end)
		EVP_DigestUpdate(r->digest, l->text, l->len);
	else if (!sumline_is(first, "end"))
		keylist_fault(r->list, r->number, "a line behind the end");
	return 0;
}

static int take_line(struct reader *r, struct span text, struct err *e)
{
	struct sumline_words w;
	struct sumline l;
	bool few = sumline_split(sumline_typed(text), &w);
	int rc = 0;
	if (w.count == 0 || w.word[0].data[0] == '#' || sumline_is(w.word[0], "code"))
		return 0;
	if (!few || w.count < 3)
		keylist_fault(r->list, r->number, "not a line of a bundle, or not a whole one");
	else if (!sumline_check(&w, sumline_is(w.word[0], "hex") ? 2 : SIZE_MAX, &l))
		keylist_fault(r->list, r->number, "its checksum at the end says that something in this line was mistyped");
	else
		rc = take_words(r, &w, &l, e);
	secret_wipe(&l, sizeof l);
	return rc;
}

static size_t bytes_of_form(enum keywrap_form form, const struct part *p)
{
	size_t n = 0;
	for (size_t i = 0; i < sizeof p->bytes_of_line; i++) {
		if (i > 0 && p->bytes_of_line[i] && p->bytes_of_line[i - 1] != HEX_LINE_BYTES)
			return 0;
		n += p->bytes_of_line[i];
	}
	bool right = form == KEYWRAP_WRAPPED  ? n == KEYWRAP_WRAPPED_BYTES
		     : form == KEYWRAP_BASE64 ? n == KEYWRAP_PASSPHRASE_BYTES
					      : n == KEYWRAP_DRIVE_KEY_BYTES + 8 || n == KEYWRAP_RAW_MAX_BYTES + 8;
	return right ? n : 0;
}

/* A key whose lines are all there becomes an entry. */
static int add_key(struct reader *r, size_t number, struct part *p, struct err *e)
{
	char text[CRYPTOCACHE_FIELD_BYTES];
	size_t n = bytes_of_form(p->form, p), prefix = p->form == KEYWRAP_OWN ? sizeof KEYWRAP_OWN_PREFIX - 1 : 0;
	if (!p->volume[0] || p->form == KEYWRAP_UNKNOWN || n == 0) {
		keylist_fault(r->list, p->line, "key %zu%s%s: %s is missing", number, p->volume[0] ? " of " : "", p->volume,
			      !p->volume[0]                ? "its line \"volume\""
			      : p->form == KEYWRAP_UNKNOWN ? "its line \"key\""
							   : "a line \"hex\"");
		return 0;
	}
	memcpy(text, KEYWRAP_OWN_PREFIX, prefix);
	base64_write_bare(p->bytes, n, text + prefix);
	size_t had = r->list->count;
	int rc = keylist_add(r->list, (struct span){(const uint8_t *)p->volume, strlen(p->volume)},
			     (struct span){(const uint8_t *)text, prefix + BASE64_BARE_CHARS(n)}, p->line, e);
	if (rc == 0 && r->list->count > had)
		memcpy(r->list->entries[had].id, p->id, sizeof p->id);
	secret_wipe(text, sizeof text);
	return rc;
}

/* Only if no line is wrong: what is missing else is that line. */
static int judge_whole(struct reader *r, struct err *e)
{
	char digest[DIGEST_CHARS + 1];
	int rc = digest_text(r->digest, digest, e);
	if (rc != 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < r->part_count; i++)
		rc = add_key(r, i + 1, &r->parts[i], e);
	static const char *const names[] = {MAGIC, "date", "kek", "keys", "end"};
	const bool there[] = {r->has_magic, r->has_date, r->has_kek, r->has_keys, r->has_end};
	for (size_t i = 0; i < sizeof there / sizeof there[0]; i++) {
		if (!there[i])
			keylist_fault(r->list, 0, "the line \"%s\" is missing", names[i]);
	}
	if (r->has_keys && r->part_count != r->keys)
		keylist_fault(r->list, 0, "there should be %zu keys, here are %zu", r->keys, r->part_count);
	if (r->has_end && r->list->fault_count == 0 && strcmp(digest, r->said) != 0)
		keylist_fault(r->list, 0, "the lines do not stand as they were, or a line is from another bundle");
	return rc;
}

bool bundle_is(struct span text)
{
	while (text.len > 0) {
		struct sumline_words w;
		/* Whoever mistyped the first line still has one. */
		if (sumline_split(sumline_typed(lines_next(&text)), &w) && w.count >= 3 &&
		    (sumline_is(w.word[0], MAGIC) || (w.count > 3 && (sumline_is(w.word[0], "hex") || sumline_is(w.word[0], "code")))))
			return true;
	}
	return false;
}

static int take_piece(struct reader *r, const struct bundle_piece *piece, struct err *e)
{
	struct span text = piece->text;
	int rc = 0;
	for (r->number = piece->line; rc == 0 && text.len > 0; r->number++) {
		r->lines++;
		rc = take_line(r, lines_next(&text), e);
	}
	return rc;
}

static int take_pieces(struct reader *r, struct span text, struct err *e)
{
	struct bundle_piece *pieces = NULL;
	size_t count = 0;
	int rc = bundle_sort(text, &pieces, &count, r->list, e);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = take_piece(r, &pieces[i], e);
	free(pieces);
	return rc;
}

int bundle_parse(struct keylist *list, struct bundle_info *info, struct span text, struct err *e)
{
	struct reader r = {.list = list, .info = info};
	keylist_free(list);
	*info = (struct bundle_info){.date = ""};
	int rc = digest_new(&r.digest, e);
	if (rc == 0)
		rc = take_pieces(&r, text, e);
	if (rc == 0 && list->fault_count == 0)
		rc = judge_whole(&r, e);
	secret_free(&r.pages);
	EVP_MD_CTX_free(r.digest);
	if (rc == 0 && list->fault_count)
		rc = err_set(e, XE_DAMAGE, "%zu bad or missing line%s", list->fault_count, list->fault_count == 1 ? "" : "s");
	return rc;
}
