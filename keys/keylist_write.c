/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys/keylist.h"

#include "base/json.h"
#include "keys/catalog_sql.h"

#include <string.h>

bool keylist_format_parse(const char *name, enum keylist_format *format)
{
	static const struct {
		const char *name;
		enum keylist_format format;
	} formats[] = {{"lines", KEYLIST_LINES}, {"tsv", KEYLIST_LINES}, {"json", KEYLIST_JSON}, {"sql", KEYLIST_SQL}};
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
		if (strcmp(name, formats[i].name) == 0) {
			*format = formats[i].format;
			return true;
		}
	}
	return false;
}

/* Keys go by fputs alone: printf may keep copies. */
static void write_lines(FILE *out, const struct keylist *list)
{
	for (size_t i = 0; i < list->count; i++) {
		fputs(list->entries[i].volume, out);
		putc('\t', out);
		fputs(list->entries[i].key, out);
		putc('\n', out);
	}
}

static void write_json(FILE *out, const struct keylist *list)
{
	struct json j = json_begin(out);
	json_array(&j, "keys");
	for (size_t i = 0; i < list->count; i++) {
		json_object(&j, NULL);
		json_text(&j, "volume", list->entries[i].volume);
		json_text(&j, "key", list->entries[i].key);
		json_end_object(&j);
	}
	json_end_array(&j);
	json_end_object(&j);
}

static void write_sql(FILE *out, const struct keylist *list, const struct keylist *old)
{
	fputs("BEGIN;\n", out);
	for (size_t i = 0; i < list->count; i++) {
		catalog_sql_put(out, "UPDATE Media SET EncryptionKey=", list->entries[i].key);
		catalog_sql_put(out, " WHERE VolumeName=", list->entries[i].volume);
		if (old)
			catalog_sql_put(out, " AND EncryptionKey=", old->entries[i].key);
		fputs(";\n", out);
	}
	fputs("COMMIT;\n", out);
}

int keylist_write(FILE *out, enum keylist_format format, const struct keylist *list, const struct keylist *old, struct err *e)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *volume = list->entries[i].volume, *key = list->entries[i].key;
		/* A backslash is itself in standard SQL, and something else in MySQL. */
		if (format == KEYLIST_SQL && (strchr(volume, '\\') || strchr(key, '\\')))
			return err_set(e, XE_FAILED, "%s: databases differ on what a backslash means; change this volume by hand", volume);
		if (format == KEYLIST_JSON && (!json_can_hold(volume) || !json_can_hold(key)))
			return err_set(e, XE_FAILED, "%s: not UTF-8, which JSON could not hold", volume);
	}
	switch (format) {
	case KEYLIST_LINES: write_lines(out, list); break;
	case KEYLIST_JSON: write_json(out, list); break;
	case KEYLIST_SQL: write_sql(out, list, old); break;
	}
	return 0;
}
