/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/catalog/inputs.h"

#include "base/msg.h"
#include "catalog/mapfile.h"
#include "cmd/command.h"
#include "cmd/volume/findingtext.h"
#include "pipeline/cipher.h"

#include <stdlib.h>
#include <string.h>

void inputs_free(struct inputs *in)
{
	keyoptions_close(&in->keys);
	mapped_list_free(&in->list);
}

int inputs_check(const struct inputs *in, const char *verb, const char *other, const char *what)
{
	for (size_t i = 0; other && strcmp(other, "-") == 0 && i < in->count; i++) {
		if (strcmp(in->paths[i], "-") == 0)
			return msg_usage(verb, "standard input cannot be %s and a volume, too", what);
	}
	int wrong = keyoptions_check(&in->keys, verb);
	return wrong != 0 ? wrong : keyoptions_check_inputs(&in->keys, verb, in->paths, in->count);
}

static void on_progress(void *measure, struct progress_state *state)
{
	state->done = measure_bytes(measure);
	state->reads_only = true;
}

static void on_damage(void *arg, const struct finding *f)
{
	(void)arg;
	findingtext_warn(f, findingtext_kind(f->kind), "");
}

/* count volumes from the first-th operand on. */
static int read_volumes(struct inputs *in, size_t first, size_t count, struct err *e)
{
	const struct cipher_options co = {.read = keyoptions_given(&in->keys) ? &in->keys.read : NULL};
	struct cipher *cipher = cipher_new(&co);
	struct measure_options o = in->hooks;
	o.paths = in->paths + first;
	o.path_count = count;
	o.keys = cipher ? cipher_keys(cipher) : NULL;
	o.max_memory = in->max_memory;
	o.damage = on_damage;
	struct measure *m = cipher ? measure_new(&o) : NULL;
	size_t before = in->list.count;
	int rc = m ? 0 : err_memory(e, 0, "reading");
	if (rc == 0) {
		progress_start(in->progress, on_progress, m);
		rc = measure_run(m, &in->list, e);
		progress_stop();
	}
	for (size_t i = before; i < in->list.count; i++)
		in->damage += in->list.volumes[i]->damage;
	measure_free(m);
	cipher_free(cipher);
	return rc;
}

static int read_map(struct inputs *in, const char *path, struct err *e)
{
	size_t before = in->list.count;
	int rc = mapfile_read(&in->list, path, e);
	for (size_t i = before; rc == 0 && i < in->list.count; i++) {
		const struct mapped_volume *v = in->list.volumes[i];
		if (v->damage > 0 || v->exit_status > 0)
			return err_set(e, XE_DAMAGE,
				       "%s: the run that wrote this map lost something or passed damage on: give the volumes themselves",
				       path);
	}
	return rc;
}

static void drop(struct mapped_list *l, size_t index)
{
	mapped_free(l->volumes[index]);
	l->count--;
	memmove(&l->volumes[index], &l->volumes[index + 1], (l->count - index) * sizeof *l->volumes);
}

/* Of one that several maps tell of, one behind the other, the last counts. */
static int once(struct mapped_list *l, struct err *e)
{
	for (size_t i = 0; i < l->count; i++) {
		for (size_t k = i + 1; k < l->count; k++) {
			const struct mapped_volume *a = l->volumes[i], *b = l->volumes[k];
			if (strcmp(a->new_name, b->name) != 0 && strcmp(a->new_name, b->new_name) != 0)
				continue;
			if (a->version == 0 || b->version == 0 || a->path == b->path)
				return err_set(e, XE_USAGE, "%s: volume %s was given already, by %s", b->path, b->name, a->path);
			drop(l, i--);
			break;
		}
	}
	return 0;
}

int inputs_read(struct inputs *in, struct err *e)
{
	int rc = keyoptions_open(&in->keys, e);
	for (size_t i = 0, n; rc == 0 && i < in->count; i += n) {
		n = 1;
		if (mapfile_is(in->paths[i])) {
			rc = read_map(in, in->paths[i], e);
			continue;
		}
		while (i + n < in->count && !mapfile_is(in->paths[i + n]))
			n++;
		rc = read_volumes(in, i, n, e);
	}
	return rc == 0 ? once(&in->list, e) : rc;
}
