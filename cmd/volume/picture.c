/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/picture.h"

#include "base/msg.h"
#include "cmd/volume/outputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define USUAL_COLUMNS 80u
#define COLUMNS_MIN 40u
#define COLUMNS_MAX 400u

bool picture_is_text(const struct picture *p)
{
	return p->path && strcmp(p->path, "-") == 0;
}

int picture_check(const struct picture *p, const char *verb, bool as_json)
{
	if (as_json && picture_is_text(p))
		return msg_usage(verb, "standard output cannot be the JSON and the picture, too: --plot FILE");
	if (p->path && p->path[0] == '\0')
		return msg_usage(verb, "--plot: an empty path is no place for a picture");
	if (p->replace && (p->path == NULL || picture_is_text(p)))
		return msg_usage(verb, "--force replaces the FILE of --plot, and there is none");
	return 0;
}

int picture_open(struct picture *p, const char *const *inputs, size_t input_count, struct err *e)
{
	const struct outputs o = {.inputs = inputs, .input_count = input_count, .replace = p->replace};
	p->file = OUTFILE_NONE;
	if (p->path == NULL || picture_is_text(p))
		return 0;
	int rc = outputs_open_file(&o, &p->file, p->path, "--plot", 0644, false, e);
	if (rc != 0)
		err_volume(e, p->path);
	return rc;
}

int picture_draw(struct picture *p, void (*fill)(FILE *out, void *arg), void *arg, struct err *e)
{
	if (p->path == NULL || picture_is_text(p))
		return 0;
	int rc = io_fill(p->file.io.fd, fill, arg) == 0 ? 0 : err_errno(e, XE_FAILED, errno, "cannot write the picture");
	if (rc == 0)
		rc = outfile_commit(&p->file, e);
	if (rc != 0)
		err_volume(e, p->path);
	return rc;
}

void picture_abandon(struct picture *p)
{
	if (p->path && !picture_is_text(p))
		outfile_abandon(&p->file);
}

unsigned picture_columns(void)
{
	const char *said = getenv("COLUMNS");
	unsigned long n = said ? strtoul(said, NULL, 10) : 0;
	struct winsize w = {0};
	if (n == 0 && isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0)
		n = w.ws_col;
	n = n > 0 ? n : USUAL_COLUMNS;
	return (unsigned)(n < COLUMNS_MIN ? COLUMNS_MIN : n > COLUMNS_MAX ? COLUMNS_MAX : n);
}
