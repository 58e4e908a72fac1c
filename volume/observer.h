/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who looks on while volumes are read, and writes nothing: everything comes in the order of the data, by one thread at a time. */
#ifndef VOLUME_OBSERVER_H
#define VOLUME_OBSERVER_H

#include "volume/finding.h"
#include "volume/outrecord.h"

struct course; /* prove/course.h */

/* What they return, < 0, ends the run.  NULL: not wanted, but for record and finding. */
struct observer {
	void *arg;
	/* A job appears, before all else of it.  course lives as long as the run's filter. */
	int (*job)(void *arg, const struct course *course, struct err *e);
	/* A record that the stages made plain, or could not: then as it was. */
	int (*record)(void *arg, const struct plain_item *plain, struct err *e);
	void (*finding)(void *arg, const struct finding *damage);
	void (*block)(void *arg, const struct item *block);         /* before its records */
	void (*end_volume)(void *arg, const struct volume_info *v); /* all is known of it */
	int (*finish)(void *arg, struct err *e);                    /* it was the last one */
	/* Are all files of this job proved?  Then some are counted ahead (struct counted).  Asked by any thread at any time. */
	bool (*proves)(void *arg, const struct job *job);
};

#endif
