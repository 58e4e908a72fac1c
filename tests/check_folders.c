/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes that are folders: cut from one that is known byte by byte, damaged, and read; what must come out is computed from what is left. */
#include "volume/source.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/dedupable.h"
#include "medium/sink.h"
#include "volume_maker.h"

#define SEEDS 120
#define BLOCKS_MAX 64

static struct mk_dir dir;
static struct mk vol;
static struct {
	size_t at, len;
} blocks[BLOCKS_MAX];
static size_t block_count;
static uint64_t rng;

static unsigned pick(unsigned below)
{
	rng = rng * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(rng >> 33) % below;
}

static void end_block(void)
{
	size_t at = mk_end(&vol);

	blocks[block_count].at = at;
	blocks[block_count++].len = vol.len - at;
}

/* A label and blocks of one session, each with records of bytes that look like no header. */
static void make_volume(uint64_t seed, bool checksum)
{
	uint8_t data[700];

	rng = seed * 77777 + 1;
	block_count = 0;
	mk_label(&vol, 2, "vol", checksum);
	blocks[block_count].at = 0;
	blocks[block_count++].len = vol.len;
	for (unsigned n = 5 + pick(BLOCKS_MAX - 6), i = 0; i < n; i++) {
		mk_begin(&vol, 2, 9, MK_TIME, i, checksum);
		for (unsigned r = 1 + pick(3); r > 0; r--) {
			size_t len = pick(sizeof data);

			for (size_t b = 0; b < len; b++)
				data[b] = (uint8_t)(0x80 + pick(0x70));
			mk_record(&vol, (int32_t)i + 1, 2, data, len);
		}
		end_block();
	}
}

static void setup(void)
{
	mk_dir_new(&dir);
}

static void teardown(void)
{
	mk_dir_remove(&dir);
	mk_free(&vol);
}

static void put(const char *name, const void *data, size_t n)
{
	char path[128];

	mk_write(mk_in_dir(&dir, name, path), data, n);
}

static void remove_all(void)
{
	DIR *d = opendir(dir.path);

	ck_assert_ptr_nonnull(d);
	for (struct dirent *f; (f = readdir(d)) != NULL;) {
		if (f->d_name[0] != '.')
			ck_assert_int_eq(unlinkat(dirfd(d), f->d_name, 0), 0);
	}
	closedir(d);
}

/* What came: whether each block was delivered, at which address, and how much damage was told. */
struct seen {
	uint64_t addr[BLOCKS_MAX];
	bool block[BLOCKS_MAX];
	size_t damages;
	uint64_t lost, bytes, damage_at[BLOCKS_MAX * 2];
	char why[JUDGE_REASON_BYTES];
};

static size_t known_block(const struct source_item *it)
{
	for (size_t i = 0; i < block_count; i++) {
		if (blocks[i].len == it->len && memcmp(vol.p + blocks[i].at, it->data, it->len) == 0)
			return i;
	}
	ck_abort_msg("a block that is none of the volume's");
	return 0;
}

static struct seen read_folder(void)
{
	struct buf_pool *pool = buf_pool_new(1 << 24);
	struct medium_input in;
	struct source_item it;
	struct seen seen = {0};
	struct err e = {0};
	uint64_t at = 0;

	if (medium_open(&in, dir.path, &e) != 0)
		ck_abort_msg("%s", e.text);
	struct source *s = source_new(pool, &in, NULL, NULL);
	ck_assert_ptr_nonnull(s);
	for (;;) {
		if (source_next(s, &it, &e) != 0)
			ck_abort_msg("%s", e.text);
		if (it.event == SOURCE_END)
			break;
		ck_assert(it.addr >= at);
		at = it.addr;
		if (it.event == SOURCE_BLOCK) {
			size_t i = known_block(&it);
			ck_assert(!seen.block[i]);
			seen.block[i] = true;
			seen.addr[i] = it.addr;
		} else {
			ck_assert_int_eq(it.event, SOURCE_DAMAGE);
			ck_assert_uint_lt(seen.damages, BLOCKS_MAX * 2);
			seen.damage_at[seen.damages++] = it.addr;
			seen.lost += it.len;
			snprintf(seen.why, sizeof seen.why, "%s", it.verdict.reason);
		}
	}
	seen.bytes = source_bytes(s);
	source_free(s);
	buf_pool_free(pool);
	return seen;
}

