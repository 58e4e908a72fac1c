/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main(): the command table and nothing else. */
#include "base/cryptomem.h"
#include "base/io.h"
#include "base/msg.h"
#include "base/qr.h"
#include "base/quit.h"
#include "base/stack.h"
#include "cmd/bscrypto/bscrypto.h"
#include "cmd/command.h"
#include "codec/codec.h"
#include "tape/transport.h"

#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {&command_filter, &command_list,   &command_verify, &command_compare, &command_key,
						 &command_cache,  &command_getkey, &command_alerts, &command_changer, &command_drives};
#define COMMANDS (sizeof commands / sizeof commands[0])

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(name, commands[i]->name) == 0)
			return commands[i];
	}
	return NULL;
}

static int help(const char *topic)
{
	const struct command *c = topic ? find(topic) : NULL;
	if (topic && c == NULL)
		return msg_usage(NULL, "help %s: no such command", topic);
	if (c) {
		fputs(c->help, stdout);
		return 0;
	}
	puts("Usage: xflate [OPTIONS] [INPUT...]\n"
	     "       xflate COMMAND [OPTIONS] [ARGUMENTS...]\n"
	     "\n"
	     "Recompresses, proves, compares and lists volumes of Bareos and Bacula; keys for\n"
	     "tape drives.\n");
	for (size_t i = 0; i < COMMANDS; i++)
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

static int version(void)
{
	char libraries[512];
	codec_versions(libraries, sizeof libraries);
	printf("xflate %s\n%s\ntape drives: %s\nQR codes: %s\nLicence GPL-3.0-or-later. There is no warranty.\n", XFLATE_VERSION, libraries,
	       transport_kinds(), qr_is_there() ? "libqrencode" : "not built in");
	return 0;
}

static int dispatch(int argc, char **argv)
{
	const char *first = argc > 1 ? argv[1] : "";
	if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)
		return help(NULL);
	if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0)
		return version();
	if (strcmp(first, "help") == 0 && argc == 4 && (strcmp(argv[2], "key") == 0 || strcmp(argv[2], "cache") == 0)) {
		char *asked[] = {argv[2], argv[3], "--help", NULL};
		return find(argv[2])->run(3, asked);
	}
	if (strcmp(first, "help") == 0 && argc > 3)
		return msg_usage(NULL, "help %s %s: one command at a time", argv[2], argv[3]);
	if (strcmp(first, "help") == 0)
		return help(argc > 2 ? argv[2] : NULL);
	const struct command *c = find(first);
	return c ? c->run(argc - 1, argv + 1) : command_filter.run(argc, argv);
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
