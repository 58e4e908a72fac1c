/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What observers share that stand in front of another one: they see records otherwise, and all else passes as it is. */
#ifndef VOLUME_RELAY_H
#define VOLUME_RELAY_H

#include "volume/observer.h"

/* The first member of theirs: what their functions get for arg is the relay, and with it they. */
struct relay {
	struct observer observer;
	const struct observer *to;
};

/* record, and finish if it is not NULL, are theirs; finish then ends with relay_finish.  to stays where it is. */
void relay_begin(struct relay *r, const struct observer *to, int (*record)(void *arg, const struct plain_item *plain, struct err *e),
		 int (*finish)(void *arg, struct err *e));

/* To the one behind.  What that returns. */
int relay_record(const struct relay *r, const struct plain_item *plain, struct err *e) __attribute__((warn_unused_result));
void relay_finding(const struct relay *r, const struct finding *f);
int relay_finish(const struct relay *r, struct err *e) __attribute__((warn_unused_result));

#endif
