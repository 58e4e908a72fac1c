/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A map, with a checksum that is right, and the SQL that is made of it. */
#include "fuzz.h"

#include "catalog/sql.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

static void write_scripts(const struct mapped_list *maps)
{
	struct plan plan = {0};
	struct err e = {0};
	static char text[1 << 16];
	FILE *out = fmemopen(text, sizeof text, "w");
	FUZZ_MUST(out != NULL);
	if (plan_make(&plan, maps, &e) == 0) {
		FUZZ_MUST(plan.count <= maps->count && plan.chains <= plan.count);
		sql_write(out, &plan, &(struct sql_options){.database = SQL_SQLITE, .bareos = true}, NULL);
		sql_write(out, &plan, &(struct sql_options){.database = SQL_MYSQL, .undo = true}, NULL);
	}
	fclose(out);
	plan_free(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[FUZZ_PATH_BYTES], last[32];
	int n = snprintf(last, sizeof last, "xxh64\t%016llx\n", (unsigned long long)XXH64(data, size, 0));
	uint8_t *whole = malloc(size + (size_t)n);
	FUZZ_MUST(whole != NULL);
	memcpy(whole, data, size);
	memcpy(whole + size, last, (size_t)n);
	int fd = fuzz_file(whole, size + (size_t)n, path);
	struct mapped_list maps = {0};
	struct err e = {0};
	if (mapfile_read(&maps, path, &e) == 0)
		write_scripts(&maps);
	else
		FUZZ_MUST(maps.count == 0 && e.text[0]);
	mapped_list_free(&maps);
	close(fd);
	free(whole);
	return 0;
}
