/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mount/jobtree.h"

#include "base/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A further name of a file, to be joined with it when all names are there. */
struct link {
	uint32_t node;
	int32_t link_index;
	char *first; /* its first name */
};

struct adding {
	const struct jobtree *j;
	struct nametree *t;
	int64_t job;
	uint32_t row;
	struct fileindex_job about;
	struct link *links;
	size_t link_count, link_cap;
};

static int keep_link(struct adding *a, uint32_t node, const struct filestat *s, struct err *e)
{
	struct link *grown = array_reach(a->links, &a->link_cap, a->link_count, sizeof *grown);
	if (grown == NULL)
		return err_memory(e, (a->link_count + 1) * sizeof *grown, "hard links");
	a->links = grown;
	char *first = strdup(s->link);
	if (first == NULL)
		return err_memory(e, 0, "a hard link");
	a->links[a->link_count++] = (struct link){node, s->link_index, first};
	return 0;
}

static int take_away(struct adding *a, const struct fileindex_file *f, struct err *e)
{
	uint32_t node;
	if (!a->j->merged)
		return 0;
	int rc = nametree_look_up(a->t, f->stat.name, &node, e);
	if (rc != 0 || node == NAMETREE_NONE)
		return rc;
	/* What is in a folder has marks of its own. */
	if (nametree_node(a->t, node)->kind == NAMETREE_FOLDER)
		nametree_forget(a->t, node);
	else
		nametree_take_away(a->t, node);
	return 0;
}

/* Attributes of stream 37: the content is that of the version that is there. */
static int add_update(struct adding *a, const struct fileindex_file *f, struct err *e)
{
	uint32_t node;
	int rc = nametree_look_up(a->t, f->stat.name, &node, e);
	if (rc == 0 && node != NAMETREE_NONE)
		return nametree_dress(a->t, node, a->row, f->file_index, e);
	return rc == 0 ? nametree_add(a->t, f->stat.name, NAMETREE_FILE, a->row, f->file_index, true, NULL, e) : rc;
}

/* A file of a base job that was not changed. */
static int add_unchanged(struct adding *a, const struct fileindex_file *f, struct err *e)
{
	uint32_t base = NAMETREE_NONE, row = a->row;
	int32_t file_index = f->file_index;
	int rc = a->j->bases ? nametree_look_up(a->j->bases, f->stat.name, &base, e) : 0;
	if (rc == 0 && base != NAMETREE_NONE && nametree_node(a->j->bases, base)->kind == NAMETREE_FILE) {
		const struct nametree_node *n = nametree_node(a->j->bases, nametree_node(a->j->bases, base)->same);
		row = n->row;
		file_index = n->file_index;
	}
	if (rc == 0)
		rc = nametree_add(a->t, f->stat.name, NAMETREE_FILE, row, file_index, a->j->merged, &base, e);
	if (rc == 0 && base != NAMETREE_NONE)
		nametree_note_extras(a->t, base);
	return rc;
}

static int add(struct adding *a, const struct fileindex_file *f, const char *name, enum nametree_kind kind, struct err *e)
{
	uint32_t node;
	int rc = nametree_add(a->t, name, kind, a->row, f->file_index, a->j->merged, &node, e);
	if (rc == 0 && node != NAMETREE_NONE && f->flags & (FILEINDEX_ACL | FILEINDEX_XATTR))
		nametree_note_extras(a->t, node);
	bool link = rc == 0 && node != NAMETREE_NONE && f->stat.type == FILESTAT_HARD_LINK && kind == NAMETREE_FILE;
	return link ? keep_link(a, node, &f->stat, e) : rc;
}

