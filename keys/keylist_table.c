/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of a volume and its key, and the tables that psql, mysql and bconsole print. */
#include "keys/keylist_forms.h"

#include "base/lines.h"

#include <string.h>

#define COLUMNS_MAX 128u

struct table {
	char delimiter;   /* between cells: TAB, '|', ','; 0: not known yet */
	bool framed;      /* rows begin with '|' */
	bool open;        /* inside the frame */
	unsigned borders; /* of this frame, so far */
	bool has_header;
	size_t volume, key; /* columns */
	size_t columns;
};

/* Lines of - and +, with | and blanks in between. */
static bool is_border(struct span s)
{
	size_t dashes = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (memchr("-+| ", s.data[i], 4) == NULL)
			return false;
		dashes += s.data[i] == '-';
	}
	return dashes >= 2;
}

/* "(3 rows)", "3 rows in set (0.00 sec)" */
static bool is_count(struct span s)
{
	size_t i = s.len > 0 && s.data[0] == '(';
	size_t digits = 0;
	for (; i < s.len && s.data[i] >= '0' && s.data[i] <= '9'; i++)
		digits++;
	return digits > 0 && lines_begins((struct span){s.data + i, s.len - i}, " row");
}

/* Cuts a line into cells, without the blanks around them (of lines with TABs only behind the last).  More than
 * COLUMNS_MAX are left out. */
static size_t split(const struct table *t, struct span line, struct span *cells)
{
	size_t n = 0;
	struct span rest = line;
	if (t->framed) {
		rest = lines_trim(rest);
		rest.data++;
		rest.len--;
		if (rest.len > 0 && rest.data[rest.len - 1] == '|')
			rest.len--;
	}
	for (bool more = true; more && n < COLUMNS_MAX; n++) {
		const uint8_t *cut = rest.len > 0 ? memchr(rest.data, t->delimiter, rest.len) : NULL;
		size_t len = cut ? (size_t)(cut - rest.data) : rest.len;
		cells[n] = lines_trim((struct span){rest.data, len});
		if (t->delimiter == ',' && cells[n].len >= 2 && cells[n].data[0] == '"' && cells[n].data[cells[n].len - 1] == '"')
			cells[n] = (struct span){cells[n].data + 1, cells[n].len - 2};
		more = cut != NULL;
		if (more)
			rest = (struct span){cut + 1, rest.len - len - 1};
	}
	return n;
}

/* Headings name their columns in any case. */
static bool take_header(struct table *t, const struct span *cells, size_t n)
{
	size_t volume = SIZE_MAX, key = SIZE_MAX;
	for (size_t i = 0; i < n; i++) {
		if (keylist_names_volume(cells[i]))
			volume = i;
		else if (keylist_names_key(cells[i]))
			key = i;
	}
	if (volume == SIZE_MAX || key == SIZE_MAX)
		return false;
	t->volume = volume;
	t->key = key;
	t->columns = n;
	t->has_header = true;
	return true;
}

static int take_row(struct keylist *list, struct table *t, struct span line, size_t number, struct err *e)
{
	struct span cells[COLUMNS_MAX];
	size_t n = split(t, line, cells);
	if (take_header(t, cells, n))
		return 0;
	if (!t->has_header) {
		t->volume = 0;
		t->key = 1;
		t->columns = 2;
	}
	if (n != t->columns) {
		keylist_fault(list, number, "%zu columns instead of %zu%s", n, t->columns,
			      t->has_header ? "" : ": a volume and its key, or headings that name them");
		return 0;
	}
	struct span volume = cells[t->volume], key = cells[t->key];
	/* A catalog has no key for volumes that are not encrypted; a list has one for each. */
	bool table = t->has_header || t->delimiter != '\t';
	if (table && volume.len > 0 && keylist_is_keyless(key)) {
		list->keyless++;
		return 0;
	}
	return keylist_add(list, volume, key, number, e);
}

/* The first line with something in it tells. */
static bool find_delimiter(struct table *t, struct span line)
{
	struct span words = lines_trim(line);
	t->framed = words.len > 0 && (words.data[0] == '|' || (words.data[0] == '+' && is_border(words)));
	if (!t->framed && memchr(line.data, '\t', line.len))
		t->delimiter = '\t';
	else if (t->framed || memchr(words.data, '|', words.len))
		t->delimiter = '|';
	else if (memchr(words.data, ',', words.len))
		t->delimiter = ',';
	return t->delimiter != 0;
}

static int take_line(struct keylist *list, struct table *t, struct span line, size_t number, struct err *e)
{
	struct span words = lines_trim(line);
	if (words.len == 0 || words.data[0] == '#')
		return 0;
	if (t->delimiter == 0 && !find_delimiter(t, line)) {
		keylist_fault(list, number, "no TAB between a volume and its key");
		return 0;
	}
	if (t->delimiter == '|' && is_border(words)) {
		/* Above the headings, below them, at the end. */
		t->borders += t->framed;
		t->open = t->framed && t->borders % 3 != 0;
		return 0;
	}
	if (is_count(words) && memchr(words.data, '\t', words.len) == NULL)
		return 0;
	if (t->framed && words.data[0] != '|') {
		/* What bconsole says before and after a table. */
		if (t->open)
			keylist_fault(list, number, "not a row of the table around it");
		return 0;
	}
	return take_row(list, t, line, number, e);
}

/* bconsole greets before the table. */
static bool framed_table_follows(struct span text)
{
	struct rd r = rd_over(text.data, text.len);
	bool start = true, border = false;
	while (rd_left(&r) > 0) {
		uint8_t c = *rd_bytes(&r, 1);
		if (start && border && c == '|')
			return true;
		if (start)
			border = c == '+' && rd_left(&r) > 0 && *r.p == '-';
		start = c == '\n';
	}
	return false;
}

int keylist_table_read(struct keylist *list, struct span text, struct err *e)
{
	struct table t = {.delimiter = 0};
	int r = 0;
	if (framed_table_follows(text)) {
		t.delimiter = '|';
		t.framed = true;
	}
	for (size_t number = 1; r == 0 && text.len > 0; number++) {
		struct span line = lines_next(&text);
		r = take_line(list, &t, line, number, e);
	}
	return r;
}
