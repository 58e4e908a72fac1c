/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes made in memory, byte by byte from formats/volume-format.md, and a strict reader of what is written.  Nothing of
 * volume/ is used here: a mistake there must not hide itself. */
#ifndef TESTS_VOLUME_MAKER_H
#define TESTS_VOLUME_MAKER_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <xxhash.h>
#include <zlib.h>

#include "guarded.h"

#define MK_TIME 0x65000000u

/* ---- making ---- */

struct mk {
	uint8_t *p;
	size_t len, cap;
	size_t block; /* where the open block begins */
	unsigned version;
	uint32_t options, number, sid, stime;
	bool checksum;
};

static inline void mk_put(struct mk *m, const void *data, size_t n)
{
	if (m->len + n > m->cap) {
		m->cap = (m->len + n) * 2 + 4096;
		m->p = realloc(m->p, m->cap);
		ck_assert_ptr_nonnull(m->p);
	}
	if (n && data)
		memcpy(m->p + m->len, data, n);
	else if (n)
		memset(m->p + m->len, 0, n);
	m->len += n;
}

static inline void mk_be32(struct mk *m, uint32_t v)
{
	const uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

	mk_put(m, b, 4);
}

static inline void mk_be64(struct mk *m, uint64_t v)
{
	mk_be32(m, (uint32_t)(v >> 32));
	mk_be32(m, (uint32_t)v);
}

static inline void mk_str(struct mk *m, const char *text)
{
	mk_put(m, text, strlen(text) + 1);
}

static inline void mk_free(struct mk *m)
{
	free(m->p);
	*m = (struct mk){0};
}

static inline uint32_t mk_get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t mk_get64(const uint8_t *p)
{
	return (uint64_t)mk_get32(p) << 32 | mk_get32(p + 4);
}

static inline void mk_set32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static inline size_t mk_header_bytes(unsigned version)
{
	return version == 1 ? 16 : version == 2 ? 24 : 32;
}

/* Begins a block; records follow with mk_part. */
static inline void mk_begin(struct mk *m, unsigned version, uint32_t sid, uint32_t stime, uint32_t number, bool checksum)
{
	m->block = m->len;
	m->version = version;
	m->sid = sid;
	m->stime = stime;
	m->number = number;
	m->checksum = checksum;
	m->options = checksum ? 1 : 0;
	mk_put(m, NULL, mk_header_bytes(version));
}

/* The record header as it is said, and n bytes behind it. */
static inline void mk_part(struct mk *m, int32_t index, int32_t stream, uint32_t len, const void *data, size_t n)
{
	if (m->version == 1) {
		mk_be32(m, m->sid);
		mk_be32(m, m->stime);
	}
	mk_be32(m, (uint32_t)index);
	mk_be32(m, (uint32_t)stream);
	mk_be32(m, len);
	mk_put(m, data, n);
}

static inline void mk_record(struct mk *m, int32_t index, int32_t stream, const void *data, size_t n)
{
	mk_part(m, index, stream, (uint32_t)n, data, n);
}

/* Header and checksum of a block of len bytes at b.  volume-format.md 1.2, 1.3, 8.2 */
static inline void mk_seal(uint8_t *b, unsigned version, uint32_t options, uint32_t len, uint32_t number, uint32_t sid, uint32_t stime,
			   bool checksum)
{
	mk_set32(b, version == 3 ? options : 0);
	mk_set32(b + 4, len);
	mk_set32(b + 8, number);
	memcpy(b + 12, "BB0", 3);
	b[15] = (uint8_t)('0' + version);
	if (version >= 2) {
		mk_set32(b + 16, sid);
		mk_set32(b + 20, stime);
	}
	if (version == 3) {
		memset(b + 24, 0, 8);
		if (checksum) {
			uint64_t sum = XXH3_64bits(b, len);

			mk_set32(b + 24, (uint32_t)(sum >> 32));
			mk_set32(b + 28, (uint32_t)sum);
		}
	} else if (checksum) {
		mk_set32(b, (uint32_t)crc32(0, b + 4, len - 4));
	}
}

