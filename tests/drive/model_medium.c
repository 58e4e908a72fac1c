/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the drive and the memory in the cartridge tell of the cartridge's life.  Drives that encrypt know log page 17h, and
 * where the first encrypted block is. */
#include "model.h"

#include <string.h>

#define NONE UINT64_MAX
#define MB 1000000u
#define SERIAL "MEDIUM0001"
#define BARCODE "A00001L6"
#define MAKER "TESTCORP"

/* The first block from there on that is encrypted, or that is not; file marks are neither. */
static uint64_t first_block(const struct drive *d, uint64_t from, bool encrypted)
{
	for (uint64_t i = from; i < d->end; i++) {
		if (!d->tape[i].mark && d->tape[i].encrypted == encrypted)
			return i;
	}
	return NONE;
}

static uint64_t first_clear(const struct drive *d)
{
	uint64_t first = first_block(d, 0, true);
	return first == NONE ? NONE : first_block(d, first, false);
}

static void text(uint8_t *at, const char *from, size_t room)
{
	memset(at, ' ', room);
	memcpy(at, from, strlen(from) < room ? strlen(from) : room);
}

/* ---- log page 17h ---- */

static uint8_t *parameter(uint8_t *r, size_t *n, unsigned code, uint8_t control, size_t bytes)
{
	uint8_t *at = r + *n;
	put16(at, code);
	at[2] = control;
	at[3] = (uint8_t)bytes;
	*n += 4 + bytes;
	return at + 4;
}

static void count(uint8_t *r, size_t *n, unsigned code, uint64_t value, size_t bytes)
{
	put_wide(parameter(r, n, code, 0x43, bytes), value, bytes);
}

static void partition(uint8_t *r, size_t *n, unsigned code, uint64_t value, size_t bytes)
{
	uint8_t *at = parameter(r, n, code, 0x43, 4 + bytes);
	at[0] = (uint8_t)(3 + bytes);
	put_wide(at + 4, value, bytes);
}

uint8_t model_volume_statistics(const struct drive *d, uint8_t *r, size_t *n, struct answer *a)
{
	if (!d->p->encrypts)
		return model_invalid_cdb(a, 2);
	bool valid = d->medium != MEDIUM_NONE;
	*n = 4;
	count(r, n, 0x0000, valid, 1);
	count(r, n, 0x0001, d->loads, 4);
	count(r, n, 0x0003, 0, 4);
	count(r, n, 0x0004, 0, 2);
	count(r, n, 0x0008, d->wrong, 4);
	count(r, n, 0x0009, 0, 2);
	count(r, n, 0x0010, d->written / MB, 8);
	count(r, n, 0x0011, d->read / MB, 8);
	count(r, n, 0x0016, 2500000, 4);
	count(r, n, 0x0017, d->written / MB, 4);
	text(parameter(r, n, 0x0040, 0x41, 32), SERIAL, 32);
	text(parameter(r, n, 0x0042, 0x41, 32), BARCODE, 32);
	text(parameter(r, n, 0x0043, 0x41, 8), MAKER, 8);
	count(r, n, 0x0080, d->write_protected, 1);
	count(r, n, 0x0081, d->worm, 1);
	partition(r, n, 0x0200, first_block(d, 0, true), 6);
	partition(r, n, 0x0201, first_clear(d), 6);
	put16(r + 2, (unsigned)(*n - 4));
	return GOOD;
}

/* ---- cartridge memory ---- */

static uint8_t *attribute(uint8_t *r, size_t *n, unsigned first, unsigned id, uint8_t format, size_t bytes)
{
	static uint8_t nowhere[64];
	if (id < first)
		return nowhere;
	uint8_t *at = r + *n;
	put16(at, id);
	at[2] = (uint8_t)(0x80 | format);
	put16(at + 3, (unsigned)bytes);
	*n += 5 + bytes;
	return at + 5;
}

uint8_t model_attribute(const struct drive *d, const uint8_t *cdb, uint8_t *r, size_t *n, struct answer *a)
{
	unsigned first = get16(cdb + 8);
	if (d->no_memory)
		return model_sense(a, 5, 0x20, 0);
	if (d->medium == MEDIUM_NONE)
		return model_sense(a, 2, 0x3a, 0);
	if ((cdb[1] & 0x1f) != 0)
		return model_invalid_cdb(a, 1);
	*n = 4;
	put_wide(attribute(r, n, first, 0x0000, 0, 8), 2384185, 8);
	put_wide(attribute(r, n, first, 0x0001, 0, 8), 2384185, 8);
	put_wide(attribute(r, n, first, 0x0003, 0, 8), d->loads, 8);
	put_wide(attribute(r, n, first, 0x0220, 0, 8), d->written / MB, 8);
	put_wide(attribute(r, n, first, 0x0221, 0, 8), d->read / MB, 8);
	if (d->p->encrypts) {
		put_wide(attribute(r, n, first, 0x0224, 0, 8), first_block(d, 0, true), 8);
		put_wide(attribute(r, n, first, 0x0225, 0, 8), first_clear(d), 8);
	}
	text(attribute(r, n, first, 0x0400, 1, 8), MAKER, 8);
	text(attribute(r, n, first, 0x0401, 1, 32), SERIAL, 32);
	attribute(r, n, first, 0x0408, 0, 1)[0] = d->worm ? 0x80 : 0x00;
	text(attribute(r, n, first, 0x0806, 1, 32), BARCODE, 32);
	put32(r, (unsigned long)(*n - 4));
	return GOOD;
}
