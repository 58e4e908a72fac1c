/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/filling.h"

#include "base/array.h"

#include <stdlib.h>

static bool is_among(const int64_t *ids, size_t count, int64_t id)
{
	for (size_t i = 0; i < count; i++) {
		if (ids[i] == id)
			return true;
	}
	return false;
}

static int note_seen(struct filling *f, int64_t id, struct err *e)
{
	int64_t *grown = array_reach(f->seen, &f->seen_room, f->seen_count, sizeof *grown);
	if (grown == NULL)
		return err_memory(e, f->seen_count * sizeof *grown, "volumes");
	f->seen = grown;
	f->seen[f->seen_count++] = id;
	return 0;
}

/* A volume of its label that is in the index was another one, or is read anew: its files go.  Not where it comes twice in one run: both are
 * parts of it then. */
static int take_place(struct filling *f, struct fileindex_volume *v, struct err *e)
{
	struct fileindex_volume there;
	int rc = fileindex_volume_named(f->index, v->name, v->label_time, &there, e);
	if (rc != 1)
		return rc;
	v->id = there.id;
	if (is_among(f->seen, f->seen_count, v->id))
		return 0;
	bool keep = is_among(f->kept, f->kept_count, v->id);
	v->damages += keep ? there.damages : 0;
	return keep ? 0 : fileindex_drop_files(f->index, v->id, e);
}

static int on_volume(void *arg, struct fileindex_volume *v, struct err *e)
{
	struct filling *f = arg;
	bool appears = v->id == 0;
	int rc = appears ? take_place(f, v, e) : 0;
	if (rc == 0)
		rc = fileindex_put_volume(f->index, v, e);
	return rc == 0 && appears ? note_seen(f, v->id, e) : rc;
}

/* What was known of it before, and cannot be seen on the volumes that are read now. */
static void keep_known(struct fileindex_job *j, const struct fileindex_job *there)
{
	j->id = there->id;
	if (!j->begun && there->begun) {
		j->begun = true;
		j->start = there->start;
	}
	if (!j->ended && there->ended) {
		j->ended = true;
		j->end = there->end;
	}
}

static int on_job(void *arg, struct fileindex_job *j, struct err *e)
{
	struct filling *f = arg;
	struct fileindex_job there;
	int rc = j->id == 0 ? fileindex_job_of_session(f->index, j->session_id, j->session_time, j->begun ? j->start.job : "", &there, e)
			    : 0;
	if (rc == 1)
		keep_known(j, &there);
	return rc < 0 ? rc : fileindex_put_job(f->index, j, e);
}

static int on_job_volume(void *arg, int64_t job, int64_t volume, struct err *e)
{
	const struct filling *f = arg;
	return fileindex_put_job_volume(f->index, job, volume, e);
}

static int on_file(void *arg, const struct fileindex_file *file, struct err *e)
{
	const struct filling *f = arg;
	return fileindex_put_file(f->index, file, e);
}

struct indexer_sink filling_sink(struct filling *f)
{
	return (struct indexer_sink){.arg = f, .volume = on_volume, .job = on_job, .job_volume = on_job_volume, .file = on_file};
}

void filling_free(struct filling *f)
{
	free(f->seen);
	f->seen = NULL;
	f->seen_count = f->seen_room = 0;
}