/* Ends the block; returns where it begins. */
static inline size_t mk_end(struct mk *m)
{
	mk_seal(m->p + m->block, m->version, m->options, (uint32_t)(m->len - m->block), m->number, m->sid, m->stime, m->checksum);
	return m->block;
}

/* Zeros behind the last block up to a multiple of unit, counted from its beginning: a dump of a tape. */
static inline void mk_pad(struct mk *m, size_t unit)
{
	size_t used = m->len - m->block;

	mk_put(m, NULL, (unit - used % unit) % unit);
}

/* Data of a volume label; product "Bareos 2.0 immortal\n" 20, "Bacula 1.0 immortal\n" 11, 10, 9 */
static inline void mk_volume_label_data(struct mk *m, const char *id, uint32_t version, const char *name, const char *program_version)
{
	mk_str(m, id);
	mk_be32(m, version);
	mk_be64(m, version >= 11 ? 1700000000000001u : 0x41d9532c40000000u);
	mk_be64(m, version >= 11 ? 1700000000000002u : 0x3fe0000000000000u);
	mk_be64(m, 0);
	mk_be64(m, 0);
	mk_str(m, name);
	mk_str(m, "");
	mk_str(m, "Full");
	mk_str(m, "Backup");
	mk_str(m, "File");
	mk_str(m, "host.example");
	mk_str(m, "bareos-sd");
	mk_str(m, program_version);
	mk_str(m, "01 January 2024");
}

struct mk_totals {
	uint32_t files;
	uint64_t bytes;
	uint64_t start, end;
	uint32_t errors;
};

/* Data of a session label: of a start, or with totals of an end.  volume-format.md 3.3 */
static inline void mk_session_label_data(struct mk *m, const char *id, uint32_t version, uint32_t job_id, const struct mk_totals *totals)
{
	mk_str(m, id);
	mk_be32(m, version);
	mk_be32(m, job_id);
	mk_be64(m, version >= 11 ? 1700000000000003u : 0x41d9532c40000000u);
	mk_be64(m, 0);
	mk_str(m, "Full");
	mk_str(m, "Backup");
	mk_str(m, "backup-job");
	mk_str(m, "client-fd");
	if (version >= 10) {
		mk_str(m, "backup-job.2024-01-01_00.00.00_04");
		mk_str(m, "SelfTest");
		mk_be32(m, 'B');
		mk_be32(m, 'F');
	}
	if (version >= 11)
		mk_str(m, "qNXKqJf3Ha9W3g");
	if (totals == NULL)
		return;
	mk_be32(m, totals->files);
	mk_be64(m, totals->bytes);
	mk_be32(m, (uint32_t)totals->start);
	mk_be32(m, (uint32_t)totals->end);
	mk_be32(m, (uint32_t)(totals->start >> 32));
	mk_be32(m, (uint32_t)(totals->end >> 32));
	mk_be32(m, totals->errors);
	if (version >= 11)
		mk_be32(m, 'T');
}

#define MK_BAREOS "Bareos 2.0 immortal\n"
#define MK_BACULA "Bacula 1.0 immortal\n"

/* The label block of a volume: Bareos for BB01 and BB02, Bacula for BB03. */
static inline size_t mk_label(struct mk *m, unsigned version, const char *name, bool checksum)
{
	struct mk data = {0};

	mk_volume_label_data(&data, version == 3 ? MK_BACULA : MK_BAREOS, version == 3 ? 11 : 20, name,
			     version == 3 ? "15.0.3 (25 March 2025)" : "23.0.1 (15 December 2023)");
	mk_begin(m, version, 0, 0, 0, checksum);
	mk_record(m, -2, 0, data.p, data.len);
	mk_free(&data);
	return mk_end(m);
}

/* Session label records into the open block. */
static inline void mk_sos(struct mk *m, uint32_t job_id)
{
	struct mk data = {0};

	mk_session_label_data(&data, m->version == 3 ? MK_BACULA : MK_BAREOS, m->version == 3 ? 11 : 20, job_id, NULL);
	mk_record(m, -4, (int32_t)job_id, data.p, data.len);
	mk_free(&data);
}

