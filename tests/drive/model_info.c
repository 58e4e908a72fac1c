/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the drive says of itself: personalities, INQUIRY, LOG SENSE, READ ATTRIBUTE. */
#include "model.h"

#include <string.h>

#define GCM 0x00010014

/* clang-format off: a table */
static const struct personality personalities[] = {
	{"hp-lto6",
	 "HP",
	 "Ultrium 6-SCSI",
	 "35GD",
	 true,
	 1,
	 false,
	 true,
	 true,
	 false,
	 false,
	 780,
	 1,
	 {{1, GCM, 32, 32, 12, false, true, true, 3, 4}}},
	{"hp-lto4",
	 "HP",
	 "Ultrium 4-SCSI",
	 "H63W",
	 true,
	 1,
	 true,
	 true,
	 true,
	 false,
	 false,
	 0,
	 1,
	 {{1, GCM, 32, 32, 16, false, true, true, 3, 4}}},
	{"quantum-lto4",
	 "QUANTUM",
	 "ULTRIUM 4",
	 "2210",
	 true,
	 0,
	 false,
	 true,
	 true,
	 false,
	 false,
	 0,
	 1,
	 {{0, GCM, 32, 32, 12, false, false, false, 3, 4}}},
	{"ibm-lto8",
	 "IBM",
	 "ULT3580-HH8",
	 "N9M1",
	 true,
	 1,
	 false,
	 true,
	 true,
	 false,
	 false,
	 7920,
	 3,
	 {{1, GCM, 32, 12, 60, false, true, true, 3, 5},
	  {2, GCM, 32, 12, 60, true, true, true, 3, 5},
	  {3, GCM, 32, 0, 60, false, true, true, 2, 5}}},
	{"library",
	 "IBM",
	 "ULT3580-TD5",
	 "C7R3",
	 true,
	 3,
	 false,
	 true,
	 true,
	 false,
	 false,
	 780,
	 1,
	 {{1, GCM, 32, 12, 60, false, true, true, 3, 4}}},
	{"appliance",
	 "HP",
	 "Ultrium 5-SCSI",
	 "Z61U",
	 true,
	 4,
	 false,
	 true,
	 true,
	 false,
	 false,
	 600,
	 1,
	 {{1, GCM, 32, 32, 16, false, true, true, 3, 4}}},
	{"lto3", "HP", "Ultrium 3-SCSI", "L67W", false, 0, false, false, false, false, false, 0, 0, {{0}}},
	{"no-list",
	 "OLD",
	 "Ultrium 4",
	 "0001",
	 true,
	 0,
	 false,
	 false,
	 false,
	 false,
	 false,
	 0,
	 1,
	 {{1, GCM, 32, 32, 12, false, false, false, 3, 4}}},
	{"picky",
	 "PICKY",
	 "Ultrium 7",
	 "0001",
	 true,
	 1,
	 false,
	 true,
	 false,
	 true,
	 false,
	 960,
	 2,
	 {{4, 0x00010010, 32, 32, 12, false, true, true, 3, 4}, {7, GCM, 32, 16, 0, true, true, true, 1, 1}}},
	{"short-keys",
	 "ODD",
	 "Ultrium 9",
	 "0001",
	 true,
	 1,
	 false,
	 true,
	 true,
	 false,
	 false,
	 960,
	 1,
	 {{1, GCM, 16, 32, 12, false, true, true, 3, 4}}},
};
/* clang-format on */

const struct personality *model_personality(const char *name)
{
	for (size_t i = 0; i < sizeof personalities / sizeof personalities[0]; i++) {
		if (strcmp(personalities[i].name, name) == 0)
			return &personalities[i];
	}
	return NULL;
}

static void padded(uint8_t *at, const char *text, size_t room)
{
	size_t n = strlen(text);
	memset(at, ' ', room);
	memcpy(at, text, n < room ? n : room);
}

uint8_t model_inquiry(const struct drive *d, const uint8_t *cdb, uint8_t *r, size_t *n, struct answer *a)
{
	static const uint8_t naa[] = {0x50, 0x01, 0x40, 0x50, 0, 0, 0, 1};
	r[0] = 1; /* a tape drive, unless told otherwise */
	if (d->type != 1)
		r[0] = d->type;
	if ((cdb[1] & 1) == 0) {
		if (cdb[2] != 0)
			return model_invalid_cdb(a, 2);
		r[1] = 0x80;
		r[2] = 6;
		r[3] = 2;
		r[4] = 91;
		padded(r + 8, d->p->vendor, 8);
		padded(r + 16, d->p->product, 16);
		padded(r + 32, d->p->revision, 4);
		*n = 96;
		return GOOD;
	}
	r[1] = cdb[2];
	switch (cdb[2]) {
	case 0x00:
		r[3] = 3;
		r[5] = 0x80;
		r[6] = 0x83;
		*n = 7;
		return GOOD;
	case 0x80:
		r[3] = 10;
		padded(r + 4, "TST0000001", 10);
		*n = 14;
		return GOOD;
	case 0x83:
		r[3] = 12;
		r[4] = 1;
		r[5] = 3;
		r[7] = 8;
		memcpy(r + 8, naa, sizeof naa);
		*n = 16;
		return GOOD;
	default: return model_invalid_cdb(a, 2);
	}
}

