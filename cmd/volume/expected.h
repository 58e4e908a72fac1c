/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --expect-bytes: a stream that was cut off between two blocks looks like one that has ended. */
#ifndef CMD_VOLUME_EXPECTED_H
#define CMD_VOLUME_EXPECTED_H

#include "pipeline/filter.h"

#define EXPECTED_ROW(request, member) OPTION_NUMBER(0, "expect-bytes", 1, UINT64_MAX, "a number of bytes", request, member)

/* Has f, which is run, read so many bytes?  expected: 0: any.  XE_DAMAGE, and how many were read. */
int expected_check(const struct filter *f, uint64_t expected, struct err *e) __attribute__((warn_unused_result));

#endif
