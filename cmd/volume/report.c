/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/report.h"

#include "base/array.h"
#include "base/msg.h"
#include "cmd/volume/findingtext.h"
#include "cmd/volume/reportkept.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NO_JOB "no job known"
#define LOSSES_KEPT 100000u /* further ones are printed and counted, but not in the JSON */

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
	for (size_t i = 0; i < r->input_count; i++)
		free(r->inputs[i].path);
	report_forget_earlier(r);
	free(r->inputs);
	free(r->earlier);
	free(r->losses);
	free(r->volumes);
	free(r->jobs);
	free(r->failures);
	free(r);
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
		msg_info("%s: inflate ratio: %.2f%%", name, reportkept_ratio(c->inflate_out, c->inflate_in));
	if (c->deflate_in)
		msg_info("%s: deflate ratio: %.2f%%", name, reportkept_ratio(c->deflate_out, c->deflate_in));
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
	const struct filter_counts *c = &k->end.counts;
	job_describe(&k->job, name, sizeof name);
	msg_info("%s: %llu records, %llu recompressed, %llu damaged; data %s -> %s", name, (unsigned long long)c->records,
		 (unsigned long long)c->recompressed, (unsigned long long)c->damaged, msg_size(c->bytes_in, in),
		 msg_size(c->bytes_out, out));
}

void report_failure(struct report *r, const char *input, const struct err *e)
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

void report_inputs(struct report *r, const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct kept_input *grown = more(r, r->inputs, &r->input_cap, r->input_count, sizeof *grown);
		if (grown == NULL)
			return;
		r->inputs = grown;
		struct kept_input *k = &grown[r->input_count++];
		*k = (struct kept_input){.path = strdup(paths[i])};
		k->known = strcmp(paths[i], "-") != 0 && standing_look(paths[i], &k->as);
		r->short_of_memory = r->short_of_memory || k->path == NULL;
	}
}

void report_earlier(struct report *r, const char *path, uint64_t bytes, const char *digest, const struct standing *as)
{
	struct kept_earlier *grown = more(r, r->earlier, &r->earlier_cap, r->earlier_count, sizeof *grown);
	if (grown == NULL)
		return;
	r->earlier = grown;
	struct kept_earlier *k = &grown[r->earlier_count++];
	*k = (struct kept_earlier){.path = strdup(path), .bytes = bytes, .as = *as};
	snprintf(k->digest, sizeof k->digest, "%s", digest);
	r->short_of_memory = r->short_of_memory || k->path == NULL;
}

void report_forget_earlier(struct report *r)
{
	for (size_t i = 0; i < r->earlier_count; i++)
		free(r->earlier[i].path);
	r->earlier_count = 0;
}

void report_set(struct report *r, const struct filter *f, const char *input, const struct err *e)
{
	struct filter_job job;
	for (size_t i = 0; i < filter_job_slots(f); i++) {
		if (!filter_job(f, i, &job))
			continue;
		struct kept_job *grown = more(r, r->jobs, &r->job_cap, r->job_count, sizeof *grown);
		if (grown == NULL)
			return;
		r->jobs = grown;
		r->jobs[r->job_count] = (struct kept_job){*job.job, job};
		if (msg_verbosity() > 0)
			print_job(&r->jobs[r->job_count]);
		r->job_count++;
	}
	if (input)
		report_failure(r, input, e);
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
