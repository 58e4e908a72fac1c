/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dedupable volumes, written: what struct medium says of write, finish and drop; and the names of their files.
 * formats/volume-kinds.md 2 */
#ifndef MEDIUM_DEDUPABLE_H
#define MEDIUM_DEDUPABLE_H

#include "medium/sink.h"

#define DEDUPABLE_CONFIG "config"
#define DEDUPABLE_BLOCKS "blocks"
#define DEDUPABLE_PARTS "parts"
#define DEDUPABLE_ALIGNED "aligned.data"
#define DEDUPABLE_UNALIGNED "unaligned.data"

/* Each block is one call.  Of a record's payload the whole blocks of s->unit bytes go to the aligned file, one behind the other though the
 * record goes over several blocks; headers and the rest to the other. */
int dedupable_write(struct sink *s, const uint8_t *data, size_t len, bool label, struct err *e);
int dedupable_finish(struct sink *s, struct err *e);
void dedupable_drop(struct sink *s);

#endif
