/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rounds are written once, for a number or for a vector of them (a thing that gcc and clang know on every processor: what has no such
 * registers gets several of what it has), and compiled for each kind of processor that has more than any of its family; which of them runs
 * is chosen when the program does.
 *
 * A lane takes the next text when its own has ended, and all go on by as many blocks as the shortest stretch has.  Idle ones count what
 * another one counts, and nobody looks. */
#include "base/md5lanes.h"

#include <stdbool.h>

#define LANES 8u
#define BLOCK_BYTES 64u
#define WORDS 16u /* of a block */
#define LENGTH_BYTES 8u
#define STATE_WORDS 4u

typedef uint32_t lanes __attribute__((vector_size(LANES * sizeof(uint32_t))));

struct state {
	uint32_t word[STATE_WORDS][LANES];
};

/* blocks of each lane, from there on, into its state */
typedef void step(struct state *s, const uint8_t *const at[static LANES], size_t blocks);

/* How some processor counts. */
struct way {
	step *step;
	size_t least; /* of fewer texts each is counted alone sooner */
};

/* ---- the rounds ---- */

/* As RFC 1321 has them, F with one operation less. */
#define F(b, c, d) ((((c) ^ (d)) & (b)) ^ (d))
#define G(b, c, d) (((d) & (b)) | (~(d) & (c)))
#define H(b, c, d) ((b) ^ (c) ^ (d))
#define I(b, c, d) ((c) ^ ((b) | ~(d)))

#define STEP(f, a, b, c, d, k, turn, constant) \
	a += w[k] + (constant);                \
	a += f(b, c, d);                       \
	a = ((a << (turn)) | (a >> (32 - (turn)))) + b;

#define FOUR(f, t0, t1, t2, t3, k0, c0, k1, c1, k2, c2, k3, c3) \
	STEP(f, a, b, c, d, k0, t0, c0)                         \
	STEP(f, d, a, b, c, k1, t1, c1)                         \
	STEP(f, c, d, a, b, k2, t2, c2)                         \
	STEP(f, b, c, d, a, k3, t3, c3)

#define ROUNDS                                                                                     \
	FOUR(F, 7, 12, 17, 22, 0, 0xd76aa478u, 1, 0xe8c7b756u, 2, 0x242070dbu, 3, 0xc1bdceeeu)     \
	FOUR(F, 7, 12, 17, 22, 4, 0xf57c0fafu, 5, 0x4787c62au, 6, 0xa8304613u, 7, 0xfd469501u)     \
	FOUR(F, 7, 12, 17, 22, 8, 0x698098d8u, 9, 0x8b44f7afu, 10, 0xffff5bb1u, 11, 0x895cd7beu)   \
	FOUR(F, 7, 12, 17, 22, 12, 0x6b901122u, 13, 0xfd987193u, 14, 0xa679438eu, 15, 0x49b40821u) \
	FOUR(G, 5, 9, 14, 20, 1, 0xf61e2562u, 6, 0xc040b340u, 11, 0x265e5a51u, 0, 0xe9b6c7aau)     \
	FOUR(G, 5, 9, 14, 20, 5, 0xd62f105du, 10, 0x02441453u, 15, 0xd8a1e681u, 4, 0xe7d3fbc8u)    \
	FOUR(G, 5, 9, 14, 20, 9, 0x21e1cde6u, 14, 0xc33707d6u, 3, 0xf4d50d87u, 8, 0x455a14edu)     \
	FOUR(G, 5, 9, 14, 20, 13, 0xa9e3e905u, 2, 0xfcefa3f8u, 7, 0x676f02d9u, 12, 0x8d2a4c8au)    \
	FOUR(H, 4, 11, 16, 23, 5, 0xfffa3942u, 8, 0x8771f681u, 11, 0x6d9d6122u, 14, 0xfde5380cu)   \
	FOUR(H, 4, 11, 16, 23, 1, 0xa4beea44u, 4, 0x4bdecfa9u, 7, 0xf6bb4b60u, 10, 0xbebfbc70u)    \
	FOUR(H, 4, 11, 16, 23, 13, 0x289b7ec6u, 0, 0xeaa127fau, 3, 0xd4ef3085u, 6, 0x04881d05u)    \
	FOUR(H, 4, 11, 16, 23, 9, 0xd9d4d039u, 12, 0xe6db99e5u, 15, 0x1fa27cf8u, 2, 0xc4ac5665u)   \
	FOUR(I, 6, 10, 15, 21, 0, 0xf4292244u, 7, 0x432aff97u, 14, 0xab9423a7u, 5, 0xfc93a039u)    \
	FOUR(I, 6, 10, 15, 21, 12, 0x655b59c3u, 3, 0x8f0ccc92u, 10, 0xffeff47du, 1, 0x85845dd1u)   \
	FOUR(I, 6, 10, 15, 21, 8, 0x6fa87e4fu, 15, 0xfe2ce6e0u, 6, 0xa3014314u, 13, 0x4e0811a1u)   \
	FOUR(I, 6, 10, 15, 21, 4, 0xf7537e82u, 11, 0xbd3af235u, 2, 0x2ad7d2bbu, 9, 0xeb86d391u)

