/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tape/identity.h"

#include "base/hex.h"
#include "base/printable.h"

#define NAA "naa."

bool identity_inquiry(struct span answer, struct identity *q)
{
	struct rd r = rd_over(answer.data, answer.len);
	*q = (struct identity){.type = rd_u8(&r) & 0x1f};
	rd_bytes(&r, 7);
	printable_field(rd_span(&r, 8), q->vendor, sizeof q->vendor);
	printable_field(rd_span(&r, 16), q->product, sizeof q->product);
	printable_field(rd_span(&r, 4), q->revision, sizeof q->revision);
	return !r.bad;
}

/* The body of VPD page number. */
static bool vpd_body(struct span answer, uint8_t number, struct rd *body)
{
	struct rd r = rd_over(answer.data, answer.len);
	bool cut = false;
	rd_u8(&r);
	uint8_t page = rd_u8(&r);
	size_t len = rd_be16(&r);
	if (r.bad || page != number)
		return false;
	*body = rd_announced(&r, len, &cut);
	return true;
}

bool identity_serial(struct span answer, char text[static IDENTITY_TEXT_BYTES])
{
	struct rd body;
	text[0] = '\0';
	if (!vpd_body(answer, 0x80, &body))
		return false;
	printable_field(rd_span(&body, rd_left(&body)), text, IDENTITY_TEXT_BYTES);
	return text[0] != '\0';
}

static void naa_text(struct span id, char text[static IDENTITY_TEXT_BYTES])
{
	const size_t most = (IDENTITY_TEXT_BYTES - sizeof NAA) / 2;
	memcpy(text, NAA, sizeof NAA - 1);
	hex_text(id.data, id.len < most ? id.len : most, text + sizeof NAA - 1);
}

bool identity_name(struct span answer, char text[static IDENTITY_TEXT_BYTES])
{
	struct rd body;
	text[0] = '\0';
	if (!vpd_body(answer, 0x83, &body))
		return false;
	while (rd_left(&body) >= 4) {
		uint8_t code_set = rd_u8(&body) & 0xf, kind = rd_u8(&body);
		rd_u8(&body);
		struct span id = rd_span(&body, rd_u8(&body));
		bool of_unit = (kind & 0x30) == 0;
		if (body.bad)
			break;
		if (of_unit && (kind & 0xf) == 3 && code_set == 1 && id.len > 0)
			naa_text(id, text);
		else if (of_unit && (kind & 0xf) == 1 && code_set != 1 && text[0] == '\0')
			printable_field(id, text, IDENTITY_TEXT_BYTES);
		if (strncmp(text, NAA, sizeof NAA - 1) == 0)
			break;
	}
	return text[0] != '\0';
}

bool identity_attribute(struct span answer, uint16_t number, struct span *value)
{
	struct rd r = rd_over(answer.data, answer.len);
	bool cut = false;
	*value = (struct span){0};
	uint32_t available = rd_be32(&r);
	struct rd list = rd_announced(&r, available, &cut);
	while (!list.bad && rd_left(&list) >= 5) {
		uint16_t id = rd_be16(&list);
		rd_u8(&list); /* read only, format */
		struct span v = rd_span(&list, rd_be16(&list));
		if (!list.bad && id == number) {
			*value = v;
			return true;
		}
	}
	return false;
}

bool identity_density(struct span answer, uint8_t *density, bool *write_protected)
{
	struct rd r = rd_over(answer.data, answer.len);
	rd_bytes(&r, 2);
	*write_protected = (rd_u8(&r) & 0x80) != 0;
	uint8_t descriptor = rd_u8(&r);
	*density = rd_u8(&r);
	return !r.bad && descriptor >= 8;
}

const char *identity_density_name(uint8_t density, bool *can_encrypt)
{
	static const struct {
		uint8_t code, generation;
		const char *name;
	} known[] = {
		{0x40, 1, "LTO-1"},
		{0x42, 2, "LTO-2"},
		{0x44, 3, "LTO-3"},
		{0x46, 4, "LTO-4"},
		{0x58, 5, "LTO-5"},
		{0x5a, 6, "LTO-6"},
		{0x5c, 7, "LTO-7"},
		{0x5d, 7, "LTO-7 type M8"},
		{0x5e, 8, "LTO-8"},
		{0x60, 9, "LTO-9"},
		{0x62, 10, "LTO-10"},
		{0x63, 10, "LTO-10 P"},
		/* IBM 3592: the medium can be encrypted whatever it was written in. */
		{0x51, 10, "3592-J1A"},
		{0x52, 10, "3592-E05"},
		{0x53, 10, "3592-E06"},
		{0x54, 10, "3592-E07"},
		{0x55, 10, "3592-E08"},
		{0x56, 10, "3592-55F"},
		{0x57, 10, "3592-60F"},
		{0x59, 10, "3592-70F"},
		{0x71, 10, "3592-J1A encrypted"},
		{0x72, 10, "3592-E05 encrypted"},
		{0x73, 10, "3592-E06 encrypted"},
		{0x74, 10, "3592-E07 encrypted"},
		{0x75, 10, "3592-E08 encrypted"},
		{0x76, 10, "3592-55F encrypted"},
		{0x77, 10, "3592-60F encrypted"},
		{0x79, 10, "3592-70F encrypted"},
	};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (known[i].code == density) {
			*can_encrypt = known[i].generation >= 4;
			return known[i].name;
		}
	}
	return NULL;
}

bool identity_medium_type(struct span answer, uint8_t *type)
{
	struct rd r = rd_over(answer.data, answer.len);
	rd_u8(&r);
	*type = rd_u8(&r);
	return !r.bad;
}

bool identity_is_worm(uint8_t type)
{
	static const uint8_t types[] = {0x01, 0x3c, 0x4c, 0x5c, 0x6c, 0x7c, 0x8c, 0x9c, 0xac, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xc1};
	return memchr(types, type, sizeof types) != NULL;
}

bool identity_activity(struct span answer, uint8_t *activity)
{
	struct rd r = rd_over(answer.data, answer.len);
	bool cut = false;
	*activity = 0;
	uint8_t page = rd_u8(&r) & 0x3f;
	rd_u8(&r);
	struct rd list = rd_announced(&r, rd_be16(&r), &cut);
	while (!r.bad && page == IDENTITY_STATUS_PAGE && rd_left(&list) >= 4) {
		uint16_t code = rd_be16(&list);
		rd_u8(&list);
		struct span v = rd_span(&list, rd_u8(&list));
		if (code == 0 && v.len >= 3) {
			*activity = v.data[2];
			return true;
		}
	}
	return false;
}

bool identity_position(struct span answer, struct identity_position *p)
{
	struct rd r = rd_over(answer.data, answer.len);
	uint8_t flags = rd_u8(&r);
	rd_bytes(&r, 3);
	*p = (struct identity_position){.at_beginning = (flags & 0x80) != 0, .unknown = (flags & 0x04) != 0, .block = rd_be32(&r)};
	return !r.bad;
}
