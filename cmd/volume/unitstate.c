/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/unitstate.h"

#include "base/array.h"
#include "base/place.h"
#include "base/printable.h"
#include "cmd/timetext.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void unitstate_free(struct unitstate *s)
{
	for (size_t i = 0; i < s->own_count; i++)
		free(s->own[i].path);
	free(s->own);
	*s = UNITSTATE_NEW;
}

/* ---- names ---- */

/* JSON holds no odd bytes: each has become U+FFFD. */
static bool same_in_json(const char *ours, const char *told)
{
	static const char odd[] = "\xef\xbf\xbd";
	while (*ours && *told) {
		size_t n = printable_utf8_bytes(ours), m = n ? n : sizeof odd - 1;
		if (strncmp(n ? ours : odd, told, m) != 0)
			return false;
		ours += n ? n : 1;
		told += m;
	}
	return *ours == *told;
}

static bool same_name(const char *ours, const char *told)
{
	char a[PLACE_PATH_BYTES], b[PLACE_PATH_BYTES];
	if (told == NULL)
		return false;
	place_base(ours, a);
	place_base(told, b);
	return same_in_json(a, b);
}

/* What the report calls so, in the folder where it stands now.  False: it is no name of a file. */
static bool beside_report(const char *report, const char *told, char path[static PLACE_PATH_BYTES])
{
	char folder[PLACE_PATH_BYTES], name[PLACE_PATH_BYTES];
	if (told == NULL)
		return false;
	place_folder(report, folder);
	place_base(told, name);
	if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	int n = snprintf(path, PLACE_PATH_BYTES, "%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/", name);
	return n > 0 && n < PLACE_PATH_BYTES;
}

/* ---- inputs ---- */

/* The digest of the one volume that came out of it; NULL: there are others, or it has none. */
static const char *digest_of(const struct reportread *r, const struct reportread_input *in)
{
	const char *digest = NULL;
	size_t count = 0;
	for (size_t i = 0; i < r->output_count; i++) {
		if (r->outputs[i].input == NULL || in->path == NULL || strcmp(r->outputs[i].input, in->path) != 0)
			continue;
		digest = r->outputs[i].digest_in;
		count++;
	}
	return count == 1 && digest[0] ? digest : NULL;
}

static bool same_bytes(const char *path, uint64_t bytes, const char *digest)
{
	char now[STANDING_TEXT_BYTES];
	uint64_t count;
	struct err unread = {0};
	return standing_digest(path, now, &count, &unread) == 0 && count == bytes && strcmp(now, digest) == 0;
}

static bool input_is(const struct reportread *r, size_t i, const char *path, bool quick)
{
	const struct reportread_input *in = &r->inputs[i];
	struct standing now;
	char mtime[TIMETEXT_BYTES];
	if (!in->known || !same_name(path, in->path) || !standing_look(path, &now) || now.bytes != in->stored_bytes)
		return false;
	timetext_exact(&now.mtime, mtime);
	const char *digest = quick ? NULL : digest_of(r, in);
	return strcmp(mtime, in->mtime) == 0 || (digest && same_bytes(path, now.bytes, digest));
}

static bool inputs_are(const struct reportread *r, const struct unitstate_wanted *w, bool quick)
{
	bool same = r->input_count == w->input_count;
	for (size_t i = 0; same && i < w->input_count; i++)
		same = input_is(r, i, w->inputs[i], quick);
	return same;
}

/* What is changed behind their cut records is nobody's business. */
static bool are_called(const char *const *ours, size_t count, const struct reportread_texts *told)
{
	bool same = count == told->count;
	for (size_t i = 0; same && i < count; i++)
		same = same_name(ours[i], told->all[i]);
	return same;
}

static bool neighbours_are(const struct reportread *r, const struct unitstate_wanted *w)
{
	return are_called(w->before, w->before_count, &r->before) && are_called(w->after, w->after_count, &r->after);
}

/* ---- outputs ---- */

static bool are_named(const struct reportread *r, const struct unitstate_wanted *w)
{
	bool named = true;
	for (size_t i = 0; named && i < r->output_count; i++)
		named = w->named(w->arg, &r->outputs[i]);
	return named;
}

