/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mount/nametree.h"

#include "base/array.h"
#include "restore/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define FIRST_SLOTS ((size_t)64)
#define HASH_DIGITS 16u

struct nametree {
	struct nametree_node *nodes;
	size_t count, cap;
	uint8_t *names;
	size_t names_len, names_cap;
	uint32_t *slots; /* node + 1, 0: free; by parent and name */
	size_t slot_count;
	uint64_t max_bytes;
	nametree_tell *tell;
	void *arg;
	char *path; /* of path_below */
	size_t path_cap;
};

struct nametree *nametree_new(uint64_t max_bytes, nametree_tell *tell, void *arg)
{
	struct nametree *t = calloc(1, sizeof *t);
	if (t == NULL)
		return NULL;
	t->max_bytes = max_bytes;
	t->tell = tell;
	t->arg = arg;
	t->nodes = array_reach(t->nodes, &t->cap, 0, sizeof *t->nodes);
	t->slots = calloc(FIRST_SLOTS, sizeof *t->slots);
	if (t->nodes == NULL || t->slots == NULL) {
		nametree_free(t);
		return NULL;
	}
	t->slot_count = FIRST_SLOTS;
	t->count = 1;
	t->nodes[NAMETREE_ROOT].last = NAMETREE_NONE;
	return t;
}

void nametree_free(struct nametree *t)
{
	if (t == NULL)
		return;
	free(t->nodes);
	free(t->names);
	free(t->slots);
	free(t->path);
	free(t);
}

uint64_t nametree_bytes(const struct nametree *t)
{
	return sizeof *t + t->cap * sizeof *t->nodes + t->names_cap + t->slot_count * sizeof *t->slots;
}

/* ---- names that can be shown ---- */

static void tell(const struct nametree *t, const char *name, const char *why)
{
	if (t->tell)
		t->tell(t->arg, name, why);
}

/* One that is too long is cut, and tells of what was cut by a hash of all of it. */
static void cut(char shown[static NAMETREE_NAME_BYTES], const char *part, size_t len)
{
	size_t keep = NAMETREE_NAME_BYTES - 1 - 1 - HASH_DIGITS;
	memcpy(shown, part, keep);
	snprintf(shown + keep, NAMETREE_NAME_BYTES - keep, "~%016llx", (unsigned long long)XXH3_64bits(part, len));
}

/* One part of a path as it is shown; true: it is not what it was. */
static bool show(const char *part, size_t len, char shown[static NAMETREE_NAME_BYTES])
{
	if (len == 2 && part[0] == '.' && part[1] == '.') {
		memcpy(shown, "%2E%2E", sizeof "%2E%2E");
		return true;
	}
	if (len >= NAMETREE_NAME_BYTES) {
		cut(shown, part, len);
		return true;
	}
	memcpy(shown, part, len);
	shown[len] = '\0';
	return false;
}

/* The name that it has instead where it is taken by something of the other kind. */
static void evade(char shown[static NAMETREE_NAME_BYTES], enum nametree_kind kind)
{
	char other[NAMETREE_NAME_BYTES + 16];
	snprintf(other, sizeof other, "%s~%s", shown, kind == NAMETREE_FOLDER ? "folder" : "file");
	show(other, strlen(other), shown);
}

/* ---- nodes ---- */

static size_t slot_of(const struct nametree *t, uint32_t folder, const char *name, size_t len)
{
	return (size_t)XXH3_64bits_withSeed(name, len, folder) & (t->slot_count - 1);
}

uint32_t nametree_find(const struct nametree *t, uint32_t folder, const char *name)
{
	size_t len = strlen(name);
	for (size_t i = slot_of(t, folder, name, len); t->slots[i]; i = (i + 1) & (t->slot_count - 1)) {
		const struct nametree_node *n = &t->nodes[t->slots[i] - 1];
		if (!n->gone && n->parent == folder && n->name_bytes == len && memcmp(t->names + n->name_at, name, len) == 0)
			return t->slots[i] - 1;
	}
	return NAMETREE_NONE;
}

static void enter(struct nametree *t, uint32_t node)
{
	const struct nametree_node *n = &t->nodes[node];
	size_t i = slot_of(t, n->parent, (const char *)t->names + n->name_at, n->name_bytes);
	while (t->slots[i])
		i = (i + 1) & (t->slot_count - 1);
	t->slots[i] = node + 1;
}

static int more_slots(struct nametree *t, struct err *e)
{
	uint32_t *grown = calloc(t->slot_count * 2, sizeof *grown);
	if (grown == NULL)
		return err_memory(e, t->slot_count * 2 * sizeof *grown, "names");
	free(t->slots);
	t->slots = grown;
	t->slot_count *= 2;
	for (uint32_t i = 1; i < t->count; i++) {
		if (!t->nodes[i].gone)
			enter(t, i);
	}
	return 0;
}

