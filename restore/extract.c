/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records of a job that is wanted become one file after the other.  Attributes come first and say what it is to be; they are
 * kept until all of its records have come, for only its end tells whether it is whole (prove/proof.h), and access lists and the
 * like stand behind its content. */
#include "restore/extract_lane.h"

#include "base/array.h"
#include "format/attributes.h"
#include "format/stream.h"
#include "prove/course.h"
#include "restore/path.h"

#include <stdio.h>
#include <stdlib.h>

static int on_verdict(void *arg, const struct proof_file *file, struct err *e)
{
	struct extract *x = arg;
	(void)e;
	x->lane->file.verdict = *file;
	return 0;
}

/* ---- its attributes ---- */

/* What a type of the volume is made as; false: nothing is, and why. */
static bool kind_of(const struct extract *x, struct extract_open *f)
{
	switch (f->stat.type) {
	case FILESTAT_HARD_LINK: f->object.kind = OBJECT_LINK; return true;
	case FILESTAT_EMPTY:
	case FILESTAT_FILE:
	/* Never into a device: its content becomes a file. */
	case FILESTAT_RAW:
	case FILESTAT_FIFO: f->object.kind = OBJECT_FILE; break;
	case FILESTAT_SYMLINK:
		f->object.kind = OBJECT_SYMLINK;
		f->object.link = f->stat.link;
		return true;
	case FILESTAT_FOLDER:
	case FILESTAT_UNREAD_FOLDER: f->object.kind = OBJECT_FOLDER; return true;
	case FILESTAT_SPECIAL:
		f->object.kind = OBJECT_SPECIAL;
		if (!x->o.devices)
			extract_settle(f, EXTRACT_LEFT, "a device or fifo, which --devices makes");
		return x->o.devices;
	case FILESTAT_DELETED: extract_settle(f, EXTRACT_LEFT, "a mark that it had been deleted"); return false;
	case FILESTAT_BASE: extract_settle(f, EXTRACT_ELSEWHERE, "its content is in the job's base job"); return false;
	case FILESTAT_REPARSE:
	case FILESTAT_JUNCTION: extract_settle(f, EXTRACT_LEFT, "a reparse point of Windows"); return false;
	default: extract_settle(f, EXTRACT_FAILED, "a file of type %u, which nobody knows", f->stat.type); return false;
	}
	if (f->stat.delta)
		extract_settle(f, EXTRACT_ELSEWHERE, "its content is a difference to that of another job");
	return !f->settled;
}

static uint32_t mode_of(const struct extract *x, const struct extract_open *f)
{
	if (filestat_of_windows(&f->stat))
		return f->object.kind == OBJECT_FOLDER ? 0755 : 0644;
	uint32_t mode = f->stat.mode & 07777;
	/* chown(2) takes the last number for nobody, and leaves it ours. */
	bool owned = f->stat.uid != UINT32_MAX && f->stat.gid != UINT32_MAX;
	return x->o.set_ids && owned ? mode : mode & ~(uint32_t)EXTRACT_SET_ID_BITS;
}

static int find_path(struct extract *x, struct extract_open *f, struct err *e)
{
	int verdict = path_below(f->stat.name, x->o.strip, &f->path, &f->path_cap, e);
	if (verdict == PATH_CLIMBS)
		extract_settle(f, EXTRACT_FAILED, "its name leads out of the folder (..)");
	else if (verdict == PATH_DEEP)
		extract_settle(f, EXTRACT_FAILED, "its name has more levels than any system's (%u)", PATH_LEVELS_MAX);
	else if (verdict == PATH_NOTHING)
		extract_settle(f, EXTRACT_LEFT, "nothing is left of its name");
	/* The folder itself, which is not ours to change. */
	if (verdict == PATH_NOTHING && f->object.kind == OBJECT_FOLDER)
		f->wanted = false;
	f->object.path = f->path;
	return verdict < 0 ? verdict : 0;
}

