/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "restore/choice.h"

#include "base/array.h"
#include "volume/naming.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

/* One thing that was named. */
struct wish {
	char *text; /* without a leading slash, and without those at its end; a range of FileIndexes: as it was given */
	int32_t first, last;
	bool met;
	bool each;     /* each single one of first to last has to come */
	int32_t saw;   /* the last of them that came, 0: none has; */
	uint32_t came; /* how many have */
};

struct wishes {
	struct wish *all;
	size_t count, room;
};

struct choice {
	const char *job;
	struct wishes globs, names, indexes; /* names: sorted once choice_ready */
	bool unordered;                      /* indexes: not each range behind the one before */
};

struct choice *choice_new(void)
{
	return calloc(1, sizeof(struct choice));
}

static void wishes_free(struct wishes *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->all[i].text);
	free(w->all);
}

void choice_free(struct choice *c)
{
	if (c == NULL)
		return;
	wishes_free(&c->globs);
	wishes_free(&c->names);
	wishes_free(&c->indexes);
	free(c);
}

/* ---- naming ---- */

void choice_job(struct choice *c, const char *job)
{
	c->job = job;
}

static struct wish *add(struct wishes *w, struct span text, struct err *e)
{
	struct wish *all = array_reach(w->all, &w->room, w->count, sizeof *all);
	if (all == NULL) {
		err_memory(e, (w->count + 1) * sizeof *all, "names");
		return NULL;
	}
	w->all = all;
	struct wish wish = {.text = strndup((const char *)text.data, text.len)};
	if (wish.text == NULL) {
		err_memory(e, text.len, "a name");
		return NULL;
	}
	w->all[w->count] = wish;
	return &w->all[w->count++];
}

/* "/etc/" and "etc" are the same; of "/" nothing is left, and it means all. */
static struct span bare(struct span name)
{
	while (name.len > 0 && name.data[0] == '/')
		name = (struct span){name.data + 1, name.len - 1};
	while (name.len > 0 && name.data[name.len - 1] == '/')
		name.len--;
	return name;
}

int choice_glob(struct choice *c, const char *pattern, struct err *e)
{
	struct span text = bare((struct span){(const uint8_t *)pattern, strlen(pattern)});
	bool wild = strpbrk(pattern, "*?[") != NULL;
	return add(wild ? &c->globs : &c->names, text, e) ? 0 : e->code;
}

int choice_names(struct choice *c, struct span text, struct err *e)
{
	uint8_t end = text.len > 0 && memchr(text.data, 0, text.len) ? 0 : '\n';
	while (text.len > 0) {
		const uint8_t *at = memchr(text.data, end, text.len);
		size_t n = at ? (size_t)(at - text.data) : text.len;
		if (n > 0 && add(&c->names, bare((struct span){text.data, n}), e) == NULL)
			return e->code;
		n += at != NULL;
		text = (struct span){text.data + n, text.len - n};
	}
	return 0;
}

static int add_indexes(struct choice *c, struct span text, int32_t first, int32_t last, struct err *e)
{
	struct wish *w = add(&c->indexes, text, e);
	if (w == NULL)
		return e->code;
	w->first = first;
	w->last = last;
	c->unordered = c->unordered || (w > c->indexes.all && w[-1].last >= first);
	return 0;
}

int choice_range(struct choice *c, int32_t first, int32_t last, struct err *e)
{
	char text[64];
	int n = first == last ? snprintf(text, sizeof text, "FileIndex %d", first)
			      : snprintf(text, sizeof text, "all of FileIndex %d to %d", first, last);
	int rc = add_indexes(c, (struct span){(const uint8_t *)text, (size_t)n}, first, last, e);
	if (rc == 0)
		c->indexes.all[c->indexes.count - 1].each = true;
	return rc;
}

int choice_indexes(struct choice *c, const char *text, struct err *e)
{
	int32_t first, last;
	for (const char *at = text, *from = at; *at; from = at) {
		if (!naming_next_indexes(&at, &first, &last))
			return err_set(e, XE_USAGE, "--file-index %s: must be FileIndexes, as 5, 5-9 or 1,5-9", text);
		int rc = add_indexes(c, (struct span){(const uint8_t *)from, strcspn(from, ",")}, first, last, e);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct wish *)a)->text, ((const struct wish *)b)->text);
}

void choice_ready(struct choice *c)
{
	if (c->names.count > 1)
		qsort(c->names.all, c->names.count, sizeof *c->names.all, by_text);
}

/* ---- asking ---- */

bool choice_is_part(const struct choice *c)
{
	return c->globs.count + c->names.count + c->indexes.count > 0;
}

