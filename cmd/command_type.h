/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a verb is, for the tree of commands above the reader of options, and for that reader. */
#ifndef CMD_COMMAND_TYPE_H
#define CMD_COMMAND_TYPE_H

#include <stdbool.h>
#include <stddef.h>

struct option_row;

struct command {
	const char *name;
	const char *path;    /* behind "xflate": "key load" */
	const char *summary; /* one line of the list of commands */
	const char *help;    /* xflate help PATH: one screen, 80 columns */
	/* argv[0] is the name.  Returns the exit status. */
	int (*run)(int argc, char **argv);
	const struct option_row *options;         /* NULL: only those that all have */
	const struct command *const *subcommands; /* NULL behind the last; NULL: it has none, and run is called */
	/* What options_parse takes as operands: as many; NULL: the verb looks itself. */
	const char *operands; /* "one FILE" */
	size_t operands_min, operands_max;
	void (*take_operand)(void *request, const char *name); /* one by one between the options; NULL: all at the end */
	bool own_options;                                      /* another program's manners: it reads them itself */
	bool secrets;                                          /* keys pass through it: no dumps of its memory */
};

#endif
