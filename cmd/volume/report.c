/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/report.h"

#include "base/array.h"
#include "base/json.h"
#include "base/msg.h"
#include "cmd/command.h"
#include "cmd/volume/findingtext.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NO_JOB "no job known"
#define LOSSES_KEPT 100000u /* further ones are printed and counted, but not in the JSON */

struct kept_volume {
	struct filter_volume v;
	struct volume_info info; /* v.info is gone with its filter */
	char *input, name[LABEL_NAME_BYTES];
	const struct outfile *output;
	double seconds;
};

struct kept_loss {
	struct finding l;
	char volume[256], job[LABEL_NAME_BYTES + 64], *reason, *file; /* malloc'ed; l has them, too */
	uint32_t job_id;
};

struct kept_job {
	struct job job;
	struct filter_counts counts;
};

struct kept_failure {
	char *input;
	struct err err;
};

struct report {
	struct kept_volume *volumes;
	size_t volume_count, volume_cap;
	struct kept_job *jobs;
	size_t job_count, job_cap;
	struct kept_failure *failures;
	size_t failure_count, failure_cap;
	struct kept_loss *losses;
	size_t loss_count, loss_cap, losses_not_kept;
	bool short_of_memory; /* something is not in it */
};

struct report *report_new(void)
{
	return calloc(1, sizeof(struct report));
}

void report_free(struct report *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->loss_count; i++) {
		free(r->losses[i].reason);
		free(r->losses[i].file);
	}
	for (size_t i = 0; i < r->volume_count; i++)
		free(r->volumes[i].input);
	for (size_t i = 0; i < r->failure_count; i++)
		free(r->failures[i].input);
	free(r->losses);
	free(r->volumes);
	free(r->jobs);
	free(r->failures);
	free(r);
}

static double ratio(uint64_t out, uint64_t in)
{
	return in ? 100.0 * (double)out / (double)in : 0;
}

static void print_volume(const struct filter_volume *v, double seconds)
{
	const struct filter_counts *c = &v->counts;
	const char *name = findingtext_volume(v->info);
	char in[MSG_SIZE_BYTES], out[MSG_SIZE_BYTES], algorithm[32] = "", decrypt[96] = "", encrypt[96] = "";
	if (v->policy->deflate)
		snprintf(algorithm, sizeof algorithm, " (%s)", v->policy->codec->log_name);
	if (v->decrypt || v->info->opened)
		snprintf(decrypt, sizeof decrypt, "decrypt=%s%s%s%s -> ", v->info->opened ? "yes" : "no", v->info->opened ? " (" : "",
			 v->info->cipher, v->info->opened ? ")" : "");
	if (v->encrypted_with[0])
		snprintf(encrypt, sizeof encrypt, " -> encrypt=yes (%s)", v->encrypted_with);
	msg_info("%s IN -> %sinflate=%s -> deflate=%s%s%s -> OUT", name, decrypt, v->policy->inflate ? "yes" : "no",
		 v->policy->deflate ? "yes" : "no", algorithm, encrypt);
	if (v->info->reused)
		msg_info("%s: %llu of %llu encrypted blocks repeated a tweak of their session, as Bacula's data spooling does", name,
			 (unsigned long long)v->info->reused, (unsigned long long)v->info->opened);
	if (c->inflate_in)
		msg_info("%s: inflate ratio: %.2f%%", name, ratio(c->inflate_out, c->inflate_in));
	if (c->deflate_in)
		msg_info("%s: deflate ratio: %.2f%%", name, ratio(c->deflate_out, c->deflate_in));
	if (c->joined)
		msg_info("%s: %llu records that a client's network layer had cut were joined", name, (unsigned long long)c->joined);
	if (c->undoubled)
		msg_info("%s: %llu records that held their address twice were mended", name, (unsigned long long)c->undoubled);
	if (v->info->padding)
		msg_info("%s: a dump of a tape: %llu bytes of padding left out", name, (unsigned long long)v->info->padding);
	char oddity[VOLUME_ODDITY_BYTES];
	for (unsigned i = 0; volume_oddity(v->info, i, oddity); i++)
		msg_info("%s: %s", name, oddity);
	msg_info("%s: %u job%s, %llu record%s, %llu recompressed, %llu damaged; %s -> %s in %.2f s", name, v->jobs, v->jobs == 1 ? "" : "s",
		 (unsigned long long)c->records, c->records == 1 ? "" : "s", (unsigned long long)c->recompressed,
		 (unsigned long long)c->damaged, msg_size(v->info->bytes, in), msg_size(v->volume_out, out), seconds);
}

int report_volume(struct report *r, const struct filter_volume *v, const struct outfile *output, double seconds, struct err *e)
{
	print_volume(v, seconds);
	struct kept_volume *volumes = array_reach(r->volumes, &r->volume_cap, r->volume_count, sizeof *volumes);
	if (volumes == NULL)
		return err_memory(e, sizeof *volumes, "the report");
	r->volumes = volumes;
	struct kept_volume *k = &volumes[r->volume_count++];
	*k = (struct kept_volume){.v = *v, .info = *v->info, .input = strdup(v->info->path)};
	k->v.info = NULL;
	r->short_of_memory = r->short_of_memory || k->input == NULL;
	k->seconds = seconds;
	snprintf(k->name, sizeof k->name, "%s", findingtext_volume(v->info));
	k->output = output;
	return 0;
}

