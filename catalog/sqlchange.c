/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalog/sqlchange.h"

#include <string.h>

static void put_address(struct sqlpart *s, const char *file, const char *block, uint64_t address)
{
	fprintf(s->out, "%s = %llu, %s = %llu", file, (unsigned long long)(address >> 32), block,
		(unsigned long long)(address & UINT32_MAX));
}

static void put_range(struct sqlpart *s, uint64_t start, uint64_t end)
{
	put_address(s, "StartFile", "StartBlock", start);
	fputs(", ", s->out);
	put_address(s, "EndFile", "EndBlock", end);
}

static void change_sessions(struct sqlpart *s)
{
	const struct mapped_volume *v = s->v->to;
	bool whole = s->o->whole_volume && !s->o->undo;
	for (size_t i = 0; i < v->session_count; i++) {
		const struct mapped_range *r = sqlpart_range(s, v->sessions[i], true);
		fputs("UPDATE JobMedia SET ", s->out);
		put_range(s, whole ? 0 : r->start, whole ? PLAN_WHOLE_END : r->end);
		fputs("\n WHERE FirstIndex > 0 AND ", s->out);
		sqlpart_put_volume(s);
		fputs(" AND ", s->out);
		sqlpart_put_session(s, v->sessions[i]);
		fputs("\n AND " SQLPART_READY ";\n", s->out);
	}
}

static void insert_row(struct sqlpart *s, const struct rows_jobmedia *row, const struct rows_place *to)
{
	/* No row of NDMP is touched: it is 0. */
	bool job_bytes = s->o->bareos && s->o->version >= 2171;
	fprintf(s->out,
		"INSERT INTO JobMedia (JobMediaId, JobId, MediaId, VolIndex, FirstIndex, LastIndex, StartFile, StartBlock, EndFile, "
		"EndBlock%s)\n",
		job_bytes ? ", JobBytes" : "");
	fprintf(s->out, " SELECT %llu, %llu, %llu, %llu, %d, %d, %llu, %llu, %llu, %llu%s FROM xflate_go WHERE ready = 1;\n",
		(unsigned long long)row->id, (unsigned long long)row->job_id, (unsigned long long)row->media_id,
		(unsigned long long)row->vol_index, to->first, to->last, (unsigned long long)(to->start >> 32),
		(unsigned long long)(to->start & UINT32_MAX), (unsigned long long)(to->end >> 32),
		(unsigned long long)(to->end & UINT32_MAX), job_bytes ? ", 0" : "");
}

static void change_row(struct sqlpart *s, size_t k)
{
	const struct rows_jobmedia *row = &s->v->rows[k];
	const struct rows_place *from = sqlpart_row(s, k, false), *to = sqlpart_row(s, k, true);
	if (from == NULL && to)
		insert_row(s, row, to);
	if (from == NULL || (to && memcmp(from, to, sizeof *from) == 0))
		return;
	if (to) {
		fprintf(s->out, "UPDATE JobMedia SET FirstIndex = %d, LastIndex = %d, ", to->first, to->last);
		put_range(s, to->start, to->end);
	} else {
		fputs("DELETE FROM JobMedia", s->out);
	}
	fprintf(s->out, "\n WHERE MediaId = %llu AND ", (unsigned long long)row->media_id);
	sqlpart_put_same_row(s, k, false);
	fputs(" AND " SQLPART_READY ";\n", s->out);
}

static uint64_t last_address(const struct mapped_bytes *b)
{
	return b->tape ? b->last : b->bytes > 0 ? b->bytes - 1 : 0;
}

/* What the catalog had, if its rows tell; else what the volumes' bytes say. */
static void put_sizes(struct sqlpart *s)
{
	const struct mapped_bytes *to = sqlpart_bytes(s, true);
	const struct rows_media *m = s->o->undo ? s->v->media : NULL;
	fprintf(s->out, "VolBytes = %llu, VolFiles = %llu, VolBlocks = %llu, ", (unsigned long long)(m ? m->bytes : to->bytes),
		(unsigned long long)(m ? m->files : to->files),
		(unsigned long long)(m ? m->blocks : to->blocks - (to->blocks > 0 && to->labelled)));
	put_address(s, "EndFile", "EndBlock", m ? m->end : last_address(to));
}

