/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/estimated.h"

#include "base/json.h"
#include "base/msg.h"

const char *estimated_kind(size_t kind)
{
	return kind < CODEC_COUNT ? codec_by_id((enum codec_id)kind)->name : kind == ESTIMATE_PLAIN ? "plain" : "other";
}

double estimated_stored(const struct estimated *t, size_t kind)
{
	return t->result->bytes > 0 ? (double)t->result->stored[kind].bytes / (double)t->result->bytes : 0;
}

bool estimated_row(const struct estimated *t, size_t index, struct estimated_row *row)
{
	const struct estimate_row *r = &t->rows[index];
	const struct codec *c = r->codec;
	double total = (double)t->result->of;
	if (r->of == 0 || r->of != t->result->of)
		return false;
	*row = (struct estimated_row){
		.name = c ? c->name : "plain",
		.ratio = estimate_ratio(r),
		.error = estimate_error(r),
		.speed = estimate_speed(r),
		.readable = c == NULL || codec_reader(c, t->result->target).plain_max > 0,
	};
	if (c && c->fast_library && r->level == CODEC_LEVEL_FAST)
		snprintf(row->title, sizeof row->title, "%s:fast", c->name);
	else if (c && c->level_min != c->level_max)
		snprintf(row->title, sizeof row->title, "%s:%d", c->name, r->level);
	else
		snprintf(row->title, sizeof row->title, "%s", row->name);
	row->bytes = (uint64_t)(total * row->ratio);
	row->seconds = row->speed > 0 ? total / row->speed / t->threads : 0;
	row->out_rate = row->speed * t->threads * row->ratio;
	row->streams = row->out_rate >= (double)t->drive_rate;
	return true;
}

/* ---- the table ---- */

static const char *span_of(double seconds, char text[static 32])
{
	unsigned long long s = (unsigned long long)(seconds + 0.5);
	if (seconds < 10)
		snprintf(text, 32, "%.1f s", seconds);
	else if (s < 120)
		snprintf(text, 32, "%llu s", s);
	else
		snprintf(text, 32, "%llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
	return text;
}

static void print_stored(const struct estimated *t)
{
	const char *comma = "";
	printf("stored now: ");
	for (size_t i = 0; i < ESTIMATE_KINDS; i++) {
		if (t->result->stored[i].records == 0)
			continue;
		printf("%s%s %.1f %%", comma, estimated_kind(i), 100 * estimated_stored(t, i));
		comma = ", ";
	}
	putchar('\n');
}

static void print_row(const struct estimated *t, const struct estimated_row *r)
{
	char size[MSG_SIZE_BYTES], speed[MSG_SIZE_BYTES], out[MSG_SIZE_BYTES], span[32];
	printf("%-10s %9s %7.1f %% %6.1f %%", r->title, msg_size(r->bytes, size), 100 * r->ratio, 100 * r->error);
	/* Of records that are too small to be timed nothing is known. */
	if (r->speed > 0)
		printf(" %11s/s %10s %9s/s", msg_size((uint64_t)r->speed, speed), span_of(r->seconds, span),
		       msg_size((uint64_t)r->out_rate, out));
	if (!r->readable)
		printf("  %s does not read it", product_name(t->result->target));
	else if (t->drive_rate > 0 && r->speed > 0 && r->streams)
		printf("  streams");
	else if (t->drive_rate > 0 && r->speed > 0)
		printf("  stops: %.0f %% of what it takes", 100 * r->out_rate / (double)t->drive_rate);
	putchar('\n');
}

void estimated_print(const struct estimated *t)
{
	char of[MSG_SIZE_BYTES], read[MSG_SIZE_BYTES];
	struct estimated_row row;
	printf("%zu volume%s, %s: of %s in %llu pieces (seed %llu)\n", t->result->volumes, t->result->volumes == 1 ? "" : "s",
	       msg_size(t->result->of, of), msg_size(t->result->bytes, read), (unsigned long long)t->result->pieces,
	       (unsigned long long)t->seed);
	print_stored(t);
	printf("%-10s %9s %9s %8s %13s %10s %11s\n", "algorithm", "size", "of now", "+-", "one processor", "time", "comes out");
	for (size_t i = 0; i < t->row_count; i++) {
		if (estimated_row(t, i, &row))
			print_row(t, &row);
	}
	printf("time, comes out: with %u thread%s, if reading and writing keep up\n", t->threads, t->threads == 1 ? "" : "s");
}

/* ---- JSON ---- */

static void json_rows(struct json *j, const struct estimated *t)
{
	struct estimated_row r;
	json_array(j, "estimates");
	for (size_t i = 0; i < t->row_count; i++) {
		if (!estimated_row(t, i, &r))
			continue;
		json_object(j, NULL);
		json_text(j, "algorithm", r.name);
		if (t->rows[i].codec && t->rows[i].codec->level_min != t->rows[i].codec->level_max)
			json_signed(j, "level", t->rows[i].level);
		json_number(j, "bytes_out", r.bytes);
		json_real(j, "ratio", r.ratio, 6);
		json_real(j, "ratio_error", r.error, 6);
		if (r.speed > 0) {
			json_number(j, "processor_bytes_per_second", (uint64_t)r.speed);
			json_real(j, "seconds", r.seconds, 3);
			json_number(j, "bytes_out_per_second", (uint64_t)r.out_rate);
		}
		json_bool(j, "target_reads", r.readable);
		if (t->drive_rate > 0 && r.speed > 0)
			json_bool(j, "streams", r.streams);
		json_number(j, "records_kept", t->rows[i].kept);
		json_end_object(j);
	}
	json_end_array(j);
}

void estimated_json(const struct estimated *t, const struct unread *unread, const struct err *e, int status)
{
	struct json j = json_begin(stdout);
	json_number(&j, "volume_count", t->result->volumes);
	json_number(&j, "volumes_left_out", t->result->left_out);
	json_number(&j, "bytes_in", t->result->of);
	json_text(&j, "target", product_name(t->result->target));
	json_number(&j, "threads", t->threads);
	if (t->drive_rate > 0)
		json_number(&j, "drive_bytes_per_second", t->drive_rate);
	json_object(&j, "sample");
	json_number(&j, "seed", t->seed);
	json_real(&j, "share", t->result->of > 0 ? (double)t->result->read / (double)t->result->of : 0, 6);
	json_number(&j, "pieces", t->result->pieces);
	json_number(&j, "records", t->result->records);
	json_number(&j, "bytes", t->result->bytes);
	json_number(&j, "records_cut", t->result->cut);
	json_number(&j, "places_without_block", t->result->missed);
	json_number(&j, "damage", t->result->damaged);
	json_end_object(&j);
	json_array(&j, "stored");
	for (size_t i = 0; i < ESTIMATE_KINDS; i++) {
		if (t->result->stored[i].records == 0)
			continue;
		json_object(&j, NULL);
		json_text(&j, "algorithm", estimated_kind(i));
		json_number(&j, "records", t->result->stored[i].records);
		json_number(&j, "bytes", t->result->stored[i].bytes);
		json_end_object(&j);
	}
	json_end_array(&j);
	json_rows(&j, t);
	unread_json(unread, &j, "input", e, status);
	json_end_object(&j);
}
