/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/listjson.h"

#include "cmd/command.h"
#include "cmd/timetext.h"

static void write_stored(struct json *j, const struct listing_stored *t)
{
	json_number(j, "records", t->records);
	json_number(j, "data_bytes", t->bytes);
	json_object(j, "data_records");
	for (int i = 0; i < CODEC_COUNT; i++) {
		if (t->by_codec[i])
			json_number(j, codec_by_id((enum codec_id)i)->name, t->by_codec[i]);
	}
	json_number(j, "plain", t->plain);
	json_number(j, "encrypted", t->encrypted);
	json_number(j, "unknown", t->unknown);
	json_number(j, "incomplete", t->incomplete);
	json_end_object(j);
}

static void write_job(struct json *j, const struct listing_job *k)
{
	json_object(j, NULL);
	command_json_job(j, k->job);
	if (k->job->has_label) {
		const struct session_label *s = &k->job->label;
		const char type[2] = {(char)(s->type & 0x7f), 0}, level[2] = {(char)(s->level & 0x7f), 0};
		json_text(j, "fileset", s->fileset);
		json_text(j, "type", type);
		json_text(j, "level", level);
		timetext_json_us(j, "began", s->time);
	}
	json_bool(j, "ended", k->has_end);
	if (k->has_end) {
		const char status[2] = {(char)(k->end.status & 0x7f), 0};
		json_text(j, "job_status", status);
		json_number(j, "job_files", k->end.job_files);
		json_number(j, "job_bytes", k->end.job_bytes);
		json_number(j, "job_errors", k->end.errors);
	}
	json_number(j, "blocks", k->blocks);
	json_number(j, "first_address", k->first_addr);
	json_number(j, "last_address", k->last_end);
	write_stored(j, &k->stored);
	json_end_object(j);
}

void listjson_volume(const struct listing *l, struct json *j)
{
	const struct volume_info *v = l->volume;
	json_object(j, NULL);
	json_text(j, "input", v->path);
	json_bool(j, "has_label", v->has_label);
	if (v->has_label) {
		json_text(j, "volume", v->label.volume);
		json_text(j, "label_id", v->label.id);
		json_number(j, "label_version", v->label.version);
		json_text(j, "pool", v->label.pool);
		json_text(j, "media_type", v->label.media_type);
		json_text(j, "host", v->label.host);
		json_text(j, "program", v->label.program);
		json_text(j, "program_version", v->label.program_version);
		timetext_json_us(j, "labelled", v->label.label_time);
		json_text(j, "product", product_name(v->product));
	}
	json_number(j, "bytes", v->bytes);
	json_number(j, "padding_bytes", v->padding);
	json_number(j, "tape_labels", v->foreign);
	json_number(j, "input_count", v->more_inputs + 1);
	json_number(j, "behind_other_volume", v->inside);
	json_number(j, "blocks_again", v->again);
	json_number(j, "blocks", l->block_count);
	json_number(j, "block_bytes_min", l->block_min);
	json_number(j, "block_bytes_max", l->block_max);
	json_bool(j, "encrypted", l->encrypted);
	json_number(j, "reversed_checksums", l->reversed);
	json_number(j, "damage", l->damaged);
	json_array(j, "jobs");
	for (size_t i = 0; i < l->job_count; i++) {
		if (l->jobs[i].stored.records)
			write_job(j, &l->jobs[i]);
	}
	json_end_array(j);
	json_end_object(j);
}
