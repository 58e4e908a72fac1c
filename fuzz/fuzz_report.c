/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A report of filter, read again: alone, as what an earlier run has left, and as one of many; and the same bytes as a plan. */
#include "fuzz.h"

#include "cmd/volume/reportmerge.h"
#include "cmd/volume/unitstate.h"

static void as_earlier(const char *path)
{
	const char *const inputs[] = {"/dev/null"};
	const struct unitstate_wanted wanted = {.report = path, .request = "--inflate", .inputs = inputs, .input_count = 1};
	struct unitstate s;
	struct err e = {0};
	int rc = unitstate_look(&s, &wanted, UNITSTATE_QUICK, &e);
	FUZZ_MUST(rc == 0 || e.text[0]);
	/* Nothing of the kind stands there. */
	FUZZ_MUST(rc != 0 || !s.done);
	unitstate_free(&s);
}

static void as_many(const char *path)
{
	struct reportmerge m = {0};
	struct err e = {0};
	int plan = reportmerge_add_plan(&m, path, &e);
	FUZZ_MUST(plan == 0 || e.text[0]);
	e = (struct err){0};
	int one = reportmerge_add_report(&m, path, &e);
	FUZZ_MUST(one == 0 || e.text[0]);
	(void)!reportmerge_add_report(&m, path, &(struct err){0});
	e = (struct err){0};
	FUZZ_MUST(reportmerge_judge(&m, &e) == 0);
	FUZZ_MUST(m.report_count == (one == 0 ? 2 : 0));
	FUZZ_MUST(m.done + m.damaged + m.failed + m.missing == (m.has_plan ? m.planned_count : m.done + m.damaged + m.failed));
	reportmerge_free(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[FUZZ_PATH_BYTES];
	int fd = fuzz_file(data, size, path);
	struct reportread r;
	struct err e = {0};
	if (reportread(&r, path, &e) != 0)
		FUZZ_MUST(e.text[0]);
	for (size_t i = 0; i < r.output_count; i++)
		FUZZ_MUST(strlen(r.outputs[i].digest) < STANDING_TEXT_BYTES);
	reportread_free(&r);
	as_earlier(path);
	as_many(path);
	close(fd);
	return 0;
}
