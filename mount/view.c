/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers are made of a tree and a node in it.  The first tree has the doors: folders of jobs and of times, each the root of another tree, which
 * is read from the index when somebody looks into it. */
#include "mount/view.h"

#include "base/array.h"
#include "base/system.h"
#include "mount/doors.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TELL_MAX 20u /* names of one tree that are told of */

struct view {
	struct view_options o;
	pthread_mutex_t lock; /* of all that follows, and of the index */
	struct doors *doors;
	struct nametree **trees; /* by door; NULL: forgotten */
	uint64_t *used;          /* and when each was last looked into */
	size_t count;
	uint64_t turn;
};

/* ---- telling ---- */

/* Of a tree that is being read. */
struct teller {
	struct view *v;
	const char *where;
	unsigned told;
};

static void tell_name(void *arg, const char *name, const char *why)
{
	struct teller *t = arg;
	char text[1024];
	t->told++;
	if (t->told > TELL_MAX)
		return;
	snprintf(text, sizeof text, "%s: %.511s: %s", t->where, name, why);
	t->v->o.tell(t->v->o.arg, text);
}

static void tell_rest(const struct teller *t)
{
	char text[LABEL_NAME_BYTES * 3 + 96];
	if (t->told <= TELL_MAX)
		return;
	snprintf(text, sizeof text, "%s: %u more names like these", t->where, t->told - TELL_MAX);
	t->v->o.tell(t->v->o.arg, text);
}

/* ---- trees ---- */

struct view *view_new(const struct view_options *options, struct err *e)
{
	struct view *v = calloc(1, sizeof *v);
	if (v == NULL) {
		err_memory(e, sizeof *v, "a view of the volumes");
		return NULL;
	}
	v->o = *options;
	pthread_mutex_init(&v->lock, NULL);
	struct teller teller = {v, "the volumes", 0};
	v->doors = doors_new(options->index, options->max_memory, tell_name, &teller, e);
	tell_rest(&teller);
	v->count = v->doors ? doors_count(v->doors) : 0;
	v->trees = calloc(v->count + 1, sizeof *v->trees);
	v->used = calloc(v->count + 1, sizeof *v->used);
	if (v->doors && v->trees && v->used)
		return v;
	err_memory(e, 0, "a view of the volumes");
	view_free(v);
	return NULL;
}

void view_free(struct view *v)
{
	if (v == NULL)
		return;
	for (size_t i = 0; v->trees && i <= v->count; i++)
		nametree_free(v->trees[i]);
	doors_free(v->doors);
	free(v->trees);
	free(v->used);
	pthread_mutex_destroy(&v->lock);
	free(v);
}

size_t view_jobs(const struct view *v)
{
	return doors_jobs(v->doors);
}

static uint64_t memory_of(const struct view *v)
{
	uint64_t bytes = 0;
	for (size_t i = 1; i <= v->count; i++)
		bytes += v->trees[i] ? nametree_bytes(v->trees[i]) : 0;
	return bytes;
}

/* Those that were not looked into for longest, but for the one at hand. */
static void forget_old(struct view *v, size_t keep)
{
	while (memory_of(v) > v->o.max_memory) {
		size_t oldest = 0;
		for (size_t i = 1; i <= v->count; i++) {
			if (i != keep && v->trees[i] && (oldest == 0 || v->used[i] < v->used[oldest]))
				oldest = i;
		}
		if (oldest == 0)
			return;
		nametree_free(v->trees[oldest]);
		v->trees[oldest] = NULL;
	}
}

static int read_tree(struct view *v, size_t door, struct err *e)
{
	char where[LABEL_NAME_BYTES * 3 + 32];
	doors_describe(v->doors, door, where, sizeof where);
	struct teller teller = {v, where, 0};
	v->trees[door] = doors_read(v->doors, door, v->o.max_memory, tell_name, &teller, e);
	tell_rest(&teller);
	if (v->trees[door] == NULL)
		return e->code;
	forget_old(v, door);
	return 0;
}