bool choice_takes_job(const struct choice *c, const struct job *job)
{
	const struct naming_job names = {
		.session_id = job->session_id,
		.session_time = job->session_time,
		.job_id = job->has_label ? job->label.job_id : 0,
		.job = job->has_label ? job->label.job : "",
		.name = job->has_label ? job->label.job_name : NULL,
	};
	return c->job == NULL || naming_is_job(c->job, &names);
}

static int where_index(const void *key, const void *wish)
{
	int32_t index = *(const int32_t *)key;
	const struct wish *w = wish;
	return index < w->first ? -1 : index > w->last;
}

static bool takes_index(struct choice *c, int32_t index)
{
	bool taken = false;
	if (!c->unordered && c->indexes.count > 0) {
		struct wish *w = bsearch(&index, c->indexes.all, c->indexes.count, sizeof *w, where_index);
		if (w)
			w->met = true;
		return w != NULL;
	}
	for (size_t i = 0; i < c->indexes.count; i++) {
		struct wish *w = &c->indexes.all[i];
		bool fits = index >= w->first && index <= w->last;
		w->met = w->met || fits;
		taken = taken || fits;
	}
	return taken;
}

static void note(struct wish *w, int32_t index)
{
	w->came += w->each && w->saw != index;
	w->saw = index;
}

void choice_saw(struct choice *c, int32_t file_index)
{
	struct wishes *l = &c->indexes;
	struct wish *found = c->unordered || l->count == 0 ? NULL : bsearch(&file_index, l->all, l->count, sizeof *found, where_index);
	if (found)
		note(found, file_index);
	for (size_t i = 0; c->unordered && i < l->count; i++) {
		if (where_index(&file_index, &l->all[i]) == 0)
			note(&l->all[i], file_index);
	}
}

static bool is_met(const struct wish *w)
{
	return w->each ? w->came > (uint32_t)(w->last - w->first) : w->met;
}

static bool takes_glob(struct choice *c, const char *name)
{
	bool taken = false;
	for (size_t i = 0; i < c->globs.count; i++) {
		struct wish *w = &c->globs.all[i];
		bool fits = fnmatch(w->text, name, FNM_LEADING_DIR | FNM_NOESCAPE) == 0;
		w->met = w->met || fits;
		taken = taken || fits;
	}
	return taken;
}

/* Those of one text stand together. */
static bool meet(struct choice *c, const char *text)
{
	const struct wish key = {.text = (char *)(uintptr_t)text};
	struct wish *found = bsearch(&key, c->names.all, c->names.count, sizeof key, by_text);
	if (found == NULL)
		return false;
	while (found > c->names.all && strcmp(found[-1].text, text) == 0)
		found--;
	for (; found < c->names.all + c->names.count && strcmp(found->text, text) == 0; found++)
		found->met = true;
	return true;
}

/* The name, or a folder above it.  name is changed meanwhile. */
static bool takes_name(struct choice *c, char *name)
{
	bool taken = c->names.count > 0 && meet(c, name);
	if (c->names.count > 0)
		taken = meet(c, "") || taken;
	for (char *slash = strchr(name, '/'); slash && c->names.count > 0; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		taken = meet(c, name) || taken;
		*slash = '/';
	}
	return taken;
}

bool choice_takes_file(struct choice *c, const char *name, int32_t file_index)
{
	if (!choice_is_part(c))
		return true;
	struct span text = bare((struct span){(const uint8_t *)name, strlen(name)});
	char *own = strndup((const char *)text.data, text.len);
	/* Without memory rather too much than too little. */
	if (own == NULL)
		return true;
	/* All are asked: each is to know whether it was met. */
	bool taken = takes_index(c, file_index);
	taken = takes_glob(c, own) || taken;
	taken = takes_name(c, own) || taken;
	free(own);
	return taken;
}

static void begin_again(struct wish *w)
{
	w->met = false;
	w->saw = 0;
	w->came = 0;
}

void choice_begin_again(struct choice *c)
{
	struct wishes *const lists[] = {&c->globs, &c->names, &c->indexes};
	for (size_t k = 0; k < 3; k++) {
		for (size_t i = 0; i < lists[k]->count; i++)
			begin_again(&lists[k]->all[i]);
	}
}

const char *choice_unmet(const struct choice *c, size_t index)
{
	const struct wishes *const lists[] = {&c->globs, &c->names, &c->indexes};
	for (size_t k = 0; k < 3; k++) {
		for (size_t i = 0; i < lists[k]->count; i++) {
			if (!is_met(&lists[k]->all[i]) && index-- == 0)
				return lists[k]->all[i].text;
		}
	}
	return NULL;
}
