/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people paste: its dumps lie within the room, and a kind that is told can be read.  The input is text, and bytes. */
#include "scsi.h"
#include "tape/keyguard.h"
#include "tape/pagekind.h"
#include "tape/paste.h"
#include "tape/sense.h"
#include "tape/tapealert.h"

#include <stdlib.h>

static bool can_be_read(enum pagekind kind, struct span s)
{
	static struct scsi_capabilities capabilities;
	struct sense sense;
	struct scsi_status status;
	struct scsi_next_block next;
	struct scsi_management management;
	struct tapealert alerts;
	struct span bytes;
	unsigned formats;
	uint32_t type, format;
	bool listed;
	switch (kind) {
	case PAGEKIND_SENSE: return sense_read(s, &sense);
	case PAGEKIND_PAGE_LIST: return scsi_read_page_list(s, s.data[1], 0, &listed);
	case PAGEKIND_CAPABILITIES: return scsi_read_capabilities(s, &capabilities);
	case PAGEKIND_KEY_FORMATS: return scsi_read_key_formats(s, &formats);
	case PAGEKIND_MANAGEMENT: return scsi_read_management(s, &management);
	case PAGEKIND_STATUS: return scsi_read_status(s, &status);
	case PAGEKIND_NEXT_BLOCK: return scsi_read_next_block(s, &next);
	case PAGEKIND_RANDOM: return s.len == 20;
	case PAGEKIND_WRAPPING_KEY: return scsi_read_wrapping_key(s, &type, &format, &bytes);
	case PAGEKIND_TAPEALERT:
	case PAGEKIND_TAPEALERT_RESPONSE: return tapealert_read(s, &alerts);
	case PAGEKIND_LOG_LIST:
	case PAGEKIND_NONE: break;
	}
	return true;
}

static void try_bytes(struct span s)
{
	struct keyguard_find find;
	enum keyguard guard = keyguard_look(s, &find);
	enum pagekind kind = pagekind_of(s);
	if (find.at > s.len || (guard == KEYGUARD_PAGE && find.set.key.len != find.key_len))
		abort();
	if (s.len >= 21 && s.data[0] == 0 && s.data[1] == 0x10 && guard == KEYGUARD_NONE && kind != PAGEKIND_CAPABILITIES)
		abort();
	if (!can_be_read(kind, s))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct paste p;
	struct span text = {data, size};
	try_bytes(text);
	if (paste_is_binary(text) && size % 2 == 0) /* as text all the same, now and then */
		return 0;
	uint8_t *room = malloc(paste_room(size));
	if (room == NULL || !paste_read(text, room, &p))
		abort();
	size_t sum = 0;
	for (unsigned i = 0; i < p.sections; i++) {
		struct span s = paste_bytes(&p, &p.section[i]);
		if (p.section[i].at > p.len || s.len > p.len - p.section[i].at)
			abort();
		sum += s.len;
		try_bytes(s);
	}
	if (sum != p.len || p.codes > PASTE_CODES)
		abort();
	size_t len = paste_unsign(room, p.len);
	if (len > p.len)
		abort();
	paste_swap(room, len);
	try_bytes((struct span){room, len});
	free(room);
	return 0;
}
