/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/finding.h"

struct finding finding_at(const struct item *item, const char *reason)
{
	return (struct finding){
		.volume = item->volume,
		.job = item->job,
		.placed = true,
		.addr = item->addr,
		.offset = item->offset,
		.len = item->kind == ITEM_DAMAGE ? item->damage_len : item->len,
		.file = "",
		.reason = reason,
	};
}
