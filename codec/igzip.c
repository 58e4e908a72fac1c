/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ISA-L's level 1, without state between records.  Level 0 would be larger; 2 and 3 gain little, and 3 writes other bytes on another
 * processor. */
#include "codec/igzip.h"

#define STORED_MAX_BYTES 65535u /* plain bytes of a stored block */
#define STORED_HEADER_BYTES 5u
#define ZLIB_BYTES 6u /* header and Adler-32 */

/* What does not shrink comes as stored blocks.  Room for one more is spare. */
size_t igzip_bound(size_t n)
{
	return n + STORED_HEADER_BYTES * (n / STORED_MAX_BYTES + 2) + ZLIB_BYTES;
}

#ifdef HAVE_LIBISAL

#include <isa-l.h>
#include <limits.h>
#include <stdlib.h>

#define TEXT(x) #x
#define DOTTED(a, b, c) TEXT(a) "." TEXT(b) "." TEXT(c)

struct igzip {
	struct isal_zstream stream;
	uint8_t tables[ISAL_DEF_LVL1_DEFAULT];
};

const char *igzip_version(void)
{
	return DOTTED(ISAL_MAJOR_VERSION, ISAL_MINOR_VERSION, ISAL_PATCH_VERSION);
}

enum codec_result igzip_deflate(struct igzip **z, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap, size_t *out_len)
{
	if (*z == NULL && (*z = malloc(sizeof **z)) == NULL)
		return CODEC_MEMORY;
	struct isal_zstream *s = &(*z)->stream;
	/* Always the same room, for in less it would write other bytes. */
	size_t room = igzip_bound(in_len);
	if (room > UINT_MAX || out_cap < room)
		return CODEC_SPACE;
	isal_deflate_stateless_init(s);
	s->gzip_flag = IGZIP_ZLIB;
	s->end_of_stream = 1;
	s->flush = NO_FLUSH;
	s->level = 1;
	s->level_buf = (*z)->tables;
	s->level_buf_size = sizeof(*z)->tables;
	s->next_in = (uint8_t *)(uintptr_t)in;
	s->avail_in = (uint32_t)in_len;
	s->next_out = out;
	s->avail_out = (uint32_t)room;
	if (isal_deflate_stateless(s) != COMP_OK)
		return CODEC_SPACE;
	*out_len = s->total_out;
	return CODEC_OK;
}

void igzip_free(struct igzip *z)
{
	free(z);
}

#else

const char *igzip_version(void)
{
	return NULL;
}

/* Nobody gets here: the level is refused. */
enum codec_result igzip_deflate(struct igzip **z, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap, size_t *out_len)
{
	(void)z;
	(void)in;
	(void)in_len;
	(void)out;
	(void)out_cap;
	(void)out_len;
	return CODEC_MEMORY;
}

void igzip_free(struct igzip *z)
{
	(void)z;
}

#endif