/* Bytes of the volume from at on, as read_at has them, must be these. */
static void expect_at(uint64_t at, const uint8_t *data, size_t n)
{
	struct medium_input in;
	struct err e = {0};
	uint8_t *got = malloc(n + 1);
	size_t have;

	ck_assert_int_eq(medium_open(&in, dir.path, &e), 0);
	ck_assert(in.rereadable);
	ck_assert_int_eq(in.medium->read_at(&in, at, got, n, &have, &e), 0);
	ck_assert_uint_eq(have, n);
	ck_assert(memcmp(got, data, n) == 0);
	free(got);
	medium_close(&in);
}

static const char *refusal(void)
{
	static struct err e;
	struct medium_input in;

	e = (struct err){0};
	if (medium_open(&in, dir.path, &e) == 0)
		ck_abort_msg("it was opened");
	ck_assert_int_eq(in.io.fd, -1);
	return e.text;
}

/* ---- chunks ---- */

static char *chunk_name(size_t n)
{
	static char name[32];

	snprintf(name, sizeof name, "%04zu", n);
	return name;
}

static void put_chunk(size_t n, size_t size, size_t most)
{
	size_t at = n * size, len = vol.len - at < size ? vol.len - at : size;

	put(chunk_name(n), vol.p + at, len < most ? len : most);
}

START_TEST(test_chunks)
{
	make_volume((uint64_t)_i, true);
	size_t size = 220 + pick(3000), count = (vol.len + size - 1) / size;
	uint8_t *here = calloc(vol.len, 1);

	size_t whole = 0;
	for (size_t n = 0; n < count; n++) {
		/* The first tells the size, and the last where the end is. */
		unsigned fate = n == 0 || n == count - 1 || _i % 4 == 0 ? 0 : pick(4);
		size_t most = fate == 1 ? 0 : fate == 2 ? pick((unsigned)size) : size;
		if (fate != 1)
			put_chunk(n, size, most);
		for (size_t at = n * size; at < vol.len && at < n * size + most; at++)
			here[at] = 1;
		whole += fate == 0 || fate == 3;
	}
	struct seen seen = read_folder();
	size_t missing = 0;
	for (size_t i = 0; i < block_count; i++) {
		bool there = memchr(here + blocks[i].at, 0, blocks[i].len) == NULL;
		ck_assert_msg(seen.block[i] == there, "seed %d block %zu of chunks of %zu", _i, i, size);
		ck_assert(!there || seen.addr[i] == blocks[i].at);
		missing += there ? 0 : blocks[i].len;
	}
	ck_assert((missing > 0) == (seen.damages > 0));
	ck_assert_uint_eq(seen.lost, missing);
	if (whole == count)
		ck_assert_uint_eq(seen.bytes, vol.len);
	free(here);
}
END_TEST

/* With no checksum to tell, a block must not be taken for whole over a hole. */
START_TEST(test_chunks_without_checksums)
{
	make_volume((uint64_t)_i, false);
	size_t size = 400 + pick(2000), count = (vol.len + size - 1) / size, gone = 1 + pick((unsigned)count - 1);

	if (count < 3 || gone == count - 1)
		return;
	for (size_t n = 0; n < count; n++) {
		if (n != gone)
			put_chunk(n, size, size);
	}
	struct seen seen = read_folder();
	for (size_t i = 0; i < block_count; i++) {
		bool hit = blocks[i].at < (gone + 1) * size && blocks[i].at + blocks[i].len > gone * size;
		ck_assert(!hit || !seen.block[i]);
		ck_assert(!seen.block[i] || seen.addr[i] == blocks[i].at);
	}
	ck_assert_uint_ge(seen.damages, 1);
}
END_TEST

