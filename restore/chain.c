/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "restore/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AMBIGUOUS_SECONDS 60 /* by which the two clocks of a name and a label may differ in the hour that comes twice */

void chain_free(struct chain *c)
{
	free(c->picks);
	free(c->order);
	*c = (struct chain){0};
}

/* ---- when ---- */

/* The last "YYYY-MM-DD_HH.MM.SS" behind a point in a unique name, which may have points of its own. */
static bool name_tells(const char *job, struct tm *tm)
{
	bool found = false;
	for (const char *dot = strchr(job, '.'); dot; dot = strchr(dot + 1, '.')) {
		struct tm t = {.tm_isdst = -1};
		int n = 0;
		if (sscanf(dot, ".%4d-%2d-%2d_%2d.%2d.%2d%n", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min, &t.tm_sec, &n) !=
			    6 ||
		    n != 20)
			continue;
		if (t.tm_year < 1970 || t.tm_mon < 1 || t.tm_mon > 12 || t.tm_mday < 1 || t.tm_mday > 31 || t.tm_hour > 23 ||
		    t.tm_min > 59 || t.tm_sec > 60)
			continue;
		t.tm_year -= 1900;
		t.tm_mon--;
		*tm = t;
		found = true;
	}
	return found;
}

/* In the hour that comes twice in autumn the start label, which has universal time, tells which one it was. */
static int64_t local_time(const struct tm *tm, int64_t start)
{
	struct tm guess = *tm, summer = *tm, winter = *tm;
	time_t best = mktime(&guess);
	summer.tm_isdst = 1;
	winter.tm_isdst = 0;
	time_t early = mktime(&summer), late = mktime(&winter);
	bool twice = early < late && summer.tm_hour == winter.tm_hour && summer.tm_isdst == 1 && winter.tm_isdst == 0;
	return !twice ? (int64_t)best : start + AMBIGUOUS_SECONDS >= (int64_t)late ? (int64_t)late : (int64_t)early;
}

bool chain_is_consolidation(const struct chain_job *j)
{
	return j->renumbered || j->sources > 1 || j->label.level == 'f';
}

int64_t chain_time(const struct chain_job *j)
{
	struct tm tm;
	int64_t start = j->label.time / 1000000;
	int64_t time = name_tells(j->label.job, &tm) ? local_time(&tm, start) : start;
	return chain_is_consolidation(j) && j->latest > 0 && j->latest <= j->end ? j->latest : time;
}

/* ---- labels ---- */

static void take_source(struct chain_job *j, const struct session_label *label)
{
	static const char levels[] = "IDFf";
	const struct chain_job first = {.label = j->label}, second = {.label = *label};
	const char *before = strchr(levels, (int)(j->label.level & 0x7f)), *now = strchr(levels, (int)(label->level & 0x7f));
	uint32_t level = before && now && before > now ? j->label.level : label->level;
	if (chain_time(&second) >= chain_time(&first))
		j->label = *label;
	j->label.level = level;
	j->sources++;
}

void chain_take_label(struct chain_job *j, bool end, const struct session_label *label)
{
	if (j->sources == 0) {
		j->label = *label;
		j->sources = 1;
	} else if (strcmp(j->label.job, label->job) != 0) {
		take_source(j, label);
	}
	j->begun = j->begun || !end;
	j->ended = end;
	if (end) {
		j->status = label->status;
		j->end = label->time / 1000000;
		j->files = label->job_files;
	}
}

/* ---- which of them ---- */

static enum chain_role role_of(const struct chain_job *j)
{
	switch (j->label.level) {
	case 'F':
	case 'f': return CHAIN_FULL;
	case 'D': return CHAIN_DIFFERENTIAL;
	case 'I': return CHAIN_INCREMENTAL;
	case 'B': return CHAIN_BASE;
	default: return CHAIN_OUT;
	}
}

/* What its own labels say against it. */
static enum chain_why fault_of(const struct chain_job *j)
{
	if (j->label.job[0] == '\0' && j->label.job_name[0] == '\0')
		return CHAIN_UNLABELLED;
	/* Copies call themselves backups; in a label of their own they may say what they are. */
	if (j->label.type != 'B' && j->label.type != 'C')
		return CHAIN_NO_BACKUP;
	if (!j->ended)
		return CHAIN_ENDLESS;
	if (j->status != 'T' && j->status != 'W' && j->status != 0)
		return CHAIN_FAILED;
	return role_of(j) == CHAIN_OUT ? CHAIN_LEVEL : CHAIN_IN;
}

static bool fits(const struct chain_job *j, const struct chain_wish *w)
{
	return (w->client == NULL || strcmp(j->label.client, w->client) == 0) &&
	       (w->fileset == NULL || strcmp(j->label.fileset, w->fileset) == 0);
}

/* "client backup1-fd, fileset Linux" once more. */
static void name_pair(const struct chain_job *j, char *text, size_t text_bytes)
{
	size_t n = strlen(text);
	snprintf(text + n, text_bytes - n, "%sclient %s, fileset %s", n ? "; " : "", j->label.client, j->label.fileset);
}

