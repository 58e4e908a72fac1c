/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is read ahead is what is read: the same row of items, bytes and verdicts, of sound, damaged, encrypted and foreign files, whoever
 * helps and however late. */
#include "volume/source.h"

#include "crew.h"
#include "volume_maker.h"

#define FILE_BYTES ((size_t)6 << 20)
#define SESSIONS 3u

static struct mk_dir dir;
static char path[128];
static uint8_t *bytes;
static size_t count;

static void setup(void)
{
	mk_dir_new(&dir);
	mk_in_dir(&dir, "v", path);
	bytes = malloc(FILE_BYTES);
}

static void teardown(void)
{
	mk_dir_remove(&dir);
	free(bytes);
}

/* ---- the file ---- */

/* A cipher of our own: the real one is tried with real volumes.  Key 1 fits. */
static void scramble(uint8_t *block, size_t len, unsigned key)
{
	for (size_t i = BLOCK_HEADER_MAX_BYTES; i < len; i++)
		block[i] ^= (uint8_t)(0xa5 + key * 31 + i);
}

static void add_block(uint64_t *seed, uint32_t number, bool encrypted, size_t most)
{
	static const size_t sizes[] = {64512, 64512, 64512, 64512, 300, 9000, 131072, 65536};
	unsigned version = encrypted ? 3 : 1 + sample_next(seed) % 3;
	struct block_header h = {
		.version = version,
		.options = version == 3 ? BLOCK_OPTION_CHECKSUM : 0,
		.len = (uint32_t)(sample_next(seed) % 40 == 0 ? sample_next(seed) % most : sizes[sample_next(seed) % 8]),
		.number = number,
		.session_id = 1 + sample_next(seed) % SESSIONS,
		.session_time = 77,
	};
	h.options |= encrypted ? BLOCK_OPTION_VOLUME_ENCRYPTED | BLOCK_OPTION_BLOCK_ENCRYPTED : 0;
	h.len = h.len < 100 ? 100 : h.len;
	if (count + h.len > FILE_BYTES)
		return;
	uint8_t *block = bytes + count;
	size_t head = block_header_bytes(version), record = record_header_bytes(version);
	sample_fill(block + head, h.len - head, SAMPLE_RANDOM, *seed);
	struct wr w = wr_over(block + head, record);
	const struct record_header r = {h.session_id, 77, (int32_t)number + 1, 2, (uint32_t)(h.len - head - record)};
	record_header_write(&w, version, &r);
	block_seal(block, &h, sample_next(seed) % 50 != 0);
	if (encrypted)
		scramble(block, h.len, 1);
	count += h.len;
}

static void add_junk(uint64_t *seed)
{
	size_t n = sample_next(seed) % (sample_next(seed) % 3 ? 700 : 200000);
	if (count + n > FILE_BYTES)
		return;
	sample_fill(bytes + count, n, sample_next(seed) % 2 ? SAMPLE_ZERO : SAMPLE_RANDOM, *seed);
	count += n;
}

static void make_file(uint64_t seed)
{
	bool encrypted = sample_next(&seed) % 3 == 0;
	unsigned hurt = sample_next(&seed) % 3;
	size_t most = sample_next(&seed) % 2 ? 60000 : 1500000;
	count = 0;
	for (uint32_t i = 0; i < 40 + sample_next(&seed) % 60; i++) {
		add_block(&seed, i, encrypted && i > 1, most);
		if (hurt > 0 && sample_next(&seed) % 12 == 0)
			add_junk(&seed);
	}
	for (unsigned i = 0; i < hurt * 6; i++)
		bytes[((uint64_t)sample_next(&seed) * count) >> 32] ^= (uint8_t)(1 + sample_next(&seed) % 255);
	if (hurt > 1)
		count -= sample_next(&seed) % 5000;
	FILE *f = fopen(path, "wb");
	ck_assert(f && fwrite(bytes, 1, count, f) == count && fclose(f) == 0);
}

/* ---- keys ---- */

static int ring;

static int find(void *arg, struct span label, void **out, struct err *e)
{
	(void)arg;
	(void)label;
	(void)e;
	*out = &ring;
	return 0;
}

static bool decrypt(void *arg, unsigned index, const uint8_t *block, size_t len, uint8_t *plain)
{
	ck_assert_ptr_eq(arg, &ring);
	if (index > 1)
		return false;
	memcpy(plain, block, len);
	scramble(plain, len, index);
	return true;
}

static void describe(void *arg, unsigned index, char text[static OPENER_CIPHER_BYTES])
{
	(void)arg;
	snprintf(text, OPENER_CIPHER_BYTES, "key %u", index);
}

static const struct opener_keys keys = {.patient = true, .find = find, .decrypt = decrypt, .describe = describe};

/* ---- two sources ---- */

static struct source *open_source(struct buf_pool *pool, struct tasks *tasks, unsigned threads, struct digest *digest)
{
	struct medium_input in;
	struct err e = {0};
	ck_assert_int_eq(medium_open(&in, path, &e), 0);
	struct source *s = source_new(pool, &in, digest, &keys);
	ck_assert_ptr_nonnull(s);
	if (tasks)
		ck_assert_int_eq(source_read_ahead(s, tasks, threads, &e), 0);
	ck_assert_int_eq(source_hash_volumes(s, &e), 0);
	return s;
}

