/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/reportread.h"

#include "base/array.h"
#include "base/jsonread.h"
#include "base/wholefile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	struct reportread *r;
	bool of_filter, format; /* it says so */
};

/* ---- freeing ---- */

static void free_outputs(struct reportread_output *outputs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(outputs[i].path);
		free(outputs[i].volume);
		free(outputs[i].input);
	}
}

static void free_texts(struct reportread_texts *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->all[i]);
	free(t->all);
}

void reportread_free(struct reportread *r)
{
	free_texts(&r->before);
	free_texts(&r->after);
	for (size_t i = 0; i < r->input_count; i++)
		free(r->inputs[i].path);
	for (size_t i = 0; i < r->failed_count; i++)
		free(r->failed[i]);
	free_outputs(r->outputs, r->output_count);
	free_outputs(r->earlier, r->earlier_count);
	free_outputs(&r->map, 1);
	free(r->inputs);
	free(r->outputs);
	free(r->earlier);
	free(r->failed);
	free(r->unit);
	free(r->host);
	free(r->began);
	free(r->error);
	free(r->exit_class);
	free(r->request);
	*r = (struct reportread){0};
}

/* ---- values ---- */

static int take_text(char **to, const struct jsonread_value *v, struct err *e)
{
	char *copy = strdup(v->kind == JSONREAD_TEXT ? v->text : "");
	if (copy == NULL)
		return err_memory(e, strlen(v->text), "a report");
	free(*to);
	*to = copy;
	return 0;
}

/* What is longer than one of ours is none. */
static int take_short(char to[static STANDING_TEXT_BYTES], const struct jsonread_value *v)
{
	bool fits = v->kind == JSONREAD_TEXT && strlen(v->text) < STANDING_TEXT_BYTES;
	snprintf(to, STANDING_TEXT_BYTES, "%.*s", (int)STANDING_TEXT_BYTES - 1, fits ? v->text : "");
	return 0;
}

static int take_number(uint64_t *to, const struct jsonread_value *v)
{
	if (!jsonread_whole(v, to))
		*to = 0;
	return 0;
}

static int bad_memory(struct err *e)
{
	return err_memory(e, 0, "a report");
}

static int new_input(struct reportread *r, struct err *e)
{
	struct reportread_input *grown = array_reach(r->inputs, &r->input_room, r->input_count, sizeof *grown);
	if (grown == NULL)
		return bad_memory(e);
	r->inputs = grown;
	r->inputs[r->input_count++] = (struct reportread_input){0};
	return 0;
}

static int new_output(struct reportread_output **list, size_t *count, size_t *room, struct err *e)
{
	struct reportread_output *grown = array_reach(*list, room, *count, sizeof *grown);
	if (grown == NULL)
		return bad_memory(e);
	*list = grown;
	grown[(*count)++] = (struct reportread_output){0};
	return 0;
}

static int new_text(char ***all, size_t *count, size_t *room, const struct jsonread_value *v, struct err *e)
{
	char **grown = array_reach(*all, room, *count, sizeof *grown);
	if (grown == NULL)
		return bad_memory(e);
	*all = grown;
	grown[*count] = NULL;
	return take_text(&grown[(*count)++], v, e);
}

static int new_neighbour(struct reportread_texts *t, const struct jsonread_value *v, struct err *e)
{
	return new_text(&t->all, &t->count, &t->room, v, e);
}

/* ---- where they stand ---- */

static int take_input(struct reportread *r, const char *name, const struct jsonread_value *v, struct err *e)
{
	struct reportread_input *in = r->input_count ? &r->inputs[r->input_count - 1] : NULL;
	if (name[0] == '\0')
		return new_input(r, e);
	if (in == NULL)
		return 0;
	if (strcmp(name, ".input") == 0)
		return take_text(&in->path, v, e);
	if (strcmp(name, ".mtime") == 0)
		return take_short(in->mtime, v);
	in->known = in->known || strcmp(name, ".stored_bytes") == 0;
	return strcmp(name, ".stored_bytes") == 0 ? take_number(&in->stored_bytes, v) : 0;
}

static int take_output(struct reportread_output *o, const char *name, const struct jsonread_value *v, struct err *e)
{
	if (strcmp(name, ".output") == 0)
		return take_text(&o->path, v, e);
	if (strcmp(name, ".volume") == 0)
		return take_text(&o->volume, v, e);
	if (strcmp(name, ".input") == 0)
		return take_text(&o->input, v, e);
	if (strcmp(name, ".bytes_out") == 0 || strcmp(name, ".bytes") == 0)
		return take_number(&o->bytes, v);
	if (strcmp(name, ".bytes_in") == 0)
		return take_number(&o->bytes_in, v);
	if (strcmp(name, ".complete") == 0)
		o->complete = strcmp(v->text, "true") == 0;
	if (strcmp(name, ".xxh64_out") == 0 || strcmp(name, ".xxh64") == 0)
		return take_short(o->digest, v);
	if (strcmp(name, ".xxh64_in") == 0)
		return take_short(o->digest_in, v);
	if (strcmp(name, ".stored_bytes") == 0)
		return take_number(&o->stored_bytes, v);
	if (strcmp(name, ".stored_names") == 0)
		return take_number(&o->stored_names, v);
	return strcmp(name, ".mtime") == 0 ? take_short(o->mtime, v) : 0;
}

