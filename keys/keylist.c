/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys/keylist.h"

#include "base/lines.h"
#include "keywrap.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#define COLUMNS_MAX 128u

void keylist_free(struct keylist *list)
{
	secret_free(&list->pages);
	names_free(&list->names);
	*list = KEYLIST_NONE;
}

void keylist_fault(struct keylist *list, size_t line, const char *format, ...)
{
	if (list->fault_count++ >= KEYLIST_FAULTS_MAX)
		return;
	struct keylist_fault *fault = &list->faults[list->fault_count - 1];
	fault->line = line;
	va_list ap;
	va_start(ap, format);
	vsnprintf(fault->text, sizeof fault->text, format, ap);
	va_end(ap);
}

/* ---- entries ---- */

static bool has_control_character(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] < 0x20 || s.data[i] == 0x7f)
			return true;
	}
	return false;
}

static bool good_field(struct keylist *list, struct span field, const char *what, size_t line)
{
	if (field.len == 0)
		keylist_fault(list, line, "no %s", what);
	else if (field.len >= CRYPTOCACHE_FIELD_BYTES)
		keylist_fault(list, line, "a %s of %zu characters; there may be %u", what, field.len, CRYPTOCACHE_FIELD_BYTES - 1);
	else if (has_control_character(field))
		keylist_fault(list, line, "a control character in the %s", what);
	else
		return true;
	return false;
}

static int make_room(struct keylist *list, struct err *e)
{
	size_t used = list->count * sizeof *list->entries;
	if (list->count >= KEYLIST_ENTRIES_MAX)
		return err_set(e, XE_FAILED, "more than %zu keys", KEYLIST_ENTRIES_MAX);
	list->pages.len = used;
	int r = secret_grow(&list->pages, used + sizeof *list->entries, e);
	if (r != 0)
		return r;
	list->entries = (struct keylist_entry *)(void *)list->pages.data;
	memset(&list->entries[list->count], 0, sizeof *list->entries);
	return 0;
}

/* Padding may differ. */
static bool same_key(const struct keylist_entry *a, const char *b)
{
	size_t n = strcspn(a->key, "="), m = strcspn(b, "=");
	return strcmp(a->key, b) == 0 || (n >= KEYWRAP_BASE64_CHARS && n == m && strncmp(a->key, b, n) == 0);
}

int keylist_add(struct keylist *list, struct span volume, struct span key, size_t line, struct err *e)
{
	bool good = good_field(list, volume, "volume name", line);
	if (!good_field(list, key, "key", line) || !good)
		return 0;
	int r = make_room(list, e);
	if (r != 0)
		return r;
	struct keylist_entry *entry = &list->entries[list->count];
	memcpy(entry->volume, volume.data, volume.len);
	memcpy(entry->key, key.data, key.len);
	entry->line = line;
	size_t first = names_find(&list->names, list->entries, sizeof *list->entries, entry->volume);
	if (first != NAMES_ABSENT) {
		if (!same_key(&list->entries[first], entry->key))
			keylist_fault(list, line, "%s has another key in line %zu", entry->volume, list->entries[first].line);
		memset(entry, 0, sizeof *entry);
		return 0;
	}
	r = names_add(&list->names, list->entries, sizeof *list->entries, list->count, e);
	list->count += r == 0;
	return r;
}

int keylist_check_keys(struct keylist *list, struct err *e)
{
	for (size_t i = 0; i < list->count; i++) {
		char *key = list->entries[i].key;
		size_t len = strlen(key);
		switch (keywrap_form_of(key, len)) {
		case KEYWRAP_BASE64:
		case KEYWRAP_WRAPPED:
		case KEYWRAP_OWN:
			while (len > 0 && key[len - 1] == '=')
				key[--len] = '\0';
			break;
		case KEYWRAP_PASSPHRASE:
			keylist_fault(list, list->entries[i].line,
				      "the key of %s is a passphrase; the cache holds its base64 (key show --base64)",
				      list->entries[i].volume);
			break;
		case KEYWRAP_UNKNOWN:
			keylist_fault(list, list->entries[i].line,
				      "the key of %s is no key: %zu characters, neither base64 of a passphrase (43) "
				      "nor a wrapped key (54)",
				      list->entries[i].volume, len);
			break;
		}
	}
	return list->fault_count ? err_set(e, XE_KEY, "%zu bad entries", list->fault_count) : 0;
}

int keylist_from_cache(struct keylist *list, const struct cryptocache *c, struct err *e)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < c->count; i++) {
		const struct cryptocache_entry *entry = &c->entries[i];
		/* Of two of one name a daemon takes the first. */
		if (cryptocache_find(c, entry->volume) == entry)
			r = keylist_add(list, (struct span){(const uint8_t *)entry->volume, strlen(entry->volume)},
					(struct span){(const uint8_t *)entry->key, strlen(entry->key)}, i + 1, e);
	}
	if (r == 0 && list->fault_count)
		r = err_set(e, XE_DAMAGE, "%zu entries whose name or key is none", list->fault_count);
	return r;
}

/* ---- lines and tables ---- */

struct table {
	char delimiter;   /* between cells: TAB, '|', ','; 0: not known yet */
	bool framed;      /* rows begin with '|' */
	bool open;        /* inside the frame */
	unsigned borders; /* of this frame, so far */
	bool has_header;
	size_t volume, key; /* columns */
	size_t columns;
};

static bool says(struct span s, const char *word)
{
	return s.len == strlen(word) && strncasecmp((const char *)s.data, word, s.len) == 0;
}

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
		if (says(cells[i], "volumename") || says(cells[i], "volume"))
			volume = i;
		else if (says(cells[i], "encryptionkey") || says(cells[i], "key"))
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
	if (table && volume.len > 0 && (key.len == 0 || says(key, "NULL"))) {
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

static int parse_lines(struct keylist *list, struct span text, struct err *e)
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

int keylist_parse(struct keylist *list, struct span text, struct err *e)
{
	keylist_free(list);
	if (lines_begins(text, "\xef\xbb\xbf"))
		text = lines_skip(text, 3);
	struct span words = text;
	while (words.len > 0 && memchr(" \t\r\n", words.data[0], 4) != NULL)
		words = (struct span){words.data + 1, words.len - 1};
	bool json = words.len > 0 && (words.data[0] == '{' || words.data[0] == '[');
	int r = json                        ? keylist_parse_json(list, text, e)
		: keylist_is_vertical(text) ? keylist_parse_vertical(list, text, e)
					    : parse_lines(list, text, e);
	if (r == 0 && list->fault_count)
		r = err_set(e, XE_DAMAGE, "%zu bad entr%s", list->fault_count, list->fault_count == 1 ? "y" : "ies");
	if (r == 0 && list->count == 0)
		r = err_set(e, XE_DAMAGE, "there is no key in it");
	return r;
}
