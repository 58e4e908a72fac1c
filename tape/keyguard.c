/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tape/keyguard.h"

#define HEADER_BYTES 20
#define RESERVED_BYTES 7 /* 11 to 17 */
#define CDB_MAX_BYTES 16 /* with what a log says before it */

static bool all_zero(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] != 0)
			return false;
	}
	return true;
}

static struct span part(struct span s, size_t from, size_t len)
{
	size_t at = from < s.len ? from : s.len;
	return (struct span){s.data + at, len < s.len - at ? len : s.len - at};
}

static struct span rest(struct span s, size_t from)
{
	return part(s, from, s.len);
}

static unsigned be16(struct span s, size_t at)
{
	struct span two = part(s, at, 2);
	return two.len == 2 ? (unsigned)two.data[0] << 8 | two.data[1] : 0;
}

/* ---- capabilities ---- */

static bool is_descriptor(struct span d)
{
	unsigned family = be16(d, 20);
	return d.data[1] == 0 && (d.len < 14 || (d.data[13] & 0xf0) == 0) && all_zero(part(d, 18, 2)) &&
	       (d.len < 12 || (be16(d, 10) > 0 && be16(d, 10) <= 64)) && (d.len < 22 || family == 0x0001 || family == 0x8001);
}

bool keyguard_is_capabilities(struct span s)
{
	if (s.len < HEADER_BYTES || be16(s, 0) != SCSI_PAGE_CAPABILITIES || (s.data[4] & 0xf0) != 0 || !all_zero(part(s, 5, 15)))
		return false;
	size_t end = 4 + (size_t)be16(s, 2);
	if (end < HEADER_BYTES || !all_zero(rest(s, end)))
		return false;
	struct span list = part(s, HEADER_BYTES, end - HEADER_BYTES);
	while (list.len >= 4 && !all_zero(list)) {
		size_t len = 4 + (size_t)be16(list, 2);
		if (len < 24 || len > 64 || !is_descriptor(part(list, 0, len)))
			return false;
		list = rest(list, len);
	}
	return true;
}

/* ---- the page that sets a key ---- */

static bool is_key_length(unsigned len)
{
	return len == 0 || (len % 8 == 0 && len >= 16 && len <= 512);
}

/* Bytes 6 to 10: modes, algorithm, formats. */
static bool are_modes(const uint8_t *b)
{
	return b[0] <= 2 && b[1] <= 3 && b[3] <= 3 && b[4] <= 2;
}

static bool is_header(struct span s)
{
	bool modes = s.len >= HEADER_BYTES && (s.data[6] != 0 || s.data[7] > 1);
	return s.len >= HEADER_BYTES && be16(s, 0) == SCSI_PAGE_SET && (s.data[4] & 0x1e) == 0 && s.data[4] >> 5 <= 2 &&
	       are_modes(s.data + 6) && all_zero(part(s, 11, RESERVED_BYTES)) && is_key_length(be16(s, 18)) &&
	       (!modes || be16(s, 18) > 0) && be16(s, 2) >= HEADER_BYTES - 4 + be16(s, 18);
}

/* Descriptors of key-associated data that fill the rest, types ascending. */
static bool are_kads(struct span s)
{
	int before = -1;
	while (s.len >= 4) {
		size_t len = be16(s, 2);
		if (s.data[0] > 4 || s.data[0] <= before || s.data[1] != 0 || len == 0 || len > s.len - 4)
			return false;
		before = s.data[0];
		s = rest(s, 4 + len);
	}
	return s.len == 0;
}

static enum keyguard judge(struct span s, struct keyguard_find *f)
{
	struct scsi_set *set = &f->set;
	size_t end = 4 + (size_t)be16(s, 2);
	f->key_len = be16(s, 18);
	bool whole = s.len >= end && all_zero(rest(s, end)) &&
		     are_kads(part(s, HEADER_BYTES + f->key_len, end - HEADER_BYTES - f->key_len));
	if (whole && scsi_read_set(part(s, 0, end), set))
		return KEYGUARD_PAGE;
	*set = (struct scsi_set){.scope = s.data[4] >> 5,
				 .lock = s.data[4] & 1,
				 .encryption = s.data[6],
				 .decryption = s.data[7],
				 .algorithm = s.data[8],
				 .key_format = s.data[9]};
	return KEYGUARD_CUT;
}

/* What stands before a key, whatever became of the page's first bytes: modes, seven zeros, the length of the key. */
static bool precedes_key(struct span s, size_t at)
{
	struct span w = part(s, at, 5 + RESERVED_BYTES + 2);
	return w.len == 5 + RESERVED_BYTES + 2 && s.len > at + w.len && are_modes(w.data) && (w.data[0] | w.data[1]) != 0 &&
	       all_zero(part(w, 5, RESERVED_BYTES)) && be16(w, 12) >= 16 && be16(w, 12) <= 64 && be16(w, 12) % 8 == 0;
}

static bool is_command(struct span s)
{
	return s.len >= 4 && s.data[0] == 0xb5 && s.data[1] == SCSI_PROTOCOL_TAPE && s.data[2] == 0;
}

/* A page, or what may be one, that begins at byte at. */
static enum keyguard look_at(struct span bytes, size_t at, struct keyguard_find *f)
{
	struct span s = rest(bytes, at);
	if (is_header(s))
		return judge(s, f);
	return precedes_key(bytes, at) ? KEYGUARD_DAMAGED : KEYGUARD_NONE;
}

enum keyguard keyguard_look(struct span bytes, struct keyguard_find *f)
{
	bool command = false;
	*f = (struct keyguard_find){0};
	if (keyguard_is_capabilities(bytes))
		return KEYGUARD_NONE;
	for (size_t i = 0; i < bytes.len; i++) {
		f->at = i;
		enum keyguard found = look_at(bytes, i, f);
		if (found != KEYGUARD_NONE)
			return found;
		command = command || is_command(rest(bytes, i));
	}
	f->at = 0;
	if (command)
		return bytes.len <= CDB_MAX_BYTES ? KEYGUARD_COMMAND : KEYGUARD_DAMAGED;
	return bytes.len >= 2 && be16(bytes, 0) == SCSI_PAGE_SET ? KEYGUARD_DAMAGED : KEYGUARD_NONE;
}