static inline void mk_eos(struct mk *m, uint32_t job_id, const struct mk_totals *totals)
{
	struct mk data = {0};

	mk_session_label_data(&data, m->version == 3 ? MK_BACULA : MK_BAREOS, m->version == 3 ? 11 : 20, job_id, totals);
	mk_record(m, -5, (int32_t)job_id, data.p, data.len);
	mk_free(&data);
}

/* A writer after volume-format.md 2.2 for one session at a time: records of any length into blocks of at most capacity
 * bytes.  Begin with mk_begin, end with mk_end. */
static inline void mk_split(struct mk *m, size_t capacity, int32_t index, int32_t stream, const uint8_t *data, size_t n)
{
	size_t header = m->version == 1 ? 20 : 12, at = 0;
	bool first = true;

	for (;;) {
		if (capacity - (m->len - m->block) >= header) {
			size_t room = capacity - (m->len - m->block) - header;
			size_t part = n - at < room ? n - at : room;

			mk_part(m, index, first ? stream : -stream, (uint32_t)(n - at), data + at, part);
			first = false;
			at += part;
			if (at == n)
				return;
		}
		mk_end(m);
		mk_begin(m, m->version, m->sid, m->stime, m->number + 1, m->checksum);
	}
}

/* ---- files ---- */

struct mk_dir {
	char path[64];
};

static inline void mk_dir_new(struct mk_dir *d)
{
	snprintf(d->path, sizeof d->path, "/tmp/xflate-check.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(d->path));
}

static inline void mk_dir_remove(struct mk_dir *d)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf '%s'", d->path);
	ck_assert_int_eq(system(command), 0);
}

/* path: at least 128 bytes */
static inline const char *mk_in_dir(const struct mk_dir *d, const char *name, char *path)
{
	snprintf(path, 128, "%s/%s", d->path, name);
	return path;
}

static inline void mk_write(const char *path, const void *data, size_t n)
{
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
}

static inline struct mk mk_read(const char *path)
{
	struct mk m = {0};
	uint8_t part[65536];
	size_t n;
	FILE *f = fopen(path, "rb");

	ck_assert_ptr_nonnull(f);
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		mk_put(&m, part, n);
	fclose(f);
	return m;
}

/* ---- the strict reader ---- */

struct mk_block {
	size_t at;
	uint32_t len, number, sid, stime, options;
	unsigned version;
	bool checksum;
	size_t records; /* headers in it */
	int32_t first_index, first_stream;
	uint32_t first_len;
	int32_t last_index, last_stream;
};

struct mk_joined {
	uint32_t sid, stime;
	int32_t index, stream;
	uint32_t len;
	size_t have;
	uint8_t *data;
	bool head_missing, open;
	size_t block, end_block; /* index of the blocks it begins and ends in */
	size_t headers;
};

struct mk_parsed {
	struct mk_block *blocks;
	size_t block_count;
	struct mk_joined *records;
	size_t record_count;
};

static inline void mk_parsed_free(struct mk_parsed *v)
{
	for (size_t i = 0; i < v->record_count; i++)
		free(v->records[i].data);
	free(v->records);
	free(v->blocks);
	*v = (struct mk_parsed){0};
}

/* The record of the session that waits for its rest; labels of volumes never wait. */
static inline struct mk_joined *mk_open_record(struct mk_parsed *v, uint32_t sid, uint32_t stime)
{
	for (size_t i = v->record_count; i-- > 0;) {
		struct mk_joined *r = &v->records[i];

		if (r->sid == sid && r->stime == stime && r->index != -2 && r->index != -1)
			return r->open ? r : NULL;
	}
	return NULL;
}

static inline void mk_add_part(struct mk_joined *r, const uint8_t *data, size_t n, size_t block)
{
	if (n)
		memcpy(r->data + r->have, data, n);
	r->have += n;
	r->headers++;
	r->open = r->have < r->len;
	r->end_block = block;
}

