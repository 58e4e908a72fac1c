/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks into items: each is taken apart into records, the parts of split ones are joined per session, over blocks and over
 * volumes, and what is lost between them is told.  The packer's counterpart, used by the reader alone.
 * formats/volume-format.md 2 */
#ifndef VOLUME_ASSEMBLER_H
#define VOLUME_ASSEMBLER_H

#include "volume/reading.h"

struct assembler;

/* options and pool must stay until assembler_free (NULL is fine).  NULL without memory. */
struct assembler *assembler_new(const struct reader_options *options, struct buf_pool *pool);
void assembler_free(struct assembler *a);

/* Blocks from here on are of v, which begins at address addr of its input; v must stay until assembler_free.  At its end
 * what is remembered of its blocks is forgotten; sessions and records that wait go on. */
void assembler_begin_volume(struct assembler *a, struct volume *v, uint64_t addr);
void assembler_end_volume(struct assembler *a);

/* The volume goes on in another input, as a tape that was read file by file: bytes of it are in those before. */
void assembler_next_file(struct assembler *a, uint64_t bytes);

/* Blocks were passed over, unread.  Records and files of which parts may be there are no damage: what waits is handed out without its rest
 * unless that comes next, and of what began there nothing is. */
void assembler_pass_over(struct assembler *a);

/* A SOURCE_BLOCK: what it holds follows with assembler_next.  Borrowed until the next one comes.  XE_FAILED without
 * memory. */
int assembler_block(struct assembler *a, const struct source_item *block, struct err *e) __attribute__((warn_unused_result));

/* Does that block begin another volume behind the end of this one, as in `cat vol1 vol2`? */
bool assembler_at_other_volume(const struct assembler *a);

/* Damage, a block that nobody can read, a file mark, another system's label: fills item.  What of a bad block is used all the
 * same follows with assembler_next.  Borrowed as above.  XE_FAILED without memory. */
int assembler_other(struct assembler *a, const struct source_item *block, struct item *item, struct err *e)
	__attribute__((warn_unused_result));

/* The next item of the block at hand; item->buf is lent until the next call.  Returns 1 if item was filled, 0 at the block's
 * end, else XE_FAILED (memory). */
int assembler_next(struct assembler *a, struct item *item, struct err *e) __attribute__((warn_unused_result));

/* At the end of a volume: the records that it cuts, one a call, as far as assembler_begin_cut could read their rest ahead from
 * options->paths[from...].  assembler_next_cut returns 1 if item was filled, else 0;
 * assembler_begin_cut 0; or what those files have for an error. */
int assembler_begin_cut(struct assembler *a, size_t from, struct err *e) __attribute__((warn_unused_result));
int assembler_next_cut(struct assembler *a, struct item *item, struct err *e) __attribute__((warn_unused_result));

/* Has a job begun, or gone on, that has no end yet?  Is the session, as struct kin asks, such a one?  arg: the assembler. */
bool assembler_waits(const struct assembler *a);
bool assembler_waits_for(const void *arg, uint32_t session_id, uint32_t session_time);

/* Bytes of the largest block so far. */
uint32_t assembler_largest(const struct assembler *a);

#endif
