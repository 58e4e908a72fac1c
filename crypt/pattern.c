/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pattern becomes a POSIX extended regular expression.  Sets are written out character by character: POSIX brackets
 * know no escapes, and Volume Names are ASCII. */
#include "crypt/pattern.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATTERN_MAX_BYTES 256u
#define REPEATS_MAX 4096u /* of all {m,n} multiplied: the C library writes them out */
#define FIRST_CHARACTER 0x20u
#define LAST_CHARACTER 0x7eu

struct pattern {
	regex_t compiled;
};

struct translation {
	const char *p; /* what is left of the text */
	char *out;
	size_t used, cap;
	unsigned repeats;
	const char *fault;
};

static void put(struct translation *t, const char *text)
{
	size_t n = strlen(text);
	if (t->used + n + 1 > t->cap) {
		t->fault = "is too long";
		return;
	}
	memcpy(t->out + t->used, text, n + 1);
	t->used += n;
}

static void put_character(struct translation *t, char c)
{
	const char escaped[3] = {'\\', c, '\0'};
	put(t, strchr("\\.[](){}*+?|^$", c) ? escaped : escaped + 1);
}

/* ---- sets ---- */

struct set {
	bool has[128];
};

static void add_range(struct set *s, unsigned char low, unsigned char high)
{
	for (unsigned c = low; c <= high && c < 128; c++)
		s->has[c] = true;
}

static void complement(struct set *s)
{
	for (unsigned c = 0; c < 128; c++)
		s->has[c] = c >= FIRST_CHARACTER && c <= LAST_CHARACTER && !s->has[c];
}

/* The set that \d and its like stand for; false if c is none of them. */
static bool add_class(struct set *s, char c)
{
	struct set k = {0};
	switch (c) {
	case 'd': case 'D': add_range(&k, '0', '9'); break;
	case 'w': case 'W':
		add_range(&k, '0', '9');
		add_range(&k, 'A', 'Z');
		add_range(&k, 'a', 'z');
		add_range(&k, '_', '_');
		break;
	case 's': case 'S':
		add_range(&k, ' ', ' ');
		add_range(&k, '\t', '\r');
		break;
	default: return false;
	}
	if (c < 'a')
		complement(&k);
	for (unsigned i = 0; i < 128; i++)
		s->has[i] = s->has[i] || k.has[i];
	return true;
}

/* ']' stands first, '-' last, '^' not first, and '[' before nothing that would make a class of it. */
static void put_set(struct translation *t, const struct set *s)
{
	char text[140];
	size_t n = 0;
	text[n++] = '[';
	if (s->has[']'])
		text[n++] = ']';
	for (unsigned c = 1; c < 128; c++) {
		if (s->has[c] && c != ']' && c != '[' && c != '^' && c != '-')
			text[n++] = (char)c;
	}
	if (s->has['['])
		text[n++] = '[';
	bool dash_first = n == 1 && s->has['^'] && s->has['-'];
	if (dash_first)
		text[n++] = '-';
	if (n == 1 && s->has['^'] && !s->has['-']) {
		put(t, "\\^");
		return;
	}
	if (s->has['^'])
		text[n++] = '^';
	if (s->has['-'] && !dash_first)
		text[n++] = '-';
	if (n == 1) {
		t->fault = "has a set that nothing is in";
		return;
	}
	text[n++] = ']';
	text[n] = '\0';
	put(t, text);
}

/* One character of a set, t->p on it.  -1: it was a class, which was added. */
static int set_member(struct translation *t, struct set *s)
{
	char c = *t->p++;
	if (c != '\\')
		return (unsigned char)c;
	c = *t->p;
	if (c == '\0')
		return 0;
	t->p++;
	if (add_class(s, c))
		return -1;
	if (c >= 'a' && c <= 'z' && c != 't') {
		t->fault = "has an escape that is not known here";
		return 0;
	}
	return c == 't' ? '\t' : (unsigned char)c;
}

/* Behind the '['. */
static void translate_set(struct translation *t)
{
	struct set s = {0};
	bool negated = *t->p == '^';
	t->p += negated;
	bool first = true;
	while (t->fault == NULL && *t->p && (*t->p != ']' || first)) {
		first = false;
		int low = set_member(t, &s);
		if (low < 0)
			continue;
		int high = low;
		if (t->p[0] == '-' && t->p[1] != '\0' && t->p[1] != ']') {
			t->p++;
			high = set_member(t, &s);
		}
		if (high < low || high > 127)
			t->fault = "has a range in a set that goes backwards, or leaves ASCII";
		else
			add_range(&s, (unsigned char)low, (unsigned char)high);
	}
	if (t->fault == NULL && *t->p != ']')
		t->fault = "has a set without its end";
	if (t->fault)
		return;
	t->p++;
	if (negated)
		complement(&s);
	put_set(t, &s);
}

