/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One LZO1X stream, by our decoder and by liblzo2's.  The first two bytes are the room for what comes out. */
#include "fuzz/fuzz.h"

#include "codec/lzo1x.h"

#include <lzo/lzo1x.h>

static enum lzo1x_verdict verdict_of(int rc)
{
	switch (rc) {
	case LZO_E_OK: return LZO1X_WHOLE;
	case LZO_E_OUTPUT_OVERRUN: return LZO1X_SPACE;
	case LZO_E_LOOKBEHIND_OVERRUN: return LZO1X_BEFORE_START;
	case LZO_E_INPUT_NOT_CONSUMED: return LZO1X_BYTES_FOLLOW;
	default: return LZO1X_ENDS_EARLY;
	}
}

static void agree(const uint8_t *in, size_t in_len, size_t room)
{
	/* Each its own: a sanitizer sees what is written behind it. */
	uint8_t *ours = malloc(room ? room : 1), *theirs = malloc(room ? room : 1);
	FUZZ_MUST(ours && theirs);
	size_t len = 0;
	lzo_uint want = room;
	enum lzo1x_verdict verdict = lzo1x_inflate(in, in_len, ours, room, &len);
	FUZZ_MUST(verdict == verdict_of(lzo1x_decompress_safe(in, in_len, theirs, &want, NULL)));
	if (verdict == LZO1X_WHOLE) {
		FUZZ_MUST(len == want);
		FUZZ_MUST(memcmp(ours, theirs, len) == 0);
	}
	free(ours);
	free(theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	size_t room = (size_t)data[0] << 8 | data[1];
	uint8_t *in = malloc(size - 2 ? size - 2 : 1);
	FUZZ_MUST(in);
	memcpy(in, data + 2, size - 2);
	agree(in, size - 2, room);
	free(in);
	return 0;
}