START_TEST(test_chunks_read_at)
{
	make_volume((uint64_t)_i, true);
	size_t size = 100 + pick(900), count = (vol.len + size - 1) / size;

	for (size_t n = 0; n < count; n++)
		put_chunk(n, size, size);
	for (int i = 0; i < 20; i++) {
		size_t at = pick((unsigned)vol.len), n = pick((unsigned)(vol.len - at) + 1);
		expect_at(at, vol.p + at, n);
	}
}
END_TEST

/* 10000 comes behind 9999, though its name sorts before 1001. */
START_TEST(test_chunks_of_five_digits)
{
	make_volume(3, true);
	size_t size = vol.len / 10500, at = 0;

	size = size ? size : 1;
	for (size_t n = 0; n < 12000 && at < vol.len; n++, at += size)
		put_chunk(n, size, size);
	if (at < vol.len)
		return;
	struct seen seen = read_folder();
	for (size_t i = 0; i < block_count; i++)
		ck_assert(seen.block[i] && seen.addr[i] == blocks[i].at);
	ck_assert_uint_eq(seen.damages, 0);
}
END_TEST

START_TEST(test_chunks_of_another_label)
{
	make_volume(5, true);
	size_t size = 500;

	for (size_t n = 0; n * size < vol.len; n++)
		put_chunk(n, size, n == 0 ? blocks[0].len : size);
	ck_assert_ptr_nonnull(strstr(refusal(), "labelled anew"));
	remove_all();
	put_chunk(1, size, size);
	ck_assert_ptr_nonnull(strstr(refusal(), "only chunk 0001"));
}
END_TEST

/* Without the first one the size is that of the others, and what is behind it stays in its place. */
START_TEST(test_first_chunk_missing)
{
	make_volume(7, true);
	size_t size = 700;

	for (size_t n = 1; n * size < vol.len; n++)
		put_chunk(n, size, size);
	struct seen seen = read_folder();
	for (size_t i = 0; i < block_count; i++) {
		ck_assert(seen.block[i] == (blocks[i].at >= size));
		ck_assert(!seen.block[i] || seen.addr[i] == blocks[i].at);
	}
	ck_assert_uint_eq(seen.damage_at[0], 0);
	ck_assert_str_eq(seen.why, "chunk 0000 is missing");
}
END_TEST

/* Names that are none of its own, whatever they look like. */
START_TEST(test_chunks_and_others)
{
	make_volume(11, true);
	size_t size = 600;
	static const char *const others[] = {"00000", "01000", "12", "0001~", "x0001", "70000", "99999", "0001.part", "4294967297", "+001"};

	for (size_t n = 0; n * size < vol.len; n++)
		put_chunk(n, size, size);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		put(others[i], "junk", 4);
	struct seen seen = read_folder();
	ck_assert_uint_eq(seen.damages, 0);
	ck_assert_uint_eq(seen.bytes, vol.len);
}
END_TEST

START_TEST(test_what_is_no_file)
{
	char path[128];

	make_volume(13, true);
	put_chunk(0, 500, 500);
	ck_assert_int_eq(mkfifo(mk_in_dir(&dir, "0001", path), 0600), 0);
	ck_assert_ptr_nonnull(strstr(refusal(), "0001: is no file"));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_ptr_nonnull(strstr(refusal(), "0001: is no file"));
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(symlink("0001", path), 0);
	ck_assert_ptr_nonnull(strstr(refusal(), "0001: cannot open"));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("nothing", path), 0);
	ck_assert_ptr_nonnull(strstr(refusal(), "0001: cannot open"));
	ck_assert_int_eq(unlink(path), 0);
	/* A link to a file is one. */
	put("elsewhere", vol.p + 500, vol.len - 500 < 500 ? vol.len - 500 : 500);
	ck_assert_int_eq(symlink("elsewhere", path), 0);
	ck_assert_uint_ge(read_folder().bytes, 501);
}
END_TEST

