/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalog/bsrfile.h"

#include "base/array.h"
#include "base/lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const struct {
	const char *name;
	enum bsrfile_kind kind;
} keywords[] = {
	{"volume", BSRFILE_VOLUME},
	{"volsessionid", BSRFILE_SESSION_ID},
	{"volsessiontime", BSRFILE_SESSION_TIME},
	{"voladdr", BSRFILE_ADDRESS},
	{"volfile", BSRFILE_ADDRESS},
	{"volblock", BSRFILE_ADDRESS},
	{"fileindex", BSRFILE_FILE_INDEX},
	{"count", BSRFILE_COUNT},
	{"storage", BSRFILE_STORAGE},
	{"device", BSRFILE_DEVICE},
	{"mediatype", BSRFILE_MEDIA_TYPE},
	{"slot", BSRFILE_SLOT},
	{"fileregex", BSRFILE_OTHER},
	{"client", BSRFILE_OTHER},
	{"job", BSRFILE_OTHER},
	{"jobid", BSRFILE_OTHER},
	{"jobtype", BSRFILE_OTHER},
	{"joblevel", BSRFILE_OTHER},
	{"stream", BSRFILE_OTHER},
	{"include", BSRFILE_OTHER},
	{"exclude", BSRFILE_OTHER},
};

void bsrfile_free(struct bsrfile *b)
{
	for (size_t i = 0; i < b->section_count; i++) {
		struct bsrfile_section *s = &b->sections[i];
		free(s->volumes);
		free(s->ids.ranges);
		free(s->times.ranges);
		indexes_free(&s->files);
	}
	free(b->sections);
	free(b->lines);
	free(b->text);
	*b = (struct bsrfile){0};
}

bool bsrfile_takes(const struct bsrfile_numbers *n, uint32_t number)
{
	for (size_t i = 0; i < n->count; i++) {
		if (n->ranges[i].first <= number && number <= n->ranges[i].last)
			return true;
	}
	return n->count == 0;
}

static int bad(const struct bsrfile_line *l, const char *what, struct err *e)
{
	return err_set(e, XE_USAGE, "line %lu: %s; nothing is made of it", l->number, what);
}

/* ---- values ---- */

/* Cuts what stands before one of these bytes off. */
static struct span cut(struct span *rest, const char *at)
{
	size_t n = 0;
	while (n < rest->len && strchr(at, rest->data[n]) == NULL)
		n++;
	struct span s = {rest->data, n};
	*rest = lines_skip(*rest, n);
	return lines_trim(s);
}

static bool cut_byte(struct span *rest, char byte)
{
	*rest = lines_trim(*rest);
	bool is = rest->len > 0 && rest->data[0] == (uint8_t)byte;
	*rest = lines_skip(*rest, is);
	return is;
}

/* A value of several, in quotes or not. */
static bool cut_value(struct span *rest, struct span *value)
{
	if (!cut_byte(rest, '"')) {
		*value = cut(rest, ",#;\"");
		return value->len > 0;
	}
	*value = cut(rest, "\"\\");
	return cut_byte(rest, '"');
}

/* Behind one: does another one follow?  *good: what follows is understood. */
static bool another(struct span *rest, bool *good)
{
	if (cut_byte(rest, ','))
		return true;
	*good = rest->len == 0 || rest->data[0] == '#';
	return false;
}

