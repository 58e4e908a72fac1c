/* SPDX-License-Identifier: GPL-3.0-or-later */
/* They stand alone: each axis has its name and unit, each colour and each letter its word. */
#include "cmd/volume/volumemap_draw.h"

#include "base/msg.h"
#include "base/printable.h"
#include "cmd/volume/svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- which jobs are told apart: the largest ---- */

#define TOLD_MAX 26u /* letters */

struct told {
	const struct volumemap_job *all[TOLD_MAX]; /* in the order in which they came */
	uint32_t index[TOLD_MAX];
	size_t count, others; /* others: jobs that are not */
	uint64_t other_bytes;
};

static struct told choose_jobs(const struct volumemap *m, size_t most)
{
	struct told t = {0};
	for (size_t i = 0; i < m->job_room; i++) {
		const struct volumemap_job *j = &m->jobs[i];
		size_t larger = 0;
		if (!j->here)
			continue;
		for (size_t k = 0; k < m->job_room && larger < most; k++)
			larger += m->jobs[k].here && (m->jobs[k].bytes > j->bytes || (m->jobs[k].bytes == j->bytes && k < i));
		if (larger < most && t.count < most) {
			t.all[t.count] = j;
			t.index[t.count++] = (uint32_t)i;
		} else {
			t.others++;
			t.other_bytes += j->bytes;
		}
	}
	return t;
}

/* What a stretch of a volume is made of: told jobs, one for all others, kinds. */
#define PARTS (TOLD_MAX + 1 + VOLUMEMAP_KINDS)
#define PART_OTHERS TOLD_MAX
#define PART_KIND (TOLD_MAX + 1)

struct stretch {
	uint64_t parts[PARTS];
	uint64_t damages, wounds, begins, ends;
};

static size_t part_of(const struct told *t, uint32_t job)
{
	for (size_t i = 0; i < t->count; i++) {
		if (t->index[i] == job)
			return i;
	}
	return PART_OTHERS;
}

static void add_bin(struct stretch *s, const struct told *t, const struct volumemap_bin *b)
{
	for (uint32_t i = 0; i < b->share_count; i++)
		s->parts[part_of(t, b->shares[i].job)] += b->shares[i].bytes;
	for (size_t i = 0; i < VOLUMEMAP_KINDS; i++)
		s->parts[i == VOLUMEMAP_OTHERS ? PART_OTHERS : PART_KIND + i] += b->kinds[i];
	s->damages += b->damages;
	s->wounds += b->wounds;
	s->begins += b->begins;
	s->ends += b->ends;
}

static uint64_t bytes_of(const struct stretch *s)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < PARTS; i++)
		sum += s->parts[i];
	return sum;
}

/* The only part that it has, or PARTS. */
static size_t only_part(const struct stretch *s)
{
	size_t only = PARTS;
	for (size_t i = 0; i < PARTS; i++) {
		if (s->parts[i] > 0 && only != PARTS)
			return PARTS;
		only = s->parts[i] > 0 ? i : only;
	}
	return only;
}

static size_t bin_count(const struct volumemap_volume *v)
{
	return (size_t)((v->bytes + v->bin_bytes - 1) / v->bin_bytes);
}

/* ---- words ---- */