static bool stands_as_old(const char *path, const struct reportread_output *o)
{
	struct standing now;
	char mtime[TIMETEXT_BYTES];
	if (!standing_look(path, &now))
		return false;
	timetext_exact(&now.mtime, mtime);
	return o->mtime[0] && now.bytes == o->stored_bytes && strcmp(mtime, o->mtime) == 0;
}

/* What else lies in a folder, be it empty or no file, would go with it. */
static bool stands_alone(const struct standing *now, uint64_t bytes, uint64_t names)
{
	return !now->folder || (now->bytes == bytes && now->names == names);
}

static int add_own(struct unitstate *s, const char *path, const struct reportread_output *o, const struct standing *now, struct err *e)
{
	struct unitstate_file *grown = array_reach(s->own, &s->own_room, s->own_count, sizeof *grown);
	char *copy = grown ? strdup(path) : NULL;
	s->own = grown ? grown : s->own;
	if (copy == NULL)
		return err_memory(e, 0, "what is done already");
	struct unitstate_file *f = &grown[s->own_count++];
	*f = (struct unitstate_file){.path = copy, .bytes = o->bytes, .as = *now};
	snprintf(f->digest, sizeof f->digest, "%s", o->digest);
	return 0;
}

/* *all: stays true if each of them stands there as it should. */
static int look_at_outputs(struct unitstate *s, const struct unitstate_wanted *w, const struct reportread_output *outputs, size_t count,
			   bool *all, struct err *e)
{
	char path[PLACE_PATH_BYTES];
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		const struct reportread_output *o = &outputs[i];
		struct standing now;
		/* Looked at before it is opened: a pipe would wait for its writer. */
		bool there = beside_report(w->report, o->path, path) && o->digest[0] && standing_look(path, &now) &&
			     (now.folder || now.bytes == o->bytes) && same_bytes(path, o->bytes, o->digest);
		*all = *all && there;
		if (there && stands_alone(&now, o->stored_bytes, o->stored_names))
			rc = add_own(s, path, o, &now, e);
	}
	return rc;
}

static bool all_as_old(const struct unitstate_wanted *w, const struct reportread *r)
{
	char path[PLACE_PATH_BYTES];
	struct standing map;
	bool all = r->output_count > 0 && beside_report(w->report, r->map.path, path) && standing_look(path, &map) &&
		   map.bytes == r->map.bytes;
	for (size_t i = 0; all && i < r->output_count; i++)
		all = beside_report(w->report, r->outputs[i].path, path) && stands_as_old(path, &r->outputs[i]);
	return all;
}

/* ---- both ---- */

/* What was lost with a neighbour may be there now. */
static bool is_worth_another(const struct reportread *r)
{
	return r->damaged > 0 && r->before.count + r->after.count > 0;
}

static int judge(struct unitstate *s, const struct reportread *r, const struct unitstate_wanted *w, bool quick, struct err *e)
{
	bool finished = r->complete && !is_worth_another(r) && are_named(r, w) && neighbours_are(r, w) && inputs_are(r, w, quick),
	     all = r->output_count > 0, unneeded = true;
	s->status = r->exit_status;
	s->damaged = r->damaged;
	s->done = quick && finished && all_as_old(w, r);
	if (s->done)
		return 0;
	int rc = look_at_outputs(s, w, r->outputs, r->output_count, &all, e);
	if (rc == 0)
		rc = look_at_outputs(s, w, &r->map, 1, &all, e);
	if (rc == 0)
		rc = look_at_outputs(s, w, r->earlier, r->earlier_count, &unneeded, e);
	s->done = rc == 0 && !quick && finished && all;
	return rc;
}

static void tell_volumes(const struct reportread *r, const struct unitstate_wanted *w)
{
	for (size_t i = 0; w->met && i < r->output_count; i++) {
		if (r->outputs[i].volume)
			w->met(w->arg, r->outputs[i].volume);
	}
}

static int refuse_request(const struct reportread *r, const struct unitstate_wanted *w, struct err *e)
{
	if (r->request && strcmp(r->request, w->request) == 0)
		return 0;
	err_volume(e, w->report);
	return err_set(e, XE_FAILED, "its volumes were made with other options (%s); --force makes them anew, another folder keeps both",
		       r->request ? r->request : "of a run by itself");
}

