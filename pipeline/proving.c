/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/proving.h"

struct filter *proving_filter(const struct filter_options *run, struct verify *v)
{
	struct filter_options o = *run;
	o.inflate = true;
	/* Of a block whose checksum alone is wrong the digests tell which of its files is hurt. */
	o.on_damage = ON_DAMAGE_KEEP;
	o.incomplete_ok = true;
	o.observer = verify_observer(v);
	return filter_new(&o);
}

static const struct missing *missing_of(const void *filter, const struct job *job)
{
	return filter_missing(filter, job);
}

int proving_run(struct filter *f, struct verify *v, struct err *e)
{
	int rc = filter_run(f, e);
	verify_learn_missing(v, missing_of, f);
	return rc != 0 ? rc : verify_finish(v, e);
}
