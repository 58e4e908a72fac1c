/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a proof has come to, in a word. */
#ifndef CMD_VOLUME_JUDGEMENT_H
#define CMD_VOLUME_JUDGEMENT_H

/* From good to bad. */
enum judgement {
	JUDGEMENT_SOUND,
	JUDGEMENT_NOT_PROVED,  /* it could not be told */
	JUDGEMENT_NOT_WHOLE,   /* a job begins or ends elsewhere, where that counts */
	JUDGEMENT_WOUNDED,     /* what filter --repair mends */
	JUDGEMENT_OTHER_BYTES, /* they are others than when it was sound last, though size and time are the same */
	JUDGEMENT_DAMAGED,
	JUDGEMENTS
};

/* "sound", "NOT PROVED": first in a line.  And for files and JSON: "sound", "not-proved"; the verdict of such a word, or JUDGEMENTS. */
const char *judgement_name(enum judgement v);
const char *judgement_word(enum judgement v);
enum judgement judgement_of_word(const char *word);

/* The exit status for it: 0, 1 or 3. */
int judgement_status(enum judgement v);

#endif