/* A set shall not give way to a part of it. */
static int refuse_part(const struct reportread *r, const struct unitstate_wanted *w, struct err *e)
{
	for (size_t i = 0; i < r->input_count; i++) {
		bool here = false;
		for (size_t k = 0; !here && k < w->input_count; k++)
			here = same_name(w->inputs[k], r->inputs[i].path);
		if (here)
			continue;
		err_volume(e, w->report);
		return err_set(e, XE_FAILED,
			       "its volumes were made together with %s, which is not among the inputs; name it, too, or use --force",
			       r->inputs[i].path ? r->inputs[i].path : "another");
	}
	return 0;
}

static int refuse_other(const struct reportread *r, const struct unitstate_wanted *w, struct err *e)
{
	int rc = refuse_request(r, w, e);
	return rc == 0 ? refuse_part(r, w, e) : rc;
}

/* Who opened a pipe would wait for whoever writes into it. */
static int read_report(struct reportread *r, const char *path, struct err *e)
{
	struct stat st;
	*r = (struct reportread){0};
	if (stat(path, &st) != 0 || S_ISREG(st.st_mode))
		return reportread(r, path, e);
	err_volume(e, path);
	return err_set(e, XE_FAILED, "is no file, and a report is to stand there");
}

int unitstate_look(struct unitstate *s, const struct unitstate_wanted *w, enum unitstate_proof proof, struct err *e)
{
	struct reportread r;
	*s = UNITSTATE_NEW;
	s->reported = lstat(w->report, &s->st) == 0;
	if (proof == UNITSTATE_NONE || !s->reported)
		return 0;
	int rc = read_report(&r, w->report, e);
	if (rc != 0)
		err_add(e, S_ISREG(s->st.st_mode) ? "; --force replaces it" : "; move it away");
	if (rc == 0 && r.complete)
		rc = refuse_other(&r, w, e);
	if (rc == 0)
		rc = judge(s, &r, w, proof == UNITSTATE_QUICK, e);
	/* A run that failed was of the same request, and of no fewer inputs, as what stands there still. */
	if (rc == 0 && !r.complete && s->own_count > 0)
		rc = refuse_other(&r, w, e);
	if (rc == 0 && s->done)
		tell_volumes(&r, w);
	reportread_free(&r);
	return rc;
}

bool unitstate_owns(const struct unitstate *s, const char *path)
{
	char name[PLACE_PATH_BYTES], own[PLACE_PATH_BYTES];
	place_base(path, name);
	for (size_t i = 0; i < s->own_count; i++) {
		place_base(s->own[i].path, own);
		if (strcmp(own, name) == 0)
			return true;
	}
	return false;
}

int unitstate_still_owns(const struct unitstate *s, struct err *e)
{
	struct standing now;
	for (size_t i = 0; i < s->own_count; i++) {
		const struct unitstate_file *f = &s->own[i];
		bool same = !standing_look(f->path, &now) ||
			    (now.bytes == f->as.bytes && now.names == f->as.names && now.mtime.tv_sec == f->as.mtime.tv_sec &&
			     now.mtime.tv_nsec == f->as.mtime.tv_nsec);
		if (same)
			continue;
		err_volume(e, f->path);
		return err_set(e, XE_FAILED, "was changed while its successor was made; it is not replaced, move it away");
	}
	return 0;
}

void unitstate_look_again(struct unitstate *s, const char *report)
{
	s->reported = lstat(report, &s->st) == 0;
}

int unitstate_unchanged(const struct unitstate *s, const char *report, struct err *e)
{
	struct stat st;
	bool there = lstat(report, &st) == 0;
	bool same = there == s->reported &&
		    (!there || (st.st_dev == s->st.st_dev && st.st_ino == s->st.st_ino && st.st_mtim.tv_sec == s->st.st_mtim.tv_sec &&
				st.st_mtim.tv_nsec == s->st.st_mtim.tv_nsec));
	if (same)
		return 0;
	err_volume(e, report);
	return err_set(e, XE_FAILED, "another run has written it meanwhile");
}
