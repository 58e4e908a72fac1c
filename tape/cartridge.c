/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tape/cartridge.h"

#include <stdlib.h>

/* Where the attributes of the drive, of the manufacturer and of the host begin.  Most drives tell all of them at once, which
 * on an LTO-9 may take minutes; who refuses the first number, or has more than fits, is asked for the rest. */
static const uint16_t begins[] = {0x0000, 0x0400, 0x0800};

static int read_memory(struct drive *d, uint8_t *data, struct mam *m, struct err *e)
{
	bool complete = false, dislikes = true;
	for (size_t i = 0; i < sizeof begins / sizeof begins[0] && !complete && dislikes; i++) {
		size_t got;
		int rc = drive_attributes(d, begins[i], data, SCSI_PAGE_MAX_BYTES, &got, e);
		if (rc != 0)
			return rc;
		bool read = mam_read((struct span){data, got}, m, &complete);
		dislikes = read || sense_is(&d->sense, SENSE_KEY_ILLEGAL_REQUEST, 0x24, 0);
	}
	return 0;
}

static void copy_name(char to[static IDENTITY_TEXT_BYTES], const char *by_memory, const char *by_drive)
{
	memcpy(to, by_memory[0] ? by_memory : by_drive, IDENTITY_TEXT_BYTES);
}

int cartridge_read(struct drive *d, struct cartridge *c, struct drive_medium *m, struct err *e)
{
	size_t got = 0;
	uint8_t *data = malloc(SCSI_PAGE_MAX_BYTES);
	*c = (struct cartridge){0};
	drive_format(d, m);
	if (data == NULL)
		return err_memory(e, SCSI_PAGE_MAX_BYTES, "a page");
	int rc = read_memory(d, data, &c->mam, e);
	c->has_mam = c->mam.count > 0;
	if (rc == 0)
		rc = drive_log_page(d, VOLSTATS_PAGE, data, SCSI_PAGE_MAX_BYTES, &got, e);
	c->has_stats = rc == 0 && volstats_read((struct span){data, got}, &c->stats);
	copy_name(m->barcode, c->mam.text[MAM_BARCODE], c->stats.text[VOLSTATS_BARCODE]);
	copy_name(m->serial, c->mam.text[MAM_SERIAL], c->stats.text[VOLSTATS_SERIAL]);
	free(data);
	return rc;
}

static bool is_type(const struct cartridge *c, enum mam_type type)
{
	const struct told_number *n = &c->mam.number[MAM_TYPE];
	return n->told && n->value == type;
}

bool cartridge_is_worm(const struct cartridge *c, const struct drive_medium *m)
{
	return is_type(c, MAM_TYPE_WORM) || c->stats.number[VOLSTATS_WORM].value == 1 || identity_is_worm(m->type);
}

bool cartridge_is_cleaning(const struct cartridge *c)
{
	return is_type(c, MAM_TYPE_CLEANING);
}

struct told_number cartridge_number(const struct cartridge *c, enum volstats_number s, enum mam_number m)
{
	return c->stats.number[s].told ? c->stats.number[s] : c->mam.number[m];
}

struct told_place cartridge_place(const struct cartridge *c, enum volstats_place s, enum mam_place m, unsigned partition)
{
	struct told_place by_drive = c->stats.place[s][partition];
	bool by_memory = by_drive.kind == TOLD_NOTHING && partition == 0;
	return by_memory ? c->mam.place[m] : by_drive;
}
