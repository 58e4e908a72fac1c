/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "restore/extract_end.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define PART_BYTES ((size_t)256 << 10)

/* ---- what became of the file at hand ---- */

void extract_settle(struct extract_open *f, enum extract_result result, const char *format, ...)
{
	if (f->settled)
		return;
	va_list ap;
	va_start(ap, format);
	vsnprintf(f->why, sizeof f->why, format, ap);
	va_end(ap);
	f->result = result;
	f->settled = true;
}

void extract_settle_made(struct extract_open *f, const struct made *m)
{
	switch (m->how) {
	case MADE: break;
	case MADE_BARE: extract_settle(f, EXTRACT_BARE, "%s", m->why); break;
	case MADE_THERE: extract_settle(f, EXTRACT_THERE, "%s", "it is there already"); break;
	case MADE_NOT: extract_settle(f, EXTRACT_FAILED, "%s", m->why); break;
	}
}

static void count_made(struct extract_counts *c, const struct extract_file *told)
{
	c->files += told->kind == OBJECT_FILE;
	c->folders += told->kind == OBJECT_FOLDER;
	c->symlinks += told->kind == OBJECT_SYMLINK;
	c->links += told->kind == OBJECT_LINK;
	c->specials += told->kind == OBJECT_SPECIAL;
	if (told->kind != OBJECT_FILE)
		return;
	c->proved += told->proved;
	c->unproved += told->unproved;
	c->bytes += told->bytes;
}

static void tell(struct extract *x, const struct made *m)
{
	struct extract_open *f = &x->lane->file;
	bool made = f->result == EXTRACT_MADE || f->result == EXTRACT_BARE || f->result == EXTRACT_DAMAGED || f->result == EXTRACT_NAMELESS;
	const struct extract_file told = {
		.job = x->lane->job,
		.file_index = f->index,
		.name = f->known ? f->stat.name : "",
		.path = made && m->path ? m->path : "",
		.kind = f->object.kind,
		.result = f->result,
		.proved = f->verdict.verdict == PROOF_RIGHT,
		.unproved = f->verdict.verdict == PROOF_UNCOUNTED,
		.bytes = f->verdict.bytes,
		.why = f->settled ? f->why : "",
	};
	x->counts.by_result[f->result]++;
	x->counts.again += made && m->again;
	if (made)
		count_made(&x->counts, &told);
	x->o.file(x->o.arg, &told);
}

/* ---- what is left out ---- */

int extract_leave_out(struct extract *x, uint32_t number, struct err *e)
{
	struct extract_open *f = &x->lane->file;
	for (unsigned i = 0; i < f->stream_count; i++) {
		if (f->streams[i] == number)
			return 0;
	}
	if (f->stream_count < EXTRACT_STREAMS)
		f->streams[f->stream_count++] = number;
	for (size_t i = 0; i < x->stream_count; i++) {
		if (x->streams[i].number == number) {
			x->streams[i].files++;
			return 0;
		}
	}
	struct extract_stream *grown = realloc(x->streams, (x->stream_count + 1) * sizeof *grown);
	if (grown == NULL)
		return err_memory(e, (x->stream_count + 1) * sizeof *grown, "kinds of records");
	x->streams = grown;
	char *first = strdup(f->known ? f->stat.name : "");
	if (first == NULL)
		return err_memory(e, 0, "a name");
	grown[x->stream_count++] = (struct extract_stream){.number = number, .files = 1, .first = first};
	return 0;
}

/* What Windows keeps beside the content. */
static int leave_streams(struct extract *x, struct err *e)
{
	int rc = 0;
	for (uint32_t id = 1; rc == 0 && id < BACKUPREAD_IDS; id++) {
		if (x->lane->file.backup.seen & 1u << id && backupread_name(id))
			rc = extract_leave_out(x, EXTRACT_WINDOWS + id, e);
	}
	return rc;
}

/* ---- its end ---- */

