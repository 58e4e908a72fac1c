/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The events of a drive and its keys.  v: NULL where nobody is told. */
#ifndef CMD_DRIVE_KEYEVENTS_H
#define CMD_DRIVE_KEYEVENTS_H

#include "cmd/events.h"
#include "tape/drive.h"

/* The label of the tape in the drive names this volume.  XE_FAILED: a veto, here and below. */
int keyevents_label(struct events *v, const char *device, const char *volume, struct err *e) __attribute__((warn_unused_result));

/* A key is in the drive, as its status says.  volume: "" if none is named; key_id: "" for raw reading. */
int keyevents_loaded(struct events *v, const char *device, const char *volume, const char *key_id, const char *mode,
		     const struct scsi_status *after, struct err *e) __attribute__((warn_unused_result));

/* Is a key in the drive?  Not asked where nobody is told. */
bool keyevents_has_key(const struct events *v, struct drive *d);

/* It is out.  There is no veto of that. */
void keyevents_cleared(struct events *v, const char *device);

/* leftover_clear; told, if there was a key, and it is out. */
bool keyevents_clear(struct events *v, const char *device, struct drive *d, struct err *e);

#endif
