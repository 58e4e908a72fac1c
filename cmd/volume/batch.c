/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/batch.h"

#include "base/children.h"
#include "base/msg.h"
#include "base/quit.h"
#include "cmd/secretsource.h"
#include "cmd/volume/batchnames.h"
#include "cmd/volume/batchunits.h"
#include "cmd/volume/filter_set.h"
#include "cmd/volume/filter_unit.h"
#include "medium/medium.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the parent and its children both see. */
struct shared {
	struct filter_outcome outcomes[CHILDREN_MAX];
	bool names_met[]; /* q->o.name_count */
};

struct batch {
	struct filter_request *q;
	struct batchunits units;
	struct batchnames names;
	struct shared *shared;
	size_t shared_bytes;
	unsigned threads; /* of each unit */
	uint64_t rate;    /* as well: bytes a second, 0: no limit */
	int status, class;
	size_t done, damaged, before, failed, begun;
	uint64_t read, written; /* of the units that have ended, done or not */
};

/* ---- what was asked for ---- */

bool batch_wanted(const struct filter_request *q)
{
	return volumelist_given(&q->list) || q->jobs > 0 || q->skip_done || q->by_volume;
}

/* Each unit opens its keys anew. */
static int check_key(const char *option, const char *source)
{
	return secretsource_once(source)
		       ? msg_usage("filter", "%s %s: in a batch each unit reads the key anew; name a file or cred:NAME", option, source)
		       : 0;
}

int batch_check(const struct filter_request *q)
{
	if (q->in_place || q->discard_original)
		return msg_usage("filter",
				 "--recursive, --files-from, --jobs, --skip-done and --by-volume make a batch, which needs -o FOLDER");
	if (q->out.path == NULL || strcmp(q->out.path, "-") == 0)
		return msg_usage("filter",
				 "a batch (--recursive, --files-from, --jobs, --skip-done, --by-volume) needs a folder: -o FOLDER");
	if (q->near.before.count + q->near.after.count > 0)
		return msg_usage("filter", "--before and --after go with one volume; in a batch --by-volume finds them");
	if (q->map_path || q->report_path)
		return msg_usage("filter", "in a batch the map and the report of each unit stand beside its volumes: leave out %s",
				 q->map_path ? "--map" : "--report");
	int wrong = check_key("--key", q->keys.key);
	return wrong != 0 ? wrong : check_key("--new-key", q->keys.new_key);
}

static bool lies_in(const char *path, const struct stat *folder)
{
	char around[PLACE_PATH_BYTES];
	struct stat st;
	place_folder(path, around);
	return stat(around, &st) == 0 && st.st_dev == folder->st_dev && st.st_ino == folder->st_ino;
}

/* Of what was named, nothing is left out; a folder is what is in it. */
static int refuse_named(const struct stat *folder, const struct operands *named, struct err *e)
{
	struct stat st;
	for (size_t i = 0; i < named->count; i++) {
		const char *path = named->names[i];
		if (!lies_in(path, folder) || stat(path, &st) != 0 || (S_ISDIR(st.st_mode) && medium_at(path) == NULL))
			continue;
		err_volume(e, path);
		return err_set(e, XE_USAGE, "lies where the outputs go, so it is no input; name another folder with -o");
	}
	return 0;
}

int batch_leave_out(const struct filter_request *q, const struct operands *named, struct volumelist *l, struct err *e)
{
	struct stat folder;
	size_t kept = 0;
	if (stat(q->out.path, &folder) != 0)
		return 0;
	int rc = refuse_named(&folder, named, e);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < l->count; i++) {
		if (!lies_in(l->paths[i], &folder)) {
			l->paths[kept++] = l->paths[i];
			continue;
		}
		msg_info("%s: left out: it lies where the outputs go", l->paths[i]);
		free(l->paths[i]);
	}
	l->count = kept;
	return kept > 0 ? 0 : err_set(e, XE_FAILED, "all that is named lies in %s, where the outputs go; name another folder", q->out.path);
}

/* ---- before the first unit ---- */

static int make_folder(struct filter_request *q, struct err *e)
{
	struct stat st;
	err_volume(e, q->out.path);
	if (stat(q->out.path, &st) != 0) {
		if (mkdir(q->out.path, 0750) != 0)
			return err_errno(e, XE_FAILED, errno, "cannot make the folder");
		q->out.folder_made = true;
	} else if (!S_ISDIR(st.st_mode)) {
		return err_set(e, XE_USAGE, "is no folder, and a batch needs one");
	} else if (medium_begins_at(q->out.path)) {
		return err_set(e, XE_USAGE, "is a volume itself: nothing is written into it; name another folder");
	}
	e->volume[0] = '\0';
	return 0;
}

