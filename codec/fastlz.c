/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FastLZ blocks.  volume-format.md 5.8
 * A block is a string of instructions that start with a control byte c; the first is always a run of literals:
 *   c < 32: c + 1 literals follow
 *   else:   a match of (c >> 5) + 2 bytes; 7 in the top bits means 9 and more, length bytes follow; then the low
 *           byte of the distance - 1, whose high bits are c & 31.
 * The top bits of the first control byte are not part of it: they hold the level - 1. */
#include "codec/fastlz.h"

#include "codec/copy.h"

#define LITERALS_MAX 32
#define MATCH_LONG 9      /* first length with length bytes */
#define MATCH_MAX 264     /* level 1: 9 + one length byte */
#define DISTANCE_MAX 8192 /* level 1 */
#define DISTANCE_FAR 8191 /* level 2: as distance - 1 it means that two more bytes follow */
#define WIDE 32           /* bytes that the copy loops may write too many of, where there is room */

/* The last bytes of a block stay literals, as in Bareos's own blocks; it lets the encoder load words freely, too. */
#define TAIL_BYTES 12

/* Matches are looked for by their first four bytes: shorter ones win nothing inside a run of literals. */
#define SEEK_BYTES 4
#define STEP_SHIFT 6 /* every 64 bytes without a match the steps grow by one */
#define HASH_BITS 14

_Static_assert(1 << HASH_BITS == FASTLZ_TABLE_ENTRIES, "a hash is an index of the table");

/* ---- decoder ---- */

/* What one turn of the brisk loop takes and makes at most, copies included. */
#define BRISK_IN 64
#define BRISK_OUT 320

struct course {
	const uint8_t *ip, *in_end;
	uint8_t *op, *out, *out_end;
};

/* What the control byte says.  Read from here, because nobody can tell whether literals or a match come next: branches cost more. */
struct opening {
	uint16_t distance; /* its high bits, and one */
	uint16_t len;      /* without */
	uint8_t more;      /* so many bits of the next byte */
	uint8_t low;       /* from which bit on the instruction has the distance's low ones */
	uint8_t bytes;     /* of the instruction */
};

/* Literals have the form of a match that does not overlap: their distance is their length. */
#define LITERALS(c)                       \
	{                                 \
		1, (c) + 1, 0, 0, (c) + 2 \
	}
#define SHORT(c)                                             \
	{                                                    \
		(((c)&31) << 8) + 1, ((c) >> 5) + 2, 0, 8, 2 \
	}
#define LONG(c)                                              \
	{                                                    \
		(((c)&31) << 8) + 1, MATCH_LONG, 0xff, 16, 3 \
	}
#define FOUR(m, c) m(c), m((c) + 1), m((c) + 2), m((c) + 3)
#define SIXTEEN(m, c) FOUR(m, c), FOUR(m, (c) + 4), FOUR(m, (c) + 8), FOUR(m, (c) + 12)
#define ROW(m, c) SIXTEEN(m, c), SIXTEEN(m, (c) + 16)

static const struct opening openings[256] = {
	ROW(LITERALS, 0), ROW(SHORT, 32), ROW(SHORT, 64), ROW(SHORT, 96), ROW(SHORT, 128), ROW(SHORT, 160), ROW(SHORT, 192), ROW(LONG, 224),
};

/* Goes on as long as both sides have so much room that nothing needs a check but a distance.  Literals in the first bytes of a block do not
 * pass that one, and are done carefully. */
static inline __attribute__((always_inline)) void briskly(struct course *s, bool level2)
{
	const uint8_t *ip = s->ip, *const in_end = s->in_end, *const out = s->out;
	uint8_t *op = s->op, *const out_end = s->out_end;
	while (in_end - ip >= BRISK_IN && out_end - op >= BRISK_OUT) {
		uint32_t v = copy_load32(ip);
		unsigned c = v & 0xff;
		const struct opening *o = &openings[c];
		size_t len = o->len + (v >> 8 & o->more);
		size_t distance = o->distance + (v >> o->low & 0xff);
		if (distance > (size_t)(op - out) || (level2 && (len == MATCH_LONG + 255 || distance == DISTANCE_FAR + 1)))
			break;
		const uint8_t *from = c < LITERALS_MAX ? ip + 1 : op - distance;
		if (distance < len && distance < COPY_APART) {
			copy_near(op, distance, len);
		} else {
			copy16(op, from);
			copy16(op + 16, from + 16);
			for (size_t i = 32; i < len; i += 16)
				copy16(op + i, from + i);
		}
		op += len;
		ip += o->bytes;
	}
	s->ip = ip;
	s->op = op;
}