START_TEST(test_chunks_too_large)
{
	char path[128];

	put("0000", "x", 1);
	if (truncate(mk_in_dir(&dir, "0000", path), (off_t)1 << 42) != 0)
		return;
	put("0002", "x", 1);
	struct medium_input in;
	struct err e = {0};
	/* Holes and zeros cost nothing where they are only looked at. */
	ck_assert_int_eq(medium_open(&in, dir.path, &e), 0);
	ck_assert_uint_eq(in.size, ((uint64_t)1 << 43) + 1);
	medium_close(&in);
}
END_TEST

START_TEST(test_no_volume)
{
	ck_assert_ptr_nonnull(strstr(refusal(), "is a folder, and no volume"));
	put("2024", "x", 1);
	ck_assert_ptr_nonnull(strstr(refusal(), "is a folder, and no volume"));
}
END_TEST

/* ---- parts ---- */

static char *part_name(size_t n)
{
	static char name[32];

	snprintf(name, sizeof name, "part.%zu", n);
	return name;
}

#define PART(n) ((uint64_t)(n) << 44)

START_TEST(test_parts)
{
	uint64_t addr[BLOCKS_MAX];
	bool gone[BLOCKS_MAX + 2] = {false};
	size_t part = 1, lost = 0, last = 1;

	make_volume((uint64_t)_i, true);
	for (size_t i = 0; i < block_count;) {
		size_t n = i == 0 ? 1 : 1 + pick(4), end = i + n < block_count ? i + n : block_count, from = blocks[i].at;
		size_t len = blocks[end - 1].at + blocks[end - 1].len - from;
		/* The last part must be there: that there was one more, nothing tells. */
		unsigned fate = end == block_count || _i % 4 == 0 ? 0 : pick(6);
		gone[part] = fate == 1 || fate == 2;
		if (fate != 1)
			put(part_name(part), vol.p + from, fate == 2 ? 0 : len);
		lost += gone[part] && !gone[part - 1];
		for (; i < end; i++)
			addr[i] = PART(part) + (blocks[i].at - from);
		last = part++;
	}
	struct seen seen = read_folder();
	for (size_t i = 0; i < block_count; i++) {
		ck_assert(seen.block[i] == !gone[addr[i] >> 44]);
		ck_assert(!seen.block[i] || seen.addr[i] == addr[i]);
		if (seen.block[i])
			expect_at(addr[i] + 3, vol.p + blocks[i].at + 3, blocks[i].len - 3);
	}
	ck_assert_uint_eq(seen.damages, lost);
	/* One that is empty behind all others is told, for it may have been more. */
	put(part_name(last + 1), "", 0);
	ck_assert_uint_eq(read_folder().damages, lost + 1);
}
END_TEST

START_TEST(test_parts_and_others)
{
	static const char *const others[] = {"part.0",          "part.01", "part.",       "part.1048576",
					     "part.4294967297", "part.-2", "xfer_12_3.2", "part.18446744073709551617"};

	make_volume(2, true);
	put("part.1", vol.p, blocks[0].len);
	put("part.2", vol.p + blocks[0].len, vol.len - blocks[0].len);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		put(others[i], "junk", 4);
	struct seen seen = read_folder();
	ck_assert_uint_eq(seen.damages, 0);
	ck_assert_uint_eq(seen.bytes, vol.len);
	/* The last one that can be: all between are missing, and cost nothing. */
	put("part.1048574", vol.p + blocks[0].len, 0);
	seen = read_folder();
	ck_assert_uint_eq(seen.damages, 1);
	ck_assert_uint_eq(seen.lost, 0);
}
END_TEST

