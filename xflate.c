/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main(), and the table of commands. */
#include "base/cryptomem.h"
#include "base/io.h"
#include "base/msg.h"
#include "base/qr.h"
#include "base/quit.h"
#include "base/stack.h"
#include "cmd/bscrypto/bscrypto.h"
#include "cmd/command.h"
#include "codec/codec.h"
#include "index/fileindex.h"
#include "tape/transport.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int help(int argc, char **argv);

static const struct command command_help = {
	.name = "help",
	.path = "help",
	.summary = "help of one command",
	.help = "Usage: xflate help [COMMAND...]\n"
		"       xflate help --options\n"
		"\n"
		"Help of all, or of one command, as of xflate help key load.  --options prints a\n"
		"line for each option of each command, for completions and the like.\n",
	.run = help,
	.own_options = true,
};

static const struct command *const commands[] = {
	&command_filter,
	&command_list,
	&command_verify,
	&command_compare,
	&command_extract,
	&command_find,
	&command_mount,
	&command_plan,
	&command_estimate,
	&command_report,
	&command_key,
	&command_cache,
	&command_getkey,
	&command_catalog,
	&command_alerts,
	&command_changer,
	&command_drives,
	&command_help,
	NULL,
};

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int overview(void)
{
	puts("Usage: xflate [OPTIONS] [INPUT...]\n"
	     "       xflate COMMAND [OPTIONS] [ARGUMENTS...]\n"
	     "\n"
	     "Recompresses, proves, compares and lists volumes of Bareos and Bacula; keys for\n"
	     "tape drives.\n");
	for (size_t i = 0; commands[i]; i++)
		printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
	puts("\n"
	     "Without a command: filter.  Example:\n"
	     "\n"
	     "  xflate -i -d lz4 < volume > volume.new\n"
	     "\n"
	     "Exit status: 0 all well; 1 failed; 2 wrong usage; 3 finished, but damage was\n"
	     "found or passed on; 4 key wrong or missing; 5 drive not ready; 6 refused by the\n"
	     "drive; 7 not permitted.  The manual is xflate(1), and xflate-COMMAND(1).");
	return 0;
}

static int help(int argc, char **argv)
{
	if (argc == 1)
		return overview();
	if (strcmp(argv[1], "--options") == 0)
		return command_print_options(commands);
	const struct command *c = is_help(argv[1]) ? &command_help : NULL;
	const struct command *const *among = commands;
	for (int i = 1; c != &command_help && i < argc; i++) {
		const struct command *next = among ? command_named(among, argv[i]) : NULL;
		if (next == NULL)
			return command_unknown(c, among, argv[i]);
		c = next;
		among = c->subcommands;
	}
	fputs(c->help, stdout);
	return 0;
}

static int version(void)
{
	char libraries[512];
	codec_versions(libraries, sizeof libraries);
	printf("xflate %s\n%s\ntape drives: %s\nQR codes: %s\nindexes: %s\nLicence GPL-3.0-or-later. There is no warranty.\n",
	       XFLATE_VERSION, libraries, transport_kinds(), qr_is_there() ? "libqrencode" : "not built in",
	       fileindex_is_there() ? "SQLite" : "not built in");
	return 0;
}

/* What stands where a command may, and is neither one nor a file, was perhaps meant to be one. */
static int filter(int argc, char **argv, const char *word)
{
	bool may_be = word[0] != '-' && strchr(word, '/') == NULL && access(word, F_OK) != 0 && errno == ENOENT;
	const char *close = may_be ? command_suggest(commands, word) : NULL;
	if (close)
		return msg_usage(NULL, "%s: no such command, and no such file; did you mean %s?", word, close);
	return command_run(&command_filter, argc, argv);
}

/* Somebody has just installed it, and looks what it does. */
static int without_words(void)
{
	msg_error("no volume is named, and none comes from a terminal; 'xflate --help' tells what it does");
	return err_exit_status(XE_USAGE);
}

static int dispatch(int argc, char **argv)
{
	int at = 1;
	while (at < argc && options_is_global(argv[at]))
		at++;
	const char *word = at < argc ? argv[at] : "";
	const struct command *c = command_named(commands, word);
	if (is_help(word))
		return overview();
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		return version();
	if (argc < 2 && isatty(STDIN_FILENO))
		return without_words();
	if (c == NULL)
		return filter(argc, argv, word);
	for (int i = 1; i < at; i++)
		options_take_global(argv[i]);
	return command_run(c, argc - at, argv + at);
}

static int run(int argc, char **argv)
{
	io_guard_standard();
	cryptomem_guard();
	quit_catch_signals();
	int status = argc > 0 && bscrypto_is_name(argv[0]) ? bscrypto_main(argc, argv) : dispatch(argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		msg_error("cannot write to standard output");
		status = err_worse_status(status, 1);
	}
	return status;
}

int main(int argc, char **argv)
{
	return stack_run(run, argc, argv);
}
