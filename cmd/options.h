/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of a verb as a table, and the one reader of command lines.  In the manner of getopt_long: options and operands mix,
 * "--" ends the options, values stand behind "=" or come next, letters may be joined, long names may be cut short where that
 * is clear.  -q, -v and --help belong to every verb. */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct command;

enum option_kind {
	OPTION_KIND_FLAG,      /* no value; a bool becomes true */
	OPTION_KIND_TEXT,      /* a value, once; a const char * becomes it */
	OPTION_KIND_SOURCE,    /* the same, and it may not be empty */
	OPTION_KIND_TAKE,      /* a value for take, */
	OPTION_KIND_TAKE_FLAG, /* or none: take gets NULL, */
	OPTION_KIND_MAY_TAKE,  /* or perhaps one, behind "=" */
};

/* One option.  take gets its place in the request, or the request; it returns 0, or the exit status of wrong usage, of which it has
 * told. */
struct option_row {
	char letter; /* 0: none */
	const char *name;
	enum option_kind kind;
	size_t offset; /* of its place in the verb's request, bytes */
	int (*take)(const struct command *verb, void *place, const char *value);
};

/* The offset of a member, which must be of this type. */
#define OPTION_PLACE(request, member, type) (offsetof(request, member) + 0 * sizeof(&((request *)0)->member == (type *)0))

/* Rows of a table, which ends with OPTIONS_END. */
#define OPTION_FLAG(letter, name, request, member)                                        \
	{                                                                                 \
		letter, name, OPTION_KIND_FLAG, OPTION_PLACE(request, member, bool), NULL \
	}
#define OPTION_TEXT(letter, name, request, member)                                                \
	{                                                                                         \
		letter, name, OPTION_KIND_TEXT, OPTION_PLACE(request, member, const char *), NULL \
	}
#define OPTION_SOURCE(letter, name, request, member)                                                \
	{                                                                                           \
		letter, name, OPTION_KIND_SOURCE, OPTION_PLACE(request, member, const char *), NULL \
	}
#define OPTION_TAKE(letter, name, take)                 \
	{                                               \
		letter, name, OPTION_KIND_TAKE, 0, take \
	}
#define OPTION_TAKE_AT(letter, name, take, request, member)                     \
	{                                                                       \
		letter, name, OPTION_KIND_TAKE, offsetof(request, member), take \
	}
#define OPTION_TAKE_FLAG(letter, name, take)                 \
	{                                                    \
		letter, name, OPTION_KIND_TAKE_FLAG, 0, take \
	}
#define OPTION_MAY_TAKE(letter, name, take)                 \
	{                                                   \
		letter, name, OPTION_KIND_MAY_TAKE, 0, take \
	}
#define OPTIONS_END                                \
	{                                          \
		0, NULL, OPTION_KIND_FLAG, 0, NULL \
	}

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

/* Has it a value? */
bool options_has_value(const struct option_row *row);

#endif
