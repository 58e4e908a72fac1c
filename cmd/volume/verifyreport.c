/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/verifyreport.h"

#include "base/msg.h"
#include "base/printable.h"
#include "cmd/command.h"
#include "cmd/volume/findingtext.h"

#include <stdio.h>

static void print_name(const char *name)
{
	printable_put(name, stdout);
}

static uint64_t damaged_files(const struct tally_job *k)
{
	return k->files[PROOF_WRONG] + k->files[PROOF_DAMAGED];
}

static const char *digest_names(unsigned digests, char *text, size_t text_bytes)
{
	size_t n = 0;
	text[0] = '\0';
	for (int i = 0; i < DIGEST_KINDS; i++) {
		if (digests & 1u << i && n < text_bytes)
			n += (size_t)snprintf(text + n, text_bytes - n, "%s%s", n ? ", " : "", digest_name((enum digest_kind)i));
	}
	return text;
}

static void print_count(uint64_t n, const char *what)
{
	if (n > 0)
		printf(", %llu %s", (unsigned long long)n, what);
}

static void print_missing(const struct missing *m)
{
	for (size_t i = 0; i < m->count; i++) {
		const struct missing_range *r = &m->ranges[i];
		if (r->first == r->last)
			printf("  missing:    FileIndex %d\n", r->first);
		else
			printf("  missing:    FileIndex %d to %d (%lld files)\n", r->first, r->last, (long long)r->last - r->first + 1);
	}
	if (m->unlisted)
		printf("  missing:    and %llu files more\n", (unsigned long long)m->unlisted);
}

/* The job; where its start is not here, the label at its end tells what it is. */
static struct job known_job(const struct tally_job *k)
{
	bool end = !k->course->job->has_label && k->course->ended && k->end.has_totals;
	return (struct job){
		.session_id = k->course->job->session_id,
		.session_time = k->course->job->session_time,
		.has_label = k->course->job->has_label || end,
		.label = end ? k->end : k->course->job->label,
	};
}

static void print_job_name(const struct tally_job *k)
{
	char name[LABEL_NAME_BYTES + 64];
	const struct job job = known_job(k);
	job_describe(&job, name, sizeof name);
	print_name(name);
	if (job.has_label && !k->course->job->has_label)
		printf(", session %u/%u", job.session_id, job.session_time);
}

static void print_job(const struct tally_job *k)
{
	char size[MSG_SIZE_BYTES], digests[96];
	print_job_name(k);
	printf("\n  files:      %llu proved", (unsigned long long)k->files[PROOF_RIGHT]);
	if (k->digests)
		printf(" (%s)", digest_names(k->digests, digests, sizeof digests));
	print_count(k->files[PROOF_NO_DIGEST], "without a digest");
	print_count(k->files[PROOF_OPAQUE], "that only the client can read");
	print_count(k->files[PROOF_CUT], "in parts on other volumes");
	print_count(k->files[PROOF_UNCOUNTED], "not proved");
	print_count(k->files[PROOF_NO_CONTENT], "without content");
	print_count(damaged_files(k), "DAMAGED");
	print_count(k->damaged.lost, "LOST");
	print_count(missing_files(&k->course->missing), "missing");
	printf("\n  content:    %s in %llu records\n", msg_size(k->bytes, size), (unsigned long long)k->records);
	if (k->course->ended && k->end.has_totals)
		printf("  ended:      status %c, %u files, %llu bytes\n",
		       k->end.status > 0x20 && k->end.status < 0x7f ? (char)k->end.status : '-', k->end.job_files,
		       (unsigned long long)k->end.job_bytes);
	else
		printf("  ended:      not here\n");
	if (k->joined)
		printf("  wound:      %llu files cut by the network layer (--repair)\n", (unsigned long long)k->joined);
	if (k->doubled)
		printf("  wound:      %llu files with addresses stored twice (--repair)\n", (unsigned long long)k->doubled);
	for (size_t i = 0; i < k->damaged.count; i++) {
		const char *file = k->damaged.files[i].name;
		printf("  %s FileIndex %d ", k->damaged.files[i].judged ? "DAMAGED:   " : "LOST:      ", k->damaged.files[i].file_index);
		print_name(file && file[0] ? file : "(its name is lost)");
		putchar('\n');
	}
	if (k->damaged.not_listed)
		printf("  DAMAGED:    and %llu files more\n", (unsigned long long)k->damaged.not_listed);
	print_missing(&k->course->missing);
}

