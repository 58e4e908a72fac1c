/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes that somebody has pasted: is there, or may there be, a key in them?  Asked before anything of them is explained. */
#ifndef TAPE_KEYGUARD_H
#define TAPE_KEYGUARD_H

#include "scsi.h"

enum keyguard {
	KEYGUARD_NONE,    /* no page that sets a key */
	KEYGUARD_COMMAND, /* the CDB of SECURITY PROTOCOL OUT with nothing behind it */
	KEYGUARD_PAGE,    /* a Set page, whole, every field as the standard wants it */
	KEYGUARD_CUT,     /* one whose fields up to the key are as they should be, but which is not whole */
	KEYGUARD_DAMAGED, /* what may be one: no field of it can be believed */
};

struct keyguard_find {
	size_t at;           /* byte that it begins at */
	struct scsi_set set; /* KEYGUARD_PAGE and KEYGUARD_CUT; the spans are those of a whole page only */
	size_t key_len;      /* as the page says */
};

/* Looks at every place of bytes.  It errs to the side of silence: a page that is no capabilities page beyond doubt, or a
 * row of bytes as stands before a key, is a find. */
enum keyguard keyguard_look(struct span bytes, struct keyguard_find *find);

/* Page 0010h in is as page 0010h out; it is capabilities where every reserved byte and every descriptor is as it should
 * be. */
bool keyguard_is_capabilities(struct span bytes);

#endif
