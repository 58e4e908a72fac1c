/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/options.h"

#include "base/msg.h"
#include "cmd/command_type.h"
#include "cmd/suggest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int more_quiet(const struct command *verb, void *place, const char *value)
{
	(void)verb;
	(void)place;
	(void)value;
	msg_set_verbosity(msg_verbosity() - 1);
	return 0;
}

static int more_verbose(const struct command *verb, void *place, const char *value)
{
	(void)verb;
	(void)place;
	(void)value;
	msg_set_verbosity(msg_verbosity() + 1);
	return 0;
}

/* What every verb has; a verb's own table comes first. */
enum { QUIET, VERBOSE, HELP };
static const struct option_row common[] = {
	[QUIET] = OPTION_TAKE_FLAG('q', "quiet", more_quiet),
	[VERBOSE] = OPTION_TAKE_FLAG('v', "verbose", more_verbose),
	[HELP] = OPTION_TAKE_FLAG('h', "help", NULL),
};
#define COMMON (sizeof common / sizeof common[0])

/* A verb that has a row of this name means its own. */
static bool is_shadowed(const struct command *verb, const struct option_row *row)
{
	for (const struct option_row *own = verb->options; own && own->name; own++) {
		if (strcmp(own->name, row->name) == 0)
			return true;
	}
	return false;
}

const struct option_row *options_row(const struct command *verb, size_t index)
{
	for (const struct option_row *own = verb->options; own && own->name; own++) {
		if (index-- == 0)
			return own;
	}
	for (size_t i = 0; i < COMMON; i++) {
		if (!is_shadowed(verb, &common[i]) && index-- == 0)
			return &common[i];
	}
	return NULL;
}

bool options_has_value(const struct option_row *row)
{
	return row->kind != OPTION_KIND_FLAG && row->kind != OPTION_KIND_TAKE_FLAG && row->kind != OPTION_KIND_MAY_TAKE;
}

bool options_is_global(const char *argument)
{
	bool letters = argument[0] == '-' && argument[1] != '\0' && argument[1 + strspn(argument + 1, "qv")] == '\0';
	return letters || strcmp(argument, "--quiet") == 0 || strcmp(argument, "--verbose") == 0;
}

void options_take_global(const char *argument)
{
	for (const char *c = argument + 1; *c && argument[1] != '-'; c++)
		(void)common[*c == 'q' ? QUIET : VERBOSE].take(NULL, NULL, NULL);
	if (argument[1] == '-')
		(void)common[argument[2] == 'q' ? QUIET : VERBOSE].take(NULL, NULL, NULL);
}

/* ---- finding ---- */

static const struct option_row *by_letter(const struct command *verb, char letter)
{
	const struct option_row *row;
	for (size_t i = 0; (row = options_row(verb, i)) != NULL; i++) {
		if (row->letter == letter)
			return row;
	}
	return NULL;
}

/* Several names begin so: all are named. */
static int tell_ambiguous(const struct command *verb, const char *name, size_t len)
{
	char text[512];
	size_t n = 0;
	const struct option_row *row;
	for (size_t i = 0; (row = options_row(verb, i)) != NULL; i++) {
		if (strncmp(row->name, name, len) == 0 && n < sizeof text)
			n += (size_t)snprintf(text + n, sizeof text - n, "%s--%s", n ? ", " : "", row->name);
	}
	return msg_usage(verb->path, "--%.*s: which one? %s", (int)len, name, text);
}

static const char *name_of(const void *verb, size_t index)
{
	const struct option_row *row = options_row(verb, index);
	return row ? row->name : NULL;
}

static int tell_unknown(const struct command *verb, const char *name, size_t len)
{
	const char *close = suggest(name, len, name_of, verb);
	return msg_usage(verb->path, "--%.*s: unknown option%s%s%s", (int)len, name, close ? "; did you mean --" : "", close ? close : "",
			 close ? "?" : "");
}

/* By its whole name, or by a beginning that only one has.  NULL: *status is that of wrong usage. */
static const struct option_row *by_name(const struct command *verb, const char *name, size_t len, int *status)
{
	const struct option_row *row, *found = NULL;
	bool several = false;
	for (size_t i = 0; (row = options_row(verb, i)) != NULL; i++) {
		if (len == 0 || strncmp(row->name, name, len) != 0)
			continue;
		if (row->name[len] == '\0')
			return row;
		several = found != NULL;
		found = row;
	}
	if (found && !several)
		return found;
	*status = several ? tell_ambiguous(verb, name, len) : tell_unknown(verb, name, len);
	return NULL;
}

/* ---- taking ---- */

bool options_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	if (*text < '0' || *text > '9')
		return false;
	char *end;
	errno = 0;
	unsigned long long v = strtoull(text, &end, 10);
	unsigned shift = *end == 'k' || *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
	if (errno != 0 || end[shift != 0] != '\0' || v > (UINT64_MAX >> shift))
		return false;
	*value = (uint64_t)v << shift;
	return *value >= min && *value <= max;
}

int options_word(const char *const *words, const char *text)
{
	for (int i = 0; words[i]; i++) {
		if (strcmp(words[i], text) == 0)
			return i;
	}
	return -1;
}