/* The tree of a number; NULL: e tells. */
static struct nametree *tree_of(struct view *v, uint64_t number, struct err *e)
{
	size_t door = (size_t)((number - 1) >> 32);
	if (door == 0)
		return doors_tree(v->doors);
	if (number == 0 || door > v->count) {
		err_set(e, XE_FAILED, "there is no file of the number %llu", (unsigned long long)number);
		return NULL;
	}
	v->used[door] = ++v->turn;
	return v->trees[door] || read_tree(v, door, e) == 0 ? v->trees[door] : NULL;
}

static uint32_t node_of(uint64_t number)
{
	return (uint32_t)(number - 1);
}

/* What is shown at this node: behind a door, what it leads to; of the names of a file, the first. */
static uint64_t number_of(const struct view *v, const struct nametree *t, uint64_t folder, uint32_t node)
{
	const struct nametree_node *n = nametree_node(t, node);
	if (t == doors_tree(v->doors) && n->file_index > 0)
		return ((uint64_t)n->row << 32) + 1;
	return (((folder - 1) >> 32) << 32) + n->same + 1;
}

int view_look_up(struct view *v, uint64_t folder, const char *name, uint64_t *number, struct err *e)
{
	pthread_mutex_lock(&v->lock);
	const struct nametree *t = tree_of(v, folder, e);
	uint32_t node = t && strlen(name) < NAMETREE_NAME_BYTES ? nametree_find(t, node_of(folder), name) : NAMETREE_NONE;
	if (node != NAMETREE_NONE)
		*number = number_of(v, t, folder, node);
	pthread_mutex_unlock(&v->lock);
	return t == NULL ? e->code : node != NAMETREE_NONE;
}

/* Who seeks in a folder may come with any number. */
static bool is_in(const struct nametree *t, uint32_t folder, uint64_t node)
{
	const struct nametree_node *n = node < NAMETREE_NONE ? nametree_node(t, (uint32_t)node) : NULL;
	return n && n->parent == folder;
}

int view_list(struct view *v, uint64_t folder, uint64_t after, bool (*each)(void *arg, const char *name, uint64_t number, uint64_t next),
	      void *arg, struct err *e)
{
	char name[NAMETREE_NAME_BYTES];
	pthread_mutex_lock(&v->lock);
	const struct nametree *t = tree_of(v, folder, e);
	const struct nametree_node *n = t ? nametree_node(t, node_of(folder)) : NULL;
	bool is = n && n->kind == NAMETREE_FOLDER && (after == 0 || is_in(t, node_of(folder), after));
	uint32_t node = !is ? NAMETREE_NONE : after == 0 ? nametree_first(t, node_of(folder)) : nametree_next(t, (uint32_t)after);
	while (node != NAMETREE_NONE) {
		nametree_name(t, node, name);
		if (!each(arg, name, number_of(v, t, folder, node), node))
			break;
		node = nametree_next(t, node);
	}
	pthread_mutex_unlock(&v->lock);
	return t == NULL ? e->code : is;
}

/* ---- rows ---- */

/* The row of a node: 1; 0: no record speaks of it. */
static int row_of(struct view *v, const struct nametree *t, uint64_t number, struct fileindex_file *f, struct err *e)
{
	const struct nametree_node *n = nametree_node(t, node_of(number));
	if (n == NULL || n->file_index <= 0 || t == doors_tree(v->doors))
		return 0;
	int rc = fileindex_file(v->o.index, doors_job_id(v->doors, n->row), n->file_index, f, e);
	return rc == 0 ? err_set(e, XE_FAILED, "the index was changed: FileIndex %d of a job is not in it any more", n->file_index) : rc;
}

