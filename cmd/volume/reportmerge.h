/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many reports of filter against each other and against a plan: what is done, and how often, what is not.  Foreign bytes. */
#ifndef CMD_VOLUME_REPORTMERGE_H
#define CMD_VOLUME_REPORTMERGE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct reportmerge_report {
	char *path;                                     /* of the report */
	char *unit, *host, *began, *error, *exit_class; /* NULL: not said */
	int exit_status;
	bool complete;    /* all of it is done */
	bool superseded;  /* it is of a run that failed, and another one has done the same since */
	bool with_damage; /* it is complete, or superseded but for volumes that are done, and damage of those was passed over */
	uint64_t damaged, bytes_in, bytes_out;
	char **inputs; /* paths, as they were given */
	size_t input_count, input_room;
	size_t first_volume, volume_count; /* of those that are done */
};

/* A volume that is done. */
struct reportmerge_volume {
	char *input, *volume; /* path and Volume Name */
	size_t report;
	uint64_t damaged;
};

/* One name in two complete reports. */
struct reportmerge_twice {
	const char *name;
	bool is_input; /* else it is a Volume Name */
	size_t reports[2];
};

enum reportmerge_state { REPORTMERGE_DONE, REPORTMERGE_DAMAGED, REPORTMERGE_FAILED, REPORTMERGE_MISSING };

struct reportmerge_planned {
	char *unit;
	char **inputs;
	size_t input_count, input_room;
	enum reportmerge_state state;
};

struct reportmerge {
	struct reportmerge_report *reports;
	size_t report_count, report_room;
	struct reportmerge_volume *volumes;
	size_t volume_count, volume_room;
	struct reportmerge_twice *twice;
	size_t twice_count, twice_room;
	struct reportmerge_planned *planned;
	size_t planned_count, planned_room;
	bool has_plan;
	size_t unplanned;                      /* complete reports of inputs that the plan does not have */
	size_t done, damaged, failed, missing; /* units: of the plan, or else reports */
};

/* Begin with all zero.  Takes in one report, and the plan, which xflate plan --json has written.  XE_FAILED: it cannot be read, or is none;
 * then nothing of it is in. */
int reportmerge_add_report(struct reportmerge *m, const char *path, struct err *e) __attribute__((warn_unused_result));
int reportmerge_add_plan(struct reportmerge *m, const char *path, struct err *e) __attribute__((warn_unused_result));

/* When all are in: fills the rest.  XE_FAILED without memory, or if the plan names an input twice. */
int reportmerge_judge(struct reportmerge *m, struct err *e) __attribute__((warn_unused_result));

/* Idempotent. */
void reportmerge_free(struct reportmerge *m);

#endif
