/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XXH64, seed 0, of each of the volumes that stand one behind the other in an input.  Whether a label begins another one is decided
 * behind it.  Used by the window alone. */
#ifndef VOLUME_VOLUMEHASH_H
#define VOLUME_VOLUMEHASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct volumehash;

/* For volumehash_free (NULL is fine).  NULL without memory. */
struct volumehash *volumehash_new(void);
void volumehash_free(struct volumehash *h);

void volumehash_add(struct volumehash *h, const void *data, size_t len);

/* Another volume may begin with what is added next; it does not. */
void volumehash_mark(struct volumehash *h);
void volumehash_unmark(struct volumehash *h);

/* Of the volume that ends here, or before the mark: there the next one began. */
uint64_t volumehash_end(struct volumehash *h, bool at_mark);

#endif
