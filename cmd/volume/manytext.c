/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/manytext.h"

#include "base/msg.h"
#include "base/printable.h"
#include "cmd/command.h"
#include "cmd/timetext.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *time_of(int64_t nanoseconds, char text[static TIMETEXT_BYTES])
{
	timetext_utc(nanoseconds / 1000000000, text);
	return text;
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- lines ---- */

/* One line of the report, for end_line.  Who wants to hear of nothing but what is wrong, or will not be told again, hears of that on standard
 * error.  NULL: it is not told. */
static FILE *begin_line(struct manytext *t, bool wrong)
{
	t->line = NULL;
	if (!t->quiet)
		return stdout;
	FILE *line = wrong ? open_memstream(&t->line, &t->line_bytes) : NULL;
	if (wrong && line == NULL)
		msg_error("out of memory for what is wrong: the exit status tells it");
	return line;
}

static void end_line(struct manytext *t, FILE *line)
{
	if (line == stdout) {
		putchar('\n');
		return;
	}
	fclose(line);
	if (t->line)
		msg_warning("%s", t->line);
	free(t->line);
}

/* ---- before the units ---- */

void manytext_begin(struct manytext *t)
{
	if (t->json == NULL)
		return;
	json_object(t->json, NULL);
	json_number(t->json, "format", 1);
	if (t->state)
		json_text(t->json, "state", t->state);
	json_array(t->json, "forgotten");
}

static void print_forgotten(FILE *line, const struct proofstate_row *row)
{
	char when[TIMETEXT_BYTES];
	fputs("forgotten: ", line);
	printable_put(row->path, line);
	fprintf(line, ": is gone; %s when it was looked at last, %s", judgement_word(row->verdict), time_of(row->looked, when));
}

static void json_row(struct json *j, const struct proofstate_row *row)
{
	char when[TIMETEXT_BYTES];
	json_object(j, NULL);
	json_text(j, "input", row->path);
	json_text(j, "verdict", judgement_word(row->verdict));
	json_text(j, "looked", time_of(row->looked, when));
	json_text(j, "since", time_of(row->since, when));
	json_end_object(j);
}

void manytext_forgotten(struct manytext *t, const struct proofstate_row *row)
{
	/* Of what was not sound nobody will ever know more. */
	if (row->verdict != JUDGEMENT_SOUND)
		t->status = err_worse_status(t->status, judgement_status(JUDGEMENT_NOT_PROVED));
	FILE *line = t->json ? NULL : begin_line(t, true);
	if (t->json)
		json_row(t->json, row);
	if (line == NULL)
		return;
	print_forgotten(line, row);
	end_line(t, line);
}

void manytext_units(struct manytext *t)
{
	t->running = true;
	if (t->json == NULL)
		return;
	json_end_array(t->json);
	json_array(t->json, "units");
}

/* ---- one unit ---- */

void manytext_begin_unit(struct manytext *t, const struct batch_unit *unit, const char *why)
{
	struct json *j = t->json;
	if (j == NULL)
		return;
	json_object(j, NULL);
	json_array(j, "inputs");
	for (size_t i = 0; i < unit->count; i++) {
		json_object(j, NULL);
		json_text(j, "input", unit->paths[i]);
		json_end_object(j);
	}
	json_end_array(j);
	json_number(j, "bytes", unit->bytes);
	json_text(j, "due", why);
}

/* Why nothing could be told; "" where something was. */
static void why_not(const struct manytext_unit *u, char *text, size_t room)
{
	const struct err *e = &u->among->err;
	text[0] = '\0';
	if (u->stopped)
		snprintf(text, room, "was stopped");
	else if (u->killed_by)
		snprintf(text, room, "its process was killed by signal %d (%s)", u->killed_by, strsignal(u->killed_by));
	else if (u->end.changed)
		snprintf(text, room, "was written to while it was read: what was found says nothing");
	else if (e->code)
		snprintf(text, room, "%s%s%s", e->volume, e->volume[0] ? ": " : "", e->text);
	else if (!u->among->ended)
		snprintf(text, room, "its process ended too early");
}

static void note_not_told(struct manytext *t, const struct manytext_unit *u, const char *why)
{
	if (t->not_told.code != XE_OK)
		return;
	if (err_pass(&t->not_told, &u->among->err) == XE_OK)
		err_set(&t->not_told, XE_FAILED, "%s", why);
	err_volume(&t->not_told, u->unit->paths[0]);
}

static void print_counts(FILE *line, const struct verifyreport_sums *s)
{
	fprintf(line, ", %zu job%s, %llu of %llu files with content proved by their digests", s->jobs, plural(s->jobs),
		(unsigned long long)s->proved, (unsigned long long)s->with_content);
	if (s->damaged)
		fprintf(line, ", %llu damaged", (unsigned long long)s->damaged);
	if (s->missing)
		fprintf(line, ", %llu missing", (unsigned long long)s->missing);
}

static void print_unit(FILE *line, const struct manytext_unit *u, const char *why)
{
	char size[MSG_SIZE_BYTES];
	fprintf(line, "%s: ", judgement_name(u->end.verdict));
	printable_put(u->unit->paths[0], line);
	fprintf(line, ": %zu volume%s, %s", u->unit->count, plural(u->unit->count), msg_size(u->unit->bytes, size));
	if (why[0] == '\0')
		print_counts(line, &u->among->sums);
	fprintf(line, ", in %.2f s", u->seconds);
	if (why[0]) {
		fputs(": ", line);
		printable_put(why, line);
	}
}

/* The report stands in the object at hand already, as far as commas go. */
static void copy_report(FILE *from, FILE *to)
{
	char data[16384];
	size_t n;
	rewind(from);
	while ((n = fread(data, 1, sizeof data, from)) > 0)
		fwrite(data, 1, n, to);
}

static void json_unit(struct json *j, const struct manytext_unit *u, const char *why, FILE *report)
{
	bool whole = u->among->ended && u->killed_by == 0;
	if (whole)
		copy_report(report, j->out);
	json_text(j, "verdict", judgement_word(u->end.verdict));
	if (why[0])
		json_text(j, "error", why);
	json_real(j, "seconds", u->seconds, 3);
	json_signed(j, "exit_status", u->status);
	json_end_object(j);
}

/* Size and time are as they were, so nobody who was meant to has written to it. */
static void warn_of_other_bytes(const struct manytext *t, const struct manytext_unit *u)
{
	size_t first = (size_t)(u->unit->paths - t->proofs->units->paths);
	for (size_t i = first; u->end.other > 0 && i < first + u->unit->count; i++) {
		const struct proofstate_row *row = manyproofs_known(t->proofs, i);
		if (row && row->verdict == JUDGEMENT_OTHER_BYTES)
			msg_warning("%s: its XXH64 was %016llx when it was proved and is another one now, though its size and time are the "
				    "same: compare it with a copy; if it is right so, touch it",
				    t->proofs->units->paths[i], (unsigned long long)row->xxh64);
	}
}

void manytext_unit(struct manytext *t, const struct manytext_unit *u, FILE *report)
{
	char why[ERR_VOLUME_BYTES + ERR_TEXT_BYTES + 8];
	why_not(u, why, sizeof why);
	if (!u->stopped) {
		t->units++;
		t->volumes += u->unit->count;
		t->bytes += u->unit->bytes;
		t->status = err_worse_status(t->status, u->status);
		if (why[0])
			note_not_told(t, u, why);
	}
	warn_of_other_bytes(t, u);
	FILE *line = t->json ? NULL : begin_line(t, u->end.verdict != JUDGEMENT_SOUND || u->status != 0);
	if (t->json)
		json_unit(t->json, u, why, report);
	if (line == NULL)
		return;
	print_unit(line, u, why);
	end_line(t, line);
}

/* ---- all of them ---- */

/* What is known of all volumes now. */
struct known {
	size_t unsound, gone, never, left;
	enum judgement worst;
	int64_t oldest; /* of the proofs of what is sound; INT64_MAX: none */
};

static struct known look(const struct manytext *t)
{
	struct known k = {.oldest = INT64_MAX, .worst = JUDGEMENT_SOUND, .left = t->due->due - t->units};
	const struct proofstate *s = t->proofs->state;
	for (size_t i = 0; i < t->proofs->count; i++) {
		const struct proofstate_row *row = manyproofs_unsound(t->proofs, i), *known = manyproofs_known(t->proofs, i);
		k.unsound += row != NULL;
		k.worst = row && row->verdict > k.worst ? row->verdict : k.worst;
		k.never += row == NULL && known == NULL;
		if (row == NULL && known && known->looked < k.oldest)
			k.oldest = known->looked;
	}
	for (size_t i = 0; s && i < s->count; i++)
		k.gone += manyproofs_gone(&s->rows[i]);
	return k;
}

/* Of an earlier run; those of this one have had their say. */
static int status_of_earlier(const struct manytext *t, int status)
{
	const int64_t clock = manyproofs_clock();
	for (size_t i = 0; i < t->proofs->count; i++) {
		const struct proofstate_row *row = manyproofs_unsound(t->proofs, i);
		if (row && (row->looked < t->proofs->now || row->looked > clock))
			status = err_worse_status(status, judgement_status(row->verdict));
	}
	return status;
}

static int status_of(const struct manytext *t, const struct known *k, int status, bool finished)
{
	bool unproved = k->gone > 0 || ((t->owes || !finished) && k->left > 0);
	status = status_of_earlier(t, err_worse_status(status, t->status));
	return unproved ? err_worse_status(status, judgement_status(JUDGEMENT_NOT_PROVED)) : status;
}

static void print_row(struct manytext *t, const char *what, const struct proofstate_row *row, const char *path)
{
	char since[TIMETEXT_BYTES], looked[TIMETEXT_BYTES];
	FILE *line = begin_line(t, true);
	if (line == NULL)
		return;
	fprintf(line, "%s: ", what);
	printable_put(path, line);
	fprintf(line, ": %s since %s, looked at last %s", judgement_word(row->verdict), time_of(row->since, since),
		time_of(row->looked, looked));
	end_line(t, line);
}

static void print_lists(struct manytext *t)
{
	const struct proofstate *s = t->proofs->state;
	for (size_t i = 0; i < t->proofs->count; i++) {
		const struct proofstate_row *row = manyproofs_unsound(t->proofs, i);
		if (row)
			print_row(t, "not sound", row, t->proofs->units->paths[i]);
	}
	for (size_t i = 0; s && i < s->count; i++) {
		if (manyproofs_gone(&s->rows[i]))
			print_row(t, "gone", &s->rows[i], s->rows[i].path);
	}
}

static void print_last(FILE *line, const struct manytext *t, const struct known *k, int status)
{
	char text[TIMETEXT_BYTES], size[MSG_SIZE_BYTES];
	const enum judgement verdict = status != 0 && k->worst == JUDGEMENT_SOUND ? JUDGEMENT_NOT_PROVED : k->worst;
	fprintf(line, "%s: %zu of %zu volume%s looked at, %s in %zu unit%s", judgement_name(verdict), t->volumes, t->proofs->count,
		plural(t->proofs->count), msg_size(t->bytes, size), t->units, plural(t->units));
	if (k->unsound)
		fprintf(line, ", %zu not sound", k->unsound);
	if (k->gone)
		fprintf(line, ", %zu gone", k->gone);
	if (k->left)
		fprintf(line, ", %zu unit%s left", k->left, plural(k->left));
	if (t->state && k->never)
		fprintf(line, "; %zu never proved as %s", k->never, k->never == 1 ? "it is" : "they are");
	if (t->state && k->oldest != INT64_MAX)
		fprintf(line, "; oldest proof %s", time_of(k->oldest, text));
}

static void json_lists(const struct manytext *t)
{
	struct json *j = t->json;
	const struct proofstate *s = t->proofs->state;
	json_end_array(j);
	json_array(j, "not_sound");
	for (size_t i = 0; i < t->proofs->count; i++) {
		const struct proofstate_row *row = manyproofs_unsound(t->proofs, i);
		if (row)
			json_row(j, row);
	}
	json_end_array(j);
	json_array(j, "gone");
	for (size_t i = 0; s && i < s->count; i++) {
		if (manyproofs_gone(&s->rows[i]))
			json_row(j, &s->rows[i]);
	}
	json_end_array(j);
}

static void json_last(const struct manytext *t, const struct known *k, int status, bool finished, const struct err *e)
{
	struct json *j = t->json;
	char text[TIMETEXT_BYTES];
	json_lists(t);
	json_number(j, "volume_count", t->proofs->count);
	json_number(j, "volumes_looked_at", t->volumes);
	json_number(j, "units_looked_at", t->units);
	json_number(j, "units_left", k->left);
	json_number(j, "bytes_looked_at", t->bytes);
	json_number(j, "never_proved", k->never);
	if (k->oldest != INT64_MAX)
		json_text(j, "oldest_proof", time_of(k->oldest, text));
	json_bool(j, "complete", finished && k->left == 0 && t->not_told.code == XE_OK);
	json_bool(j, "sound", finished && status == 0);
	command_json_error(j, e->code != XE_OK ? e : &t->not_told);
	json_signed(j, "exit_status", status);
	json_end_object(j);
}

int manytext_end(struct manytext *t, int status, bool finished, const struct err *e)
{
	const struct known k = look(t);
	status = t->running ? status_of(t, &k, status, finished) : status;
	if (t->json && !t->running)
		manytext_units(t);
	if (t->json) {
		json_last(t, &k, status, finished, e);
	} else if (t->running) {
		print_lists(t);
		FILE *line = begin_line(t, status != 0);
		if (line) {
			print_last(line, t, &k, status);
			end_line(t, line);
		}
	}
	return status;
}
