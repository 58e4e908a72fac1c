/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate verify: is every byte still what the daemon and the client wrote? */
#include "cmd/command.h"

#include "base/json.h"
#include "base/msg.h"
#include "base/outfile.h"
#include "base/pace.h"
#include "base/printable.h"
#include "cmd/volume/expected.h"
#include "cmd/volume/findingtext.h"
#include "cmd/volume/keyoptions.h"
#include "cmd/volume/pkioptions.h"
#include "cmd/volume/runevents.h"
#include "cmd/volume/watched.h"
#include "prove/verify.h"

#include <stdlib.h>
#include <string.h>

struct request {
	struct verify_options o;
	struct filter_options run;
	enum progress_mode progress;
	struct pace pace;
	uint64_t expected; /* bytes of all volumes, 0: it was not said */
	bool as_json;
	struct json *json; /* NULL: text */
	struct keyoptions keys;
	struct pkioptions pki;
	struct runevents events;
	struct verify *verify;
	struct filter *filter; /* at work */
};

static void print_name(const char *name)
{
	printable_put(name, stdout);
}

/* ---- while it runs ---- */

static void json_problem(struct json *j, const struct finding *p)
{
	json_object(j, NULL);
	json_text(j, "kind", findingtext_kind(p->kind));
	if (p->volume)
		json_text(j, "volume", findingtext_volume(p->volume));
	if (p->job) {
		json_number(j, "session_id", p->job->session_id);
		json_number(j, "session_time", p->job->session_time);
		if (p->job->has_label)
			json_number(j, "job_id", p->job->label.job_id);
	}
	if (p->file_index > 0)
		json_signed(j, "file_index", p->file_index);
	findingtext_json_file(j, p);
	findingtext_json_place(j, p);
	json_text(j, "reason", p->reason);
	json_end_object(j);
}

static void on_problem(void *arg, const struct finding *p)
{
	struct request *q = arg;
	if (q->json)
		json_problem(q->json, p);
	if (runevents_finding(&q->events, p))
		filter_stop(q->filter);
	if (p->kind != FINDING_NOTE) {
		findingtext_warn(p, findingtext_kind(p->kind), "");
		return;
	}
	char job[LABEL_NAME_BYTES + 64] = "";
	if (p->job)
		job_describe(p->job, job, sizeof job);
	msg_info("%s: %s%s%s", p->volume ? p->volume->name : "", job, job[0] ? " " : "", p->reason);
}

/* -v: a line for each file. */
static void on_file(void *arg, const struct proof_file *f)
{
	static const char *const words[PROOF_VERDICTS] = {
		[PROOF_RIGHT] = "proved",  [PROOF_WRONG] = "WRONG", [PROOF_NO_DIGEST] = "no digest", [PROOF_NO_CONTENT] = "empty",
		[PROOF_OPAQUE] = "opaque", [PROOF_CUT] = "cut",     [PROOF_DAMAGED] = "DAMAGED",     [PROOF_UNCOUNTED] = "not proved",
	};
	(void)arg;
	bool digest = f->verdict == PROOF_RIGHT || f->verdict == PROOF_WRONG;
	printf("%-10s %-8s %u/%u %d ", words[f->verdict], digest ? digest_name(f->digest) : "-", f->job->session_id, f->job->session_time,
	       f->file_index);
	print_name(f->name);
	putchar('\n');
}

static int on_milestone(void *arg, const struct milestone *m, struct err *e)
{
	struct request *q = arg;
	return runevents_milestone(&q->events, m, e);
}

/* ---- the report ---- */

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
	json_object(j, "files");
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
		json_text(j, "file", d->name ? d->name : "");
		json_text(j, "reason", d->reason ? d->reason : "");
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
	json_number(j, "missing_files", missing_files(&k->course->missing));
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
		json_number(j, "blocks_encrypted", v->info->opened);
		json_number(j, "tweaks_repeated", v->info->reused);
		json_text(j, "cipher", v->info->cipher);
	}
	json_number(j, "damage", v->problems);
	json_end_object(j);
}

struct sums {
	uint64_t proved, with_content, damaged, missing;
	size_t jobs, endless;
};

