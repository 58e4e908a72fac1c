/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys/keylist_read.h"

#include "base/lines.h"
#include "keys/keylist_forms.h"

#include <string.h>

int keylist_read(struct keylist *list, struct span text, struct err *e)
{
	keylist_free(list);
	if (lines_begins(text, "\xef\xbb\xbf"))
		text = lines_skip(text, 3);
	struct span words = text;
	while (words.len > 0 && memchr(" \t\r\n", words.data[0], 4) != NULL)
		words = lines_skip(words, 1);
	bool json = words.len > 0 && (words.data[0] == '{' || words.data[0] == '[');
	int r = json                        ? keylist_json_read(list, text, e)
		: keylist_vertical_is(text) ? keylist_vertical_read(list, text, e)
					    : keylist_table_read(list, text, e);
	if (r == 0 && list->fault_count)
		r = err_set(e, XE_DAMAGE, "%zu bad entr%s", list->fault_count, list->fault_count == 1 ? "y" : "ies");
	if (r == 0 && list->count == 0)
		r = err_set(e, XE_DAMAGE, "there is no key in it");
	return r;
}
