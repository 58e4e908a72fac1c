/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the dark modules are is the secret once more: numbers of them go by putc, not by printf, which keeps copies. */
#include "cmd/key/paper.h"

#include "base/qr.h"

#include <string.h>
#include <unistd.h>

/* In the drawing's own millimetres. */
#define CELL_WIDTH 120u
#define CELL_HEIGHT 124u
#define CODE_TOP 8u
#define CODE_SIZE 86u
#define TEXT_TOP 98u
#define TEXT_HEIGHT 25u
#define TEXT_COLUMNS 72u
#define LINE_MILLIMETRES 3u

const char *const paper_forms[] = {"text", "svg", "html", NULL};

size_t paper_code_bytes(enum paper_form form)
{
	return form == PAPER_TEXT ? 331 : 624; /* versions 13 and 19, correction M */
}

static void put_number(FILE *out, unsigned n)
{
	if (n >= 10)
		put_number(out, n / 10);
	putc((int)('0' + n % 10), out);
}

static void put_escaped(FILE *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		switch (text[i]) {
		case '&': fputs("&amp;", out); break;
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '"': fputs("&quot;", out); break;
		default: putc(text[i], out); break;
		}
	}
}

/* ---- text ---- */

static void put_row(const struct paper *p, const struct qr *q, int y)
{
	static const char *const blocks[] = {" ", "\xe2\x96\x80", "\xe2\x96\x84", "\xe2\x96\x88"};
	const int quiet = (int)QR_QUIET_MODULES, width = (int)q->width;
	fputs(p->colours ? "# \033[47;30m" : "# ", p->out);
	for (int x = -quiet; x < width + quiet; x++)
		fputs(blocks[qr_is_dark(q, x, y) + 2 * qr_is_dark(q, x, y + 1)], p->out);
	fputs(p->colours ? "\033[0m\n" : "\n", p->out);
}

static void put_text(const struct paper *p, const char *caption, const struct qr *q)
{
	const int quiet = (int)QR_QUIET_MODULES, width = (int)q->width;
	fputs("#\n# ", p->out);
	fputs(caption, p->out);
	fputs("\n#\n", p->out);
	for (int y = -quiet; y < width + quiet; y += 2)
		put_row(p, q, y);
}

/* ---- drawings ---- */

/* One path of horizontal bars, in modules. */
static void put_modules(FILE *out, const struct qr *q)
{
	fputs("<path fill=\"#000\" shape-rendering=\"crispEdges\" d=\"", out);
	for (unsigned y = 0; y < q->width; y++) {
		for (unsigned x = 0, n = 0; x < q->width; x += n ? n : 1) {
			for (n = 0; qr_is_dark(q, (int)(x + n), (int)y);)
				n++;
			if (n == 0)
				continue;
			putc('M', out);
			put_number(out, x + QR_QUIET_MODULES);
			putc(' ', out);
			put_number(out, y + QR_QUIET_MODULES);
			putc('h', out);
			put_number(out, n);
			fputs("v1h-", out);
			put_number(out, n);
			putc('z', out);
		}
	}
	fputs("\"/>", out);
}

static void put_viewbox(FILE *out, unsigned width, unsigned height)
{
	fputs(" viewBox=\"0 0 ", out);
	put_number(out, width);
	putc(' ', out);
	put_number(out, height);
	putc('"', out);
}

/* The text of a code in lines that fit; a share's line may be broken where it is typed in, too. */
static size_t next_piece(struct span *text, struct span *piece)
{
	const uint8_t *end = memchr(text->data, '\n', text->len);
	size_t len = end ? (size_t)(end - text->data) : text->len, skip = len + (end != NULL);
	if (len > TEXT_COLUMNS) {
		for (skip = TEXT_COLUMNS; skip > 1 && text->data[skip] != ' ';)
			skip--;
		skip = skip > 1 ? skip : TEXT_COLUMNS;
		len = skip;
		skip += text->data[skip] == ' ';
	}
	*piece = (struct span){text->data, len};
	*text = (struct span){text->data + skip, text->len - skip};
	return len;
}

static unsigned count_pieces(struct span text)
{
	unsigned n = 0;
	struct span piece;
	while (text.len > 0) {
		next_piece(&text, &piece);
		n++;
	}
	return n;
}

