/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forms that keylist_read tells apart, each with its reader: what is wrong is in list->faults, errors are as there. */
#ifndef KEYS_KEYLIST_FORMS_H
#define KEYS_KEYLIST_FORMS_H

#include "keys/keylist.h"

/* Lines, and tables with a row a line. */
int keylist_table_read(struct keylist *list, struct span text, struct err *e) __attribute__((warn_unused_result));

/* Records with one column a line. */
bool keylist_vertical_is(struct span text);
int keylist_vertical_read(struct keylist *list, struct span text, struct err *e) __attribute__((warn_unused_result));

int keylist_json_read(struct keylist *list, struct span text, struct err *e) __attribute__((warn_unused_result));

#endif