static int begin_file(struct extract *x, struct err *e)
{
	struct extract_open *f = &x->lane->file;
	struct made m;
	f->begun = x->lane->spooled;
	if (f->begun)
		return 0;
	int rc = x->o.target->begin(x->o.target->arg, &f->object, &m, e);
	f->begun = rc == 0 && m.how == MADE;
	if (rc != 0 || f->begun)
		return rc;
	extract_settle_made(f, &m);
	f->like = m.like;
	return 0;
}

static bool keep_record(struct extract_open *f, struct span data)
{
	if (data.len > f->record_cap) {
		uint8_t *grown = realloc(f->record, data.len);
		if (grown == NULL)
			return false;
		f->record = grown;
		f->record_cap = data.len;
	}
	memcpy(f->record, data.data, data.len);
	return true;
}

/* What came later of its attributes takes their place; which content it has stays. */
static void update(struct extract_open *f, const struct merge_update *u)
{
	f->update = u;
	f->stat.mode = u->mode;
	f->stat.uid = u->uid;
	f->stat.gid = u->gid;
	f->stat.atime = u->atime;
	f->stat.mtime = u->mtime;
}

/* Is it wanted, and as what? */
static void choose(struct extract *x, struct extract_open *f)
{
	const struct merge_verdict v = extract_lane_verdict(x, f->index);
	if (v.name)
		f->stat.name = v.name;
	f->wanted = v.fate != MERGE_OUT && choice_takes_file(x->o.choice, f->stat.name, f->index);
	if (v.update)
		update(f, v.update);
}

static bool is_update(const struct item *item)
{
	return stream_is_update(item->stream);
}

static int learn(struct extract *x, const struct plain_item *plain, struct err *e)
{
	struct extract_open *f = &x->lane->file;
	const struct item *item = plain->item;
	/* A second time, or behind its data. */
	if (f->known || f->begun || f->settled) {
		proof_damage(x->proof, x->lane->job, f->index);
		return 0;
	}
	if (!plain->whole || item->len == 0 || !keep_record(f, item->data))
		return plain->whole && item->len > 0 ? err_memory(e, item->len, "attributes") : 0;
	f->known = filestat_read((struct span){f->record, item->data.len}, &f->stat);
	f->own_name = f->stat.name;
	if (f->known)
		choose(x, f);
	if (!f->wanted)
		return 0;
	f->object = (struct object){.kind = OBJECT_FILE, .stat = &f->stat, .extras = f->extras};
	if (f->update)
		f->object = (struct object){
			.kind = OBJECT_FILE, .stat = &f->stat, .extras = f->update->extras, .extra_count = f->update->extra_count};
	f->stat.delta = f->stat.delta && !is_update(item);
	bool made = kind_of(x, f);
	if (is_update(item) && f->object.kind == OBJECT_FILE)
		extract_settle(f, EXTRACT_ELSEWHERE, "only its attributes are here, and no older job that has its content");
	int rc = find_path(x, f, e);
	f->object.mode = mode_of(x, f);
	if (rc == 0)
		rc = proof_add(x->proof, plain, e);
	return rc == 0 && made && !f->settled && f->object.kind == OBJECT_FILE ? begin_file(x, e) : rc;
}

/* Data whose attributes are lost: kept under a name that says whose they are. */
static int begin_nameless(struct extract *x, struct err *e)
{
	struct extract_open *f = &x->lane->file;
	char name[96];
	/* Where only ranges are read, that of a file that is not wanted may begin before one. */
	f->wanted = extract_lane_verdict(x, f->index).fate != MERGE_OUT && choice_takes_file(x->o.choice, "", f->index);
	if (!f->wanted)
		return 0;
	snprintf(name, sizeof name, "lost+found/%u-%u-%d", x->lane->job->session_id, x->lane->job->session_time, f->index);
	f->stat = (struct filestat){.type = FILESTAT_FIFO, .name = "", .link = "", .extended = ""};
	int rc = path_below(name, 0, &f->path, &f->path_cap, e);
	f->object = (struct object){.kind = OBJECT_FILE, .path = f->path, .stat = &f->stat, .mode = 0600, .extras = f->extras};
	return rc < 0 ? rc : begin_file(x, e);
}

