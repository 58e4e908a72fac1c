/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/version.h"

#include "base/hex.h"
#include "base/json.h"
#include "base/printable.h"
#include "base/system.h"
#include "cmd/timetext.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const verdicts[FILEINDEX_VERDICTS] = {
	[FILEINDEX_NOTHING] = "empty", [FILEINDEX_PROVEN] = "proven", [FILEINDEX_PLAUSIBLE] = "plausible",
	[FILEINDEX_CLOSED] = "closed", [FILEINDEX_CUT] = "cut",       [FILEINDEX_DAMAGED] = "DAMAGED",
};

/* NULL: one that has content of its own. */
static const char *kind_of(const struct fileindex_file *f)
{
	if (f->flags & FILEINDEX_NAMELESS)
		return NULL;
	switch (f->stat.type) {
	case FILESTAT_HARD_LINK: return "hardlink";
	case FILESTAT_SYMLINK: return "symlink";
	case FILESTAT_FOLDER:
	case FILESTAT_UNREAD_FOLDER: return "folder";
	case FILESTAT_SPECIAL: return "special";
	case FILESTAT_REPARSE: return "reparse";
	case FILESTAT_JUNCTION: return "junction";
	case FILESTAT_DELETED: return "deleted";
	case FILESTAT_BASE: return "base";
	default: return f->flags & FILEINDEX_UPDATE ? "update" : NULL;
	}
}

static const char *word_of(const struct fileindex_file *f)
{
	const char *kind = kind_of(f);
	return kind && f->verdict == FILEINDEX_NOTHING ? kind : verdicts[f->verdict];
}

static void time_text(int64_t seconds, char *text, size_t text_bytes)
{
	time_t t;
	struct tm tm;
	if (!system_time(seconds, &t) || gmtime_r(&t, &tm) == NULL || tm.tm_year > 8099 ||
	    strftime(text, text_bytes, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(text, text_bytes, "%lld", (long long)seconds);
}

static void print_volumes(const struct fileindex_volume *first, const struct fileindex_volume *last)
{
	printable_put(first->name, stdout);
	if (last->id == first->id)
		return;
	putchar('+');
	printable_put(last->name, stdout);
}

void version_print(const struct fileindex_file *f, const struct fileindex_job *j, const struct fileindex_volume *first,
		   const struct fileindex_volume *last)
{
	char when[32];
	time_text(f->stat.mtime, when, sizeof when);
	printf("%-20s %12llu  %-9s  job ", f->flags & FILEINDEX_NAMELESS ? "-" : when,
	       (unsigned long long)(f->flags & FILEINDEX_NAMELESS ? f->bytes : f->stat.size), word_of(f));
	const struct session_label *l = j->begun ? &j->start : &j->end;
	if (j->begun || j->ended)
		printf("%-6u ", l->job_id);
	else
		printf("%u/%u ", j->session_id, j->session_time);
	print_volumes(first, last);
	printf(" %-6d  ", f->file_index);
	if (f->flags & FILEINDEX_NAMELESS)
		fputs("(its name is lost)", stdout);
	/* A name may hold a line feed, which is shown as a question mark. */
	printable_put(f->stat.name, stdout);
	if (f->stat.link[0]) {
		fputs(f->stat.type == FILESTAT_HARD_LINK ? " = " : " -> ", stdout);
		printable_put(f->stat.link, stdout);
	}
	putchar('\n');
}

/* ---- JSON ---- */

static void json_flags(struct json *j, unsigned flags)
{
	static const struct {
		unsigned flag;
		const char *word;
	} words[] = {
		{FILEINDEX_ACL, "acl"},           {FILEINDEX_XATTR, "xattr"},     {FILEINDEX_ENCRYPTED, "encrypted"},
		{FILEINDEX_SPARSE, "sparse"},     {FILEINDEX_WINDOWS, "windows"}, {FILEINDEX_PLUGIN, "plugin"},
		{FILEINDEX_UPDATE, "update"},     {FILEINDEX_DELTA, "delta"},     {FILEINDEX_COMPRESSED, "compressed"},
		{FILEINDEX_NAMELESS, "nameless"},
	};
	json_array(j, "flags");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (flags & words[i].flag)
			json_text(j, NULL, words[i].word);
	}
	json_end_array(j);
}

static void json_stat(struct json *j, const struct filestat *s)
{
	json_number(j, "type", s->type);
	json_number(j, "mode", s->mode);
	json_number(j, "uid", s->uid);
	json_number(j, "gid", s->gid);
	json_number(j, "size", s->size);
	timetext_json(j, "mtime", s->mtime);
	timetext_json(j, "ctime", s->ctime);
	if (s->link[0])
		json_text(j, "link", s->link);
}

static void json_job(struct json *j, const struct fileindex_job *job)
{
	const struct session_label *l = job->begun ? &job->start : &job->end;
	json_number(j, "session_id", job->session_id);
	json_number(j, "session_time", job->session_time);
	if (!job->begun && !job->ended)
		return;
	json_number(j, "job_id", l->job_id);
	json_text(j, "job", l->job);
	json_text(j, "client", l->client);
	json_text(j, "fileset", l->fileset);
	if (job->begun)
		timetext_json_us(j, "began", l->time);
}

static void json_position(struct json *j, const struct fileindex_file *f, const struct fileindex_volume *first,
			  const struct fileindex_volume *last)
{
	json_text(j, "volume", first->name);
	json_text(j, "input", first->path);
	json_number(j, "address", f->first.addr);
	if (last->id != first->id)
		json_text(j, "last_volume", last->name);
	json_number(j, "last_address", f->last.addr);
}

void version_json(const struct fileindex_file *f, const struct fileindex_job *job, const struct fileindex_volume *first,
		  const struct fileindex_volume *last)
{
	struct json j = {.out = stdout, .one_line = true};
	json_object(&j, NULL);
	json_text(&j, "file", f->stat.name);
	json_signed(&j, "file_index", f->file_index);
	json_job(&j, job);
	if (!(f->flags & FILEINDEX_NAMELESS))
		json_stat(&j, &f->stat);
	if (kind_of(f))
		json_text(&j, "kind", kind_of(f));
	json_text(&j, "verdict", f->verdict == FILEINDEX_DAMAGED ? "damaged" : verdicts[f->verdict]);
	json_number(&j, "plain_bytes", f->bytes);
	json_number(&j, "stored_bytes", f->stored);
	if (f->data_stream > 0)
		json_number(&j, "data_stream", f->data_stream);
	if (f->has_digest) {
		char text[2 * DIGEST_MAX_BYTES + 1];
		hex_text(f->value, f->value_bytes, text);
		json_text(&j, "digest_kind", digest_name(f->digest));
		json_text(&j, "digest", text);
	}
	json_flags(&j, f->flags);
	json_position(&j, f, first, last);
	json_end_object(&j);
}