/* As array_reach; that there is no memory is told at the end. */
static void *more(struct report *r, void *list, size_t *cap, size_t count, size_t size)
{
	void *grown = array_reach(list, cap, count, size);
	r->short_of_memory = r->short_of_memory || grown == NULL;
	return grown;
}

void report_loss(struct report *r, const struct finding *l)
{
	findingtext_warn(l, l->kept ? "damaged but kept" : "lost", NO_JOB);
	if (r->loss_count >= LOSSES_KEPT) {
		r->losses_not_kept++;
		return;
	}
	struct kept_loss *losses = more(r, r->losses, &r->loss_cap, r->loss_count, sizeof *losses);
	if (losses == NULL)
		return;
	r->losses = losses;
	struct kept_loss *k = &losses[r->loss_count++];
	*k = (struct kept_loss){.l = *l, .reason = strdup(l->reason), .file = strdup(l->file)};
	r->short_of_memory = r->short_of_memory || k->reason == NULL || k->file == NULL;
	k->l.reason = k->reason ? k->reason : "";
	k->l.file = k->file ? k->file : "";
	snprintf(k->volume, sizeof k->volume, "%s", findingtext_volume(l->volume));
	snprintf(k->job, sizeof k->job, NO_JOB);
	if (l->job)
		job_describe(l->job, k->job, sizeof k->job);
	k->job_id = l->job && l->job->has_label ? l->job->label.job_id : 0;
}

static void print_job(const struct kept_job *k)
{
	char name[LABEL_NAME_BYTES + 64], in[MSG_SIZE_BYTES], out[MSG_SIZE_BYTES];
	const struct filter_counts *c = &k->counts;
	job_describe(&k->job, name, sizeof name);
	msg_info("%s: %llu records, %llu recompressed, %llu damaged; data %s -> %s", name, (unsigned long long)c->records,
		 (unsigned long long)c->recompressed, (unsigned long long)c->damaged, msg_size(c->bytes_in, in),
		 msg_size(c->bytes_out, out));
}

static void keep_failure(struct report *r, const char *input, const struct err *e)
{
	struct kept_failure *grown = more(r, r->failures, &r->failure_cap, r->failure_count, sizeof *grown);
	char *copy = strdup(input);
	r->short_of_memory = r->short_of_memory || copy == NULL;
	if (grown)
		r->failures = grown;
	if (grown && copy)
		r->failures[r->failure_count++] = (struct kept_failure){copy, *e};
	else
		free(copy);
}

void report_set(struct report *r, const struct filter *f, const char *input, const struct err *e)
{
	const struct job *job;
	struct filter_counts counts;
	for (size_t i = 0; i < filter_job_slots(f); i++) {
		if (!filter_job(f, i, &job, &counts))
			continue;
		struct kept_job *grown = more(r, r->jobs, &r->job_cap, r->job_count, sizeof *grown);
		if (grown == NULL)
			return;
		r->jobs = grown;
		r->jobs[r->job_count] = (struct kept_job){*job, counts};
		if (msg_verbosity() > 0)
			print_job(&r->jobs[r->job_count]);
		r->job_count++;
	}
	if (input)
		keep_failure(r, input, e);
}

static void write_counts(struct json *j, const struct filter_counts *c)
{
	json_number(j, "records", c->records);
	json_number(j, "recompressed", c->recompressed);
	json_number(j, "damaged", c->damaged);
	json_number(j, "dropped", c->dropped);
	json_number(j, "joined", c->joined);
	json_number(j, "undoubled", c->undoubled);
	json_number(j, "data_bytes_in", c->bytes_in);
	json_number(j, "data_bytes_out", c->bytes_out);
	if (c->inflate_in)
		json_real(j, "inflate_ratio_percent", ratio(c->inflate_out, c->inflate_in), 2);
	if (c->deflate_in)
		json_real(j, "deflate_ratio_percent", ratio(c->deflate_out, c->deflate_in), 2);
	json_object(j, "compressed_input_records");
	for (int i = 0; i < CODEC_COUNT; i++) {
		if (c->from[i])
			json_number(j, codec_by_id((enum codec_id)i)->name, c->from[i]);
	}
	json_end_object(j);
}