/* "stop, skip or keep" */
static int tell_words(const struct command *verb, const char *as, const char *value, const char *const *words)
{
	char text[256];
	size_t n = 0;
	for (size_t i = 0; words[i] && n < sizeof text; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
	return msg_usage(verb->path, "%s %s: must be %s", as, value, text);
}

/* "a number of bytes, 64M at least" */
static int tell_least(const struct command *verb, const char *as, const char *value, const struct option_range *r)
{
	unsigned shift = r->min >= 1 << 20 ? 20 : r->min >= 1 << 10 ? 10 : 0;
	const char *unit = shift == 20 ? "M" : shift == 10 ? "k" : "";
	return msg_usage(verb->path, "%s %s: must be %s, %llu%s at least", as, value, r->what, (unsigned long long)(r->min >> shift), unit);
}

static int take_number(const struct command *verb, const struct option_row *row, const char *as, void *place, const char *value)
{
	const struct option_range *r = &row->range;
	uint64_t v;
	bool right = options_number(value, r->min, r->max, &v);
	if (!right && r->max == UINT64_MAX)
		return tell_least(verb, as, value, r);
	if (!right)
		return msg_usage(verb->path, "%s %s: must be %s, %llu to %llu", as, value, r->what, (unsigned long long)r->min,
				 (unsigned long long)r->max);
	uint32_t half = (uint32_t)v;
	memcpy(place, row->bytes == sizeof half ? (void *)&half : (void *)&v, row->bytes);
	return 0;
}

/* as: how it was spelt, for messages. */
static int take(const struct command *verb, const struct option_row *row, const char *as, void *request, const char *value)
{
	void *place = (char *)request + row->offset;
	if (row->words && options_word(row->words, value) < 0)
		return tell_words(verb, as, value, row->words);
	switch (row->kind) {
	case OPTION_KIND_FLAG: *(bool *)place = true; return 0;
	case OPTION_KIND_SOURCE:
		if (value[0] == '\0')
			return msg_usage(verb->path, "%s is empty", as);
		/* fall through */
	case OPTION_KIND_TEXT:
		if (*(const char **)place)
			return msg_usage(verb->path, "%s is given twice", as);
		/* fall through */
	case OPTION_KIND_LAST: *(const char **)place = value; return 0;
	case OPTION_KIND_WORD: *(int *)place = options_word(row->words, value); return 0;
	case OPTION_KIND_NUMBER: return take_number(verb, row, as, place, value);
	case OPTION_KIND_TAKE:
	case OPTION_KIND_TAKE_FLAG:
	case OPTION_KIND_MAY_TAKE: break;
	}
	return row->take(verb, place, value);
}

struct reading {
	const struct command *verb;
	int argc, at;
	char **argv;
	void *request;
	int status;
	bool help;
};

/* A row that was found, with the value that stands in the same word (NULL: none).  False: it ends here. */
static bool obey(struct reading *r, const struct option_row *row, const char *as, const char *value)
{
	if (row == &common[HELP] && value == NULL) {
		r->help = true;
		return false;
	}
	if (value == NULL && options_has_value(row)) {
		if (r->at + 1 == r->argc)
			r->status = msg_usage(r->verb->path, "%s: its value is missing", as);
		else
			value = r->argv[++r->at];
	} else if (value && !options_has_value(row) && row->kind != OPTION_KIND_MAY_TAKE) {
		r->status = msg_usage(r->verb->path, "%s takes no value", as);
	}
	if (r->status == 0)
		r->status = take(r->verb, row, as, r->request, value);
	return r->status == 0;
}

static bool read_long(struct reading *r, const char *name)
{
	size_t len = strcspn(name, "=");
	const struct option_row *row = by_name(r->verb, name, len, &r->status);
	char as[64];
	if (row == NULL)
		return false;
	snprintf(as, sizeof as, "--%s", row->name);
	return obey(r, row, as, name[len] == '=' ? name + len + 1 : NULL);
}

static bool read_letters(struct reading *r, const char *letters)
{
	for (const char *c = letters; *c; c++) {
		const char as[] = {'-', *c, '\0'};
		const struct option_row *row = by_letter(r->verb, *c);
		if (row == NULL) {
			r->status = msg_usage(r->verb->path, "-%s: unknown option%s%s", letters, c == letters && c[1] == '\0' ? "" : ": ",
					      c == letters && c[1] == '\0' ? "" : as);
			return false;
		}
		bool rest_is_value = options_has_value(row) && c[1] != '\0';
		if (!obey(r, row, as, rest_is_value ? c + 1 : NULL))
			return false;
		if (rest_is_value)
			return true;
	}
	return true;
}

static bool check_operands(const struct command *verb, const struct operands *rest, int *status)
{
	if (verb->operands == NULL || (rest->count >= verb->operands_min && rest->count <= verb->operands_max))
		return true;
	*status = msg_usage(verb->path, "%s: it takes %s", verb->path, verb->operands);
	return false;
}

bool options_parse(const struct command *verb, int argc, char **argv, void *request, struct operands *rest, int *status)
{
	struct reading r = {.verb = verb, .argc = argc, .argv = argv, .request = request};
	size_t count = 0;
	bool go_on = true, operands_only = false;
	for (r.at = 1; go_on && r.at < argc; r.at++) {
		char *word = argv[r.at];
		if (!operands_only && strcmp(word, "--") == 0) {
			operands_only = true;
		} else if (!operands_only && word[0] == '-' && word[1] != '\0') {
			go_on = word[1] == '-' ? read_long(&r, word + 2) : read_letters(&r, word + 1);
		} else if (verb->take_operand) {
			verb->take_operand(request, word);
		} else {
			argv[1 + count++] = word;
		}
	}
	if (r.help)
		fputs(verb->help, stdout);
	*rest = (struct operands){(const char *const *)argv + 1, count};
	*status = r.status;
	return go_on && check_operands(verb, rest, status);
}