static inline uint32_t word_at(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return le32toh(v);
}

/* A block of each lane, word by word. */
static inline __attribute__((always_inline)) void gather(lanes *w, const uint8_t *const at[static LANES], size_t offset)
{
	for (size_t k = 0; k < WORDS; k++) {
		for (size_t l = 0; l < LANES; l++)
			w[k][l] = word_at(at[l] + offset + k * sizeof(uint32_t));
	}
}

static inline __attribute__((always_inline)) void step_lanes(struct state *s, const uint8_t *const at[static LANES], size_t blocks)
{
	lanes a, b, c, d, w[WORDS];
	memcpy(&a, s->word[0], sizeof a);
	memcpy(&b, s->word[1], sizeof b);
	memcpy(&c, s->word[2], sizeof c);
	memcpy(&d, s->word[3], sizeof d);
	for (size_t i = 0; i < blocks; i++) {
		const lanes a0 = a, b0 = b, c0 = c, d0 = d;
		gather(w, at, i * BLOCK_BYTES);
		ROUNDS
		a += a0;
		b += b0;
		c += c0;
		d += d0;
	}
	memcpy(s->word[0], &a, sizeof a);
	memcpy(s->word[1], &b, sizeof b);
	memcpy(s->word[2], &c, sizeof c);
	memcpy(s->word[3], &d, sizeof d);
}

static void step_portable(struct state *s, const uint8_t *const at[static LANES], size_t blocks)
{
	step_lanes(s, at, blocks);
}

static const struct way portable = {step_portable, 4};

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void step_avx2(struct state *s, const uint8_t *const at[static LANES], size_t blocks)
{
	step_lanes(s, at, blocks);
}

/* It turns words in one operation, and has each of F, G, H and I as one. */
__attribute__((target("avx2,avx512f,avx512vl"))) static void step_avx512(struct state *s, const uint8_t *const at[static LANES],
									 size_t blocks)
{
	step_lanes(s, at, blocks);
}

static struct way best_way(void)
{
	if (__builtin_cpu_supports("avx512vl"))
		return (struct way){step_avx512, 2};
	return __builtin_cpu_supports("avx2") ? (struct way){step_avx2, 3} : portable;
}
#else
static struct way best_way(void)
{
	return portable;
}
#endif

static void step_alone(struct state *s, size_t lane, const uint8_t *at, size_t blocks)
{
	uint32_t a = s->word[0][lane], b = s->word[1][lane], c = s->word[2][lane], d = s->word[3][lane], w[WORDS];
	for (size_t i = 0; i < blocks; i++) {
		const uint32_t a0 = a, b0 = b, c0 = c, d0 = d;
		for (size_t k = 0; k < WORDS; k++)
			w[k] = word_at(at + i * BLOCK_BYTES + k * sizeof(uint32_t));
		ROUNDS
		a += a0;
		b += b0;
		c += c0;
		d += d0;
	}
	s->word[0][lane] = a;
	s->word[1][lane] = b;
	s->word[2][lane] = c;
	s->word[3][lane] = d;
}

/* ---- lanes ---- */

/* A text on its way. */
struct lane {
	struct md5lanes_text *text; /* NULL: idle */
	size_t part;                /* the one that is at hand, and what is left of it */
	struct span left;
	uint64_t bytes;    /* taken */
	const uint8_t *at; /* so many blocks stand there */
	size_t blocks;
	bool ends;                       /* with them */
	uint8_t joined[2 * BLOCK_BYTES]; /* from several parts, or with the end behind them */
};

static void pass(struct span *s, size_t n)
{
	s->data += n;
	s->len -= n;
}

/* To a part that has something; false: there is none. */
static bool find_part(struct lane *l)
{
	while (l->left.len == 0 && l->part < l->text->part_count)
		l->left = l->text->parts[l->part++];
	return l->left.len > 0;
}

