/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The compression header, which stands in front of the payload in streams 29 to 33.  formats/volume-format.md 5.1 */
#ifndef FORMAT_COMPRESSION_H
#define FORMAT_COMPRESSION_H

#include "base/bytes.h"

#define COMPRESSION_HEADER_BYTES 12
#define COMPRESSION_HEADER_VERSION 1

/* In this order on the volume, big-endian. */
struct compression_header {
	uint32_t magic; /* which codec: codec_by_magic() */
	uint32_t size;  /* payload bytes behind the header */
	uint16_t level; /* informational */
	uint16_t version;
};

/* Any 12 bytes can be read; whether magic, size and version make sense is the caller's to see.  False, and a header of
 * zeros, if so many are not there. */
bool compression_header_read(struct rd *r, struct compression_header *h);
void compression_header_write(struct wr *w, const struct compression_header *h);

#endif
