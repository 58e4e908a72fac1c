/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the fuzz targets share.  A target is a file fuzz_NAME.c with LLVMFuzzerTestOneInput and nothing else that is not
 * static; an invariant that does not hold ends the program. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "format/block.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An invariant, with or without NDEBUG. */
#define FUZZ_MUST(condition)                                                                           \
	do {                                                                                           \
		if (!(condition)) {                                                                    \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                       \
		}                                                                                      \
	} while (0)

#define FUZZ_PATH_BYTES 32

/* A file in memory that holds data; path names it until the descriptor, which is returned, is closed. */
static inline int fuzz_file(const void *data, size_t size, char path[static FUZZ_PATH_BYTES])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	FUZZ_MUST(fd >= 0);
	for (size_t at = 0; at < size;) {
		ssize_t n = write(fd, (const uint8_t *)data + at, size - at);
		FUZZ_MUST(n > 0);
		at += (size_t)n;
	}
	snprintf(path, FUZZ_PATH_BYTES, "/proc/self/fd/%d", fd);
	return fd;
}

/* Makes blocks that a mutation broke whole again, or nothing behind the checksum is ever reached: seals each block of a
 * volume in place.  relength: a block reaches to the next block id, whatever its header says. */
static inline void fuzz_reseal(uint8_t *data, size_t size, bool relength)
{
	size_t at = 0;
	while (size - at >= BLOCK_PROBE_BYTES) {
		struct block_header h;
		unsigned version = block_probe(data + at);
		if (version == 0) {
			at++;
			continue;
		}
		size_t end = at + 1;
		while (end < size && (size - end < BLOCK_PROBE_BYTES || block_probe(data + end) == 0))
			end++;
		if (relength && end - at >= block_header_bytes(version)) {
			struct wr w = wr_over(data + at + 4, 4);
			wr_be32(&w, (uint32_t)(end - at));
		}
		bool sane = size - at >= block_header_bytes(version) && block_header_read(data + at, size - at, &h);
		if (!sane || h.len > size - at) {
			at++;
			continue;
		}
		block_seal(data + at, &h, block_has_checksum(&h));
		at += h.len;
	}
}

/* The same of a volume whose blocks are made whole again before, or relengthed, as asked; not of its first head bytes, which say what is asked. */
static inline int fuzz_volume(const uint8_t *data, size_t size, size_t head, bool reseal, bool relength, char path[static FUZZ_PATH_BYTES])
{
	uint8_t *copy = malloc(size - head ? size - head : 1);
	FUZZ_MUST(copy);
	memcpy(copy, data + head, size - head);
	if (reseal)
		fuzz_reseal(copy, size - head, relength);
	int fd = fuzz_file(copy, size - head, path);
	free(copy);
	return fd;
}

#endif
