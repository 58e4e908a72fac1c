/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pace.h"

#include "base/io.h"

#include <time.h>

#define MAKE_UP_SECONDS 0.1
#define PAUSE_MAX_SECONDS 3600.0

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void pace_keep(struct pace *p, uint64_t n)
{
	if (p->rate == 0)
		return;
	double now = seconds();
	if (p->due < now - MAKE_UP_SECONDS)
		p->due = now - MAKE_UP_SECONDS;
	p->due += (double)n / (double)p->rate;
	for (double left = p->due - now; left > 0; left = p->due - seconds()) {
		if (!io_pause(left < PAUSE_MAX_SECONDS ? left : PAUSE_MAX_SECONDS))
			return;
	}
}