static inline void mk_parse_record(struct mk_parsed *v, uint32_t sid, uint32_t stime, const uint8_t *h, const uint8_t *data, size_t n)
{
	int32_t index = (int32_t)mk_get32(h), stream = (int32_t)mk_get32(h + 4);
	uint32_t len = mk_get32(h + 8);
	struct mk_joined *r = mk_open_record(v, sid, stime);

	if (stream < 0 && r) {
		if (r->stream != -stream || r->index != index || r->len - r->have != len)
			ck_abort_msg("continuation (%d, %d, %u) does not fit (%d, %d, %zu)", index, stream, len, r->index, r->stream,
				     r->len - r->have);
		mk_add_part(r, data, n, v->block_count - 1);
		return;
	}
	if (r)
		ck_abort_msg("FileIndex %d stream %d is not continued", r->index, r->stream);
	v->records = realloc(v->records, (v->record_count + 1) * sizeof *v->records);
	r = &v->records[v->record_count++];
	*r = (struct mk_joined){.sid = sid,
				.stime = stime,
				.index = index,
				.stream = stream < 0 ? -stream : stream,
				.len = len,
				.head_missing = stream < 0,
				.block = v->block_count - 1};
	r->data = malloc(len ? len : 1);
	mk_add_part(r, data, n, v->block_count - 1);
}

/* Takes a file volume apart; any broken rule fails the test.  An open record at the end stays open.  v begins empty, or
 * as the volume before left it. */
static inline void mk_parse(struct mk_parsed *v, const uint8_t *p, size_t n)
{
	for (size_t at = 0; at < n;) {
		ck_quick(n - at >= 24);
		v->blocks = realloc(v->blocks, (v->block_count + 1) * sizeof *v->blocks);
		struct mk_block *b = &v->blocks[v->block_count++];

		*b = (struct mk_block){.at = at, .version = (unsigned)(p[at + 15] - '0')};
		ck_quick(memcmp(p + at + 12, "BB0", 3) == 0 && b->version >= 1 && b->version <= 3);
		b->len = mk_get32(p + at + 4);
		b->number = mk_get32(p + at + 8);
		size_t header = mk_header_bytes(b->version), rh = b->version == 1 ? 20 : 12;

		ck_quick(b->len >= header + rh && b->len <= n - at);
		if (b->version > 1) {
			b->sid = mk_get32(p + at + 16);
			b->stime = mk_get32(p + at + 20);
		}
		uint8_t *copy = malloc(b->len);

		memcpy(copy, p + at, b->len);
		b->options = b->version == 3 ? mk_get32(copy) : 0;
		b->checksum = b->version == 3 ? b->options & 1 : mk_get32(copy) != 0;
		mk_seal(copy, b->version, b->options, b->len, b->number, b->sid, b->stime, b->checksum);
		if (memcmp(copy, p + at, b->len) != 0)
			ck_abort_msg("block at %zu: header or checksum wrong", at);
		for (size_t o = header; o < b->len;) {
			/* Zeros that fill up to the least that is encrypted. */
			bool filled = (b->options & 4) && b->len == 48 && p[at + o] == 0;

			if (b->len - o < rh && filled)
				break;
			if (b->len - o < rh)
				ck_abort_msg("block at %zu: %zu odd bytes at its end", at, b->len - o);
			const uint8_t *h = copy + o + rh - 12;
			uint32_t sid = b->version == 1 ? mk_get32(copy + o) : b->sid;
			uint32_t stime = b->version == 1 ? mk_get32(copy + o + 4) : b->stime;
			size_t part = mk_get32(h + 8) < b->len - o - rh ? mk_get32(h + 8) : b->len - o - rh;

			b->last_index = (int32_t)mk_get32(h);
			b->last_stream = (int32_t)mk_get32(h + 4);
			if (b->records == 0) {
				b->first_index = b->last_index;
				b->first_stream = b->last_stream;
				b->first_len = mk_get32(h + 8);
			} else if (b->last_stream < 0 && b->version > 1) {
				ck_abort_msg("block at %zu: continuation in its middle", at);
			}
			b->records++;
			mk_parse_record(v, sid, stime, h, copy + o + rh, part);
			o += rh + part;
		}
		free(copy);
		at += b->len;
	}
}

#endif
