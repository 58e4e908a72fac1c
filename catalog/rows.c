/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalog/rows.h"

#include "base/array.h"
#include "base/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- the query ---- */

static void in_names(FILE *out, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s'%s'", i == 0 ? "" : ", ", names[i]);
}

/* Each part: what it is, eleven numbers, four texts.  Columns of ours first, so that every database finds the types of a column. */
void rows_query(FILE *out, const char *const *names, size_t count, bool bareos)
{
	static const char jobs[] = "(SELECT JobId FROM JobMedia WHERE MediaId IN (SELECT MediaId FROM Media WHERE VolumeName IN (";
	fputs("SELECT 'xflate-version', VersionId, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '', '', '', '' FROM Version\n"
	      "UNION ALL SELECT 'xflate-media', MediaId, LabelType, VolBytes, VolFiles, VolBlocks, EndFile, EndBlock, ",
	      out);
	fprintf(out, "%s, StorageId, Slot, InChanger,\n VolumeName, MediaType, VolStatus, '' FROM Media WHERE VolumeName IN (",
		bareos ? "MaxBlockSize" : "0");
	in_names(out, names, count);
	fprintf(out, ")\n OR MediaId IN (SELECT MediaId FROM JobMedia WHERE JobId IN %s", jobs);
	in_names(out, names, count);
	fputs("))))\n"
	      "UNION ALL SELECT 'xflate-job', JobId, VolSessionId, VolSessionTime, JobFiles, 0, 0, 0, 0, 0, 0, 0, Job, Name, Type, "
	      "JobStatus\n"
	      " FROM Job WHERE JobId IN ",
	      out);
	fputs(jobs, out);
	in_names(out, names, count);
	fputs(")))\n"
	      "UNION ALL SELECT 'xflate-row', JobMediaId, JobId, MediaId, VolIndex, FirstIndex, LastIndex, StartFile, StartBlock, EndFile, "
	      "EndBlock,\n"
	      " 0, '', '', '', '' FROM JobMedia WHERE FirstIndex > 0 AND JobId IN ",
	      out);
	fputs(jobs, out);
	in_names(out, names, count);
	fputs(")))\n"
	      "UNION ALL SELECT 'xflate-end', COUNT(*), (SELECT COUNT(*) FROM Job WHERE JobId IN ",
	      out);
	fputs(jobs, out);
	in_names(out, names, count);
	fputs(")))), 0, 0, 0, 0, 0, 0, 0, 0, 0, '', '', '', ''\n"
	      " FROM JobMedia WHERE FirstIndex > 0 AND JobId IN ",
	      out);
	fputs(jobs, out);
	in_names(out, names, count);
	fputs(")));\n", out);
}

/* ---- the answer ---- */

enum { NUMBERS = 11, TEXTS = 4, FIELDS = 1 + NUMBERS + TEXTS };

struct line {
	uint64_t number[NUMBERS];
	struct span text[TEXTS];
};

static struct span unquoted(struct span s)
{
	s = lines_trim(s);
	return s.len > 1 && s.data[0] == '"' && s.data[s.len - 1] == '"' ? (struct span){s.data + 1, s.len - 2} : s;
}

/* Empty and NULL are 0: columns that were never set. */
static bool number_in(struct span s, uint64_t *value)
{
	*value = 0;
	if (s.len == 4 && memcmp(s.data, "NULL", 4) == 0)
		return true;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned)(s.data[i] - '0');
		if (digit > 9 || __builtin_mul_overflow(*value, 10u, value) || __builtin_add_overflow(*value, digit, value))
			return false;
	}
	return true;
}

static char separator_of(struct span line)
{
	return memchr(line.data, '\t', line.len) ? '\t' : memchr(line.data, '|', line.len) ? '|' : ',';
}

static struct span cut_field(struct span *rest, char separator)
{
	const uint8_t *at = rest->len ? memchr(rest->data, separator, rest->len) : NULL;
	struct span field = {rest->data, at ? (size_t)(at - rest->data) : rest->len};
	*rest = lines_skip(*rest, field.len + (at != NULL));
	return unquoted(field);
}

