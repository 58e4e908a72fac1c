/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LZO1X streams.  volume-format.md 5.5
 * A stream is a string of instructions, each a run of literals or a match with 0 to 3 literals behind it.  What an instruction below 16
 * means depends on the literals that came before it: "state".
 *
 * Two loops take turns: briskly() does the instructions that nearly all of a stream consists of, as long as both sides have so much room
 * that none of them needs a check but that of its distance, and stops before any other; carefully() does one of any kind. */
#include "codec/lzo1x.h"

#include "codec/copy.h"

#define MATCHES 16   /* first instruction that is a match in every state */
#define FIRST_RUN 18 /* first byte of a stream that is a run of (it - 17) literals */
#define END_BYTES 3  /* the end marker, and the least that follows whatever is not the end */
#define STATE_RUN 4  /* after four literals or more */

/* What one turn of the brisk loop takes and makes at most, copies included: a run of 18 literals and a match of 33 with 3 behind it. */
#define BRISK_IN 64
#define BRISK_OUT 128

struct course {
	const uint8_t *ip, *in_end;
	uint8_t *op, *out, *out_end;
	unsigned state;
};

/* ---- the brisk loop ---- */

/* What the first byte of a match says of it.  Read from here, because nobody can tell which kind comes next: branches cost more. */
struct opening {
	uint16_t distance; /* without what its other bytes add: */
	uint16_t mask;     /* so many bits of them, */
	uint8_t shift;     /* from there on */
	uint8_t len;       /* 0: length bytes follow */
	uint8_t behind;    /* where the number of literals behind it is, two bits */
	uint8_t bytes;     /* of the instruction */
};

#define M4(c)                                                                             \
	{                                                                                 \
		16384 + (((c)&8) << 11), 0x3fff, 10, ((c)&7) == 0 ? 0 : ((c)&7) + 2, 8, 3 \
	}
#define M3(c)                                                         \
	{                                                             \
		1, 0x3fff, 10, ((c)&31) == 0 ? 0 : ((c)&31) + 2, 8, 3 \
	}
#define M2(c)                                                        \
	{                                                            \
		(((c) >> 2) & 7) + 1, 0x7f8, 5, ((c) >> 5) + 1, 0, 2 \
	}
#define FOUR(m, c) m(c), m((c) + 1), m((c) + 2), m((c) + 3)
#define SIXTEEN(m, c) FOUR(m, c), FOUR(m, (c) + 4), FOUR(m, (c) + 8), FOUR(m, (c) + 12)
#define SIXTYFOUR(m, c) SIXTEEN(m, c), SIXTEEN(m, (c) + 16), SIXTEEN(m, (c) + 32), SIXTEEN(m, (c) + 48)

static const struct opening openings[256] = {
	[16] = SIXTEEN(M4, 16), SIXTEEN(M3, 32), SIXTEEN(M3, 48), SIXTYFOUR(M2, 64), SIXTYFOUR(M2, 128), SIXTYFOUR(M2, 192),
};

static void briskly(struct course *s)
{
	const uint8_t *ip = s->ip, *const in_end = s->in_end, *const out = s->out;
	uint8_t *op = s->op, *const out_end = s->out_end;
	unsigned state = s->state;
	while (in_end - ip >= BRISK_IN && out_end - op >= BRISK_OUT) {
		uint32_t v = copy_load32(ip);
		unsigned c = v & 0xff;
		if (c < MATCHES) {
			if (c == 0 || state != 0)
				break;
			copy16(op, ip + 1);
			memcpy(op + 16, ip + 17, 4);
			ip += c + 4;
			op += c + 3;
			state = STATE_RUN;
			v = copy_load32(ip);
			c = v & 0xff;
			if (c < MATCHES)
				break;
		}
		const struct opening *m = &openings[c];
		size_t distance = m->distance + (v >> m->shift & m->mask);
		size_t len = m->len;
		if (len == 0 || distance > (size_t)(op - out) || (c < 32 && distance == 16384))
			break;
		if (distance < len && distance < COPY_APART) {
			copy_near(op, distance, len);
		} else {
			copy16(op, op - distance);
			if (len > 16) {
				copy16(op + 16, op + 16 - distance);
				copy16(op + 32, op + 32 - distance);
			}
		}
		state = v >> m->behind & 3;
		op += len;
		ip += m->bytes;
		memcpy(op, ip, 4);
		op += state;
		ip += state;
	}
	s->ip = ip;
	s->op = op;
	s->state = state;
}

