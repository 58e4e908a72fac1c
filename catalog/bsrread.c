/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalog/bsrread.h"

#include "base/array.h"
#include "volume/naming.h"

#include <stdlib.h>

void bsrread_free(struct bsrread *r)
{
	free(r->order);
	free(r->ranges);
	indexes_free(&r->files);
	*r = (struct bsrread){0};
}

/* ---- which job ---- */

static bool is_one(const struct bsrfile_numbers *n)
{
	return n->count == 1 && n->ranges[0].first == n->ranges[0].last;
}

/* Does the section say of which session it is? */
static bool names_job(const struct bsrfile_section *s)
{
	return is_one(&s->ids) && is_one(&s->times);
}

/* Is the section, as far as it says, of this job? */
static bool is_of(const struct bsrfile_section *s, const char *job)
{
	if (job == NULL || !names_job(s))
		return true;
	const struct naming_job names = {.session_id = s->ids.ranges[0].first, .session_time = s->times.ranges[0].first, .job = ""};
	return naming_is_job(job, &names);
}

static int refuse_second(const struct bsrread *r, const struct bsrfile_section *s, struct err *e)
{
	return err_set(e, XE_USAGE,
		       "the bootstrap is of several jobs, of the sessions %u/%u and %u/%u among them: say with --job SESSIONID/SESSIONTIME "
		       "which one is wanted, one run for each",
		       r->session_id, r->session_time, s->ids.ranges[0].first, s->times.ranges[0].first);
}

static int learn_job(struct bsrread *r, const struct bsrfile *b, const char *job, struct err *e)
{
	const struct bsrfile_section *first = NULL;
	for (size_t i = 0; i < b->section_count; i++) {
		const struct bsrfile_section *s = &b->sections[i];
		if (!is_of(s, job))
			continue;
		first = first ? first : s;
		r->any_job = r->any_job || !names_job(s);
		if (r->any_job)
			continue;
		if (s != first && (s->ids.ranges[0].first != r->session_id || s->times.ranges[0].first != r->session_time))
			return refuse_second(r, s, e);
		r->session_id = s->ids.ranges[0].first;
		r->session_time = s->times.ranges[0].first;
	}
	return first ? 0
		     : err_set(e, XE_USAGE,
			       "the bootstrap asks for no job %s; with --bsr a job is called by its session, SESSIONID/SESSIONTIME", job);
}

/* ---- which files ---- */

static int check_lines(const struct bsrfile *b, const struct bsrfile_section *s, struct err *e)
{
	for (size_t i = s->first_line; i < s->first_line + s->lines; i++) {
		const struct bsrfile_line *l = &b->lines[i];
		if (l->kind == BSRFILE_OTHER)
			return err_set(e, XE_USAGE, "line %lu of the bootstrap: nothing is chosen by that here: %.*s", l->number,
				       (int)(l->text.len < 80 ? l->text.len : 80), (const char *)l->text.data);
	}
	return 0;
}

static int learn_files(struct bsrread *r, const struct bsrfile *b, const char *job, struct err *e)
{
	bool some = false;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < b->section_count; i++) {
		const struct bsrfile_section *s = &b->sections[i];
		if (!is_of(s, job))
			continue;
		r->all_files = r->all_files || s->all_files;
		some = some || !s->all_files;
		rc = check_lines(b, s, e);
		for (size_t k = 0; rc == 0 && k < s->files.count; k++)
			rc = indexes_add(&r->files, s->files.ranges[k].first, s->files.ranges[k].last, e);
	}
	if (rc == 0 && some && r->all_files)
		rc = err_set(e, XE_USAGE,
			     "some sections of the bootstrap name files (FileIndex), and some do not: it cannot be told which are meant");
	return rc;
}

/* ---- which blocks ---- */