/* What can be read only once, none can look at before its turn. */
static int refuse_once(const struct filter_request *q, struct err *e)
{
	struct stat st;
	for (size_t i = 0; i < q->o.path_count; i++) {
		const char *path = q->o.paths[i];
		if (strcmp(path, "-") == 0 || (stat(path, &st) == 0 && !medium_rereadable(path))) {
			err_volume(e, path);
			return err_set(e, XE_USAGE, "is read once only; a batch takes files and folders, so convert it by itself");
		}
	}
	return 0;
}

/* A wrong source of keys is told once. */
static int try_keys(struct filter_request *q, struct err *e)
{
	int rc = keyoptions_open(&q->keys, e);
	keyoptions_close(&q->keys);
	return rc;
}

static int share(struct batch *b, struct err *e)
{
	b->shared_bytes = sizeof *b->shared + b->q->o.name_count * sizeof(bool);
	void *p = mmap(NULL, b->shared_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return err_memory(e, b->shared_bytes, "the units");
	b->shared = p;
	return 0;
}

static int prepare(struct batch *b, struct err *e)
{
	struct filter_request *q = b->q;
	int rc = refuse_once(q, e);
	if (rc == 0)
		rc = try_keys(q, e);
	if (rc == 0)
		rc = make_folder(q, e);
	if (rc == 0)
		rc = batchunits_find(&b->units, q->o.paths, q->o.path_count, q->by_volume, e);
	if (rc == 0)
		rc = batchnames_give(&b->names, q, &b->units, e);
	if (rc == 0)
		batchnames_tell_left(q->out.path);
	return rc == 0 ? share(b, e) : rc;
}

/* ---- one unit, in its process ---- */

static int convert(struct filter_request *q)
{
	struct filter_unit *u = q->unit;
	struct err e = {0};
	if (filter_unit_look(q, &e) != 0)
		return filter_request_fail(q, &e);
	u->outcome->before = u->skip_done && u->state.done;
	u->outcome->damaged = u->state.damaged;
	return u->outcome->before ? u->state.status : filter_request_run(q);
}

/* Less is told of one among many. */
static void lower_voice(void)
{
	msg_set_verbosity(msg_verbosity() >= 0 ? msg_verbosity() - 1 : msg_verbosity());
}

static void become_unit(struct batch *b, const struct batch_unit *unit, struct filter_unit *u)
{
	struct filter_request *q = b->q;
	q->o.paths = q->out.inputs = unit->paths;
	q->o.path_count = q->out.input_count = unit->count;
	q->o.after_count = unit->after_count;
	q->o.before = unit->before;
	q->o.before_count = unit->before_count;
	q->o.threads = b->threads;
	q->pace.rate = b->rate;
	q->names_met = b->shared->names_met;
	q->map_path = u->map;
	q->progress = PROGRESS_WATCHED;
	q->exit_class = false;
	q->unit = u;
	q->out.owns = filter_unit_owns;
	q->out.owner = u;
	q->out.called = b->names.called + unit->first;
	q->out.taken = batchnames_taken;
	q->out.names_of_all = &b->names;
	q->out.files_only = true;
	q->out.folder_made = false; /* that is the parent's to remove */
	lower_voice();
}

static int run_unit(void *arg, size_t task, unsigned place)
{
	struct batch *b = arg;
	const struct batch_unit *unit = &b->units.all[task];
	struct filter_outcome *outcome = &b->shared->outcomes[place];
	char report[PLACE_PATH_BYTES], map[PLACE_PATH_BYTES], name[PLACE_PATH_BYTES];
	struct filter_unit u = {.name = name, .report = report, .map = map, .outcome = outcome, .skip_done = b->q->skip_done};
	u.unread = unit->unread;
	u.proof = b->q->skip_done ? b->q->done_by : UNITSTATE_NONE;
	struct err e = {0};
	batchnames_unit(unit->paths[0], name);
	become_unit(b, unit, &u);
	int rc = batchnames_side(b->q->out.path, unit->paths[0], BATCHNAMES_REPORT, report, &e);
	if (rc == 0)
		rc = batchnames_side(b->q->out.path, unit->paths[0], BATCHNAMES_MAP, map, &e);
	outcome->status = rc == 0 ? convert(b->q) : filter_request_fail(b->q, &e);
	outcome->class = err_class(&outcome->err);
	outcome->ended = true;
	return outcome->status;
}

/* ---- what became of it ---- */

static const char *volumes_of(const struct batch_unit *unit, char text[static 32])
{
	snprintf(text, 32, "%zu volume%s", unit->count, unit->count == 1 ? "" : "s");
	return text;
}

static void tell_good(struct batch *b, const struct batch_unit *unit, const char *name, const struct filter_outcome *o, double seconds)
{
	char volumes[32], in[MSG_SIZE_BYTES], out[MSG_SIZE_BYTES];
	volumes_of(unit, volumes);
	b->before += o->before;
	b->damaged += o->status == 3;
	b->done += !o->before && o->status == 0;
	if (o->before && o->status == 3)
		msg_warning("done before, with damage: %s: %s, %llu damaged", name, volumes, (unsigned long long)o->damaged);
	else if (o->before)
		msg_info("done before: %s: %s", name, volumes);
	else if (o->status == 3)
		msg_warning("done, with damage: %s: %s, %llu damaged, %s -> %s in %.2f s", name, volumes, (unsigned long long)o->damaged,
			    msg_size(o->read, in), msg_size(o->written, out), seconds);
	else
		msg_info("done: %s: %s, %s -> %s in %.2f s", name, volumes, msg_size(o->read, in), msg_size(o->written, out), seconds);
}

static void tell_failed(struct batch *b, const struct batch_unit *unit, const char *name, const struct filter_outcome *o, int status,
			double seconds)
{
	char volumes[32];
	const struct err *e = &o->err;
	b->failed++;
	msg_error("failed: %s: %s in %.2f s, exit status %d%s%s%s%s", name, volumes_of(unit, volumes), seconds, status, e->code ? ": " : "",
		  e->volume, e->volume[0] ? ": " : "", e->text);
}

/* Its temporary files are gone, or stay as .xflate-*.tmp. */
static void tell_killed(struct batch *b, const struct batch_unit *unit, const char *name, int signal_number, double seconds)
{
	char volumes[32];
	b->failed++;
	msg_error("killed: %s: %s in %.2f s, by signal %d (%s)", name, volumes_of(unit, volumes), seconds, signal_number,
		  strsignal(signal_number));
}

/* Whoever wanted it to end may want it to begin again; a crash comes again. */
static int class_of_signal(int signal_number)
{
	bool wanted = signal_number == SIGKILL || signal_number == SIGTERM || signal_number == SIGINT || signal_number == SIGHUP ||
		      signal_number == SIGQUIT || signal_number == SIGXCPU;
	return wanted ? ERR_CLASS_AGAIN : ERR_CLASS_GIVE_UP;
}

static void take_end(struct batch *b, const struct child_end *end)
{
	const struct batch_unit *unit = &b->units.all[end->task];
	const struct filter_outcome *o = &b->shared->outcomes[end->place];
	char name[PLACE_PATH_BYTES];
	batchnames_unit(unit->paths[0], name);
	int status = WIFEXITED(end->status) ? WEXITSTATUS(end->status) : err_exit_status(XE_FAILED);
	bool good = o->ended && (status == 0 || status == 3);
	/* 0 from one that did not come to its end would be none. */
	status = good || (status != 0 && status != 3) ? status : err_exit_status(XE_FAILED);
	int class = WIFSIGNALED(end->status) ? class_of_signal(WTERMSIG(end->status)) : good ? ERR_CLASS_DONE : o->class;
	b->status = err_worse_status(b->status, status);
	b->class = err_worse_class(b->class, good || class != ERR_CLASS_DONE ? class : ERR_CLASS_GIVE_UP);
	if (WIFSIGNALED(end->status))
		tell_killed(b, unit, name, WTERMSIG(end->status), end->seconds);
	else if (good)
		tell_good(b, unit, name, o, end->seconds);
	else
		tell_failed(b, unit, name, o, status, end->seconds);
}

/* ---- all of them ---- */

static void add_count(char *text, size_t room, size_t count, const char *what)
{
	size_t len = strlen(text);
	if (count > 0)
		snprintf(text + len, room - len, "%s%zu %s", len > 0 ? ", " : "", count, what);
}

static void tell_all(const struct batch *b)
{
	char text[256] = "";
	size_t not_begun = b->units.count - b->begun;
	add_count(text, sizeof text, b->done, "done");
	add_count(text, sizeof text, b->before, "done before");
	add_count(text, sizeof text, b->damaged, "with damage");
	add_count(text, sizeof text, b->failed, "failed");
	add_count(text, sizeof text, not_begun, "not begun");
	void (*say)(const char *format, ...) = b->failed + not_begun > 0 ? msg_error : msg_info;
	say("%zu unit%s of %zu volume%s: %s", b->units.count, b->units.count == 1 ? "" : "s", b->q->o.path_count,
	    b->q->o.path_count == 1 ? "" : "s", text);
}

static void fail(struct batch *b, const struct err *e)
{
	b->status = err_worse_status(b->status, msg_fail(e));
	b->class = err_worse_class(b->class, err_class(e));
}

/* Whoever was not begun may have had the name. */
static void judge_names(struct batch *b)
{
	struct err e = {0};
	free(b->q->names_met);
	b->q->names_met = b->shared->names_met;
	if (b->failed == 0 && b->begun == b->units.count && filter_set_names_met(b->q, &e) != 0)
		fail(b, &e);
	b->q->names_met = NULL;
}

/* Those at work say how far they are. */
static void on_progress(void *arg, struct progress_state *state)
{
	const struct batch *b = arg;
	*state = (struct progress_state){.done = b->read, .out = b->written, .total = b->units.bytes};
	for (unsigned i = 0; i < b->q->jobs; i++) {
		state->done += b->shared->outcomes[i].read_now;
		state->out += b->shared->outcomes[i].written_now;
	}
}

static void on_tick(void *arg, bool asked)
{
	(void)arg;
	progress_tick(asked);
}

/* Returns the signal that ended it, or 0. */
static int run_all(struct batch *b)
{
	struct children c;
	struct child_end end;
	struct err e = {0};
	progress_start_alone(b->q->progress, on_progress, b);
	children_begin(&c, b->q->jobs, on_tick, b);
	do {
		while (e.code == XE_OK && children_room(&c) && b->begun < b->units.count) {
			if (children_start(&c, b->begun, run_unit, b, &e) == 0)
				b->begun++;
		}
		if (children_wait(&c, &end)) {
			take_end(b, &end);
			b->read += b->units.all[end.task].bytes;
			b->written += b->shared->outcomes[end.place].written;
			b->shared->outcomes[end.place] = (struct filter_outcome){.status = 0};
		}
	} while (c.running > 0 || (e.code == XE_OK && children_room(&c) && b->begun < b->units.count));
	if (e.code != XE_OK)
		fail(b, &e);
	children_end(&c);
	progress_stop();
	return c.stopped_by;
}

static void release(struct batch *b)
{
	/* Only if it is empty. */
	if (b->q->out.folder_made && b->done + b->damaged + b->before == 0)
		rmdir(b->q->out.path);
	if (b->shared)
		munmap(b->shared, b->shared_bytes);
	batchnames_free(&b->names);
	batchunits_free(&b->units);
	filter_request_free_names(b->q);
}

static void put_units(struct json *j, const void *about)
{
	const struct batch *b = about;
	json_number(j, "unit_count", b->units.count);
	json_number(j, "done", b->done);
	json_number(j, "done_before", b->before);
	json_number(j, "damaged", b->damaged);
	json_number(j, "failed", b->failed);
	json_number(j, "not_begun", b->units.count - b->begun);
	json_number(j, "bytes_in", b->read);
	json_number(j, "bytes_out", b->written);
}

int batch_run(struct filter_request *q)
{
	struct batch b = {.q = q};
	struct err e = {0};
	int stopped_by = 0;
	q->jobs = q->jobs ? q->jobs : 1;
	b.threads = q->o.threads / q->jobs > 0 ? q->o.threads / q->jobs : 1;
	b.rate = q->pace.rate > q->jobs || q->pace.rate == 0 ? q->pace.rate / q->jobs : 1;
	if (prepare(&b, &e) != 0) {
		fail(&b, &e);
	} else {
		stopped_by = run_all(&b);
		tell_all(&b);
		judge_names(&b);
	}
	if (stopped_by == 0)
		events_end(&q->events.to, "batch-end", b.status, &e, put_units, &b);
	release(&b);
	if (stopped_by)
		quit_by(stopped_by);
	return q->exit_class ? b.class : b.status;
}
