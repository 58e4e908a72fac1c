/* SPDX-License-Identifier: GPL-3.0-or-later */
/* QR codes on paper, each with its text beside it: as comments of a text, as a drawing, as a page for printing. */
#ifndef CMD_KEY_PAPER_H
#define CMD_KEY_PAPER_H

#include "base/bytes.h"
#include "base/err.h"

#include <stdio.h>

enum paper_form {
	PAPER_NONE,
	PAPER_TEXT, /* UTF-8, half blocks, behind "# "; a code is dark on light paper, on a terminal in its colours */
	PAPER_SVG,
	PAPER_HTML,
};

/* Names of enum paper_form from PAPER_TEXT on, and NULL. */
extern const char *const paper_forms[];

/* How much text a code of this form should hold, for a terminal's 80 columns or a phone and a hand's breadth of paper. */
size_t paper_code_bytes(enum paper_form form);

struct paper {
	FILE *out; /* of keyout.h: the text may be secret */
	enum paper_form form;
	bool colours;
	size_t count, done;
};

/* count codes will follow.  Nothing is printed that the forms cannot hold; that the stream took it all the caller checks. */
void paper_begin(struct paper *p, FILE *out, enum paper_form form, const char *title, size_t count);

/* caption: a line about it.  XE_FAILED, XE_USAGE: as qr_encode. */
int paper_code(struct paper *p, const char *caption, struct span text, struct err *e) __attribute__((warn_unused_result));

void paper_end(struct paper *p);

#endif
