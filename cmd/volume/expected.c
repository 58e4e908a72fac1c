/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/expected.h"

int expected_check(const struct filter *f, uint64_t expected, struct err *e)
{
	uint64_t read, written;
	filter_progress(f, &read, &written);
	if (expected == 0 || read == expected)
		return 0;
	return err_set(e, XE_DAMAGE, "%llu bytes were read, %llu were expected%s", (unsigned long long)read, (unsigned long long)expected,
		       read < expected ? ": it was cut off" : "");
}
