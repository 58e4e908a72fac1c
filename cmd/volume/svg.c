/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/svg.h"

#include "base/printable.h"

#include <string.h>

const char *const svg_colours[SVG_COLOURS] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#999999", "#444444"};

void svg_begin(FILE *out, double width, double height, const char *title)
{
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
		"font-family=\"sans-serif\" font-size=\"13\">\n",
		width, height, width, height);
	if (title) {
		fputs("<title>", out);
		svg_put(out, title);
		fputs("</title>\n", out);
	}
	fputs("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n", out);
}

void svg_end(FILE *out)
{
	fputs("</svg>\n", out);
}

/* U+FFFE and U+FFFF are none of XML's characters. */
static size_t xml_bytes(const char *s)
{
	size_t n = printable_bytes(s) > 0 ? printable_utf8_bytes(s) : 0;
	return n == 3 && memcmp(s, "\xef\xbf", 2) == 0 && (unsigned char)s[2] >= 0xbe ? 0 : n;
}

void svg_put(FILE *out, const char *words)
{
	for (size_t n; *words; words += n > 0 ? n : 1) {
		n = xml_bytes(words);
		switch (n > 0 ? *words : '?') {
		case '&': fputs("&amp;", out); break;
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '"': fputs("&quot;", out); break;
		case '?': putc('?', out); break;
		default: fwrite(words, 1, n, out);
		}
	}
}

void svg_text(FILE *out, double x, double y, const char *anchor, const char *words)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
	svg_put(out, words);
	fputs("</text>\n", out);
}

void svg_heading(FILE *out, double x, double y, const char *words)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"17\" font-weight=\"bold\">", x, y);
	svg_put(out, words);
	fputs("</text>\n", out);
}

void svg_box(FILE *out, double x, double y, double width, double height, const char *colour)
{
	fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n", x, y, width, height, colour);
}

void svg_line(FILE *out, double x1, double y1, double x2, double y2, const char *colour)
{
	fprintf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", x1, y1, x2, y2, colour);
}
