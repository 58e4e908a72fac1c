/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypt/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define STEPS_MAX 1000000u /* of one match: an expression can take longer than the world lasts */
#define HEAP_MAX_KIB 4096u

/* pcre2_code is all there is; struct pattern names it for others. */

int pattern_new(struct pattern **p, const char *text, struct err *e)
{
	int wrong;
	PCRE2_SIZE at;
	*p = NULL;
	pcre2_code *code =
		pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, PCRE2_ANCHORED | PCRE2_NEVER_BACKSLASH_C, &wrong, &at, NULL);
	if (code == NULL) {
		PCRE2_UCHAR why[120] = "";
		pcre2_get_error_message(wrong, why, sizeof why);
		return err_set(e, wrong == PCRE2_ERROR_NOMEMORY ? XE_FAILED : XE_USAGE, "the expression is wrong at character %zu: %s",
			       (size_t)at + 1, (const char *)why);
	}
	*p = (struct pattern *)code;
	return 0;
}

void pattern_free(struct pattern *p)
{
	pcre2_code_free((pcre2_code *)p);
}

int pattern_matches(const struct pattern *p, const char *name, bool *matches, struct err *e)
{
	*matches = false;
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	pcre2_match_context *limits = pcre2_match_context_create(NULL);
	int rc = PCRE2_ERROR_NOMEMORY;
	if (data && limits) {
		pcre2_set_match_limit(limits, STEPS_MAX);
		pcre2_set_heap_limit(limits, HEAP_MAX_KIB);
		rc = pcre2_match((const pcre2_code *)p, (PCRE2_SPTR)name, PCRE2_ZERO_TERMINATED, 0, 0, data, limits);
	}
	pcre2_match_context_free(limits);
	pcre2_match_data_free(data);
	if (rc == PCRE2_ERROR_NOMEMORY)
		return err_memory(e, 0, "matching a Volume Name");
	if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
		return err_set(e, XE_USAGE, "the expression takes too long on the name %s; write it simpler", name);
	*matches = rc >= 0;
	return 0;
}