/* What stands behind the last byte. */
static void put_end(struct lane *l, size_t n)
{
	l->ends = true;
	l->blocks = n + 1 + LENGTH_BYTES > BLOCK_BYTES ? 2 : 1;
	memset(l->joined + n, 0, l->blocks * BLOCK_BYTES - n);
	l->joined[n] = 0x80;
	struct wr w = wr_over(l->joined + l->blocks * BLOCK_BYTES - LENGTH_BYTES, LENGTH_BYTES);
	wr_le32(&w, (uint32_t)(l->bytes * 8));
	wr_le32(&w, (uint32_t)(l->bytes * 8 >> 32));
}

/* A block that no part has whole. */
static void join(struct lane *l)
{
	size_t n = 0;
	l->at = l->joined;
	l->blocks = 1;
	while (n < BLOCK_BYTES && find_part(l)) {
		size_t take = l->left.len < BLOCK_BYTES - n ? l->left.len : BLOCK_BYTES - n;
		memcpy(l->joined + n, l->left.data, take);
		pass(&l->left, take);
		n += take;
	}
	l->bytes += n;
	if (n < BLOCK_BYTES)
		put_end(l, n);
}

static void next_stretch(struct lane *l)
{
	if (!find_part(l) || l->left.len < BLOCK_BYTES) {
		join(l);
		return;
	}
	l->at = l->left.data;
	l->blocks = l->left.len / BLOCK_BYTES;
	l->bytes += l->blocks * BLOCK_BYTES;
	pass(&l->left, l->blocks * BLOCK_BYTES);
}

static void begin(struct lane *l, struct state *s, size_t lane, struct md5lanes_text *text)
{
	static const uint32_t first[STATE_WORDS] = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u};
	for (size_t i = 0; i < STATE_WORDS; i++)
		s->word[i][lane] = first[i];
	l->text = text;
	l->part = 0;
	l->left = (struct span){NULL, 0};
	l->bytes = 0;
	l->ends = false;
	next_stretch(l);
}

static void end(struct lane *l, const struct state *s, size_t lane)
{
	struct wr w = wr_over(l->text->value, MD5LANES_VALUE_BYTES);
	for (size_t i = 0; i < STATE_WORDS; i++)
		wr_le32(&w, s->word[i][lane]);
	l->text = NULL;
}

/* So many blocks of the lane are counted. */
static void pass_blocks(struct lane *l, size_t blocks)
{
	l->at += blocks * BLOCK_BYTES;
	l->blocks -= blocks;
}

static void go_on_alone(struct lane all[static LANES], struct state *s)
{
	for (size_t i = 0; i < LANES; i++) {
		if (all[i].text == NULL)
			continue;
		step_alone(s, i, all[i].at, all[i].blocks);
		pass_blocks(&all[i], all[i].blocks);
	}
}

/* By as much as each of them has; some: one that has a text, which those that have none read along. */
static void go_on_together(step *counts, struct lane all[static LANES], struct state *s, const struct lane *some)
{
	const uint8_t *at[LANES];
	size_t blocks = some->blocks;
	for (size_t i = 0; i < LANES; i++) {
		at[i] = all[i].text ? all[i].at : some->at;
		blocks = all[i].text && all[i].blocks < blocks ? all[i].blocks : blocks;
	}
	counts(s, at, blocks);
	for (size_t i = 0; i < LANES; i++) {
		if (all[i].text)
			pass_blocks(&all[i], blocks);
	}
}

static void count(struct way way, struct md5lanes_text *texts, size_t n)
{
	struct lane all[LANES];
	struct state s = {0};
	for (size_t i = 0; i < LANES; i++)
		all[i].text = NULL;
	for (size_t next = 0;;) {
		const struct lane *some = NULL;
		size_t busy = 0;
		for (size_t i = 0; i < LANES; i++) {
			struct lane *l = &all[i];
			if (l->text && l->blocks == 0 && !l->ends)
				next_stretch(l);
			else if (l->text && l->blocks == 0)
				end(l, &s, i);
			if (l->text == NULL && next < n)
				begin(l, &s, i, &texts[next++]);
			busy += l->text != NULL;
			some = l->text ? l : some;
		}
		if (busy == 0)
			return;
		if (busy < way.least)
			go_on_alone(all, &s);
		else
			go_on_together(way.step, all, &s, some);
	}
}

void md5lanes_count(struct md5lanes_text *texts, size_t count_of_texts)
{
	count(best_way(), texts, count_of_texts);
}

void md5lanes_count_portably(struct md5lanes_text *texts, size_t count_of_texts)
{
	count(portable, texts, count_of_texts);
}
