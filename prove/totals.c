/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prove/totals.h"

#include <stdio.h>

static void add(struct totals *t, uint64_t *sum, uint64_t bytes)
{
	if (__builtin_add_overflow(*sum, bytes, sum)) {
		*sum = UINT64_MAX;
		t->uncounted = true;
	}
}

void totals_block(struct totals *t, const struct item *block)
{
	/* In BB01 the numbers are the volume's; of a block that stands again nothing is taken. */
	if (block->form.version == 1 || block->again)
		return;
	bool jump = t->numbered && block->number > t->number && block->number - t->number > 1;
	bool next_volume = t->numbered && block->volume->index != t->volume;
	t->jumped = t->jumped || (jump && !next_volume);
	t->apart = t->apart || (jump && next_volume && !t->bridged);
	t->bridged = t->bridged && !next_volume;
	t->numbered = true;
	t->number = block->number;
	t->volume = block->volume->index;
}

/* What goes on behind the end of a run. */
static struct totals without_run(const struct totals *t)
{
	return (struct totals){
		.runs = t->runs,
		.last = t->last,
		.last_written = t->last_written,
		.numbered = t->numbered,
		.number = t->number,
		.volume = t->volume,
	};
}

/* A second start without an end between: where it is only the label that stands there twice, the end counts all. */
static void begin(struct totals *t)
{
	struct totals next = without_run(t);
	next.begun = true;
	next.runs++;
	if (t->begun) {
		next.read_before = t->read_before;
		next.written_before = t->written_before;
		add(&next, &next.read_before, t->read);
		add(&next, &next.written_before, t->written);
		next.written_cut = t->written_cut;
	}
	*t = next;
}

void totals_read(struct totals *t, const struct item *item)
{
	if (item->file_index == LABEL_SESSION_START)
		begin(t);
	if (item->file_index < 0)
		return;
	t->cut = t->cut || item->head_missing || item->tail_missing;
	t->bridged = t->bridged || item->cuts > 0;
	add(t, &t->read, item->len);
	/* A job that is run again goes on wherever it was. */
	bool goes_on = t->files > 0 || t->runs < 2;
	t->gap = t->gap || (goes_on && item->file_index > t->last && item->file_index - t->last > 1);
	t->files += t->files == 0 || item->file_index != t->at;
	t->at = item->file_index;
	t->last = item->file_index > t->last ? item->file_index : t->last;
}

void totals_wrote(struct totals *t, const struct item *item, size_t records, uint64_t bytes)
{
	if (item->file_index < 0 || records == 0)
		return;
	t->written_cut = t->written_cut || item->head_missing || item->tail_missing;
	add(t, &t->written, bytes);
	t->last_written = item->file_index > t->last_written ? item->file_index : t->last_written;
}

/* Both products count up to the last FileIndex; of a run, it may be its own. */
static bool files_right(const struct totals *t, const struct session_label *end)
{
	return end->job_files == (uint32_t)t->last || (t->runs > 1 && end->job_files == t->files);
}

static bool counts_all_runs(const struct totals *t, const struct session_label *end)
{
	uint64_t all;
	return t->read_before > 0 && !__builtin_add_overflow(t->read_before, t->read, &all) && end->job_bytes == all;
}

enum totals_verdict totals_judge(const struct totals *t, const struct session_label *end, bool hurt)
{
	bool counted = t->begun && !t->uncounted;
	bool same = end->job_bytes == t->read || counts_all_runs(t, end);
	if (counted && !t->cut && same && files_right(t, end))
		return TOTALS_RIGHT;
	if (counted && !t->written_cut && hurt)
		return TOTALS_LOST;
	if (!counted || t->cut || t->read_before > 0 || hurt)
		return TOTALS_PART;
	if (end->job_files > (uint32_t)t->last || (end->job_bytes > t->read && (t->gap || t->jumped)))
		return TOTALS_SHORT;
	return t->gap || t->apart ? TOTALS_PART : TOTALS_STALE;
}

void totals_end(struct totals *t)
{
	*t = without_run(t);
}

bool totals_of_written(const struct totals *t, enum totals_verdict verdict, const struct session_label *end, struct outrecord_totals *to)
{
	if (verdict == TOTALS_PART)
		return false;
	bool files_as_they_were = verdict == TOTALS_RIGHT && t->last_written == t->last;
	to->files = files_as_they_were ? end->job_files : (uint32_t)t->last_written;
	to->bytes = t->written;
	return verdict != TOTALS_RIGHT || end->job_bytes == t->read || !__builtin_add_overflow(t->written_before, t->written, &to->bytes);
}

void totals_describe(const struct totals *t, enum totals_verdict verdict, const struct session_label *end, char *text, size_t text_bytes)
{
	const char *subject = verdict == TOTALS_SHORT ? "the end-of-session label" : "has an end-of-session label that";
	const char *why = verdict == TOTALS_STALE   ? "all of the job is here, and the label is stale, as bcopy and autoxflate leave it"
			  : verdict == TOTALS_SHORT ? "a volume is missing, or a part of this one"
						    : "the job is not whole here, or another program has left out files";
	bool known = t->begun && !t->cut && !t->uncounted && verdict != TOTALS_LOST && verdict != TOTALS_RIGHT;
	text[0] = '\0';
	if (known)
		snprintf(text, text_bytes, "%s counts %llu bytes and %u files, but %llu and %d are here: %s", subject,
			 (unsigned long long)end->job_bytes, end->job_files, (unsigned long long)t->read, t->last, why);
}
