/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages, sense data and sense codes seen elsewhere (a kernel's log, sg_raw, another program's trace), in words. */
#ifndef CMD_DRIVE_EXPLAIN_H
#define CMD_DRIVE_EXPLAIN_H

#include "base/err.h"

/* text: dumps and codes in any form that paste.h knows, "-" reads them from standard input; it may be overwritten.  vendor:
 * enum sense_vendor, 0 if the text shall tell.  Prints nothing that may be a key.  XE_USAGE, XE_FAILED. */
int explain_run(char *text, unsigned vendor, struct err *e) __attribute__((warn_unused_result));

#endif
