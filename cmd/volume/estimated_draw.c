/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pictures.  They stand alone: each axis has its name and unit, each colour its word. */
#include "base/msg.h"
#include "cmd/volume/estimated.h"
#include "cmd/volume/svg.h"

#include <math.h>
#include <string.h>

/* ---- on a terminal ---- */

#define COLUMNS 50u

static void put_bar(FILE *out, double share, unsigned columns)
{
	unsigned n = (unsigned)(share * columns + 0.5);
	for (unsigned i = 0; i < n && i < columns; i++)
		putc('#', out);
	putc('\n', out);
}

static double largest_ratio(const struct estimated *t)
{
	struct estimated_row r;
	double largest = 1;
	for (size_t i = 0; i < t->row_count; i++) {
		if (estimated_row(t, i, &r) && r.ratio > largest)
			largest = r.ratio;
	}
	return largest;
}

static uint64_t largest_bar(const struct estimate_row *r, uint64_t *sum)
{
	uint64_t largest = 0;
	*sum = 0;
	for (size_t i = 0; i < ESTIMATE_BARS; i++) {
		largest = r->bars[i] > largest ? r->bars[i] : largest;
		*sum += r->bars[i];
	}
	return largest;
}

static void draw_ratios(const struct estimated *t, FILE *out)
{
	const struct estimate_row *r = &t->rows[t->shown];
	struct estimated_row told;
	uint64_t sum, largest = largest_bar(r, &sum);
	if (!estimated_row(t, t->shown, &told) || sum == 0)
		return;
	fprintf(out, "\nrecords of file data by what they become with %s, of their size now\n", told.title);
	for (size_t i = 0; i < ESTIMATE_BARS; i++) {
		if (r->bars[i] == 0)
			continue;
		fprintf(out, "%3zu%s %% %6.1f %% ", i * 5, i + 1 < ESTIMATE_BARS ? " up" : " ++", 100.0 * (double)r->bars[i] / (double)sum);
		put_bar(out, (double)r->bars[i] / (double)largest, COLUMNS);
	}
}

void estimated_draw_text(const struct estimated *t, FILE *out)
{
	struct estimated_row r;
	double largest = largest_ratio(t);
	fprintf(out, "\nhow the records are stored now, by bytes\n");
	for (size_t i = 0; i < ESTIMATE_KINDS; i++) {
		if (t->result->stored[i].records == 0)
			continue;
		fprintf(out, "%-10s %6.1f %% ", estimated_kind(i), 100 * estimated_stored(t, i));
		put_bar(out, estimated_stored(t, i), COLUMNS);
	}
	fprintf(out, "\nsize once converted, of now\n%-10s %6.1f %% ", "now", 100.0);
	put_bar(out, 1 / largest, COLUMNS);
	for (size_t i = 0; i < t->row_count; i++) {
		if (!estimated_row(t, i, &r))
			continue;
		fprintf(out, "%-10s %6.1f %% ", r.title, 100 * r.ratio);
		put_bar(out, r.ratio / largest, COLUMNS);
	}
	draw_ratios(t, out);
}

/* ---- SVG ---- */

#define WIDTH 900
#define LEFT 80.0
#define RIGHT 860.0

/* A bar in parts, and a legend under it. */
static void svg_stored(const struct estimated *t, FILE *out, double y)
{
	double x = LEFT, legend = LEFT;
	char words[64];
	svg_heading(out, LEFT, y, "How the records are stored now, by bytes");
	for (size_t i = 0; i < ESTIMATE_KINDS; i++) {
		if (t->result->stored[i].records == 0)
			continue;
		double width = estimated_stored(t, i) * (RIGHT - LEFT);
		svg_box(out, x, y + 14, width, 30, svg_colours[i]);
		x += width;
		svg_box(out, legend, y + 56, 12, 12, svg_colours[i]);
		snprintf(words, sizeof words, "%s %.1f %%", estimated_kind(i), 100 * estimated_stored(t, i));
		svg_text(out, legend + 17, y + 67, "start", words);
		legend += 125;
	}
}

static double speed_place(double speed, double least, double most)
{
	return LEFT + (RIGHT - LEFT) * (log10(speed) - log10(least)) / (log10(most) - log10(least));
}

/* Speeds lie between powers of ten. */
static void speed_range(const struct estimated *t, double *least, double *most)
{
	struct estimated_row r;
	*least = 1e12;
	*most = 0;
	for (size_t i = 0; i < t->row_count; i++) {
		if (!estimated_row(t, i, &r) || r.speed <= 0)
			continue;
		*least = r.speed < *least ? r.speed : *least;
		*most = r.speed > *most ? r.speed : *most;
	}
	*least = pow(10, floor(log10(*least)));
	*most = pow(10, ceil(log10(*most > *least ? *most : *least * 10)));
}

