/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate catalog rows: the query for what a catalog has of volumes. */
#include "cmd/catalog/catalog.h"

#include "base/msg.h"
#include "catalog/measure.h"
#include "catalog/plan.h"
#include "cmd/catalog/inputs.h"

#include <stdlib.h>
#include <string.h>

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

/* Of a volume its label is enough.  A pipe, which cannot be looked into without being used up, brings a map. */
static int read_operand(struct mapped_list *l, const char *path, struct err *e)
{
	const struct medium *medium = strcmp(path, "-") == 0 ? NULL : medium_at(path);
	bool volume = medium && (medium->by_block || medium->rereadable) && !mapfile_is(path);
	return volume ? measure_label(path, l, e) : mapfile_read(l, path, e);
}

static int run(struct request *q, const struct operands *operands, struct err *e)
{
	struct plan plan = {0};
	q->maps = (struct catalog_maps){.paths = operands->names, .count = operands->count};
	bool bareos;
	int rc = catalog_read(&q->maps, read_operand, e);
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
	.summary = "the query for what a catalog has of volumes",
	.help = "Usage: xflate catalog rows [OPTIONS] MAP|VOLUME... > query\n"
		"\n"
		"Prints one query: what a catalog has of these volumes, or those of maps.  Of a\n"
		"volume its label is read and no more.  The answer is what catalog sql --rows and\n"
		"catalog check --rows want, as the client prints it:\n"
		"\n"
		"  psql -X -A -t -f query CATALOG > rows\n"
		"  mysql -B -N CATALOG < query > rows\n"
		"  sqlite3 CATALOG < query > rows\n"
		"\n"
		"      --product bareos|bacula\n"
		"                       whose catalog (default: as the volumes' labels say)\n"
		"\n"
		"Exit status: 0; 1 something cannot be read, or a map is damaged; 2 wrong usage.\n",
	.run = cmd_rows,
	.options = options,
	.operands = "at least one MAP or VOLUME",
	.operands_min = 1,
	.operands_max = SIZE_MAX,
};
