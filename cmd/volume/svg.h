/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts that pictures are drawn of, as SVG: sizes are points, the origin is the upper left corner.  Words are escaped, whatever bytes they
 * are: what is no UTF-8, or no character of XML, is a question mark. */
#ifndef CMD_VOLUME_SVG_H
#define CMD_VOLUME_SVG_H

#include <stdio.h>

/* Colours that can be told apart, also by those who see few; the last two are greys. */
#define SVG_COLOURS 8u
extern const char *const svg_colours[SVG_COLOURS];

/* title: what it is of, as a whole; NULL: it has none. */
void svg_begin(FILE *out, double width, double height, const char *title);
void svg_end(FILE *out);

/* Words alone, without an element around them. */
void svg_put(FILE *out, const char *words);

/* anchor: "start", "middle", "end". */
void svg_text(FILE *out, double x, double y, const char *anchor, const char *words);
void svg_heading(FILE *out, double x, double y, const char *words);
void svg_box(FILE *out, double x, double y, double width, double height, const char *colour);
void svg_line(FILE *out, double x1, double y1, double x2, double y2, const char *colour);

#endif