/* A part that was cut short in a block: only that is lost. */
START_TEST(test_part_cut)
{
	make_volume(4, true);
	put("part.1", vol.p, blocks[0].len);
	put("part.2", vol.p + blocks[1].at, blocks[1].len + blocks[2].len - 1);
	put("part.3", vol.p + blocks[3].at, vol.len - blocks[3].at);
	struct seen seen = read_folder();
	for (size_t i = 0; i < block_count; i++)
		ck_assert(seen.block[i] == (i != 2));
	ck_assert_uint_eq(seen.damages, 1);
	ck_assert_uint_eq(seen.lost, blocks[2].len - 1);
	ck_assert_ptr_nonnull(strstr(seen.why, "this part of the volume ends"));
}
END_TEST

/* ---- dedupable ---- */

static struct mk entries, parts, aligned, unaligned;
static struct dedupable_config config;

static void put_config(void)
{
	uint8_t bytes[DEDUPABLE_CONFIG_BYTES];

	put("config", bytes, dedupable_write_config(&config, bytes));
}

static void put_dedupable(void)
{
	put("blocks", entries.p, entries.len);
	put("parts", parts.p, parts.len);
	put("aligned.data", aligned.p, aligned.len);
	put("unaligned.data", unaligned.p, unaligned.len);
	put_config();
}

static void add_part(uint32_t file, const uint8_t *data, size_t n)
{
	struct mk *to = file == 0 ? &aligned : &unaligned;
	struct dedupable_part p = {.file = file, .len = (uint32_t)n, .begin = to->len};
	uint8_t entry[DEDUPABLE_PART_BYTES];

	mk_put(to, data, n);
	dedupable_write_part(&p, entry);
	mk_put(&parts, entry, sizeof entry);
	config.parts.count++;
}

/* Each block in parts as they come, here and there. */
static void make_dedupable(void)
{
	entries.len = parts.len = aligned.len = unaligned.len = 0;
	config = (struct dedupable_config){.blocks = {"blocks", 0},
					   .parts = {"parts", 0},
					   .files = 2,
					   .data = {{"aligned.data", 0, 4096, 0}, {"unaligned.data", 0, 1, 1}}};
	for (size_t i = 0; i < block_count; i++) {
		struct dedupable_block b = {.len = (uint32_t)blocks[i].len, .begin = config.parts.count};
		uint8_t entry[DEDUPABLE_BLOCK_BYTES];
		const uint8_t *block = vol.p + blocks[i].at;

		memcpy(b.header, block, sizeof b.header);
		for (size_t at = sizeof b.header; at < b.len;) {
			size_t n = 1 + pick((unsigned)(b.len - at));
			add_part(pick(2), block + at, n);
			at += n;
			b.count++;
		}
		dedupable_write_block(&b, entry);
		mk_put(&entries, entry, sizeof entry);
		config.blocks.count++;
	}
	config.data[0].used = aligned.len;
	config.data[1].used = unaligned.len;
	/* What they grew ahead. */
	mk_put(&entries, NULL, 400);
	mk_put(&parts, vol.p, 333);
	mk_put(&aligned, vol.p, 100);
	mk_put(&unaligned, vol.p, 100);
}

static void free_dedupable(void)
{
	teardown();
	mk_free(&entries);
	mk_free(&parts);
	mk_free(&aligned);
	mk_free(&unaligned);
}

static void damage_entry(size_t block, unsigned how)
{
	uint8_t *entry = entries.p + block * DEDUPABLE_BLOCK_BYTES;
	uint8_t *part = parts.p + mk_get64(entry + 32) * DEDUPABLE_PART_BYTES;
	uint64_t n;

	switch (how) {
	case 0: mk_set32(entry + 4, 0xffffffff); break;
	case 1: mk_set32(entry + 4, 7); break;
	case 2: mk_set32(entry + 4, mk_get32(entry + 4) + 1); break;
	case 3: mk_set32(entry + 24, 0xffffffff); break;
	case 4: mk_set32(entry + 24, mk_get32(entry + 24) - 1); break;
	case 5: mk_set32(entry + 32, 0x10000000); break; /* 2^60 parts further on */
	case 6: mk_set32(part, 77); break;
	case 7: mk_set32(part + 4, 0xffffffff); break;
	case 8: mk_set32(part + 8, 0xffffffff); break;
	case 9: memset(entry, 0, DEDUPABLE_BLOCK_BYTES); break;
	case 10:
		n = mk_get64(part + 8);
		(mk_get32(part) == 0 ? &aligned : &unaligned)->p[n] ^= 1;
		break;
	default: memset(entry + 12, 'x', 4); break;
	}
}

