/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"

#include "base/printable.h"

#include <inttypes.h>

bool json_can_hold(const char *text)
{
	for (const char *s = text; *s;) {
		size_t n = printable_utf8_bytes(s);
		if (n == 0)
			return false;
		s += n;
	}
	return true;
}

static void put_string(struct json *j, const char *text)
{
	putc('"', j->out);
	for (const char *s = text; *s;) {
		size_t n = printable_utf8_bytes(s);
		if (n == 0) {
			fputs("\\ufffd", j->out);
			n = 1;
		} else if (*s == '"' || *s == '\\') {
			fprintf(j->out, "\\%c", *s);
		} else if (printable_bytes(s) == 0) {
			/* Two bytes: U+0080 to U+009F, the second is its number. */
			fprintf(j->out, "\\u%04x", (unsigned)(unsigned char)s[n - 1]);
		} else {
			fwrite(s, 1, n, j->out);
		}
		s += n;
	}
	putc('"', j->out);
}

static void new_line(const struct json *j)
{
	putc('\n', j->out);
	for (unsigned i = 0; i < j->depth; i++)
		fputs("  ", j->out);
}

static void begin(struct json *j, const char *key)
{
	if (j->comma)
		fputs(j->one_line ? ", " : ",", j->out);
	if (j->depth > 0 && !j->one_line)
		new_line(j);
	if (key) {
		put_string(j, key);
		fputs(": ", j->out);
	}
	j->comma = true;
}

static void open_group(struct json *j, const char *key, int bracket)
{
	begin(j, key);
	putc(bracket, j->out);
	j->depth++;
	j->comma = false;
}

static void close_group(struct json *j, int bracket)
{
	j->depth--;
	if (j->comma && !j->one_line)
		new_line(j);
	putc(bracket, j->out);
	j->comma = true;
	if (j->depth == 0)
		putc('\n', j->out);
}

void json_object(struct json *j, const char *key)
{
	open_group(j, key, '{');
}

void json_array(struct json *j, const char *key)
{
	open_group(j, key, '[');
}

void json_end_object(struct json *j)
{
	close_group(j, '}');
}

void json_end_array(struct json *j)
{
	close_group(j, ']');
}

static void begin_hex(struct json *j, const char *key)
{
	begin(j, NULL);
	fprintf(j->out, "\"%s_hex\": ", key);
}

static void put_hex(struct json *j, const char *text)
{
	putc('"', j->out);
	for (const char *s = text; *s; s++)
		fprintf(j->out, "%02x", (unsigned)(unsigned char)*s);
	putc('"', j->out);
}

void json_text(struct json *j, const char *key, const char *text)
{
	begin(j, key);
	put_string(j, text);
	if (key == NULL || json_can_hold(text))
		return;
	begin_hex(j, key);
	put_hex(j, text);
}

void json_known(struct json *j, const char *key, const char *text)
{
	if (text && text[0])
		json_text(j, key, text);
}

static void put_texts(struct json *j, const char *const *texts, size_t count, void (*put)(struct json *j, const char *text))
{
	putc('[', j->out);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			fputs(", ", j->out);
		put(j, texts[i]);
	}
	putc(']', j->out);
}

void json_texts(struct json *j, const char *key, const char *const *texts, size_t count)
{
	bool held = true;
	begin(j, key);
	put_texts(j, texts, count, put_string);
	for (size_t i = 0; i < count; i++)
		held = held && json_can_hold(texts[i]);
	if (held)
		return;
	begin_hex(j, key);
	put_texts(j, texts, count, put_hex);
}

void json_number(struct json *j, const char *key, uint64_t v)
{
	begin(j, key);
	fprintf(j->out, "%" PRIu64, v);
}

void json_signed(struct json *j, const char *key, int64_t v)
{
	begin(j, key);
	fprintf(j->out, "%" PRId64, v);
}

void json_real(struct json *j, const char *key, double v, int digits)
{
	begin(j, key);
	fprintf(j->out, "%.*f", digits, v);
}

void json_bool(struct json *j, const char *key, bool v)
{
	begin(j, key);
	fputs(v ? "true" : "false", j->out);
}

struct json json_begin(FILE *out)
{
	struct json j = {.out = out};
	json_object(&j, NULL);
	json_number(&j, "format", 1);
	return j;
}
