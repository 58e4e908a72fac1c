/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/foreign.h"

#include <string.h>

/* The same seven names in both alphabets. */
static const char *const ascii[] = {"VOL", "UVL", "HDR", "UHL", "EOF", "EOV", "UTL"};
static const char *const ebcdic[] = {"\xe5\xd6\xd3", "\xe4\xe5\xd3", "\xc8\xc4\xd9", "\xe4\xc8\xd3",
				     "\xc5\xd6\xc6", "\xc5\xd6\xe5", "\xe4\xe3\xd3"};

#define NAMES (sizeof ascii / sizeof ascii[0])
#define NAMES_AT_BEGINNING ((size_t)2)

static bool is_named(const uint8_t *at, const char *const *names, size_t count, uint8_t nought)
{
	for (size_t i = 0; i < count; i++) {
		if (memcmp(at, names[i], 3) == 0)
			return at[3] > nought && at[3] <= nought + 9;
	}
	return false;
}

bool foreign_is_label(const uint8_t at[static FOREIGN_LABEL_BYTES])
{
	bool is_ascii = is_named(at, ascii, NAMES, '0');
	if (!is_ascii && !is_named(at, ebcdic, NAMES, 0xf0))
		return false;
	/* Text, as far as it goes: some writers leave zeros at its end. */
	for (size_t i = 4; i < FOREIGN_LABEL_BYTES; i++) {
		bool text = at[i] == 0 || (is_ascii ? at[i] >= 0x20 && at[i] < 0x7f : at[i] >= 0x40);
		if (!text)
			return false;
	}
	return true;
}

bool foreign_begins_tape(const uint8_t at[static FOREIGN_LABEL_BYTES])
{
	return is_named(at, ascii, NAMES_AT_BEGINNING, '0') || is_named(at, ebcdic, NAMES_AT_BEGINNING, 0xf0);
}
