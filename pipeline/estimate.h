/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a conversion would come to: the records of a sample go through the very stages of the filter, once for each algorithm and level that is
 * asked for, and nothing is written. */
#ifndef PIPELINE_ESTIMATE_H
#define PIPELINE_ESTIMATE_H

#include "pipeline/cipher.h"
#include "pipeline/stage.h"
#include "volume/reading.h"

#define ESTIMATE_BARS 25u /* of a histogram: ratios of records by 5 per cent, the last one for all above 1.2 */

/* Sums over the pieces of a volume: x bytes of its records, y what they become. */
struct estimate_sums {
	double x, y, xx, xy, yy;
};

struct estimate_row {
	const struct codec *codec; /* NULL: all becomes plain */
	int level;
	/* What came of it, all volumes weighted by their bytes: */
	double bytes, variance;    /* of what they become, */
	uint64_t of;               /* these bytes of them; others were passed over, as skip_unread says */
	struct estimate_sums sums; /* of the volume at hand */
	uint64_t kept;             /* records that would be kept as they are, for they do not decode, or the target could not read them */
	uint64_t timed_bytes;      /* of the input, that cost so many */
	uint64_t nanoseconds;      /* of one processor */
	uint64_t bars[ESTIMATE_BARS]; /* records of file data by the ratio that they came to */
};

/* How the records of the sample are stored, by algorithm. */
struct estimate_stored {
	uint64_t records, bytes;
};
enum { ESTIMATE_PLAIN = CODEC_COUNT, ESTIMATE_OTHER, ESTIMATE_KINDS }; /* behind the codecs */

struct estimate {
	struct estimate_stored stored[ESTIMATE_KINDS];
	size_t volumes;          /* that are told of: */
	uint64_t of, read;       /* their bytes, and those of the pieces that were read */
	uint64_t records, bytes; /* of the sample that were whole */
	uint64_t cut;            /* records that were not */
	uint64_t damaged;        /* places, and records that do not decode */
	uint64_t pieces, missed; /* missed: places where there was none */
	size_t left_out;         /* volumes */
	bool several;            /* products have made them */
	enum product target;     /* as given, or of the volumes */
};

struct estimate_options {
	const char *const *paths;
	size_t path_count;
	double share;  /* of each volume, 0 to 1 */
	uint64_t seed; /* of the places */
	struct cipher_options cipher;
	bool target_given;
	enum product target;
	struct estimate_row
		*rows; /* one or more, codec and level filled in; by what becomes of them for the first it is told how records are stored */
	size_t row_count;
	bool skip_unread; /* rows that the target does not read are passed over, and stay empty */
	void *arg;
	void (*left_out)(void *arg, const struct err *why); /* a volume that nothing can be told of */
};

/* Each volume alone: damage is passed over, and counted; what cannot be read is left out.  XE_FAILED without memory. */
int estimate_run(const struct estimate_options *o, struct estimate *result, struct err *e) __attribute__((warn_unused_result));

/* Of a row: bytes out for each byte in; and how far that may be off, to both sides, in 95 of 100 samples.  0 without records. */
double estimate_ratio(const struct estimate_row *r);
double estimate_error(const struct estimate_row *r);

/* Bytes of input in a second of one processor; 0 if nothing was timed. */
double estimate_speed(const struct estimate_row *r);

#endif
