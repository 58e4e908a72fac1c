/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/bsrchoice.h"

#include "cmd/command.h"
#include "restore/path.h"
#include "volume/reader.h"

#include <stdio.h>
#include <stdlib.h>

void bsrchoice_free(struct bsrchoice *b)
{
	bsrread_free(&b->read);
	free(b->paths);
	b->paths = NULL;
}

uint64_t bsrchoice_bytes(const struct bsrchoice *b)
{
	return command_range_bytes(b->paths, b->read.ranges, b->read.range_count);
}

/* Looks at the label alone; where it is lost, the file is called as the volume is. */
static int read_name(const char *path, struct buf_pool *pool, char name[static LABEL_NAME_BYTES], struct err *e)
{
	static const struct reader_range none;
	const struct reader_options o = {.paths = &path, .path_count = 1, .ranges = &none};
	struct reader *r = reader_new(&o, pool);
	struct item start;
	int rc = r ? reader_next(r, &start, e) : err_memory(e, 0, "reading");
	if (rc == 0)
		snprintf(name, LABEL_NAME_BYTES, "%s", start.volume->has_label ? start.volume->label.volume : path_last(path));
	reader_free(r);
	return rc;
}

struct names {
	char (*text)[LABEL_NAME_BYTES];
	const char **list;
};

static int read_names(struct names *n, const struct filter_options *run, struct err *e)
{
	struct buf_pool *pool = buf_pool_new(0);
	n->text = calloc(run->path_count, sizeof *n->text);
	n->list = calloc(run->path_count, sizeof *n->list);
	int rc = pool && n->text && n->list ? 0 : err_memory(e, 0, "the volumes' names");
	for (size_t i = 0; rc == 0 && i < run->path_count; i++) {
		n->list[i] = n->text[i];
		rc = read_name(run->paths[i], pool, n->text[i], e);
	}
	buf_pool_free(pool);
	return rc;
}

/* Tapes and pipes are read to their end. */
static bool all_files(const struct filter_options *run)
{
	size_t i = 0;
	while (i < run->path_count && medium_has_ranges(run->paths[i]))
		i++;
	return i == run->path_count;
}

static int make(struct bsrchoice *b, const struct filter_options *run, const char *job, struct err *e)
{
	struct bsrfile file = {0};
	struct names names = {0};
	bool by_name = all_files(run);
	int rc = bsrfile_read(&file, b->path, e);
	if (rc == 0 && by_name)
		rc = read_names(&names, run, e);
	if (rc == 0)
		rc = bsrread_make(&b->read, &file, by_name ? names.list : NULL, run->path_count, job, e);
	bsrfile_free(&file);
	free(names.text);
	free(names.list);
	return rc;
}

static int choose(struct bsrchoice *b, const char *job, struct choice *choice, struct err *e)
{
	const struct bsrread *r = &b->read;
	int rc = 0;
	if (!r->any_job)
		snprintf(b->job, sizeof b->job, "%u/%u", r->session_id, r->session_time);
	choice_job(choice, r->any_job ? job : b->job);
	for (size_t i = 0; rc == 0 && !r->all_files && i < r->files.count; i++)
		rc = choice_range(choice, r->files.ranges[i].first, r->files.ranges[i].last, e);
	return rc;
}

static int set_order(struct bsrchoice *b, struct filter_options *run, struct err *e)
{
	const struct bsrread *r = &b->read;
	if (r->order_count == 0)
		return 0;
	b->paths = calloc(r->order_count, sizeof *b->paths);
	if (b->paths == NULL)
		return err_memory(e, 0, "the volumes");
	for (size_t i = 0; i < r->order_count; i++)
		b->paths[i] = run->paths[r->order[i]];
	run->paths = b->paths;
	run->path_count = r->order_count;
	run->ranges = r->ranges;
	run->range_count = r->range_count;
	return 0;
}

int bsrchoice_prepare(struct bsrchoice *b, struct filter_options *run, const char *job, struct choice *choice, struct err *e)
{
	int rc = make(b, run, job, e);
	if (rc == 0)
		rc = choose(b, job, choice, e);
	return rc == 0 ? set_order(b, run, e) : rc;
}
