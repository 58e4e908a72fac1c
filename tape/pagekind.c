/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tape/pagekind.h"

#include "scsi.h"
#include "tape/keyguard.h"
#include "tape/tapealert.h"

static bool zeros(struct rd r, size_t n)
{
	struct span s = rd_span(&r, n < rd_left(&r) ? n : rd_left(&r));
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] != 0)
			return false;
	}
	return true;
}

static bool only_zeros(struct rd r)
{
	return zeros(r, rd_left(&r));
}

/* ---- sense ---- */

/* A dump that is cut has rarely the length of a key; if it has, it may be one. */
static bool has_length_of_key(size_t len)
{
	return len == 16 || len == 24 || len == 32 || len == 48 || len == 64;
}

/* The bits that are reserved beside a field pointer. */
static bool is_specific(struct rd r, uint8_t key)
{
	uint8_t flags = rd_u8(&r);
	uint16_t v = rd_be16(&r);
	bool in_cdb = flags & 0x40;
	return r.bad || (flags & 0x80) == 0 || key != 5 || ((flags & 0x30) == 0 && (!in_cdb || v < 260));
}

static bool is_fixed_sense(struct rd r, size_t len)
{
	rd_u8(&r);
	if (rd_u8(&r) != 0 || r.bad || len < 3)
		return false;
	uint8_t key = rd_u8(&r) & 0xf;
	rd_bytes(&r, 4);
	size_t more = rd_u8(&r), left = rd_left(&r);
	if (r.bad)
		return len < 8;
	if (more > 244 || (left < more && has_length_of_key(len)))
		return false;
	struct rd body = r, beyond = r;
	rd_bytes(&body, 7);
	rd_bytes(&beyond, more);
	return is_specific(body, key) && (left <= more || only_zeros(beyond));
}

static bool are_descriptors(struct rd list)
{
	while (rd_left(&list) >= 2 && !list.bad) {
		uint8_t type = rd_u8(&list);
		if (type > 0x0f && type < 0x80)
			return false;
		rd_bytes(&list, rd_u8(&list));
	}
	return !list.bad && rd_left(&list) == 0;
}

static bool is_descriptor_sense(struct rd r, size_t len)
{
	bool cut = false;
	rd_u8(&r);
	if (rd_u8(&r) > 0x0f)
		return false;
	rd_bytes(&r, 2);
	uint8_t flags = rd_u8(&r);
	uint16_t reserved = rd_be16(&r);
	if (len >= 7 && ((flags & 0x7f) != 0 || reserved != 0))
		return false;
	uint8_t more = rd_u8(&r);
	if (r.bad)
		return len >= 4;
	struct rd list = rd_announced(&r, more, &cut);
	return more <= 244 && (cut ? !has_length_of_key(len) : are_descriptors(list)) && only_zeros(r);
}

static bool is_sense(struct span s)
{
	struct rd r = rd_over(s.data, s.len), first = r;
	switch (rd_u8(&first) & 0x7f) {
	case 0x70:
	case 0x71: return is_fixed_sense(r, s.len);
	case 0x72:
	case 0x73: return s.data[0] < 0x80 && is_descriptor_sense(r, s.len);
	default: return false;
	}
}

bool pagekind_is_cut_sense(struct span s)
{
	return s.len < 8 || s.len < 8 + (size_t)s.data[7];
}

/* ---- pages of SECURITY PROTOCOL IN ---- */

/* The body of a page whose length is just what it says; zeros may follow. */
static bool exact(struct span s, struct rd *body)
{
	struct rd r = rd_over(s.data, s.len);
	bool cut = false;
	rd_be16(&r);
	size_t len = rd_be16(&r);
	if (r.bad)
		return false;
	*body = rd_announced(&r, len, &cut);
	return !cut && only_zeros(r);
}

static bool is_page_list(struct span s)
{
	struct rd r;
	int before = -1;
	if (!exact(s, &r) || rd_left(&r) < 2 || rd_left(&r) % 2 != 0)
		return false;
	while (rd_left(&r) > 0) {
		int code = rd_be16(&r);
		if (code <= before || (code > 0xff && code < 0xff00))
			return false;
		before = code;
	}
	return true;
}

static bool is_key_formats(struct span s)
{
	struct rd r;
	int before = -1;
	if (!exact(s, &r) || rd_left(&r) == 0)
		return false;
	while (rd_left(&r) > 0) {
		int format = rd_u8(&r);
		if (format <= before || format > 3)
			return false;
		before = format;
	}
	return true;
}

static bool is_management(struct span s)
{
	struct rd r;
	if (!exact(s, &r) || rd_left(&r) != 12)
		return false;
	uint8_t lock = rd_u8(&r), clear = rd_u8(&r), none = rd_u8(&r), scopes = rd_u8(&r);
	return lock <= 1 && clear <= 7 && none == 0 && scopes <= 7 && only_zeros(r);
}

/* Types ascend, and the drive says what it knows of each; least: what AUTHENTICATED is at least. */
static bool are_kads(struct rd r, unsigned least)
{
	int before = -1;
	while (rd_left(&r) > 0 && !r.bad) {
		uint8_t type = rd_u8(&r), authenticated = rd_u8(&r);
		size_t len = rd_be16(&r);
		if (type > 4 || type <= before || authenticated > 4 || authenticated < least || len > SCSI_KAD_MAX_BYTES)
			return false;
		before = type;
		rd_bytes(&r, len);
	}
	return !r.bad;
}

