/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prove/tally.h"

#include "base/array.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void tally_free(struct tally *t)
{
	for (size_t i = 0; i < t->job_count; i++) {
		struct tally_job *k = t->jobs[i];
		if (k)
			damaged_free(&k->damaged);
		free(k);
	}
	free(t->jobs);
	free(t->volumes);
	*t = (struct tally){0};
}

struct tally_job *tally_add_job(struct tally *t, const struct course *course, struct err *e)
{
	struct tally_job *k = array_row(&t->jobs, &t->job_count, course->job->index, sizeof *k);
	if (k)
		k->course = course;
	else
		err_memory(e, sizeof *k, "a job");
	return k;
}

struct tally_volume *tally_volume(struct tally *t, const struct volume_info *info, struct err *e)
{
	for (size_t i = t->volume_count; i > 0; i--) {
		if (t->volumes[i - 1].info->index == info->index)
			return &t->volumes[i - 1];
	}
	struct tally_volume *volumes = array_reach(t->volumes, &t->volume_cap, t->volume_count, sizeof *volumes);
	if (volumes == NULL) {
		err_memory(e, sizeof *volumes, "volumes");
		return NULL;
	}
	t->volumes = volumes;
	volumes[t->volume_count].info = info;
	return &volumes[t->volume_count++];
}

void tally_report(struct tally *t, const struct finding *f)
{
	t->problems[f->kind]++;
	struct tally_volume *on = f->volume ? tally_volume(t, f->volume, &t->err) : NULL;
	if (f->job && f->kind == FINDING_DAMAGE) {
		struct tally_job *k = t->jobs[f->job->index];
		bool one = f->file_index > 0 && f->last_index == 0;
		k->problems++;
		if (one && damaged_add(&k->damaged, f->file_index, f->file, f->reason, &t->err) != 0)
			return;
	}
	if (on && f->kind == FINDING_DAMAGE)
		on->problems++;
	t->problem(t->arg, f);
}

static __attribute__((format(printf, 3, 0))) void report(struct tally *t, struct finding f, const char *format, va_list ap)
{
	char text[VOLUME_ODDITY_BYTES];
	vsnprintf(text, sizeof text, format, ap);
	f.file = "";
	f.reason = text;
	tally_report(t, &f);
}

void tally_report_job(struct tally *t, const struct tally_job *k, enum finding_kind kind, const char *format, ...)
{
	const struct volume_info *last = t->volume_count ? t->volumes[t->volume_count - 1].info : NULL;
	va_list ap;
	va_start(ap, format);
	report(t, (struct finding){.kind = kind, .volume = last, .job = k->course->job}, format, ap);
	va_end(ap);
}

void tally_report_volume(struct tally *t, const struct tally_volume *on, enum finding_kind kind, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	report(t, (struct finding){.kind = kind, .volume = on->info}, format, ap);
	va_end(ap);
}
