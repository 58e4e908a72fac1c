/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Restore objects, the configuration of plugins, become files: an observer in front of an extraction.  Each is called
 * restore-objects/FILEINDEX-NAME.  formats/restore-format.md 2.9 */
#ifndef RESTORE_OBJECTS_H
#define RESTORE_OBJECTS_H

#include "volume/observer.h"

struct objects;

/* to stays where it is until objects_free (NULL is fine).  NULL without memory. */
struct objects *objects_new(const struct observer *to);
void objects_free(struct objects *o);

/* Who is to look on; lent by o.  One that is damaged is found as that, and passes as it is. */
const struct observer *objects_observer(struct objects *o);

#endif