static int make_room(struct nametree *t, size_t name_bytes, struct err *e)
{
	if (nametree_bytes(t) > t->max_bytes || t->count >= NAMETREE_NONE - 1)
		return err_set(e, XE_FAILED, "there are more names than %llu MB hold; --max-memory allows more",
			       (unsigned long long)(t->max_bytes >> 20));
	if (t->count * 4 >= t->slot_count * 3 && more_slots(t, e) != 0)
		return e->code;
	struct nametree_node *nodes = array_reach(t->nodes, &t->cap, t->count, sizeof *nodes);
	if (nodes)
		t->nodes = nodes;
	uint8_t *names = nodes ? array_reach(t->names, &t->names_cap, t->names_len + name_bytes, 1) : NULL;
	if (names == NULL)
		return err_memory(e, nametree_bytes(t), "names");
	t->names = names;
	return 0;
}

/* As the last in the ring of its folder's children. */
static void hang(struct nametree *t, uint32_t node)
{
	struct nametree_node *n = &t->nodes[node], *folder = &t->nodes[n->parent];
	if (folder->last == NAMETREE_NONE) {
		n->next = node;
	} else {
		n->next = t->nodes[folder->last].next;
		t->nodes[folder->last].next = node;
	}
	folder->last = node;
	folder->count += n->kind == NAMETREE_FOLDER;
}

static int make(struct nametree *t, uint32_t folder, const char *name, enum nametree_kind kind, uint32_t row, uint32_t *node, struct err *e)
{
	size_t len = strlen(name);
	int rc = make_room(t, len, e);
	if (rc != 0)
		return rc;
	*node = (uint32_t)t->count++;
	t->nodes[*node] = (struct nametree_node){.name_at = t->names_len,
						 .parent = folder,
						 .last = NAMETREE_NONE,
						 .same = *node,
						 .count = kind == NAMETREE_FILE,
						 .row = row,
						 .name_bytes = (uint8_t)len,
						 .kind = (uint8_t)kind};
	memcpy(t->names + t->names_len, name, len);
	t->names_len += len;
	enter(t, *node);
	hang(t, *node);
	return 0;
}

/* Whose names are added, and how. */
struct adding {
	uint32_t row;
	bool merged;  /* what is of others and in the way goes */
	bool changed; /* a name is shown as another one */
	bool evaded;  /* so that both can be there */
};

/* Finds or makes what is called so, or, where that is of the other kind, what has its name for that reason. */
static int reach(struct nametree *t, uint32_t folder, char name[static NAMETREE_NAME_BYTES], enum nametree_kind kind, struct adding *a,
		 uint32_t *node, struct err *e)
{
	for (;;) {
		*node = nametree_find(t, folder, name);
		if (*node != NAMETREE_NONE && t->nodes[*node].kind == kind)
			return 0;
		if (*node != NAMETREE_NONE && a->merged && t->nodes[*node].row != a->row) {
			nametree_take_away(t, *node);
			*node = NAMETREE_NONE;
		}
		if (*node == NAMETREE_NONE)
			return make(t, folder, name, kind, a->row, node, e);
		a->evaded = true;
		evade(name, kind);
	}
}

int nametree_put(struct nametree *t, uint32_t folder, const char *name, enum nametree_kind kind, uint32_t row, int32_t file_index,
		 uint32_t *node, struct err *e)
{
	char shown[NAMETREE_NAME_BYTES];
	struct adding a = {.row = row};
	show(name, strlen(name), shown);
	int rc = reach(t, folder, shown, kind, &a, node, e);
	if (rc == 0)
		nametree_point(t, *node, row, file_index);
	return rc;
}

/* ---- whole names ---- */

/* Takes the next part off a path of path_below; false behind the last.  *changed as show. */
static bool next_part(const char **path, char shown[static NAMETREE_NAME_BYTES], bool *changed)
{
	size_t len = strcspn(*path, "/");
	if (len == 0)
		return false;
	*changed = show(*path, len, shown) || *changed;
	*path += len + ((*path)[len] == '/');
	return true;
}

/* Other names of what was there still stand for that. */
static int replace(struct nametree *t, uint32_t row, uint32_t *node, struct err *e)
{
	char name[NAMETREE_NAME_BYTES];
	uint32_t folder = t->nodes[*node].parent;
	nametree_name(t, *node, name);
	nametree_take_away(t, *node);
	return make(t, folder, name, NAMETREE_FILE, row, node, e);
}