static bool same_pair(const struct chain_job *a, const struct chain_job *b)
{
	return strcmp(a->label.client, b->label.client) == 0 && strcmp(a->label.fileset, b->label.fileset) == 0;
}

/* Is it the first one of its client and fileset that is a backup? */
static bool is_first_of_pair(const struct chain_job *jobs, size_t at)
{
	enum chain_why why = fault_of(&jobs[at]);
	if (why == CHAIN_UNLABELLED || why == CHAIN_NO_BACKUP)
		return false;
	for (size_t i = 0; i < at; i++) {
		enum chain_why other = fault_of(&jobs[i]);
		if (other != CHAIN_UNLABELLED && other != CHAIN_NO_BACKUP && same_pair(&jobs[i], &jobs[at]))
			return false;
	}
	return true;
}

static int settle_pair(struct chain *c, const struct chain_job *jobs, size_t count, const struct chain_wish *w, struct err *e)
{
	char here[512] = "", fitting[512] = "";
	size_t pairs = 0;
	for (size_t i = 0; i < count; i++) {
		if (!is_first_of_pair(jobs, i))
			continue;
		name_pair(&jobs[i], here, sizeof here);
		if (!fits(&jobs[i], w))
			continue;
		name_pair(&jobs[i], fitting, sizeof fitting);
		c->client = jobs[i].label.client;
		c->fileset = jobs[i].label.fileset;
		pairs++;
	}
	if (pairs == 1)
		return 0;
	if (pairs > 1)
		return err_set(e, XE_USAGE, "of which client and fileset? --client and --fileset say so; there are: %s", fitting);
	return err_set(e, XE_FAILED, "no backup of this client and fileset is here; there are: %s", here[0] ? here : "none at all");
}

/* The same job once more?  The label of a consolidation is that of its last source. */
static bool is_twin(const struct chain_job *a, const struct chain_job *b)
{
	return a->label.job[0] && strcmp(a->label.job, b->label.job) == 0 && (a->sources > 1) == (b->sources > 1);
}

/* Of the same job the undamaged one, then the original, which was begun first. */
static bool is_better(const struct chain_job *a, const struct chain_job *b)
{
	bool whole_a = a->begun && a->hurt == 0, whole_b = b->begun && b->hurt == 0;
	if (whole_a != whole_b)
		return whole_a;
	if (a->begun != b->begun)
		return a->begun;
	if (a->hurt != b->hurt)
		return a->hurt < b->hurt;
	return a->label.time < b->label.time;
}

static void drop_twins(struct chain *c, const struct chain_job *jobs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < i && c->picks[i].why == CHAIN_IN; k++) {
			if (c->picks[k].why != CHAIN_IN || !is_twin(&jobs[i], &jobs[k]))
				continue;
			size_t worse = is_better(&jobs[i], &jobs[k]) ? k : i;
			c->picks[worse].why = CHAIN_TWIN;
			c->picks[worse].twin = worse == i ? k : i;
		}
	}
	/* The one that a twin stood back for may have stood back itself. */
	for (size_t i = 0; i < count; i++) {
		while (c->picks[i].why == CHAIN_TWIN && c->picks[c->picks[i].twin].why == CHAIN_TWIN)
			c->picks[i].twin = c->picks[c->picks[i].twin].twin;
	}
}

/* Is a behind b in time? */
static bool is_behind(const struct chain *c, const struct chain_job *jobs, size_t a, size_t b)
{
	int64_t x = c->picks[a].time, y = c->picks[b].time;
	if (x == y) {
		x = jobs[a].label.time;
		y = jobs[b].label.time;
	}
	return x != y ? x > y : a > b;
}

/* The last one that is in and has this role, and is behind the job from (count: any); count if there is none. */
static size_t last_of(const struct chain *c, const struct chain_job *jobs, size_t count, enum chain_role role, size_t from)
{
	size_t found = count;
	for (size_t i = 0; i < count; i++) {
		bool candidate = c->picks[i].why == CHAIN_IN && role_of(&jobs[i]) == role && (from == count || is_behind(c, jobs, i, from));
		if (candidate && (found == count || is_behind(c, jobs, i, found)))
			found = i;
	}
	return found;
}

/* What is older than the full backup it begins with has no part in it; of base jobs only those that it could know of. */
static void begin_with(struct chain *c, const struct chain_job *jobs, size_t count, size_t full)
{
	for (size_t i = 0; i < count && full < count; i++) {
		bool base = role_of(&jobs[i]) == CHAIN_BASE, behind = is_behind(c, jobs, i, full);
		if (c->picks[i].why == CHAIN_IN && i != full && behind == base)
			c->picks[i].why = base ? CHAIN_LATER : CHAIN_BEFORE_FULL;
	}
}

