/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cursors over foreign bytes.  An overrun sets bad, yields zeros and sticks, so a structure is read straight down and
 * checked once.  This is the only way that fields are read from or written to a volume. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Borrowed bytes; never outlive the buffer they point into. */
struct span {
	const uint8_t *data;
	size_t len;
};

struct rd {
	const uint8_t *p, *end;
	bool bad;
};

static inline struct rd rd_over(const void *data, size_t len)
{
	static const uint8_t none[1];
	const uint8_t *p = data;
	/* Not even 0 may be added to NULL. */
	if (p == NULL)
		return (struct rd){none, none, len > 0};
	return (struct rd){p, p + len, false};
}

static inline size_t rd_left(const struct rd *r)
{
	return (size_t)(r->end - r->p);
}

/* The next n bytes, or NULL. */
static inline const uint8_t *rd_bytes(struct rd *r, size_t n)
{
	if (r->bad || rd_left(r) < n) {
		r->bad = true;
		r->p = r->end;
		return NULL;
	}
	const uint8_t *at = r->p;
	r->p += n;
	return at;
}

static inline uint8_t rd_u8(struct rd *r)
{
	const uint8_t *at = rd_bytes(r, 1);
	return at ? *at : 0;
}

/* The next n bytes as a span; empty if there are not so many. */
static inline struct span rd_span(struct rd *r, size_t n)
{
	const uint8_t *at = rd_bytes(r, n);
	return (struct span){at, at ? n : 0};
}

/* A cursor over what is there of the n bytes that a length field announces; *cut is set if they are fewer. */
static inline struct rd rd_announced(struct rd *r, size_t n, bool *cut)
{
	size_t here = n < rd_left(r) ? n : rd_left(r);
	*cut = *cut || here < n;
	const uint8_t *at = rd_bytes(r, here);
	return (struct rd){at, at ? at + here : NULL, at == NULL};
}

static inline uint16_t rd_be16(struct rd *r)
{
	const uint8_t *at = rd_bytes(r, 2);
	uint16_t v = 0;
	if (at)
		memcpy(&v, at, sizeof v);
	return be16toh(v);
}

static inline uint32_t rd_be32(struct rd *r)
{
	const uint8_t *at = rd_bytes(r, 4);
	uint32_t v = 0;
	if (at)
		memcpy(&v, at, sizeof v);
	return be32toh(v);
}

static inline uint64_t rd_be64(struct rd *r)
{
	const uint8_t *at = rd_bytes(r, 8);
	uint64_t v = 0;
	if (at)
		memcpy(&v, at, sizeof v);
	return be64toh(v);
}

static inline int32_t rd_be32s(struct rd *r)
{
	return (int32_t)rd_be32(r);
}

static inline uint32_t rd_le32(struct rd *r)
{
	const uint8_t *at = rd_bytes(r, 4);
	return at ? (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24 : 0;
}

/* A string up to and including its NUL; "" (and bad) if there is no NUL. */
static inline const char *rd_string(struct rd *r)
{
	const uint8_t *nul = r->bad || rd_left(r) == 0 ? NULL : memchr(r->p, 0, rd_left(r));
	if (nul == NULL) {
		r->bad = true;
		r->p = r->end;
		return "";
	}
	const uint8_t *at = r->p;
	r->p = nul + 1;
	return (const char *)at;
}

struct wr {
	uint8_t *p, *end;
	bool bad;
};

static inline struct wr wr_over(void *data, size_t len)
{
	uint8_t *p = data;
	return (struct wr){p, p + len, false};
}

static inline void wr_bytes(struct wr *w, const void *data, size_t n)
{
	if (w->bad || (size_t)(w->end - w->p) < n) {
		w->bad = true;
		return;
	}
	if (n > 0)
		memcpy(w->p, data, n);
	w->p += n;
}

static inline void wr_be16(struct wr *w, uint16_t v)
{
	const uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};
	wr_bytes(w, b, sizeof b);
}

static inline void wr_be32(struct wr *w, uint32_t v)
{
	const uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
	wr_bytes(w, b, sizeof b);
}

static inline void wr_le32(struct wr *w, uint32_t v)
{
	const uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
	wr_bytes(w, b, sizeof b);
}

static inline void wr_be64(struct wr *w, uint64_t v)
{
	wr_be32(w, (uint32_t)(v >> 32));
	wr_be32(w, (uint32_t)v);
}

#endif