/* ---- its other records ---- */

/* m->how is MADE if it can be kept. */
static int spool_piece(struct spool *s, uint64_t at, struct span data, struct made *m, struct err *e)
{
	*m = (struct made){.how = MADE};
	int rc = spool_write(s, at, data, e);
	if (rc != SPOOL_UNFIT)
		return rc;
	m->how = MADE_NOT;
	snprintf(m->why, sizeof m->why,
		 "its content reaches beyond what a file in %.200s can hold, where it waits, or is of too many pieces in no order",
		 s->folder);
	return 0;
}

static int write_piece(struct extract *x, uint64_t at, struct span data, struct err *e)
{
	struct extract_open *f = &x->lane->file;
	struct made m;
	if (!f->begun || f->settled)
		return 0;
	int rc = x->lane->spooled ? spool_piece(&x->lane->spool, at, data, &m, e) : x->o.target->write(x->o.target->arg, at, data, &m, e);
	if (rc == 0 && m.how == MADE_NOT) {
		extract_settle_made(f, &m);
		f->begun = false;
	}
	f->next = at + data.len;
	f->end = f->next > f->end ? f->next : f->end;
	return rc;
}

/* Of folders, too: they have security descriptors. */
static int take_apart(struct extract *x, struct span data, struct err *e)
{
	struct extract_open *f = &x->lane->file;
	struct backupread_piece piece;
	int rc = 0;
	f->windows = true;
	while (rc == 0 && backupread_next(&f->backup, &data, &piece))
		rc = write_piece(x, piece.at, piece.data, e);
	f->sparse = f->sparse || (f->backup.seen & 1u << BACKUPREAD_SPARSE);
	if (f->backup.bad && f->backup.seen == 0)
		extract_settle(f, EXTRACT_LOCKED, "Windows has encrypted it (EFS), or this is nothing that BackupRead makes");
	return rc;
}

static int write_data(struct extract *x, const struct outrecord *r, uint32_t stream, struct err *e)
{
	struct extract_open *f = &x->lane->file;
	struct rd head = rd_over(r->head.data, r->head.len);
	struct rd body = rd_over(r->body.data, r->body.len);
	bool has_address = stream_has_prefix(stream);
	uint64_t at = f->next;
	if (has_address)
		at = rd_be64(rd_left(&head) >= STREAM_PREFIX_BYTES ? &head : &body);
	struct span data = {body.p, rd_left(&body)};
	if (head.bad || body.bad)
		return 0;
	/* With addresses it is content, whatever its number says (formats/restore-format.md 2.4). */
	if (!has_address && (stream_in_form(stream, STREAM_PLAIN) & STREAM_NUMBER_MASK) == STREAM_WIN32)
		return take_apart(x, data, e);
	f->sparse = f->sparse || has_address;
	f->astray = f->astray || (has_address && f->doubt && at != f->next);
	return write_piece(x, at, data, e);
}

static int take_data(struct extract *x, const struct plain_item *plain, struct err *e)
{
	struct extract_open *f = &x->lane->file;
	const struct item *item = plain->item;
	int rc = f->index != 0 && !f->known && !f->begun && !f->settled ? begin_nameless(x, e) : 0;
	/* What is there of the last record of a volume that ends early. */
	const struct outrecord part = {.stream = item->stream, .body = item->data};
	if (!plain->whole && !item->head_missing && item->tail_missing && stream_form(item->stream) == STREAM_PLAIN && rc == 0)
		rc = write_data(x, &part, item->stream, e);
	f->doubt = f->doubt || item->suspect;
	for (size_t i = 0; plain->whole && rc == 0 && i < plain->count; i++)
		rc = write_data(x, &plain->records[i], item->stream, e);
	f->doubt = item->suspect;
	return rc;
}

