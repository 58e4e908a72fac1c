/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as the text of a key.  What the strict reader takes, the writer writes the same. */
#include "base/base64.h"
#include "fuzz/fuzz.h"

#include "keywrap.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t bytes[128];
	char text[BASE64_BARE_CHARS(sizeof bytes) + 1];
	const char *in = (const char *)data;
	for (size_t n = 1; n <= sizeof bytes; n++) {
		if (!base64_read_exact(in, size, bytes, n))
			continue;
		base64_write_bare(bytes, n, text);
		if (memcmp(text, data, BASE64_BARE_CHARS(n)) != 0)
			abort();
	}
	struct secret kek = SECRET_NONE, key = SECRET_NONE, back = SECRET_NONE, raw = SECRET_NONE, whole = SECRET_NONE;
	struct err e = {0};
	if (secret_set(&kek, "0123456789abcdef0123456789abcdef", 32, &e) != 0 || secret_set(&whole, data, size, &e) != 0)
		return 0;
	enum keywrap_form form = keywrap_form_of(in, size);
	if (keywrap_open(in, size, &kek, &key, &e) == 0) {
		if (form == KEYWRAP_UNKNOWN || keywrap_seal(&key, form, &kek, &back, &e) != 0)
			abort();
		if (back.len > size || memcmp(back.data, data, back.len) != 0)
			abort();
	}
	(void)!keywrap_raw_key(&whole, &raw, &(struct err){0});
	(void)!keywrap_prepare_kek(&whole, &(struct err){0});
	secret_free(&kek);
	secret_free(&key);
	secret_free(&back);
	secret_free(&raw);
	secret_free(&whole);
	return 0;
}
