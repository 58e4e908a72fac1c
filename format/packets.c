/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/packets.h"

#include "format/block.h"

#include <stdlib.h>

#define FIRST_BYTES 131072u /* of a buffer that grows: two of what clients read at once */

static void take_length(struct packets *p, struct span *data)
{
	while (p->have < sizeof p->length && data->len > 0) {
		p->length[p->have++] = *data->data++;
		data->len--;
	}
	struct rd r = rd_over(p->length, p->have);
	p->announced = p->have == sizeof p->length ? rd_be32(&r) : 0;
	p->bad = p->announced > RECORD_MAX_BYTES;
}

/* n bytes more of the packet that is gathered. */
static bool gather(struct packets *p, const uint8_t *bytes, size_t n)
{
	if (p->cap - p->len < n) {
		size_t cap = p->cap ? p->cap : FIRST_BYTES;
		while (cap - p->len < n)
			cap *= 2;
		uint8_t *grown = realloc(p->data, cap);
		if (grown == NULL)
			return false;
		p->data = grown;
		p->cap = cap;
	}
	if (n > 0)
		memcpy(p->data + p->len, bytes, n);
	p->len += n;
	return true;
}

enum packets_got packets_next(struct packets *p, struct span *data, struct span *packet)
{
	if (p->have < sizeof p->length)
		take_length(p, data);
	if (p->bad)
		return PACKETS_BAD;
	if (p->have < sizeof p->length)
		return PACKETS_MORE;
	size_t wanted = p->announced - p->len, n = data->len < wanted ? data->len : wanted;
	bool at_once = p->len == 0 && n == p->announced;
	if (!at_once && !gather(p, data->data, n))
		return PACKETS_MEMORY;
	*packet = (struct span){at_once ? data->data : p->data, p->announced};
	data->data += n;
	data->len -= n;
	if (n < wanted)
		return PACKETS_MORE;
	p->have = p->len = 0;
	return PACKETS_WHOLE;
}

bool packets_is_whole(const struct packets *p)
{
	return !p->bad && p->have == 0;
}

void packets_reset(struct packets *p)
{
	*p = (struct packets){.data = p->data, .cap = p->cap};
}

void packets_free(struct packets *p)
{
	free(p->data);
	*p = (struct packets){0};
}
