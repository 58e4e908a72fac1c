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
#include "cmd/options.h"
#include "cmd/suggest.h"
#include "codec/codec.h"
#include "tape/transport.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct command *const commands[] = {
	&command_filter, &command_list,   &command_verify,  &command_compare, &command_key, &command_cache,
	&command_getkey, &command_alerts, &command_changer, &command_drives,  NULL,
};

static int overview(void)
{
	puts("Usage: xflate [OPTIONS] [INPUT...]\n"
	     "       xflate COMMAND [OPTIONS] [ARGUMENTS...]\n"
	     "\n"
	     "Recompresses, proves, compares and lists volumes of Bareos and Bacula; keys for\n"
	     "tape drives.\n");
	for (size_t i = 0; commands[i]; i++)
		printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
	puts("  help       help of one command\n"
	     "\n"
	     "Without a command: filter.  Example:\n"
	     "\n"
	     "  xflate -i -d lz4 < volume > volume.new\n"
	     "\n"
	     "Exit status: 0 all well; 1 failed; 2 wrong usage; 3 finished, but damage was\n"
	     "found or passed on; 4 key wrong or missing; 5 drive not ready; 6 refused by the\n"
	     "drive; 7 not permitted.  The manual is xflate(1).");
	return 0;
}

/* xflate help COMMAND...: the options of all are told to completions and tests with --options. */
static int help(int argc, char **argv)
{
	if (argc == 1)
		return overview();
	if (strcmp(argv[1], "--options") == 0)
		return command_print_options(commands);
	const struct command *c = NULL;
	const struct command *const *among = commands;
	for (int i = 1; i < argc; i++) {
		c = among ? command_find(among, argv[i]) : NULL;
		if (c == NULL)
			return msg_usage(NULL, "help %s: no such command", argv[i]);
		among = c->subcommands;
	}
	fputs(c->help, stdout);
	return 0;
}

static int version(void)
{
	char libraries[512];
	codec_versions(libraries, sizeof libraries);
	printf("xflate %s\n%s\ntape drives: %s\nQR codes: %s\nLicence GPL-3.0-or-later. There is no warranty.\n", XFLATE_VERSION, libraries,
	       transport_kinds(), qr_is_there() ? "libqrencode" : "not built in");
	return 0;
}

static const char *command_name(const void *unused, size_t index)
{
	(void)unused;
	return commands[index] ? commands[index]->name : NULL;
}

/* What stands where a command may, and is neither one nor a file, was perhaps meant to be one. */
static int filter(int argc, char **argv)
{
	const char *first = argc > 1 ? argv[1] : "-";
	const char *close = first[0] != '-' && access(first, F_OK) != 0 ? suggest(first, strlen(first), command_name, NULL) : NULL;
	if (close)
		return msg_usage(NULL, "%s: no such command, and no such file; did you mean %s?", first, close);
	return command_run(&command_filter, argc, argv);
}

/* Words before a command that are of the whole program: -q, -v. */
static int global_options(int argc, char **argv)
{
	int n = 1;
	while (n < argc && options_is_global(argv[n]))
		n++;
	return n < argc && command_find(commands, argv[n]) ? n : 1;
}

static int dispatch(int argc, char **argv)
{
	const char *first = argc > 1 ? argv[1] : "";
	if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)
		return overview();
	if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0)
		return version();
	if (strcmp(first, "help") == 0)
		return help(argc - 1, argv + 1);
	int at = global_options(argc, argv);
	const struct command *c = at < argc ? command_find(commands, argv[at]) : NULL;
	for (int i = 1; c && i < at; i++)
		options_take_global(argv[i]);
	return c ? command_run(c, argc - at, argv + at) : filter(argc, argv);
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
