/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sample data, and buffers at whose end a page traps. */
#ifndef TESTS_GUARDED_H
#define TESTS_GUARDED_H

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* n bytes whose end touches a page that traps: one byte too far, read or written by any library, kills the test. */
struct guarded {
	uint8_t *p;
	size_t len;
	void *map;
	size_t map_len;
};

static inline struct guarded guarded_new(size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (n + page - 1) / page * page;
	struct guarded g = {.len = n, .map_len = room + page};
	g.map = mmap(NULL, g.map_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert(g.map != MAP_FAILED);
	ck_assert_int_eq(mprotect((uint8_t *)g.map + room, page, PROT_NONE), 0);
	g.p = (uint8_t *)g.map + room - n;
	return g;
}

static inline struct guarded guarded_copy(const uint8_t *from, size_t n)
{
	struct guarded g = guarded_new(n);
	if (n)
		memcpy(g.p, from, n);
	return g;
}

/* The last n bytes of g: guarded as well. */
static inline uint8_t *guarded_last(const struct guarded *g, size_t n)
{
	return g->p + g->len - n;
}

static inline void guarded_free(struct guarded *g)
{
	munmap(g->map, g->map_len);
}

/* xorshift64: the same everywhere. */
static inline uint32_t sample_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)(*seed >> 32);
}

enum sample { SAMPLE_ZERO, SAMPLE_RANDOM, SAMPLE_TEXT, SAMPLE_REPEATS, SAMPLE_COUNT };

static inline void sample_fill(uint8_t *p, size_t n, enum sample kind, uint64_t seed)
{
	static const char *const words[] = {"block ", "record ", "session ", "stream ", "label ", "volume, ", "of ",     "the ",
					    "and\n",  "a ",      "tape ",    "is ",     "not ",   "0x1f",     "Bareos ", "42 "};
	size_t i = 0;
	seed = seed * 2654435761u + 88172645463325252u;
	while (i < n) {
		const char *w = words[sample_next(&seed) % 16];
		size_t distance = 1 + sample_next(&seed) % (sample_next(&seed) % 4 ? 40 : 12000);
		size_t len = sample_next(&seed) % 16 ? sample_next(&seed) % 20 : sample_next(&seed) % 1200;
		switch (kind) {
		case SAMPLE_TEXT:
			while (*w && i < n)
				p[i++] = (uint8_t)*w++;
			break;
		case SAMPLE_REPEATS: /* matches of every distance and length, overlapping ones too */
			for (; len && i < n; len--, i++)
				p[i] = distance <= i ? p[i - distance] : (uint8_t)len;
			if (i < n)
				p[i++] = (uint8_t)sample_next(&seed);
			break;
		default: p[i++] = kind == SAMPLE_ZERO ? 0 : (uint8_t)sample_next(&seed);
		}
	}
}

/* Hex digits, spaces allowed -> out; returns the number of bytes. */
static inline size_t unhex(uint8_t *out, const char *text)
{
	size_t n = 0;
	for (; *text; text++) {
		char digits[3] = {text[0], text[1], 0};
		if (*text == ' ')
			continue;
		out[n++] = (uint8_t)strtoul(digits, NULL, 16);
		text++;
	}
	return n;
}

/* ck_assert for inner loops: it reports failures only, where ck_assert reports every success to the runner. */
#define ck_quick(cond)                             \
	do {                                       \
		if (!(cond))                       \
			ck_abort_msg("%s", #cond); \
	} while (0)

static inline int check_run(Suite *s)
{
	SRunner *r = srunner_create(s);
	int failed;
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
