/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/discard.h"

#include "base/msg.h"
#include "base/quit.h"
#include "cmd/volume/exchange.h"
#include "volume/kin.h"

#include <stdlib.h>

/* A set: its volumes, and their names for the proof. */
struct set {
	struct beside *volumes;
	const char **old, **new;
	size_t count, open;
};

static int set_new(struct set *s, size_t count, struct err *e)
{
	*s = (struct set){
		.volumes = calloc(count, sizeof *s->volumes),
		.old = calloc(count, sizeof *s->old),
		.new = calloc(count, sizeof *s->new),
		.count = count,
	};
	return s->volumes && s->old && s->new ? 0 : err_memory(e, count * sizeof *s->volumes, "a set");
}

static void set_free(struct set *s)
{
	for (size_t i = 0; i < s->open; i++)
		beside_close(&s->volumes[i]);
	free(s->volumes);
	free(s->old);
	free(s->new);
}

static int refuse_state(const struct beside *b, struct err *e)
{
	switch (b->state) {
	case BESIDE_EXCHANGED: return 0;
	case BESIDE_ALONE: return err_set(e, XE_FAILED, "there is no %s" BESIDE_ORIGINAL " beside it", b->name);
	case BESIDE_BEGUN:
	case BESIDE_LINKED:
	case BESIDE_PLACED: break;
	}
	return err_set(e, XE_FAILED, "a conversion in place was cut off here; give its command again first, which goes on");
}

/* Of a set either all have one or none. */
static void add_advice(const struct set *s, struct err *e)
{
	bool some = false;
	for (size_t i = 0; i < s->open; i++)
		some = some || s->volumes[i].state == BESIDE_EXCHANGED;
	if (some)
		err_add(e, "; others of its set have one: if this command was cut off, it had proved all of them, and what is left can be "
			   "removed by "
			   "hand; else name those alone");
}

static int open_set(struct set *s, const char *const *paths, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < s->count; i++) {
		rc = beside_open(&s->volumes[i], paths[i], e);
		s->open += rc == 0;
		s->old[i] = s->volumes[i].original;
		s->new[i] = s->volumes[i].path;
	}
	for (size_t i = 0; rc == 0 && i < s->count; i++)
		rc = beside_fault(&s->volumes[i], refuse_state(&s->volumes[i], e), e);
	if (rc != 0)
		add_advice(s, e);
	return rc;
}

/* Of all of them before the first is removed: a chain is as good as its worst volume. */
static int check_unchanged(const struct set *s, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < s->count; i++) {
		rc = beside_unchanged(&s->volumes[i], e);
		if (rc == 0)
			rc = beside_unchanged_original(&s->volumes[i], e);
		if (rc == 0)
			rc = beside_refuse_open_original(&s->volumes[i], e);
	}
	return rc;
}

/* Quickly, one behind the other: of a set that has lost some originals the others cannot be compared any more. */
static int discard_all(struct set *s, struct err *e)
{
	int rc = 0;
	quit_hold();
	for (size_t i = 0; rc == 0 && i < s->count; i++)
		rc = exchange_discard(&s->volumes[i], e);
	for (size_t i = 0; rc == 0 && i < s->count; i++)
		rc = exchange_sync(&s->volumes[i], e);
	quit_release();
	return rc;
}

static void tell(const struct set *s, const struct successor_result *found)
{
	if (found->added > 0)
		msg_info("%s: %llu files and labels are new since it was converted", s->new[0], (unsigned long long)found->added);
	for (size_t i = 0; i < s->count; i++)
		msg_info("%s: sound, and holds all of %s, which is removed", s->new[i], s->old[i]);
}

static int discard_set(const struct successor_run *run, const char *const *paths, size_t count)
{
	struct set s;
	struct err e = {0};
	struct successor_result found = {0};
	int rc = set_new(&s, count, &e);
	if (rc == 0)
		rc = open_set(&s, paths, &e);
	if (rc == 0)
		rc = successor_prove(run, s.old, s.new, count, &found, &e);
	if (rc == 0)
		rc = check_unchanged(&s, &e);
	if (rc == 0)
		rc = discard_all(&s, &e);
	if (rc == 0)
		tell(&s, &found);
	set_free(&s);
	return rc != 0 ? msg_fail(&e) : 0;
}

/* Sets are those of the new volumes. */
int discard_run(const struct successor_run *run, const char *const *paths, size_t count)
{
	struct err e = {0};
	int status = 0;
	struct kin *kin = count > 1 ? kin_new(paths, count) : NULL;
	int rc = count > 1 && kin == NULL ? err_memory(&e, 0, "the sets") : 0;
	for (size_t first = 0, end; rc == 0 && first < count; first = end) {
		end = first + 1;
		rc = kin ? kin_end(kin, first, first, &end, &e) : 0;
		if (rc == 0)
			status = err_worse_status(status, discard_set(run, paths + first, end - first));
	}
	kin_free(kin);
	return rc != 0 ? err_worse_status(status, msg_fail(&e)) : status;
}
