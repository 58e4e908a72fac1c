/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables that were printed with one column a line: psql -x (aligned, unaligned, CSV, framed, with lines of Unicode),
 * mysql \G, sqlite3 -line, llist of bconsole.
 *
 *   -[ RECORD 1 ]-+---------      *** 1. row ***            volumename|A00001L4
 *   volumename    | A00001L4        VolumeName: A00001L4    encryptionkey|...
 *   encryptionkey | ...           EncryptionKey: ...        (blank line) */
#include "keys/keylist_forms.h"

#include "base/lines.h"

#include <string.h>

static const char *const delimiters[] = {"|", "\xe2\x94\x82", ":", "=", ","};
#define DELIMITERS (sizeof delimiters / sizeof delimiters[0])

struct field {
	struct span name, value;
};

/* How the fields of a text are told: all in the same way.  A comment of several lines may hold what looks like others. */
struct style {
	size_t delimiter;
	bool framed; /* \pset border 2: a bar at both ends */
};

static bool contains(struct span s, const char *word)
{
	return s.data != NULL && memmem(s.data, s.len, word, strlen(word)) != NULL;
}

static bool starts_with_bar(struct span s)
{
	return lines_begins(s, delimiters[0]) || lines_begins(s, delimiters[1]);
}

static struct span unframe(struct span s, const char *bar)
{
	size_t n = strlen(bar);
	s = lines_skip(s, n);
	if (s.len >= n && memcmp(s.data + s.len - n, bar, n) == 0)
		s.len -= n;
	return lines_trim(s);
}

/* "-[ RECORD 1 ]---", "+-[ RECORD 1 ]--", "* 1. row *" */
static bool is_marker(struct span line)
{
	static const char *const starts[] = {"-", "+", "\xe2\x94", "*"};
	bool starts_so = false;
	for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
		starts_so = starts_so || lines_begins(line, starts[i]);
	return starts_so && (contains(line, "[ RECORD ") || contains(line, ". row *"));
}

static bool is_name_character(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/* A name, blanks, the delimiter, the rest. */
static bool take_field(const struct style *style, struct span line, struct field *f)
{
	const char *delimiter = delimiters[style->delimiter];
	line = lines_trim(line);
	if (style->framed ? !lines_begins(line, delimiter) : starts_with_bar(line))
		return false;
	if (style->framed)
		line = unframe(line, delimiter);
	f->name = (struct span){line.data, 0};
	while (f->name.len < line.len && is_name_character(line.data[f->name.len]))
		f->name.len++;
	struct span rest = lines_trim(lines_skip(line, f->name.len));
	if (f->name.len == 0 || !lines_begins(rest, delimiter))
		return false;
	f->value = lines_trim(lines_skip(rest, strlen(delimiter)));
	if (f->value.len >= 2 && f->value.data[0] == '"' && f->value.data[f->value.len - 1] == '"')
		f->value = (struct span){f->value.data + 1, f->value.len - 2};
	return true;
}

/* A heading beside other headings is a table's, with something else beside it a record's. */
static bool is_record(const struct style *style, const struct field *f)
{
	const char *delimiter = delimiters[style->delimiter];
	if (keylist_names_volume(f->value) || keylist_names_key(f->value))
		return false;
	/* Names have colons, and keys end with "="; neither has the others. */
	return (*delimiter == ':' || *delimiter == '=') || !contains(f->value, delimiter);
}

/* The first line that names a volume tells; behind a mark one with a key will do. */
static bool find_style(struct span text, struct style *style)
{
	bool marked = false;
	while (text.len > 0) {
		struct span line = lines_trim(lines_next(&text));
		struct field f;
		marked = marked || is_marker(line);
		style->framed = starts_with_bar(line);
		for (style->delimiter = 0; style->delimiter < DELIMITERS; style->delimiter++) {
			if (take_field(style, line, &f) &&
			    (lines_says(f.name, "volumename") || (marked && (keylist_names_volume(f.name) || keylist_names_key(f.name)))) &&
			    (marked || (f.value.len > 0 && is_record(style, &f))))
				return true;
		}
	}
	return false;
}

bool keylist_vertical_is(struct span text)
{
	struct style style;
	return find_style(text, &style);
}

struct record {
	struct span volume, key;
	bool has_volume, has_key;
	size_t line;
};

/* What has come of a record is an entry, or a volume without a key. */
static int finish(struct keylist *list, struct record *r, struct err *e)
{
	struct record had = *r;
	*r = (struct record){.has_volume = false};
	if (!had.has_volume && !had.has_key)
		return 0;
	if (had.has_volume && had.volume.len > 0 && keylist_is_keyless(had.key)) {
		list->keyless++;
		return 0;
	}
	return keylist_add(list, had.volume, had.key, had.line, e);
}

static int take(struct keylist *list, struct record *r, const struct field *f, size_t number, struct err *e)
{
	bool volume = keylist_names_volume(f->name), key = keylist_names_key(f->name);
	int rc = (volume && r->has_volume) || (key && r->has_key) ? finish(list, r, e) : 0;
	if (volume) {
		r->has_volume = true;
		r->volume = f->value;
	} else if (key) {
		r->has_key = true;
		r->key = f->value;
	}
	r->line = (volume || key) && r->line == 0 ? number : r->line;
	return rc;
}

int keylist_vertical_read(struct keylist *list, struct span text, struct err *e)
{
	struct record record = {.has_volume = false};
	struct style style;
	bool marked = false;
	int rc = 0;
	if (!find_style(text, &style))
		return err_set(e, XE_DAMAGE, "no record of a volume and its key");
	for (size_t number = 1; rc == 0 && text.len > 0; number++) {
		struct span line = lines_trim(lines_next(&text));
		struct field f;
		bool marker = is_marker(line);
		marked = marked || marker;
		/* A comment may have blank lines in it; then there are marks. */
		if (marker || (line.len == 0 && !marked))
			rc = finish(list, &record, e);
		else if (take_field(&style, line, &f))
			rc = take(list, &record, &f, number, e);
	}
	return rc == 0 ? finish(list, &record, e) : rc;
}
