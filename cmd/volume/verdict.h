/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a proof has come to, in a word. */
#ifndef CMD_VOLUME_VERDICT_H
#define CMD_VOLUME_VERDICT_H

/* From good to bad. */
enum verdict {
	VERDICT_SOUND,
	VERDICT_NOT_PROVED,  /* it could not be told */
	VERDICT_NOT_WHOLE,   /* a job begins or ends elsewhere, where that counts */
	VERDICT_WOUNDED,     /* what filter --repair mends */
	VERDICT_OTHER_BYTES, /* they are others than when it was sound last, though size and time are the same */
	VERDICT_DAMAGED,
	VERDICTS
};

/* "sound", "NOT PROVED": first in a line.  And for files and JSON: "sound", "not-proved"; the verdict of such a word, or VERDICTS. */
const char *verdict_name(enum verdict v);
const char *verdict_word(enum verdict v);
enum verdict verdict_of_word(const char *word);

/* The exit status for it: 0, 1 or 3. */
int verdict_status(enum verdict v);

#endif
