/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/suggest.h"

#include <string.h>

#define LETTERS_MAX 32u

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Restricted Damerau-Levenshtein distance; both at most LETTERS_MAX long. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned d[LETTERS_MAX + 1][LETTERS_MAX + 1];
	for (unsigned i = 0; i <= a_len; i++) {
		for (unsigned k = 0; k <= b_len; k++) {
			if (i == 0 || k == 0) {
				d[i][k] = i + k;
				continue;
			}
			d[i][k] = least(least(d[i - 1][k], d[i][k - 1]) + 1, d[i - 1][k - 1] + (a[i - 1] != b[k - 1]));
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				d[i][k] = least(d[i][k], d[i - 2][k - 2] + 1);
		}
	}
	return d[a_len][b_len];
}

const char *suggest(const char *word, size_t len, const char *(*name)(const void *of, size_t index), const void *of)
{
	const char *nearest = NULL, *candidate;
	if (len < 3 || len > LETTERS_MAX)
		return NULL;
	unsigned best = (unsigned)len / 3 + 1;
	for (size_t i = 0; (candidate = name(of, i)) != NULL; i++) {
		size_t candidate_len = strlen(candidate);
		unsigned far = candidate_len <= LETTERS_MAX ? distance(word, len, candidate, candidate_len) : best;
		if (far < best) {
			best = far;
			nearest = candidate;
		}
	}
	return nearest;
}
