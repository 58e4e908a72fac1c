/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of a verb as a table, and the one reader of command lines.  In the manner of getopt_long: options and operands mix,
 * "--" ends the options, values stand behind "=" or come next, letters may be joined, long names may be cut short where that
 * is clear.  -q, -v and --help belong to every verb. */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct command;

enum option_kind {
	OPTION_KIND_FLAG,      /* no value; a bool becomes true */
	OPTION_KIND_TEXT,      /* a value, once; a const char * becomes it */
	OPTION_KIND_SOURCE,    /* the same, and it may not be empty */
	OPTION_KIND_LAST,      /* a value; of several the last counts, as a script wants it that adds to what another one gives */
	OPTION_KIND_WORD,      /* one of words; an int or an enum becomes its index */
	OPTION_KIND_NUMBER,    /* one of range: decimal, with an optional k, M, G (1024s); an integer of 4 or 8 bytes becomes it */
	OPTION_KIND_TAKE,      /* a value, one of words if there are any, for take, */
	OPTION_KIND_TAKE_FLAG, /* or none: take gets NULL, */
	OPTION_KIND_MAY_TAKE,  /* or perhaps one, behind "=" */
};

struct option_range {
	uint64_t min, max;
	const char *what; /* "a number of bytes" */
};

/* One option.  take gets its place in the request, or the request; it returns 0, or the exit status of wrong usage, of which it has
 * told. */
struct option_row {
	char letter; /* 0: none */
	const char *name;
	enum option_kind kind;
	size_t offset; /* of its place in the verb's request, bytes */
	size_t bytes;  /* of a number's place */
	int (*take)(const struct command *verb, void *place, const char *value);
	const char *const *words; /* NULL behind the last */
	struct option_range range;
};

/* The offset of a member, which must be of this type, or as large as an int. */
#define OPTION_PLACE(request, member, type) (offsetof(request, member) + 0 * sizeof(&((request *)0)->member == (type *)0))
#define OPTION_PLACE_INT(request, member) \
	(offsetof(request, member) + 0 * sizeof(char[sizeof(((request *)0)->member) == sizeof(int) ? 1 : -1]))

/* Rows of a table, which ends with OPTIONS_END. */
#define OPTION_ROW(c, text, of, ...)                                             \
	{                                                                        \
		.letter = c, .name = text, .kind = OPTION_KIND_##of, __VA_ARGS__ \
	}
#define OPTION_FLAG(c, text, request, member) OPTION_ROW(c, text, FLAG, .offset = OPTION_PLACE(request, member, bool))
#define OPTION_TEXT(c, text, request, member) OPTION_ROW(c, text, TEXT, .offset = OPTION_PLACE(request, member, const char *))
#define OPTION_LAST(c, text, request, member) OPTION_ROW(c, text, LAST, .offset = OPTION_PLACE(request, member, const char *))
#define OPTION_SOURCE(c, text, request, member) OPTION_ROW(c, text, SOURCE, .offset = OPTION_PLACE(request, member, const char *))
#define OPTION_WORD(c, text, list, request, member) OPTION_ROW(c, text, WORD, .offset = OPTION_PLACE_INT(request, member), .words = list)
#define OPTION_NUMBER(c, text, least, most, of_what, request, member)                                             \
	OPTION_ROW(c, text, NUMBER, .offset = offsetof(request, member), .bytes = sizeof(((request *)0)->member), \
		   .range = {least, most, of_what})
#define OPTION_TAKE(c, text, taker) OPTION_ROW(c, text, TAKE, .take = taker)
#define OPTION_TAKE_AT(c, text, taker, request, member) OPTION_ROW(c, text, TAKE, .take = taker, .offset = offsetof(request, member))
#define OPTION_TAKE_WORD(c, text, taker, list) OPTION_ROW(c, text, TAKE, .take = taker, .words = list)
#define OPTION_TAKE_FLAG(c, text, taker) OPTION_ROW(c, text, TAKE_FLAG, .take = taker)
#define OPTION_MAY_TAKE(c, text, taker) OPTION_ROW(c, text, MAY_TAKE, .take = taker)
#define OPTIONS_END OPTION_ROW(0, NULL, FLAG, .offset = 0)

/* What is no option, in order: in argv, which is changed for it. */
struct operands {
	const char *const *names;
	size_t count;
};

/* Reads argv[1] and what follows into request, as the verb's table says.  True: go on.  False: leave with *status, which is 0 for
 * --help; of what is wrong was told. */
bool options_parse(const struct command *verb, int argc, char **argv, void *request, struct operands *rest, int *status);

/* Is it one of those that may stand before the verb: -q, -vv, --quiet?  And: it is obeyed. */
bool options_is_global(const char *argument);
void options_take_global(const char *argument);

/* The index-th option of a verb, those that all have included; NULL behind the last. */
const struct option_row *options_row(const struct command *verb, size_t index);

/* A whole number of min to max, decimal, with an optional k, M, G (1024s). */
bool options_number(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* Which of words is it, or -1. */
int options_word(const char *const *words, const char *text);

/* Has it a value? */
bool options_has_value(const struct option_row *row);

#endif
