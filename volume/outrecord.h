/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records as they leave the stages: to be written, or for who looks on.  formats/volume-format.md 2.3 */
#ifndef VOLUME_OUTRECORD_H
#define VOLUME_OUTRECORD_H

#include "format/stream.h"
#include "volume/item.h"

/* What an end-of-session label has to say of its job. */
struct outrecord_totals {
	uint64_t bytes;
	uint32_t files;
};

/* One record to write.  Its data is head then body; both are copied. */
struct outrecord {
	uint32_t stream; /* positive, with flags */
	uint32_t len;    /* as the header declares it: head and body, and what lies on volumes that are not given */
	bool continues;  /* begins elsewhere: the first header written is a continuation */
	struct span head, body;
	const struct outrecord_totals *totals; /* of an end-of-session label: JobBytes and JobFiles; NULL: as it has them */
};

/* Bytes of its data here. */
static inline size_t outrecord_bytes(const struct outrecord *r)
{
	return r->head.len + r->body.len;
}

/* A record of a file's content: what the client read, and its address where it has one, which is no part of it. */
struct outrecord_content {
	struct span address, data;
};

/* r: plain; stages leave nothing but the address in its head. */
static inline struct outrecord_content outrecord_content(const struct outrecord *r, bool has_address)
{
	struct rd head = rd_over(r->head.data, r->head.len);
	struct rd body = rd_over(r->body.data, r->body.len);
	struct outrecord_content c = {{NULL, 0}, {NULL, 0}};
	if (has_address)
		c.address = rd_span(rd_left(&head) >= STREAM_PREFIX_BYTES ? &head : &body, STREAM_PREFIX_BYTES);
	c.data = (struct span){body.p, rd_left(&body)};
	return c;
}

/* Of all data of a file that came before its digest. */
struct counted {
	const uint8_t *md5; /* 16 bytes; NULL: nobody has counted it */
	uint64_t bytes;
};

/* What one item is once the stages have made its records plain. */
struct plain_item {
	const struct item *item;
	const struct outrecord *records;
	size_t count;
	bool whole;                        /* all of its parts are there, and decoded */
	const struct session_label *label; /* of the start or the end of a session, if it can be read; else NULL */
	struct counted counted;            /* of a digest's record; lent */
};

#endif
