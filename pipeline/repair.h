/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sparse files that Bareos's autoxflate deflated: each record holds its address once in front and once more at the
 * beginning of what was compressed, so restores are shifted by 8 bytes.  Finds such files, marks their records as doubled;
 * the stages take the second address off.  formats/volume-format.md 6.6, item 2 */
#ifndef PIPELINE_REPAIR_H
#define PIPELINE_REPAIR_H

#include "pipeline/join.h"

struct repairer;

/* Stands behind the joiner, which must stay until repairer_free (NULL is fine).  NULL without memory. */
struct repairer *repairer_new(struct joiner *joiner);
void repairer_free(struct repairer *r);

/* As joiner_next.  Data may begin with its own address by itself, so one record does not tell: items of its job wait for
 * what does, the address of the next record, the file's digest, its size; if need be until the next volume. */
int repairer_next(struct repairer *r, struct item *item, struct err *e) __attribute__((warn_unused_result));

#endif
