/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tape/timeouts.h"

/* Of the slowest drives that are known (formats/sense-and-alerts.md 4.2): an LTO-9 may first write an end of data before it
 * answers LOG SENSE or READ ATTRIBUTE, ten times 12 seconds; TS11xx give 300 seconds for keys, and a key manager behind the
 * drive adds as much to a read. */
enum class_seconds { SECONDS_SHORT = 60, SECONDS_REPORT = 180, SECONDS_KEY = 300, SECONDS_REWIND = 1800, SECONDS_READ = 2700 };

static unsigned of_class(uint8_t opcode)
{
	switch (opcode) {
	case 0x01: return SECONDS_REWIND;
	case 0x08: return SECONDS_READ;
	case 0x1a: /* MODE SENSE */
	case 0x34: /* READ POSITION */
	case 0x4d: /* LOG SENSE */
	case 0x8c: /* READ ATTRIBUTE */ return SECONDS_REPORT;
	case 0xa2:
	case 0xb5: return SECONDS_KEY;
	default: return SECONDS_SHORT;
	}
}

bool timeouts_read(struct span answer, struct timeouts *t)
{
	struct rd r = rd_over(answer.data, answer.len);
	bool cut = false;
	*t = (struct timeouts){0};
	struct rd list = rd_announced(&r, rd_be32(&r), &cut);
	if (r.bad)
		return false;
	while (rd_left(&list) >= 8) {
		uint8_t opcode = rd_u8(&list);
		rd_bytes(&list, 4); /* service action */
		bool has_timeouts = rd_u8(&list) & 2;
		rd_be16(&list);
		if (!has_timeouts)
			continue;
		struct rd d = rd_announced(&list, rd_be16(&list), &cut);
		rd_be16(&d); /* what the second byte means depends on the command */
		uint32_t nominal = rd_be32(&d), recommended = rd_be32(&d), seconds = recommended ? recommended : nominal;
		if (!d.bad && seconds > t->told[opcode])
			t->told[opcode] = seconds;
	}
	return true;
}

unsigned timeouts_seconds(const struct timeouts *t, uint8_t opcode)
{
	unsigned seconds = of_class(opcode);
	if (t && t->told[opcode] > seconds)
		seconds = t->told[opcode] < TIMEOUTS_MAX_S ? t->told[opcode] : TIMEOUTS_MAX_S;
	return seconds;
}
