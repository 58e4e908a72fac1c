/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalog/sqlpart.h"

#include <string.h>

enum mapped_side sqlpart_side(const struct sqlpart *s, bool goal)
{
	return s->o->undo != goal ? MAPPED_NEW : MAPPED_OLD;
}

const struct mapped_bytes *sqlpart_bytes(const struct sqlpart *s, bool goal)
{
	enum mapped_side side = sqlpart_side(s, goal);
	return &(side == MAPPED_OLD ? s->v->from : s->v->to)->side[side];
}

const char *sqlpart_name(const struct sqlpart *s, bool goal)
{
	return sqlpart_side(s, goal) == MAPPED_OLD ? s->v->from->name : s->v->to->new_name;
}

const struct mapped_range *sqlpart_range(const struct sqlpart *s, const struct mapped_session *session, bool goal)
{
	enum mapped_side side = sqlpart_side(s, goal);
	const struct mapped_volume *v = side == MAPPED_OLD ? s->v->from : s->v->to;
	return &mapped_find(v, session->id, session->time)->side[side];
}

const struct rows_place *sqlpart_row(const struct sqlpart *s, size_t row, bool goal)
{
	const struct plan_row *to = &s->v->row_to[row];
	return sqlpart_side(s, goal) == MAPPED_OLD ? &s->v->rows[row].at : to->gone ? NULL : &to->to;
}

size_t sqlpart_number(const struct sqlpart *s)
{
	return (size_t)(s->v - s->p->volumes);
}

void sqlpart_put_session(struct sqlpart *s, const struct mapped_session *session)
{
	fprintf(s->out, "JobId IN (SELECT JobId FROM Job WHERE VolSessionId = %u AND VolSessionTime = %u)", session->id, session->time);
}

void sqlpart_put_volume(struct sqlpart *s)
{
	fprintf(s->out, "MediaId IN (SELECT MediaId FROM Media WHERE VolumeName IN ('%s'", sqlpart_name(s, false));
	if (strcmp(sqlpart_name(s, false), sqlpart_name(s, true)) != 0)
		fprintf(s->out, ", '%s'", sqlpart_name(s, true));
	fputs("))", s->out);
}

const char *sqlpart_start_of_row(const struct sqlpart *s)
{
	return s->o->database == SQL_POSTGRESQL ? "(CAST(StartFile AS bigint) * 4294967296 + StartBlock)"
						: "(StartFile * 4294967296 + StartBlock)";
}

const char *sqlpart_end_of_row(const struct sqlpart *s)
{
	return s->o->database == SQL_POSTGRESQL ? "(CAST(EndFile AS bigint) * 4294967296 + EndBlock)" : "(EndFile * 4294967296 + EndBlock)";
}

void sqlpart_put_same_row(struct sqlpart *s, size_t row, bool goal)
{
	const struct rows_place *r = sqlpart_row(s, row, goal);
	if (r)
		fprintf(s->out,
			"(JobMediaId = %llu AND JobId = %llu AND FirstIndex = %d AND LastIndex = %d AND StartFile = %llu AND StartBlock = "
			"%llu AND "
			"EndFile = %llu AND EndBlock = %llu)",
			(unsigned long long)s->v->rows[row].id, (unsigned long long)s->v->rows[row].job_id, r->first, r->last,
			(unsigned long long)(r->start >> 32), (unsigned long long)(r->start & UINT32_MAX),
			(unsigned long long)(r->end >> 32), (unsigned long long)(r->end & UINT32_MAX));
}