static void print_volume(const struct tally_volume *v)
{
	char size[MSG_SIZE_BYTES];
	printf("volume ");
	print_name(findingtext_volume(v->info));
	printf("\n  read:       %s (%llu bytes), %llu block%s, ", msg_size(v->info->bytes, size), (unsigned long long)v->info->bytes,
	       (unsigned long long)v->blocks, v->blocks == 1 ? "" : "s");
	if (v->without_checksum == v->blocks)
		printf("none with a checksum\n");
	else if (v->without_checksum > 0)
		printf("%llu without a checksum\n", (unsigned long long)v->without_checksum);
	else
		printf("each with a checksum\n");
	if (v->info->opened)
		printf("  encrypted:  %llu block%s, %s\n", (unsigned long long)v->info->opened, v->info->opened == 1 ? "" : "s",
		       v->info->cipher);
	if (v->problems)
		printf("  DAMAGED:    in %llu place%s\n", (unsigned long long)v->problems, v->problems == 1 ? "" : "s");
}

static void json_job(struct json *j, const struct tally_job *k)
{
	static const char *const keys[PROOF_VERDICTS] = {
		[PROOF_RIGHT] = "proved",
		[PROOF_WRONG] = "wrong",
		[PROOF_NO_DIGEST] = "without_digest",
		[PROOF_NO_CONTENT] = "without_content",
		[PROOF_OPAQUE] = "opaque",
		[PROOF_CUT] = "incomplete",
		[PROOF_DAMAGED] = "damaged",
		[PROOF_UNCOUNTED] = "not_proved",
	};
	json_object(j, NULL);
	const struct job job = known_job(k);
	command_json_job(j, &job);
	json_object(j, "results");
	for (int i = 0; i < PROOF_VERDICTS; i++)
		json_number(j, keys[i], k->files[i]);
	json_number(j, "lost", k->damaged.lost);
	json_end_object(j);
	json_array(j, "digests");
	for (int i = 0; i < DIGEST_KINDS; i++) {
		if (k->digests & 1u << i)
			json_text(j, NULL, digest_name((enum digest_kind)i));
	}
	json_end_array(j);
	json_number(j, "records", k->records);
	json_number(j, "data_bytes", k->data_bytes);
	json_number(j, "plain_bytes", k->bytes);
	json_bool(j, "begun", k->course->begun);
	json_bool(j, "ended", k->course->ended);
	json_number(j, "cut_files", k->joined);
	json_number(j, "doubled_files", k->doubled);
	json_number(j, "damage", k->problems);
	json_array(j, "damaged_files");
	for (size_t i = 0; i < k->damaged.count; i++) {
		const struct damaged_file *d = &k->damaged.files[i];
		json_object(j, NULL);
		json_signed(j, "file_index", d->file_index);
		json_known(j, "file", d->name);
		json_known(j, "reason", d->reason);
		json_end_object(j);
	}
	json_end_array(j);
	json_number(j, "damaged_files_not_listed", k->damaged.not_listed);
	json_array(j, "missing");
	for (size_t i = 0; i < k->course->missing.count; i++) {
		json_object(j, NULL);
		json_signed(j, "first", k->course->missing.ranges[i].first);
		json_signed(j, "last", k->course->missing.ranges[i].last);
		json_end_object(j);
	}
	json_end_array(j);
	json_number(j, "files_missing", missing_files(&k->course->missing));
	json_end_object(j);
}

static void json_volume(struct json *j, const struct tally_volume *v)
{
	json_object(j, NULL);
	json_text(j, "volume", findingtext_volume(v->info));
	json_text(j, "input", v->info->path);
	json_number(j, "bytes", v->info->bytes);
	json_number(j, "blocks", v->blocks);
	json_number(j, "blocks_without_checksum", v->without_checksum);
	if (v->info->opened) {
		json_number(j, "blocks_decrypted", v->info->opened);
		json_number(j, "tweaks_repeated", v->info->reused);
		json_text(j, "decrypted_with", v->info->cipher);
	}
	json_number(j, "damage", v->problems);
	json_end_object(j);
}

