/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a bootstrap asks to be read of two volumes: a byte of flags, then its text.  What it gives is what a reader takes. */
#include "fuzz.h"

#include "catalog/bsrread.h"

enum { JOB = 1, WHOLE = 2 }; /* '0' is neither */

static void is_in_order(const struct bsrread *r)
{
	for (size_t i = 0; i < r->range_count; i++) {
		const struct reader_range *range = &r->ranges[i], *before = i > 0 ? &r->ranges[i - 1] : NULL;
		FUZZ_MUST(range->input < r->order_count && r->order[range->input] < 2 && range->from <= range->to);
		FUZZ_MUST(before == NULL || range->input > before->input || (range->input == before->input && range->from > before->to));
	}
	for (size_t i = 0; i < r->files.count; i++)
		FUZZ_MUST(r->files.ranges[i].first > 0 && r->files.ranges[i].first <= r->files.ranges[i].last);
	FUZZ_MUST(r->all_files || r->files.count > 0);
	FUZZ_MUST(r->all_files == (r->files.count == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"A", "B"};
	struct bsrfile b = {0};
	struct bsrread r = {0};
	struct err e = {0};
	unsigned flags = size > 0 ? data[0] : 0;
	if (size > 0 && bsrfile_parse(&b, (struct span){data + 1, size - 1}, &e) == 0) {
		int rc = bsrread_make(&r, &b, flags & WHOLE ? NULL : names, 2, flags & JOB ? "1/50" : NULL, &e);
		FUZZ_MUST(rc == e.code && (rc == 0 || e.text[0]));
		FUZZ_MUST(!(flags & WHOLE) || r.range_count == 0);
		if (rc == 0)
			is_in_order(&r);
	}
	bsrread_free(&r);
	bsrfile_free(&b);
	return 0;
}