static struct sums add_up(const struct tally *t)
{
	struct sums s = {0};
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

static int status_of(const struct tally *t)
{
	if (t->problems[FINDING_UNPROVED] > 0)
		return 1;
	return t->problems[FINDING_DAMAGE] + wounds(t) + t->problems[FINDING_NOT_WHOLE] > 0 ? 3 : 0;
}

static const char *verdict(const struct tally *t, int status)
{
	if (status == 0)
		return "sound";
	if (t->problems[FINDING_DAMAGE] > 0)
		return "DAMAGED";
	if (wounds(t) > 0 && status == 3)
		return "WOUNDED";
	return status == 3 ? "NOT WHOLE" : "NOT PROVED";
}

static void print_report(const struct request *q, const struct tally *t, int status)
{
	for (size_t i = 0; i < t->volume_count; i++)
		print_volume(&t->volumes[i]);
	for (size_t i = 0; i < t->job_count; i++) {
		if (t->jobs[i])
			print_job(t->jobs[i]);
	}
	if (q->pki.unlock)
		puts("client encryption");
	pkioptions_print(&q->pki, stdout);
	const struct sums s = add_up(t);
	fputs(verdict(t, status), stdout);
	if (status == 0 && s.endless > 0)
		printf(", but %zu job%s no end here", s.endless, s.endless == 1 ? " has" : "s have");
	printf(": %zu job%s, %llu of %llu files with content proved by their digests", s.jobs, s.jobs == 1 ? "" : "s",
	       (unsigned long long)s.proved, (unsigned long long)s.with_content);
	print_count(s.damaged, "damaged");
	print_count(s.missing, "missing");
	putchar('\n');
}

static void json_report(const struct request *q, const struct tally *t, int status, bool finished)
{
	struct json *j = q->json;
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
	const struct sums s = add_up(t);
	json_number(j, "files_proved", s.proved);
	json_number(j, "files_with_content", s.with_content);
	json_number(j, "files_damaged", s.damaged);
	json_number(j, "files_missing", s.missing);
	json_number(j, "jobs_without_end", s.endless);
	pkioptions_json(&q->pki, j);
	json_bool(j, "finished", finished);
	json_bool(j, "sound", finished && status == 0);
	json_signed(j, "exit_status", status);
	json_end_object(j);
}

/* ---- the command ---- */

/* Returns the exit status for what was read. */
static int judge_bytes(struct request *q, const struct tally *t)
{
	struct err e = {0};
	if (expected_check(q->filter, q->expected, &e) == 0)
		return 0;
	const struct volume_info *last = t->volume_count > 0 ? t->volumes[t->volume_count - 1].info : NULL;
	const struct finding f = {.kind = FINDING_NOT_WHOLE, .volume = last, .file = "", .reason = e.text};
	on_problem(q, &f);
	return 3;
}

static int run(struct request *q)
{
	struct err e = {0};
	if (q->json) {
		json_object(q->json, NULL);
		json_number(q->json, "format", 1);
		json_array(q->json, "problems");
	}
	q->o.arg = q;
	q->o.problem = on_problem;
	q->o.file = msg_verbosity() > 0 && !q->json ? on_file : NULL;
	int rc = keyoptions_open(&q->keys, &e);
	if (rc == 0)
		rc = pkioptions_open(&q->pki, &e);
	q->run.cipher.read = keyoptions_given(&q->keys) ? &q->keys.read : NULL;
	q->verify = rc == 0 ? verify_new(&q->o) : NULL;
	if (q->events.to.command)
		q->run.callbacks = (struct filter_callbacks){.arg = q, .milestone = on_milestone};
	q->run.observer = q->verify ? pkioptions_observer(&q->pki, verify_observer(q->verify), NULL, NULL) : NULL;
	q->filter = q->run.observer ? filter_new(&q->run) : NULL;
	if (rc == 0 && q->filter == NULL)
		rc = err_memory(&e, 0, "verifying");
	if (rc == 0)
		rc = runevents_begin(&q->events, &e);
	if (rc == 0)
		rc = watched_run(q->filter, q->progress, command_total_bytes(q->run.paths, q->run.path_count), &e);
	if (rc == 0)
		rc = runevents_stopped(&q->events, &e);
	if (rc != 0 && q->filter)
		runevents_failed(&q->events, filter_failed_reading(q->filter), &e);
	else if (rc != 0)
		runevents_broke(&q->events, &e);
	const struct tally nothing = {0}, *t = q->verify ? verify_tally(q->verify) : &nothing;
	int status = rc != 0 ? msg_fail(&e) : err_worse_status(status_of(t), judge_bytes(q, t));
	if (q->json)
		json_report(q, t, status, rc == 0);
	else if (rc == 0)
		print_report(q, t, status);
	runevents_end(&q->events, status);
	filter_free(q->filter);
	verify_free(q->verify);
	keyoptions_close(&q->keys);
	pkioptions_close(&q->pki);
	return status;
}

static const struct option_row rows[] = {
	OPTION_TAKE_AT('T', "threads", command_threads, struct request, run.threads),
	OPTION_FLAG(0, "all-digests", struct request, o.all_digests),
	OPTION_FLAG(0, "whole", struct request, o.whole),
	OPTION_FLAG(0, "json", struct request, as_json),
	COMMAND_MAX_MEMORY(struct request, run.max_memory),
	COMMAND_LIMIT_RATE(struct request, pace.rate),
	EXPECTED_ROW(struct request, expected),
	COMMAND_PROGRESS(struct request, progress),
	KEYOPTIONS_ROWS(struct request, keys),
	PKIOPTIONS_ROWS(struct request, pki),
	EVENTS_ROWS(struct request, events.to),
	OPTIONS_END,
};

static int cmd_verify(int argc, char **argv)
{
	/* Of a block whose checksum alone is wrong the digests tell which of its files is hurt. */
	struct request q = {
		.run = {.inflate = true, .on_damage = ON_DAMAGE_KEEP, .incomplete_ok = true, .threads = command_processors()},
	};
	struct json json = {.out = stdout};
	struct operands volumes;
	int status;
	if (!options_parse(&command_verify, argc, argv, &q, &volumes, &status))
		return status;
	if (volumes.count == 0)
		return msg_usage("verify", "no volume named (- is standard input)");
	q.run.paths = volumes.names;
	q.run.path_count = volumes.count;
	q.run.pace = &q.pace;
	q.json = q.as_json ? &json : NULL;
	status = events_check(&q.events.to, "verify");
	if (status == 0)
		status = keyoptions_check(&q.keys, "verify");
	if (status == 0)
		status = keyoptions_check_inputs(&q.keys, "verify", volumes.names, volumes.count);
	if (status == 0)
		status = pkioptions_check(&q.pki, "verify", volumes.names, volumes.count, NULL, q.keys.key);
	return status != 0 ? status : run(&q);
}

const struct command command_verify = {
	.name = "verify",
	.path = "verify",
	.summary = "prove every checksum, record, payload and file",
	.help = "Usage: xflate verify [OPTIONS] VOLUME...\n"
		"\n"
		"Proves the volumes of one set, in order: block ids, lengths and checksums,\n"
		"records and their continuations, labels and totals; every compressed payload\n"
		"is decoded, and every file whose digest the client stored (MD5, SHA-1,\n"
		"SHA-256, SHA-512, XXH64, XXH3) is counted again and compared.\n"
		"VOLUME is a file, a tape device or - (standard input).\n"
		"\n"
		"  -T, --threads N      workers, 0: one a processor (the default)\n"
		"      --all-digests    count every kind of digest of large files; wanted only\n"
		"                       where one job uses several kinds\n"
		"      --whole          each job is to begin and to end on these volumes: exit\n"
		"                       status 3 where one does not, which is a note otherwise\n"
		"      --max-memory BYTES\n"
		"                       for sessions and records that wait (default: 1G)\n"
		"      --expect-bytes BYTES\n"
		"                       exit status 3 where the volumes have not so many\n"
		"      --limit-rate BYTES\n"
		"                       to read a second, no more\n"
		"      --json           the report as JSON\n"
		"      --progress auto|never|always|json\n"
		"      --key SOURCE, --key-dir DIR, --key-config FILE, --key-command CMD\n"
		"                       opens encrypted volumes, as with filter\n"
		"      --pki-key SOURCE, --pki-cert FILE, --pki-passphrase SOURCE\n"
		"                       opens files that their client encrypted, as with extract\n"
		"      --events COMMAND [--events-for EVENT,...] [--events-veto]\n"
		"                       is told what happens, and may stop it\n"
		"  -q, --quiet          no notes; -qq: no problems on standard error either\n"
		"  -v, --verbose        a line for each file, too\n"
		"\n"
		"Exit status: 0 sound; 3 damaged, or wounds that filter --repair mends were\n"
		"found, or a job is not whole (--whole); 1 it could not be told; 4 a key is\n"
		"missing.\n",
	.run = cmd_verify,
	.options = rows,
};
