/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tape/told.h"

static uint64_t big_endian(struct span bytes)
{
	struct rd r = rd_over(bytes.data, bytes.len);
	uint64_t v = 0;
	while (rd_left(&r) > 0)
		v = v << 8 | rd_u8(&r);
	return v;
}

static uint64_t all_set(size_t len)
{
	return UINT64_MAX >> (64 - 8 * len);
}

struct told_number told_number(struct span bytes)
{
	if (bytes.len < 1 || bytes.len > 8)
		return (struct told_number){0};
	uint64_t v = big_endian(bytes);
	bool told = v != all_set(bytes.len);
	return (struct told_number){told, told ? v : 0};
}

struct told_place told_place(struct span bytes)
{
	if (bytes.len != 6 && bytes.len != 8)
		return (struct told_place){0};
	uint64_t v = big_endian(bytes), none = all_set(bytes.len);
	enum told_kind kind = v == none ? TOLD_NONE : v == none - 1 ? TOLD_SOMEWHERE : TOLD_AT;
	return (struct told_place){kind, kind == TOLD_AT ? v : 0};
}
