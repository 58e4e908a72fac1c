/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What volumes are kept on: files, pipes, tapes, folders.  One row of functions for each kind, and nobody else asks which it is.  A kind
 * more is a file with its row and a line in medium_open (a folder: in its table), for what is read, and in medium_of, for what is
 * written. */
#ifndef MEDIUM_MEDIUM_H
#define MEDIUM_MEDIUM_H

#include "base/io.h"

struct medium;
struct sink;
struct pieces;
struct dedupable;

/* One input.  Opened by medium_open, or made of a descriptor by medium_describe; closed once. */
struct medium_input {
	const struct medium *medium;
	struct io io;
	bool rereadable; /* can be opened again by its path, and read from any place, while this one is open */
	uint64_t size;   /* bytes, 0 if unknown */
	uint64_t at;     /* by_block, and of folders: address of what is read next */
	bool at_mark;    /* by_block: a file mark was read last */

	/* Of folders, NULL on others; owned */
	struct pieces *pieces;
	struct dedupable *dedupable;
};

#define MEDIUM_WHY_BYTES 160u

/* Where one stretch of a volume ends and the next one begins. */
struct medium_gap {
	uint64_t at;                /* address of that */
	uint64_t bytes;             /* that are missing in between, if it is known how many; else 0 */
	char why[MEDIUM_WHY_BYTES]; /* what is missing; "": nothing is, addresses jump */
};

#define MEDIUM_CLOSED ((struct medium_input){.io = {.fd = -1}})

enum medium_found {
	MEDIUM_BLOCK,
	MEDIUM_MARK,
	MEDIUM_END,
	MEDIUM_LARGER, /* a block that is larger than the room for it, and is still to be read */
	MEDIUM_LOST,   /* a block that cannot be read, or more of them: the medium's why tells; *got: its bytes, 0 if they are not known */
};

struct medium {
	const char *name; /* in maps, docs/map-format.md */
	bool rereadable;  /* see struct medium_input */

	const char *no_catalog; /* why its addresses cannot be looked up in a catalog: "a dedupable volume"; NULL: they can */
	const char *label;      /* what label_special_kind says of the labels that belong here; NULL: nothing */

	/* Of folders; NULL on others.  Does a file of that name tell that the folder around it is such a volume? */
	bool (*knows)(const char *name);
	const char *first; /* the file without which no such volume is whole */
	/* Can a file of that name be one of its pieces?  NULL: that is not told by names. */
	bool (*piece)(const char *name);
	/* Makes in, whose io is the folder, ready to be read.  XE_FAILED, also for a folder that is none such after all. */
	int (*open)(struct medium_input *in, struct err *e);
	void (*close)(struct medium_input *in);

	bool anew;     /* where something comes from here, or goes here, blocks and the addresses in labels are written anew */
	bool by_block; /* blocks are read and written one by one, as the medium keeps them apart; addresses count blocks, not bytes */

	/* Of a block of len bytes at addr: the address of its end.  volume-format.md 1.5, 3.4 */
	uint64_t (*end)(uint64_t addr, uint64_t len);
	/* Behind the last block, at addr: what a catalog calls VolFiles when the volume is closed.  catalog-facts.md 2.7 */
	uint64_t (*files)(uint64_t addr);
	/* Where byte offset of the block at addr is, in messages: "byte 8573"; and addr alone: "8573".  text: text_bytes, NUL
	 * included. */
	void (*place)(uint64_t addr, uint32_t offset, char *text, size_t text_bytes);
	void (*address)(uint64_t addr, char *text, size_t text_bytes);

	/* Up to most of the bytes that follow, at least least of them unless the end comes first.  NULL if by_block.  XE_FAILED. */
	int (*read)(struct medium_input *in, void *data, size_t least, size_t most, size_t *got, struct err *e);
	/* Behind the address at, where read came to an end: is there more elsewhere?  NULL: never. */
	bool (*gap)(const struct medium_input *in, uint64_t at, struct medium_gap *gap);
	/* n bytes from byte at on; fewer only at the end.  NULL unless rereadable.  at: an address and an offset behind it, or what
	 * position makes of one where blocks are counted.  XE_FAILED. */
	int (*read_at)(const struct medium_input *in, uint64_t at, void *data, size_t n, size_t *got, struct err *e);
	uint64_t (*position)(uint64_t addr); /* NULL: addr */
	/* The address behind which about so many bytes stand up to the end, at or behind that of the beginning; whether a block begins there
	 * is not said.  NULL unless rereadable. */
	uint64_t (*near_end)(const struct medium_input *in, uint64_t bytes);
	/* What MEDIUM_LOST was, until the next call.  NULL if next never says that. */
	const char *(*why)(const struct medium_input *in);
	/* The next block, mark or end, and its address; *got bytes of a block, n at most.  NULL unless by_block.  XE_FAILED,
	 * XE_NOT_READY. */
	int (*next)(struct medium_input *in, void *data, size_t n, size_t *got, uint64_t *addr, enum medium_found *found, struct err *e);

	/* What medium/sink.h says, with s->at counted on; NULL: nothing is to be done.  XE_FAILED. */
	void (*begin)(struct sink *s);
	int (*write)(struct sink *s, const uint8_t *data, size_t len, bool label, struct err *e);
	int (*write_foreign)(struct sink *s, const uint8_t *data, size_t len, struct err *e);
	int (*file_mark)(struct sink *s, struct err *e);
	int (*finish)(struct sink *s, struct err *e);
	void (*drop)(struct sink *s); /* what of s is the medium's own; idempotent */
};

extern const struct medium medium_file, medium_stream, medium_tape, medium_chunked, medium_cloud, medium_dedupable;

/* What the descriptor is a medium of. */
const struct medium *medium_of(const struct io *io);

/* What is at path, looked at without reading of it: devices and files are opened for it, pipes are not, lest their writer be chased
 * away.  "-" is standard input.  NULL if there is nothing, or it is no medium. */
const struct medium *medium_at(const char *path);

/* Is it a folder that is such a volume, and its first piece is there?  A file that is only called as a later one makes it none. */
bool medium_begins_at(const char *path);

/* Can what is at path be opened and read as often as one likes?  Asked without opening it. */
bool medium_rereadable(const char *path);

/* And can parts of it be read by the addresses that a catalog has? */
bool medium_has_ranges(const char *path);

/* As io_open_input; a folder that is a volume is opened as one. */
int medium_open(struct medium_input *in, const char *path, struct err *e) __attribute__((warn_unused_result));

/* As io_describe. */
bool medium_describe(struct medium_input *in, int fd);

/* Idempotent. */
void medium_close(struct medium_input *in);

#endif
