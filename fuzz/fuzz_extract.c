/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files out of a small volume: a byte of flags, two that are not used (as for fuzz_filter), then the volume.  What a target is asked for is in
 * order, leads down, and adds up. */
#include "fuzz/fuzz.h"

#include "pipeline/filter.h"
#include "restore/extract.h"
#include "restore/objects.h"

enum { RESEAL = 1, RELENGTH = 2, STRIP = 4, DEVICES = 8, THERE = 16, FAIL = 32, OBJECTS = 64 };

struct asked {
	unsigned flags;
	bool open; /* a file */
	uint64_t made, told, problems;
};

static void leads_down(const char *path)
{
	FUZZ_MUST(path && path[0] != '\0' && path[0] != '/' && path[strlen(path) - 1] != '/');
	FUZZ_MUST(strstr(path, "//") == NULL && strncmp(path, "../", 3) != 0 && strstr(path, "/../") == NULL && strcmp(path, "..") != 0);
}

static int begin(void *arg, const struct object *o, struct made *m, struct err *e)
{
	struct asked *a = arg;
	(void)e;
	FUZZ_MUST(!a->open && o->kind == OBJECT_FILE && o->stat);
	leads_down(o->path);
	*m = (struct made){.how = a->flags & THERE ? MADE_THERE : MADE, .path = o->path};
	a->open = m->how == MADE;
	return 0;
}

static int write_at(void *arg, uint64_t at, struct span data, struct made *m, struct err *e)
{
	struct asked *a = arg;
	uint64_t sum = at;
	(void)e;
	FUZZ_MUST(a->open);
	for (size_t i = 0; i < data.len; i++)
		sum += data.data[i];
	*m = (struct made){.how = a->flags & FAIL && sum % 3 == 0 ? MADE_NOT : MADE, .why = "no room"};
	a->open = m->how == MADE;
	return 0;
}

static int end(void *arg, const struct object *o, enum ending how, uint64_t size, struct made *m, struct err *e)
{
	struct asked *a = arg;
	(void)size;
	(void)e;
	FUZZ_MUST(a->open && o->kind == OBJECT_FILE);
	leads_down(o->path);
	a->open = false;
	a->made += how != ENDING_NONE;
	*m = (struct made){.how = MADE, .path = o->path};
	return 0;
}

static int make(void *arg, const struct object *o, struct made *m, struct err *e)
{
	struct asked *a = arg;
	(void)e;
	FUZZ_MUST(!a->open && o->kind != OBJECT_FILE && o->stat);
	leads_down(o->path);
	if (o->kind == OBJECT_LINK)
		leads_down(o->link);
	FUZZ_MUST(o->kind != OBJECT_SYMLINK || o->link);
	FUZZ_MUST(o->kind != OBJECT_SPECIAL || a->flags & DEVICES);
	FUZZ_MUST((o->mode & 06000) == 0);
	a->made++;
	*m = (struct made){.how = MADE, .path = o->path};
	return 0;
}

static int finish(void *arg, bool whole, struct finished *f, struct err *e)
{
	(void)arg;
	(void)whole;
	(void)e;
	*f = (struct finished){0};
	return 0;
}

static void file(void *arg, const struct extract_file *f)
{
	((struct asked *)arg)->told++;
	FUZZ_MUST(f->file_index > 0 && f->name && f->path && f->why);
	FUZZ_MUST(f->result < EXTRACT_RESULTS && (f->result == EXTRACT_MADE || f->why[0]));
}

static void problem(void *arg, const struct finding *f)
{
	((struct asked *)arg)->problems++;
	FUZZ_MUST(f->reason && f->reason[0]);
}

static void extract(const char *path, unsigned flags)
{
	struct asked asked = {.flags = flags};
	const struct target target = {&asked, begin, write_at, end, make, finish};
	struct choice *c = choice_new();
	FUZZ_MUST(c);
	choice_ready(c);
	struct extract *x = extract_new(&(struct extract_options){.choice = c,
								  .target = &target,
								  .strip = flags & STRIP ? 1 : 0,
								  .devices = flags & DEVICES,
								  .arg = &asked,
								  .file = file,
								  .problem = problem});
	FUZZ_MUST(x);
	struct objects *objects = flags & OBJECTS ? objects_new(extract_observer(x)) : NULL;
	FUZZ_MUST(objects || !(flags & OBJECTS));
	struct filter *f = filter_new(&(struct filter_options){.paths = &path,
							       .path_count = 1,
							       .threads = 1,
							       .inflate = true,
							       .repair = true,
							       .incomplete_ok = true,
							       .on_damage = ON_DAMAGE_KEEP,
							       .observer = objects ? objects_observer(objects) : extract_observer(x)});
	FUZZ_MUST(f);
	struct err e = {0}, late = {0};
	int rc = filter_run(f, &e);
	FUZZ_MUST(rc == e.code && (rc == 0 || e.text[0]));
	FUZZ_MUST(extract_finish(x, rc == 0, &late) == 0);
	FUZZ_MUST(rc != 0 || !asked.open);
	const struct extract_counts *n = extract_counts(x);
	uint64_t told = 0;
	for (int i = 0; i < EXTRACT_RESULTS; i++)
		told += n->by_result[i];
	FUZZ_MUST(told == asked.told && n->places == asked.problems);
	FUZZ_MUST(n->files + n->folders + n->symlinks + n->links + n->specials <= told && n->proved <= n->files);
	filter_free(f);
	objects_free(objects);
	extract_free(x);
	choice_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 3)
		return 0;
	char path[FUZZ_PATH_BYTES];
	int in = fuzz_volume(data, size, 3, data[0] & RESEAL, data[0] & RELENGTH, path);
	extract(path, data[0]);
	close(in);
	return 0;
}
