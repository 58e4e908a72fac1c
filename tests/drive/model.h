/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An LTO tape drive with encryption, stricter than any that can be bought: CDB in, status, data and sense out.  It knows
 * nothing of where commands come from; fuse_drive.c and tcmu_drive.c bring them.
 *
 * It really encrypts (AES-256-GCM) what is written with a key, so a wrong key cannot read it back. */
#ifndef TESTS_DRIVE_MODEL_H
#define TESTS_DRIVE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { GOOD = 0, CHECK = 2, BUSY = 8, RESERVATION_CONFLICT = 0x18 };

#define KEY_BYTES 32
#define KAD_MAX 64
#define BLOCKS_MAX 20000
#define SENSE_BYTES 20

struct algorithm {
	uint8_t index;
	uint32_t code;
	uint16_t key_bytes, ukad_max, akad_max;
	bool ukad_fixed, kad_format, vcelb;
	uint8_t kads; /* DKAD_C */
	uint8_t raw;  /* RDMC_C */
};

struct personality {
	const char *name, *vendor, *product, *revision;
	bool encrypts;   /* false: knows no SECURITY PROTOCOL */
	uint8_t control; /* PARAMETERS CONTROL; 2 and more refuse SECURITY PROTOCOL OUT */
	bool lockout;    /* after ten wrong keys, each followed by a read */
	bool has_list;   /* page 0010h */
	bool has_ckod;
	bool picky_clear;      /* wants 32 zero bytes to clear */
	bool blocks_on_empty;  /* page 0021h without a medium is an error that takes long */
	unsigned load_seconds; /* what it recommends for LOAD, and a tenth of it for short commands; 0: knows no such report */
	size_t algorithms;
	struct algorithm algorithm[4];
};

struct block {
	uint8_t *data;
	size_t len;
	bool mark, encrypted;
	uint8_t iv[12], tag[16], index;
	size_t ukad_len, akad_len;
	uint8_t ukad[KAD_MAX], akad[KAD_MAX];
	bool raw_readable;
};

enum medium { MEDIUM_NONE, MEDIUM_LTO3, MEDIUM_LTO4, MEDIUM_LTO6, MEDIUM_LTO8 };

/* What the next commands do instead of their work. */
struct fault {
	unsigned count; /* 0: none */
	unsigned after; /* commands of this kind that still pass */
	int opcode;     /* -1: any */
	int page;       /* of SECURITY PROTOCOL; -1: any */
	uint8_t status;
	uint8_t key, asc, ascq;
	uint8_t format;          /* response code of the sense: 70h, 72h, 71h; 0: no sense at all */
	int host, driver, error; /* error: errno of the ioctl */
	bool executed;           /* does its work all the same */
};

struct drive {
	const struct personality *p;
	/* The key. */
	uint8_t encryption, decryption, index, key[KEY_BYTES], scope, ceem, rdmc;
	bool has_key, ckod;
	uint8_t kad_format;
	size_t ukad_len, akad_len;
	uint8_t ukad[KAD_MAX], akad[KAD_MAX];
	uint32_t counter;
	unsigned wrong; /* keys in a row that failed a read */
	bool locked, failed_read;
	/* The tape. */
	enum medium medium, shelf; /* shelf: what an unload leaves for the next load */
	bool write_protected, worm, loading;
	uint64_t written, read; /* bytes, in the cartridge's life */
	unsigned loads;
	bool no_memory;                    /* knows no READ ATTRIBUTE */
	uint8_t loading_asc, loading_ascq; /* why it is not ready, while it loads */
	unsigned loading_polls;            /* TEST UNIT READYs until it is; 0: for ever */
	unsigned loading_all;              /* what these began with: it tells its progress; 0: it does not */
	uint8_t activity;                  /* of log page 11h, while it loads */
	bool no_keys_yet;                  /* SECURITY PROTOCOL waits for the end of loading, too */
	struct block tape[BLOCKS_MAX];
	size_t pos, end;
	/* The rest. */
	uint8_t attentions[8][2];
	size_t attention_count;
	uint64_t alerts;       /* bit n-1: flag n */
	uint8_t type;          /* of INQUIRY: 1 a tape drive, 8 a changer, ... */
	uint64_t missing_logs; /* bit n: log page n is refused */
	bool unplugged;
	size_t allocation_max; /* SECURITY PROTOCOL IN with more is 5/24/00; 0: takes any */
	int slow_opcode;       /* takes slow_seconds: who gives it less time sees it time out */
	unsigned slow_seconds;
	unsigned timeout;    /* seconds that came with the command; 0: not told */
	char last_write[17]; /* "none", "clear", or the key as in the state */
	struct fault fault;
	unsigned lie;                               /* announced lengths are larger by this */
	unsigned cut;                               /* answers are shorter by this */
	bool ignore_set, ignore_kad, stuck_counter; /* a drive that says GOOD and does something else */
	FILE *log;
};

