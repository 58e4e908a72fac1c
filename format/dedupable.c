/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/dedupable.h"

#define VERSION 1u
#define TABLES 1u /* files of blocks, and of parts */

/* Names become paths: none may lead out of the folder, or be told as something else than it is. */
static bool is_plain_name(const uint8_t *name, size_t len)
{
	if (len == 0 || len >= DEDUPABLE_NAME_BYTES || name[0] == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (name[i] <= ' ' || name[i] >= 0x7f || name[i] == '/')
			return false;
	}
	return true;
}

static bool read_name(struct rd *r, struct span names, char name[static DEDUPABLE_NAME_BYTES])
{
	uint32_t begin = rd_be32(r), len = rd_be32(r);
	if (r->bad || begin > names.len || len > names.len - begin || !is_plain_name(names.data + begin, len))
		return false;
	memcpy(name, names.data + begin, len);
	name[len] = '\0';
	return true;
}

static bool read_table(struct rd *r, struct span names, struct dedupable_table *t)
{
	bool named = read_name(r, names, t->name);
	uint64_t start = rd_be64(r);
	t->count = rd_be64(r);
	rd_be32(r); /* its index */
	rd_be32(r); /* padding */
	return named && start == 0;
}

static bool read_data(struct rd *r, struct span names, struct dedupable_data *d)
{
	bool named = read_name(r, names, d->name);
	d->used = rd_be64(r);
	d->block_size = rd_be64(r);
	d->index = rd_be32(r);
	rd_be32(r); /* may it be written to, and padding */
	return named && d->block_size > 0;
}

/* The same name, or the same index, twice? */
static bool is_doubled(const struct dedupable_config *c, unsigned i)
{
	bool doubled = strcmp(c->data[i].name, c->blocks.name) == 0 || strcmp(c->data[i].name, c->parts.name) == 0;
	for (unsigned k = 0; k < i; k++)
		doubled = doubled || c->data[k].index == c->data[i].index || strcmp(c->data[k].name, c->data[i].name) == 0;
	return doubled;
}

const char *dedupable_read_config(struct span config, struct dedupable_config *c)
{
	struct rd r = rd_over(config.data, config.len);
	*c = (struct dedupable_config){0};
	uint64_t version = rd_be64(&r);
	uint32_t names_bytes = rd_be32(&r), blocks = rd_be32(&r), parts = rd_be32(&r), data = rd_be32(&r);
	if (r.bad)
		return "it is cut short";
	if (version != VERSION)
		return "it is of a version that is not known";
	if (blocks != TABLES || parts != TABLES || data == 0 || data > DEDUPABLE_FILES)
		return "it names more files than such a volume has, or less";
	struct span names = rd_span(&r, names_bytes);
	bool good = read_table(&r, names, &c->blocks) && read_table(&r, names, &c->parts) && strcmp(c->blocks.name, c->parts.name) != 0;
	while (good && c->files < data) {
		good = read_data(&r, names, &c->data[c->files]) && !is_doubled(c, c->files);
		c->files++;
	}
	if (r.bad)
		return "it is cut short";
	if (!good)
		return "what it says of the volume's files is impossible";
	return rd_left(&r) == 0 ? NULL : "it is longer than it says";
}

void dedupable_read_block(const uint8_t entry[static DEDUPABLE_BLOCK_BYTES], struct dedupable_block *b)
{
	struct rd r = rd_over(entry, DEDUPABLE_BLOCK_BYTES);
	memcpy(b->header, rd_bytes(&r, DEDUPABLE_HEADER_BYTES), DEDUPABLE_HEADER_BYTES);
	b->count = rd_be32(&r);
	rd_be32(&r); /* padding, of whatever was there */
	b->begin = rd_be64(&r);
	struct rd header = rd_over(b->header, DEDUPABLE_HEADER_BYTES);
	rd_be32(&header); /* checksum */
	b->len = rd_be32(&header);
}

void dedupable_read_part(const uint8_t entry[static DEDUPABLE_PART_BYTES], struct dedupable_part *p)
{
	struct rd r = rd_over(entry, DEDUPABLE_PART_BYTES);
	p->file = rd_be32(&r);
	p->len = rd_be32(&r);
	p->begin = rd_be64(&r);
}

/* ---- writing ---- */

static void put_name(struct wr *w, const char *name, uint32_t *begin)
{
	uint32_t len = (uint32_t)strlen(name);
	wr_be32(w, *begin);
	wr_be32(w, len);
	*begin += len;
}

static void put_table(struct wr *w, const struct dedupable_table *t, uint32_t *begin)
{
	put_name(w, t->name, begin);
	wr_be64(w, 0);
	wr_be64(w, t->count);
	wr_be32(w, 0);
	wr_be32(w, 0);
}

static void put_data(struct wr *w, const struct dedupable_data *d, uint32_t *begin)
{
	put_name(w, d->name, begin);
	wr_be64(w, d->used);
	wr_be64(w, d->block_size);
	wr_be32(w, d->index);
	wr_be32(w, 0);
}

size_t dedupable_write_config(const struct dedupable_config *c, uint8_t *out)
{
	size_t names = strlen(c->blocks.name) + strlen(c->parts.name);
	for (unsigned i = 0; i < c->files; i++)
		names += strlen(c->data[i].name);
	struct wr w = wr_over(out, DEDUPABLE_CONFIG_BYTES);
	wr_be64(&w, VERSION);
	wr_be32(&w, (uint32_t)names);
	wr_be32(&w, TABLES);
	wr_be32(&w, TABLES);
	wr_be32(&w, c->files);
	wr_bytes(&w, c->blocks.name, strlen(c->blocks.name));
	wr_bytes(&w, c->parts.name, strlen(c->parts.name));
	for (unsigned i = 0; i < c->files; i++)
		wr_bytes(&w, c->data[i].name, strlen(c->data[i].name));
	uint32_t begin = 0;
	put_table(&w, &c->blocks, &begin);
	put_table(&w, &c->parts, &begin);
	for (unsigned i = 0; i < c->files; i++)
		put_data(&w, &c->data[i], &begin);
	return (size_t)(w.p - out);
}

void dedupable_write_block(const struct dedupable_block *b, uint8_t entry[static DEDUPABLE_BLOCK_BYTES])
{
	struct wr w = wr_over(entry, DEDUPABLE_BLOCK_BYTES);
	wr_bytes(&w, b->header, DEDUPABLE_HEADER_BYTES);
	wr_be32(&w, b->count);
	wr_be32(&w, 0);
	wr_be64(&w, b->begin);
}

void dedupable_write_part(const struct dedupable_part *p, uint8_t entry[static DEDUPABLE_PART_BYTES])
{
	struct wr w = wr_over(entry, DEDUPABLE_PART_BYTES);
	wr_be32(&w, p->file);
	wr_be32(&w, p->len);
	wr_be64(&w, p->begin);
}
