/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/recall.h"

#include "base/array.h"

#include <stdlib.h>
#include <xxhash.h>

#define KEPT_BYTES ((uint64_t)16 << 20) /* of all records that wait, as long as they are as long as the one at hand */

struct part {
	size_t input;
	uint64_t at;
	size_t len;
	XXH64_hash_t sum;
};

struct recall {
	struct part *parts;
	size_t count, cap;
};

bool recall_wanted(unsigned sessions, size_t bytes)
{
	return (uint64_t)sessions * bytes > KEPT_BYTES;
}

struct recall *recall_new(void)
{
	return calloc(1, sizeof(struct recall));
}

void recall_free(struct recall *r)
{
	if (r == NULL)
		return;
	free(r->parts);
	free(r);
}

int recall_add(struct recall *r, const struct recall_place *place, struct span part, struct err *e)
{
	struct part *parts = array_reach(r->parts, &r->cap, r->count, sizeof *parts);
	if (parts == NULL)
		return err_memory(e, sizeof *parts, "the parts of a record");
	r->parts = parts;
	r->parts[r->count++] = (struct part){place->input, place->at, part.len, XXH3_64bits(part.data, part.len)};
	return 0;
}

void recall_cut(struct recall *r, size_t bytes)
{
	size_t n = 0;
	while (n < r->count && bytes >= r->parts[n].len)
		bytes -= r->parts[n++].len;
	r->count = n;
}

static int reach(struct recall_files *files, size_t input, struct err *e)
{
	if (files->in.io.fd >= 0 && files->input == input)
		return 0;
	medium_close(&files->in);
	int rc = medium_open(&files->in, files->paths[input], e);
	files->input = input;
	if (rc != 0)
		err_volume(e, files->paths[input]);
	return rc;
}

/* The sum is over all of the part, so all of it is read. */
static int read_part(struct recall_files *files, const struct part *p, uint8_t *to, struct err *e)
{
	int rc = reach(files, p->input, e);
	size_t got = 0;
	if (rc == 0)
		rc = files->in.medium->read_at(&files->in, p->at, to, p->len, &got, e);
	if (rc == 0 && (got < p->len || XXH3_64bits(to, p->len) != p->sum))
		rc = err_set(e, XE_FAILED, "byte %llu: changed while it was read", (unsigned long long)p->at);
	if (rc != 0)
		err_volume(e, files->paths[p->input]);
	return rc;
}

int recall_read(const struct recall *r, struct recall_files *files, uint8_t *to, size_t bytes, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && bytes > 0 && i < r->count; i++) {
		const struct part *p = &r->parts[i];
		uint8_t *all = p->len <= bytes ? to : malloc(p->len);
		size_t n = p->len <= bytes ? p->len : bytes;
		rc = all ? read_part(files, p, all, e) : err_memory(e, p->len, "a part of a record");
		if (rc == 0 && all != to)
			memcpy(to, all, n);
		if (all != to)
			free(all);
		to += n;
		bytes -= n;
	}
	return rc;
}