static void compare_items(const struct source_item *a, const struct source_item *b)
{
	ck_quick(a->event == b->event && a->addr == b->addr && a->len == b->len && a->position == b->position);
	ck_quick((a->data == NULL) == (b->data == NULL));
	ck_quick(a->header.number == b->header.number && a->header.len == b->header.len);
	const struct judge_verdict *v = &a->verdict, *w = &b->verdict;
	ck_quick(v->checksum == w->checksum && v->checksum_right == w->checksum_right && v->reversed == w->reversed);
	ck_quick(v->encrypted == w->encrypted && v->opened == w->opened && v->shut == w->shut && v->sane_bytes == w->sane_bytes);
	ck_quick(strcmp(v->reason, w->reason) == 0);
	if (a->event == SOURCE_BLOCK)
		ck_quick(memcmp(a->data, b->data, a->header.len) == 0);
}

static void compare_rows(struct tasks *tasks, unsigned threads, unsigned helps, uint64_t seed)
{
	struct buf_pool *pool = buf_pool_new(1 << 20);
	struct digest *plain = digest_new(DIGEST_XXH3_64), *ahead = digest_new(DIGEST_XXH3_64);
	struct source *a = open_source(pool, NULL, 0, plain), *b = open_source(pool, tasks, threads, ahead);
	struct source_item x, y;
	struct err e = {0}, f = {0};
	int rc;
	do {
		for (unsigned i = 0; helps > 0 && i < sample_next(&seed) % helps; i++)
			tasks_help(tasks);
		rc = source_next(a, &x, &e);
		ck_quick(source_next(b, &y, &f) == rc);
		ck_quick(e.code == f.code && strcmp(e.text, f.text) == 0);
		if (rc == 0)
			compare_items(&x, &y);
	} while (rc == 0 && x.event != SOURCE_END);
	char text[2][DIGEST_TEXT_BYTES], cipher[2][OPENER_CIPHER_BYTES];
	digest_text(plain, text[0]);
	digest_text(ahead, text[1]);
	ck_assert_str_eq(text[0], text[1]);
	source_cipher(a, cipher[0]);
	source_cipher(b, cipher[1]);
	ck_assert_str_eq(cipher[0], cipher[1]);
	uint64_t hash[2] = {0};
	ck_assert(source_end_volume(a, false, &hash[0]) && source_end_volume(b, false, &hash[1]));
	ck_assert_uint_eq(hash[0], hash[1]);
	ck_assert_uint_eq(source_bytes(a), source_bytes(b));
	ck_assert_uint_eq(source_padding(a), source_padding(b));
	source_free(a);
	source_free(b);
	buf_pool_free(pool);
	digest_free(plain);
	digest_free(ahead);
}

/* One thread, which helps itself as often as chance will have it. */
START_TEST(test_alone)
{
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct tasks *tasks = tasks_new();
		make_file(seed);
		compare_rows(tasks, 1 + (unsigned)seed % 9, (unsigned)seed % 4 * 3, seed);
		ck_assert(!tasks_wait(tasks));
		tasks_free(tasks);
	}
}
END_TEST

#define HELPERS 3

START_TEST(test_helped)
{
	for (uint64_t seed = 101; seed <= 140; seed++) {
		struct crew crew;
		make_file(seed);
		crew_begin(&crew, HELPERS);
		compare_rows(crew.all, 2 + (unsigned)seed % 7, 0, seed);
		crew_end(&crew);
	}
}
END_TEST

/* Let go of in the middle, with tasks posted and at work. */
START_TEST(test_left)
{
	make_file(7);
	for (unsigned items = 0; items < 30; items++) {
		struct crew crew;
		crew_begin(&crew, 1);
		struct buf_pool *pool = buf_pool_new(1 << 20);
		struct source *s = open_source(pool, crew.all, 4, NULL);
		struct source_item it;
		struct err e = {0};
		for (unsigned i = 0; i < items; i++)
			ck_assert_int_eq(source_next(s, &it, &e), 0);
		source_free(s);
		ck_assert(!tasks_wait(crew.all));
		buf_pool_free(pool);
		crew_end(&crew);
	}
}
END_TEST

/* It becomes longer, or shorter, behind what was looked at. */
START_TEST(test_changed)
{
	struct tasks *tasks = tasks_new();
	for (unsigned round = 0; round < 4; round++) {
		bool grows = round % 2;
		make_file(9);
		size_t whole = count, first = grows ? whole / 2 : whole;
		ck_assert_int_eq(truncate(path, (off_t)first), 0);
		struct buf_pool *pool = buf_pool_new(1 << 20);
		struct source *s = open_source(pool, round < 2 ? tasks : NULL, 4, NULL);
		struct source_item it;
		struct err e = {0};
		uint64_t covered = 0;
		for (unsigned i = 0; i < 3; i++) {
			ck_assert_int_eq(source_next(s, &it, &e), 0);
			covered += it.len;
		}
		FILE *f = fopen(path, "r+b");
		ck_assert(f && fwrite(bytes, 1, whole, f) == whole && fclose(f) == 0);
		if (!grows)
			ck_assert_int_eq(truncate(path, (off_t)whole / 2), 0);
		while (source_next(s, &it, &e) == 0 && it.event != SOURCE_END)
			covered += it.len;
		ck_assert_int_eq(e.code, grows ? XE_OK : XE_FAILED);
		if (grows)
			ck_assert_uint_eq(covered + source_padding(s), whole);
		else
			ck_assert(covered <= whole / 2 && strstr(e.text, "was changed since"));
		source_free(s);
		buf_pool_free(pool);
	}
	tasks_free(tasks);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("readahead");
	TCase *t = tcase_create("readahead");
	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_alone);
	tcase_add_test(t, test_helped);
	tcase_add_test(t, test_left);
	tcase_add_test(t, test_changed);
	suite_add_tcase(s, t);
	return check_run(s);
}
