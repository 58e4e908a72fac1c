/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/outputs.h"

#include "base/attributes.h"
#include "base/msg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int outputs_choose_folder(struct outputs *o, struct err *e)
{
	struct stat st;
	o->folder = o->suffix != NULL;
	if (o->folder)
		return 0;
	bool exists = strcmp(o->path, "-") != 0 && stat(o->path, &st) == 0;
	bool wants = o->path[strlen(o->path) - 1] == '/';
	o->folder = exists && S_ISDIR(st.st_mode);
	if (o->folder && medium_begins_at(o->path)) {
		err_volume(e, o->path);
		return err_set(e, XE_USAGE, "is a volume itself: nothing is written into it; name another folder");
	}
	if ((o->input_count == 1 && !wants) || o->folder || strcmp(o->path, "-") == 0)
		return 0;
	err_volume(e, o->path);
	if (exists)
		return err_set(e, XE_USAGE, "is no folder, and the output needs one");
	if (mkdir(o->path, 0750) != 0)
		return err_errno(e, XE_FAILED, errno, "cannot make the folder");
	e->volume[0] = '\0';
	o->folder = o->folder_made = true;
	return 0;
}

static int refuse_same(const struct outputs *o, const struct io *out, const char *name, struct err *e)
{
	/* /dev/null, pipes and terminals may be both. */
	if (out->type != S_IFREG && out->type != S_IFBLK && !out->tape)
		return 0;
	for (size_t i = 0; i < o->input_count + o->source_count; i++) {
		struct io in;
		const char *path = i < o->input_count ? o->inputs[i] : o->sources[i - o->input_count];
		if (path == NULL)
			continue;
		bool standard = strcmp(path, "-") == 0;
		if ((standard ? io_describe(&in, STDIN_FILENO) : io_describe_path(&in, path)) && io_same(&in, out)) {
			err_volume(e, name);
			return err_set(e, XE_USAGE, "is an input, too: it would be overwritten while it is read");
		}
	}
	return 0;
}

/* What is written into a volume that is a folder would be taken for a part of it, or replace one. */
static int refuse_inside(const struct outputs *o, const char *path, struct err *e)
{
	char folder[PLACE_PATH_BYTES];
	struct io around, in;
	struct place behind;
	struct err unsaid = {0};
	/* Links lead into it, too. */
	place_folder(place_find(&behind, path, &unsaid) == 0 ? behind.path : path, folder);
	if (!io_describe_path(&around, folder))
		return 0;
	for (size_t i = 0; i < o->input_count; i++) {
		if (strcmp(o->inputs[i], "-") != 0 && io_describe_path(&in, o->inputs[i]) && S_ISDIR(in.type) && io_same(&in, &around)) {
			err_volume(e, path);
			return err_set(e, XE_USAGE, "lies in the volume %s, which is read", o->inputs[i]);
		}
	}
	return 0;
}

int outputs_refuse_input(const struct outputs *o, const char *path, struct err *e)
{
	struct io out;
	int rc = strcmp(path, "-") == 0 ? 0 : refuse_inside(o, path, e);
	if (rc != 0)
		return rc;
	if (strcmp(path, "-") == 0 || !io_describe_path(&out, path))
		return 0;
	return refuse_same(o, &out, path, e);
}

