/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An ordered worker pool over a ring of slots. */
#ifndef PIPELINE_POOL_H
#define PIPELINE_POOL_H

#include "base/tasks.h"

#include <stddef.h>

struct pool_job {
	void *arg;
	/* Fills slot with the next input.  Called by one thread at a time, in order.  False: this was the last one. */
	bool (*read)(void *arg, void *slot);
	/* Converts slot.  Any number at a time; worker < threads names the thread's own working memory. */
	void (*work)(void *arg, void *slot, unsigned worker);
	/* Takes the result of slot.  Called by one thread at a time, in the order of read.  False: stop everything. */
	bool (*write)(void *arg, void *slot, unsigned worker);
	/* Called once when write has stopped everything: ends a read that waits.  NULL: reads never wait. */
	void (*cancel)(void *arg);
	/* What is posted there is done by threads that would wait otherwise.  NULL: there are none. */
	struct tasks *tasks;
};

/* Slots that keep `threads` busy. */
size_t pool_slots(unsigned threads);

/* Runs the job with `threads` threads, the caller being one of them (so 1 starts none), over slots[pool_slots()]; with
 * fewer where the system gives no more.  Returns false without memory (then nothing was read); a stop asked for by write
 * is no failure. */
bool pool_run(const struct pool_job *job, unsigned threads, void *const *slots);

#endif
