/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/attributes.h"

#include "base/array.h"
#include "format/stream.h"

#include <stdlib.h>

#define TYPE_MASK 0xffffu /* Bacula puts flags above */
#define STAT_SIZE 7       /* which of the numbers */
#define STAT_LINK_FI 13

bool attributes_are(uint32_t stream)
{
	uint32_t number = stream & STREAM_NUMBER_MASK;
	return number == STREAM_ATTRIBUTES || number == STREAM_ATTRIBUTES_EX;
}

/* Most significant digit first; 0 for what is none. */
static uint64_t read_base64(const char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint64_t v = 0;
	for (; *text && *text != ' '; text++) {
		const char *at = strchr(digits, *text);
		if (at == NULL || v > UINT64_MAX >> 6)
			return 0;
		v = v << 6 | (uint64_t)(at - digits);
	}
	return v;
}

static uint64_t number_in(const char *stat, int which)
{
	for (int i = 0; i < which; i++) {
		stat = strchr(stat, ' ');
		if (stat == NULL)
			return 0;
		stat++;
	}
	return read_base64(stat);
}

bool attributes_read(struct span data, struct attributes *a)
{
	struct rd r = rd_over(data.data, data.len);
	const char *text = rd_string(&r);
	*a = (struct attributes){.name = ""};
	const char *type = strchr(text, ' ');
	const char *name = type ? strchr(type + 1, ' ') : NULL;
	if (r.bad || name == NULL)
		return false;
	a->whole = true;
	a->file_index = (int32_t)strtol(text, NULL, 10);
	a->type = (unsigned)strtoul(type + 1, NULL, 10) & TYPE_MASK;
	a->name = name + 1;
	const char *stat = rd_string(&r);
	a->size = number_in(stat, STAT_SIZE);
	uint64_t content = a->type == ATTRIBUTES_HARD_LINK ? number_in(stat, STAT_LINK_FI) : 0;
	a->content = content <= INT32_MAX ? (int32_t)content : 0;
	return true;
}

int attributes_keep_name(const char *name, char **kept, size_t *cap, struct err *e)
{
	size_t bytes = strlen(name) + 1;
	char *room = array_reach(*kept, cap, bytes - 1, 1);
	if (room == NULL)
		return err_memory(e, bytes, "a file name");
	*kept = memcpy(room, name, bytes);
	return 0;
}