/* Why its content cannot be taken for that of the file; NULL if it can. */
static const char *wrong_with(const struct extract_open *f)
{
	const struct proof_file *p = &f->verdict;
	bool all = f->sparse || f->stat.type != FILESTAT_FILE || p->bytes >= f->stat.size;
	if (f->windows && !backupread_is_whole(&f->backup))
		return f->backup.bad ? "its data are from some place on not what BackupRead makes"
				     : "it ends in the middle of a stream of BackupRead";
	switch (p->verdict) {
	case PROOF_WRONG: return "its content is not what its digest says";
	case PROOF_DAMAGED: return "some of it is damaged or lost";
	case PROOF_CUT: return "some of it lies on volumes that are not here";
	case PROOF_RIGHT:
		if (f->astray)
			return "it stands in a block whose checksum is wrong, and its digest does not count the addresses of its data";
		return p->doubled ? "its addresses are stored twice" : NULL;
	case PROOF_NO_DIGEST:
	case PROOF_NO_CONTENT:
		if (f->suspect)
			return "it stands in a block whose checksum is wrong, and has no digest";
		return all ? NULL : "less has come than its size, and no digest says that this is all";
	case PROOF_UNCOUNTED:
	case PROOF_OPAQUE:
	case PROOF_VERDICTS: break;
	}
	return NULL;
}

/* Later names may lead to it. */
static int remember(struct extract *x, const struct made *m, struct err *e)
{
	struct extract_open *f = &x->lane->file;
	static const enum links_state states[EXTRACT_RESULTS] = {
		[EXTRACT_MADE] = LINKS_MADE,       [EXTRACT_BARE] = LINKS_MADE,        [EXTRACT_THERE] = LINKS_OTHER,
		[EXTRACT_DAMAGED] = LINKS_DAMAGED, [EXTRACT_NAMELESS] = LINKS_MADE,    [EXTRACT_FAILED] = LINKS_NOT,
		[EXTRACT_LOCKED] = LINKS_LOCKED,   [EXTRACT_ELSEWHERE] = LINKS_ABSENT, [EXTRACT_LEFT] = LINKS_LEFT,
	};
	if (!f->known || f->stat.links < 2 || f->object.kind == OBJECT_FOLDER || f->object.kind == OBJECT_LINK)
		return 0;
	enum links_state state = f->result == EXTRACT_THERE && (f->like || m->like) ? LINKS_MADE : states[f->result];
	return links_add(x->lane->links, f->own_name, m->path ? m->path : f->path, state, e);
}

/* What was kept goes to the target, at one go.  m->how is MADE if it came there. */
static int hand_on(struct extract *x, struct made *m, struct err *e)
{
	struct spool *s = &x->lane->spool;
	const struct target *t = x->o.target;
	uint8_t *part = malloc(PART_BYTES);
	int rc = part ? t->begin(t->arg, &x->lane->file.object, m, e) : err_memory(e, PART_BYTES, "a part of a file");
	for (size_t i = 0; i < s->count; i++) {
		const struct spool_extent extent = s->extents[i];
		for (uint64_t done = 0; rc == 0 && m->how == MADE && done < extent.bytes;) {
			size_t n = extent.bytes - done < PART_BYTES ? (size_t)(extent.bytes - done) : PART_BYTES;
			rc = spool_read(s, extent.offset + done, part, n, e);
			if (rc == 0)
				rc = t->write(t->arg, extent.offset + done, (struct span){part, n}, m, e);
			done += n;
		}
	}
	free(part);
	return rc;
}

/* False, and settled: nothing is made of it. */
static int unspool(struct extract *x, bool *there, struct made *m, struct err *e)
{
	int rc = hand_on(x, m, e);
	*there = rc == 0 && m->how == MADE;
	if (rc != 0 || *there)
		return rc;
	x->lane->file.like = m->like;
	extract_settle_made(&x->lane->file, m);
	return 0;
}

