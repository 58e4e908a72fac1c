/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs of xflate: one file each, one entry each in the table of xflate.c. */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include "base/progress.h"
#include "cmd/command_type.h"
#include "cmd/options.h"
#include "pipeline/options.h"

extern const struct command command_filter, command_list, command_verify, command_compare, command_extract, command_find, command_mount,
	command_plan, command_estimate, command_report, command_report_merge, command_key, command_cache, command_getkey, command_alerts,
	command_changer, command_drives, command_catalog;
/* Of the verb key: what talks to a drive, and what is in files of its own. */
extern const struct command command_key_load, command_key_clear, command_key_status, command_key_probe, command_key_split, command_key_join;

/* The one of several that has this name, or NULL. */
const struct command *command_named(const struct command *const *commands, const char *name);

/* The name among theirs that is most like it, or NULL; and: there is none of this name below above (NULL: at the top), of which it tells.
 * Returns the exit status of wrong usage. */
const char *command_suggest(const struct command *const *commands, const char *name);
int command_unknown(const struct command *above, const struct command *const *commands, const char *name);

/* Each option of each command (of one with own_options --help alone), a line: "key load", TAB, "-o" or "-", TAB, "--output", TAB, "value", "may" or
 * nothing, and with "value" perhaps TAB and what it may be, "stop|skip|keep".  Returns the exit status. */
int command_print_options(const struct command *const *all);

/* Runs c, or the subcommand that argv[1] names.  Returns the exit status. */
int command_run(const struct command *c, int argc, char **argv);

/* ---- what several verbs' options share ---- */

/* Processors this process may use. */
unsigned command_processors(void);

/* A taker (options.h).  -T N: an unsigned; 0 stands for the processors. */
int command_threads(const struct command *verb, void *threads, const char *text);

/* Rows: an enum on_damage, a uint64_t (64 MiB are some records of the largest size), an enum progress_mode. */
#define COMMAND_ON_DAMAGE(request, member) OPTION_WORD(0, "on-damage", command_on_damage, request, member)
#define COMMAND_MAX_MEMORY(request, member) \
	OPTION_NUMBER(0, "max-memory", (uint64_t)64 << 20, UINT64_MAX, "a number of bytes", request, member)
#define COMMAND_LIMIT_RATE(request, member) OPTION_NUMBER(0, "limit-rate", 1024, UINT64_MAX, "a number of bytes a second", request, member)
#define COMMAND_PROGRESS(request, member) OPTION_WORD(0, "progress", progress_modes, request, member)
extern const char *const command_on_damage[];

/* ---- and what they tell ---- */

/* Bytes of all inputs ("-" is standard input); 0 if one of them is no regular file. */
uint64_t command_total_bytes(const char *const *paths, size_t count);

/* Bytes of these ranges of them at most; of what is no regular file none. */
uint64_t command_range_bytes(const char *const *paths, const struct reader_range *ranges, size_t count);

/* Into an open object: session_id, session_time, and with a label job_id, job, client. */
struct json;
void command_json_job(struct json *j, const struct job *job);
/* What it failed of, "error", and "where" if that is known; nothing if it did not. */
void command_json_error(struct json *j, const struct err *e);

/* msg_fail; as_json: and the document of a run that failed before it had another, with the same words, on standard output. */
int command_fail(const struct err *e, bool as_json);
/* The same in a line, behind those of a run that prints JSON lines. */
int command_fail_line(const struct err *e, bool as_json);

#define COMMAND_THREADS_MAX 256u

#endif