START_TEST(test_dedupable)
{
	bool bad[BLOCKS_MAX] = {false};
	size_t damages = 0;

	make_volume((uint64_t)_i, true);
	make_dedupable();
	for (size_t i = 0; _i % 4 > 0 && i < block_count; i++) {
		bad[i] = pick(4) == 0;
		damages += bad[i];
		if (bad[i])
			damage_entry(i, pick(12));
	}
	put_dedupable();
	struct seen seen = read_folder();
	for (size_t i = 0; i < block_count; i++) {
		ck_assert_msg(seen.block[i] == !bad[i], "seed %d block %zu", _i, i);
		ck_assert(!seen.block[i] || seen.addr[i] == i);
		if (seen.block[i])
			expect_at(((uint64_t)i << 25) + 1, vol.p + blocks[i].at + 1, blocks[i].len - 1);
	}
	ck_assert_uint_eq(seen.damages, damages);
}
END_TEST

/* The counts of config, and no others, are true. */
START_TEST(test_dedupable_counts)
{
	make_volume(1, true);
	make_dedupable();
	config.blocks.count -= 2;
	put_dedupable();
	struct seen seen = read_folder();
	ck_assert(seen.block[block_count - 3] && !seen.block[block_count - 2] && seen.damages == 0);

	config.blocks.count = (uint64_t)1 << 60;
	config.parts.count = UINT64_MAX;
	config.data[0].used = config.data[1].used = UINT64_MAX;
	put_config();
	seen = read_folder();
	for (size_t i = 0; i < block_count; i++)
		ck_assert(seen.block[i]);
	/* Ten entries of zeros, and all that are not there, at once. */
	ck_assert_uint_eq(seen.damages, 11);

	config.blocks.count = block_count;
	config.data[0].used = config.data[1].used = 300;
	put_config();
	seen = read_folder();
	ck_assert(seen.block[0] && !seen.block[block_count - 1]);
	ck_assert_ptr_nonnull(strstr(seen.why, "lies behind what is used"));
}
END_TEST

START_TEST(test_dedupable_short_files)
{
	static const char *const names[] = {"blocks", "parts", "aligned.data", "unaligned.data"};
	char path[128];

	make_volume(6, true);
	make_dedupable();
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		put_dedupable();
		ck_assert_int_eq(truncate(mk_in_dir(&dir, names[i], path), 123), 0);
		struct seen seen = read_folder();
		ck_assert_uint_ge(seen.damages, 1);
		ck_assert(!seen.block[block_count - 1]);
		ck_assert_int_eq(unlink(path), 0);
		/* Without payload there are blocks without; without the lists there is nothing. */
		if (i >= 2)
			ck_assert_uint_ge(read_folder().damages, 1);
		else
			ck_assert_ptr_nonnull(strstr(refusal(), "cannot open"));
	}
}
END_TEST

