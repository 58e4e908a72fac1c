/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is a catalog that of these volumes before their conversion, or behind it?  formats/catalog-facts.md 6 */
#ifndef CATALOG_VERDICT_H
#define CATALOG_VERDICT_H

#include "catalog/plan.h"

enum verdict {
	VERDICT_READY,
	VERDICT_APPLIED,
	VERDICT_WRITTEN_BACK, /* applied, but for Media: a job that read a volume meanwhile gave it its old size (formats/catalog-facts.md 3.3) */
	VERDICT_REFUSED,
};

/* Of one chain of a plan that has rows.  say is called for each thing that speaks against the first, if it is to be refused. */
enum verdict verdict_of(const struct plan *p, size_t chain, bool bareos, void (*say)(void *arg, const char *text), void *arg);

#endif
