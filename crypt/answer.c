/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypt/answer.h"

#include "base/base64.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define KEY_CHARS_MAX 1024u /* of base64, before any other check */

void answer_free(struct answer *a)
{
	secret_free(&a->key);
	*a = (struct answer){0};
}

/* ---- reading ---- */

struct line {
	const char *name, *value;
	size_t name_len, value_len;
	unsigned number;
};

static bool in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next "name: value" or "name = value" of the text from *at on.  1, 0 at the end, XE_KEY. */
static int next_line(const char *text, size_t len, size_t *at, struct line *l, struct err *e)
{
	size_t p = *at;
	while (p < len && (is_blank(text[p]) || text[p] == '\n'))
		l->number += text[p++] == '\n';
	size_t name = p;
	while (p < len && in_name(text[p]))
		p++;
	*at = p;
	/* A line that begins with something else ends the reading, as it does in the daemon. */
	if (p == name)
		return 0;
	l->name = text + name;
	l->name_len = p - name;
	while (p < len && is_blank(text[p]))
		p++;
	if (p == len || (text[p] != ':' && text[p] != '='))
		return err_set(e, XE_KEY, "line %u is no \"name: value\"", l->number);
	p++;
	while (p < len && is_blank(text[p]))
		p++;
	size_t end = p;
	while (end < len && text[end] != '\n')
		end++;
	*at = end;
	while (end > p && is_blank(text[end - 1]))
		end--;
	l->value = text + p;
	l->value_len = end - p;
	return 1;
}

static bool named(const struct line *l, const char *name)
{
	return l->name_len == strlen(name) && strncasecmp(l->name, name, l->name_len) == 0;
}

static int take_key(struct answer *a, const struct line *l, struct err *e)
{
	if (l->value_len > KEY_CHARS_MAX)
		return err_set(e, XE_KEY, "line %u: the key is too long", l->number);
	int rc = secret_new(&a->key, BASE64_BYTES(l->value_len), e);
	if (rc != 0)
		return rc;
	if (!base64_read(l->value, l->value_len, a->key.data, a->key.cap, &a->key.len) || a->key.len == 0)
		return err_set(e, XE_KEY, "line %u: the key is no base64", l->number);
	return 0;
}

static int take_bytes(const struct line *l, uint8_t *to, size_t most, size_t *len, struct err *e)
{
	if (!base64_read(l->value, l->value_len, to, most, len))
		return err_set(e, XE_KEY, "line %u: %.*s is no base64, or longer than %zu bytes", l->number,
			       (int)(l->name_len < 40 ? l->name_len : 40), l->name, most);
	return 0;
}

/* Control characters would make lines or colours of their own where it is shown. */
static void take_text(const struct line *l, char *to, size_t to_bytes)
{
	size_t n = l->value_len < to_bytes - 1 ? l->value_len : to_bytes - 1;
	for (size_t i = 0; i < n; i++)
		to[i] = (unsigned char)l->value[i] < 0x20 || l->value[i] == 0x7f ? '?' : l->value[i];
	to[n] = '\0';
}

static int take_line(struct answer *a, const struct line *l, struct err *e)
{
	if (named(l, "cipher")) {
		a->has_cipher = xts_parse(l->value, l->value_len, &a->cipher);
		return a->has_cipher ? 0 : err_set(e, XE_KEY, "line %u: unknown cipher", l->number);
	}
	if (named(l, "cipher_key"))
		return take_key(a, l, e);
	if (named(l, "enc_cipher_key"))
		return take_bytes(l, a->enc_key, sizeof a->enc_key, &a->enc_key_len, e);
	if (named(l, "master_keyid"))
		return take_bytes(l, a->master_id, sizeof a->master_id, &a->master_id_len, e);
	if (named(l, "volume_name"))
		take_text(l, a->volume, sizeof a->volume);
	return 0;
}

int answer_read(struct answer *a, const char *text, size_t len, struct err *e)
{
	struct line l = {.number = 1};
	size_t at = 0;
	answer_free(a);
	if (len > ANSWER_MAX_BYTES)
		return err_set(e, XE_KEY, "it is longer than %u bytes", ANSWER_MAX_BYTES);
	int rc;
	while ((rc = next_line(text, len, &at, &l, e)) > 0) {
		if (named(&l, "error")) {
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