static int refuse_other(const char *path, struct err *e)
{
	struct stat st;
	if (stat(path, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return 0;
	err_volume(e, path);
	return err_set(e, XE_FAILED, "is no file, and one is to stand there; move it away");
}

int outputs_open_file(const struct outputs *o, struct outfile *f, const char *path, const char *option, mode_t mode, bool keep_partial,
		      struct err *e)
{
	int rc = outputs_refuse_input(o, path, e);
	if (rc == 0 && o->files_only)
		rc = refuse_other(path, e);
	if (rc == 0)
		rc = outfile_open(f, path, mode, o->replace, keep_partial, e);
	if (rc != 0 && f->taken)
		err_add(e, "; use --force to replace it");
	/* Standard output has no path to be asked before. */
	rc = rc != 0 ? rc : refuse_same(o, &f->io, f->io.name, e);
	if (rc != 0)
		err_add(e, " (output, %s)", option);
	return rc;
}

static int in_folder(const struct outputs *o, const char *name, char *path, size_t path_bytes)
{
	size_t len = strlen(o->path);
	int n = snprintf(path, path_bytes, "%s%s%s", o->path, len > 0 && o->path[len - 1] == '/' ? "" : "/", name);
	return n < 0 || (size_t)n >= path_bytes ? -1 : 0;
}

/* Another volume behind the first in one input has only its own name. */
static bool is_another(const struct outputs *o, const struct volume_info *v)
{
	return o->count > o->set_first && o->last_input == v->input;
}

static int beside_path(const struct outputs *o, const struct volume_info *v, char *path, size_t path_bytes, struct err *e)
{
	int n = snprintf(path, path_bytes, "%s%s", v->path, o->suffix);
	return n < 0 || (size_t)n >= path_bytes ? err_set(e, XE_FAILED, "the path of an output is too long") : 0;
}

/* False: it has none, and its label's is taken. */
static bool input_name(const char *path, char name[static PLACE_PATH_BYTES])
{
	place_base(path, name);
	return strcmp(path, "-") != 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static bool is_called(const struct outputs *o, const struct volume_info *v, const char *name)
{
	return o->called && strcmp(o->called[v->input], name) == 0;
}

/* Another unit of the batch would replace it, or has, and nobody would see that one of them is gone. */
static int refuse_taken(const struct outputs *o, const struct volume_info *v, const char *name, const char *path, struct err *e)
{
	bool taken = false;
	int rc = o->taken && !is_called(o, v, name) ? o->taken(o->names_of_all, name, &taken, e) : 0;
	if (!taken)
		return rc;
	err_volume(e, path);
	return err_set(e, XE_USAGE,
		       "is what another output of this batch is called; convert %s by itself, into another folder, or --rename %s", v->path,
		       v->label.volume);
}

static int folder_path(const struct outputs *o, const struct volume_info *v, char *path, size_t path_bytes, struct err *e)
{
	if (o->suffix)
		return beside_path(o, v, path, path_bytes, e);
	char own[PLACE_PATH_BYTES];
	const char *name = !is_another(o, v) && input_name(v->path, own) ? own : v->label.volume;
	const char *renamed = reshape_new_name(o->names, o->name_count, v->label.volume);
	name = renamed ? renamed : name;
	/* A Volume Name comes from the volume itself. */
	if (strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || name[0] == '\0') {
		err_volume(e, v->name);
		return err_set(e, XE_USAGE, "its Volume Name cannot be a file name; use -o FILE");
	}
	if (in_folder(o, name, path, path_bytes) != 0)
		return err_set(e, XE_FAILED, "the path of an output is too long");
	for (size_t i = 0; i < o->count; i++) {
		if (strcmp(o->volumes[i]->path, path) == 0) {
			err_volume(e, path);
			return err_set(e, XE_USAGE, "two volumes of this run would get this name");
		}
	}
	return refuse_taken(o, v, name, path, e);
}

static bool is_own(const struct outputs *o, const char *path)
{
	return o->owns && o->owns(o->owner, path);
}

int outputs_check_names(const struct outputs *o, const char *const *others, size_t count, struct err *e)
{
	struct io there;
	char path[OUTFILE_PATH_BYTES], name[PLACE_PATH_BYTES];
	for (size_t i = 0; o->folder && !o->suffix && i < o->input_count; i++) {
		if (o->called)
			snprintf(name, sizeof name, "%s", o->called[i]);
		else if (!input_name(o->inputs[i], name))
			continue;
		if (in_folder(o, name, path, sizeof path) != 0)
			continue;
		for (size_t k = 0; k < count; k++) {
			if (others[k] && place_same(path, others[k])) {
				err_volume(e, others[k]);
				return err_set(e, XE_USAGE, "is what a volume of this run will be called, too");
			}
		}
		if (!io_describe_path(&there, path))
			continue;
		int rc = refuse_same(o, &there, path, e);
		if (rc == 0 && is_own(o, path))
			continue;
		if (rc == 0 && there.type == S_IFREG && !o->replace && !o->folders) {
			err_volume(e, path);
			rc = err_set(e, XE_FAILED, "exists already%s; use --force to replace it",
				     o->owns ? ", and is not what its report says" : "");
		}
		if (rc == 0 && (there.type == S_IFDIR || o->folders)) {
			err_volume(e, path);
			rc = err_set(e, XE_FAILED, "exists already%s, and nothing replaces a folder, or a file by one; move it away",
				     o->owns ? ", is not what its report says, or holds something else" : "");
		}
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Through links two of them can be one file: the earlier one has its name already. */
static int refuse_own(const struct outputs *o, const struct outfile *f, struct err *e)
{
	for (size_t i = 0; i + 1 < o->count; i++) {
		const struct outfile *g = o->volumes[i];
		if (!g->done || f->there_ino == 0 || g->ino != f->there_ino || g->dev != f->there_dev)
			continue;
		err_volume(e, f->path);
		return err_set(e, XE_USAGE, "is one file with %s, which this run has just written", g->path);
	}
	return 0;
}

static int add_folder(const struct outputs *o, struct outfile *f, const char *path, struct err *e)
{
	int rc = refuse_inside(o, path, e);
	return rc == 0 ? outfile_open_folder(f, path, OUTPUTS_FOLDER_MODE, is_own(o, path), o->keep_partial, e) : rc;
}

/* The next output, made of that input; the last of the list from then on.  replace: an existing file. */
static int add_output(struct outputs *o, const char *path, const char *input, bool replace, struct err *e)
{
	struct outfile **grown = realloc(o->volumes, (o->count + 1) * sizeof(struct outfile *));
	struct outfile *f = malloc(sizeof *f);
	if (grown)
		o->volumes = grown;
	if (grown == NULL || f == NULL) {
		free(f);
		return err_memory(e, sizeof *f, "an output");
	}
	*f = OUTFILE_NONE;
	o->volumes[o->count++] = f;
	o->follows = o->follow && !o->folders && attributes_are_there(input);
	o->laid_open = false;
	if (o->folders)
		return add_folder(o, f, path, e);
	mode_t mode = o->mode ? o->mode : o->follows ? OUTPUTS_MODE_UNTIL : OUTPUTS_MODE;
	if (o->suffix)
		return outfile_open_new(f, path, mode, e);
	bool may = o->replace;
	o->replace = (may && replace) || is_own(o, path);
	int rc = outputs_open_file(o, f, path, "-o", mode, o->keep_partial, e);
	o->replace = may;
	return rc != 0 ? rc : refuse_own(o, f, e);
}

int outputs_open(struct outputs *o, struct err *e)
{
	return o->folder ? 0 : add_output(o, o->path, o->inputs[0], true, e);
}

struct outfile *outputs_current(const struct outputs *o)
{
	return o->count ? o->volumes[o->count - 1] : NULL;
}

void outputs_begin_set(struct outputs *o)
{
	o->set_first = o->folder ? o->count : 0;
}

int outputs_begin_volume(struct outputs *o, const struct volume_info *v, struct io *out, struct err *e)
{
	if (o->folder) {
		char path[OUTFILE_PATH_BYTES];
		int rc = folder_path(o, v, path, sizeof path, e);
		/* What the label in an input is called, nobody has named. */
		bool named = o->called ? is_called(o, v, place_name(path)) : !is_another(o, v);
		if (rc == 0)
			rc = add_output(o, path, v->path, named, e);
		if (rc != 0)
			return rc;
	}
	*out = outputs_current(o)->io;
	/* Another volume in one file: again its owner's alone while it is written. */
	if (o->follows && !o->folder && !outputs_current(o)->direct && fchmod(out->fd, OUTPUTS_MODE_UNTIL) != 0)
		return err_errno(e, XE_FAILED, errno, "its mode could not be set");
	o->last_input = v->input;
	return 0;
}

/* A volume may go on in the inputs behind its own. */
static void follow(struct outputs *o, const struct volume_info *v)
{
	const struct outfile *f = outputs_current(o);
	struct err e = {0};
	size_t first = 0;
	while (first < o->input_count && strcmp(o->inputs[first], v->path) != 0)
		first++;
	size_t count = first + v->more_inputs < o->input_count ? 1 + v->more_inputs : o->input_count - first;
	o->laid_open = o->laid_open || (v->opened > 0 && !o->encrypts);
	if (!f->direct && attributes_follow(o->inputs + first, count, f->io.fd, o->laid_open, &e) != 0)
		msg_warning("%s: is not in all as its input: %s", f->path, e.text);
}

int outputs_end_volume(struct outputs *o, const struct volume_info *v, struct err *e)
{
	if (o->follows)
		follow(o, v);
	return o->folder ? outfile_finish(outputs_current(o), e) : 0;
}

int outputs_commit(struct outputs *o, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < o->count; i++) {
		struct outfile *f = o->volumes[i];
		if (o->folder && f->slot < 0)
			continue;
		rc = outfile_commit(f, e);
		if (f->remains[0])
			msg_warning("%s: the folder that it has replaced could not be removed whole: look into %s beside it", f->path,
				    f->remains);
	}
	return rc;
}

void outputs_lose_suffix(struct outputs *o, bool lost)
{
	for (size_t i = o->set_first; i < o->count; i++) {
		struct outfile *f = o->volumes[i];
		f->done = lost;
		if (lost)
			f->path[strlen(f->path) - strlen(o->suffix)] = '\0';
	}
}

void outputs_drop_partial(struct outputs *o)
{
	for (size_t i = o->set_first; i < o->count; i++)
		o->volumes[i]->keep_partial = false;
}

static size_t count_done(const struct outputs *o)
{
	size_t done = 0;
	for (size_t i = 0; i < o->count; i++)
		done += o->volumes[i]->done;
	return done;
}

bool outputs_complete(const struct outputs *o)
{
	return o->count > 0 && count_done(o) == o->count;
}

void outputs_tell_complete(const struct outputs *o)
{
	size_t done = count_done(o);
	if (done > 0 && o->count == 1)
		msg_error("%s: is complete all the same", o->volumes[0]->path[0] ? o->volumes[0]->path : "standard output");
	else if (done > 0)
		msg_error("%s: %zu of %zu volumes are complete all the same", o->path, done, o->count);
}

void outputs_abandon_set(struct outputs *o)
{
	for (size_t i = o->set_first; i < o->count; i++) {
		bool open = o->volumes[i]->slot >= 0;
		outfile_abandon(o->volumes[i]);
		if (open && o->volumes[i]->left[0])
			msg_error("%s: what was written is in %s", o->volumes[i]->path, o->volumes[i]->left);
	}
}

void outputs_abandon(struct outputs *o)
{
	o->set_first = 0;
	outputs_abandon_set(o);
}

void outputs_free(struct outputs *o)
{
	outputs_abandon(o);
	/* Only if it is empty. */
	if (o->folder_made && count_done(o) == 0)
		rmdir(o->path);
	o->folder_made = false;
	for (size_t i = 0; i < o->count; i++)
		free(o->volumes[i]);
	free(o->volumes);
	o->volumes = NULL;
	o->count = 0;
}