/* What says something of the file, or of how it is stored, and is no part of it. */
static bool says_nothing(uint32_t number)
{
	return stream_is_digest(number) || number == STREAM_PLUGIN_NAME || number == STREAM_ENCRYPTED_SESSION || number == STREAM_SIGNATURE;
}

static int keep_extra(struct extract_open *f, uint32_t number, struct span data, struct err *e)
{
	uint8_t *copy = malloc(data.len ? data.len : 1);
	if (copy == NULL)
		return err_memory(e, data.len, "what belongs to a file");
	if (data.len > 0)
		memcpy(copy, data.data, data.len);
	f->extras[f->extra_count++] = (struct extra){number, {copy, data.len}};
	f->object.extra_count = f->extra_count;
	return 0;
}

static int take_other(struct extract *x, const struct plain_item *plain, struct err *e)
{
	struct extract_open *f = &x->lane->file;
	uint32_t number = plain->item->stream & STREAM_NUMBER_MASK;
	x->lane->foreign_dump = x->lane->foreign_dump || number == STREAM_NDMP_SEPARATOR;
	if (plain->item->stream & STREAM_BIT_DEDUPLICATED)
		extract_settle(f, EXTRACT_ELSEWHERE, "its content is not on the volume (deduplicated)");
	f->locked = f->locked || stream_is_client_encrypted(number);
	if (f->update && extra_is_restored(number))
		return 0;
	if (f->wanted && plain->whole && extra_is_restored(number) && f->extra_count < EXTRA_MAX)
		return keep_extra(f, number, plain->item->data, e);
	if (says_nothing(number) || stream_is_client_encrypted(number) || !(f->wanted || !f->known))
		return 0;
	return extract_leave_out(x, number, e);
}

static int take(struct extract *x, const struct plain_item *plain, struct err *e)
{
	struct extract_open *f = &x->lane->file;
	const struct item *item = plain->item;
	if (attributes_are(item->stream) || (x->o.plan && is_update(item)))
		return learn(x, plain, e);
	if (f->known && !f->wanted)
		return 0;
	f->suspect = f->suspect || item->suspect;
	if (item->stream & STREAM_BIT_DELTA)
		extract_settle(f, EXTRACT_ELSEWHERE, "its content is a difference to that of another job");
	int rc = stream_form(item->stream) != STREAM_OPAQUE ? take_data(x, plain, e) : take_other(x, plain, e);
	return rc == 0 && f->wanted ? proof_add(x->proof, plain, e) : rc;
}

/* ---- who looks on ---- */

static int on_record(void *arg, const struct plain_item *plain, struct err *e)
{
	struct extract *x = arg;
	const struct item *item = plain->item;
	bool ours;
	int rc = extract_lane_choose(x, item, &ours, e);
	if (rc != 0 || !ours)
		return rc;
	if (x->lane->file.index != item->file_index) {
		rc = extract_close_file(x, e);
		extract_lane_open(x, item->file_index > 0 ? item->file_index : 0);
		choice_saw(x->o.choice, item->file_index);
	}
	return rc == 0 && item->file_index > 0 ? take(x, plain, e) : rc;
}

static int on_job(void *arg, const struct course *course, struct err *e)
{
	struct extract *x = arg;
	const struct course **courses = array_reach(x->courses, &x->course_count, course->job->index, sizeof *courses);
	if (courses == NULL)
		return err_memory(e, course->job->index * sizeof *courses, "jobs");
	x->courses = courses;
	courses[course->job->index] = course;
	return 0;
}

/* Is what is wrong there none of ours?  It is of a file that is not wanted. */
static bool is_elsewhere(const struct extract *x, const struct finding *f)
{
	/* A file that begins before a range has no name there, and is none of those that were chosen. */
	bool named = f->file_index > 0 && (f->file[0] || x->o.by_ranges);
	if (f->job && !extract_lane_is_ours(x, f->job))
		return true;
	if (x->o.plan == NULL)
		return named && !choice_takes_file(x->o.choice, f->file, f->file_index);
	const struct extract_lane *lane = f->job && f->job->index < x->lane_count ? x->lanes[f->job->index] : NULL;
	return lane && !f->block && f->file_index > 0 && f->last_index == 0 &&
	       merge_verdict(x->o.plan->merge, lane->number, f->file_index).fate == MERGE_OUT;
}

