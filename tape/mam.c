/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tape/mam.h"

#include "base/printable.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct {
	uint16_t id;
	const char *name;
} numbers[MAM_NUMBERS] =
	{
		[MAM_REMAINING_MIB] = {0x0000, "remaining_mib"},
		[MAM_CAPACITY_MIB] = {0x0001, "capacity_mib"},
		[MAM_LOADS] = {0x0003, "loads"},
		[MAM_INITIALIZATIONS] = {0x0007, "initializations"},
		[MAM_WRITTEN_MB] = {0x0220, "written_mb"},
		[MAM_READ_MB] = {0x0221, "read_mb"},
		[MAM_LENGTH_M] = {0x0402, "length_m"},
		[MAM_DENSITY] = {0x0405, "density"},
		[MAM_TYPE] = {0x0408, "type"},
		[MAM_CLEANINGS_ALLOWED] = {0x0409, "cleanings_allowed"},
},
  texts[MAM_TEXTS] =
	  {
		  [MAM_MANUFACTURER] = {0x0400, "manufacturer"}, [MAM_SERIAL] = {IDENTITY_ATTRIBUTE_SERIAL, "serial"},
		  [MAM_DATE] = {0x0406, "manufactured"},         [MAM_BARCODE] = {IDENTITY_ATTRIBUTE_BARCODE, "barcode"},
		  [MAM_APPLICATION] = {0x0801, "application"},   [MAM_LAST_WRITTEN] = {0x0804, "last_written"},
},
  places[MAM_PLACES] = {
	  [MAM_FIRST_ENCRYPTED] = {0x0224, "first_encrypted"},
	  [MAM_FIRST_CLEAR] = {0x0225, "first_clear"},
};

const char *mam_number_name(enum mam_number n)
{
	return numbers[n].name;
}

const char *mam_text_name(enum mam_text t)
{
	return texts[t].name;
}

/* An empty value exists and tells nothing; zeros behind a list that announces more than it has read like one, too. */
static void take(struct mam *m, uint16_t id, struct span value)
{
	if (value.len == 0)
		return;
	m->count++;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		if (numbers[i].id == id)
			m->number[i] = told_number(value);
	}
	for (size_t i = 0; i < COUNT(texts); i++) {
		if (texts[i].id == id)
			printable_field(value, m->text[i], sizeof m->text[i]);
	}
	for (size_t i = 0; i < COUNT(places); i++) {
		if (places[i].id == id && value.len == 8)
			m->place[i] = told_place(value);
	}
	/* A type FFh would be one, not an unknown one. */
	if (id == numbers[MAM_TYPE].id && value.len == 1)
		m->number[MAM_TYPE] = (struct told_number){true, value.data[0]};
}

bool mam_read(struct span answer, struct mam *m, bool *complete)
{
	struct rd r = rd_over(answer.data, answer.len);
	bool cut = false;
	uint32_t available = rd_be32(&r);
	*complete = false;
	if (r.bad)
		return false;
	struct rd list = rd_announced(&r, available, &cut);
	while (rd_left(&list) > 0) {
		uint16_t id = rd_be16(&list);
		rd_u8(&list); /* read only, format */
		struct span value = rd_span(&list, rd_be16(&list));
		if (list.bad)
			break;
		take(m, id, value);
	}
	*complete = !cut && !list.bad;
	return true;
}