/* A text of the catalog's own, which may be any. */
static void put_text(struct sqlpart *s, const char *text)
{
	fputc('\'', s->out);
	for (; *text; text++) {
		if (*text == '\'' || (*text == '\\' && s->o->database == SQL_MYSQL))
			fputc(*text, s->out);
		fputc(*text, s->out);
	}
	fputc('\'', s->out);
}

static bool is_encrypted(const struct mapped_bytes *b)
{
	return b->encryption[0] && strcmp(b->encryption, "none") != 0;
}

static void put_moved(struct sqlpart *s)
{
	const struct mapped_bytes *from = sqlpart_bytes(s, false), *to = sqlpart_bytes(s, true);
	const struct sql_options *o = s->o;
	if (strcmp(sqlpart_name(s, false), sqlpart_name(s, true)) != 0)
		fprintf(s->out, ", VolumeName = '%s'", sqlpart_name(s, true));
	if (o->undo ? s->v->media && o->media_type : o->media_type != NULL) {
		fputs(", MediaType = ", s->out);
		put_text(s, o->undo ? s->v->media->media_type : o->media_type);
	}
	if (!o->undo && o->storage)
		fprintf(s->out, ", StorageId = (SELECT MIN(StorageId) FROM Storage WHERE Name = '%s')", o->storage);
	if (o->undo && s->v->media && (o->storage || from->tape != to->tape))
		fprintf(s->out, ", StorageId = %llu, Slot = %llu, InChanger = %llu, LabelType = %llu",
			(unsigned long long)s->v->media->storage_id, (unsigned long long)s->v->media->slot,
			(unsigned long long)s->v->media->in_changer, (unsigned long long)s->v->media->label_type);
	else if (from->tape && !to->tape)
		fputs(", Slot = 0, InChanger = 0, LabelType = 0", s->out);
	if (from->tape != to->tape && !o->bareos && o->version >= 16)
		fprintf(s->out, ", VolType = %d", to->tape ? 2 : 1);
	if (!o->bareos && is_encrypted(from) != is_encrypted(to))
		fprintf(s->out, ", VolEncrypted = %d", is_encrypted(to));
}

static void change_media(struct sqlpart *s)
{
	const struct mapped_bytes *from = sqlpart_bytes(s, false), *to = sqlpart_bytes(s, true);
	fputs("UPDATE Media SET ", s->out);
	put_sizes(s);
	put_moved(s);
	fprintf(s->out, "\n WHERE VolumeName IN ('%s', '%s') AND %s = %llu AND " SQLPART_MEDIA ";\n", sqlpart_name(s, false),
		sqlpart_name(s, true), from->tape ? "VolFiles" : "VolBytes", (unsigned long long)(from->tape ? from->files : from->bytes));
	/* A device takes blocks of at most this size from the volume, if it is not 0. */
	if (s->o->bareos && to->longest > 0 && !s->o->undo)
		fprintf(s->out,
			"UPDATE Media SET MaxBlockSize = %u WHERE VolumeName = '%s' AND MaxBlockSize > 0 AND MaxBlockSize < %u\n "
			"AND " SQLPART_READY ";\n",
			to->longest, sqlpart_name(s, true), to->longest);
	/* Back only if it is still what this made of it. */
	if (s->o->bareos && s->o->undo && s->v->media && s->v->media->longest > 0 && s->v->media->longest < from->longest)
		fprintf(s->out,
			"UPDATE Media SET MaxBlockSize = %llu WHERE VolumeName = '%s' AND MaxBlockSize = %u AND " SQLPART_READY ";\n",
			(unsigned long long)s->v->media->longest, sqlpart_name(s, true), from->longest);
	/* Its addresses are of the old volume, and a restore does without.  formats/catalog-facts.md 2.4 */
	if (!s->o->bareos && s->p->rows && s->o->version >= 1022 && !s->o->undo)
		fprintf(s->out, "DELETE FROM FileMedia WHERE MediaId = %llu AND " SQLPART_READY ";\n", (unsigned long long)s->v->media->id);
}

void sqlchange_volume(struct sqlpart *s)
{
	for (size_t k = 0; s->p->rows && k < s->v->row_count; k++)
		change_row(s, k);
	if (!s->p->rows)
		change_sessions(s);
	change_media(s);
}
