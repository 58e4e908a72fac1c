/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/drive/keyevents.h"

#include "tape/leftover.h"

struct matter {
	const char *device, *volume, *key_id, *mode;
	const struct scsi_status *after;
};

static void put(struct json *j, const void *about)
{
	const struct matter *m = about;
	json_text(j, "device", m->device);
	if (m->volume && m->volume[0])
		json_text(j, "volume", m->volume);
	if (m->key_id && m->key_id[0])
		json_text(j, "key_id", m->key_id);
	if (m->mode)
		json_text(j, "mode", m->mode);
	if (m->after) {
		json_number(j, "algorithm_index", m->after->algorithm);
		json_number(j, "key_instance_counter", m->after->counter);
	}
}

int keyevents_label(struct events *v, const char *device, const char *volume, struct err *e)
{
	const struct matter m = {.device = device, .volume = volume};
	return v ? events_tell(v, "label-read", put, &m, e) : 0;
}

int keyevents_loaded(struct events *v, const char *device, const char *volume, const char *key_id, const char *mode,
		     const struct scsi_status *after, struct err *e)
{
	const struct matter m = {device, volume, key_id, mode, after};
	return v ? events_tell(v, "key-loaded", put, &m, e) : 0;
}

void keyevents_cleared(struct events *v, const char *device)
{
	const struct matter m = {.device = device};
	if (v)
		events_note(v, "key-cleared", put, &m);
}

bool keyevents_has_key(const struct events *v, struct drive *d)
{
	struct leftover before = {.state = LEFTOVER_NONE};
	if (v && v->command)
		leftover_look(d, &before);
	return before.state == LEFTOVER_KEY;
}

bool keyevents_clear(struct events *v, const char *device, struct drive *d, struct err *e)
{
	bool has_key = keyevents_has_key(v, d), clear = leftover_clear(d, e);
	if (clear && has_key)
		keyevents_cleared(v, device);
	return clear;
}