static bool read_number(struct span *text, uint64_t *number)
{
	uint64_t v = 0;
	size_t n = 0;
	for (; n < text->len && text->data[n] >= '0' && text->data[n] <= '9'; n++) {
		unsigned digit = text->data[n] - '0';
		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*text = lines_trim(lines_skip(*text, n));
	*number = v;
	return n > 0;
}

static bool read_range(struct span text, uint64_t *first, uint64_t *last)
{
	if (!read_number(&text, first))
		return false;
	*last = *first;
	if (cut_byte(&text, '-')) {
		text = lines_trim(text);
		if (!read_number(&text, last))
			return false;
	}
	return text.len == 0 && *first <= *last;
}

bool bsrfile_next_range(struct span *value, uint64_t *first, uint64_t *last, bool *more)
{
	struct span one;
	bool good = cut_value(value, &one) && read_range(one, first, last);
	*more = good && another(value, &good);
	return good;
}

static int add_number(struct bsrfile_numbers *to, struct bsrfile_number r, struct err *e)
{
	struct bsrfile_number *room = array_reach(to->ranges, &to->room, to->count, sizeof *room);
	if (room == NULL)
		return err_memory(e, (to->count + 1) * sizeof *room, "the bootstrap");
	to->ranges = room;
	room[to->count++] = r;
	return 0;
}

static int add_volume(struct bsrfile_section *s, struct span name, const struct bsrfile_line *l, struct err *e)
{
	if (name.len == 0 || name.len >= LABEL_NAME_BYTES)
		return bad(l, "no name of a volume", e);
	char(*room)[LABEL_NAME_BYTES] = array_reach(s->volumes, &s->volume_room, s->volume_count, sizeof *room);
	if (room == NULL)
		return err_memory(e, (s->volume_count + 1) * sizeof *room, "the bootstrap");
	s->volumes = room;
	memcpy(room[s->volume_count], name.data, name.len);
	room[s->volume_count++][name.len] = '\0';
	return 0;
}

/* ---- lines ---- */

static int take_volumes(struct bsrfile_section *s, const struct bsrfile_line *l, struct err *e)
{
	struct span rest = l->value, value;
	bool good, more = true;
	int rc = 0;
	while (rc == 0 && more) {
		good = cut_value(&rest, &value);
		more = good && another(&rest, &good);
		if (!good)
			return bad(l, "not Volume=NAME, or Volume=\"NAME|NAME\"", e);
		/* Names hold no such bar. */
		for (bool bar = true; rc == 0 && bar; bar = cut_byte(&value, '|'))
			rc = add_volume(s, cut(&value, "|"), l, e);
	}
	return rc;
}

static int take_number(struct bsrfile_section *s, const struct bsrfile_line *l, struct bsrfile_number r, struct err *e)
{
	if (l->kind == BSRFILE_SESSION_ID)
		return add_number(&s->ids, r, e);
	if (l->kind == BSRFILE_SESSION_TIME)
		return add_number(&s->times, r, e);
	if (r.first == 0 || r.last > INT32_MAX)
		return bad(l, "no FileIndex", e);
	s->all_files = false;
	return indexes_add(&s->files, (int32_t)r.first, (int32_t)r.last, e);
}

static int take_numbers(struct bsrfile_section *s, const struct bsrfile_line *l, struct err *e)
{
	struct span rest = l->value;
	bool more = true;
	int rc = 0;
	while (rc == 0 && more) {
		uint64_t first = 0, last = 0;
		bool good = bsrfile_next_range(&rest, &first, &last, &more) && last <= UINT32_MAX;
		rc = good ? take_number(s, l, (struct bsrfile_number){(uint32_t)first, (uint32_t)last}, e)
			  : bad(l, "not a number, A-B, or several with commas between", e);
	}
	return rc;
}

static int begin_section(struct bsrfile *b, size_t line, struct err *e)
{
	struct bsrfile_section *all = array_reach(b->sections, &b->section_room, b->section_count, sizeof *all);
	if (all == NULL)
		return err_memory(e, (b->section_count + 1) * sizeof *all, "the bootstrap");
	b->sections = all;
	all[b->section_count++] = (struct bsrfile_section){.first_line = line, .all_files = true};
	return 0;
}

static int take_line(struct bsrfile *b, size_t line, struct err *e)
{
	const struct bsrfile_line *l = &b->lines[line];
	int rc = l->kind == BSRFILE_VOLUME ? begin_section(b, line, e) : 0;
	if (rc != 0 || l->kind == BSRFILE_BLANK)
		return rc;
	struct bsrfile_section *s = b->section_count > 0 ? &b->sections[b->section_count - 1] : NULL;
	if (s == NULL && l->kind != BSRFILE_STORAGE)
		return bad(l, "it stands before the first Volume", e);
	/* It may be the next section's: a director writes it before its volume. */
	if (l->kind == BSRFILE_STORAGE)
		return 0;
	s->lines = line + 1 - s->first_line;
	s->placed = s->placed || l->kind == BSRFILE_ADDRESS;
	switch (l->kind) {
	case BSRFILE_VOLUME: return take_volumes(s, l, e);
	case BSRFILE_SESSION_ID:
	case BSRFILE_SESSION_TIME:
	case BSRFILE_FILE_INDEX: return take_numbers(s, l, e);
	default: return 0;
	}
}

static bool is_word(struct span word, const char *keyword)
{
	return word.len == strlen(keyword) && strncasecmp((const char *)word.data, keyword, word.len) == 0;
}

bool bsrfile_is(const struct bsrfile_line *l, const char *keyword)
{
	struct span rest = lines_trim(l->text);
	return is_word(cut(&rest, "="), keyword);
}

/* What a line is; its value may be anything. */
static int name_line(struct bsrfile_line *l, struct err *e)
{
	struct span rest = lines_trim(l->text);
	if (rest.len == 0 || rest.data[0] == '#')
		return 0;
	struct span word = cut(&rest, "=");
	if (!cut_byte(&rest, '='))
		return bad(l, "not KEYWORD=VALUE", e);
	l->value = lines_trim(rest);
	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
		if (is_word(word, keywords[i].name)) {
			l->kind = keywords[i].kind;
			return 0;
		}
	}
	return bad(l, "no keyword of a bootstrap", e);
}

