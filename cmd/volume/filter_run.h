/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run of the filter as it was asked for: its outputs, its map, its report, one set of volumes after the other. */
#ifndef CMD_VOLUME_FILTER_RUN_H
#define CMD_VOLUME_FILTER_RUN_H

#include "base/pace.h"
#include "base/progress.h"
#include "cmd/volume/keyoptions.h"
#include "cmd/volume/outputs.h"
#include "cmd/volume/runevents.h"
#include "cmd/volume/successor.h"
#include "cmd/volume/unitstate.h"
#include "cmd/volume/volumelist.h"
#include "pipeline/filter.h"

#include <time.h>

struct filter_unit;
struct inplace;
struct map;
struct report;
struct report_run;

struct filter_paths {
	const char **all; /* ours; what they name is not */
	size_t count, room;
};

/* As given, in their order; and what is made of them. */
struct filter_neighbours {
	struct filter_paths before, after;
	struct filter_paths paths, sources; /* of the options, and of the outputs */
};

struct filter_request {
	/* What was asked for */
	struct filter_options o; /* paths: all inputs; of the set at hand while it runs */
	struct outputs out;
	struct sink_form form; /* what the output folders are to be; medium NULL: outputs are none */
	const char *map_path, *report_path;
	bool no_preserve;           /* outputs are as any new file */
	bool in_place;              /* each volume is replaced where it stands */
	int database;               /* enum sql_database: in place, the SQL of which is written, too; -1: none */
	bool no_sandbox;            /* it keeps rights that it does not need */
	bool discard_original;      /* no conversion: what --in-place has left is removed */
	struct reshape_name *names; /* o.name_count of them; ours, their old names, too */
	bool *names_met;            /* was there a volume of that name? */
	size_t name_room, met_room;
	struct keyoptions keys;
	const char *key_files[3]; /* as given, if they are files at all */
	enum progress_mode progress;
	struct pace pace;           /* of all its sets */
	uint64_t expected;          /* bytes of the input, 0: it was not said */
	struct runevents events;    /* of it; in a batch, of a unit */
	bool exit_class;            /* it ends with an err_class */
	const char *const *command; /* words of the command line but for the inputs */
	size_t command_count;
	struct volumelist_options list; /* of inputs, */
	unsigned jobs;                  /* and so many units of a batch at once; 0: it was not said */
	struct filter_neighbours near;  /* of the one input; none: it is not converted by itself, */
	bool by_volume;                 /* or each of a batch is */
	bool skip_done;                 /* those that are done are passed over, */
	enum unitstate_proof done_by;   /* as this says */
	struct filter_unit *unit;       /* it is one of a batch; NULL: it is not */

	/* The run's own */
	struct inplace *inplace; /* NULL unless in_place, */
	struct outputs maps;     /* and there a map for each volume; q->map is that of the one at hand */
	struct successor_run proof;
	struct outfile map_file, report_file;
	struct map *map;
	bool map_whole; /* it is written, and closed */
	struct report *report;
	struct kin *kin; /* several inputs, each of which may be a set of its own; NULL: they are one */
	struct timespec began, set_began;
	time_t began_at;
	int class;              /* err_class of what failed so far, the one that counts */
	uint64_t total;         /* bytes of all inputs, 0 if unknown, */
	uint64_t read, written; /* and of those of the sets before */
	struct filter *filter;
	size_t sets, inputs_done;
	uint64_t damaged; /* of the sets that are converted */
	bool hopeless;    /* the next set would fail as this one did */
};

/* All of it; what the request holds is given back.  Returns the exit status, having said why; ends the program if a signal wants
 * that. */
int filter_request_run(struct filter_request *q);

/* What failed: told, or left to the batch that it is one of.  Returns the exit status. */
int filter_request_fail(struct filter_request *q, const struct err *e);

/* For a report: what is known of the run, which comes to this status. */
void filter_request_describe(const struct filter_request *q, int status, struct report_run *run);

/* Of one that is not run: what its options have taken. */
void filter_request_free_names(struct filter_request *q);

#endif
