/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate catalog rows: the query for the rows of converted volumes. */
#include "cmd/catalog/catalog.h"

#include "base/msg.h"
#include "catalog/plan.h"

#include <stdlib.h>

struct request {
	struct catalog_maps maps;
	int product; /* enum catalog_product, -1 */
};

/* Names before and behind the conversion: an applied rename is found too. */
static int print_query(const struct plan *p, bool bareos, struct err *e)
{
	const char **names = calloc(p->count * 2, sizeof *names);
	if (names == NULL)
		return err_memory(e, p->count * 2 * sizeof *names, "the names");
	size_t count = 0;
	for (size_t i = 0; i < p->count; i++) {
		names[count++] = p->volumes[i].from->name;
		if (strcmp(p->volumes[i].from->name, p->volumes[i].to->new_name) != 0)
			names[count++] = p->volumes[i].to->new_name;
	}
	rows_query(stdout, names, count, bareos);
	free(names);
	return 0;
}

static int run(struct request *q, const struct operands *maps, struct err *e)
{
	struct plan plan = {0};
	q->maps = (struct catalog_maps){.paths = maps->names, .count = maps->count};
	bool bareos;
	int rc = catalog_read_maps(&q->maps, e);
	if (rc == 0)
		rc = plan_make(&plan, &q->maps.list, e);
	if (rc == 0)
		rc = catalog_whose(&q->maps.list, q->product, &bareos, e);
	if (rc == 0)
		rc = print_query(&plan, bareos, e);
	plan_free(&plan);
	return rc;
}

static const struct option_row options[] = {
	OPTION_WORD(0, "product", catalog_products, struct request, product),
	OPTIONS_END,
};

static int cmd_rows(int argc, char **argv)
{
	struct request q = {.product = -1};
	struct operands rest;
	struct err e = {0};
	int status;
	if (options_parse(&command_catalog_rows, argc, argv, &q, &rest, &status))
		status = run(&q, &rest, &e) != 0 ? msg_fail(&e) : 0;
	catalog_free_maps(&q.maps);
	return status;
}

const struct command command_catalog_rows = {
	.name = "rows",
	.path = "catalog rows",
	.summary = "the query for the rows of converted volumes",
	.help = "Usage: xflate catalog rows [OPTIONS] MAP... > query\n"
		"\n"
		"Prints one query: what a catalog has of the volumes of these maps.  Its answer is\n"
		"what catalog sql --rows wants, as the client prints it:\n"
		"\n"
		"  psql -X -A -t -f query CATALOG > rows\n"
		"  mysql -B -N CATALOG < query > rows\n"
		"  sqlite3 CATALOG < query > rows\n"
		"\n"
		"      --product bareos|bacula\n"
		"                       whose catalog (default: as the volumes' labels say)\n"
		"\n"
		"Exit status: 0; 1 a map cannot be read; 2 wrong usage; 3 a map is damaged.\n",
	.run = cmd_rows,
	.options = options,
	.operands = "at least one MAP",
	.operands_min = 1,
	.operands_max = SIZE_MAX,
};
