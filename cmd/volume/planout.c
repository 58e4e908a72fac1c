/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/planout.h"

#include "base/msg.h"
#include "base/printable.h"
#include "cmd/timetext.h"
#include "volume/job.h"

#include <string.h>

/* "job 12 (J-big.2026-11-22...)" */
#define JOB_TEXT_BYTES (LABEL_NAME_BYTES + 32)

static void describe(const struct glance_session *s, char text[static JOB_TEXT_BYTES])
{
	struct job job = {.session_id = s->id, .session_time = s->time, .has_label = s->labelled, .label.job_id = s->job_id};
	memcpy(job.label.job, s->job, sizeof job.label.job);
	job_describe(&job, text, JOB_TEXT_BYTES);
}

/* ---- lines ---- */

/* No tab, no newline, nothing that a terminal would obey. */
static bool stands_in_line(const char *path)
{
	size_t n;
	for (; *path && (n = printable_bytes(path)) > 0; path += n)
		;
	return *path == '\0';
}

bool planout_line(const struct plan *p, size_t index)
{
	const struct unit *unit = &p->units.all[p->order[index]];
	const size_t *volumes = &p->units.volumes[unit->first];
	for (size_t i = 0; i < unit->count; i++) {
		if (!stands_in_line(p->inputs[volumes[i]].path))
			return false;
	}
	printf("%zu\t%llu\t%s", index + 1, (unsigned long long)unit->bytes, unit->name);
	for (size_t i = 0; i < unit->count; i++)
		printf("\t%s", p->inputs[volumes[i]].path);
	putchar('\n');
	return true;
}

/* ---- what there is to look at ---- */

static void tell(const struct plan *p, const struct units_remark *r)
{
	const char *path = p->inputs[r->volume].path, *other = p->inputs[r->other].path;
	char job[JOB_TEXT_BYTES] = "a job";
	if (r->session)
		describe(r->session, job);
	switch (r->kind) {
	case UNITS_BEGINS_ELSEWHERE: msg_warning("%s: %s begins on a volume that is not here", path, job); break;
	case UNITS_ENDS_ELSEWHERE:
		msg_warning("%s: %s has no end here: it goes on on a volume that is not here, or was broken off", path, job);
		break;
	case UNITS_MISSING_BETWEEN:
		msg_warning("%s: %s does not go on on %s where it is cut: a volume between them is not here", path, job, other);
		break;
	case UNITS_SESSION_TWICE: msg_warning("%s: %s is here and on %s: one is a copy of the other", path, job, other); break;
	case UNITS_NO_LABEL:
		msg_warning("%s: there is no volume label: of a tape that was read file by file it is a later file, to be given behind the "
			    "first "
			    "one; or it is damaged",
			    path);
		break;
	case UNITS_VOLUME_TWICE: msg_warning("%s: is called %s, as %s is", path, p->inputs[r->volume].glance->label.volume, other); break;
	}
}

/* A job may go beyond what is damaged. */
static bool tell_damage(const struct plan *p)
{
	bool any = false;
	for (size_t i = 0; i < p->input_count; i++) {
		if (p->inputs[i].glance->damaged)
			msg_warning("%s: what was looked at is damaged: jobs may go on from there, or to there, that were not seen",
				    p->inputs[i].path);
		any = any || p->inputs[i].glance->damaged;
	}
	return any;
}

int planout_remarks(const struct plan *p)
{
	bool look = tell_damage(p);
	for (size_t i = 0; i < p->units.remark_count; i++)
		tell(p, &p->units.remarks[i]);
	for (size_t i = 0; i < p->units.count; i++) {
		const struct unit *unit = &p->units.all[i];
		if (unit->unsure)
			msg_warning("unit %s: what its volumes say of their order contradicts itself", unit->name);
		look = look || unit->incomplete || unit->unsure;
	}
	return look ? 3 : 0;
}

/* ---- JSON ---- */

static void json_session(struct json *j, const struct glance_session *s)
{
	json_number(j, "session_id", s->id);
	json_number(j, "session_time", s->time);
	if (s->labelled) {
		json_number(j, "job_id", s->job_id);
		json_text(j, "job", s->job);
	}
}