static void on_finding(void *arg, const struct finding *f)
{
	struct extract *x = arg;
	if (is_elsewhere(x, f))
		return;
	(void)proof_hurt(x->proof, f);
	x->counts.places++;
	x->o.problem(x->o.arg, f);
}

/* Where not all of its files are wanted, or perhaps not, counting ahead would count for nothing. */
static bool proves(void *arg, const struct job *job)
{
	const struct extract *x = arg;
	return x->o.plan == NULL && !choice_is_part(x->o.choice) && choice_takes_job(x->o.choice, job);
}

/* ---- the whole ---- */

struct extract *extract_new(const struct extract_options *options)
{
	struct extract *x = calloc(1, sizeof *x);
	if (x == NULL)
		return NULL;
	x->o = *options;
	x->observer = (struct observer){.arg = x, .job = on_job, .record = on_record, .finding = on_finding, .proves = proves};
	x->proof = proof_new(options->all_digests, on_verdict, x);
	if (x->proof)
		return x;
	extract_free(x);
	return NULL;
}

void extract_free(struct extract *x)
{
	if (x == NULL)
		return;
	proof_free(x->proof);
	extract_lane_free(x);
	for (size_t i = 0; i < x->stream_count; i++)
		free(x->streams[i].first);
	free(x->streams);
	free(x->courses);
	free(x);
}

const struct observer *extract_observer(struct extract *x)
{
	return &x->observer;
}

int extract_finish(struct extract *x, bool whole, struct err *e)
{
	int rc = whole ? extract_lane_finish(x, e) : 0;
	struct err late = {0};
	int finished = x->o.target->finish(x->o.target->arg, whole && rc == 0, &x->counts.end, &late);
	if (rc != 0 || finished == 0)
		return rc;
	*e = late;
	return finished;
}

const struct job *extract_job(const struct extract *x)
{
	return x->lane ? x->lane->job : NULL;
}

uint64_t extract_missing(const struct extract *x)
{
	uint64_t sum = x->o.by_ranges ? x->o.missing : 0;
	for (size_t i = 0; i < x->lane_count && !x->o.by_ranges; i++) {
		const struct extract_lane *lane = x->lanes[i];
		const struct course *c = lane && (lane->wanted || lane == x->lane) && i < x->course_count ? x->courses[i] : NULL;
		sum += c ? missing_files(&c->missing) : 0;
	}
	return sum;
}

/* In its job: was it to be made, and has nobody told of it? */
static bool is_unfinished(const struct extract *x, const struct extract_lane *lane)
{
	return lane && (lane->wanted || lane == x->lane) && lane->file.index != 0 && lane->file.known && lane->file.wanted;
}

uint64_t extract_unfinished(const struct extract *x, struct extract_file *first)
{
	const struct extract_lane *shown = is_unfinished(x, x->lane) ? x->lane : NULL;
	uint64_t count = 0;
	for (size_t i = 0; i < x->lane_count; i++) {
		const struct extract_lane *lane = x->lanes[i];
		count += is_unfinished(x, lane);
		shown = shown == NULL && is_unfinished(x, lane) ? lane : shown;
	}
	*first = (struct extract_file){.name = "", .path = "", .why = ""};
	if (shown) {
		first->job = shown->job;
		first->file_index = shown->file.index;
		first->name = shown->file.stat.name;
		first->kind = shown->file.object.kind;
		first->result = EXTRACT_FAILED;
	}
	return count;
}

const struct extract_counts *extract_counts(const struct extract *x)
{
	return &x->counts;
}

size_t extract_streams(const struct extract *x, const struct extract_stream **streams)
{
	*streams = x->streams;
	return x->stream_count;
}