static int end_file(struct extract *x, struct made *m, struct err *e)
{
	struct extract_open *f = &x->lane->file;
	const char *wrong = wrong_with(f);
	enum ending how = f->settled ? ENDING_NONE : wrong ? ENDING_DAMAGED : ENDING_WHOLE;
	uint64_t size = f->sparse && how == ENDING_WHOLE && f->stat.size > f->end && f->stat.type == FILESTAT_FILE ? f->stat.size : f->end;
	bool there = !x->lane->spooled;
	f->begun = false;
	int rc = !there && how != ENDING_NONE ? unspool(x, &there, m, e) : 0;
	if (rc != 0 || !there)
		return rc;
	rc = x->o.target->end(x->o.target->arg, &f->object, how, size, m, e);
	if (rc == 0 && how != ENDING_NONE && m->how == MADE_NOT)
		extract_settle(f, EXTRACT_FAILED, "%s", m->why);
	if (rc == 0 && how == ENDING_DAMAGED)
		extract_settle(f, EXTRACT_DAMAGED, "%s", wrong);
	if (rc == 0 && how == ENDING_WHOLE && !f->known)
		extract_settle(f, x->lane->foreign_dump ? EXTRACT_MADE : EXTRACT_NAMELESS, "%s",
			       x->lane->foreign_dump ? "a filer's own dump, which has no names of files" : "its name is lost");
	if (rc == 0 && how != ENDING_NONE)
		extract_settle_made(f, m);
	return rc;
}

/* Where its first name was made, in object; where it was not, that settles this one, too. */
static bool find_first(struct extract *x)
{
	struct extract_open *f = &x->lane->file;
	const struct links_name *first = links_find(x->lane->links, f->stat.link);
	if (first == NULL) {
		extract_settle(f, EXTRACT_FAILED, "its content is stored under another name, which %s: %.120s",
			       choice_is_part(x->o.choice) ? "was not chosen: choose that, too" : "did not come", f->stat.link);
		return false;
	}
	static const struct {
		enum extract_result result;
		const char *why;
	} fates[] = {
		[LINKS_OTHER] = {EXTRACT_FAILED, "another file is called as what it is a link to"},
		[LINKS_NOT] = {EXTRACT_FAILED, "what it is a link to was not made"},
		[LINKS_LOCKED] = {EXTRACT_LOCKED, "its client has encrypted what it is a link to"},
		[LINKS_ABSENT] = {EXTRACT_ELSEWHERE, "the content of what it is a link to is in another job"},
		[LINKS_LEFT] = {EXTRACT_LEFT, "nothing was made of what it is a link to"},
	};
	f->object.link = first->path;
	f->object.damaged = first->state == LINKS_DAMAGED;
	if (first->state == LINKS_MADE || first->state == LINKS_DAMAGED)
		return true;
	extract_settle(f, fates[first->state].result, "%s: %.120s", fates[first->state].why, f->stat.link);
	return false;
}

static int make_other(struct extract *x, struct made *m, struct err *e)
{
	struct extract_open *f = &x->lane->file;
	if (f->object.kind == OBJECT_LINK && !find_first(x))
		return 0;
	int rc = x->o.target->make(x->o.target->arg, &f->object, m, e);
	if (rc == 0 && f->object.damaged && m->how == MADE)
		extract_settle(f, EXTRACT_DAMAGED, "what it is a link to is damaged");
	if (rc == 0)
		extract_settle_made(f, m);
	return rc;
}

static void count_stripped(struct extract *x)
{
	struct extract_open *f = &x->lane->file;
	bool made = f->result == EXTRACT_MADE || f->result == EXTRACT_BARE || f->result == EXTRACT_DAMAGED;
	if (made && f->object.kind != OBJECT_LINK && f->known && !filestat_of_windows(&f->stat) &&
	    (f->stat.mode & EXTRACT_SET_ID_BITS & ~f->object.mode))
		x->counts.stripped++;
}

int extract_close_file(struct extract *x, struct err *e)
{
	if (x->lane == NULL || x->lane->file.index == 0)
		return 0;
	struct extract_open *f = &x->lane->file;
	struct made m = {.how = MADE, .path = f->path};
	int rc = proof_end(x->proof, x->lane->job, e);
	if (rc == 0 && f->wanted)
		rc = leave_streams(x, e);
	if (f->locked)
		extract_settle(f, EXTRACT_LOCKED, "its client has encrypted it");
	if (rc == 0 && f->begun)
		rc = end_file(x, &m, e);
	else if (rc == 0 && f->wanted && !f->settled)
		rc = make_other(x, &m, e);
	bool told = rc == 0; /* else it is unfinished: extract_unfinished */
	if (told && f->wanted) {
		count_stripped(x);
		rc = remember(x, &m, e);
		tell(x, &m);
	}
	f->index = told ? 0 : f->index;
	return rc;
}
