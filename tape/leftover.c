/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tape/leftover.h"

#include "tape/keyload.h"

#include <stdio.h>

#define TRIES 3 /* a drive that was busy, or has just been reset, may take it the second time */

void leftover_look(struct drive *d, struct leftover *l)
{
	bool encrypts = true;
	*l = (struct leftover){.state = LEFTOVER_UNKNOWN};
	int rc = d->transport ? 0 : err_set(&l->why, XE_FAILED, "it cannot be reached");
	for (int i = 0; rc == 0 && i < TRIES; i++) {
		l->why = (struct err){0};
		rc = drive_encrypts(d, &encrypts, &l->why);
		if (rc == 0 && encrypts)
			rc = drive_status(d, &l->status, &l->why);
		if (rc == 0)
			break;
		rc = i + 1 < TRIES ? 0 : rc;
	}
	if (rc == 0)
		l->state = encrypts && (l->status.encryption != 0 || l->status.decryption != 0) ? LEFTOVER_KEY : LEFTOVER_NONE;
}

/* What the drive shows of its descriptor, as far as it is text. */
static void name_kad(const struct scsi_kad *k, char *text, size_t room)
{
	char value[64];
	size_t n = 0;
	for (; n < k->len && n + 1 < sizeof value; n++)
		value[n] = k->data[n] >= 0x20 && k->data[n] < 0x7f ? (char)k->data[n] : '?';
	value[n] = '\0';
	snprintf(text, room, ", its descriptor: %s \"%s\"", scsi_kad_name(k->type) ? scsi_kad_name(k->type) : "KAD", value);
}

void leftover_describe(const struct leftover *l, char text[static LEFTOVER_TEXT_BYTES])
{
	const struct scsi_status *s = &l->status;
	char kad[128] = ", without a descriptor";
	if (s->kads.count > 0)
		name_kad(&s->kads.kads[0], kad, sizeof kad);
	if (s->encryption == 0 && s->decryption == 1)
		snprintf(text, LEFTOVER_TEXT_BYTES, "no key, but raw reading is on");
	else
		snprintf(text, LEFTOVER_TEXT_BYTES, "a key, key instance counter %u%s", s->counter, kad);
}

static void add_look(const struct leftover *l, struct err *e)
{
	char text[LEFTOVER_TEXT_BYTES];
	if (l->state == LEFTOVER_UNKNOWN) {
		err_add(e, "; the drive does not tell whether a key is in it (%.100s): A KEY MAY BE IN THE DRIVE", l->why.text);
	} else if (l->state == LEFTOVER_KEY) {
		leftover_describe(l, text);
		err_add(e, "; STILL IN THE DRIVE: %s", text);
	}
}

void leftover_name(struct drive *d, struct err *e)
{
	struct leftover l;
	leftover_look(d, &l);
	add_look(&l, e);
}

bool leftover_clear(struct drive *d, struct err *e)
{
	struct leftover l;
	leftover_look(d, &l);
	bool had_key = l.state == LEFTOVER_KEY;
	for (int i = 0; i < TRIES && l.state == LEFTOVER_KEY && l.status.control < 2; i++) {
		struct err ignored = {0};
		if (drive_clear(d, l.status.algorithm, false, NULL, &ignored) == 0)
			l.state = LEFTOVER_NONE;
		else
			leftover_look(d, &l);
	}
	add_look(&l, e);
	if (l.state == LEFTOVER_NONE)
		err_add(e, had_key ? "; the key that was in the drive is cleared" : "; no key is in the drive");
	return l.state == LEFTOVER_NONE;
}
