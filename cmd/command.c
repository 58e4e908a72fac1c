/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/command.h"

#include "base/json.h"
#include "base/msg.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMORY_MIN_BYTES ((unsigned)64 << 20) /* some records of the largest size */

bool command_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
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

unsigned command_processors(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
	return n < 1 ? 1 : n > (int)COMMAND_THREADS_MAX ? COMMAND_THREADS_MAX : (unsigned)n;
}

int command_threads(const char *verb, const char *text, unsigned *threads)
{
	uint64_t v;
	if (!command_number(text, 0, COMMAND_THREADS_MAX, &v))
		return msg_usage(verb, "-T %s: not a number of threads (0 to %u)", text, COMMAND_THREADS_MAX);
	*threads = v == 0 ? command_processors() : (unsigned)v;
	return 0;
}

int command_max_memory(const char *verb, const char *text, uint64_t *bytes)
{
	if (!command_number(text, MEMORY_MIN_BYTES, UINT64_MAX, bytes))
		return msg_usage(verb, "--max-memory %s: must be a number of bytes, %uM at least", text, MEMORY_MIN_BYTES >> 20);
	return 0;
}

int command_on_damage(const char *verb, const char *text, enum on_damage *on_damage)
{
	static const char *const names[] = {"stop", "skip", "keep"};
	for (int i = 0; i < 3; i++) {
		if (strcmp(text, names[i]) == 0) {
			*on_damage = (enum on_damage)i;
			return 0;
		}
	}
	return msg_usage(verb, "--on-damage %s: must be stop, skip or keep", text);
}

int command_dispatch(const struct command *verb, const struct subcommand *subs, size_t count, int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	if (name == NULL)
		return msg_usage(verb->name, "%s: what is to be done?", verb->name);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		fputs(verb->help, stdout);
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		if (strcmp(name, subs[i].name) == 0)
			return subs[i].run(argc - 1, argv + 1);
	}
	return msg_usage(verb->name, "%s %s: no such command", verb->name, name);
}

int command_no_abbreviations(const char *verb, int argc, char **argv, const struct option *options)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strncmp(argv[i], "--", 2) != 0)
			continue;
		size_t len = strcspn(argv[i] + 2, "=");
		const struct option *o = options;
		while (o->name && (strlen(o->name) != len || strncmp(o->name, argv[i] + 2, len) != 0))
			o++;
		if (o->name == NULL)
			return msg_usage(verb, "%s: unknown option", argv[i]);
		bool value_follows = o->has_arg == required_argument && argv[i][2 + len] != '=';
		i += value_follows;
	}
	return 0;
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
