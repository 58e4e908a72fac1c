/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/proofstate.h"

#include "base/array.h"
#include "base/hex.h"
#include "base/lines.h"
#include "base/printable.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define SECOND INT64_C(1000000000)
#define FIRST_WORD "xflate-verify-state\t"
#define LAST_WORD "xxh64\t"
#define LAST_LINE_BYTES (sizeof LAST_WORD - 1 + 17) /* 16 digits and a newline */

/* ---- rows ---- */

void proofstate_free(struct proofstate *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->rows[i].path);
	free(s->rows);
	*s = PROOFSTATE_NONE;
}

/* The first row whose path is not before this one. */
static size_t place_of(const struct proofstate *s, const char *path)
{
	size_t from = 0, to = s->count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (strcmp(s->rows[middle].path, path) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static bool is_at(const struct proofstate *s, size_t place, const char *path)
{
	return place < s->count && strcmp(s->rows[place].path, path) == 0;
}

const struct proofstate_row *proofstate_find(const struct proofstate *s, const char *path)
{
	size_t place = place_of(s, path);
	return is_at(s, place, path) ? &s->rows[place] : NULL;
}

int proofstate_put(struct proofstate *s, const struct proofstate_row *row, struct err *e)
{
	size_t place = place_of(s, row->path);
	bool new = !is_at(s, place, row->path);
	struct proofstate_row *rows = array_reach(s->rows, &s->room, s->count, sizeof *rows);
	s->rows = rows ? rows : s->rows;
	char *path = rows && new ? strdup(row->path) : rows ? rows[place].path : NULL;
	if (path == NULL)
		return err_memory(e, 0, "the state of the volumes");
	if (new) {
		memmove(&rows[place + 1], &rows[place], (s->count - place) * sizeof *rows);
		s->count++;
	}
	rows[place] = *row;
	rows[place].path = path;
	return 0;
}

void proofstate_drop(struct proofstate *s, size_t index)
{
	free(s->rows[index].path);
	s->count--;
	memmove(&s->rows[index], &s->rows[index + 1], (s->count - index) * sizeof *s->rows);
}

/* ---- as text ---- */

/* What is not shown on a terminal, and what is no UTF-8, as \xHH; a backslash twice. */
static void put_path(const char *path, FILE *out)
{
	while (*path) {
		size_t n = printable_bytes(path) ? printable_utf8_bytes(path) : 0;
		if (n == 0)
			fprintf(out, "\\x%02x", (unsigned)(unsigned char)*path);
		else if (*path == '\\')
			fputs("\\\\", out);
		else
			fwrite(path, 1, n, out);
		path += n > 0 ? n : 1;
	}
}

static void put_time(int64_t t, FILE *out)
{
	fprintf(out, "\t%" PRId64 ".%09" PRId64, t / SECOND, t % SECOND);
}

static void put_row(const struct proofstate_row *row, FILE *out)
{
	fprintf(out, "volume\t%s", judgement_word(row->verdict));
	put_time(row->looked, out);
	put_time(row->since, out);
	fprintf(out, "\t%" PRIu64 "\t%s\t", row->bytes, row->mtime);
	if (row->hashed)
		fprintf(out, "%016" PRIx64 "\t", row->xxh64);
	else
		fputs("-\t", out);
	put_path(row->path, out);
	putc('\n', out);
}

int proofstate_print(const struct proofstate *s, char **text, size_t *len, struct err *e)
{
	*text = NULL;
	*len = 0;
	FILE *out = open_memstream(text, len);
	if (out == NULL)
		return err_memory(e, 0, "the state of the volumes");
	fprintf(out, FIRST_WORD "%u\n", PROOFSTATE_VERSION);
	for (size_t i = 0; i < s->count; i++)
		put_row(&s->rows[i], out);
	bool whole = fflush(out) == 0 && !ferror(out);
	if (whole)
		fprintf(out, LAST_WORD "%016" PRIx64 "\n", (uint64_t)XXH64(*text, *len, 0));
	if (fclose(out) == 0 && whole)
		return 0;
	free(*text);
	*text = NULL;
	return err_memory(e, 0, "the state of the volumes");
}

/* ---- and read ---- */

/* A field of a line, up to the next tab. */
static struct span next_field(struct span *line)
{
	const uint8_t *tab = line->len > 0 ? memchr(line->data, '\t', line->len) : NULL;
	struct span field = {line->data, tab ? (size_t)(tab - line->data) : line->len};
	*line = lines_skip(*line, tab ? field.len + 1 : line->len);
	return field;
}

static bool is_word(struct span field, const char *word)
{
	return field.len == strlen(word) && memcmp(field.data, word, field.len) == 0;
}

/* Digits alone, of a number up to most. */
static bool read_number(struct span field, uint64_t most, uint64_t *number)
{
	*number = 0;
	for (size_t i = 0; i < field.len; i++) {
		unsigned digit = (unsigned)field.data[i] - '0';
		if (digit > 9 || *number > most / 10 || *number * 10 > most - digit)
			return false;
		*number = *number * 10 + digit;
	}
	return field.len > 0;
}

static bool read_time(struct span field, int64_t *t)
{
	uint64_t seconds, rest;
	if (field.len < 11 || field.data[field.len - 10] != '.')
		return false;
	const struct span behind = lines_skip(field, field.len - 9);
	field.len -= 10;
	if (!read_number(field, INT64_MAX / SECOND - 1, &seconds) || !read_number(behind, SECOND - 1, &rest))
		return false;
	*t = (int64_t)seconds * SECOND + (int64_t)rest;
	return true;
}

/* One of a file may lie before 1970. */
static bool read_mtime(struct span field, char text[static STANDING_TEXT_BYTES])
{
	for (size_t i = 0; i < field.len; i++) {
		if (field.data[i] != '.' && field.data[i] != '-' && (field.data[i] < '0' || field.data[i] > '9'))
			return false;
	}
	if (field.len == 0 || field.len >= STANDING_TEXT_BYTES)
		return false;
	memcpy(text, field.data, field.len);
	text[field.len] = '\0';
	return true;
}

static bool read_verdict(struct span field, enum judgement *verdict)
{
	char word[32] = "";
	if (field.len >= sizeof word)
		return false;
	memcpy(word, field.data, field.len);
	*verdict = judgement_of_word(word);
	return *verdict != JUDGEMENTS;
}

static bool read_xxh64(struct span field, struct proofstate_row *row)
{
	uint8_t bytes[8];
	row->hashed = !is_word(field, "-");
	if (!row->hashed)
		return true;
	if (field.len != 16 || !hex_read(field.data, sizeof bytes, bytes))
		return false;
	struct rd r = rd_over(bytes, sizeof bytes);
	row->xxh64 = rd_be64(&r);
	return true;
}

/* One character of a path, or two for a backslash, or four.  0: it is none. */
static size_t read_character(struct span from, char *c)
{
	uint8_t byte;
	*c = (char)from.data[0];
	if (*c != '\\')
		return *c ? 1 : 0;
	if (from.len >= 2 && from.data[1] == '\\')
		return 2;
	if (from.len < 4 || from.data[1] != 'x' || !hex_read(from.data + 2, 1, &byte) || byte == 0)
		return 0;
	*c = (char)byte;
	return 4;
}

/* path: as many bytes as field, and one more. */
static bool read_path(struct span field, char *path)
{
	bool right = field.len > 0;
	while (right && field.len > 0) {
		size_t n = read_character(field, path++);
		right = n > 0;
		field = lines_skip(field, n);
	}
	*path = '\0';
	return right;
}

static bool read_row(struct span line, struct proofstate_row *row, char *path)
{
	bool right = is_word(next_field(&line), "volume") && read_verdict(next_field(&line), &row->verdict) &&
		     read_time(next_field(&line), &row->looked) && read_time(next_field(&line), &row->since) &&
		     read_number(next_field(&line), UINT64_MAX, &row->bytes) && read_mtime(next_field(&line), row->mtime) &&
		     read_xxh64(next_field(&line), row) && read_path(next_field(&line), path) && line.len == 0;
	row->path = path;
	return right;
}

static int take_row(struct proofstate *s, struct span line, size_t number, struct err *e)
{
	struct proofstate_row row = {.path = NULL};
	char *path = malloc(line.len + 1);
	if (path == NULL)
		return err_memory(e, line.len, "the state of the volumes");
	int rc = read_row(line, &row, path) ? 0 : err_set(e, XE_FAILED, "line %zu of it cannot be understood", number);
	if (rc == 0 && s->count > 0 && strcmp(s->rows[s->count - 1].path, path) >= 0)
		rc = err_set(e, XE_FAILED, "line %zu of it is out of order", number);
	if (rc == 0)
		rc = proofstate_put(s, &row, e);
	free(path);
	return rc;
}

static int check_version(struct span line, struct err *e)
{
	uint64_t version;
	if (!lines_begins(line, FIRST_WORD))
		return err_set(e, XE_FAILED, "is no state of xflate verify");
	line = lines_skip(line, sizeof FIRST_WORD - 1);
	if (!read_number(line, UINT32_MAX, &version) || version == 0)
		return err_set(e, XE_FAILED, "is no state of xflate verify");
	return version == PROOFSTATE_VERSION ? 0
					     : err_set(e, XE_FAILED, "is a state of version %u, and this xflate knows version %u alone",
						       (unsigned)version, PROOFSTATE_VERSION);
}

/* *text: without the last line, which is the sum of what stands before it. */
static int check_sum(struct span *text, struct err *e)
{
	char last[LAST_LINE_BYTES + 1];
	if (text->len < LAST_LINE_BYTES)
		return err_set(e, XE_FAILED, "is cut off");
	text->len -= LAST_LINE_BYTES;
	snprintf(last, sizeof last, LAST_WORD "%016" PRIx64 "\n", (uint64_t)XXH64(text->data, text->len, 0));
	bool same = memcmp(text->data + text->len, last, LAST_LINE_BYTES) == 0;
	return same ? 0 : err_set(e, XE_FAILED, "is not what verify has written: its checksum is wrong, or it is cut off");
}

int proofstate_parse(struct proofstate *s, const void *data, size_t len, struct err *e)
{
	struct span text = {data, len};
	struct span first = text;
	int rc = check_version(lines_next(&first), e);
	if (rc == 0)
		rc = check_sum(&text, e);
	if (rc != 0)
		return rc;
	lines_next(&text);
	for (size_t number = 2; rc == 0 && text.len > 0; number++)
		rc = take_row(s, lines_next(&text), number, e);
	return rc;
}