static int take_damaged(struct reportread *r, const struct jsonread_value *v)
{
	uint64_t damaged = 0;
	if (r->output_count == 0 || !jsonread_whole(v, &damaged))
		return 0;
	r->outputs[r->output_count - 1].damaged = damaged;
	r->damaged += damaged;
	return 0;
}

static int take_volume(struct reportread *r, const char *name, const struct jsonread_value *v, struct err *e)
{
	if (name[0] == '\0')
		return new_output(&r->outputs, &r->output_count, &r->output_room, e);
	if (strcmp(name, ".damaged") == 0)
		return take_damaged(r, v);
	return r->output_count ? take_output(&r->outputs[r->output_count - 1], name, v, e) : 0;
}

static int take_earlier(struct reportread *r, const char *name, const struct jsonread_value *v, struct err *e)
{
	if (name[0] == '\0')
		return new_output(&r->earlier, &r->earlier_count, &r->earlier_room, e);
	return r->earlier_count ? take_output(&r->earlier[r->earlier_count - 1], name, v, e) : 0;
}

static int take_run(struct reading *s, const struct jsonread_value *v, struct err *e)
{
	static const char ours[] = "xflate ";
	struct reportread *r = s->r;
	uint64_t number = 0;
	if (strcmp(v->path, "program") == 0)
		s->of_filter = strncmp(v->text, ours, sizeof ours - 1) == 0;
	else if (strcmp(v->path, "format") == 0)
		s->format = strcmp(v->text, "1") == 0;
	else if (strcmp(v->path, "complete") == 0)
		r->complete = strcmp(v->text, "true") == 0;
	else if (strcmp(v->path, "exit_status") == 0)
		r->exit_status = jsonread_whole(v, &number) && number < 256 ? (int)number : 1;
	else if (strcmp(v->path, "map_bytes") == 0)
		return take_number(&r->map.bytes, v);
	else if (strcmp(v->path, "map_xxh64") == 0)
		return take_short(r->map.digest, v);
	else if (strcmp(v->path, "failures[].input") == 0)
		return new_text(&r->failed, &r->failed_count, &r->failed_room, v, e);
	else if (strcmp(v->path, "before[]") == 0)
		return new_neighbour(&r->before, v, e);
	else if (strcmp(v->path, "after[]") == 0)
		return new_neighbour(&r->after, v, e);
	return 0;
}

static int take(void *arg, const struct jsonread_value *v, struct err *e)
{
	struct reading *s = arg;
	struct reportread *r = s->r;
	const struct {
		const char *path;
		char **to;
	} texts[] = {{"unit", &r->unit},      {"host", &r->host},    {"began", &r->began},
		     {"error", &r->error},    {"map", &r->map.path}, {"exit_class", &r->exit_class},
		     {"request", &r->request}};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (strcmp(v->path, texts[i].path) == 0)
			return take_text(texts[i].to, v, e);
	}
	if (strncmp(v->path, "inputs[]", 8) == 0)
		return take_input(r, v->path + 8, v, e);
	if (strncmp(v->path, "volumes[]", 9) == 0)
		return take_volume(r, v->path + 9, v, e);
	if (strncmp(v->path, "earlier[]", 9) == 0)
		return take_earlier(r, v->path + 9, v, e);
	return take_run(s, v, e);
}

/* ---- the file ---- */

static int read_report(struct reportread *r, const char *path, struct err *e)
{
	struct reading s = {.r = r};
	struct err why = {0};
	char *data;
	size_t len;
	int rc = wholefile_read(path, REPORTREAD_MAX_BYTES, &data, &len, e);
	if (rc == 0 && jsonread(data, len, take, &s, &why) != 0)
		rc = err_within(e, "is no report that is whole", &why);
	if (rc == 0 && !(s.of_filter && s.format))
		rc = err_set(e, XE_FAILED, "is no report of xflate filter");
	free(data);
	return rc;
}

int reportread(struct reportread *r, const char *path, struct err *e)
{
	*r = (struct reportread){0};
	struct err mine = {0};
	int rc = read_report(r, path, &mine);
	err_volume(&mine, path);
	return rc == 0 ? 0 : err_pass(e, &mine);
}
