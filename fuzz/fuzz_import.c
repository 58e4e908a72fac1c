/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a list of keys.  What was taken, written as lines and as JSON, reads as the same. */
#include "fuzz/fuzz.h"

#include "keys/keylist_read.h"

#include <string.h>

static bool is_plain(const struct keylist *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *v = list->entries[i].volume;
		if (v[0] == '#' || v[0] == '{' || v[0] == '[' || v[0] == '|' || v[0] == '+' || v[0] == '"' || strchr(v, '|') ||
		    strcasecmp(v, "volume") == 0 || strcasecmp(v, "volumename") == 0 || (unsigned char)v[0] == 0xef || v[0] == ' ' ||
		    v[strlen(v) - 1] == ' ' || list->entries[i].key[0] == ' ' ||
		    list->entries[i].key[strlen(list->entries[i].key) - 1] == ' ')
			return false;
	}
	return true;
}

static void again(const struct keylist *list, enum keylist_format format)
{
	struct keylist back = KEYLIST_NONE;
	struct err e = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	if (out == NULL)
		return;
	int r = keylist_write(out, format, list, list, &e);
	fclose(out);
	if (r == 0 && format != KEYLIST_SQL && is_plain(list)) {
		if (keylist_read(&back, (struct span){(const uint8_t *)text, len}, &e) != 0 || back.count != list->count)
			abort();
		for (size_t i = 0; i < list->count; i++) {
			if (strcmp(back.entries[i].volume, list->entries[i].volume) != 0 ||
			    strcmp(back.entries[i].key, list->entries[i].key) != 0)
				abort();
		}
	}
	keylist_free(&back);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct keylist list = KEYLIST_NONE;
	struct err e = {0};
	int r = keylist_read(&list, (struct span){data, size}, &e);
	if (r == 0) {
		if (list.count == 0 || list.fault_count)
			abort();
		again(&list, KEYLIST_LINES);
		again(&list, KEYLIST_JSON);
		again(&list, KEYLIST_SQL);
		(void)!keylist_check_keys(&list, &e);
	} else if (r == XE_DAMAGE && list.fault_count == 0 && list.count > 0) {
		abort();
	}
	keylist_free(&list);
	return 0;
}
