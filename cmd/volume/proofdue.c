/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/proofdue.h"

#include <stdlib.h>

/* ---- the share ---- */

static bool read_number(const char **text, uint32_t *number)
{
	uint64_t n = 0;
	const char *p = *text;
	while (*p >= '0' && *p <= '9' && n <= PROOFDUE_WHOLE_MAX)
		n = n * 10 + (uint64_t)(*p++ - '0');
	bool right = p > *text && n >= 1 && n <= PROOFDUE_WHOLE_MAX;
	*number = right ? (uint32_t)n : 0;
	*text = p;
	return right;
}

bool proofdue_read(const char *text, struct proofdue_share *share)
{
	return read_number(&text, &share->part) && *text++ == '/' && read_number(&text, &share->whole) && *text == '\0' &&
	       share->part <= share->whole;
}

/* One of unknown size counts, too. */
static uint64_t weight(const struct proofdue_unit *u)
{
	return u->bytes > 0 ? u->bytes : 1;
}

static uint64_t weigh(const struct proofdue_unit *units, size_t count)
{
	uint64_t all = 0;
	for (size_t i = 0; i < count; i++)
		all += weight(&units[i]);
	return all;
}

/* Rounded up, in steps that do not overflow. */
static uint64_t of_all(uint64_t all, struct proofdue_share share)
{
	if (share.whole == 0)
		return all;
	uint64_t rest = all % share.whole * share.part;
	return all / share.whole * share.part + rest / share.whole + (rest % share.whole > 0);
}

/* ---- the order ---- */

struct ranked {
	const struct proofdue_unit *unit;
	size_t index;
};

static int by_need(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->unit->failed != y->unit->failed)
		return x->unit->failed ? -1 : 1;
	if (x->unit->looked != y->unit->looked)
		return x->unit->looked < y->unit->looked ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

static void take(struct proofdue *d, const struct ranked *ranked, size_t count, uint64_t share)
{
	uint64_t taken = 0;
	for (size_t i = 0; i < count; i++) {
		bool failed = ranked[i].unit->failed;
		d->order[i] = ranked[i].index;
		d->failed += failed;
		d->due += failed || taken < share;
		taken += failed ? 0 : weight(ranked[i].unit);
	}
}

int proofdue_choose(struct proofdue *d, const struct proofdue_unit *units, size_t count, struct proofdue_share share, struct err *e)
{
	struct ranked *ranked = calloc(count + 1, sizeof *ranked);
	*d = (struct proofdue){.order = calloc(count + 1, sizeof *d->order)};
	int rc = ranked && d->order ? 0 : err_memory(e, count * sizeof *ranked, "the units");
	for (size_t i = 0; rc == 0 && i < count; i++)
		ranked[i] = (struct ranked){&units[i], i};
	if (rc == 0) {
		qsort(ranked, count, sizeof *ranked, by_need);
		take(d, ranked, count, of_all(weigh(units, count), share));
	}
	free(ranked);
	return rc;
}

void proofdue_free(struct proofdue *d)
{
	free(d->order);
	*d = (struct proofdue){.order = NULL};
}