int nametree_add(struct nametree *t, const char *name, enum nametree_kind kind, uint32_t row, int32_t file_index, bool merged,
		 uint32_t *node, struct err *e)
{
	char shown[NAMETREE_NAME_BYTES];
	struct adding a = {.row = row, .merged = merged};
	size_t before = t->count;
	uint32_t at = NAMETREE_ROOT;
	int rc = path_below(name, 0, &t->path, &t->path_cap, e);
	if (rc < 0)
		return rc;
	if (rc == PATH_DEEP) {
		tell(t, name, "has more levels than any system's paths: it is left out");
		if (node)
			*node = NAMETREE_NONE;
		return 0;
	}
	rc = 0;
	const char *path = t->path;
	while (rc == 0 && next_part(&path, shown, &a.changed))
		rc = reach(t, at, shown, *path ? NAMETREE_FOLDER : kind, &a, &at, e);
	if (rc != 0)
		return rc;
	bool there = t->count == before && t->nodes[at].file_index > 0;
	if (at == NAMETREE_ROOT && kind == NAMETREE_FILE) {
		tell(t, name, "is no name of a file: it is left out");
		at = NAMETREE_NONE;
	} else {
		if (!merged && there)
			tell(t, name, "is there twice; the last one is shown");
		rc = there && kind == NAMETREE_FILE ? replace(t, row, &at, e) : 0;
		nametree_point(t, at, row, file_index);
	}
	if (a.changed)
		tell(t, name, "is no name that a file system has; it is shown under another one");
	if (a.evaded)
		tell(t, name, "is a file and a folder at once; one of them is shown under another name");
	if (node)
		*node = at;
	return rc;
}

int nametree_look_up(struct nametree *t, const char *name, uint32_t *node, struct err *e)
{
	char shown[NAMETREE_NAME_BYTES];
	bool changed = false;
	int rc = path_below(name, 0, &t->path, &t->path_cap, e);
	const char *path = t->path;
	*node = rc < 0 || rc == PATH_DEEP ? NAMETREE_NONE : NAMETREE_ROOT;
	while (*node != NAMETREE_NONE && next_part(&path, shown, &changed))
		*node = nametree_find(t, *node, shown);
	return rc < 0 ? rc : 0;
}

void nametree_note_extras(struct nametree *t, uint32_t node)
{
	t->nodes[node].extras = true;
}

void nametree_join(struct nametree *t, uint32_t node, uint32_t first)
{
	if (t->nodes[node].gone)
		return;
	t->nodes[node].same = first;
	t->nodes[first].count++;
}

void nametree_point(struct nametree *t, uint32_t node, uint32_t row, int32_t file_index)
{
	t->nodes[node].row = row;
	t->nodes[node].file_index = file_index;
}

void nametree_take_away(struct nametree *t, uint32_t node)
{
	struct nametree_node *n = &t->nodes[node];
	if (node == NAMETREE_ROOT || n->gone)
		return;
	n->gone = true;
	if (n->kind == NAMETREE_FOLDER)
		t->nodes[n->parent].count--;
	else
		t->nodes[n->same].count--;
}

int nametree_dress(struct nametree *t, uint32_t node, uint32_t row, int32_t file_index, struct err *e)
{
	/* Whether it has some is not told here: who asks looks. */
	int rc = make_room(t, 0, e);
	if (rc != 0)
		return rc;
	uint32_t meta = (uint32_t)t->count++;
	t->nodes[meta] = (struct nametree_node){.parent = NAMETREE_NONE,
						.last = NAMETREE_NONE,
						.same = meta,
						.kind = NAMETREE_FILE,
						.extras = true,
						.row = row,
						.file_index = file_index,
						.gone = true};
	t->nodes[t->nodes[node].same].meta = meta;
	return 0;
}

void nametree_forget(struct nametree *t, uint32_t node)
{
	t->nodes[node].file_index = 0;
}

/* What is in a folder has a higher number than the folder. */
void nametree_prune(struct nametree *t)
{
	for (uint32_t i = (uint32_t)t->count; i-- > 1;) {
		const struct nametree_node *n = &t->nodes[i];
		if (n->kind == NAMETREE_FOLDER && !n->gone && n->file_index == 0 && nametree_first(t, i) == NAMETREE_NONE)
			nametree_take_away(t, i);
	}
}

/* ---- looking ---- */

const struct nametree_node *nametree_node(const struct nametree *t, uint32_t node)
{
	return node < t->count ? &t->nodes[node] : NULL;
}

void nametree_name(const struct nametree *t, uint32_t node, char name[static NAMETREE_NAME_BYTES])
{
	const struct nametree_node *n = &t->nodes[node];
	memcpy(name, t->names + n->name_at, n->name_bytes);
	name[n->name_bytes] = '\0';
}

static uint32_t skip_gone(const struct nametree *t, uint32_t node)
{
	while (t->nodes[node].gone) {
		if (t->nodes[t->nodes[node].parent].last == node)
			return NAMETREE_NONE;
		node = t->nodes[node].next;
	}
	return node;
}

uint32_t nametree_first(const struct nametree *t, uint32_t folder)
{
	uint32_t last = t->nodes[folder].last;
	return last == NAMETREE_NONE ? NAMETREE_NONE : skip_gone(t, t->nodes[last].next);
}

uint32_t nametree_next(const struct nametree *t, uint32_t node)
{
	uint32_t last = t->nodes[t->nodes[node].parent].last;
	return last == node ? NAMETREE_NONE : skip_gone(t, t->nodes[node].next);
}
