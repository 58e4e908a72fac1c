/* SPDX-License-Identifier: GPL-3.0-or-later */
/* key-manager.conf and the expressions in it. */
#include "fuzz/fuzz.h"

#include "crypt/keyconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const volumes[] = {"", "Vol-0001", "a.b:c_d=e", "mk-enc256-gzip6"};
	struct secret text = SECRET_NONE;
	struct keyconf *c;
	struct err e = {0};
	FUZZ_MUST(secret_set(&text, data, size, &e) == 0);
	if (keyconf_read(&c, &text, &e) == 0) {
		for (size_t i = 0; i < 4; i++) {
			const struct keyconf_section *s;
			struct err slow = {0};
			int rc = keyconf_for_volume(c, volumes[i], &s, &slow);
			FUZZ_MUST(rc == slow.code && (rc == 0 || (s == NULL && slow.text[0])));
			FUZZ_MUST(s == NULL || keyconf_by_name(c, s->name) != NULL);
		}
		keyconf_free(c);
	} else {
		FUZZ_MUST(c == NULL && e.code != XE_OK);
	}
	secret_free(&text);
	return 0;
}
