/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of the cartridge in a drive: its memory (MAM) and the drive's volume statistics (log page 17h). */
#ifndef TAPE_CARTRIDGE_H
#define TAPE_CARTRIDGE_H

#include "tape/drive.h"
#include "tape/mam.h"
#include "tape/volstats.h"

struct cartridge {
	bool has_mam, has_stats;
	struct mam mam;
	struct volstats stats;
};

/* Of the cartridge in the drive all that it tells; m as drive_medium fills it.  A drive that has neither memory nor page leaves
 * both empty, and that is no error; only a deferred one is. */
int cartridge_read(struct drive *d, struct cartridge *c, struct drive_medium *m, struct err *e) __attribute__((warn_unused_result));

/* By what any of the three tells. */
bool cartridge_is_worm(const struct cartridge *c, const struct drive_medium *m);
bool cartridge_is_cleaning(const struct cartridge *c);

/* Where both tell, the drive's statistics, which are of this moment. */
struct told_number cartridge_number(const struct cartridge *c, enum volstats_number s, enum mam_number m);
struct told_place cartridge_place(const struct cartridge *c, enum volstats_place s, enum mam_place m, unsigned partition);

#endif
