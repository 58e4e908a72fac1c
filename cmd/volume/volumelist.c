/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/volumelist.h"

#include "base/array.h"
#include "base/inodes.h"
#include "base/msg.h"
#include "base/unfinished.h"
#include "cmd/volume/beside.h"
#include "volume/recognize.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct walk {
	struct volumelist *l;
	const struct volumelist_options *o;
	struct inodes met;
	struct recognize_room room;
};

bool volumelist_given(const struct volumelist_options *o)
{
	return o->recursive || o->files_from;
}

int volumelist_check(const struct volumelist_options *o, const char *verb, const struct operands *operands)
{
	if (o->null && o->files_from == NULL)
		return msg_usage(verb, "--null goes with --files-from");
	bool list = o->files_from && strcmp(o->files_from, "-") == 0;
	for (size_t i = 0; i < operands->count; i++) {
		if (operands->names[i][0] == '\0')
			return msg_usage(verb, "an empty name names no volume");
		if (list && strcmp(operands->names[i], "-") == 0)
			return msg_usage(verb, "standard input is either the list of names or a volume");
	}
	return 0;
}

void volumelist_free(struct volumelist *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->paths[i]);
	free(l->paths);
	*l = VOLUMELIST_NONE;
}

/* ---- the list ---- */

static int leave_out(struct walk *w, const char *path, const char *why)
{
	w->l->left_out++;
	if (msg_verbosity() > 0)
		msg_info("%s: left out: %s", path, why);
	return 0;
}

int volumelist_add(struct volumelist *l, const char *path, struct err *e)
{
	char **paths = array_reach(l->paths, &l->room, l->count, sizeof *paths);
	char *copy = paths ? strdup(path) : NULL;
	l->paths = paths ? paths : l->paths;
	if (copy == NULL)
		return err_memory(e, 0, "the list of volumes");
	l->paths[l->count++] = copy;
	return 0;
}

static int add(struct walk *w, const char *path, struct err *e)
{
	return volumelist_add(w->l, path, e);
}

static int add_once(struct walk *w, const char *path, const struct stat *st, struct err *e)
{
	bool first;
	int rc = inodes_meet(&w->met, st, &first, e);
	if (rc != 0)
		return rc;
	if (first)
		return add(w, path, e);
	/* Whoever has called one file by two names may wait for two volumes. */
	w->l->left_out++;
	msg_warning("%s: left out: that file is there under another name", path);
	return 0;
}

/* ---- what is in a folder ---- */

static bool ends_in(const char *name, const char *tail)
{
	size_t n = strlen(name), t = strlen(tail);
	return n > t && strcmp(name + n - t, tail) == 0;
}

/* What filter has left beside volumes looks like one. */
static bool is_left_over(const char *path)
{
	return ends_in(path, UNFINISHED_PARTIAL) || ends_in(path, BESIDE_ORIGINAL) || ends_in(path, BESIDE_NEW);
}

static int file_in_folder(struct walk *w, const char *path, const struct stat *st, struct err *e)
{
	bool volume;
	if (is_left_over(path))
		return leave_out(w, path, "by its name it is what an xflate filter has left");
	int rc = recognize_file(path, &w->room, &volume, e);
	if (rc != 0)
		return rc;
	return volume ? add_once(w, path, st, e) : leave_out(w, path, "it is no volume");
}

/* volume: what the folder is taken for, whose pieces are left out; NULL: it is none. */
static int all_in_folder(struct walk *w, const char *folder, const struct medium *volume, struct err *e);

/* A bind mount may lead round. */
static int into_folder(struct walk *w, const char *path, const struct stat *st, struct err *e)
{
	bool first;
	int rc = inodes_meet(&w->met, st, &first, e);
	if (rc != 0)
		return rc;
	return first ? all_in_folder(w, path, NULL, e) : leave_out(w, path, "it is there already");
}

/* One volume that is called 0000 or part.1 makes all of its folder look so: what can be no piece may be a volume by itself. */
static int take_folder(struct walk *w, const char *path, const struct stat *st, struct err *e)
{
	const struct medium *volume = recognize_folder(path);
	if (volume == NULL)
		return into_folder(w, path, st, e);
	int rc = add_once(w, path, st, e);
	return rc == 0 && volume->piece ? all_in_folder(w, path, volume, e) : rc;
}

static int folder_in_folder(struct walk *w, const char *path, const struct stat *st, struct err *e)
{
	return is_left_over(path) && recognize_folder(path) ? leave_out(w, path, "by its name it is what an xflate filter has left")
							    : take_folder(w, path, st, e);
}

static int in_folder(struct walk *w, const char *path, struct err *e)
{
	struct stat link, st;
	if (lstat(path, &link) != 0 || stat(path, &st) != 0)
		return add(w, path, e);
	if (S_ISREG(st.st_mode))
		return file_in_folder(w, path, &st, e);
	if (!S_ISDIR(st.st_mode))
		return leave_out(w, path, "it is neither a file nor a folder");
	return S_ISLNK(link.st_mode) ? leave_out(w, path, "a symbolic link to a folder") : folder_in_folder(w, path, &st, e);
}

