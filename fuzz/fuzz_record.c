/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole volume, or two of a set, through the reader and the joiner: blocks, records, continuations, damage and how it
 * finds its way again.  Byte 0 chooses what is asked of the reader, byte 1 where the first volume ends. */
#include "fuzz/fuzz.h"

#include "pipeline/join.h"

enum { RESEAL = 1, RELENGTH = 2, SUSPECT = 4, KEEP_FEW = 8, BLOCKS = 16, INDEXES = 32, JOIN = 64, TWO = 128 };

static void look_at(const struct item *item, uint8_t how, uint64_t *at)
{
	const struct item *i = item;
	if (i->data.len > 0) {
		const volatile uint8_t *bytes = i->data.data;
		(void)bytes[0];
		(void)bytes[i->data.len - 1];
		FUZZ_MUST(i->buf && i->data.data >= i->buf->data && i->data.data + i->data.len <= i->buf->data + i->buf->cap);
	}
	FUZZ_MUST(i->largest <= BLOCK_MAX_BYTES && i->cuts <= ITEM_CUTS);
	switch (i->kind) {
	case ITEM_VOLUME_START: *at = 0; break;
	case ITEM_BLOCK:
		/* Blocks come in order and do not overlap. */
		FUZZ_MUST(i->addr >= *at && i->len == i->data.len);
		*at = i->addr + i->len;
		break;
	case ITEM_RECORD:
		FUZZ_MUST(i->job && i->data.len <= i->len);
		FUZZ_MUST((how & KEEP_FEW) || i->tail_missing || i->data.len == i->len);
		FUZZ_MUST(i->len <= RECORD_MAX_BYTES);
		for (unsigned k = 0; k < i->cuts; k++)
			FUZZ_MUST(i->cut[k] <= i->len && (k == 0 || i->cut[k] >= i->cut[k - 1]));
		break;
	case ITEM_DAMAGE: FUZZ_MUST(i->verdict.reason[0]); break;
	case ITEM_VOLUME_END: FUZZ_MUST(i->volume->bytes <= i->volume->size || i->volume->size == 0); break;
	default: break;
	}
}

static void read_all(const char *const *paths, size_t count, uint8_t how)
{
	const struct reader_options o = {
		.paths = paths,
		.path_count = count,
		.blocks = how & BLOCKS,
		.indexes = how & INDEXES,
		.keep_suspect = how & SUSPECT,
		.keep_bytes = how & KEEP_FEW ? 64 : 0,
	};
	struct buf_pool *pool = buf_pool_new(1 << 20);
	struct reader *r = reader_new(&o, pool);
	struct joiner *j = joiner_new(r, pool);
	struct item item = {0};
	struct err e = {0};
	uint64_t at = 0;
	int rc = 0;
	FUZZ_MUST(pool && r && j);
	do {
		/* A joiner wants whole records. */
		bool join = (how & JOIN) && !(how & KEEP_FEW);
		rc = join ? joiner_next(j, &item, &e) : reader_next(r, &item, &e);
		if (rc == 0)
			look_at(&item, how, &at);
		FUZZ_MUST(rc == 0 || (rc == e.code && e.text[0]));
	} while (rc == 0 && item.kind != ITEM_END);
	joiner_free(j);
	reader_free(r);
	buf_pool_free(pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	uint8_t how = data[0];
	size_t n = size - 2, first = how & TWO ? n * data[1] / 255 : n;
	uint8_t *copy = malloc(n ? n : 1);
	FUZZ_MUST(copy);
	memcpy(copy, data + 2, n);
	if (how & RESEAL)
		fuzz_reseal(copy, n, how & RELENGTH);
	char path[2][FUZZ_PATH_BYTES];
	int fd[2] = {fuzz_file(copy, first, path[0]), fuzz_file(copy + first, n - first, path[1])};
	const char *const paths[] = {path[0], path[1]};
	read_all(paths, how & TWO ? 2 : 1, how);
	close(fd[0]);
	close(fd[1]);
	free(copy);
	return 0;
}