/* ---- the rest ---- */

/* Behind the backslash. */
static void translate_escape(struct translation *t)
{
	struct set s = {0};
	char c = *t->p;
	if (c == '\0') {
		t->fault = "ends in a backslash";
		return;
	}
	t->p++;
	if (add_class(&s, c))
		put_set(t, &s);
	else if (c == 'A' || c == 'Z')
		put(t, c == 'A' ? "^" : "$");
	else if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c > LAST_CHARACTER)
		t->fault = "has an escape that is not known here";
	else
		put_character(t, c);
}

/* t->p on the '{'. */
static void translate_repeat(struct translation *t)
{
	unsigned low = 0, high = 0;
	int n = 0;
	char text[32];
	if (sscanf(t->p, "{%3u}%n", &low, &n) == 1 && n > 0) {
		high = low;
	} else {
		n = 0;
		if (sscanf(t->p, "{%3u,%3u}%n", &low, &high, &n) != 2 || n == 0) {
			n = 0;
			if (sscanf(t->p, "{%3u,}%n", &low, &n) != 1 || n == 0) {
				t->fault = "has a brace that is no {m,n}; write \\{ for the character";
				return;
			}
			high = low + 1;
		}
	}
	t->repeats *= high > 0 ? high : 1;
	if (high < low || t->repeats > REPEATS_MAX) {
		t->fault = "repeats too often";
		return;
	}
	snprintf(text, sizeof text, "%.*s", n, t->p);
	put(t, text);
	t->p += n;
}

static void translate_one(struct translation *t)
{
	char c = *t->p;
	if (c == '{') {
		translate_repeat(t);
		t->p += *t->p == '?';
		return;
	}
	t->p++;
	switch (c) {
	case '\\': translate_escape(t); return;
	case '[': translate_set(t); return;
	case '(':
		if (strncmp(t->p, "?:", 2) == 0)
			t->p += 2;
		else if (*t->p == '?')
			t->fault = "uses (?...), of which only (?:...) is known here";
		put(t, "(");
		return;
	case '*': case '+': case '?':
		put(t, (const char[]){c, '\0'});
		/* Lazy or not, it matches the same names. */
		t->p += *t->p == '?';
		if (*t->p == '*' || *t->p == '+' || *t->p == '?')
			t->fault = "repeats a repetition";
		return;
	default:
		if ((unsigned char)c < FIRST_CHARACTER || (unsigned char)c > LAST_CHARACTER)
			t->fault = "has a character that no Volume Name has";
		put(t, (const char[]){c, '\0'});
	}
}

int pattern_new(struct pattern **p, const char *text, struct err *e)
{
	*p = NULL;
	size_t len = strlen(text);
	/* A class can become a hundred characters. */
	struct translation t = {.p = text, .cap = len * 100 + 16, .repeats = 1};
	if (len > PATTERN_MAX_BYTES)
		return err_set(e, XE_USAGE, "the expression is longer than %u characters", PATTERN_MAX_BYTES);
	t.out = malloc(t.cap);
	struct pattern *n = calloc(1, sizeof *n);
	int rc = t.out && n ? 0 : err_memory(e, t.cap, "an expression");
	if (rc == 0)
		put(&t, "^(");
	while (rc == 0 && t.fault == NULL && *t.p)
		translate_one(&t);
	if (rc == 0)
		put(&t, ")");
	if (rc == 0 && t.fault)
		rc = err_set(e, XE_USAGE, "the expression %s", t.fault);
	if (rc == 0) {
		int wrong = regcomp(&n->compiled, t.out, REG_EXTENDED | REG_NOSUB);
		char why[80] = "";
		if (wrong != 0) {
			regerror(wrong, &n->compiled, why, sizeof why);
			rc = err_set(e, XE_USAGE, "the expression is wrong: %s", why);
		}
	}
	free(t.out);
	if (rc != 0)
		free(n);
	else
		*p = n;
	return rc;
}

void pattern_free(struct pattern *p)
{
	if (p)
		regfree(&p->compiled);
	free(p);
}

bool pattern_matches(const struct pattern *p, const char *name)
{
	return regexec(&p->compiled, name, 0, NULL, 0) == 0;
}
