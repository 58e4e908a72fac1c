/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is wrong, or worth a word, at one place of the volumes: made where it is found, carried as it is to who tells of it. */
#ifndef VOLUME_FINDING_H
#define VOLUME_FINDING_H

#include "volume/item.h"

enum finding_kind {
	FINDING_DAMAGE,         /* bytes are not what they were, or not what their format says */
	FINDING_CUT_BY_NETWORK, /* known wounds, which filter --repair mends */
	FINDING_DOUBLED,
	FINDING_REVERSED,  /* checksums that only Bareos 19.2.4/5 on FreeBSD takes for right */
	FINDING_UNPROVED,  /* a digest that was not counted */
	FINDING_NOT_WHOLE, /* asked for whole jobs: one begins or ends elsewhere, or never ended */
	FINDING_NOTE,      /* normal, but a reader of the report wants to know */
	FINDING_KINDS
};

/* Texts are lent: they stay until the call that tells of it returns. */
struct finding {
	enum finding_kind kind;
	const struct volume_info *volume; /* NULL: of none */
	const struct job *job;            /* NULL: none, or not known */
	bool placed;                      /* addr, len, offset, stream say where, */
	uint64_t addr, len;               /* as in struct item */
	uint32_t offset;
	uint32_t stream;
	bool block;         /* a whole block, or a gap between blocks: file_index is that of the data before or in it */
	int32_t file_index; /* 0: none, or not known */
	int32_t last_index; /* the last one where there are more, else 0 */
	const char *file;   /* its name; "" if not known */
	bool kept;          /* what is damaged is in the output all the same */
	const char *reason;
};

/* FINDING_DAMAGE where the item stands, of its session and no file. */
struct finding finding_at(const struct item *item, const char *reason);

#endif