static int add_range(struct bsrread *r, uint64_t from, uint64_t to, struct err *e)
{
	struct reader_range *all = array_reach(r->ranges, &r->range_room, r->range_count, sizeof *all);
	if (all == NULL)
		return err_memory(e, (r->range_count + 1) * sizeof *all, "the bootstrap");
	r->ranges = all;
	all[r->range_count++] = (struct reader_range){.input = r->order_count - 1, .from = from, .to = to};
	return 0;
}

/* Of VolFile and VolBlock, the upper and the lower half of an address, the first range counts: a director wrote no other. */
struct halves {
	bool file, block;
	uint64_t file_first, file_last, block_first, block_last;
};

static int take_address(struct bsrread *r, const struct bsrfile_line *l, struct halves *h, struct err *e)
{
	struct span rest = l->value;
	uint64_t first, last;
	bool more = true;
	int rc = 0;
	while (rc == 0 && more) {
		if (!bsrfile_next_range(&rest, &first, &last, &more))
			return err_set(e, XE_USAGE, "line %lu of the bootstrap: not an address, A-B, or several with commas between",
				       l->number);
		if (bsrfile_is(l, "voladdr"))
			rc = add_range(r, first, last, e);
		else if (first > UINT32_MAX || last > UINT32_MAX)
			rc = err_set(e, XE_USAGE, "line %lu of the bootstrap: too large a number", l->number);
		else if (bsrfile_is(l, "volfile") && !h->file)
			h->file = true, h->file_first = first, h->file_last = last;
		else if (bsrfile_is(l, "volblock") && !h->block)
			h->block = true, h->block_first = first, h->block_last = last;
	}
	return rc;
}

/* Adds what the section wants of the input at hand. */
static int add_places(struct bsrread *r, const struct bsrfile *b, const struct bsrfile_section *s, struct err *e)
{
	struct halves h = {0};
	size_t before = r->range_count;
	int rc = 0;
	for (size_t i = s->first_line; rc == 0 && i < s->first_line + s->lines; i++) {
		if (b->lines[i].kind == BSRFILE_ADDRESS)
			rc = take_address(r, &b->lines[i], &h, e);
	}
	if (rc != 0 || r->range_count > before)
		return rc;
	if (h.file && h.block)
		return add_range(r, h.file_first << 32 | h.block_first, h.file_last << 32 | h.block_last, e);
	return add_range(r, 0, UINT64_MAX, e);
}

static int add_input(struct bsrread *r, size_t input, struct err *e)
{
	size_t *all = array_reach(r->order, &r->order_room, r->order_count, sizeof *all);
	if (all == NULL)
		return err_memory(e, (r->order_count + 1) * sizeof *all, "the bootstrap");
	r->order = all;
	all[r->order_count++] = input;
	return 0;
}

static int find_volume(const char *name, const char *const *names, size_t count, size_t *input, struct err *e)
{
	for (*input = 0; *input < count && strcmp(names[*input], name) != 0; ++*input)
		;
	return *input < count ? 0
			      : err_set(e, XE_USAGE,
					"the bootstrap wants volume %s, and none of those that are given is called so: give it, too", name);
}

static int learn_places(struct bsrread *r, const struct bsrfile *b, const char *const *names, size_t count, const char *job, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < b->section_count; i++) {
		const struct bsrfile_section *s = &b->sections[i];
		for (size_t k = 0; rc == 0 && is_of(s, job) && k < s->volume_count; k++) {
			size_t input;
			rc = find_volume(s->volumes[k], names, count, &input, e);
			bool another = rc == 0 && (r->order_count == 0 || r->order[r->order_count - 1] != input);
			if (another)
				rc = add_input(r, input, e);
			if (rc == 0)
				rc = add_places(r, b, s, e);
		}
	}
	r->range_count = reading_settle(r->ranges, r->range_count);
	return rc;
}

int bsrread_make(struct bsrread *r, const struct bsrfile *b, const char *const *names, size_t count, const char *job, struct err *e)
{
	int rc = learn_job(r, b, job, e);
	if (rc == 0)
		rc = learn_files(r, b, job, e);
	return rc == 0 && names ? learn_places(r, b, names, count, job, e) : rc;
}
