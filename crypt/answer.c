/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypt/answer.h"

#include "base/base64.h"
#include "base/lines.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define KEY_CHARS_MAX 1024u /* of base64, before any other check */

void answer_free(struct answer *a)
{
	secret_free(&a->key);
	*a = (struct answer){0};
}

/* ---- reading ---- */

struct line {
	struct span name, value;
	unsigned number;
};

static bool in_name(uint8_t c)
{
	return isalnum(c) || c == '_';
}

/* The next "name: value" or "name = value" of the text.  1, 0 at the end, XE_KEY. */
static int next_line(struct span *text, struct line *l, struct err *e)
{
	struct span line = {NULL, 0};
	for (; line.len == 0 && text->len > 0; l->number++)
		line = lines_trim(lines_next(text));
	l->name = (struct span){line.data, 0};
	while (l->name.len < line.len && in_name(line.data[l->name.len]))
		l->name.len++;
	/* A line that begins with something else ends the reading, as it does in the daemon. */
	if (l->name.len == 0)
		return 0;
	line = lines_trim(lines_skip(line, l->name.len));
	if (!lines_begins(line, ":") && !lines_begins(line, "="))
		return err_set(e, XE_KEY, "line %u is no \"name: value\"", l->number);
	l->value = lines_trim(lines_skip(line, 1));
	return 1;
}

static int take_key(struct answer *a, const struct line *l, struct err *e)
{
	if (l->value.len > KEY_CHARS_MAX)
		return err_set(e, XE_KEY, "line %u: the key is too long", l->number);
	int rc = secret_new(&a->key, BASE64_BYTES(l->value.len), e);
	if (rc != 0)
		return rc;
	if (!base64_read((const char *)l->value.data, l->value.len, a->key.data, a->key.cap, &a->key.len) || a->key.len == 0)
		return err_set(e, XE_KEY, "line %u: the key is no base64", l->number);
	return 0;
}

static int take_bytes(const struct line *l, uint8_t *to, size_t most, size_t *len, struct err *e)
{
	if (!base64_read((const char *)l->value.data, l->value.len, to, most, len))
		return err_set(e, XE_KEY, "line %u: %.*s is no base64, or longer than %zu bytes", l->number,
			       (int)(l->name.len < 40 ? l->name.len : 40), (const char *)l->name.data, most);
	return 0;
}

/* Control characters would make lines or colours of their own where it is shown. */
static void take_text(const struct line *l, char *to, size_t to_bytes)
{
	size_t n = l->value.len < to_bytes - 1 ? l->value.len : to_bytes - 1;
	for (size_t i = 0; i < n; i++)
		to[i] = l->value.data[i] < 0x20 || l->value.data[i] == 0x7f ? '?' : (char)l->value.data[i];
	to[n] = '\0';
}

static int take_line(struct answer *a, const struct line *l, struct err *e)
{
	if (lines_says(l->name, "cipher")) {
		a->has_cipher = xts_parse((const char *)l->value.data, l->value.len, &a->cipher);
		return a->has_cipher ? 0 : err_set(e, XE_KEY, "line %u: unknown cipher", l->number);
	}
	if (lines_says(l->name, "cipher_key"))
		return take_key(a, l, e);
	if (lines_says(l->name, "enc_cipher_key"))
		return take_bytes(l, a->enc_key, sizeof a->enc_key, &a->enc_key_len, e);
	if (lines_says(l->name, "master_keyid"))
		return take_bytes(l, a->master_id, sizeof a->master_id, &a->master_id_len, e);
	if (lines_says(l->name, "volume_name"))
		take_text(l, a->volume, sizeof a->volume);
	return 0;
}

int answer_read(struct answer *a, const char *text, size_t len, struct err *e)
{
	struct line l = {.number = 0};
	struct span rest = {(const uint8_t *)text, len};
	answer_free(a);
	if (len > ANSWER_MAX_BYTES)
		return err_set(e, XE_KEY, "it is longer than %u bytes", ANSWER_MAX_BYTES);
	int rc;
	while ((rc = next_line(&rest, &l, e)) > 0) {
		if (lines_says(l.name, "error")) {
			take_text(&l, a->error, sizeof a->error);
			if (a->error[0] == '\0')
				snprintf(a->error, sizeof a->error, "(no text)");
			return 0;
		}
		rc = take_line(a, &l, e);
		if (rc != 0)
			break;
	}
	if (rc != 0)
		answer_free(a);
	return rc;
}

int answer_check(const struct answer *a, struct err *e)
{
	if (a->error[0])
		return err_set(e, XE_KEY, "%s", a->error);
	if (!a->has_cipher)
		return err_set(e, XE_KEY, "the cipher is missing");
	if (a->key.len == 0)
		return err_set(e, XE_KEY, "the key is missing");
	if (a->key.len != xts_key_bytes(a->cipher))
		return err_set(e, XE_KEY, "the key has %zu bytes, %s takes %zu", a->key.len, xts_name(a->cipher), xts_key_bytes(a->cipher));
	return 0;
}

/* ---- writing ---- */

static void put(struct secret *text, const void *data, size_t len)
{
	memcpy(text->data + text->len, data, len);
	text->len += len;
}

static void put_text(struct secret *text, const char *name, const char *value)
{
	put(text, name, strlen(name));
	put(text, ": ", 2);
	put(text, value, strlen(value));
	put(text, "\n", 1);
}

static void put_base64(struct secret *text, const char *name, const uint8_t *data, size_t len)
{
	put(text, name, strlen(name));
	put(text, ": ", 2);
	base64_write(data, len, (char *)text->data + text->len);
	text->len += BASE64_CHARS(len);
	put(text, "\n", 1);
}

int answer_write(const struct answer *a, bool to_daemon, struct secret *text, struct err *e)
{
	/* All names and separators are shorter than the first term. */
	size_t room = 256 + ANSWER_NAME_BYTES + BASE64_CHARS(a->key.len) + BASE64_CHARS(a->enc_key_len) + BASE64_CHARS(a->master_id_len);
	int rc = secret_new(text, room, e);
	if (rc != 0)
		return rc;
	put_text(text, "cipher", xts_name(a->cipher));
	if (a->key.len > 0)
		put_base64(text, "cipher_key", a->key.data, a->key.len);
	put_text(text, "volume_name", a->volume);
	if (a->enc_key_len > 0) {
		put_base64(text, "master_keyid", a->master_id, a->master_id_len);
		put_base64(text, "enc_cipher_key", a->enc_key, a->enc_key_len);
	}
	if (to_daemon)
		put(text, "\n", 1);
	return 0;
}
