/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys and names go by fputs alone: printf may keep copies.  Names of volumes have letters, digits and : . - _ / only. */
#include "keys/catalog_sql.h"

#include <string.h>

static bool has_any(const char *text, const char *of)
{
	for (; text && *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f || strchr(of, *text))
			return true;
	}
	return false;
}

int catalog_sql_check(const struct catalog_sql *sql, struct err *e)
{
	if ((sql->pool == NULL) != (sql->media_type == NULL))
		return err_set(e, XE_USAGE, "a new record needs both --pool and --media-type");
	if (has_any(sql->pool, "\"\\") || has_any(sql->media_type, "\"\\") || has_any(sql->storage, "\"\\"))
		return err_set(e, XE_USAGE, "--pool, --media-type, --storage: no resource of a director has such a name");
	return 0;
}

void catalog_sql_put(FILE *out, const char *before, const char *text)
{
	fputs(before, out);
	putc('\'', out);
	for (; *text; text++) {
		if (*text == '\'')
			putc('\'', out);
		putc(*text, out);
	}
	putc('\'', out);
}

static void put_insert(FILE *out, const struct catalog_sql *sql, const struct keylist_entry *entry)
{
	catalog_sql_put(
		out,
		"INSERT INTO Media (VolumeName, MediaType, VolStatus, PoolId, VolRetention, VolUseDuration, MaxVolJobs, MaxVolFiles, "
		"MaxVolBytes, Recycle, EncryptionKey) SELECT ",
		entry->volume);
	catalog_sql_put(out, ", ", sql->media_type);
	catalog_sql_put(out, ", 'Append', PoolId, VolRetention, VolUseDuration, MaxVolJobs, MaxVolFiles, MaxVolBytes, Recycle, ",
			entry->key);
	catalog_sql_put(out, " FROM Pool WHERE Name=", sql->pool);
	catalog_sql_put(out, " AND NOT EXISTS (SELECT 1 FROM Media WHERE VolumeName=", entry->volume);
	fputs(");\n", out);
}

static void put_update(FILE *out, const struct keylist_entry *entry, const char *old)
{
	catalog_sql_put(out, "UPDATE Media SET EncryptionKey=", entry->key);
	catalog_sql_put(out, " WHERE VolumeName=", entry->volume);
	fputs(" AND (COALESCE(EncryptionKey, '')=''", out);
	if (old) {
		catalog_sql_put(out, " OR (VolStatus='Purged' AND EncryptionKey=", old);
		putc(')', out);
	}
	fputs(");\n", out);
}

static void put_all(FILE *out, const struct keylist *list, bool keys)
{
	for (size_t i = 0; i < list->count; i++)
		catalog_sql_put(out, i ? ", " : "(", keys ? list->entries[i].key : list->entries[i].volume);
	putc(')', out);
}

static void put_console(FILE *out, const struct catalog_sql *sql, const struct keylist *list)
{
	fputs(sql->pool ? "-- Then label those that have no label yet."
			: "-- First label those that have no label yet: records are changed, none made (--pool and --media-type do that).",
	      out);
	putc('\n', out);
	fputs("-- Not with the word encrypt, which would make another key.\n", out);
	for (size_t i = 0; i < list->count; i++) {
		fputs("-- bconsole: label volume=\"", out);
		fputs(list->entries[i].volume, out);
		fputs("\" storage=\"", out);
		fputs(sql->storage ? sql->storage : "STORAGE", out);
		fputs("\" pool=\"", out);
		fputs(sql->pool ? sql->pool : "POOL", out);
		fputs("\"\n", out);
	}
}

void catalog_sql_write(FILE *out, const struct catalog_sql *sql, const struct keylist *list, const struct cryptocache *old)
{
	fputs("-- New keys of volumes, by xflate: all of them go into the catalog, or none.  psql -v ON_ERROR_STOP=1 -f FILE bareos\n",
	      out);
	put_console(out, sql, list);
	fputs("BEGIN;\n", out);
	for (size_t i = 0; i < list->count; i++) {
		const struct cryptocache_entry *had = old ? cryptocache_find(old, list->entries[i].volume) : NULL;
		if (sql->pool)
			put_insert(out, sql, &list->entries[i]);
		put_update(out, &list->entries[i], had ? had->key : NULL);
	}
	fprintf(out,
		"-- Division by zero: not all %zu have their keys.\nSELECT 1 / CASE COUNT(*) WHEN %zu THEN 1 ELSE 0 END AS all_or_nothing"
		" FROM Media WHERE VolumeName IN ",
		list->count, list->count);
	put_all(out, list, false);
	fputs(" AND EncryptionKey IN ", out);
	put_all(out, list, true);
	fputs(";\n", out);
}

void catalog_sql_commit(FILE *out)
{
	fputs("COMMIT;\n", out);
}
