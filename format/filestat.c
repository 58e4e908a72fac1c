/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/filestat.h"

#include "format/stream.h"

#include <stdlib.h>

#define TYPE_MASK 0xffffu
#define NUMBERS 16u
#define NUMBERS_AT_LEAST 13u /* of very old volumes */

/* The places of the numbers in a stat packet. */
enum {
	STAT_SYSTEM,
	STAT_INODE,
	STAT_MODE,
	STAT_LINKS,
	STAT_UID,
	STAT_GID,
	STAT_DEVICE,
	STAT_SIZE,
	STAT_ATIME = 10,
	STAT_MTIME,
	STAT_CTIME,
	STAT_LINK_INDEX = 13,
	STAT_STREAM = 15
};

/* One number in the products' own base 64 (no MIME: digits, most significant first, a sign) and the blank behind it. */
static bool read_number(const char **at, int64_t *v)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *text = *at;
	bool negative = *text == '-';
	text += negative;
	const char *begin = text;
	uint64_t sum = 0;
	for (; *text && *text != ' '; text++) {
		const char *digit = strchr(digits, *text);
		if (digit == NULL || sum > (uint64_t)INT64_MAX >> 6)
			return false;
		sum = sum << 6 | (uint64_t)(digit - digits);
	}
	*v = negative ? -(int64_t)sum : (int64_t)sum;
	*at = *text ? text + 1 : text;
	return text > begin;
}

static bool read_packet(const char *text, struct filestat *s)
{
	int64_t v[NUMBERS] = {0};
	unsigned n = 0;
	while (n < NUMBERS && *text && read_number(&text, &v[n]))
		n++;
	if (n < NUMBERS_AT_LEAST)
		return false;
	s->system = v[STAT_SYSTEM];
	s->inode = (uint64_t)v[STAT_INODE];
	s->mode = (uint32_t)v[STAT_MODE];
	s->links = v[STAT_LINKS] > 0 ? (uint64_t)v[STAT_LINKS] : 0;
	s->uid = (uint32_t)v[STAT_UID];
	s->gid = (uint32_t)v[STAT_GID];
	s->device = v[STAT_DEVICE];
	s->size = v[STAT_SIZE] > 0 ? (uint64_t)v[STAT_SIZE] : 0;
	s->atime = v[STAT_ATIME];
	s->mtime = v[STAT_MTIME];
	s->ctime = v[STAT_CTIME];
	s->link_index = v[STAT_LINK_INDEX] > 0 && v[STAT_LINK_INDEX] <= INT32_MAX ? (int32_t)v[STAT_LINK_INDEX] : 0;
	s->data_stream = (uint32_t)v[STAT_STREAM] & STREAM_NUMBER_MASK;
	return true;
}

bool filestat_read(struct span data, struct filestat *s)
{
	struct rd r = rd_over(data.data, data.len);
	*s = (struct filestat){.name = "", .link = "", .extended = ""};
	const char *text = rd_string(&r);
	const char *type = strchr(text, ' ');
	const char *name = type ? strchr(type + 1, ' ') : NULL;
	const char *packet = rd_string(&r);
	if (r.bad || name == NULL)
		return false;
	s->file_index = (int32_t)strtol(text, NULL, 10);
	s->type = (unsigned)strtoul(type + 1, NULL, 10) & TYPE_MASK;
	s->name = name + 1;
	/* Very old records end early. */
	s->link = rd_string(&r);
	s->extended = rd_string(&r);
	s->delta = strtol(rd_string(&r), NULL, 10) > 0 && s->type != FILESTAT_HARD_LINK;
	return read_packet(packet, s);
}

static bool has_drive(const char *name)
{
	return ((name[0] >= 'A' && name[0] <= 'Z') || (name[0] >= 'a' && name[0] <= 'z')) && name[1] == ':' && (name[2] == '/' || !name[2]);
}

bool filestat_of_windows(const struct filestat *s)
{
	uint32_t n = s->data_stream;
	bool backup_read = n == STREAM_WIN32 || n == STREAM_WIN32_GZIP || n == STREAM_WIN32_COMPRESSED || n == 21 || n == 24 || n == 33;
	return backup_read || has_drive(s->name);
}
