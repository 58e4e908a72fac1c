/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The CRC-32 of RFC 1952, of blocks of volumes: by libdeflate, or in wider registers where a processor has them. */
#ifndef BASE_CRC32_H
#define BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* crc: of what came before; 0 of nothing. */
typedef uint32_t crc32_adding(uint32_t crc, const void *data, size_t len);

crc32_adding crc32_add;

/* The form that crc32_add takes on this processor is the last of those that it has; the first runs on any.  NULL behind the last.  For the
 * tests. */
crc32_adding *crc32_form(size_t i);

#endif