static bool read_fields(struct span rest, char separator, struct line *l)
{
	for (size_t i = 0; i < NUMBERS; i++) {
		if (rest.len == 0 || !number_in(cut_field(&rest, separator), &l->number[i]))
			return false;
	}
	for (size_t i = 0; i < TEXTS; i++)
		l->text[i] = cut_field(&rest, separator);
	return lines_trim(rest).len == 0;
}

static bool copy(struct span from, char *to, size_t room)
{
	if (from.len >= room || memchr(from.data, 0, from.len))
		return false;
	memcpy(to, from.data, from.len);
	to[from.len] = '\0';
	return true;
}

static uint64_t address(uint64_t file, uint64_t block)
{
	return file << 32 | block;
}

static bool halves_fit(const uint64_t *files_and_blocks)
{
	return files_and_blocks[0] <= INT32_MAX && files_and_blocks[1] <= UINT32_MAX;
}

static bool take_media(struct rows *r, const struct line *l)
{
	struct rows_media *all = array_reach(r->media, &r->media_room, r->media_count, sizeof *all);
	if (all == NULL)
		return false;
	r->media = all;
	if (!halves_fit(&l->number[5]))
		return false;
	struct rows_media *m = &all[r->media_count++];
	const uint64_t *n = l->number;
	*m = (struct rows_media){.id = n[0],
				 .label_type = n[1],
				 .bytes = n[2],
				 .files = n[3],
				 .blocks = n[4],
				 .end = address(n[5], n[6]),
				 .longest = n[7],
				 .storage_id = n[8],
				 .slot = n[9],
				 .in_changer = n[10]};
	return copy(l->text[0], m->name, sizeof m->name) && copy(l->text[1], m->media_type, sizeof m->media_type) &&
	       copy(l->text[2], m->status, sizeof m->status);
}

static bool take_job(struct rows *r, const struct line *l)
{
	struct rows_job *all = array_reach(r->jobs, &r->job_room, r->job_count, sizeof *all);
	const uint64_t *n = l->number;
	if (all == NULL)
		return false;
	r->jobs = all;
	if (n[1] > UINT32_MAX || n[2] > UINT32_MAX || l->text[2].len > 1 || l->text[3].len > 1)
		return false;
	struct rows_job *j = &all[r->job_count++];
	*j = (struct rows_job){.id = n[0], .session_id = (uint32_t)n[1], .session_time = (uint32_t)n[2], .files = n[3]};
	j->type = l->text[2].len ? (char)l->text[2].data[0] : ' ';
	j->status = l->text[3].len ? (char)l->text[3].data[0] : ' ';
	return copy(l->text[0], j->job, sizeof j->job) && copy(l->text[1], j->name, sizeof j->name);
}

static bool take_jobmedia(struct rows *r, const struct line *l)
{
	struct rows_jobmedia *all = array_reach(r->jobmedia, &r->jobmedia_room, r->jobmedia_count, sizeof *all);
	const uint64_t *n = l->number;
	if (all == NULL)
		return false;
	r->jobmedia = all;
	if (n[4] > INT32_MAX || n[5] > INT32_MAX || !halves_fit(&n[6]) || !halves_fit(&n[8]))
		return false;
	all[r->jobmedia_count++] = (struct rows_jobmedia){
		.id = n[0],
		.job_id = n[1],
		.media_id = n[2],
		.vol_index = n[3],
		.at = {.first = (int32_t)n[4], .last = (int32_t)n[5], .start = address(n[6], n[7]), .end = address(n[8], n[9])},
	};
	return true;
}

struct answer {
	struct rows *rows;
	uint64_t counted; /* rows of JobMedia, as the database says; UINT64_MAX: it did not */
	uint64_t jobs;    /* the same of jobs; 0: it did not, or has none */
};

