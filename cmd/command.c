/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/command.h"

#include "base/json.h"
#include "base/msg.h"
#include "base/progress.h"
#include "base/secret.h"
#include "cmd/suggest.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const command_on_damage[] = {"stop", "skip", "keep", NULL};

unsigned command_processors(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
	return n < 1 ? 1 : n > (int)COMMAND_THREADS_MAX ? COMMAND_THREADS_MAX : (unsigned)n;
}

int command_threads(const struct command *verb, void *threads, const char *text)
{
	uint64_t v;
	if (!options_number(text, 0, COMMAND_THREADS_MAX, &v))
		return msg_usage(verb->path, "-T %s: not a number of threads (0 to %u)", text, COMMAND_THREADS_MAX);
	*(unsigned *)threads = v == 0 ? command_processors() : (unsigned)v;
	return 0;
}

const struct command *command_named(const struct command *const *commands, const char *name)
{
	for (; *commands; commands++) {
		if (strcmp((*commands)->name, name) == 0)
			return *commands;
	}
	return NULL;
}

static const char *name_of(const void *commands, size_t index)
{
	const struct command *const *all = commands;
	return all[index] ? all[index]->name : NULL;
}

const char *command_suggest(const struct command *const *commands, const char *name)
{
	return suggest(name, strlen(name), name_of, commands);
}

int command_unknown(const struct command *above, const struct command *const *commands, const char *name)
{
	const char *close = commands ? command_suggest(commands, name) : NULL;
	return msg_usage(above ? above->path : NULL, "%s%s%s: no such command%s%s%s", above ? above->path : "", above ? " " : "", name,
			 close ? "; did you mean " : "", close ? close : "", close ? "?" : "");
}

static void print_options(const struct command *c)
{
	const struct option_row *row;
	if (c->own_options)
		printf("%s\t-h\t--help\t\n", c->path);
	for (size_t i = 0; !c->own_options && (row = options_row(c, i)) != NULL; i++) {
		const char letter[] = {'-', row->letter, '\0'};
		const char *value = options_has_value(row) ? "value" : row->kind == OPTION_KIND_MAY_TAKE ? "may" : "";
		printf("%s\t%s\t--%s\t%s", c->path, row->letter ? letter : "-", row->name, value);
		for (size_t k = 0; row->words && row->words[k]; k++)
			printf("%c%s", k == 0 ? '\t' : '|', row->words[k]);
		putchar('\n');
	}
}

int command_print_options(const struct command *const *all)
{
	for (; *all; all++) {
		if ((*all)->subcommands)
			command_print_options((*all)->subcommands);
		else
			print_options(*all);
	}
	return 0;
}

int command_run(const struct command *c, int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	if (c->secrets)
		secret_guard_process();
	if (c->subcommands == NULL)
		return c->run(argc, argv);
	if (name == NULL)
		return msg_usage(c->path, "%s: what is to be done?", c->path);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		fputs(c->help, stdout);
		return 0;
	}
	const struct command *sub = command_named(c->subcommands, name);
	return sub ? command_run(sub, argc - 1, argv + 1) : command_unknown(c, c->subcommands, name);
}

uint64_t command_total_bytes(const char *const *paths, size_t count)
{
	uint64_t total = 0;
	for (size_t i = 0; i < count; i++) {
		struct stat st;
		bool standard = strcmp(paths[i], "-") == 0;
		if ((standard ? fstat(STDIN_FILENO, &st) : stat(paths[i], &st)) != 0 || !S_ISREG(st.st_mode))
			return 0;
		total += (uint64_t)st.st_size;
	}
	return total;
}

uint64_t command_range_bytes(const char *const *paths, const struct reader_range *ranges, size_t count)
{
	uint64_t total = 0, size = 0;
	for (size_t i = 0; i < count; i++) {
		const struct reader_range *r = &ranges[i];
		if (i == 0 || r->input != r[-1].input)
			size = command_total_bytes(&paths[r->input], 1);
		uint64_t end = r->to < size ? r->to : size;
		total += end > r->from ? end - r->from : 0;
	}
	return total;
}

void command_json_job(struct json *j, const struct job *job)
{
	json_number(j, "session_id", job->session_id);
	json_number(j, "session_time", job->session_time);
	if (job->has_label) {
		json_number(j, "job_id", job->label.job_id);
		json_text(j, "job", job->label.job);
		json_text(j, "client", job->label.client);
	}
}

void command_json_error(struct json *j, const struct err *e)
{
	if (e->code == XE_OK)
		return;
	json_text(j, "error", e->text);
	json_known(j, "where", e->volume);
}

static void print_failure(struct json *j, const struct err *e, int status)
{
	json_object(j, NULL);
	json_number(j, "format", 1);
	command_json_error(j, e);
	json_signed(j, "exit_status", status);
	json_end_object(j);
}

int command_fail(const struct err *e, bool as_json)
{
	struct json j = {.out = stdout};
	int status = msg_fail(e);
	if (as_json)
		print_failure(&j, e, status);
	return status;
}

int command_fail_line(const struct err *e, bool as_json)
{
	struct json j = {.out = stdout, .one_line = true};
	int status = msg_fail(e);
	if (as_json)
		print_failure(&j, e, status);
	return status;
}