struct verifyreport_sums verifyreport_sums(const struct tally *t)
{
	struct verifyreport_sums s = {0};
	for (size_t i = 0; i < t->job_count; i++) {
		const struct tally_job *k = t->jobs[i];
		if (k == NULL)
			continue;
		s.jobs++;
		s.endless += !k->course->ended;
		s.proved += k->files[PROOF_RIGHT];
		s.damaged += damaged_files(k);
		s.missing += missing_files(&k->course->missing) + k->damaged.lost;
		for (int n = 0; n < PROOF_VERDICTS; n++)
			s.with_content += n != PROOF_NO_CONTENT ? k->files[n] : 0;
	}
	return s;
}

/* Places that --repair mends. */
static uint64_t wounds(const struct tally *t)
{
	return t->problems[FINDING_CUT_BY_NETWORK] + t->problems[FINDING_DOUBLED] + t->problems[FINDING_REVERSED];
}

int verifyreport_status(const struct tally *t)
{
	if (t->problems[FINDING_UNPROVED] > 0)
		return 1;
	return t->problems[FINDING_DAMAGE] + wounds(t) + t->problems[FINDING_NOT_WHOLE] > 0 ? 3 : 0;
}

enum judgement verifyreport_verdict(const struct tally *t, int status)
{
	if (status == 0)
		return JUDGEMENT_SOUND;
	if (t->problems[FINDING_DAMAGE] > 0)
		return JUDGEMENT_DAMAGED;
	if (wounds(t) > 0 && status == 3)
		return JUDGEMENT_WOUNDED;
	return status == 3 ? JUDGEMENT_NOT_WHOLE : JUDGEMENT_NOT_PROVED;
}

void verifyreport_print(const struct tally *t, const struct pkioptions *pki, int status)
{
	for (size_t i = 0; i < t->volume_count; i++)
		print_volume(&t->volumes[i]);
	for (size_t i = 0; i < t->job_count; i++) {
		if (t->jobs[i])
			print_job(t->jobs[i]);
	}
	if (pki->unlock)
		puts("client encryption");
	pkioptions_print(pki, stdout);
	const struct verifyreport_sums s = verifyreport_sums(t);
	fputs(judgement_name(verifyreport_verdict(t, status)), stdout);
	if (status == 0 && s.endless > 0)
		printf(", but %zu job%s no end here", s.endless, s.endless == 1 ? " has" : "s have");
	printf(": %zu job%s, %llu of %llu files with content proved by their digests", s.jobs, s.jobs == 1 ? "" : "s",
	       (unsigned long long)s.proved, (unsigned long long)s.with_content);
	print_count(s.damaged, "damaged");
	print_count(s.missing, "missing");
	putchar('\n');
}

void verifyreport_json(struct json *j, const struct tally *t, const struct pkioptions *pki, int status, const struct err *e)
{
	json_end_array(j); /* problems */
	json_array(j, "volumes");
	for (size_t i = 0; i < t->volume_count; i++)
		json_volume(j, &t->volumes[i]);
	json_end_array(j);
	json_array(j, "jobs");
	for (size_t i = 0; i < t->job_count; i++) {
		if (t->jobs[i])
			json_job(j, t->jobs[i]);
	}
	json_end_array(j);
	const struct verifyreport_sums s = verifyreport_sums(t);
	json_number(j, "files_proved", s.proved);
	json_number(j, "files_with_content", s.with_content);
	json_number(j, "files_damaged", s.damaged);
	json_number(j, "files_missing", s.missing);
	json_number(j, "jobs_without_end", s.endless);
	pkioptions_json(pki, j);
	json_bool(j, "complete", e->code == XE_OK);
	json_bool(j, "sound", e->code == XE_OK && status == 0);
	command_json_error(j, e);
	json_signed(j, "exit_status", status);
	json_end_object(j);
}
