/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text is cut into strings where it lies: it holds pass phrases and must not be copied about. */
#include "crypt/keyconf.h"

#include "crypt/pattern.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTIONS_MAX 256u

enum field { F_HOME, F_PASSPHRASE, F_VOLUMES, F_CIPHER, F_STEALTH, F_MASTER, F_CHECK, FIELDS };

static const char *const field_names[FIELDS] = {
	[F_HOME] = "gnupghome",  [F_PASSPHRASE] = "passphrase", [F_VOLUMES] = "volume_regex", [F_CIPHER] = "cipher",
	[F_STEALTH] = "stealth", [F_MASTER] = "masterkey",      [F_CHECK] = "xflate_check",
};

/* A section as it stands in the file. */
struct raw {
	const char *name;
	char *value[FIELDS];
	unsigned line[FIELDS];
};

struct keyconf {
	struct secret text;
	struct raw defaults;
	struct raw *raw;
	struct keyconf_section *sections;
	size_t count;
};

void keyconf_free(struct keyconf *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; c->sections && i < c->count; i++)
		pattern_free(c->sections[i].volumes);
	free(c->sections);
	free(c->raw);
	secret_free(&c->text);
	free(c);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static char *trim(char *text)
{
	while (is_blank(*text))
		text++;
	size_t n = strlen(text);
	while (n > 0 && is_blank(text[n - 1]))
		text[--n] = '\0';
	return text;
}

/* "%%" is one; "%(" would refer to another value. */
static bool expand(char *text)
{
	char *to = text;
	for (const char *from = text; *from; from++) {
		if (from[0] == '%' && from[1] == '(')
			return false;
		if (from[0] == '%' && from[1] == '%')
			from++;
		*to++ = *from;
	}
	*to = '\0';
	return true;
}

static int begin_section(struct keyconf *c, char *line, unsigned number, struct raw **at, struct err *e)
{
	size_t n = strlen(line);
	if (line[n - 1] != ']' || n < 3)
		return err_set(e, XE_USAGE, "line %u: the name of a section has no end", number);
	line[n - 1] = '\0';
	line++;
	if (strcmp(line, "DEFAULT") == 0) {
		*at = &c->defaults;
		return 0;
	}
	for (size_t i = 0; i < c->count; i++) {
		if (strcmp(c->raw[i].name, line) == 0)
			return err_set(e, XE_USAGE, "line %u: there is a section of this name already", number);
	}
	if (c->count == SECTIONS_MAX)
		return err_set(e, XE_USAGE, "line %u: more than %u sections", number, SECTIONS_MAX);
	*at = &c->raw[c->count++];
	**at = (struct raw){.name = line};
	return 0;
}

static int set_value(struct raw *at, char *line, unsigned number, struct err *e)
{
	char *value = line + strcspn(line, "=:");
	if (*value == '\0')
		return err_set(e, XE_USAGE, "line %u is neither \"[section]\" nor \"key = value\"", number);
	*value++ = '\0';
	char *key = trim(line);
	value = trim(value);
	if (*key == '\0')
		return err_set(e, XE_USAGE, "line %u: a value without a key", number);
	for (int i = 0; i < FIELDS; i++) {
		if (strcasecmp(key, field_names[i]) != 0)
			continue;
		if (at->value[i])
			return err_set(e, XE_USAGE, "line %u: %s is given twice", number, field_names[i]);
		if (!expand(value))
			return err_set(e, XE_USAGE, "line %u: %%(...) is not known here; write %%%% for a per cent sign", number);
		at->value[i] = value;
		at->line[i] = number;
	}
	return 0;
}