static const char *literals(struct course *s, size_t n)
{
	if ((size_t)(s->in_end - s->ip) < n)
		return "FastLZ block ends early";
	if ((size_t)(s->out_end - s->op) < n)
		return "FastLZ block is longer than its header says";
	memcpy(s->op, s->ip, n);
	s->ip += n;
	s->op += n;
	return NULL;
}

struct match {
	size_t len, distance;
};

/* Reads the rest of a match instruction.  false if in ends before. */
static inline bool match_read(struct course *s, uint8_t c, bool level2, struct match *m)
{
	m->len = (size_t)(c >> 5) + 2;
	m->distance = (size_t)(c & 31) << 8;
	if (m->len == MATCH_LONG) {
		uint8_t more;
		do {
			if (s->ip == s->in_end)
				return false;
			more = *s->ip++;
			m->len += more;
		} while (level2 && more == 255);
	}
	if (s->ip == s->in_end)
		return false;
	m->distance += *s->ip++;
	if (level2 && m->distance == DISTANCE_FAR) {
		if (s->in_end - s->ip < 2)
			return false;
		m->distance += (size_t)s->ip[0] << 8 | s->ip[1];
		s->ip += 2;
	}
	m->distance++;
	return true;
}

/* One instruction of any kind. */
static const char *carefully(struct course *s, uint8_t c, bool level2)
{
	struct match m;
	if (c < LITERALS_MAX)
		return literals(s, (size_t)c + 1);
	if (!match_read(s, c, level2, &m))
		return "FastLZ block ends early";
	size_t room = (size_t)(s->out_end - s->op);
	if (m.distance > (size_t)(s->op - s->out))
		return "FastLZ match points before the start of the data";
	if (m.len > room)
		return "FastLZ block is longer than its header says";
	copy_match(s->op, m.distance, m.len, room - m.len >= COPY_WIDE);
	s->op += m.len;
	return NULL;
}

/* Called with a constant level2, so that two specialised loops come out. */
static inline __attribute__((always_inline)) const char *inflate(struct course s, bool level2)
{
	const char *why = carefully(&s, *s.ip++ & 31, level2);
	while (why == NULL && s.ip < s.in_end) {
		briskly(&s, level2);
		why = carefully(&s, *s.ip++, level2);
	}
	if (why)
		return why;
	return s.op == s.out_end ? NULL : "FastLZ block is shorter than its header says";
}

const char *fastlz_inflate(const uint8_t *in, size_t in_len, uint8_t *out, size_t plain_len)
{
	if (in_len == 0)
		return "FastLZ block ends early";
	struct course s = {in, in + in_len, out, out, out + plain_len};
	switch (in[0] >> 5) {
	case 0: return inflate(s, false);
	case 1: return inflate(s, true);
	default: return "FastLZ block level is unknown";
	}
}

/* ---- encoder ---- */

/* Of four bytes; multiplicative (2^32 / golden ratio). */
static inline uint32_t hash(uint32_t v)
{
	return v * 2654435761u >> (32 - HASH_BITS);
}

/* How many bytes at a equal those at b < a, reading a up to end at most. */
static inline size_t equal_bytes(const uint8_t *a, const uint8_t *b, const uint8_t *end)
{
	const uint8_t *start = a;
	while (end - a >= 8) {
		uint64_t diff = copy_load64(a) ^ copy_load64(b);
		if (diff != 0)
			return (size_t)(a - start) + ((size_t)__builtin_ctzll(diff) >> 3);
		a += 8;
		b += 8;
	}
	while (a < end && *a == *b) {
		a++;
		b++;
	}
	return (size_t)(a - start);
}

