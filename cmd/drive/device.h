/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the verbs that talk to a drive share: naming it, opening it, the label of the tape in it. */
#ifndef CMD_DRIVE_DEVICE_H
#define CMD_DRIVE_DEVICE_H

#include "cmd/drive/waiting.h"
#include "cmd/options.h"
#include "format/label.h"

/* The one DEVICE among the operands, or $TAPE; what may be a key is refused and not shown.  Returns 0 or the exit status of wrong
 * usage. */
int device_operand(const char *verb, const struct operands *rest, const char **device);

/* --wait SECONDS|ready, a taker of options: an unsigned; WAITING_READY stands for ready. */
int device_wait_option(const struct command *verb, void *seconds, const char *text);

/* Says which UNIT ATTENTION was waiting where it means that a key is lost. */
void device_tell_attention(const char *device, const struct drive *d);

/* What a verb does with an open drive. */
struct device_visit {
	const char *device;
	unsigned wait; /* seconds until it is ready; 0: it is taken as it is */
	bool hold;     /* a signal waits until act is over */
	bool json;     /* of a fault it tells in a document, too */
	int (*act)(void *arg, struct drive *d, enum drive_ready ready, struct err *e);
	void (*failed)(struct drive *d, struct err *e); /* adds to e what is in the drive then; NULL: nothing */
	struct err *told;                               /* what failed, as it was told, is put there; NULL: nobody asks */
	void *arg;
};

/* Opens the drive, tells which attention was waiting, waits, acts, and closes it.  Of a fault it has told.  Returns the exit status. */
int device_run(const struct device_visit *v);

/* The Volume Name of the tape in the drive, from its clear label: clears the drive's key if there is one, reads the first
 * block, leaves the tape at its beginning.  Where it is not there before, rewind must allow it.  *found is false for a
 * blank tape or one without a label.  XE_NOT_READY without a medium; XE_FAILED, XE_REFUSED, XE_KEY. */
int device_volume_name(struct drive *d, enum drive_ready ready, bool rewind, char name[static LABEL_NAME_BYTES], bool *found, struct err *e)
	__attribute__((warn_unused_result));

#endif