/* ---- the careful one ---- */

#define GOES_ON LZO1X_WHOLE

/* n literals.  That something follows them is for the next instruction to see. */
static enum lzo1x_verdict literals(struct course *s, size_t n)
{
	size_t left = (size_t)(s->in_end - s->ip), room = (size_t)(s->out_end - s->op);
	if (n > room)
		return LZO1X_SPACE;
	if (n > left)
		return LZO1X_ENDS_EARLY;
	memcpy(s->op, s->ip, n);
	s->op += n;
	s->ip += n;
	return GOES_ON;
}

/* A match, and the literals behind it. */
static enum lzo1x_verdict match(struct course *s, size_t distance, size_t len, unsigned behind)
{
	size_t room = (size_t)(s->out_end - s->op);
	if (distance > (size_t)(s->op - s->out))
		return LZO1X_BEFORE_START;
	if (len > room)
		return LZO1X_SPACE;
	copy_match(s->op, distance, len, room - len >= COPY_WIDE);
	s->op += len;
	s->state = behind;
	return literals(s, behind);
}

/* A length of which c holds the low bits; if those are 0, it is as much as they can hold, 255 for each byte of 0, and the first other one.
 * false if in ends before, or no size holds it. */
static bool length(struct course *s, unsigned c, unsigned bits, size_t *len)
{
	*len = c & bits;
	if (*len > 0)
		return true;
	for (*len = bits; s->ip < s->in_end && *s->ip == 0; s->ip++) {
		if (*len > SIZE_MAX - 1024) /* where a size has 32 bits */
			return false;
		*len += 255;
	}
	if (s->ip == s->in_end)
		return false;
	*len += *s->ip++;
	return true;
}

static enum lzo1x_verdict run(struct course *s, unsigned c)
{
	size_t len;
	if (!length(s, c, 15, &len))
		return LZO1X_ENDS_EARLY;
	s->state = STATE_RUN;
	return literals(s, len + 3);
}

static enum lzo1x_verdict short_match(struct course *s, unsigned c)
{
	size_t distance = ((size_t)*s->ip++ << 2) + (c >> 2) + 1;
	return s->state == STATE_RUN ? match(s, distance + 2048, 3, c & 3) : match(s, distance, 2, c & 3);
}

/* A match of three bytes and more.  The end of the stream is one, too: *ended. */
static enum lzo1x_verdict long_match(struct course *s, unsigned c, bool *ended)
{
	size_t len;
	if (!length(s, c, c < 32 ? 7 : 31, &len) || s->in_end - s->ip < 2)
		return LZO1X_ENDS_EARLY;
	unsigned low = s->ip[0] | (unsigned)s->ip[1] << 8;
	size_t distance = (low >> 2) + (c < 32 ? 16384 + ((c & 8) << 11) : 1);
	s->ip += 2;
	*ended = c < 32 && distance == 16384;
	return *ended ? GOES_ON : match(s, distance, len + 2, low & 3);
}

static enum lzo1x_verdict carefully(struct course *s, bool *ended)
{
	if (s->in_end - s->ip < END_BYTES)
		return LZO1X_ENDS_EARLY;
	unsigned c = *s->ip++;
	if (c < MATCHES)
		return s->state == 0 ? run(s, c) : short_match(s, c);
	if (c < 64)
		return long_match(s, c, ended);
	unsigned high = *s->ip++;
	return match(s, (high << 3) + (c >> 2 & 7) + 1, (c >> 5) + 1, c & 3);
}

/* A stream may begin with literals that have no instruction of their own. */
static enum lzo1x_verdict begin(struct course *s)
{
	if (s->ip == s->in_end)
		return LZO1X_ENDS_EARLY;
	if (*s->ip < FIRST_RUN)
		return GOES_ON;
	size_t n = *s->ip++ - FIRST_RUN + 1;
	s->state = n < STATE_RUN ? (unsigned)n : STATE_RUN;
	return literals(s, n);
}

enum lzo1x_verdict lzo1x_inflate(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap, size_t *out_len)
{
	struct course s = {in, in + in_len, out, out, out + out_cap, 0};
	enum lzo1x_verdict verdict = begin(&s);
	for (bool ended = false; verdict == GOES_ON && !ended;) {
		briskly(&s);
		verdict = carefully(&s, &ended);
	}
	*out_len = (size_t)(s.op - out);
	return verdict == LZO1X_WHOLE && s.ip < s.in_end ? LZO1X_BYTES_FOLLOW : verdict;
}