static const char *const kind_words[VOLUMEMAP_KINDS] = {
	[VOLUMEMAP_LABEL] = "volume label",
	[VOLUMEMAP_OTHERS] = "other jobs",
	[VOLUMEMAP_ENCRYPTED] = "encrypted, no key",
	[VOLUMEMAP_DAMAGED] = "damaged",
	[VOLUMEMAP_NOTHING] = "no blocks: padding, labels of other systems",
	[VOLUMEMAP_UNREAD] = "not read",
};

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* "Vol1 (path): 12.4 MB in 190 blocks, damaged in 1 place" */
static void describe(const struct volumemap_volume *v, char *text, size_t room)
{
	char size[MSG_SIZE_BYTES];
	bool named = v->name[0] != '\0';
	int n = snprintf(text, room, "%s%s%s%s: %s in %llu block%s", named ? v->name : v->path, named ? " (" : "", named ? v->path : "",
			 named ? ")" : "", msg_size(v->bytes, size), (unsigned long long)v->blocks, plural(v->blocks));
	size_t at = n < 0 || (size_t)n >= room ? room - 1 : (size_t)n;
	if (v->encrypted)
		at += (size_t)snprintf(text + at, room - at, ", encrypted");
	if (at < room && v->damages > 0)
		at += (size_t)snprintf(text + at, room - at, ", damaged in %llu place%s", (unsigned long long)v->damages,
				       plural(v->damages));
	if (at < room && v->wounds > 0)
		at += (size_t)snprintf(text + at, room - at, ", %llu other remark%s", (unsigned long long)v->wounds, plural(v->wounds));
	if (at < room && v->unplaced > 0)
		at += (size_t)snprintf(text + at, room - at, ", %llu finding%s without a place", (unsigned long long)v->unplaced,
				       plural(v->unplaced));
	if (at < room && !v->ended)
		snprintf(text + at, room - at, ", not read to its end");
}

#define UNPLACED_BYTES 80u

static const char *unplaced(const struct volumemap *m, char text[static UNPLACED_BYTES])
{
	snprintf(text, UNPLACED_BYTES, "%llu finding%s of no volume: the report tells", (unsigned long long)m->unplaced,
		 plural(m->unplaced));
	return text;
}

#define WORDS_BYTES 5000u

/* At most so many characters of it, none that a terminal would obey; "..." is the end of what is longer. */
static const char *cut(const char *text, size_t columns, char clean[static WORDS_BYTES])
{
	size_t at = 0, wide = 0, end = 0;
	snprintf(clean, WORDS_BYTES - 4, "%s", text);
	printable_make(clean);
	while (clean[at] && wide <= columns) {
		end = wide + 3 <= columns ? at : end;
		size_t n = printable_bytes(clean + at);
		at += n > 0 ? n : 1;
		wide++;
	}
	if (wide > columns)
		memcpy(clean + end, "...", 4);
	return clean;
}

/* ---- on a terminal ---- */

#define MARKS_SHOWN 20u /* -v: all that are kept */

static const char kind_letters[VOLUMEMAP_KINDS + 1] = "=+#X_.";

static char part_letter(size_t part)
{
	return (char)(part < TOLD_MAX ? 'A' + (int)part : part == PART_OTHERS ? '+' : kind_letters[part - PART_KIND]);
}

static void put_cut(FILE *out, const char *text, size_t columns)
{
	char clean[WORDS_BYTES];
	fprintf(out, "%s\n", cut(text, columns, clean));
}

/* The columns' bytes, each bin given to the column that its middle is in; a bin may be wider than a column. */
static void text_strip(FILE *out, const struct volumemap_volume *v, const struct told *t, size_t columns)
{
	size_t count = bin_count(v);
	putc('|', out);
	for (size_t c = 0; c < columns; c++) {
		size_t from = c * count / columns, to = (c + 1) * count / columns;
		struct stretch s = {0};
		size_t best = PARTS;
		for (size_t i = from; i < (to > from ? to : from + 1) && i < count; i++)
			add_bin(&s, t, &v->bins[i]);
		for (size_t i = 0; i < PARTS; i++) {
			if (s.parts[i] > 0 && (best == PARTS || s.parts[i] > s.parts[best]))
				best = i;
		}
		bool bad = s.damages + s.parts[PART_KIND + VOLUMEMAP_DAMAGED] > 0;
		putc(bad ? 'X' : s.wounds > 0 ? '?' : best == PARTS ? ' ' : part_letter(best), out);
	}
	fputs("|\n", out);
}

/* Where jobs begin and end. */
static void text_ends(FILE *out, const struct volumemap_volume *v, const struct told *t, size_t columns)
{
	size_t count = bin_count(v), last = 0;
	char line[512];
	for (size_t c = 0; c < columns && c < sizeof line; c++) {
		size_t from = c * count / columns, to = (c + 1) * count / columns;
		struct stretch s = {0};
		for (size_t i = from; i < to && i < count; i++)
			add_bin(&s, t, &v->bins[i]);
		line[c] = s.begins > 0 && s.ends > 0 ? '*' : s.begins > 0 ? '[' : s.ends > 0 ? ']' : ' ';
		last = line[c] != ' ' ? c + 1 : last;
	}
	if (last > 0)
		fprintf(out, " %.*s\n", (int)last, line);
}

