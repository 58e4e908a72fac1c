/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mount/wounds.h"

static const char gone[] = "some of it is damaged or lost";
#define DOUBT "it stands in a block whose checksum is wrong, and no digest says that it is right all the same"
#define UNPROVED "its content is not what its digest says, and nothing tells where"

static void add(struct wounds *w, uint64_t from, uint64_t to, const char *why)
{
	if (from >= to)
		return;
	if (w->count == WOUNDS_MAX) {
		struct wounds_range *last = &w->ranges[WOUNDS_MAX - 1];
		last->from = from < last->from ? from : last->from;
		last->to = to > last->to ? to : last->to;
		return;
	}
	w->ranges[w->count++] = (struct wounds_range){from, to, why};
}

void wounds_lose(struct wounds *w, uint64_t at)
{
	w->open_at = w->open ? w->open_at : at;
	w->open = true;
}

/* What was open reaches to here. */
static void close_at(struct wounds *w, uint64_t at)
{
	if (!w->open)
		return;
	w->open = false;
	if (w->addressed) {
		add(w, w->open_at, at, gone);
		return;
	}
	w->first = w->torn ? w->first : w->open_at;
	w->last = w->open_at;
	w->torn = true;
}

static void measure(struct wounds *w, uint64_t bytes)
{
	if (bytes == 0)
		return;
	w->uneven = w->uneven || (w->unit > 0 && w->last_bytes != w->unit);
	w->unit = w->unit > 0 ? w->unit : bytes;
	w->last_bytes = bytes;
}

void wounds_record(struct wounds *w, bool addressed, uint64_t lo, uint64_t hi, uint64_t bytes, bool doubt)
{
	w->addressed = w->addressed || addressed;
	close_at(w, lo);
	measure(w, bytes);
	if (lo < hi)
		w->last_lo = lo;
	if (doubt)
		add(w, lo, hi, DOUBT);
}

bool wounds_misplaced(const struct wounds *w)
{
	bool gaps = w->open && w->addressed;
	for (unsigned i = 0; i < w->count; i++)
		gaps = gaps || w->ranges[i].why == gone;
	return w->addressed && gaps;
}

/* Only a size that was counted tells how much is missing: that of the attributes is from before the file was read, and it may have changed. */
static uint64_t shift_of(const struct wounds *w, uint64_t end, uint64_t size, bool counted)
{
	bool even = !w->uneven && w->unit > 0 && w->last_bytes <= w->unit;
	bool between = w->torn && w->last < end && size > end;
	return counted && even && between && (size - end) % w->unit == 0 ? size - end : 0;
}

void wounds_end(struct wounds *w, uint64_t end, uint64_t size, bool lost, bool proves, bool counted)
{
	if (lost)
		wounds_lose(w, end);
	close_at(w, size);
	w->shift = shift_of(w, end, size, counted && proves && !lost);
	for (unsigned i = 0; i < w->count; i++) {
		w->ranges[i].from += w->ranges[i].from >= w->last ? w->shift : 0;
		w->ranges[i].to += w->ranges[i].to > w->last ? w->shift : 0;
	}
	if (w->torn)
		add(w, w->first, w->shift > 0 ? w->last + w->shift : UINT64_MAX, gone);
	else if (!w->addressed && end < size)
		add(w, end, size, gone);
	if (w->count == 0 && proves)
		add(w, w->last_lo, size, UNPROVED);
}

void wounds_deny(struct wounds *w, uint64_t size, const char *why)
{
	uint64_t last = w->last_lo < size ? w->last_lo : size > 0 ? size - 1 : 0;
	if (w->count == 0)
		add(w, last, size, why);
}

bool wounds_touch(const struct wounds *w, uint64_t at, uint64_t n)
{
	if ((w->open && at + n > w->open_at) || (w->torn && at + n > w->first))
		return true;
	for (unsigned i = 0; i < w->count; i++) {
		if (at < w->ranges[i].to && at + n > w->ranges[i].from)
			return true;
	}
	return false;
}

bool wounds_sound(const struct wounds *w, uint64_t *at, uint64_t n, const char **why)
{
	for (unsigned i = 0; i < w->count; i++) {
		const struct wounds_range *r = &w->ranges[i];
		if (*at<r->to && * at + n> r->from) {
			*why = r->why;
			return false;
		}
	}
	if (w->shift > 0 && *at >= w->last + w->shift)
		*at -= w->shift;
	return true;
}
