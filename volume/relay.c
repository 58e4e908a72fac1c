/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/relay.h"

#include <stddef.h>

static int on_job(void *arg, const struct course *course, struct err *e)
{
	const struct observer *to = ((struct relay *)arg)->to;
	return to->job(to->arg, course, e);
}

static void on_finding(void *arg, const struct finding *f)
{
	relay_finding(arg, f);
}

static void on_block(void *arg, const struct item *block)
{
	const struct observer *to = ((struct relay *)arg)->to;
	to->block(to->arg, block);
}

static void on_end_volume(void *arg, const struct volume_info *v)
{
	const struct observer *to = ((struct relay *)arg)->to;
	to->end_volume(to->arg, v);
}

static bool on_proves(void *arg, const struct job *job)
{
	const struct observer *to = ((struct relay *)arg)->to;
	return to->proves(to->arg, job);
}

static int on_finish(void *arg, struct err *e)
{
	return relay_finish(arg, e);
}

void relay_begin(struct relay *r, const struct observer *to, int (*record)(void *arg, const struct plain_item *plain, struct err *e),
		 int (*finish)(void *arg, struct err *e))
{
	r->to = to;
	r->observer = (struct observer){
		.arg = r,
		.job = to->job ? on_job : NULL,
		.record = record,
		.finding = on_finding,
		.block = to->block ? on_block : NULL,
		.end_volume = to->end_volume ? on_end_volume : NULL,
		.finish = finish ? finish : on_finish,
		.proves = to->proves ? on_proves : NULL,
	};
}

int relay_record(const struct relay *r, const struct plain_item *plain, struct err *e)
{
	return r->to->record(r->to->arg, plain, e);
}

void relay_finding(const struct relay *r, const struct finding *f)
{
	r->to->finding(r->to->arg, f);
}

int relay_finish(const struct relay *r, struct err *e)
{
	return r->to->finish ? r->to->finish(r->to->arg, e) : 0;
}
