/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a bundle, as they are and with the right sum put behind each line, lest nothing but the sums be tried.
 * What was taken and is written again reads as the same. */
#include "fuzz/fuzz.h"

#include "keys/bundle.h"

#include <string.h>

static uint32_t crc24(const uint8_t *text, size_t len)
{
	uint32_t crc = 0xb704ce;
	for (size_t i = 0; i < len; i++) {
		crc ^= (uint32_t)text[i] << 16;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 0x800000 ? (crc << 1 ^ 0x1864cfb) & 0xffffff : crc << 1;
	}
	return crc;
}

static void try(struct span text)
{
	struct keylist list = KEYLIST_NONE, back = KEYLIST_NONE;
	struct bundle_info info, same;
	struct err e = {0};
	(void)bundle_is(text);
	if (bundle_parse(&list, &info, text, &e) == 0) {
		char *out = NULL;
		size_t len = 0;
		FILE *f = open_memstream(&out, &len);
		if (f == NULL)
			return;
		if (bundle_write(f, &list, &info, &e) != 0)
			abort();
		fclose(f);
		if (bundle_parse(&back, &same, (struct span){(const uint8_t *)out, len}, &e) != 0 || back.count != list.count)
			abort();
		for (size_t i = 0; i < list.count; i++) {
			if (strcmp(back.entries[i].volume, list.entries[i].volume) != 0 ||
			    strcmp(back.entries[i].key, list.entries[i].key) != 0)
				abort();
		}
		free(out);
	} else if (list.fault_count == 0 && e.code != XE_FAILED) {
		abort();
	}
	keylist_free(&list);
	keylist_free(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = NULL;
	size_t len = 0;
	try((struct span){data, size});
	FILE *out = open_memstream(&text, &len);
	if (out == NULL)
		return 0;
	while (size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t n = end ? (size_t)(end - data) : size;
		fwrite(data, 1, n, out);
		fprintf(out, " %06x\n", (unsigned)crc24(data, n));
		data += n + (end != NULL);
		size -= n + (end != NULL);
	}
	fclose(out);
	try((struct span){(const uint8_t *)text, len});
	free(text);
	return 0;
}
