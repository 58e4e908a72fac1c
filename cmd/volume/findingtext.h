/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings in words, for a terminal and as JSON, and how volumes and jobs are called there. */
#ifndef CMD_VOLUME_FINDINGTEXT_H
#define CMD_VOLUME_FINDINGTEXT_H

#include "base/json.h"
#include "volume/finding.h"

/* The Volume Name, or how messages call what has none. */
const char *findingtext_volume(const struct volume_info *v);

/* What kind it is, in a word: "damaged". */
const char *findingtext_kind(enum finding_kind kind);

/* A warning: "VOLUME: WORD: job 12 (J), FileIndex 3 /etc/fstab: 65536 bytes at byte 1234: reason".  nobody: in the place of the job
 * where none is known; "". */
void findingtext_warn(const struct finding *f, const char *word, const char *nobody);

/* Members of an open object: FileIndexes and the file's name; then where it is. */
void findingtext_json_file(struct json *j, const struct finding *f);
void findingtext_json_place(struct json *j, const struct finding *f);

#endif
