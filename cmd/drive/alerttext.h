/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TapeAlert flags for people and as JSON, of drives and of libraries. */
#ifndef CMD_DRIVE_ALERTTEXT_H
#define CMD_DRIVE_ALERTTEXT_H

#include "tape/tapealert.h"

/* The same page has other flags in each. */
enum alerttext_of { ALERTTEXT_DRIVE, ALERTTEXT_LIBRARY, ALERTTEXT_UNKNOWN };

struct alerttext {
	const char *device; /* NULL: the page was pasted */
	enum alerttext_of of;
	bool all, cleared;
	uint8_t page; /* TAPEALERT_PAGE, TAPEALERT_RESPONSE_PAGE */
};

void alerttext_print(const struct alerttext *a, const struct tapealert *t);
void alerttext_json(const struct alerttext *a, const struct tapealert *t);

/* A log page that was pasted, of a kind that pagekind_of_log knows: prints it.  True if a critical flag is active. */
bool alerttext_print_page(struct span page, enum alerttext_of of);

/* A flag is active that is critical; of unknown origin: in one of its meanings. */
bool alerttext_is_critical(const struct tapealert *t, enum alerttext_of of);

#endif
