/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/reading.h"

#include <stdlib.h>

static int by_place(const void *a, const void *b)
{
	const struct reader_range *x = a, *y = b;
	if (x->input != y->input)
		return x->input < y->input ? -1 : 1;
	return x->from < y->from ? -1 : x->from > y->from;
}

size_t reading_settle(struct reader_range *ranges, size_t count)
{
	size_t n = 0;
	if (count > 0)
		qsort(ranges, count, sizeof *ranges, by_place);
	for (size_t i = 0; i < count; i++) {
		struct reader_range *last = n > 0 ? &ranges[n - 1] : NULL;
		const struct reader_range next = ranges[i];
		if (last && last->input == next.input && next.from <= last->to)
			last->to = next.to > last->to ? next.to : last->to;
		else
			ranges[n++] = next;
	}
	return n;
}

int reading_once_only(struct err *e)
{
	return err_set(e, XE_USAGE,
		       "can be read only once: what is before or behind a volume has to be a file, or a folder that is a volume");
}
