/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs of xflate: one file each, one entry each in the table of xflate.c. */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include "pipeline/options.h"

struct command {
	const char *name;
	const char *summary; /* one line of xflate --help */
	const char *help;    /* xflate help NAME: one screen, 80 columns */
	/* argv[0] is the verb.  Returns the exit status. */
	int (*run)(int argc, char **argv);
};

extern const struct command command_filter, command_list, command_verify, command_compare, command_key, command_cache, command_getkey,
	command_alerts, command_changer, command_drives;
/* Of the verb key: what talks to a drive. */
extern const struct command command_key_load, command_key_clear, command_key_status, command_key_probe;

/* A verb of verbs: "key generate".  argv[0] of run is the second word; it returns the exit status. */
struct subcommand {
	const char *name;
	int (*run)(int argc, char **argv);
};

/* Runs the one that argv[1] names, or prints the verb's help.  Returns the exit status. */
int command_dispatch(const struct command *verb, const struct subcommand *subs, size_t count, int argc, char **argv);

/* ---- what several verbs' options share ---- */

/* A whole number of min to max, decimal, with an optional k, M, G (1024s). */
bool command_number(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* Processors this process may use. */
unsigned command_processors(void);

/* -T N; 0 stands for the processors.  Returns 0 or the exit status of wrong usage. */
int command_threads(const char *verb, const char *text, unsigned *threads);

/* getopt_long takes abbreviated names, which the next version's options would break.  Returns 0, or the exit status of
 * wrong usage if a long option is not spelt out. */
struct option;
int command_no_abbreviations(const char *verb, int argc, char **argv, const struct option *options);

/* --on-damage stop|skip|keep.  Returns as above. */
int command_on_damage(const char *verb, const char *text, enum on_damage *on_damage);

/* --max-memory BYTES.  Returns as above. */
int command_max_memory(const char *verb, const char *text, uint64_t *bytes);

/* ---- and what they tell ---- */

/* Bytes of all inputs ("-" is standard input); 0 if one of them is no regular file. */
uint64_t command_total_bytes(const char *const *paths, size_t count);

/* Into an open object: session_id, session_time, and with a label job_id, job, client. */
struct json;
void command_json_job(struct json *j, const struct job *job);

#define COMMAND_THREADS_MAX 256u

#endif
