/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A state of verify, with a checksum that is right: what is taken is written again, and that is the same to the last byte. */
#include "fuzz.h"

#include "cmd/volume/proofstate.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

static char *print(const struct proofstate *s, size_t *len)
{
	struct err e = {0};
	char *text;
	FUZZ_MUST(proofstate_print(s, &text, len, &e) == 0);
	return text;
}

static void go_round(const struct proofstate *s)
{
	struct proofstate again = PROOFSTATE_NONE;
	struct err e = {0};
	size_t len, again_len;
	char *text = print(s, &len);
	FUZZ_MUST(proofstate_parse(&again, text, len, &e) == 0 && again.count == s->count);
	char *text_again = print(&again, &again_len);
	FUZZ_MUST(len == again_len && memcmp(text, text_again, len) == 0);
	free(text);
	free(text_again);
	proofstate_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proofstate s = PROOFSTATE_NONE;
	struct err e = {0};
	char last[32];
	int n = snprintf(last, sizeof last, "xxh64\t%016llx\n", (unsigned long long)XXH64(data, size, 0));
	uint8_t *whole = malloc(size + (size_t)n);
	FUZZ_MUST(whole != NULL);
	memcpy(whole, data, size);
	memcpy(whole + size, last, (size_t)n);
	if (proofstate_parse(&s, whole, size + (size_t)n, &e) == 0)
		go_round(&s);
	else
		FUZZ_MUST(e.code == XE_FAILED && e.text[0]);
	proofstate_free(&s);
	free(whole);
	return 0;
}