/* Every truncation, and every byte changed: opened or refused, and never outside of the folder. */
START_TEST(test_dedupable_configs)
{
	uint8_t bytes[DEDUPABLE_CONFIG_BYTES], *copy;

	make_volume(8, true);
	make_dedupable();
	put_dedupable();
	size_t n = dedupable_write_config(&config, bytes);
	ck_assert_uint_eq(n, 189);
	for (size_t len = 0; len <= n + 1; len++) {
		struct dedupable_config c;
		copy = malloc(len + 1);
		memcpy(copy, bytes, len);
		ck_assert((dedupable_read_config((struct span){copy, len}, &c) == NULL) == (len == n));
		free(copy);
	}
	for (size_t at = 0; at < n; at++) {
		struct dedupable_config c;
		for (unsigned value = 0; value < 256; value += 5) {
			uint8_t was = bytes[at];
			bytes[at] = (uint8_t)value;
			if (dedupable_read_config((struct span){bytes, n}, &c) == NULL)
				ck_assert(strchr(c.blocks.name, '/') == NULL && c.data[0].name[0] && c.data[1].block_size > 0 &&
					  strcmp(c.data[0].name, c.data[1].name) != 0);
			bytes[at] = was;
		}
	}
	memcpy(config.data[1].name, "../x", 5);
	put_config();
	ck_assert_ptr_nonnull(strstr(refusal(), "impossible"));
	memcpy(config.data[1].name, "blocks", 7);
	put_config();
	ck_assert_ptr_nonnull(strstr(refusal(), "impossible"));
	memcpy(config.data[1].name, "unaligned.data", 15);
	config.data[0].block_size = 0;
	put_config();
	ck_assert_ptr_nonnull(strstr(refusal(), "impossible"));
}
END_TEST

/* ---- written ---- */

/* Two jobs whose records go over blocks, taken in turns: what is kept for the rest of one must not be the other's. */
static void make_interleaved(uint64_t seed)
{
	struct mk jobs[2] = {{0}, {0}};
	uint8_t *data = malloc(9000);

	rng = seed * 991 + 5;
	block_count = 0;
	mk_label(&vol, 2, "vol", true);
	blocks[block_count].at = 0;
	blocks[block_count++].len = vol.len;
	for (unsigned j = 0; j < 2; j++) {
		mk_begin(&jobs[j], 2, 5 + j, MK_TIME, 0, true);
		for (unsigned r = 0; r < 8; r++) {
			size_t len = pick(9000);
			for (size_t b = 0; b < len; b++)
				data[b] = (uint8_t)pick(256);
			mk_split(&jobs[j], 3000, (int32_t)r + 1, 2, data, len);
		}
		mk_end(&jobs[j]);
	}
	for (size_t at[2] = {0, 0}; at[0] < jobs[0].len || at[1] < jobs[1].len;) {
		unsigned j = pick(2);
		if (at[j] == jobs[j].len)
			continue;
		size_t len = mk_get32(jobs[j].p + at[j] + 4);
		ck_assert_uint_lt(block_count, BLOCKS_MAX);
		blocks[block_count].at = vol.len;
		blocks[block_count++].len = len;
		mk_put(&vol, jobs[j].p + at[j], len);
		at[j] += len;
	}
	mk_free(&jobs[0]);
	mk_free(&jobs[1]);
	free(data);
}

/* The blocks as they are; addr: where each is said to go. */
static void write_folder(const struct medium *medium, uint64_t unit, uint64_t *addr)
{
	const struct sink_form form = {medium, unit};
	struct sink sink;
	struct io out;
	struct err e = {0};
	int fd = open(dir.path, O_RDONLY | O_DIRECTORY);

	ck_assert_int_ge(fd, 0);
	io_describe(&out, fd);
	sink_open(&sink, &out, &form, NULL, NULL);
	for (size_t i = 0; i < block_count; i++) {
		addr[i] = sink.at;
		if (sink_write(&sink, vol.p + blocks[i].at, blocks[i].len, i == 0, &e) != 0)
			ck_abort_msg("%s", e.text);
	}
	ck_assert_int_eq(sink_finish(&sink, &e), 0);
	ck_assert_uint_eq(sink.offset, vol.len);
	sink_close(&sink);
	sink_close(&sink);
	close(fd);
}

static void expect_all(const uint64_t *addr)
{
	struct seen seen = read_folder();

	ck_assert_uint_eq(seen.damages, 0);
	for (size_t i = 0; i < block_count; i++)
		ck_assert(seen.block[i] && seen.addr[i] == addr[i]);
}

static const struct medium *const media[] = {&medium_chunked, &medium_dedupable, &medium_cloud};

