/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/runevents.h"

#include "base/elapsed.h"
#include "cmd/command.h"
#include "cmd/volume/findingtext.h"

/* ---- what the lines say ---- */

static void put_volume_name(struct json *j, const struct volume_info *v)
{
	json_text(j, "volume", findingtext_volume(v));
	json_text(j, "input", v->path);
}

static void put_label(struct json *j, const void *about)
{
	const struct volume_info *v = about;
	put_volume_name(j, v);
	if (!v->has_label)
		return;
	json_text(j, "pool", v->label.pool);
	json_text(j, "media_type", v->label.media_type);
	if (v->product_known)
		json_text(j, "product", product_name(v->product));
}

static void put_rate(struct json *j, uint64_t bytes, double seconds)
{
	json_real(j, "seconds", seconds, 3);
	json_number(j, "bytes_per_second", seconds > 0 ? (uint64_t)((double)bytes / seconds) : 0);
}

struct volume_end {
	const struct runevents *run;
	const struct filter_volume *volume;
};

static void put_volume_end(struct json *j, const void *about)
{
	const struct volume_end *end = about;
	const struct filter_volume *v = end->volume;
	put_volume_name(j, v->info);
	json_number(j, "job_count", v->jobs);
	json_number(j, "records", v->counts.records);
	json_number(j, "blocks_in", v->blocks_in);
	json_number(j, "blocks_out", v->blocks_out);
	json_number(j, "bytes_in", v->info->bytes);
	json_number(j, "bytes_out", v->volume_out);
	if (v->policy && v->policy->deflate)
		json_text(j, "algorithm", v->policy->codec->name);
	if (v->encrypted_with[0])
		json_text(j, "encrypted_with", v->encrypted_with);
	put_rate(j, v->info->bytes, elapsed_since(&end->run->volume_began));
}

static void put_session(struct json *j, const void *about)
{
	const struct milestone *m = about;
	put_volume_name(j, m->volume->info);
	command_json_job(j, m->job->job);
	if (m->kind == MILESTONE_SESSION_START) {
		json_bool(j, "begins_elsewhere", m->job->begins_elsewhere);
		return;
	}
	json_signed(j, "first_file_index", m->job->first_index);
	json_signed(j, "last_file_index", m->job->last_index);
	json_number(j, "records", m->job->counts.records);
	json_number(j, "data_bytes_in", m->job->counts.bytes_in);
	json_number(j, "data_bytes_out", m->job->counts.bytes_out);
	if (m->label == NULL || !m->label->has_totals)
		return;
	const char status[2] = {(char)(m->label->status > 0x20 && m->label->status < 0x7f ? m->label->status : '-'), '\0'};
	json_number(j, "job_files", m->label->job_files);
	json_number(j, "job_bytes", m->label->job_bytes);
	json_number(j, "job_errors", m->label->errors);
	json_text(j, "job_status", status);
}

static void put_finding(struct json *j, const void *about)
{
	const struct finding *f = about;
	json_text(j, "kind", findingtext_kind(f->kind));
	if (f->volume)
		put_volume_name(j, f->volume);
	if (f->job)
		command_json_job(j, f->job);
	if (f->file_index > 0)
		json_signed(j, "file_index", f->file_index);
	findingtext_json_file(j, f);
	findingtext_json_place(j, f);
	json_text(j, "reason", f->reason);
}

static void put_failure(struct json *j, const void *about)
{
	const struct err *e = about;
	if (e->volume[0])
		json_text(j, "where", e->volume);
	json_text(j, "reason", e->text);
}

struct not_written {
	const char *file, *why;
};

static void put_not_written(struct json *j, const void *about)
{
	const struct not_written *n = about;
	json_text(j, "file", n->file);
	json_text(j, "reason", n->why);
}

static void put_end(struct json *j, const void *about)
{
	const struct runevents *r = about;
	json_number(j, "volume_count", r->volumes);
	json_number(j, "damage", r->damaged);
	if (r->not_written > 0)
		json_number(j, "files_not_written", r->not_written);
	json_number(j, "bytes_in", r->bytes_in);
	json_number(j, "bytes_out", r->bytes_out);
	if (r->has_begun)
		put_rate(j, r->bytes_in, elapsed_since(&r->began));
}

/* ---- when ---- */

static int label(struct runevents *r, const struct milestone *m, struct err *e)
{
	const struct volume_info *v = m->volume->info;
	int rc = events_tell(&r->to, "label-read", put_label, v, e);
	return rc == 0 && v->has_label && !m->item->suspect ? events_tell(&r->to, "label-verified", put_label, v, e) : rc;
}

int runevents_milestone(struct runevents *r, const struct milestone *m, struct err *e)
{
	const struct volume_end end = {r, m->volume};
	switch (m->kind) {
	case MILESTONE_VOLUME_START:
		clock_gettime(CLOCK_MONOTONIC, &r->volume_began);
		return events_tell(&r->to, "volume-start", put_label, m->volume->info, e);
	case MILESTONE_LABEL: return label(r, m, e);
	case MILESTONE_SESSION_START: return events_tell(&r->to, "session-start", put_session, m, e);
	case MILESTONE_SESSION_END: return events_tell(&r->to, "session-end", put_session, m, e);
	case MILESTONE_VOLUME_END:
		r->volumes++;
		r->bytes_in += m->volume->info->bytes;
		r->bytes_out += m->volume->volume_out;
		return events_tell(&r->to, "volume-end", put_volume_end, &end, e);
	}
	return 0;
}

bool runevents_finding(struct runevents *r, const struct finding *f)
{
	struct err e = {0};
	if (f->kind == FINDING_NOTE || r->damaged++ >= RUNEVENTS_MAX)
		return false;
	return events_tell(&r->to, "damage", put_finding, f, &e) != 0;
}

void runevents_not_written(struct runevents *r, const char *file, const char *why)
{
	const struct not_written n = {file, why};
	if (r->not_written++ < RUNEVENTS_MAX)
		events_note(&r->to, "write-error", put_not_written, &n);
}

void runevents_failed(struct runevents *r, bool reading, struct err *e)
{
	if (r->to.stopped.code != XE_OK) {
		*e = r->to.stopped;
	} else if (e->code == XE_DAMAGE) {
		r->damaged++;
		events_note(&r->to, "damage", put_failure, e);
	} else if (e->errnum != 0) {
		events_note(&r->to, reading ? "read-error" : "write-error", put_failure, e);
	}
	runevents_broke(r, e);
}

void runevents_broke(struct runevents *r, const struct err *e)
{
	if (r->failed.code == XE_OK)
		r->failed = *e;
}

int runevents_stopped(const struct runevents *r, struct err *e)
{
	return err_pass(e, &r->to.stopped);
}

int runevents_begin(struct runevents *r, struct err *e)
{
	clock_gettime(CLOCK_MONOTONIC, &r->began);
	r->has_begun = true;
	return events_begin(&r->to, e);
}

void runevents_end(struct runevents *r, int status)
{
	events_end(&r->to, "run-end", status, &r->failed, put_end, r);
}
