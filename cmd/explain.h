/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages and sense data as hex digits, seen elsewhere (a kernel's log, sg_raw, another program's trace), in words. */
#ifndef CMD_EXPLAIN_H
#define CMD_EXPLAIN_H

#include "base/err.h"

/* text: hex digits, blanks, colons and 0x are passed over; "-" reads them from standard input.  XE_USAGE, XE_FAILED. */
int explain_run(const char *text, struct err *e) __attribute__((warn_unused_result));

#endif