/* mhvtl announces 12 bytes more than it sends. */
static bool is_status(struct span s)
{
	struct rd r = rd_over(s.data, s.len);
	rd_be16(&r);
	size_t len = rd_be16(&r);
	bool lies = s.len == 24 && len == 32;
	if (r.bad || (!lies && !exact(s, &r)))
		return false;
	uint8_t scopes = rd_u8(&r), encryption = rd_u8(&r), decryption = rd_u8(&r);
	rd_bytes(&r, 5);
	uint8_t flags = rd_u8(&r), format = rd_u8(&r);
	rd_be16(&r);
	struct rd reserved = r;
	rd_bytes(&r, 8);
	return !r.bad && scopes >> 5 <= 2 && (scopes & 0x18) == 0 && (scopes & 7) <= 2 && encryption <= 2 && decryption <= 3 &&
	       flags <= 0x4f && format <= 2 && zeros(reserved, 8) && are_kads(r, 0);
}

/* A Set page whose code was damaged to 0021h looks much like this one, the key as a descriptor: so descriptors only where
 * the block is encrypted, and none of which the drive knows nothing. */
static bool is_next_block(struct span s)
{
	struct rd r;
	if (!exact(s, &r))
		return false;
	uint64_t object = rd_be64(&r);
	uint8_t states = rd_u8(&r);
	rd_u8(&r);
	uint8_t flags = rd_u8(&r), format = rd_u8(&r);
	bool encrypted = (states & 0xf) >= 4 && (states & 0xf) <= 6;
	return !r.bad && object < (uint64_t)1 << 40 && states >> 4 <= 4 && (states & 0xf) <= 6 && flags <= 3 && format <= 2 &&
	       (encrypted ? are_kads(r, 1) : only_zeros(r));
}

static bool is_random(struct span s)
{
	struct rd r;
	return exact(s, &r) && rd_left(&r) == 16;
}

static bool is_wrapping_key(struct span s)
{
	struct rd r;
	if (!exact(s, &r))
		return false;
	uint32_t type = rd_be32(&r), format = rd_be32(&r);
	size_t len = rd_be16(&r);
	return !r.bad && type <= 0xff && format <= 0xff && len == rd_left(&r);
}

/* ---- log pages ---- */

/* 64 flags at most, in order; whole: all that are announced are there. */
static bool is_tapealert(struct span s, bool whole)
{
	struct rd r = rd_over(s.data, s.len);
	bool cut = false;
	int before = 0;
	uint8_t page = rd_u8(&r) & 0xbf, subpage = rd_u8(&r);
	size_t len = rd_be16(&r);
	struct rd list = rd_announced(&r, len, &cut);
	if (r.bad || page != TAPEALERT_PAGE || subpage != 0 || len == 0 || len % 5 != 0 || cut == whole || !only_zeros(r))
		return false;
	while (rd_left(&list) >= 5) {
		int n = rd_be16(&list);
		rd_u8(&list);
		if (n <= before || n > TAPEALERT_FLAGS || rd_u8(&list) != 1)
			return false;
		rd_u8(&list);
		before = n;
	}
	return !whole || rd_left(&list) == 0;
}

static bool is_tapealert_response(struct span s)
{
	struct rd r;
	if (s.len < 16 || (s.data[0] & 0xbf) != TAPEALERT_RESPONSE_PAGE || s.data[1] != 0 || !exact(s, &r) || rd_left(&r) != 12)
		return false;
	uint16_t code = rd_be16(&r);
	rd_u8(&r);
	return code == 0 && rd_u8(&r) == 8;
}

static bool is_log_list(struct span s)
{
	struct rd r;
	int before = -1;
	if (s.len < 5 || s.data[0] != 0 || s.data[1] != 0 || !exact(s, &r) || rd_left(&r) == 0 || *r.p != 0)
		return false;
	while (rd_left(&r) > 0) {
		int page = rd_u8(&r);
		if (page <= before || page > 0x3f)
			return false;
		before = page;
	}
	return true;
}

bool pagekind_is_cut_tapealert(struct span s)
{
	return is_tapealert(s, false);
}

enum pagekind pagekind_of_log(struct span s)
{
	return is_tapealert(s, true)      ? PAGEKIND_TAPEALERT
	       : is_tapealert_response(s) ? PAGEKIND_TAPEALERT_RESPONSE
	       : is_log_list(s)           ? PAGEKIND_LOG_LIST
					  : PAGEKIND_NONE;
}

enum pagekind pagekind_of(struct span s)
{
	static const struct {
		uint16_t code;
		enum pagekind kind;
		bool (*is)(struct span s);
	} pages[] = {
		{SCSI_PAGE_IN_PAGES, PAGEKIND_PAGE_LIST, is_page_list},
		{SCSI_PAGE_OUT_PAGES, PAGEKIND_PAGE_LIST, is_page_list},
		{SCSI_PAGE_CAPABILITIES, PAGEKIND_CAPABILITIES, keyguard_is_capabilities},
		{SCSI_PAGE_KEY_FORMATS, PAGEKIND_KEY_FORMATS, is_key_formats},
		{SCSI_PAGE_MANAGEMENT, PAGEKIND_MANAGEMENT, is_management},
		{SCSI_PAGE_STATUS, PAGEKIND_STATUS, is_status},
		{SCSI_PAGE_NEXT_BLOCK, PAGEKIND_NEXT_BLOCK, is_next_block},
		{SCSI_PAGE_RANDOM, PAGEKIND_RANDOM, is_random},
		{SCSI_PAGE_WRAPPING_KEY, PAGEKIND_WRAPPING_KEY, is_wrapping_key},
	};
	struct rd r = rd_over(s.data, s.len);
	unsigned code = rd_be16(&r);
	for (size_t i = 0; !r.bad && i < sizeof pages / sizeof pages[0]; i++) {
		if (pages[i].code == code && pages[i].is(s))
			return pages[i].kind;
	}
	if (is_sense(s))
		return PAGEKIND_SENSE;
	return pagekind_of_log(s);
}
