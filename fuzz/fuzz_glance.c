/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What blocks tell of their sessions, from any bytes, in one stretch or in two, as the two ends of a volume or as all of it; and the units
 * that two such volumes make.  The first byte says which. */
#include "fuzz/fuzz.h"

#include "volume/glanceblocks.h"
#include "volume/units.h"

static size_t take(struct glanceblocks *b, const uint8_t *data, size_t len, size_t skip, bool end)
{
	struct err e = {0};
	size_t used = SIZE_MAX;
	FUZZ_MUST(glanceblocks_take(b, data, len, skip, end, &used, &e) == 0);
	FUZZ_MUST(used <= len && (!end || used == len));
	return used;
}

static void check(const struct glance *g)
{
	for (size_t i = 0; i < g->session_count; i++) {
		const struct glance_session *s = &g->sessions[i];
		FUZZ_MUST(!(s->begins && s->ends) && (s->id || s->time));
		FUZZ_MUST((!s->begins || s->begin_seen) && (!s->ends || s->end_seen) && (!g->whole || (s->begin_seen && s->end_seen)));
		FUZZ_MUST(s->first_number > 0 && s->first_number <= s->last_number);
		FUZZ_MUST(memchr(s->job, 0, sizeof s->job) != NULL);
		FUZZ_MUST(s->readable || !(s->begins || s->ends || s->labelled || s->first_index || s->rest_before || s->rest_behind));
	}
}

/* cut: where the second stretch begins; of two ends, what lies between is not looked at. */
static void look(struct glance *g, const uint8_t *data, size_t len, size_t cut, bool ends)
{
	struct glanceblocks b = {.g = g, .follows = true};
	struct err e = {0};
	size_t used = take(&b, data, cut, 0, false);
	uint64_t before = b.seen;
	b.follows = b.follows && !ends;
	take(&b, data + (ends ? cut : used), len - (ends ? cut : used), ends ? g->largest : 0, true);
	FUZZ_MUST(glanceblocks_settle(&b, !ends, before, &e) == 0);
	glanceblocks_free(&b);
	check(g);
}

static void find_units(const struct glance *a, const struct glance *b)
{
	const struct units_input inputs[] = {{"a", a}, {"b", b}};
	struct units u;
	struct err e = {0};
	FUZZ_MUST(units_find(&u, inputs, 2, &e) == 0);
	FUZZ_MUST(u.count == 1 || u.count == 2);
	FUZZ_MUST(u.volumes[0] + u.volumes[1] == 1);
	for (size_t i = 0; i < u.count; i++)
		FUZZ_MUST(u.all[i].count == 3 - u.count && u.all[i].name[0] && strchr(u.all[i].name, '/') == NULL &&
			  u.all[i].name[0] != '.');
	for (size_t i = 0; i < u.remark_count; i++)
		FUZZ_MUST(u.remarks[i].volume < 2 && u.remarks[i].other < 2);
	units_free(&u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct glance a = {0}, b = {0};
	if (size == 0)
		return 0;
	size_t len = size - 1, half = len / 2, cut = half * (data[0] >> 1) / 127;
	look(&a, data + 1, half, cut, data[0] & 1);
	look(&b, data + 1 + half, len - half, cut, data[0] & 1);
	glanceblocks_has(data + 1, len);
	find_units(&a, &b);
	glance_free(&a);
	glance_free(&b);
	return 0;
}
