/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/judgement.h"

#include <string.h>

static const struct {
	const char *name, *word;
	int status;
} judgements[JUDGEMENTS] = {
	[JUDGEMENT_SOUND] = {"sound", "sound", 0},
	[JUDGEMENT_NOT_PROVED] = {"NOT PROVED", "not-proved", 1},
	[JUDGEMENT_NOT_WHOLE] = {"NOT WHOLE", "not-whole", 3},
	[JUDGEMENT_WOUNDED] = {"WOUNDED", "wounded", 3},
	[JUDGEMENT_OTHER_BYTES] = {"OTHER BYTES", "other-bytes", 3},
	[JUDGEMENT_DAMAGED] = {"DAMAGED", "damaged", 3},
};

const char *judgement_name(enum judgement v)
{
	return judgements[v].name;
}

const char *judgement_word(enum judgement v)
{
	return judgements[v].word;
}

enum judgement judgement_of_word(const char *word)
{
	unsigned v = 0;
	while (v < JUDGEMENTS && strcmp(word, judgements[v].word) != 0)
		v++;
	return v;
}

int judgement_status(enum judgement v)
{
	return judgements[v].status;
}