static int is_below(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int named_in_folder(struct walk *w, const char *folder, const char *name, struct err *e)
{
	char *path;
	size_t len = strlen(folder);
	while (len > 1 && folder[len - 1] == '/')
		len--;
	if (asprintf(&path, "%.*s%s%s", (int)len, folder, strcmp(folder, "/") == 0 ? "" : "/", name) < 0)
		return err_memory(e, 0, "the list of volumes");
	int rc = name[0] == '.' ? leave_out(w, path, "it is hidden") : in_folder(w, path, e);
	free(path);
	return rc;
}

/* Beside the pieces of what the folder is taken for. */
static int stranger_in_folder(struct walk *w, const char *folder, const char *name, struct err *e)
{
	size_t before = w->l->count;
	int rc = named_in_folder(w, folder, name, e);
	if (w->l->count > before)
		msg_warning("%s: is taken for one volume, and %s in it for another", folder, name);
	return rc;
}

/* All names are there before the first is looked into, so that no descriptor stays open for each folder on the way down. */
static int all_in_folder(struct walk *w, const char *folder, const struct medium *volume, struct err *e)
{
	struct dirent **names;
	int count = scandir(folder, &names, is_below, by_bytes);
	if (count < 0)
		return errno == ENOMEM ? err_memory(e, 0, "the names in a folder") : add(w, folder, e);
	int rc = 0;
	for (int i = 0; i < count; i++) {
		const char *name = names[i]->d_name;
		if (rc == 0 && !(volume && volume->piece(name)))
			rc = volume ? stranger_in_folder(w, folder, name, e) : named_in_folder(w, folder, name, e);
		free(names[i]);
	}
	free(names);
	return rc;
}

/* ---- what is named ---- */

static int take_named(struct walk *w, const char *path, struct err *e)
{
	struct stat st;
	if (strcmp(path, "-") == 0 || stat(path, &st) != 0)
		return add(w, path, e);
	/* As the rights are that files are opened with: a service may have a capability in the place of a user's. */
	bool folder = S_ISDIR(st.st_mode) && faccessat(AT_FDCWD, path, R_OK | X_OK, AT_EACCESS) == 0;
	if (folder && w->o->recursive)
		return take_folder(w, path, &st, e);
	if (!folder || medium_at(path))
		return add_once(w, path, &st, e);
	err_volume(e, path);
	return err_set(e, XE_USAGE, "is a folder, and no volume; --recursive takes the volumes in it");
}

static int take_line(struct walk *w, const char *name, size_t len, struct err *e)
{
	if (strlen(name) != len)
		return err_set(e, XE_USAGE, "there is a NUL in the list of names; --null takes names that end in NUL");
	return len > 0 ? take_named(w, name, e) : 0;
}

static int take_list(struct walk *w, FILE *list, struct err *e)
{
	int delimiter = w->o->null ? '\0' : '\n', rc = 0;
	char *name = NULL;
	size_t room = 0;
	ssize_t n = 0;
	while (rc == 0 && (errno = 0, n = getdelim(&name, &room, delimiter, list)) > 0) {
		bool ended = name[n - 1] == delimiter;
		name[n - ended] = '\0';
		rc = take_line(w, name, (size_t)n - ended, e);
	}
	if (rc == 0 && !feof(list))
		rc = err_errno(e, XE_FAILED, errno, "cannot read the list of names");
	free(name);
	return rc;
}

static int take_files_from(struct walk *w, const char *path, struct err *e)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *list = standard ? stdin : fopen(path, "re");
	struct err mine = {0};
	if (list == NULL) {
		err_volume(e, path);
		return err_errno(e, XE_FAILED, errno, "cannot open the list of names");
	}
	int rc = take_list(w, list, &mine);
	if (!standard)
		fclose(list);
	err_volume(&mine, standard ? "stdin" : path);
	return rc == 0 ? 0 : err_pass(e, &mine);
}

int volumelist_read(struct volumelist *l, const struct volumelist_options *o, const struct operands *operands, struct err *e)
{
	struct walk w = {.l = l, .o = o, .met = INODES_NONE, .room = RECOGNIZE_ROOM_NONE};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < operands->count; i++)
		rc = take_named(&w, operands->names[i], e);
	if (rc == 0 && o->files_from)
		rc = take_files_from(&w, o->files_from, e);
	if (rc == 0 && l->count == 0)
		rc = err_set(e, XE_FAILED, "there is no volume in what is named%s",
			     l->left_out > 0 && msg_verbosity() < 1 ? "; -v tells what was left out" : "");
	inodes_free(&w.met);
	recognize_room_free(&w.room);
	return rc;
}
