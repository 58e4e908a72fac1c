/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An index from anywhere: it is read, or refused.  The first byte says how long the pattern is that follows. */
#include "fuzz.h"

#include "index/fileindex.h"

static int on_file(void *arg, const struct fileindex_file *f, struct err *e)
{
	uint64_t *count = arg;
	(void)e;
	FUZZ_MUST(f->stat.name && f->stat.link && f->stat.extended && f->job > 0 && f->file_index >= 0);
	FUZZ_MUST(f->value_bytes <= sizeof f->value && f->verdict < FILEINDEX_VERDICTS);
	return ++*count > 100000 ? -1 : 0;
}

static int on_name(void *arg, const char *name, struct err *e)
{
	uint64_t *count = arg;
	(void)e;
	FUZZ_MUST(name);
	return ++*count > 100000 ? -1 : 0;
}

static int on_job(void *arg, const struct fileindex_job *j, struct err *e)
{
	uint64_t *count = arg;
	(void)e;
	FUZZ_MUST(j->id > 0 && memchr(j->start.client, 0, sizeof j->start.client));
	return ++*count > 1000 ? -1 : 0;
}

static int on_volume(void *arg, const struct fileindex_volume *v, struct err *e)
{
	uint64_t *count = arg;
	(void)e;
	FUZZ_MUST(v->id > 0 && v->path && memchr(v->name, 0, sizeof v->name));
	return ++*count > 1000 ? -1 : 0;
}

static void ask(struct fileindex *x, const char *pattern)
{
	const struct fileindex_query q = {.patterns = &pattern, .pattern_count = 1}, all = {0};
	struct fileindex_file f;
	struct err e = {0};
	uint64_t count = 0;
	int rc = fileindex_find(x, &q, on_file, &count, &e);
	rc |= fileindex_find(x, &all, on_file, &count, &e);
	rc |= fileindex_jobs(x, on_job, &count, &e);
	rc |= fileindex_volumes(x, on_volume, &count, &e);
	rc |= fileindex_folders(x, 1, "/", on_name, &count, &e);
	rc |= fileindex_list(x, 1, "/etc/", on_file, &count, &e);
	rc |= fileindex_look_up(x, 1, pattern, &f, &e);
	FUZZ_MUST(rc >= 0 || e.code != XE_OK || count > 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char pattern[256] = "", path[64];
	if (size == 0 || data[0] >= size)
		return 0;
	memcpy(pattern, data + 1, data[0]);
	/* SQLite does not open what has no name. */
	snprintf(path, sizeof path, "/tmp/fuzz-index-%d", (int)getpid());
	FILE *file = fopen(path, "w");
	FUZZ_MUST(file && fwrite(data + 1 + data[0], 1, size - 1 - data[0], file) == size - 1 - data[0] && fclose(file) == 0);
	struct err e = {0};
	struct fileindex *x = fileindex_open(path, FILEINDEX_READ, 1, &e);
	FUZZ_MUST(x || e.code != XE_OK);
	if (x && pattern[0])
		ask(x, pattern);
	fileindex_free(x);
	unlink(path);
	return 0;
}