static void write_volumes(struct json *j, const struct report *r)
{
	json_array(j, "volumes");
	for (size_t i = 0; i < r->volume_count; i++) {
		const struct kept_volume *k = &r->volumes[i];
		json_object(j, NULL);
		json_text(j, "volume", k->name);
		json_text(j, "input", k->input ? k->input : "");
		json_text(j, "output", k->output->path[0] ? k->output->path : "-");
		json_bool(j, "complete", k->output->done);
		if (k->output->left[0])
			json_text(j, "partial", k->output->left);
		json_text(j, "product", product_name(k->info.product));
		json_number(j, "bytes_in", k->info.bytes);
		json_number(j, "bytes_out", k->v.volume_out);
		json_number(j, "padding_bytes", k->info.padding);
		json_number(j, "blocks_in", k->v.blocks_in);
		json_number(j, "blocks_out", k->v.blocks_out);
		json_number(j, "jobs", k->v.jobs);
		if (k->info.opened) {
			json_number(j, "blocks_decrypted", k->info.opened);
			json_number(j, "tweaks_repeated", k->info.reused);
			json_text(j, "decrypted_with", k->info.cipher);
		}
		if (k->v.encrypted_with[0])
			json_text(j, "encrypted_with", k->v.encrypted_with);
		write_counts(j, &k->v.counts);
		json_real(j, "seconds", k->seconds, 3);
		json_end_object(j);
	}
	json_end_array(j);
}

static void write_jobs(struct json *j, const struct report *r)
{
	json_array(j, "jobs");
	for (size_t i = 0; i < r->job_count; i++) {
		json_object(j, NULL);
		command_json_job(j, &r->jobs[i].job);
		write_counts(j, &r->jobs[i].counts);
		json_end_object(j);
	}
	json_end_array(j);
}

static void write_failures(struct json *j, const struct report *r)
{
	json_array(j, "failures");
	for (size_t i = 0; i < r->failure_count; i++) {
		const struct kept_failure *k = &r->failures[i];
		json_object(j, NULL);
		json_text(j, "input", k->input);
		json_text(j, "volume", k->err.volume);
		json_text(j, "error", k->err.text);
		json_signed(j, "exit_status", err_exit_status(k->err.code));
		json_end_object(j);
	}
	json_end_array(j);
}

static void write_losses(struct json *j, const struct report *r)
{
	json_array(j, "damage");
	for (size_t i = 0; i < r->loss_count; i++) {
		const struct kept_loss *k = &r->losses[i];
		json_object(j, NULL);
		json_text(j, "volume", k->volume);
		json_text(j, "job", k->job);
		if (k->job_id)
			json_number(j, "job_id", k->job_id);
		json_signed(j, "file_index", k->l.file_index);
		findingtext_json_file(j, &k->l);
		if (k->l.placed)
			json_number(j, "stream", k->l.stream);
		findingtext_json_place(j, &k->l);
		json_bool(j, "kept", k->l.kept);
		json_text(j, "reason", k->l.reason);
		json_end_object(j);
	}
	json_end_array(j);
	if (r->losses_not_kept)
		json_number(j, "damage_not_listed", r->losses_not_kept);
}

/* False: there was no memory for it. */
static bool write_digest(struct json *j, const char *key, const struct digest *d)
{
	char text[DIGEST_TEXT_BYTES];
	digest_text(d, text);
	json_text(j, key, text);
	return text[0] != '\0';
}

int report_write(const struct report *r, const struct report_run *run, int fd, struct err *e)
{
	int copy = dup(fd);
	FILE *out = copy >= 0 ? fdopen(copy, "w") : NULL;
	if (out == NULL) {
		if (copy >= 0)
			close(copy);
		return err_errno(e, XE_FAILED, errno, "cannot write the report");
	}
	struct json j = {.out = out};
	const struct filter_options *o = run->options;
	json_object(&j, NULL);
	json_number(&j, "format", 1);
	json_text(&j, "program", "xflate " XFLATE_VERSION);
	json_bool(&j, "complete", run->complete);
	json_bool(&j, "inflate", o->inflate);
	json_bool(&j, "deflate", o->deflate);
	if (o->deflate) {
		json_text(&j, "algorithm", o->codec->name);
		json_signed(&j, "level", o->level);
	}
	json_number(&j, "threads", o->threads);
	json_signed(&j, "exit_status", run->status);
	json_real(&j, "seconds", run->seconds, 3);
	/* Of a run that broke off they would be of as much as it had read, and nothing to compare anything with. */
	bool digests = !run->digests || write_digest(&j, "sha256_in", o->digest_in);
	digests = (!run->digests || write_digest(&j, "sha256_out", o->digest_out)) && digests;
	write_volumes(&j, r);
	write_jobs(&j, r);
	write_losses(&j, r);
	write_failures(&j, r);
	json_end_object(&j);
	bool failed = ferror(out) != 0;
	if (fclose(out) != 0 || failed)
		return err_errno(e, XE_FAILED, errno, "cannot write the report");
	return digests && !r->short_of_memory ? 0 : err_memory(e, 0, "the report");
}

bool report_is_of_failure(const char *path)
{
	static const char begins[] = "{\n  \"format\": 1,\n  \"program\": \"xflate ";
	char head[256];
	struct io io;
	/* Opening a pipe or a tape would be noticed. */
	if (!io_describe_path(&io, path) || !io_is_file(&io))
		return false;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n = fd >= 0 ? read(fd, head, sizeof head - 1) : 0;
	if (fd >= 0)
		close(fd);
	head[n > 0 ? n : 0] = '\0';
	return strncmp(head, begins, sizeof begins - 1) == 0 && strstr(head, "\n  \"complete\": false,") != NULL;
}
