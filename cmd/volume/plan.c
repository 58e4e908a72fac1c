/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate plan: which volumes are to be converted together, and in which order. */
#include "cmd/command.h"

#include "base/msg.h"
#include "cmd/volume/planlists.h"
#include "cmd/volume/volumelist.h"

#include <stdlib.h>

struct request {
	struct volumelist_options list;
	const char *lists; /* NULL: none */
	bool whole, json, largest_first;
};

static const struct option_row rows[] = {
	VOLUMELIST_ROWS(struct request, list),
	OPTION_FLAG(0, "whole", struct request, whole),
	OPTION_FLAG(0, "largest-first", struct request, largest_first),
	OPTION_SOURCE(0, "lists", struct request, lists),
	OPTION_FLAG(0, "json", struct request, json),
	OPTIONS_END,
};

/* What was looked at. */
struct looked {
	struct glance *glances;
	struct units_input *inputs;
	size_t count;
	struct unread unread;
};

static void forget(struct looked *l)
{
	for (size_t i = 0; i < l->count; i++)
		glance_free(&l->glances[i]);
	free(l->glances);
	free(l->inputs);
	unread_free(&l->unread);
}

static int look_at_all(struct looked *l, const struct volumelist *list, bool whole, struct err *e)
{
	struct glance_room room = GLANCE_ROOM_NONE;
	int rc = 0;
	l->glances = calloc(list->count, sizeof *l->glances);
	l->inputs = calloc(list->count, sizeof *l->inputs);
	if (l->glances == NULL || l->inputs == NULL)
		return err_memory(e, list->count * sizeof *l->glances, "the volumes");
	for (size_t i = 0; rc == 0 && i < list->count; i++) {
		struct glance *g = &l->glances[l->count];
		struct err unread = {0};
		if (glance_at(g, list->paths[i], whole, &room, &unread) == 0) {
			l->inputs[l->count++] = (struct units_input){list->paths[i], g};
			continue;
		}
		glance_free(g);
		rc = unread_add(&l->unread, list->paths[i], &unread, e);
	}
	glance_room_free(&room);
	return rc;
}

/* ---- what is told ---- */

struct ranked {
	uint64_t bytes;
	size_t unit;
};

static int by_bytes(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	return x->bytes != y->bytes ? (x->bytes < y->bytes) - (x->bytes > y->bytes) : (x->unit > y->unit) - (x->unit < y->unit);
}

static int put_in_order(struct plan *p, bool largest_first, struct err *e)
{
	size_t n = p->units.count;
	struct ranked *ranked = calloc(n + 1, sizeof *ranked);
	p->order = calloc(n + 1, sizeof *p->order);
	int rc = ranked && p->order ? 0 : err_memory(e, n * sizeof *ranked, "the units");
	for (size_t i = 0; rc == 0 && i < n; i++)
		ranked[i] = (struct ranked){largest_first ? p->units.all[i].bytes : 0, i};
	if (rc == 0)
		qsort(ranked, n, sizeof *ranked, by_bytes);
	for (size_t i = 0; rc == 0 && i < n; i++)
		p->order[i] = ranked[i].unit;
	free(ranked);
	return rc;
}

static int tell_lines(const struct plan *p)
{
	int status = 0;
	for (size_t i = 0; i < p->units.count; i++) {
		if (planout_line(p, i))
			continue;
		msg_error("unit %s: the name of a volume of it cannot stand in a line; --json tells it, and --lists",
			  p->units.all[p->order[i]].name);
		status = 1;
	}
	return status;
}

static void tell_sum(const struct plan *p)
{
	char text[MSG_SIZE_BYTES];
	uint64_t bytes = 0;
	size_t incomplete = 0;
	for (size_t i = 0; i < p->units.count; i++) {
		bytes += p->units.all[i].bytes;
		incomplete += p->units.all[i].incomplete;
	}
	msg_info("%zu unit%s of %zu volume%s, %s; %zu incomplete; %zu not read", p->units.count, p->units.count == 1 ? "" : "s",
		 p->input_count, p->input_count == 1 ? "" : "s", msg_size(bytes, text), incomplete, p->unread->count);
}

