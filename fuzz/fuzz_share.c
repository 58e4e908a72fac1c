/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as shares of a KEK, as they are and with the right sum put behind each line.  What joins is split and joined
 * again to the same. */
#include "fuzz/fuzz.h"

#include "keys/share.h"

#include <string.h>

static void split_again(const struct secret *kek)
{
	struct shares s = SHARES_NONE;
	struct secret again = SECRET_NONE;
	struct err e = {0};
	if (shares_split(&s, kek, 3, 2, &e) == 0 && (shares_join(&s, &again, &e) != 0 || !secret_equal(kek, &again)))
		abort();
	shares_free(&s);
	secret_free(&again);
}

static void try(struct span text)
{
	struct shares s = SHARES_NONE;
	struct keylist faults = KEYLIST_NONE;
	struct secret kek = SECRET_NONE;
	struct err e = {0};
	if (shares_read(&s, &faults, "x", text, &e) == 0 && s.count > 0) {
		if (shares_join(&s, &kek, &e) == 0)
			split_again(&kek);
		else if (kek.data != NULL || e.text[0] == '\0')
			abort();
	}
	shares_free(&s);
	keylist_free(&faults);
	secret_free(&kek);
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
		struct sumline line = {.len = 0};
		sumline_put(&line, (const char *)data, n);
		sumline_end(&line);
		fwrite(line.text, 1, line.len, out);
		data += n + (end != NULL);
		size -= n + (end != NULL);
	}
	fclose(out);
	try((struct span){(const uint8_t *)text, len});
	free(text);
	return 0;
}
