/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"
#include "cmd/command.h"
#include "cmd/timetext.h"
#include "cmd/volume/findingtext.h"
#include "cmd/volume/reportkept.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

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
		json_real(j, "inflate_ratio_percent", reportkept_ratio(c->inflate_out, c->inflate_in), 2);
	if (c->deflate_in)
		json_real(j, "deflate_ratio_percent", reportkept_ratio(c->deflate_out, c->deflate_in), 2);
	json_object(j, "compressed_input_records");
	for (int i = 0; i < CODEC_COUNT; i++) {
		if (c->from[i])
			json_number(j, codec_by_id((enum codec_id)i)->name, c->from[i]);
	}
	json_end_object(j);
}

static void write_hex(struct json *j, const char *key, uint64_t v)
{
	char text[20];
	snprintf(text, sizeof text, "%016llx", (unsigned long long)v);
	json_text(j, key, text);
}

static void write_standing(struct json *j, const struct standing *as)
{
	char time[TIMETEXT_BYTES];
	timetext_exact(&as->mtime, time);
	json_number(j, "stored_bytes", as->bytes);
	json_known(j, "mtime", time);
	if (as->folder)
		json_number(j, "stored_names", as->names);
}

static void write_inputs(struct json *j, const struct report *r)
{
	json_array(j, "inputs");
	for (size_t i = 0; i < r->input_count; i++) {
		const struct kept_input *k = &r->inputs[i];
		json_object(j, NULL);
		json_known(j, "input", k->path);
		if (k->known)
			write_standing(j, &k->as);
		json_end_object(j);
	}
	json_end_array(j);
}

/* Of a volume that is converted by itself. */
static void write_neighbours(struct json *j, const struct filter_options *o)
{
	if (o->before_count + o->after_count == 0)
		return;
	json_texts(j, "before", o->before, o->before_count);
	json_texts(j, "after", o->paths + o->path_count, o->after_count);
}

static void write_earlier(struct json *j, const struct report *r)
{
	json_array(j, "earlier");
	for (size_t i = 0; i < r->earlier_count; i++) {
		const struct kept_earlier *k = &r->earlier[i];
		json_object(j, NULL);
		json_known(j, "output", k->path);
		json_number(j, "bytes", k->bytes);
		json_known(j, "xxh64", k->digest);
		write_standing(j, &k->as);
		json_end_object(j);
	}
	json_end_array(j);
}

static void write_volumes(struct json *j, const struct report *r)
{
	json_array(j, "volumes");
	for (size_t i = 0; i < r->volume_count; i++) {
		const struct kept_volume *k = &r->volumes[i];
		struct standing as;
		char where[OUTFILE_LEFT_BYTES];
		json_object(j, NULL);
		json_text(j, "volume", k->name);
		json_known(j, "input", k->input);
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
		json_number(j, "job_count", k->v.jobs);
		if (k->info.opened) {
			json_number(j, "blocks_decrypted", k->info.opened);
			json_number(j, "tweaks_repeated", k->info.reused);
			json_text(j, "decrypted_with", k->info.cipher);
		}
		if (k->v.encrypted_with[0])
			json_text(j, "encrypted_with", k->v.encrypted_with);
		write_counts(j, &k->v.counts);
		if (k->info.hashed)
			write_hex(j, "xxh64_in", k->info.xxh64);
		if (k->v.digest_out[0])
			json_text(j, "xxh64_out", k->v.digest_out);
		outfile_where(k->output, where);
		if (where[0] && !k->output->direct && standing_look(where, &as))
			write_standing(j, &as);
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
		const struct filter_job *end = &r->jobs[i].end;
		command_json_job(j, &r->jobs[i].job);
		json_signed(j, "first_file_index", end->first_index);
		json_signed(j, "last_file_index", end->last_index);
		json_bool(j, "begins_elsewhere", end->begins_elsewhere);
		json_bool(j, "ends_elsewhere", end->ends_elsewhere);
		write_counts(j, &end->counts);
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
		json_known(j, "input", k->input);
		json_known(j, "where", k->err.volume);
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
		json_known(j, "volume", k->volume);
		json_known(j, "job", k->job);
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

/* Who ran, where, when, and what was asked for. */
static void write_run(struct json *j, const struct report_run *run)
{
	struct utsname host;
	if (run->unit)
		json_text(j, "unit", run->unit);
	json_known(j, "host", uname(&host) == 0 ? host.nodename : NULL);
	timetext_json(j, "began", run->began);
	timetext_json(j, "ended", time(NULL));
	json_texts(j, "command", run->command, run->command_count);
	if (run->request)
		json_text(j, "request", run->request);
}

static void write_options(struct json *j, const struct filter_options *o)
{
	json_bool(j, "inflate", o->inflate);
	json_bool(j, "deflate", o->deflate);
	if (o->deflate) {
		json_text(j, "algorithm", o->codec->name);
		json_signed(j, "level", o->level);
	}
	json_number(j, "threads", o->threads);
}

static const char *class_word(int class)
{
	return class == ERR_CLASS_DONE ? "done" : class == ERR_CLASS_AGAIN ? "try again" : "give up";
}

static void write_end(struct json *j, const struct report *r, const struct report_run *run)
{
	json_signed(j, "exit_status", run->status);
	json_text(j, "exit_class", class_word(run->class));
	if (r->failure_count > 0) {
		json_text(j, "error", r->failures[0].err.text);
		json_known(j, "where", r->failures[0].err.volume);
	}
	json_real(j, "seconds", run->seconds, 3);
}

static void write_map(struct json *j, const struct report_run *run)
{
	if (run->map == NULL)
		return;
	json_text(j, "map", run->map);
	json_number(j, "map_bytes", run->map_bytes);
	json_text(j, "map_xxh64", run->map_digest);
}

/* False: not all of it is there, for want of memory. */
static bool write_all(struct json *j, const struct report *r, const struct report_run *run)
{
	const struct filter_options *o = run->options;
	json_object(j, NULL);
	json_number(j, "format", 1);
	json_text(j, "program", "xflate " XFLATE_VERSION);
	json_bool(j, "complete", run->complete);
	write_run(j, run);
	write_options(j, o);
	write_end(j, r, run);
	/* Of a run that broke off they would be of as much as it had read, and nothing to compare anything with. */
	bool wanted = run->digests && o->digest_in;
	bool digests = !wanted || write_digest(j, "sha256_in", o->digest_in);
	digests = (!wanted || write_digest(j, "sha256_out", o->digest_out)) && digests;
	write_map(j, run);
	write_inputs(j, r);
	write_neighbours(j, o);
	write_volumes(j, r);
	if (r->earlier_count > 0)
		write_earlier(j, r);
	write_jobs(j, r);
	write_losses(j, r);
	write_failures(j, r);
	json_end_object(j);
	return digests && !r->short_of_memory;
}

struct writing {
	const struct report *r;
	const struct report_run *run;
	bool all;
};

static void fill(FILE *out, void *arg)
{
	struct writing *w = arg;
	struct json j = {.out = out};
	w->all = write_all(&j, w->r, w->run);
}

int report_write(const struct report *r, const struct report_run *run, int fd, struct err *e)
{
	struct writing w = {.r = r, .run = run};
	if (io_fill(fd, fill, &w) != 0)
		return err_errno(e, XE_FAILED, errno, "cannot write the report");
	return w.all ? 0 : err_memory(e, 0, "the report");
}
