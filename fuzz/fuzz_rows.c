/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a database's client printed. */
#include "fuzz.h"

#include "catalog/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[FUZZ_PATH_BYTES];
	int fd = fuzz_file(data, size, path);
	struct rows rows = {0};
	struct err e = {0};
	if (rows_read(&rows, path, &e) == 0) {
		FUZZ_MUST(rows.version > 0);
		for (size_t i = 0; i < rows.jobmedia_count; i++) {
			FUZZ_MUST(i == 0 || rows.jobmedia[i - 1].media_id <= rows.jobmedia[i].media_id);
			FUZZ_MUST(rows.jobmedia[i].at.start <= INT64_MAX && rows.jobmedia[i].at.first >= 0);
		}
		for (size_t i = 0; i < rows.job_count; i++)
			FUZZ_MUST(rows_job(&rows, rows.jobs[i].id) != NULL);
	} else {
		FUZZ_MUST(e.text[0]);
	}
	rows_free(&rows);
	close(fd);
	return 0;
}