static int add_file(void *arg, const struct fileindex_file *f, struct err *e)
{
	struct adding *a = arg;
	char nameless[64];
	if (f->flags & FILEINDEX_NAMELESS) {
		snprintf(nameless, sizeof nameless, "lost+found/%u-%u-%d", a->about.session_id, a->about.session_time, f->file_index);
		return add(a, f, nameless, NAMETREE_FILE, e);
	}
	if (f->flags & FILEINDEX_UPDATE && a->j->merged)
		return add_update(a, f, e);
	switch (f->stat.type) {
	case FILESTAT_FOLDER:
	case FILESTAT_UNREAD_FOLDER: return add(a, f, f->stat.name, NAMETREE_FOLDER, e);
	case FILESTAT_HARD_LINK:
	case FILESTAT_EMPTY:
	case FILESTAT_FILE:
	case FILESTAT_SYMLINK:
	case FILESTAT_SPECIAL:
	case FILESTAT_RAW:
	case FILESTAT_FIFO: return add(a, f, f->stat.name, NAMETREE_FILE, e);
	case FILESTAT_BASE: return add_unchanged(a, f, e);
	case FILESTAT_DELETED: return take_away(a, f, e);
	case FILESTAT_REPARSE:
	case FILESTAT_JUNCTION: a->j->tell(a->j->arg, f->stat.name, "a reparse point of Windows is not shown"); return 0;
	default: a->j->tell(a->j->arg, f->stat.name, "is nothing that can be shown as a file"); return 0;
	}
}

/* ---- hard links ---- */

static bool has_content(const struct fileindex_file *f)
{
	return f->stat.type != FILESTAT_HARD_LINK && f->stat.type != FILESTAT_FOLDER && f->stat.type != FILESTAT_UNREAD_FOLDER;
}

/* Which FileIndex has the content: the one that is named, if it has the name, for consolidations number anew; else the name.  0: none. */
static int content_of(struct adding *a, const struct link *l, int32_t *index, struct err *e)
{
	struct fileindex_file f;
	int rc = fileindex_file(a->j->index, a->job, l->link_index, &f, e);
	bool found = rc > 0 && has_content(&f) && strcmp(f.stat.name, l->first) == 0;
	if (rc >= 0 && !found) {
		rc = fileindex_look_up(a->j->index, a->job, l->first, &f, e);
		found = rc > 0 && has_content(&f);
	}
	*index = found ? f.file_index : 0;
	return rc < 0 ? rc : 0;
}

/* Whether something more belongs to it, who asks has to look. */
static void point(struct adding *a, uint32_t node, int32_t index)
{
	nametree_point(a->t, node, a->row, index);
	nametree_note_extras(a->t, node);
}

static int join(struct adding *a, const struct link *l, struct err *e)
{
	uint32_t first;
	int32_t index = 0;
	int rc = nametree_look_up(a->t, l->first, &first, e);
	const struct nametree_node *n = rc == 0 && first != NAMETREE_NONE ? nametree_node(a->t, first) : NULL;
	bool is = n && n->kind == NAMETREE_FILE && n->row == a->row && first != l->node && n->same != l->node;
	if (rc == 0 && !(is && n->file_index == l->link_index))
		rc = content_of(a, l, &index, e);
	else
		index = l->link_index;
	if (rc != 0)
		return rc;
	/* Another version of the first name may count, or none: then this one has the content to itself. */
	if (is && n->file_index == index)
		nametree_join(a->t, l->node, n->same);
	else if (index > 0)
		point(a, l->node, index);
	else
		a->j->tell(a->j->arg, l->first, "has names whose content is not there: it is not in the index");
	return 0;
}

int jobtree_add(const struct jobtree *j, int64_t job, uint32_t row, struct err *e)
{
	struct adding a = {.j = j, .t = j->tree, .job = job, .row = row};
	int rc = fileindex_job(j->index, job, &a.about, e);
	rc = rc < 0 ? rc : fileindex_files(j->index, job, add_file, &a, e);
	for (size_t i = 0; rc == 0 && i < a.link_count; i++)
		rc = join(&a, &a.links[i], e);
	if (rc == 0 && j->merged)
		nametree_prune(a.t);
	for (size_t i = 0; i < a.link_count; i++)
		free(a.links[i].first);
	free(a.links);
	return rc;
}