static int split(struct keyconf *c, struct err *e)
{
	struct raw *at = NULL;
	unsigned number = 0;
	char *next = (char *)c->text.data;
	for (char *line = next; line; line = next) {
		number++;
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		bool indented = is_blank(*line);
		line = trim(line);
		int rc = 0;
		if (*line == '\0' || *line == '#' || *line == ';')
			continue;
		if (indented && at)
			return err_set(e, XE_USAGE, "line %u begins with a blank: values of several lines are not known here", number);
		if (*line == '[')
			rc = begin_section(c, line, number, &at, e);
		else if (at == NULL)
			rc = err_set(e, XE_USAGE, "line %u stands before the first section", number);
		else
			rc = set_value(at, line, number, e);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* ---- what the sections mean ---- */

static char *value_of(const struct keyconf *c, const struct raw *r, enum field f, unsigned *line)
{
	const struct raw *from = r->value[f] ? r : &c->defaults;
	*line = from->line[f];
	return from->value[f];
}

static int boolean(const struct keyconf *c, const struct raw *r, enum field f, bool otherwise, bool *yes, struct err *e)
{
	static const char *const words[][2] = {{"1", "0"}, {"yes", "no"}, {"true", "false"}, {"on", "off"}};
	unsigned line;
	const char *v = value_of(c, r, f, &line);
	*yes = otherwise;
	if (v == NULL)
		return 0;
	for (size_t i = 0; i < 4; i++) {
		if (strcasecmp(v, words[i][0]) == 0 || strcasecmp(v, words[i][1]) == 0) {
			*yes = strcasecmp(v, words[i][0]) == 0;
			return 0;
		}
	}
	return err_set(e, XE_USAGE, "line %u: %s is on or off", line, field_names[f]);
}

/* key-manager.py takes quotes off this value alone. */
static char *unquote(char *v)
{
	size_t n = v ? strlen(v) : 0;
	if (n < 2 || v[0] != '"' || v[n - 1] != '"')
		return v;
	v[n - 1] = '\0';
	return v + 1;
}

static int settle(const struct keyconf *c, const struct raw *r, struct keyconf_section *s, struct err *e)
{
	unsigned line;
	s->name = r->name;
	s->passphrase = value_of(c, r, F_PASSPHRASE, &line);
	s->home = value_of(c, r, F_HOME, &line);
	const char *cipher = value_of(c, r, F_CIPHER, &line);
	s->has_cipher = cipher && xts_parse(cipher, strlen(cipher), &s->cipher);
	if (cipher && !s->has_cipher)
		return err_set(e, XE_USAGE, "line %u: unknown cipher; there are AES_128_XTS and AES_256_XTS", line);
	int rc = boolean(c, r, F_STEALTH, false, &s->stealth, e);
	if (rc == 0)
		rc = boolean(c, r, F_MASTER, true, &s->master, e);
	if (rc == 0)
		rc = boolean(c, r, F_CHECK, true, &s->check, e);
	const char *volumes = value_of(c, r, F_VOLUMES, &line);
	struct err why = {0};
	if (rc == 0 && volumes && pattern_new(&s->volumes, volumes, &why) != 0)
		rc = err_set(e, why.code, "line %u: %s", line, why.text);
	return rc;
}

int keyconf_read(struct keyconf **c, const struct secret *text, struct err *e)
{
	*c = NULL;
	if (text->len > KEYCONF_MAX_BYTES)
		return err_set(e, XE_USAGE, "it is longer than %u bytes", KEYCONF_MAX_BYTES);
	if (text->len > 0 && memchr(text->data, 0, text->len))
		return err_set(e, XE_USAGE, "there is a zero byte in it: this is no configuration");
	struct keyconf *n = calloc(1, sizeof *n);
	if (n == NULL)
		return err_memory(e, sizeof *n, "a configuration");
	int rc = secret_new(&n->text, text->len + 1, e);
	n->raw = calloc(SECTIONS_MAX, sizeof *n->raw);
	n->sections = calloc(SECTIONS_MAX, sizeof *n->sections);
	if (rc == 0 && (n->raw == NULL || n->sections == NULL))
		rc = err_memory(e, SECTIONS_MAX * sizeof *n->sections, "a configuration");
	if (rc == 0 && text->len > 0)
		memcpy(n->text.data, text->data, text->len);
	if (rc == 0)
		rc = split(n, e);
	/* Several sections may share a default's string. */
	for (size_t i = 0; rc == 0 && i <= n->count; i++) {
		struct raw *r = i < n->count ? &n->raw[i] : &n->defaults;
		r->value[F_HOME] = unquote(r->value[F_HOME]);
	}
	for (size_t i = 0; rc == 0 && i < n->count; i++)
		rc = settle(n, &n->raw[i], &n->sections[i], e);
	if (rc != 0) {
		keyconf_free(n);
		return rc;
	}
	*c = n;
	return 0;
}

int keyconf_load(struct keyconf **c, const char *path, bool optional, struct err *e)
{
	struct secret text = SECRET_NONE;
	struct err why = {0};
	struct stat st;
	*c = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 && errno == ENOENT && optional)
		return 0;
	if (fd < 0)
		return err_errno(e, errno == EACCES ? XE_PERMISSION : XE_FAILED, errno, "cannot open the configuration %s", path);
	bool empty = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0;
	int rc = empty ? 0 : secret_read(&text, fd, KEYCONF_MAX_BYTES, "it", &why);
	close(fd);
	if (rc == 0)
		rc = keyconf_read(c, &text, &why);
	secret_free(&text);
	return rc != 0 ? err_set(e, rc, "the configuration %s: %s", path, why.text) : 0;
}

const struct keyconf_section *keyconf_at(const struct keyconf *c, size_t index)
{
	return c && index < c->count ? &c->sections[index] : NULL;
}

int keyconf_for_volume(const struct keyconf *c, const char *volume, const struct keyconf_section **section, struct err *e)
{
	*section = NULL;
	int rc = 0;
	for (size_t i = 0; rc == 0 && *section == NULL && c && i < c->count; i++) {
		bool matches = false;
		if (c->sections[i].volumes)
			rc = pattern_matches(c->sections[i].volumes, volume, &matches, e);
		*section = matches ? &c->sections[i] : NULL;
	}
	return rc;
}

const struct keyconf_section *keyconf_by_name(const struct keyconf *c, const char *name)
{
	for (size_t i = 0; c && i < c->count; i++) {
		if (strcmp(c->sections[i].name, name) == 0)
			return &c->sections[i];
	}
	return NULL;
}
