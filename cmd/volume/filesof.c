/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/filesof.h"

#include "base/array.h"

#include <stdlib.h>

static int on_volume(void *arg, struct fileindex_volume *v, struct err *e)
{
	struct filesof *f = arg;
	v->id = v->id > 0 ? v->id : ++f->last_volume;
	struct fileindex_volume *kept = array_row(&f->volumes, &f->volume_count, (size_t)v->id - 1, sizeof *kept);
	if (kept == NULL)
		return err_memory(e, sizeof *kept, "a volume");
	*kept = *v;
	return 0;
}

static int on_job(void *arg, struct fileindex_job *j, struct err *e)
{
	struct filesof *f = arg;
	j->id = j->id > 0 ? j->id : ++f->last_job;
	struct fileindex_job *kept = array_row(&f->jobs, &f->job_count, (size_t)j->id - 1, sizeof *kept);
	if (kept == NULL)
		return err_memory(e, sizeof *kept, "a job");
	*kept = *j;
	return 0;
}

static int on_job_volume(void *arg, int64_t job, int64_t volume, struct err *e)
{
	(void)arg;
	(void)job;
	(void)volume;
	(void)e;
	return 0;
}

static int on_file(void *arg, const struct fileindex_file *file, struct err *e)
{
	const struct filesof *f = arg;
	(void)e;
	f->file(f->arg, file, f->jobs[file->job - 1], f->volumes[file->first.volume - 1], f->volumes[file->last.volume - 1]);
	return 0;
}

struct indexer_sink filesof_sink(struct filesof *f)
{
	return (struct indexer_sink){.arg = f, .volume = on_volume, .job = on_job, .job_volume = on_job_volume, .file = on_file};
}

void filesof_free(struct filesof *f)
{
	for (size_t i = 0; i < f->job_count; i++)
		free(f->jobs[i]);
	for (size_t i = 0; i < f->volume_count; i++)
		free(f->volumes[i]);
	free(f->jobs);
	free(f->volumes);
	*f = (struct filesof){.arg = f->arg, .file = f->file};
}
