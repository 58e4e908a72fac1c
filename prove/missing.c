/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prove/missing.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

void missing_free(struct missing *m)
{
	free(m->ranges);
	*m = (struct missing){0};
}

static uint64_t files_in(struct missing_range r)
{
	return (uint64_t)((int64_t)r.last - r.first + 1);
}

uint64_t missing_files(const struct missing *m)
{
	uint64_t files = m->unlisted;
	for (size_t i = 0; i < m->count; i++)
		files += files_in(m->ranges[i]);
	return files;
}

uint64_t missing_unhurt(const struct missing *m)
{
	uint64_t files = 0;
	for (size_t i = 0; i < m->count; i++)
		files += m->ranges[i].hurt ? 0 : files_in(m->ranges[i]);
	return files;
}

/* Puts a range at place at, those behind it move up. */
static int insert(struct missing *m, size_t at, struct missing_range r, struct err *e)
{
	if (m->count >= MISSING_RANGES) {
		m->unlisted += files_in(r);
		return 0;
	}
	struct missing_range *ranges = array_reach(m->ranges, &m->cap, m->count, sizeof *ranges);
	if (ranges == NULL)
		return err_memory(e, sizeof *ranges, "missing files");
	m->ranges = ranges;
	memmove(m->ranges + at + 1, m->ranges + at, (m->count - at) * sizeof *m->ranges);
	m->ranges[at] = r;
	m->count++;
	return 0;
}

/* It came late: blocks may stand in another order. */
static int fill(struct missing *m, int32_t file_index, struct err *e)
{
	size_t low = 0, high = m->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (m->ranges[mid].last < file_index)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == m->count || m->ranges[low].first > file_index)
		return 0;
	struct missing_range *r = &m->ranges[low];
	if (r->first == r->last) {
		memmove(r, r + 1, (m->count - low - 1) * sizeof *r);
		m->count--;
	} else if (r->first == file_index) {
		r->first++;
	} else {
		struct missing_range behind = *r;
		r->last = file_index - 1;
		if (file_index < behind.last)
			return insert(m, low + 1, (struct missing_range){file_index + 1, behind.last, behind.hurt}, e);
	}
	return 0;
}

int missing_see(struct missing *m, int32_t file_index, bool hurt, struct err *e)
{
	if (file_index <= m->highest)
		return fill(m, file_index, e);
	struct missing_range before = {m->highest + 1, file_index - 1, hurt};
	bool known = m->begun || m->highest > 0 || hurt;
	m->highest = file_index;
	return known && before.first <= before.last ? insert(m, m->count, before, e) : 0;
}

int missing_end(struct missing *m, uint32_t job_files, bool hurt, struct err *e)
{
	int32_t last = job_files > INT32_MAX ? INT32_MAX : (int32_t)job_files;
	while (m->count > 0 && m->ranges[m->count - 1].first > last)
		m->count--;
	if (m->count > 0 && m->ranges[m->count - 1].last > last)
		m->ranges[m->count - 1].last = last;
	if (last <= m->highest || (!m->begun && m->highest == 0))
		return 0;
	struct missing_range behind = {m->highest + 1, last, hurt};
	m->highest = last;
	return insert(m, m->count, behind, e);
}
