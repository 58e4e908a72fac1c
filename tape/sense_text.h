/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sense codes by T10's texts, since kernels and sg3_utils print no numbers for those that they know. */
#ifndef TAPE_SENSE_TEXT_H
#define TAPE_SENSE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sense_text {
	uint8_t asc, ascq;
	const char *text;
};

/* The longest text that the len bytes at at begin with, upper or lower case; NULL if there is none. */
const struct sense_text *sense_text_at(const char *at, size_t len);

#endif
