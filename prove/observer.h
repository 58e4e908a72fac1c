/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who looks on while volumes are read, and writes nothing: everything comes in the order of the data, by one thread at a time. */
#ifndef PROVE_OBSERVER_H
#define PROVE_OBSERVER_H

#include "prove/course.h"
#include "volume/finding.h"
#include "volume/outrecord.h"

/* What they return, < 0, ends the run. */
struct observer {
	void *arg;
	/* A job appears, before all else of it.  course lives as long as the run's filter.  NULL: not wanted. */
	int (*job)(void *arg, const struct course *course, struct err *e);
	/* A record that the stages made plain, or could not: then as it was. */
	int (*record)(void *arg, const struct plain_item *plain, struct err *e);
	void (*finding)(void *arg, const struct finding *damage);
	void (*block)(void *arg, const struct item *block);         /* before its records; NULL: not wanted */
	void (*end_volume)(void *arg, const struct volume_info *v); /* all is known of it; NULL: not wanted */
	int (*finish)(void *arg, struct err *e);                    /* it was the last one */
};

#endif