static int find_near(const struct plan *p, const struct unit *unit, struct neighbours *near, struct err *e)
{
	const struct glance **all = calloc(unit->count, sizeof(const struct glance *));
	if (all == NULL)
		return err_memory(e, 0, "the volumes' neighbours");
	for (size_t i = 0; i < unit->count; i++)
		all[i] = p->inputs[p->units.volumes[unit->first + i]].glance;
	int rc = neighbours_find(near, all, unit->count, e);
	free(all);
	return rc;
}

static int find_neighbours(struct plan *p, struct err *e)
{
	p->near = calloc(p->units.count + 1, sizeof *p->near);
	int rc = p->near ? 0 : err_memory(e, p->units.count * sizeof *p->near, "the volumes' neighbours");
	for (size_t i = 0; rc == 0 && i < p->units.count; i++)
		rc = find_near(p, &p->units.all[i], &p->near[i], e);
	return rc;
}

static void plan_free(struct plan *p)
{
	for (size_t i = 0; p->near && i < p->units.count; i++)
		neighbours_free(&p->near[i]);
	free(p->near);
	free(p->order);
	units_free(&p->units);
}

static int make_plan(const struct request *q, struct looked *l, int *status, struct err *e)
{
	struct plan p = {.inputs = l->inputs, .input_count = l->count, .unread = &l->unread, .whole = q->whole};
	int rc = units_find(&p.units, l->inputs, l->count, e);
	if (rc == 0)
		rc = put_in_order(&p, q->largest_first, e);
	if (rc == 0 && q->json)
		rc = find_neighbours(&p, e);
	if (rc == 0 && q->lists)
		rc = planlists_write(&p, q->lists, e);
	if (rc == 0) {
		int lines = q->json ? 0 : tell_lines(&p);
		*status = err_worse_status(l->unread.status, err_worse_status(lines, planout_remarks(&p)));
		if (q->json)
			planout_json(&p, *status);
		tell_sum(&p);
	}
	plan_free(&p);
	return rc;
}

static int run(const struct request *q, const struct operands *operands)
{
	struct volumelist list = VOLUMELIST_NONE;
	struct looked l = {0};
	struct err e = {0};
	int status = 0, rc = volumelist_read(&list, &q->list, operands, &e);
	if (rc == 0)
		rc = look_at_all(&l, &list, q->whole, &e);
	if (rc == 0)
		rc = make_plan(q, &l, &status, &e);
	forget(&l);
	volumelist_free(&list);
	return rc == 0 ? status : command_fail(&e, q->json);
}

static int cmd_plan(int argc, char **argv)
{
	struct request q = {0};
	struct operands operands;
	int status;
	if (!options_parse(&command_plan, argc, argv, &q, &operands, &status))
		return status;
	if (operands.count == 0 && q.list.files_from == NULL)
		return msg_usage("plan", "which volumes?");
	status = volumelist_check(&q.list, "plan", &operands);
	return status == 0 ? run(&q, &operands) : status;
}

const struct command command_plan = {
	.name = "plan",
	.path = "plan",
	.summary = "which volumes belong together, in which order",
	.help = "Usage: xflate plan [OPTIONS] VOLUME|FOLDER...\n"
		"\n"
		"Finds the volumes that share jobs, whatever order they are given in.  Those are a\n"
		"unit, to be converted together; every other volume is one by itself.  A line for\n"
		"each, with tabs between: its number, its bytes, its name, its volumes in order.\n"
		"Volumes' labels are read, and a few MiB at both ends.\n"
		"\n"
		"      --recursive      of folders that are no volumes, all volumes in them and\n"
		"                       below\n"
		"      --files-from FILE   the names that FILE holds, a line each; -: standard\n"
		"                       input\n"
		"      --null           they end in NUL there, not in a newline\n"
		"      --whole          every block is read: finds jobs that have blocks only far\n"
		"                       from both ends of a volume, too\n"
		"      --largest-first  units by their bytes, not by their names\n"
		"      --lists FOLDER   a new folder: a file for each unit, NUMBER.NAME, with its\n"
		"                       volumes, for filter --files-from --null\n"
		"      --json           all of it as JSON\n"
		"  -q, --quiet          no last line; -qq: no warnings either\n"
		"  -v, --verbose        what was left out of folders\n"
		"\n"
		"Exit status: 0 all well; 1 something could not be read; 2 wrong usage; 3 a unit\n"
		"lacks a volume, or what was looked at is damaged.\n",
	.run = cmd_plan,
	.options = rows,
};