static bool take_line(struct answer *a, struct span kind, const struct line *l)
{
	if (lines_begins(kind, "xflate-media"))
		return take_media(a->rows, l);
	if (lines_begins(kind, "xflate-job"))
		return take_job(a->rows, l);
	if (lines_begins(kind, "xflate-row"))
		return take_jobmedia(a->rows, l);
	if (lines_begins(kind, "xflate-version"))
		a->rows->version = l->number[0];
	else if (lines_begins(kind, "xflate-end")) {
		a->counted = l->number[0];
		a->jobs = l->number[1];
	}
	return true;
}

static bool read_line(struct answer *a, struct span text)
{
	text = lines_trim(text);
	if (text.len == 0)
		return true;
	char separator = separator_of(text);
	if (text.data[0] == '|')
		text = lines_skip(text, 1);
	struct span kind = cut_field(&text, separator);
	struct line l = {0};
	/* mysql's line of names begins as the first line of the answer does. */
	bool names = lines_begins(lines_trim(text), "VersionId");
	return !lines_begins(kind, "xflate-") || names || (read_fields(text, separator, &l) && take_line(a, kind, &l));
}

static int by_place(const void *a, const void *b)
{
	const struct rows_jobmedia *x = a, *y = b;
	const uint64_t of[4][2] = {{x->media_id, y->media_id}, {x->job_id, y->job_id}, {x->vol_index, y->vol_index}, {x->id, y->id}};
	for (int i = 0; i < 4; i++) {
		if (of[i][0] != of[i][1])
			return of[i][0] < of[i][1] ? -1 : 1;
	}
	return 0;
}

static int by_id(const void *a, const void *b)
{
	const struct rows_job *x = a, *y = b;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int read_answer(struct rows *r, FILE *file, struct err *e)
{
	struct answer a = {.rows = r, .counted = UINT64_MAX};
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int rc = 0;
	for (uint64_t number = 1; rc == 0 && (len = getline(&line, &room, file)) >= 0; number++) {
		struct span rest = {(const uint8_t *)line, (size_t)len};
		if (!read_line(&a, lines_next(&rest)))
			rc = err_set(e, XE_DAMAGE,
				     "line %llu: not as xflate catalog rows asks for it; give what the client printed, unchanged",
				     (unsigned long long)number);
	}
	free(line);
	if (rc == 0 && ferror(file))
		rc = err_errno(e, XE_FAILED, errno, "cannot read the rows");
	if (rc == 0 && (r->version == 0 || a.counted != r->jobmedia_count || (a.jobs > 0 && a.jobs != r->job_count)))
		rc = err_set(e, XE_DAMAGE,
			     "not the whole answer to the query that xflate catalog rows prints: %zu rows of JobMedia of %zu jobs are here",
			     r->jobmedia_count, r->job_count);
	if (rc == 0 && r->jobmedia_count > 0)
		qsort(r->jobmedia, r->jobmedia_count, sizeof *r->jobmedia, by_place);
	if (rc == 0 && r->job_count > 0)
		qsort(r->jobs, r->job_count, sizeof *r->jobs, by_id);
	return rc;
}

int rows_read(struct rows *r, const char *path, struct err *e)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	int rc = file ? read_answer(r, file, e) : err_errno(e, XE_FAILED, errno, "cannot open the rows");
	if (rc != 0)
		err_volume(e, path);
	if (file && file != stdin)
		fclose(file);
	return rc;
}

void rows_free(struct rows *r)
{
	free(r->media);
	free(r->jobs);
	free(r->jobmedia);
	*r = (struct rows){0};
}

const struct rows_media *rows_media_named(const struct rows *r, const char *name)
{
	const struct rows_media *found = NULL;
	for (size_t i = 0; i < r->media_count; i++) {
		if (strcmp(r->media[i].name, name) == 0) {
			if (found)
				return NULL;
			found = &r->media[i];
		}
	}
	return found;
}

const struct rows_job *rows_job(const struct rows *r, uint64_t id)
{
	const struct rows_job want = {.id = id};
	return r->job_count ? bsearch(&want, r->jobs, r->job_count, sizeof want, by_id) : NULL;
}
