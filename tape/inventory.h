/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tape drives and changers of this machine, as the kernel knows them: no command is sent, no node opened. */
#ifndef TAPE_INVENTORY_H
#define TAPE_INVENTORY_H

#include "base/err.h"
#include "tape/identity.h"

#define INVENTORY_NAME_BYTES 32

struct inventory_unit {
	unsigned type;                      /* IDENTITY_TYPE_TAPE or IDENTITY_TYPE_CHANGER */
	char address[INVENTORY_NAME_BYTES]; /* "3:0:1:0": host, channel, target, logical unit */
	unsigned place[4];                  /* the same as numbers */
	char node[INVENTORY_NAME_BYTES];    /* "nst0", "sch0"; "": the kernel's driver has none */
	char sg[INVENTORY_NAME_BYTES];      /* "sg3"; "": none */
	char vendor[9], product[17], revision[5];
	char serial[IDENTITY_TEXT_BYTES]; /* "": the kernel does not tell */
};

struct inventory {
	struct inventory_unit *units; /* by address */
	size_t count, room;
};

/* sysfs: "/sys".  XE_FAILED where that cannot be read; XE_REFUSED on systems that have no such thing.  *i is inventory_free's,
 * also after a failure. */
int inventory_read(const char *sysfs, struct inventory *i, struct err *e) __attribute__((warn_unused_result));
void inventory_free(struct inventory *i);

/* May this process send commands?  By the modes of the nodes in dev ("/dev") and, of what takes it, CAP_SYS_RAWIO; what the
 * kernel really lets pass shows when it is tried. */
enum inventory_rights {
	INVENTORY_ALL,
	INVENTORY_SOME, /* an sg node that may only be read, without CAP_SYS_RAWIO: INQUIRY, LOG SENSE and a few */
	INVENTORY_NONE,
};
enum inventory_rights inventory_rights(const char *dev, const struct inventory_unit *u);

#endif
