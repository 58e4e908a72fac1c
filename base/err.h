/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors: one code, one place, one sentence; filled where the fault is found and only passed on the way up. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdint.h>

/* Every function that can fail returns 0 or one of these.  err_exit_status() alone turns them into exit codes. */
enum xerr {
	XE_OK = 0,
	XE_FAILED = -1,     /* an operation failed: I/O, memory, a volume that is none */
	XE_USAGE = -2,      /* the request makes no sense for this input */
	XE_DAMAGE = -3,     /* bytes that are not what their format says */
	XE_KEY = -4,        /* key wrong, missing or not authentic */
	XE_NOT_READY = -5,  /* drive not ready, no medium */
	XE_REFUSED = -6,    /* the drive or transport refused */
	XE_PERMISSION = -7, /* not permitted */
};

#define ERR_TEXT_BYTES 512
#define ERR_VOLUME_BYTES 256

/* text is a whole sentence without a full stop; volume is a path or a Volume Name, empty if there is none. */
struct err {
	enum xerr code;
	int errnum; /* of the system, if that is what failed; else 0 */
	char volume[ERR_VOLUME_BYTES];
	char text[ERR_TEXT_BYTES];
};

/* Fills e and returns code.  The first fault wins: an e that already holds one is left alone, and its code is returned. */
int err_set(struct err *e, enum xerr code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same with ": " and the text of errnum behind it. */
int err_errno(struct err *e, enum xerr code, int errnum, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* What was tried with an err of its own counts after all: e becomes that, unless it holds a fault.  Returns mine's code, which may be 0. */
int err_pass(struct err *e, const struct err *mine);

/* The same where it happened inside of something: "WHERE: " and mine's sentence. */
int err_within(struct err *e, const char *where, const struct err *mine);

/* Puts more behind the sentence of e.  Where there is not enough room, the sentence is cut short, not what is added. */
void err_add(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* XE_FAILED, "out of memory (N bytes for WHAT)". */
int err_memory(struct err *e, uint64_t bytes, const char *what);

/* Names the volume if none is named yet. */
void err_volume(struct err *e, const char *volume);

/* Exit status for a code: xflate(1), EXIT STATUS. */
int err_exit_status(enum xerr code);

/* What whoever started the run had better do: nothing, all is done; run it again, for it may go better then (the disk is full, a network
 * file system is away); or give up until somebody has looked.  The numbers are those of sysexits(3).  xflate(1), EXIT STATUS. */
enum { ERR_CLASS_DONE = 0, ERR_CLASS_AGAIN = 75, ERR_CLASS_GIVE_UP = 65 };
int err_class(const struct err *e);

/* The one of two that counts: run it again as long as that may help anything. */
int err_worse_class(int a, int b);

/* The worse of two exit statuses: 1, then 7, 6, 5, 4, 2, then 3 (damage passed on), then 0. */
int err_worse_status(int a, int b);

#endif
