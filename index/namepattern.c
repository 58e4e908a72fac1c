/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/namepattern.h"

#include <fnmatch.h>
#include <stdlib.h>

#define SHORT_BYTES 4096u /* a name that is copied on the stack */

/* The longest part that is not wild; "" where brackets make that hard to tell. */
static char *longest_part(const char *text)
{
	const char *best = text;
	size_t best_len = 0;
	for (const char *at = text; strchr(text, '[') == NULL && *at; at += strspn(at, "*?")) {
		size_t n = strcspn(at, "*?");
		best = n > best_len ? at : best;
		best_len = n > best_len ? n : best_len;
		at += n;
	}
	return strndup(best, best_len);
}

int namepattern_read(struct namepattern *p, const char *text, struct err *e)
{
	bool last = strchr(text, '/') == NULL;
	text += strspn(text, "/");
	size_t n = strlen(text);
	while (n > 0 && text[n - 1] == '/')
		n--;
	*p = (struct namepattern){.text = strndup(text, n), .last = last};
	p->must = p->text ? longest_part(p->text) : NULL;
	const char *slash = p->text ? strrchr(p->text, '/') : NULL;
	p->folder = p->text ? strndup(p->text, slash ? (size_t)(slash - p->text) : 0) : NULL;
	if (p->must == NULL || p->folder == NULL)
		return err_memory(e, n, "a pattern");
	p->literal = strcspn(p->text, "*?[");
	p->wild = p->text[p->literal] != '\0';
	return 0;
}

void namepattern_free(struct namepattern *p)
{
	free(p->text);
	free(p->must);
	free(p->folder);
	p->text = p->must = p->folder = NULL;
}

/* The first n bytes of name, as fnmatch wants them. */
static bool fits_text(const char *pattern, const char *name, size_t n, int flags)
{
	char brief[SHORT_BYTES];
	char *text = n < sizeof brief ? brief : malloc(n + 1);
	/* Without memory rather too much than too little. */
	if (text == NULL)
		return true;
	memcpy(text, name, n);
	text[n] = '\0';
	bool fits = fnmatch(pattern, text, FNM_NOESCAPE | flags) == 0;
	if (text != brief)
		free(text);
	return fits;
}

static size_t without_slashes(const char *name)
{
	size_t n = strlen(name);
	while (n > 0 && name[n - 1] == '/')
		n--;
	return n;
}

bool namepattern_fits_last(const struct namepattern *p, const char *last)
{
	size_t n = without_slashes(last);
	if (p->wild)
		return strncmp(last, p->text, p->literal) == 0 && strstr(last, p->must) && fits_text(p->text, last, n, 0);
	return n == p->literal && memcmp(last, p->text, n) == 0;
}

bool namepattern_fits_folder(const struct namepattern *p, const char *folder)
{
	folder += strspn(folder, "/");
	size_t n = strlen(folder);
	return fits_text(p->folder, folder, n > 0 ? n - 1 : 0, 0);
}

/* Itself, or what is below it; all, where nothing is left of the pattern. */
static bool fits_whole(const struct namepattern *p, const char *name)
{
	name += strspn(name, "/");
	size_t n = without_slashes(name);
	if (p->text[0] == '\0')
		return true;
	if (strncmp(name, p->text, p->literal) != 0 || strstr(name, p->must) == NULL)
		return false;
	return p->wild ? fits_text(p->text, name, n, FNM_LEADING_DIR) : name[p->literal] == '\0' || name[p->literal] == '/';
}

bool namepattern_fits(const struct namepattern *p, const char *name)
{
	if (!p->last)
		return fits_whole(p, name);
	size_t at = without_slashes(name);
	while (at > 0 && name[at - 1] != '/')
		at--;
	return namepattern_fits_last(p, name + at);
}
