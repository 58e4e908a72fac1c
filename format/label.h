/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Label records: volume labels, start and end of session.  formats/volume-format.md 3 and 8.4 */
#ifndef FORMAT_LABEL_H
#define FORMAT_LABEL_H

#include "base/bytes.h"
#include "base/err.h"
#include "format/product.h"

enum {
	LABEL_PRE = -1,
	LABEL_VOLUME = -2,
	LABEL_END_OF_MEDIUM = -3,
	LABEL_SESSION_START = -4,
	LABEL_SESSION_END = -5,
};

#define LABEL_NAME_BYTES 128

/* Is this the FileIndex of a volume's label? */
bool label_is_volume(int32_t file_index);

struct volume_label {
	char id[32];
	uint32_t version;               /* VerNum: 20 Bareos, 11 Bacula (and Bareos up to 22 in compatible mode) */
	int64_t label_time, write_time; /* microseconds since 1970; 0 if VerNum < 11 */
	char volume[LABEL_NAME_BYTES], pool[LABEL_NAME_BYTES], media_type[LABEL_NAME_BYTES], host[LABEL_NAME_BYTES];
	char program[64], program_version[64], program_date[64];
	uint32_t block_size; /* Bacula: the Maximum Block Size of the device that labelled it; 0: the default, or not said */
};

/* Who wrote it, by the id of a label of either kind?  Bareos up to 22 can write Bacula's: label_product tells more. */
bool label_id_is_bareos(const char *id);
bool label_id_is_bacula(const char *id);

/* Names longer than the fields are cut.  False if the data ends inside a field that every label has. */
bool label_read_volume(struct span data, struct volume_label *label);

/* Why no daemon takes that for a volume's label: it ends too early, its id, its version, its Volume Name; static.  NULL if one
 * does.  volume-format.md 3.2, 8.4 */
const char *label_volume_fault(struct span data);

/* Could a volume be called so? */
bool label_names_volume(const char *name);

/* Does a director take it for one?  formats/catalog-facts.md 2.2 */
bool label_director_allows(const char *name);

struct session_label {
	char id[32];
	uint32_t version;
	uint32_t job_id;
	int64_t time; /* microseconds since 1970 */
	char pool[LABEL_NAME_BYTES], job_name[LABEL_NAME_BYTES], client[LABEL_NAME_BYTES];
	char job[LABEL_NAME_BYTES], fileset[LABEL_NAME_BYTES]; /* VerNum >= 10 */
	uint32_t type, level;                                  /* as characters */
	char pool_type[32], fileset_md5[64];
	/* End of session only */
	bool has_totals;
	uint32_t job_files;
	uint64_t job_bytes;
	uint32_t start_block, end_block, start_file, end_file, errors;
	uint32_t status;  /* as a character; 0 if VerNum < 11 */
	size_t totals_at; /* offset of JobFiles in the data */
};

/* end: an end of session, with totals.  False if the data ends inside a field. */
bool label_read_session(struct span data, bool end, struct session_label *label);

/* What the labels of one job name differently, first of all: "JobId", "Job", ...; NULL if they are of one job.  Its level may
 * change while it runs, and its totals stand in one of them only. */
const char *label_contradiction(const struct session_label *start, const struct session_label *end);

/* Writes JobFiles, JobBytes and the addresses of label (as read from data) back into data. */
void label_patch_totals(uint8_t *data, size_t len, const struct session_label *label);

/* Who reads and writes such volumes.  Bareos up to 22 can write Bacula's label id: then the program's version decides (Bareos
 * began at 12, Bacula is at 15; volumes of both since 2016 do not overlap).  BB03 is Bacula's alone. */
enum product label_product(const struct volume_label *label, unsigned block_version);

#define LABEL_CLOUD_KIND "cloud part"

/* Volumes whose records cannot be converted one by one: NULL if none, else their kind ("aligned data", "dedup", ...); in the
 * parts of a cloud volume they are whole.
 * bacula-encryption.md 2.4 */
const char *label_special_kind(const struct volume_label *label);

#endif
