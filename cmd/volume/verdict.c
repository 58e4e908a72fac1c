/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/verdict.h"

#include <string.h>

static const struct {
	const char *name, *word;
	int status;
} verdicts[VERDICTS] = {
	[VERDICT_SOUND] = {"sound", "sound", 0},
	[VERDICT_NOT_PROVED] = {"NOT PROVED", "not-proved", 1},
	[VERDICT_NOT_WHOLE] = {"NOT WHOLE", "not-whole", 3},
	[VERDICT_WOUNDED] = {"WOUNDED", "wounded", 3},
	[VERDICT_OTHER_BYTES] = {"OTHER BYTES", "other-bytes", 3},
	[VERDICT_DAMAGED] = {"DAMAGED", "damaged", 3},
};

const char *verdict_name(enum verdict v)
{
	return verdicts[v].name;
}

const char *verdict_word(enum verdict v)
{
	return verdicts[v].word;
}

enum verdict verdict_of_word(const char *word)
{
	unsigned v = 0;
	while (v < VERDICTS && strcmp(word, verdicts[v].word) != 0)
		v++;
	return v;
}

int verdict_status(enum verdict v)
{
	return verdicts[v].status;
}