static void text_axis(FILE *out, const struct volumemap_volume *v, size_t columns)
{
	char first[MSG_SIZE_BYTES], middle[MSG_SIZE_BYTES], last[MSG_SIZE_BYTES];
	msg_size(0, first);
	msg_size(v->bytes / 2, middle);
	msg_size(v->bytes, last);
	int half = (int)(columns / 2);
	fprintf(out, " %-*s%s%*s\n", half - (int)strlen(middle) / 2, first, middle,
		(int)columns - half + (int)strlen(middle) / 2 - (int)strlen(middle), last);
}

static void text_marks(FILE *out, const struct volumemap_volume *v, unsigned columns)
{
	size_t most = msg_verbosity() > 0 ? v->mark_count : MARKS_SHOWN;
	for (size_t i = 0; i < v->mark_count && i < most; i++) {
		const struct volumemap_mark *k = &v->marks[i];
		char words[WORDS_BYTES], bytes[32] = "";
		if (k->bytes > 0)
			snprintf(bytes, sizeof bytes, ", %llu bytes", (unsigned long long)k->bytes);
		snprintf(words, sizeof words, "  %c byte %llu%s: %s", k->wound ? '?' : 'X', (unsigned long long)k->at, bytes, k->reason);
		put_cut(out, words, columns);
	}
	uint64_t all = v->damages + v->wounds;
	if (all > most || all > v->mark_count)
		fprintf(out, "  and %llu places more\n", (unsigned long long)(all - (most < v->mark_count ? most : v->mark_count)));
}

static void text_volume(FILE *out, const struct volumemap_volume *v, const struct told *t, unsigned columns, struct stretch *all)
{
	char words[WORDS_BYTES], size[MSG_SIZE_BYTES];
	size_t inner = columns - 2;
	putc('\n', out);
	describe(v, words, sizeof words);
	put_cut(out, words, columns);
	if (v->bytes == 0)
		return;
	text_strip(out, v, t, inner);
	text_ends(out, v, t, inner);
	text_axis(out, v, inner);
	snprintf(words, sizeof words, "bytes %s; a column: %s", v->linear ? "from the volume's beginning" : "that were read up to there",
		 msg_size(v->bytes / inner > 0 ? v->bytes / inner : 1, size));
	put_cut(out, words, columns);
	text_marks(out, v, columns);
	for (size_t i = 0; i < bin_count(v); i++)
		add_bin(all, t, &v->bins[i]);
}

static void text_legend(FILE *out, const struct told *t, const struct stretch *all, unsigned columns)
{
	char words[WORDS_BYTES], size[MSG_SIZE_BYTES];
	putc('\n', out);
	for (size_t i = 0; i < t->count; i++) {
		snprintf(words, sizeof words, "%c %9s  %s", part_letter(i), msg_size(t->all[i]->bytes, size), t->all[i]->name);
		put_cut(out, words, columns);
	}
	for (size_t i = PART_OTHERS; i < PARTS; i++) {
		if (all->parts[i] == 0)
			continue;
		snprintf(words, sizeof words, "%c %9s  %s", part_letter(i), msg_size(all->parts[i], size),
			 i == PART_OTHERS ? "other jobs" : kind_words[i - PART_KIND]);
		put_cut(out, words, columns);
	}
	if (all->damages > 0 && all->parts[PART_KIND + VOLUMEMAP_DAMAGED] == 0)
		put_cut(out, "X            something is damaged there", columns);
	if (all->wounds > 0)
		put_cut(out, "?            something else is not as it should be there", columns);
	if (all->begins + all->ends > 0)
		put_cut(out, "[ ] *        below: jobs begin, end, both (labels of their sessions)", columns);
	put_cut(out, "The letter of a column: what most of its bytes are.", columns);
}