static void svg_axes(FILE *out, double y, double height, double least, double most, double largest)
{
	char words[MSG_SIZE_BYTES + 8];
	for (double tick = 0; tick <= largest + 1e-9; tick += largest > 2 ? 1 : 0.25) {
		double at = y + height - height * tick / largest;
		svg_line(out, LEFT, at, RIGHT, at, "#dddddd");
		snprintf(words, sizeof words, "%.0f %%", 100 * tick);
		svg_text(out, LEFT - 8, at + 5, "end", words);
	}
	for (double tick = least; tick <= most * 1.001; tick *= 10) {
		char size[MSG_SIZE_BYTES];
		double at = speed_place(tick, least, most);
		svg_line(out, at, y, at, y + height, "#dddddd");
		snprintf(words, sizeof words, "%s/s", msg_size((uint64_t)(tick + 0.5), size));
		svg_text(out, at, y + height + 18, "middle", words);
	}
	svg_text(out, (LEFT + RIGHT) / 2, y + height + 38, "middle", "bytes of the volume now, in a second of one processor");
}

static void svg_speeds(const struct estimated *t, FILE *out, double y)
{
	double least, most, height = 240, largest = ceil(largest_ratio(t) * 4) / 4;
	struct estimated_row r;
	svg_heading(out, LEFT, y, "Size once converted, of now, against speed");
	speed_range(t, &least, &most);
	y += 14;
	svg_axes(out, y, height, least, most, largest);
	for (size_t i = 0; i < t->row_count; i++) {
		if (!estimated_row(t, i, &r) || r.speed <= 0)
			continue;
		double x = speed_place(r.speed, least, most), at = y + height - height * r.ratio / largest;
		svg_line(out, x, at - height * r.error / largest, x, at + height * r.error / largest, "#0072b2");
		fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"#0072b2\"/>\n", x, at);
		/* Neighbours' words stand above and below in turn. */
		svg_text(out, x + 6, at + (i % 2 ? 14 : -6), "start", r.title);
	}
}

static void svg_ratios(const struct estimated *t, FILE *out, double y)
{
	const struct estimate_row *r = &t->rows[t->shown];
	struct estimated_row told;
	char words[96];
	double height = 180, width = (RIGHT - LEFT) / ESTIMATE_BARS;
	uint64_t sum, largest = largest_bar(r, &sum);
	if (!estimated_row(t, t->shown, &told) || sum == 0)
		return;
	snprintf(words, sizeof words, "Records of file data by what they become with %s, of their size now", told.title);
	svg_heading(out, LEFT, y, words);
	y += 14;
	for (unsigned i = 0; i <= 4; i++) {
		double at = y + height - height * i / 4;
		svg_line(out, LEFT, at, RIGHT, at, "#dddddd");
		snprintf(words, sizeof words, "%.0f %%", 25.0 * i * (double)largest / (double)sum);
		svg_text(out, LEFT - 8, at + 5, "end", words);
	}
	for (size_t i = 0; i < ESTIMATE_BARS; i++) {
		double high = height * (double)r->bars[i] / (double)largest;
		svg_box(out, LEFT + width * (double)i + 1, y + height - high, width - 2, high, "#009e73");
		snprintf(words, sizeof words, "%zu", i * 5);
		if (i % 2 == 0)
			svg_text(out, LEFT + width * (double)i, y + height + 18, "middle", words);
	}
	svg_text(out, (LEFT + RIGHT) / 2, y + height + 38, "middle",
		 "per cent of the record as it is now; the last bar: 120 and more; height: per cent of the records");
}

void estimated_draw_svg(const struct estimated *t, FILE *out)
{
	char of[MSG_SIZE_BYTES], read[MSG_SIZE_BYTES], words[160];
	svg_begin(out, WIDTH, 760, NULL);
	snprintf(words, sizeof words, "%zu volume%s, %s; %s of it were tried, in %llu pieces; the lines at the points: 95 of 100 samples",
		 t->result->volumes, t->result->volumes == 1 ? "" : "s", msg_size(t->result->of, of), msg_size(t->result->bytes, read),
		 (unsigned long long)t->result->pieces);
	svg_text(out, LEFT, 30, "start", words);
	svg_stored(t, out, 65);
	svg_speeds(t, out, 175);
	svg_ratios(t, out, 510);
	svg_end(out);
}