static bool is_file(const struct fileindex_file *f)
{
	switch (f->stat.type) {
	case FILESTAT_EMPTY:
	case FILESTAT_FILE:
	case FILESTAT_RAW:
	case FILESTAT_FIFO:
	case FILESTAT_BASE:
	case FILESTAT_HARD_LINK: return true;
	default: return f->flags & FILEINDEX_NAMELESS;
	}
}

/* What came of it, where that is all of it; else what was to come.  The digest of a sparse file says nothing about its end. */
static uint64_t size_of(const struct fileindex_file *f)
{
	bool whole = f->verdict == FILEINDEX_PROVEN || f->verdict == FILEINDEX_PLAUSIBLE;
	uint64_t size = f->stat.size > INT64_MAX ? 0 : f->stat.size;
	if (!is_file(f))
		return f->stat.type == FILESTAT_SYMLINK ? strlen(f->stat.link) : 0;
	if (f->flags & FILEINDEX_WINDOWS)
		return size;
	if (whole && !(f->flags & FILEINDEX_SPARSE) && f->data_stream != 0)
		return f->bytes;
	return f->data_stream != 0 && f->bytes > size ? f->bytes : size;
}

/* No mode of anything else makes a thing without content. */
static mode_t special_mode(mode_t mode)
{
	return S_ISCHR(mode) || S_ISBLK(mode) || S_ISFIFO(mode) || S_ISSOCK(mode) ? mode : S_IFREG | (mode & 07777);
}

static mode_t mode_of(const struct fileindex_file *f)
{
	bool windows = filestat_of_windows(&f->stat);
	if (f->flags & FILEINDEX_NAMELESS)
		return S_IFREG | 0600;
	switch (f->stat.type) {
	case FILESTAT_FOLDER:
	case FILESTAT_UNREAD_FOLDER: return S_IFDIR | (windows ? 0755 : f->stat.mode & 07777);
	case FILESTAT_SYMLINK: return S_IFLNK | 0777;
	case FILESTAT_SPECIAL: return special_mode(f->stat.mode);
	default: return S_IFREG | (windows ? 0644 : f->stat.mode & 07777);
	}
}

static void fill(struct stat *st, const struct fileindex_file *f)
{
	st->st_mode = mode_of(f);
	st->st_uid = f->stat.uid;
	st->st_gid = f->stat.gid;
	st->st_size = (off_t)size_of(f);
	st->st_blocks = st->st_size / 512 + (st->st_size % 512 != 0);
	st->st_rdev = S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode) ? (dev_t)f->stat.device : 0;
	/* Where they have no room, the nearest that has. */
	(void)system_time(f->stat.atime, &st->st_atim.tv_sec);
	(void)system_time(f->stat.mtime, &st->st_mtim.tv_sec);
	(void)system_time(f->stat.ctime, &st->st_ctim.tv_sec);
}

/* What came later, of attributes alone: the content stays. */
static int dress(struct view *v, const struct nametree *t, const struct nametree_node *n, uint64_t number, struct stat *st, struct err *e)
{
	struct fileindex_file f;
	off_t size = st->st_size;
	int rc = n->meta == 0 ? 0 : row_of(v, t, number - node_of(number) + n->meta, &f, e);
	if (rc <= 0)
		return rc;
	f.stat.type = S_ISREG(st->st_mode) ? FILESTAT_FILE : f.stat.type;
	fill(st, &f);
	st->st_size = size;
	return 0;
}

int view_stat(struct view *v, uint64_t number, struct stat *st, struct err *e)
{
	struct fileindex_file f;
	pthread_mutex_lock(&v->lock);
	const struct nametree *t = tree_of(v, number, e);
	const struct nametree_node *n = t ? nametree_node(t, node_of(number)) : NULL;
	int rc = n ? row_of(v, t, number, &f, e) : t ? 0 : e->code;
	if (n && rc >= 0) {
		time_t time = (time_t)doors_time(v->doors, (size_t)((number - 1) >> 32));
		*st = (struct stat){.st_mode = S_IFDIR | 0755, .st_mtim.tv_sec = time, .st_ctim.tv_sec = time, .st_atim.tv_sec = time};
		if (rc > 0)
			fill(st, &f);
		rc = dress(v, t, n, number, st, e);
		st->st_ino = number;
		st->st_nlink = (nlink_t)n->count + (n->kind == NAMETREE_FOLDER ? 2 : 0);
		st->st_blksize = 131072;
	}
	pthread_mutex_unlock(&v->lock);
	return rc < 0 ? rc : n != NULL;
}