struct answer {
	uint8_t status;
	size_t in_len;
	uint8_t sense[SENSE_BYTES];
	size_t sense_len;
	int host, driver, error;
};

const struct personality *model_personality(const char *name);

void model_power_on(struct drive *d, const struct personality *p);

/* One command: out_len bytes at out go to the drive, up to in_room come from it. */
void model_command(struct drive *d, const uint8_t *cdb, size_t cdb_len, const uint8_t *out, size_t out_len, uint8_t *in, size_t in_room,
		   struct answer *a);

/* A line of the control file.  False if it is none. */
bool model_control(struct drive *d, const char *line);

/* What it is in, as lines "name=value"; the key as the beginning of its SHA-256. */
size_t model_state(const struct drive *d, char *text, size_t room);

/* ---- between the files of the model ---- */

void model_attention(struct drive *d, uint8_t asc, uint8_t ascq);
uint8_t model_sense(struct answer *a, uint8_t key, uint8_t asc, uint8_t ascq);
/* 5/24/00 or 5/26/00 with a field pointer. */
uint8_t model_invalid_cdb(struct answer *a, unsigned byte);
uint8_t model_invalid_list(struct answer *a, unsigned byte);
void model_forget_key(struct drive *d);
void model_blank(struct drive *d);
uint8_t model_security_in(struct drive *d, const uint8_t *cdb, uint8_t *r, size_t *n, struct answer *a);
uint8_t model_security_out(struct drive *d, const uint8_t *cdb, const uint8_t *out, size_t out_len, struct answer *a);
uint8_t model_inquiry(const struct drive *d, const uint8_t *cdb, uint8_t *r, size_t *n, struct answer *a);
uint8_t model_log_sense(struct drive *d, const uint8_t *cdb, uint8_t *r, size_t *n, struct answer *a);
uint8_t model_opcodes(const struct drive *d, const uint8_t *cdb, uint8_t *r, size_t *n, struct answer *a);
/* "none", or 16 hex digits of its SHA-256. */
void model_key_text(const struct drive *d, char text[static 17]);
/* model_medium.c: log page 17h and the cartridge memory. */
uint8_t model_volume_statistics(const struct drive *d, uint8_t *r, size_t *n, struct answer *a);
uint8_t model_attribute(const struct drive *d, const uint8_t *cdb, uint8_t *r, size_t *n, struct answer *a);
/* Both return false if the key does not fit. */
void model_seal(struct drive *d, struct block *b, const uint8_t *plain, size_t len);
bool model_open(const struct drive *d, const struct block *b, uint8_t *plain);

static inline unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static inline unsigned long get32(const uint8_t *p)
{
	return (unsigned long)get16(p) << 16 | get16(p + 2);
}

static inline void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void put_wide(uint8_t *p, uint64_t v, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> 8 * (bytes - 1 - i));
}

static inline void put32(uint8_t *p, unsigned long v)
{
	put16(p, (unsigned)(v >> 16));
	put16(p + 2, (unsigned)v);
}

#endif