/* Appends a run of literals.  in_end: of the whole input.  NULL if out has no room for them. */
static inline uint8_t *put_literals(uint8_t *op, const uint8_t *out_end, const uint8_t *from, size_t run, const uint8_t *in_end)
{
	if ((size_t)(out_end - op) < run + (run + LITERALS_MAX - 1) / LITERALS_MAX)
		return NULL;
	for (; run >= LITERALS_MAX; run -= LITERALS_MAX) {
		*op++ = LITERALS_MAX - 1;
		memcpy(op, from, LITERALS_MAX);
		op += LITERALS_MAX;
		from += LITERALS_MAX;
	}
	if (run == 0)
		return op;
	*op++ = (uint8_t)(run - 1);
	if (out_end - op >= WIDE && in_end - from >= WIDE)
		memcpy(op, from, WIDE);
	else
		memcpy(op, from, run);
	return op + run;
}

/* Appends a match, in pieces if it is long.  NULL if out has no room. */
static inline uint8_t *put_match(uint8_t *op, const uint8_t *out_end, size_t len, size_t distance)
{
	uint8_t high = (uint8_t)((distance - 1) >> 8), low = (uint8_t)(distance - 1);
	while (len >= MATCH_LONG) {
		/* At least three bytes must be left for the last piece. */
		size_t piece = len <= MATCH_MAX ? len : len < MATCH_MAX + 3 ? MATCH_MAX - 3 : MATCH_MAX;
		if (out_end - op < 3)
			return NULL;
		op[0] = (uint8_t)(7 << 5 | high);
		op[1] = (uint8_t)(piece - MATCH_LONG);
		op[2] = low;
		op += 3;
		len -= piece;
	}
	if (len == 0)
		return op;
	if (out_end - op < 2)
		return NULL;
	op[0] = (uint8_t)((len - 2) << 5 | high);
	op[1] = low;
	return op + 2;
}

/* One pass, no lazy matching: a table of the last position of each hash of four bytes, and steps that grow while
 * nothing is found.  Positions are kept modulo 65536, which is enough: distances are checked and bytes compared.  A
 * cleared table means position 0, which is one like any other. */
size_t fastlz_deflate(uint16_t table[static FASTLZ_TABLE_ENTRIES], const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap)
{
	const uint8_t *const in_end = in + in_len, *const out_end = out + out_cap;
	const uint8_t *const match_end = in_len > TAIL_BYTES ? in_end - TAIL_BYTES : in;
	const uint8_t *anchor = in, *ip = in;
	uint8_t *op = out;
	if (in_len == 0)
		return 0;
	ip++; /* the first instruction is a run of literals */
	memset(table, 0, FASTLZ_TABLE_ENTRIES * sizeof *table);
	while (match_end - ip >= SEEK_BYTES) {
		uint32_t v = copy_load32(ip);
		uint16_t *slot = &table[hash(v)];
		size_t distance = (uint16_t)((size_t)(ip - in) - *slot);
		*slot = (uint16_t)(ip - in);
		/* Too far or other bytes, nobody can tell: one branch for both.  From far they are not read. */
		size_t far = distance - 1 >= DISTANCE_MAX, back = distance & (far - 1);
		if ((copy_load32(ip - back) ^ v) | (uint32_t)far) {
			ptrdiff_t step = 1 + ((ip - anchor) >> STEP_SHIFT);
			if (step > match_end - ip)
				break;
			ip += step;
			continue;
		}
		size_t len = SEEK_BYTES + equal_bytes(ip + SEEK_BYTES, ip + SEEK_BYTES - distance, match_end);
		while (ip > anchor && (size_t)(ip - in) > distance && ip[-1] == ip[-1 - (ptrdiff_t)distance]) {
			ip--;
			len++;
		}
		op = put_literals(op, out_end, anchor, (size_t)(ip - anchor), in_end);
		op = op ? put_match(op, out_end, len, distance) : NULL;
		if (op == NULL)
			return 0;
		ip += len;
		anchor = ip;
		table[hash(copy_load32(ip - 2))] = (uint16_t)(ip - 2 - in);
	}
	op = put_literals(op, out_end, anchor, (size_t)(in_end - anchor), in_end);
	return op ? (size_t)(op - out) : 0;
}