int view_extras(struct view *v, uint64_t number, uint64_t *of, struct err *e)
{
	pthread_mutex_lock(&v->lock);
	const struct nametree *t = tree_of(v, number, e);
	const struct nametree_node *n = t ? nametree_node(t, node_of(number)) : NULL;
	*of = n && n->meta ? number - node_of(number) + n->meta : number;
	bool has = n && (n->meta || n->extras);
	pthread_mutex_unlock(&v->lock);
	return t == NULL ? e->code : has;
}

/* ---- one file, and where it lies ---- */

struct volumes {
	struct view_file *file;
	bool begun, done;
	bool last; /* the one before was the last that has something of it */
};

static int add_volume(void *arg, const struct fileindex_volume *volume, struct err *e)
{
	struct volumes *a = arg;
	struct view_file *f = a->file;
	a->begun = a->begun || volume->id == f->row.first.volume;
	if (!a->begun || a->done)
		return 0;
	struct view_volume *grown = realloc(f->volumes, (f->volume_count + 1) * sizeof *grown);
	if (grown == NULL)
		return err_memory(e, sizeof *grown, "a volume");
	f->volumes = grown;
	grown[f->volume_count] = (struct view_volume){strdup(volume->path), strdup(volume->name), volume->label_time};
	f->volume_count++;
	const struct view_volume *made = &grown[f->volume_count - 1];
	a->done = a->last;
	if (volume->id == f->row.last.volume) {
		f->last_volume = f->volume_count - 1;
		a->last = true;
	}
	return made->path && made->name ? 0 : err_memory(e, 0, "a volume");
}

static int copy_row(struct view_file *file, const struct fileindex_file *f, struct err *e)
{
	file->row = *f;
	file->row.stat.name = strdup(f->stat.name);
	file->row.stat.link = strdup(f->stat.link);
	file->row.stat.extended = "";
	return file->row.stat.name && file->row.stat.link ? 0 : err_memory(e, 0, "a file's name");
}

int view_file(struct view *v, uint64_t number, struct view_file *file, struct err *e)
{
	struct fileindex_file f;
	*file = (struct view_file){0};
	struct volumes volumes = {.file = file};
	pthread_mutex_lock(&v->lock);
	const struct nametree *t = tree_of(v, number, e);
	int found = t ? row_of(v, t, number, &f, e) : e->code;
	int rc = found;
	if (found > 0)
		rc = copy_row(file, &f, e);
	if (found > 0 && rc == 0) {
		file->size = size_of(&f);
		rc = fileindex_job(v->o.index, f.job, &file->job, e);
		rc = rc < 0 ? rc : fileindex_job_volumes(v->o.index, f.job, add_volume, &volumes, e);
	}
	pthread_mutex_unlock(&v->lock);
	if (found > 0 && rc == 0 && !volumes.last)
		rc = err_set(e, XE_FAILED, "the index does not tell on which volumes it lies");
	if (rc < 0)
		view_file_free(file);
	return rc < 0 ? rc : found;
}

void view_file_free(struct view_file *file)
{
	for (size_t i = 0; i < file->volume_count; i++) {
		free(file->volumes[i].path);
		free(file->volumes[i].name);
	}
	free(file->volumes);
	free((void *)(uintptr_t)file->row.stat.name);
	free((void *)(uintptr_t)file->row.stat.link);
	*file = (struct view_file){0};
}
