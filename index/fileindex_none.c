/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Built without libsqlite3: there is no index, and nobody who has none asks it. */
#ifndef HAVE_LIBSQLITE3

#include "index/fileindex.h"

#include <stdlib.h>

bool fileindex_is_there(void)
{
	return false;
}

struct fileindex *fileindex_open(const char *path, enum fileindex_access access, uint64_t cache_bytes, struct err *e)
{
	(void)path;
	(void)access;
	(void)cache_bytes;
	err_set(e, XE_USAGE, "this xflate was built without libsqlite3, which keeps indexes: find works without one, or build it anew");
	return NULL;
}

void fileindex_free(struct fileindex *x)
{
	(void)x;
}

void fileindex_rollback(struct fileindex *x)
{
	(void)x;
}

int64_t fileindex_paths(struct fileindex *x)
{
	(void)x;
	return 0;
}

#define NONE(name, ...)                                           \
	int fileindex_##name(struct fileindex *x, __VA_ARGS__)    \
	{                                                         \
		(void)x;                                          \
		return err_set(e, XE_USAGE, "there is no index"); \
	}
/* The arguments have no use but in the other kind of build. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

NONE(begin, struct err *e)
NONE(commit, struct err *e)
NONE(put_volume, struct fileindex_volume *v, struct err *e)
NONE(put_job, struct fileindex_job *j, struct err *e)
NONE(put_job_volume, int64_t job, int64_t volume, struct err *e)
NONE(put_file, const struct fileindex_file *f, struct err *e)
NONE(drop_files, int64_t volume, struct err *e)
NONE(volume, int64_t id, struct fileindex_volume *v, struct err *e)
NONE(volume_named, const char *name, int64_t label_time, struct fileindex_volume *v, struct err *e)
NONE(volumes, int (*each)(void *arg, const struct fileindex_volume *v, struct err *e), void *arg, struct err *e)
NONE(job, int64_t id, struct fileindex_job *j, struct err *e)
NONE(job_of_session, uint32_t session_id, uint32_t session_time, const char *job, struct fileindex_job *j, struct err *e)
NONE(volume_jobs, int64_t volume, int (*each)(void *arg, const struct fileindex_job *j, struct err *e), void *arg, struct err *e)
NONE(jobs, int (*each)(void *arg, const struct fileindex_job *j, struct err *e), void *arg, struct err *e)
NONE(job_volumes, int64_t job, int (*each)(void *arg, const struct fileindex_volume *v, struct err *e), void *arg, struct err *e)
NONE(files, int64_t job, int (*each)(void *arg, const struct fileindex_file *f, struct err *e), void *arg, struct err *e)
NONE(extents, int64_t job, int32_t first, int32_t last, int (*each)(void *arg, const struct fileindex_extent *f, struct err *e), void *arg,
     struct err *e)
NONE(place_behind, int64_t job, int32_t file_index, const struct fileindex_place *at, struct fileindex_place *place, struct err *e)
NONE(span, int64_t job, struct fileindex_span *span, struct err *e)
NONE(file, int64_t job, int32_t file_index, struct fileindex_file *f, struct err *e)
NONE(look_up, int64_t job, const char *name, struct fileindex_file *f, struct err *e)
NONE(list, int64_t job, const char *folder, int (*each)(void *arg, const struct fileindex_file *f, struct err *e), void *arg, struct err *e)
NONE(folders, int64_t job, const char *folder, int (*each)(void *arg, const char *name, struct err *e), void *arg, struct err *e)
NONE(find, const struct fileindex_query *q, int (*each)(void *arg, const struct fileindex_file *f, struct err *e), void *arg, struct err *e)

#endif
