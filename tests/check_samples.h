/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files in tests/keys, for the tests of keys. */
#ifndef TESTS_CHECK_SAMPLES_H
#define TESTS_CHECK_SAMPLES_H

#include "base/secret.h"

#include "guarded.h"

#include <stdio.h>

/* $TESTS, which tests/run sets, or the folder tests of where the program is run. */
static inline void sample_path(const char *name, char path[static 512])
{
	const char *tests = getenv("TESTS");
	snprintf(path, 512, "%s/keys/%s", tests ? tests : "tests", name);
}

/* The bytes of a file; the caller frees them. */
static inline struct secret sample(const char *name)
{
	struct secret s = SECRET_NONE;
	struct err e = {0};
	char path[512];
	sample_path(name, path);
	FILE *f = fopen(path, "re");
	ck_assert_msg(f != NULL, "%s: is missing", path);
	ck_assert_int_eq(secret_read(&s, fileno(f), 65536, name, &e), 0);
	fclose(f);
	return s;
}

#endif