START_TEST(test_written)
{
	uint64_t addr[BLOCKS_MAX];

	if (_i % 2)
		make_interleaved((uint64_t)_i);
	else
		make_volume((uint64_t)_i, _i % 4 == 0);
	size_t unit = 512 + pick(4000);
	write_folder(media[_i % 3], unit, addr);
	expect_all(addr);
	/* A volume with no block but its label. */
	remove_all();
	block_count = 1;
	vol.len = blocks[0].len;
	write_folder(media[_i % 3], unit, addr);
	expect_all(addr);
}
END_TEST

/* Of every record whole blocks, one behind the other, in the one file; the rest in the other. */
START_TEST(test_dedupable_payload)
{
	uint64_t addr[BLOCKS_MAX];
	struct mk_parsed parsed = {0};
	char path[128];
	size_t unit = 512, expected = 0, found = 0;

	make_interleaved((uint64_t)_i);
	write_folder(&medium_dedupable, unit, addr);
	mk_parse(&parsed, vol.p, vol.len);
	struct mk data = mk_read(mk_in_dir(&dir, "aligned.data", path));
	for (size_t r = 0; r < parsed.record_count; r++) {
		size_t n = parsed.records[r].len / unit * unit;
		for (size_t at = 0; n > 0 && at + n <= data.len; at += unit) {
			if (memcmp(data.p + at, parsed.records[r].data, n) == 0) {
				found++;
				break;
			}
		}
		expected += n;
	}
	ck_assert_uint_eq(data.len, expected);
	size_t large = 0;
	for (size_t r = 0; r < parsed.record_count; r++)
		large += parsed.records[r].len >= unit;
	ck_assert_uint_eq(found, large);
	mk_free(&data);
	mk_parsed_free(&parsed);
}
END_TEST

START_TEST(test_too_many_chunks)
{
	const struct sink_form form = {&medium_chunked, 1};
	uint8_t data[10001] = {0};
	struct sink sink;
	struct io out;
	struct err e = {0};
	int fd = open(dir.path, O_RDONLY | O_DIRECTORY);

	io_describe(&out, fd);
	sink_open(&sink, &out, &form, NULL, NULL);
	ck_assert_int_eq(sink_write(&sink, data, sizeof data, false, &e), XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.text, "--chunk-size"));
	ck_assert_int_eq(sink_finish(&sink, &e), 0);
	sink_close(&sink);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("folders");
	TCase *t = tcase_create("chunks");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_chunks, 0, SEEDS);
	tcase_add_loop_test(t, test_chunks_without_checksums, 0, SEEDS);
	tcase_add_loop_test(t, test_chunks_read_at, 0, 10);
	tcase_add_test(t, test_chunks_of_five_digits);
	tcase_add_test(t, test_chunks_of_another_label);
	tcase_add_test(t, test_first_chunk_missing);
	tcase_add_test(t, test_chunks_and_others);
	tcase_add_test(t, test_what_is_no_file);
	tcase_add_test(t, test_chunks_too_large);
	tcase_add_test(t, test_no_volume);
	suite_add_tcase(s, t);

	t = tcase_create("parts");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_parts, 0, SEEDS);
	tcase_add_test(t, test_parts_and_others);
	tcase_add_test(t, test_part_cut);
	suite_add_tcase(s, t);

	t = tcase_create("dedupable");
	tcase_add_checked_fixture(t, setup, free_dedupable);
	tcase_add_loop_test(t, test_dedupable, 0, SEEDS);
	tcase_add_test(t, test_dedupable_counts);
	tcase_add_test(t, test_dedupable_short_files);
	tcase_add_test(t, test_dedupable_configs);
	suite_add_tcase(s, t);

	t = tcase_create("written");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_written, 0, SEEDS);
	tcase_add_loop_test(t, test_dedupable_payload, 0, 10);
	tcase_add_test(t, test_too_many_chunks);
	suite_add_tcase(s, t);
	return check_run(s);
}
