/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/watched.h"

struct watched {
	struct filter *filter;
	uint64_t total;
};

static void on_progress(void *arg, struct progress_state *state)
{
	const struct watched *w = arg;
	uint64_t out;
	state->total = w->total;
	filter_progress(w->filter, &state->done, &out);
	state->reads_only = true;
}

int watched_run(struct filter *f, enum progress_mode mode, uint64_t total, struct err *e)
{
	struct watched w = {f, total};
	progress_start(mode, on_progress, &w);
	int rc = filter_run(f, e);
	progress_stop();
	return rc;
}
