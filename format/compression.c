/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/compression.h"

bool compression_header_read(struct rd *r, struct compression_header *h)
{
	h->magic = rd_be32(r);
	h->size = rd_be32(r);
	h->level = rd_be16(r);
	h->version = rd_be16(r);
	if (r->bad)
		*h = (struct compression_header){0};
	return !r->bad;
}

void compression_header_write(struct wr *w, const struct compression_header *h)
{
	wr_be32(w, h->magic);
	wr_be32(w, h->size);
	wr_be16(w, h->level);
	wr_be16(w, h->version);
}
