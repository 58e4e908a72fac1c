/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Write Bootstrap files whose addresses are stale, since their volumes were converted.  formats/catalog-facts.md 4.5 */
#ifndef CATALOG_BSRMEND_H
#define CATALOG_BSRMEND_H

#include "catalog/bsr.h"
#include "catalog/bsrfile.h"

/* Writes b again with the addresses that its files have on the new side of these volumes; names of volumes that were renamed follow, what o
 * names replaces what is there, all else stays.  A section of several volumes that has addresses becomes one for each of them that has some
 * of its files, with those, and without its Count.  XE_USAGE, with the line, where a section's volume is not given, or has not what the section asks for; something may be written
 * by then. */
int bsrmend_write(FILE *out, const struct bsrfile *b, struct mapped_volume *const *volumes, size_t count, const struct bsr_options *o,
		  struct err *e) __attribute__((warn_unused_result));

#endif
