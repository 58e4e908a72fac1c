/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tape/volstats.h"

#include "base/printable.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Parameter 0: the values below it are valid. */
#define PAGE_VALID 0x0000

static const struct {
	uint16_t code;
	const char *name;
} numbers[VOLSTATS_NUMBERS] =
	{
		[VOLSTATS_MOUNTS] = {0x0001, "mounts"},
		[VOLSTATS_WRITE_RETRIES] = {0x0003, "write_retries"},
		[VOLSTATS_WRITE_ERRORS] = {0x0004, "write_errors"},
		[VOLSTATS_READ_RETRIES] = {0x0008, "read_retries"},
		[VOLSTATS_READ_ERRORS] = {0x0009, "read_errors"},
		[VOLSTATS_LAST_WRITE_ERRORS] = {0x000c, "last_mount_write_errors"},
		[VOLSTATS_LAST_READ_ERRORS] = {0x000d, "last_mount_read_errors"},
		[VOLSTATS_LAST_WRITTEN_MB] = {0x000e, "last_mount_written_mb"},
		[VOLSTATS_LAST_READ_MB] = {0x000f, "last_mount_read_mb"},
		[VOLSTATS_WRITTEN_MB] = {0x0010, "written_mb"},
		[VOLSTATS_READ_MB] = {0x0011, "read_mb"},
		[VOLSTATS_CAPACITY_MB] = {0x0016, "capacity_mb"},
		[VOLSTATS_USED_MB] = {0x0017, "used_mb"},
		[VOLSTATS_LIFE_PERCENT] = {0x0019, "life_remaining_percent"},
		[VOLSTATS_WRITE_PROTECT] = {0x0080, "write_protect"},
		[VOLSTATS_WORM] = {0x0081, "worm"},
},
  texts[VOLSTATS_TEXTS] =
	  {
		  [VOLSTATS_SERIAL] = {0x0040, "serial"},
		  [VOLSTATS_BARCODE] = {0x0042, "barcode"},
		  [VOLSTATS_MANUFACTURER] = {0x0043, "manufacturer"},
},
  places[VOLSTATS_PLACES] = {
	  [VOLSTATS_FIRST_ENCRYPTED] = {0x0200, "first_encrypted"},
	  [VOLSTATS_FIRST_CLEAR] = {0x0201, "first_clear"},
};

const char *volstats_number_name(enum volstats_number n)
{
	return numbers[n].name;
}

const char *volstats_text_name(enum volstats_text t)
{
	return texts[t].name;
}

/* Records: length behind itself, a reserved byte, the partition, 6 bytes of place. */
static void take_places(struct span value, struct told_place place[static VOLSTATS_PARTITIONS])
{
	struct rd r = rd_over(value.data, value.len);
	while (rd_left(&r) > 0) {
		struct span record = rd_span(&r, rd_u8(&r));
		struct rd fields = rd_over(record.data, record.len);
		rd_u8(&fields);
		uint16_t partition = rd_be16(&fields);
		struct span at = rd_span(&fields, 6);
		if (r.bad || fields.bad)
			return;
		if (partition < VOLSTATS_PARTITIONS)
			place[partition] = told_place(at);
	}
}

/* Without a value, as in the zeros behind a page that announces more than it has, a parameter tells nothing. */
static bool take(struct volstats *s, uint16_t code, struct span value)
{
	if (value.len == 0)
		return false;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		if (numbers[i].code == code)
			s->number[i] = told_number(value);
	}
	for (size_t i = 0; i < COUNT(texts); i++) {
		if (texts[i].code == code)
			printable_field(value, s->text[i], sizeof s->text[i]);
	}
	for (size_t i = 0; i < COUNT(places); i++) {
		if (places[i].code == code)
			take_places(value, s->place[i]);
	}
	return code != PAGE_VALID;
}

bool volstats_read(struct span answer, struct volstats *s)
{
	struct rd r = rd_over(answer.data, answer.len);
	bool cut = false, any = false, valid = true;
	*s = (struct volstats){0};
	uint8_t page = rd_u8(&r) & 0x3f, subpage = rd_u8(&r);
	uint16_t len = rd_be16(&r);
	if (r.bad || page != VOLSTATS_PAGE || subpage != 0)
		return false;
	struct rd list = rd_announced(&r, len, &cut);
	while (rd_left(&list) > 0) {
		uint16_t code = rd_be16(&list);
		rd_u8(&list); /* control */
		struct span value = rd_span(&list, rd_u8(&list));
		if (list.bad)
			break;
		valid = valid && !(code == PAGE_VALID && value.len > 0 && (value.data[value.len - 1] & 1) == 0);
		any = take(s, code, value) || any;
	}
	if (!any || !valid)
		*s = (struct volstats){0};
	return any && valid;
}