void volumemap_draw_text(FILE *out, const struct volumemap *m, unsigned columns)
{
	const struct told t = choose_jobs(m, TOLD_MAX);
	struct stretch all = {0};
	char words[UNPLACED_BYTES];
	for (size_t i = 0; i < m->volume_room; i++) {
		const struct volumemap_volume *v = m->volumes[i];
		if (v && v->path)
			text_volume(out, v, &t, columns, &all);
	}
	text_legend(out, &t, &all, columns);
	if (m->unplaced > 0)
		put_cut(out, unplaced(m, words), columns);
}

/* ---- SVG ---- */

#define WIDTH 960.0
#define LEFT 40.0
#define RIGHT 920.0
#define TOP 70.0
#define STRIP 44.0
#define VOLUME_HEIGHT 148.0
#define ROW 20.0
#define SVG_COLUMNS 130u                /* of words in a line */
#define JOBS_COLOURED (SVG_COLOURS - 2) /* the greys are for others */

static const char *part_colour(size_t part)
{
	static const char *const kinds[VOLUMEMAP_KINDS] = {
		[VOLUMEMAP_LABEL] = "#000000",   [VOLUMEMAP_OTHERS] = "#999999",  [VOLUMEMAP_ENCRYPTED] = "#f0e442",
		[VOLUMEMAP_DAMAGED] = "#e00000", [VOLUMEMAP_NOTHING] = "#e4e4e4", [VOLUMEMAP_UNREAD] = "#ffffff",
	};
	if (part < PART_OTHERS)
		return svg_colours[part % JOBS_COLOURED];
	return part == PART_OTHERS ? kinds[VOLUMEMAP_OTHERS] : kinds[part - PART_KIND];
}

static const char *part_words(const struct told *t, size_t part)
{
	return part < PART_OTHERS ? t->all[part]->name : part == PART_OTHERS ? "other jobs" : kind_words[part - PART_KIND];
}

static double place_of(const struct volumemap_volume *v, uint64_t at)
{
	return LEFT + (RIGHT - LEFT) * (double)at / (double)v->bytes;
}

/* A box that tells what it is to who points at it. */
static void svg_part(FILE *out, const struct told *t, size_t part, double x, double y, double width, double height, uint64_t bytes,
		     uint64_t from, uint64_t to)
{
	fprintf(out, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"%s\"><title>", x, y, width, height,
		part_colour(part));
	svg_put(out, part_words(t, part));
	fprintf(out, ": %llu bytes, from byte %llu to %llu</title></rect>\n", (unsigned long long)bytes, (unsigned long long)from,
		(unsigned long long)to);
}

/* Bins from..to of one volume, as one stretch of theirs: parts above each other by their share. */
static void svg_stretch(FILE *out, const struct volumemap_volume *v, const struct told *t, const struct stretch *s, size_t from, size_t to,
			double y)
{
	uint64_t begin = from * v->bin_bytes, end = to * v->bin_bytes < v->bytes ? to * v->bin_bytes : v->bytes;
	uint64_t sum = bytes_of(s);
	double x = place_of(v, begin), width = place_of(v, end) - x;
	for (size_t i = 0; i < PARTS; i++) {
		if (s->parts[i] == 0)
			continue;
		double height = STRIP * (double)s->parts[i] / (double)sum;
		svg_part(out, t, i, x, y, width, height, s->parts[i], begin, end);
		y += height;
	}
}

/* Neighbours of one part alone are one box. */
static void svg_strip(FILE *out, const struct volumemap_volume *v, const struct told *t, double y)
{
	size_t count = bin_count(v), from = 0;
	struct stretch s = {0};
	for (size_t i = 0; i < count; i++) {
		struct stretch next = {0};
		add_bin(&next, t, &v->bins[i]);
		size_t only = only_part(&next);
		if (i > from && (only == PARTS || only != only_part(&s))) {
			svg_stretch(out, v, t, &s, from, i, y);
			s = (struct stretch){0};
			from = i;
		}
		add_bin(&s, t, &v->bins[i]);
	}
	if (count > 0)
		svg_stretch(out, v, t, &s, from, count, y);
	fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"none\" stroke=\"#444444\"/>\n", LEFT, y,
		RIGHT - LEFT, STRIP);
}