static void json_jobs(struct json *j, const struct glance *g)
{
	json_array(j, "jobs");
	for (size_t i = 0; i < g->session_count; i++) {
		const struct glance_session *s = &g->sessions[i];
		if (!units_begins_elsewhere(s) && !units_ends_elsewhere(s))
			continue;
		json_object(j, NULL);
		json_session(j, s);
		json_bool(j, "begins_elsewhere", units_begins_elsewhere(s));
		json_bool(j, "ends_elsewhere", units_ends_elsewhere(s));
		json_end_object(j);
	}
	json_end_array(j);
}

/* Volumes of the unit. */
static void json_near(struct json *j, const struct plan *p, const struct unit *unit, const char *key, const size_t *indexes, size_t count)
{
	json_array(j, key);
	for (size_t i = 0; i < count; i++) {
		json_object(j, NULL);
		json_text(j, "input", p->inputs[p->units.volumes[unit->first + indexes[i]]].path);
		json_end_object(j);
	}
	json_end_array(j);
}

static void json_neighbours(struct json *j, const struct plan *p, const struct unit *unit, size_t index)
{
	const struct neighbours_of *of = &p->near[unit - p->units.all].all[index];
	json_near(j, p, unit, "before", of->before, of->before_count);
	json_near(j, p, unit, "after", of->after, of->after_count);
}

static void json_volume(struct json *j, const struct plan *p, const struct unit *unit, size_t index)
{
	const struct units_input *in = &p->inputs[p->units.volumes[unit->first + index]];
	const struct glance *g = in->glance;
	const struct volume_label *l = &g->label;
	json_object(j, NULL);
	json_text(j, "input", in->path);
	json_number(j, "bytes", g->bytes);
	json_bool(j, "has_label", g->labelled);
	if (g->labelled) {
		json_text(j, "volume", l->volume);
		json_text(j, "pool", l->pool);
		json_text(j, "media_type", l->media_type);
		json_text(j, "program", l->program);
		json_text(j, "program_version", l->program_version);
		timetext_json_us(j, "labelled", l->label_time);
		json_text(j, "product", product_name(label_product(l, g->block_version)));
	}
	json_number(j, "block_version", g->block_version);
	json_bool(j, "encrypted", g->encrypted);
	json_bool(j, "damaged", g->damaged);
	json_bool(j, "several_volumes", g->another);
	json_bool(j, "whole", g->whole);
	json_jobs(j, g);
	json_neighbours(j, p, unit, index);
	json_end_object(j);
}

static void json_unit(struct json *j, const struct plan *p, const struct unit *unit)
{
	json_object(j, NULL);
	json_text(j, "unit", unit->name);
	json_number(j, "bytes", unit->bytes);
	json_bool(j, "incomplete", unit->incomplete);
	json_bool(j, "order_unsure", unit->unsure);
	json_array(j, "volumes");
	for (size_t i = 0; i < unit->count; i++)
		json_volume(j, p, unit, i);
	json_end_array(j);
	json_end_object(j);
}

static void json_remark(struct json *j, const struct plan *p, const struct units_remark *r)
{
	static const char *const kinds[] = {
		[UNITS_BEGINS_ELSEWHERE] = "begins_elsewhere", [UNITS_ENDS_ELSEWHERE] = "ends_elsewhere",
		[UNITS_MISSING_BETWEEN] = "missing_between",   [UNITS_SESSION_TWICE] = "job_twice",
		[UNITS_VOLUME_TWICE] = "volume_twice",         [UNITS_NO_LABEL] = "no_label",
	};
	json_object(j, NULL);
	json_text(j, "kind", kinds[r->kind]);
	json_text(j, "input", p->inputs[r->volume].path);
	if (r->other != r->volume)
		json_text(j, "other", p->inputs[r->other].path);
	if (r->session)
		json_session(j, r->session);
	json_end_object(j);
}

void planout_json(const struct plan *p, int status)
{
	struct json j = json_begin(stdout);
	json_bool(&j, "whole", p->whole);
	json_array(&j, "units");
	for (size_t i = 0; i < p->units.count; i++)
		json_unit(&j, p, &p->units.all[p->order[i]]);
	json_end_array(&j);
	json_array(&j, "remarks");
	for (size_t i = 0; i < p->units.remark_count; i++)
		json_remark(&j, p, &p->units.remarks[i]);
	json_end_array(&j);
	const struct err none = {0}; /* but what could not be read */
	unread_json(p->unread, &j, "input", &none, status);
	json_end_object(&j);
}