/* y in hundredths of a millimetre. */
static void put_svg_line(FILE *out, unsigned y, unsigned size, struct span text)
{
	fputs("<text x=\"4\" y=\"", out);
	put_number(out, y / 100);
	putc('.', out);
	putc((int)('0' + y / 10 % 10), out);
	fputs("\" font-family=\"monospace\" font-size=\"", out);
	put_number(out, size / 100);
	putc('.', out);
	put_number(out, size % 100 / 10);
	fputs("\" xml:space=\"preserve\">", out);
	put_escaped(out, (const char *)text.data, text.len);
	fputs("</text>\n", out);
}

static void put_svg(const struct paper *p, const char *caption, struct span text, const struct qr *q)
{
	unsigned lines = count_pieces(text), pitch = LINE_MILLIMETRES * 100, all = q->width + 2 * QR_QUIET_MODULES;
	unsigned top = (unsigned)p->done * CELL_HEIGHT, y = (top + TEXT_TOP) * 100;
	struct span piece;
	if (lines * pitch > TEXT_HEIGHT * 100)
		pitch = TEXT_HEIGHT * 100 / lines;
	put_svg_line(p->out, (top + CODE_TOP - 2) * 100, 280, (struct span){(const uint8_t *)caption, strlen(caption)});
	fputs("<svg x=\"4\" y=\"", p->out);
	put_number(p->out, top + CODE_TOP);
	fputs("\" width=\"", p->out);
	put_number(p->out, CODE_SIZE);
	fputs("\" height=\"", p->out);
	put_number(p->out, CODE_SIZE);
	putc('"', p->out);
	put_viewbox(p->out, all, all);
	putc('>', p->out);
	put_modules(p->out, q);
	fputs("</svg>\n", p->out);
	while (text.len > 0) {
		next_piece(&text, &piece);
		put_svg_line(p->out, y, pitch * 8 / 10, piece);
		y += pitch;
	}
}

static void put_html(const struct paper *p, const char *caption, struct span text, const struct qr *q)
{
	unsigned all = q->width + 2 * QR_QUIET_MODULES;
	struct span piece;
	fputs("<figure><figcaption>", p->out);
	put_escaped(p->out, caption, strlen(caption));
	fputs("</figcaption>\n<svg xmlns=\"http://www.w3.org/2000/svg\"", p->out);
	put_viewbox(p->out, all, all);
	putc('>', p->out);
	put_modules(p->out, q);
	fputs("</svg>\n<pre>", p->out);
	while (text.len > 0) {
		next_piece(&text, &piece);
		put_escaped(p->out, (const char *)piece.data, piece.len);
		putc('\n', p->out);
	}
	fputs("</pre></figure>\n", p->out);
}

/* ---- the whole ---- */

static const char style[] = "@page{margin:12mm}body{font-family:sans-serif;background:#fff;color:#000}"
			    "figure{margin:0 0 6mm;page-break-inside:avoid;break-inside:avoid}"
			    "svg{width:80mm;height:80mm;display:block}figcaption{font-weight:bold}pre{font-size:7.5pt;margin:1mm 0}";

void paper_begin(struct paper *p, FILE *out, enum paper_form form, const char *title, size_t count)
{
	*p = (struct paper){.out = out, .form = form, .count = count, .colours = isatty(fileno(out))};
	if (form == PAPER_SVG) {
		fputs("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", out);
		put_number(out, CELL_WIDTH);
		fputs("mm\" height=\"", out);
		put_number(out, (unsigned)count * CELL_HEIGHT);
		fputs("mm\"", out);
		put_viewbox(out, CELL_WIDTH, (unsigned)count * CELL_HEIGHT);
		fputs(">\n<title>", out);
		put_escaped(out, title, strlen(title));
		fputs("</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n", out);
	} else if (form == PAPER_HTML) {
		fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>", out);
		put_escaped(out, title, strlen(title));
		fputs("</title><style>", out);
		fputs(style, out);
		fputs("</style></head><body>\n<h1>", out);
		put_escaped(out, title, strlen(title));
		fputs("</h1>\n", out);
	}
}

int paper_code(struct paper *p, const char *caption, struct span text, struct err *e)
{
	struct qr q = QR_NONE;
	int r = qr_encode(&q, text, e);
	if (r == 0 && p->form == PAPER_TEXT)
		put_text(p, caption, &q);
	else if (r == 0 && p->form == PAPER_SVG)
		put_svg(p, caption, text, &q);
	else if (r == 0)
		put_html(p, caption, text, &q);
	p->done++;
	qr_free(&q);
	return r;
}

void paper_end(struct paper *p)
{
	if (p->form == PAPER_SVG)
		fputs("</svg>\n", p->out);
	else if (p->form == PAPER_HTML)
		fputs("</body></html>\n", p->out);
}