/* A triangle that stands on its point, above the strip. */
static void svg_flag(FILE *out, double x, double y, bool wound, const char *words)
{
	fprintf(out, "<path d=\"M%.1f %.1f l-5 -10 h10 z\" fill=\"%s\"><title>", x, y, wound ? "#e69f00" : "#e00000");
	svg_put(out, words);
	fputs("</title></path>\n", out);
}

/* Places closer to each other than the eye can tell are one flag, with the words of the first. */
static void svg_marks(FILE *out, const struct volumemap_volume *v, double y)
{
	double last[2] = {-1e9, -1e9};
	for (size_t i = 0; i < v->mark_count; i++) {
		const struct volumemap_mark *k = &v->marks[i];
		char words[VOLUMEMAP_REASON_BYTES + 64];
		double x = place_of(v, k->at < v->bytes ? k->at : v->bytes);
		if (x - last[k->wound] < 2)
			continue;
		last[k->wound] = x;
		snprintf(words, sizeof words, "byte %llu: %s", (unsigned long long)k->at, k->reason);
		svg_flag(out, x, y, k->wound, words);
		svg_line(out, x, y, x, y + STRIP, k->wound ? "#e69f00" : "#e00000");
	}
	/* Those beyond the ones that are kept. */
	for (size_t i = 0; v->mark_count == VOLUMEMAP_MARKS && i < bin_count(v); i++) {
		if (v->bins[i].damages > 0 && i * v->bin_bytes > v->marks[v->mark_count - 1].at)
			svg_flag(out, place_of(v, i * v->bin_bytes), y, false, "damaged");
	}
}

/* Under the strip: a bar down where jobs begin, a small ring where they end. */
static void svg_ends(FILE *out, const struct volumemap_volume *v, double y)
{
	for (size_t i = 0; i < bin_count(v); i++) {
		double x = place_of(v, i * v->bin_bytes);
		if (v->bins[i].begins > 0)
			svg_line(out, x, y, x, y + 9, "#000000");
		if (v->bins[i].ends > 0)
			fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"white\" stroke=\"#000000\"/>\n", x, y + 5);
	}
}

/* 1, 2 or 5 times a power of ten, eight of them at most. */
static double tick_of(uint64_t bytes)
{
	double least = (double)bytes / 8, power = pow(10, floor(log10(least < 1 ? 1 : least)));
	return power * (power >= least ? 1 : 2 * power >= least ? 2 : 5 * power >= least ? 5 : 10);
}

static void svg_axis(FILE *out, const struct volumemap_volume *v, double y)
{
	double step = tick_of(v->bytes);
	for (double tick = 0; tick <= (double)v->bytes; tick += step) {
		char size[MSG_SIZE_BYTES];
		double x = place_of(v, (uint64_t)tick);
		svg_line(out, x, y, x, y + 5, "#444444");
		svg_text(out, x, y + 18, "middle", msg_size((uint64_t)tick, size));
	}
	svg_text(out, (LEFT + RIGHT) / 2, y + 34, "middle",
		 v->linear ? "bytes from the beginning of the volume" : "bytes that were read of the volume up to there");
}

static void svg_volume(FILE *out, const struct volumemap_volume *v, const struct told *t, double y)
{
	char words[WORDS_BYTES], clean[WORDS_BYTES];
	describe(v, words, sizeof words);
	svg_text(out, LEFT, y + 12, "start", cut(words, SVG_COLUMNS, clean));
	if (v->bytes == 0)
		return;
	y += 36;
	svg_strip(out, v, t, y);
	svg_marks(out, v, y);
	svg_ends(out, v, y + STRIP);
	svg_axis(out, v, y + STRIP + 10);
}

static double svg_row(FILE *out, double y, const char *colour, uint64_t bytes, const char *what)
{
	char words[VOLUMEMAP_NAME_BYTES + 64], size[MSG_SIZE_BYTES];
	snprintf(words, sizeof words, "%s: %s", what, msg_size(bytes, size));
	fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"14\" height=\"14\" fill=\"%s\" stroke=\"#444444\"/>\n", LEFT, y, colour);
	svg_text(out, LEFT + 22, y + 12, "start", words);
	return y + ROW;
}