static int add_line(struct bsrfile *b, struct span text, struct err *e)
{
	struct bsrfile_line *all = array_reach(b->lines, &b->line_room, b->line_count, sizeof *all);
	if (all == NULL)
		return err_memory(e, (b->line_count + 1) * sizeof *all, "the bootstrap");
	b->lines = all;
	all[b->line_count] = (struct bsrfile_line){.kind = BSRFILE_BLANK, .text = text, .number = b->line_count + 1};
	int rc = memchr(text.data, 0, text.len) ? bad(&all[b->line_count], "a byte of 0 is in it", e) : name_line(&all[b->line_count], e);
	return rc == 0 ? take_line(b, b->line_count++, e) : rc;
}

int bsrfile_parse(struct bsrfile *b, struct span text, struct err *e)
{
	int rc = 0;
	while (rc == 0 && text.len > 0)
		rc = add_line(b, lines_next(&text), e);
	if (rc == 0 && b->section_count == 0)
		rc = err_set(e, XE_USAGE, "no bootstrap: there is no line Volume=NAME");
	return rc;
}

static int slurp(struct bsrfile *b, FILE *file, struct err *e)
{
	size_t room = 0;
	do {
		if (b->len == room) {
			room = room * 2 + 65536;
			char *grown = realloc(b->text, room);
			if (grown == NULL)
				return err_memory(e, room, "the bootstrap");
			b->text = grown;
		}
		b->len += fread(b->text + b->len, 1, room - b->len, file);
	} while (b->len == room && room < BSRFILE_MAX_BYTES);
	if (ferror(file))
		return err_errno(e, XE_FAILED, errno, "cannot read the bootstrap");
	return b->len >= BSRFILE_MAX_BYTES ? err_set(e, XE_FAILED, "too long for a bootstrap") : 0;
}

int bsrfile_read(struct bsrfile *b, const char *path, struct err *e)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	int rc = file ? slurp(b, file, e) : err_errno(e, XE_FAILED, errno, "cannot open the bootstrap");
	if (rc == 0)
		rc = bsrfile_parse(b, (struct span){(const uint8_t *)b->text, b->len}, e);
	err_volume(e, path);
	if (file && file != stdin)
		fclose(file);
	return rc;
}
