/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "restore/nowhere.h"

static int take(void *arg, const struct object *o, struct made *m, struct err *e)
{
	(void)arg;
	(void)e;
	*m = (struct made){.how = MADE, .path = o->path};
	return 0;
}

static int write_at(void *arg, uint64_t at, struct span data, struct made *m, struct err *e)
{
	(void)arg;
	(void)at;
	(void)data;
	(void)e;
	*m = (struct made){.how = MADE};
	return 0;
}

static int end(void *arg, const struct object *o, enum ending how, uint64_t size, struct made *m, struct err *e)
{
	(void)how;
	(void)size;
	return take(arg, o, m, e);
}

static int finish(void *arg, bool whole, struct finished *f, struct err *e)
{
	(void)arg;
	(void)whole;
	(void)e;
	*f = (struct finished){0};
	return 0;
}

const struct target nowhere_target = {.begin = take, .write = write_at, .end = end, .make = take, .finish = finish};