/* Behind the last differential one with files, which covers all before it. */
static void choose_differential(struct chain *c, const struct chain_job *jobs, size_t count, size_t full)
{
	for (size_t i = 0; i < count; i++) {
		if (c->picks[i].why == CHAIN_IN && role_of(&jobs[i]) == CHAIN_DIFFERENTIAL && jobs[i].files == 0)
			c->picks[i].why = CHAIN_EMPTY;
	}
	size_t last = last_of(c, jobs, count, CHAIN_DIFFERENTIAL, full);
	for (size_t i = 0; i < count && last < count; i++) {
		enum chain_role role = role_of(&jobs[i]);
		bool covers = role == CHAIN_DIFFERENTIAL || role == CHAIN_INCREMENTAL;
		if (c->picks[i].why == CHAIN_IN && covers && i != last && !is_behind(c, jobs, i, last))
			c->picks[i].why = CHAIN_COVERED;
	}
}

/* ---- the order ---- */

static void put_in_order(struct chain *c, const struct chain_job *jobs, size_t count)
{
	for (int bases = 1; bases >= 0; bases--) {
		size_t from = c->count;
		for (size_t i = 0; i < count; i++) {
			if (c->picks[i].why != CHAIN_IN || (role_of(&jobs[i]) == CHAIN_BASE) != (bases == 1))
				continue;
			c->picks[i].role = role_of(&jobs[i]);
			size_t at = c->count++;
			for (; at > from && is_behind(c, jobs, c->order[at - 1], i); at--)
				c->order[at] = c->order[at - 1];
			c->order[at] = i;
		}
	}
	for (size_t i = 1; i < c->count; i++) {
		const char *a = jobs[c->order[i - 1]].label.fileset_md5, *b = jobs[c->order[i]].label.fileset_md5;
		c->fileset_grew = c->fileset_grew || (a[0] && b[0] && strcmp(a, b) != 0);
	}
}

static int judge(struct chain *c, const struct chain_job *jobs, size_t count, const struct chain_wish *w, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		const struct chain_wish settled = {.client = c->client, .fileset = c->fileset};
		enum chain_why why = fault_of(&jobs[i]);
		int64_t time = chain_time(&jobs[i]);
		bool other = why != CHAIN_UNLABELLED && !fits(&jobs[i], &settled);
		c->picks[i] = (struct chain_pick){.why = other                               ? CHAIN_OTHER
							 : why == CHAIN_IN && time > w->time ? CHAIN_LATER
											     : why,
						  .time = time};
	}
	drop_twins(c, jobs, count);
	size_t full = last_of(c, jobs, count, CHAIN_FULL, count);
	c->full = full < count;
	begin_with(c, jobs, count, full);
	choose_differential(c, jobs, count, full);
	put_in_order(c, jobs, count);
	if (c->full || (w->without_full && c->count > 0))
		return 0;
	if (c->count == 0)
		return err_set(e, XE_FAILED, "no finished backup of client %s, fileset %s, is here from before that time", c->client,
			       c->fileset);
	return err_set(e, XE_FAILED,
		       "no finished full backup of client %s, fileset %s, is here from before that time: name its volumes, too, or say "
		       "--without-full to get what the others have",
		       c->client, c->fileset);
}

int chain_choose(struct chain *c, const struct chain_job *jobs, size_t count, const struct chain_wish *w, struct err *e)
{
	int rc = settle_pair(c, jobs, count, w, e);
	if (rc != 0)
		return rc;
	c->picks = calloc(count, sizeof *c->picks);
	c->order = calloc(count, sizeof *c->order);
	if (c->picks == NULL || c->order == NULL)
		return err_memory(e, count * sizeof *c->picks, "a chain of jobs");
	return judge(c, jobs, count, w, e);
}

/* ---- in words ---- */

const char *chain_role_name(enum chain_role role)
{
	static const char *const names[] = {[CHAIN_OUT] = "left out",
					    [CHAIN_BASE] = "base",
					    [CHAIN_FULL] = "full",
					    [CHAIN_DIFFERENTIAL] = "differential",
					    [CHAIN_INCREMENTAL] = "incremental"};
	return names[role];
}

void chain_explain(const struct chain_job *jobs, const struct chain_pick *picks, size_t at, char *text, size_t text_bytes)
{
	static const char *const words[] = {
		[CHAIN_IN] = "",
		[CHAIN_UNLABELLED] = "neither its start nor its end is here",
		[CHAIN_NO_BACKUP] = "no backup",
		[CHAIN_OTHER] = "of another client or fileset",
		[CHAIN_ENDLESS] = "it has no end here: it was cancelled, or goes on elsewhere",
		[CHAIN_FAILED] = "it did not end well",
		[CHAIN_TWIN] = "the same job is here once more, and that is taken",
		[CHAIN_LATER] = "it is from later",
		[CHAIN_BEFORE_FULL] = "it is from before the full backup",
		[CHAIN_COVERED] = "the differential backup covers it",
		[CHAIN_EMPTY] = "a differential backup without files",
		[CHAIN_LEVEL] = "of a level that nobody knows",
	};
	uint32_t status = jobs[at].status;
	if (picks[at].why == CHAIN_FAILED && status > 0x20 && status < 0x7f)
		snprintf(text, text_bytes, "%s (status %c)", words[CHAIN_FAILED], (char)status);
	else
		snprintf(text, text_bytes, "%s", words[picks[at].why]);
}