static size_t legend_rows(const struct stretch *all)
{
	size_t rows = 0;
	for (size_t i = 0; i < PARTS; i++)
		rows += all->parts[i] > 0;
	return rows + (all->damages > 0) + (all->wounds > 0) + (all->begins > 0) + (all->ends > 0);
}

static void svg_legend(FILE *out, const struct told *t, const struct stretch *all, double y)
{
	char words[96];
	for (size_t i = 0; i < PARTS; i++) {
		if (i == PART_OTHERS && t->others > 0 && all->parts[i] > 0) {
			snprintf(words, sizeof words, "%zu other job%s", t->others, plural(t->others));
			y = svg_row(out, y, part_colour(i), all->parts[i], words);
		} else if (all->parts[i] > 0) {
			y = svg_row(out, y, part_colour(i), all->parts[i], part_words(t, i));
		}
	}
	if (all->damages > 0) {
		svg_flag(out, LEFT + 7, y + 13, false, "damaged");
		svg_text(out, LEFT + 22, y + 12, "start", "damaged there");
		y += ROW;
	}
	if (all->wounds > 0) {
		svg_flag(out, LEFT + 7, y + 13, true, "a remark");
		svg_text(out, LEFT + 22, y + 12, "start", "something else is not as it should be there");
		y += ROW;
	}
	if (all->begins > 0) {
		svg_line(out, LEFT + 7, y + 3, LEFT + 7, y + 12, "#000000");
		svg_text(out, LEFT + 22, y + 12, "start", "below the strip: jobs begin (their start-of-session labels)");
		y += ROW;
	}
	if (all->ends > 0) {
		fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"white\" stroke=\"#000000\"/>\n", LEFT + 7, y + 7);
		svg_text(out, LEFT + 22, y + 12, "start", "below the strip: jobs end (their end-of-session labels, EOS)");
	}
}

void volumemap_draw_svg(FILE *out, void *map)
{
	const struct volumemap *m = map;
	const struct told t = choose_jobs(m, JOBS_COLOURED);
	struct stretch all = {0};
	size_t count = 0;
	for (size_t i = 0; i < m->volume_room; i++) {
		const struct volumemap_volume *v = m->volumes[i];
		count += v && v->path;
		for (size_t n = 0; v && v->path && n < bin_count(v); n++)
			add_bin(&all, &t, &v->bins[n]);
	}
	double y = TOP, legend = TOP + VOLUME_HEIGHT * (double)count;
	char words[96], found[UNPLACED_BYTES];
	snprintf(words, sizeof words, "Map of %zu volume%s: what stands where", count, plural(count));
	svg_begin(out, WIDTH, legend + ROW * (double)(legend_rows(&all) + 1), words);
	svg_heading(out, LEFT, 34, words);
	if (m->unplaced > 0)
		svg_text(out, RIGHT, 34, "end", unplaced(m, found));
	svg_text(out, LEFT, 54, "start", "colours: whose bytes, by their share above each other where several stand in a place");
	for (size_t i = 0; i < m->volume_room; i++) {
		const struct volumemap_volume *v = m->volumes[i];
		if (v == NULL || v->path == NULL)
			continue;
		svg_volume(out, v, &t, y);
		y += VOLUME_HEIGHT;
	}
	svg_legend(out, &t, &all, legend);
	svg_end(out);
}

int volumemap_show(struct volumemap *m, struct picture *to, int status, struct err *e)
{
	struct err mine = {0};
	int rc = err_pass(&mine, &m->err);
	if (rc == 0 && picture_is_text(to))
		volumemap_draw_text(stdout, m, picture_columns());
	if (rc == 0)
		rc = picture_draw(to, volumemap_draw_svg, m, &mine);
	if (rc != 0)
		status = err_worse_status(status, msg_fail(&mine));
	err_pass(e, &mine);
	return status;
}
