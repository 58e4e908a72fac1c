/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a conversion would come to: the records of a sample go through the very stages of the filter, once for each algorithm and level that is
 * asked for, and nothing is written. */
#ifndef PIPELINE_ESTIMATE_H
#define PIPELINE_ESTIMATE_H

#include "pipeline/cipher.h"
#include "pipeline/stage.h"
#include "volume/reading.h"

#define ESTIMATE_BARS 25u /* of a histogram: ratios of records by 5 per cent, the last one for all above 1.2 */

/* Sums over pieces of the sample: x its bytes, y what they become. */
struct estimate_sums {
	double x, y, xx, xy, yy;
};

struct estimate_row {
	const struct codec *codec; /* NULL: all becomes plain */
	int level;
	/* What came of it: */
	struct estimate_sums sums;
	uint64_t kept;        /* records that would be kept as they are, for they do not decode, or the target could not read them */
	uint64_t timed_bytes; /* of the input, that cost so many */
	uint64_t nanoseconds; /* of one processor */
	uint64_t bars[ESTIMATE_BARS]; /* records of file data by the ratio that they came to */
};

/* How the records of the sample are stored, by algorithm. */
struct estimate_stored {
	uint64_t records, bytes;
};
enum { ESTIMATE_PLAIN = CODEC_COUNT, ESTIMATE_OTHER, ESTIMATE_KINDS }; /* behind the codecs */

struct estimate {
	struct estimate_stored stored[ESTIMATE_KINDS];
	uint64_t read;           /* bytes of the volumes */
	uint64_t records, bytes; /* of the sample that were whole */
	uint64_t cut;            /* records that were not */
	uint64_t damaged;        /* places, */
	uint64_t shut;           /* and encrypted blocks without a key */
	uint64_t pieces;
	enum product target; /* as given, or of the volumes */
};

struct estimate_options {
	const char *const *paths;
	size_t path_count;
	const struct reader_range *ranges; /* NULL: all */
	size_t range_count;
	struct cipher_options cipher;
	bool target_given;
	enum product target;
	struct estimate_row
		*rows; /* one or more, codec and level filled in; by what becomes of them for the first it is told how records are stored */
	size_t row_count;
	bool skip_unread; /* rows that the target does not read are passed over, and stay empty */
};

/* Damage is passed over, and counted.  XE_FAILED, XE_KEY, and what opening says. */
int estimate_run(const struct estimate_options *o, struct estimate *result, struct err *e) __attribute__((warn_unused_result));

/* Of a row: bytes out for each byte in; and how far that may be off, to both sides, in 95 of 100 samples of this share (0 to 1) of all.  0
 * without records. */
double estimate_ratio(const struct estimate_row *r);
double estimate_error(const struct estimate_row *r, uint64_t pieces, double share);

/* Bytes of input in a second of one processor; 0 if nothing was timed. */
double estimate_speed(const struct estimate_row *r);

#endif
