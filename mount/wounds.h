/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which bytes of a file are damaged.  Where its data come with addresses, a loss reaches from the record before it to the one behind it.
 * Where they do not, nothing tells how much is missing but the length of the content, and that is known only where all of it was proved
 * before (what stat said is from before the file was read): then what is behind the last loss is aligned to its end, if all records are of
 * one length and what is missing is a multiple of that; else everything from the first loss on is damaged. */
#ifndef MOUNT_WOUNDS_H
#define MOUNT_WOUNDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WOUNDS_MAX 64u /* ranges; more become one with the last of them, and what is between */

/* All zero at the beginning. */
struct wounds {
	struct wounds_range {
		uint64_t from, to;
		const char *why;
	} ranges[WOUNDS_MAX];
	unsigned count;
	bool open; /* something may be missing before the next record, */
	uint64_t open_at;
	bool torn;                 /* or was, without addresses: */
	uint64_t first, last;      /* before what was taken for this byte, and, the last time, for this one */
	uint64_t unit, last_bytes; /* the length of all records but the last; and of that */
	bool uneven;               /* there is none */
	bool addressed;
	uint64_t last_lo; /* where the last record begins */
	uint64_t shift;   /* that what is behind the last loss is behind where it was taken to be */
};

/* Something may be missing before the next record; its data would go on at this byte. */
void wounds_lose(struct wounds *w, uint64_t at);

/* The next record, of so many plain bytes, between lo and hi (or lo = hi).  doubt: its block's checksum is wrong. */
void wounds_record(struct wounds *w, bool addressed, uint64_t lo, uint64_t hi, uint64_t bytes, bool doubt);

/* May what the records say of their places be wrong?  A digest does not count addresses. */
bool wounds_misplaced(const struct wounds *w);

/* Behind the last one; end: highest byte; size: of the file; lost: something may be missing there; proves: there is a digest, which does not
 * fit; counted: size is the length of the content, not what its attributes say. */
void wounds_end(struct wounds *w, uint64_t end, uint64_t size, bool lost, bool proves, bool counted);

/* Behind wounds_end: all of it is not what it should be, though nothing tells where; who comes to its end learns why. */
void wounds_deny(struct wounds *w, uint64_t size, const char *why);

/* Could some of it be damaged, as far as is known before the end? */
bool wounds_touch(const struct wounds *w, uint64_t at, uint64_t n);

/* At the end: are all of these bytes sound?  *at then becomes where they were taken to be.  If not, *why. */
bool wounds_sound(const struct wounds *w, uint64_t *at, uint64_t n, const char **why);

#endif
