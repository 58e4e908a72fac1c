/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/algorithm.h"

#include "base/msg.h"
#include "cmd/options.h"

#include <string.h>

const char *const algorithm_targets[] = {
	[PRODUCT_BAREOS] = "bareos", [PRODUCT_BAREOS_22] = "bareos-22", [PRODUCT_BACULA] = "bacula", [PRODUCT_ANY] = "any", NULL};

int algorithm_parse(const char *verb, const char *text, const struct codec **codec, int *level)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	const struct codec *c = codec_by_name(text, len);
	if (c == NULL) {
		char names[128];
		codec_names(names, sizeof names);
		return msg_usage(verb, "-d %s: no such algorithm; there are %s", text, names);
	}
	if (colon && c->fast_library && strcmp(colon + 1, "fast") == 0) {
		*codec = c;
		*level = CODEC_LEVEL_FAST;
		return codec_is_fast_there(c) ? 0
					      : msg_usage(verb, "-d %s: this xflate was built without %s; the next one is %s:%d", text,
							  c->fast_library, c->name, c->level_min);
	}
	uint64_t n = (uint64_t)c->level_default;
	if (colon && c->level_min == c->level_max)
		return msg_usage(verb, "-d %s: %s has no levels", text, c->name);
	if (colon && !options_number(colon + 1, (uint64_t)c->level_min, (uint64_t)c->level_max, &n))
		return msg_usage(verb, "-d %s: %s has levels %d to %d%s", text, c->name, c->level_min, c->level_max,
				 c->fast_library ? ", and fast" : "");
	*codec = c;
	*level = (int)n;
	return 0;
}