/* 2Eh clears what it tells, 12h does not. */
uint8_t model_log_sense(struct drive *d, const uint8_t *cdb, uint8_t *r, size_t *n, struct answer *a)
{
	static const uint8_t pages[] = {0x00, 0x11, 0x12, 0x17, 0x2e};
	r[0] = cdb[2] & 0x3f;
	if (d->missing_logs >> r[0] & 1)
		return model_invalid_cdb(a, 2);
	switch (r[0]) {
	case 0x00:
		put16(r + 2, sizeof pages);
		memcpy(r + 4, pages, sizeof pages);
		*n = 4 + sizeof pages;
		return GOOD;
	case 0x11:
		put16(r + 2, 8);
		r[6] = 3;
		r[7] = 4;
		r[9] = (uint8_t)((d->loading ? 0x80 : 0) | (d->medium != MEDIUM_NONE ? 0x11 : 0));
		r[10] = d->loading ? d->activity : 0;
		*n = 12;
		return GOOD;
	case 0x12:
		put16(r + 2, 12);
		r[7] = 8;
		for (unsigned i = 0; i < 64; i++)
			r[8 + i / 8] |= (uint8_t)((d->alerts >> i & 1) << (7 - i % 8));
		*n = 16;
		return GOOD;
	case 0x17: return model_volume_statistics(d, r, n, a);
	case 0x2e:
		put16(r + 2, 320);
		for (unsigned i = 0; i < 64; i++) {
			uint8_t *p = r + 4 + i * 5;
			put16(p, i + 1);
			p[2] = 0x60;
			p[3] = 1;
			p[4] = d->alerts >> i & 1;
		}
		*n = 324;
		if (get16(cdb + 7) > 4)
			d->alerts = 0;
		return GOOD;
	default: return model_invalid_cdb(a, 2);
	}
}

/* REPORT SUPPORTED OPERATION CODES: all commands only, with timeouts where RCTD asks for them. */
uint8_t model_opcodes(const struct drive *d, const uint8_t *cdb, uint8_t *r, size_t *n, struct answer *a)
{
	static const struct {
		uint8_t opcode, cdb_bytes;
		unsigned tenths; /* of load_seconds */
	} commands[] = {{0x00, 6, 1},  {0x01, 6, 8},  {0x03, 6, 1},  {0x05, 6, 1},  {0x08, 6, 20}, {0x0a, 6, 20}, {0x10, 6, 20},
			{0x11, 6, 30}, {0x12, 6, 0},  {0x15, 6, 1},  {0x1a, 6, 1},  {0x1b, 6, 10}, {0x1e, 6, 1},  {0x2b, 10, 30},
			{0x34, 10, 1}, {0x4d, 10, 5}, {0x8c, 16, 5}, {0xa2, 12, 1}, {0xa3, 12, 1}, {0xb5, 12, 1}};
	if (d->p->load_seconds == 0)
		return model_sense(a, 5, 0x20, 0);
	if ((cdb[1] & 0x1f) != 0x0c)
		return model_invalid_cdb(a, 1);
	if ((cdb[2] & 0x7f) != 0)
		return model_invalid_cdb(a, 2);
	for (unsigned i = 3; i < 12; i++) {
		if ((i < 6 || i > 9) && cdb[i] != 0)
			return model_invalid_cdb(a, i);
	}
	bool timeouts = cdb[2] & 0x80;
	*n = 4;
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		uint8_t *at = r + *n;
		at[0] = commands[i].opcode;
		at[3] = commands[i].opcode == 0xa3 ? 0x0c : 0;
		at[5] = (uint8_t)((timeouts ? 2 : 0) | (commands[i].opcode == 0xa3));
		at[7] = commands[i].cdb_bytes;
		*n += 8;
		if (!timeouts)
			continue;
		put16(at + 8, 10);
		put32(at + 16, commands[i].tenths * d->p->load_seconds / 10);
		*n += 12;
	}
	put32(r, (unsigned long)(*n - 4));
	return GOOD;
}
