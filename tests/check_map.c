/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The map: its lines, how many there are, its checksum, names that would break it, what is taken back, write errors. */
#include "volume/map.h"

#include "volume_maker.h"

static struct mk_dir dir;
static char path[128];
static int fd;
static struct volume_info volume;
static struct job job = {.session_id = 7, .session_time = 1700000000};

static void setup(void)
{
	mk_dir_new(&dir);
	fd = open(mk_in_dir(&dir, "map", path), O_RDWR | O_CREAT, 0600);
	volume = (struct volume_info){.name = "stdin", .medium = &medium_file, .has_label = true};
	snprintf(volume.label.volume, sizeof volume.label.volume, "Full-0001");
}

static void teardown(void)
{
	close(fd);
	mk_dir_remove(&dir);
}

/* The file's text without its last line, which must be the checksum over the rest. */
static char *checked(void)
{
	struct mk m = mk_read(path);
	char want[32];

	mk_put(&m, "", 1);
	char *text = (char *)m.p, *last = strstr(text, "xxh64\t");

	ck_assert_ptr_nonnull(last);
	ck_assert_ptr_null(strstr(last + 1, "xxh64\t"));
	snprintf(want, sizeof want, "xxh64\t%016llx\n", (unsigned long long)XXH64(text, (size_t)(last - text), 0));
	ck_assert_str_eq(last, want);
	*last = 0;
	return text;
}

static const struct map_side_end nothing = {.encryption = "", .digest = ""};

static void finish(struct map *m, int status)
{
	struct err e = {0};

	ck_assert_int_eq(map_finish(m, status, &e), 0);
	map_free(m);
}

/* The label of a volume as it was written. */
static struct mk label_block(const char *name)
{
	struct mk m = {0};

	mk_label(&m, 2, name, true);
	return m;
}

static void put_label(struct map *m, const char *name)
{
	struct mk block = label_block(name);

	map_new_block(m, &volume, &(struct packed_block){.end = block.len - 1, .len = (uint32_t)block.len, .data = {block.p, block.len}});
	mk_free(&block);
}

static void old_block(struct map *m, const struct job *of, uint64_t addr, uint32_t len, uint32_t number, int32_t first, int32_t last)
{
	struct item item = {.kind = ITEM_BLOCK,
			    .volume = &volume,
			    .job = of,
			    .addr = addr,
			    .len = len,
			    .number = number,
			    .form = {.version = 2},
			    .first_index = first,
			    .last_index = last};

	map_old_block(m, &item);
}

static void new_block(struct map *m, const struct job *of, uint64_t addr, uint32_t len, uint32_t number, int32_t first, int32_t last)
{
	map_new_block(m, &volume,
		      &(struct packed_block){.job = of,
					     .addr = addr,
					     .end = addr + len - 1,
					     .len = len,
					     .number = number,
					     .first_index = first,
					     .last_index = last});
}

START_TEST(test_lines)
{
	struct map *m = map_new(fd);
	struct mk label = label_block("Full-0002");
	struct job named = job, other = {.session_id = 8, .session_time = 1700000000, .index = 1};

	named.has_label = true;
	named.label.job_id = 12;
	snprintf(named.label.job, sizeof named.label.job, "J\tbig.1");
	volume.product = PRODUCT_BACULA;
	volume.label.label_time = 1700000123999999;
	snprintf(volume.label.media_type, sizeof volume.label.media_type, "File\n1");
	snprintf(volume.label.pool, sizeof volume.label.pool, "Full");
	map_begin_set(m);
	map_begin_volume(m, &volume, &medium_stream);
	old_block(m, NULL, 0, 209, 0, 0, 0);
	old_block(m, &job, 209, 1000, 3, 1, 9);
	map_new_block(m, &volume, &(struct packed_block){.end = label.len - 1, .len = (uint32_t)label.len, .data = {label.p, label.len}});
	new_block(m, &job, 0x123456789a, 102, 1, 0, 0);
	new_block(m, &job, 0x1234567900, 64512, 2, 2, 3);
	new_block(m, &other, 0x1234577500, 10, 7, 0, 0);
	/* One that has no block here. */
	map_learn_job(m, &(struct job){.index = 7, .has_label = true});
	map_learn_job(m, &named);
	const struct map_side_end old = {1209, 2, 0, "AES-256, key 1a2b3c4d", "0123456789abcdef"},
				  now = {78187559182, 3, 18, "", "fedcba9876543210"};
	map_end_volume(m, &old, &now, 5);
	volume.medium = &medium_tape;
	volume.has_label = false;
	volume.label = (struct volume_label){0};
	map_begin_set(m);
	map_begin_volume(m, &volume, &medium_tape);
	old_block(m, &job, 1ull << 32 | 5, 1000, 3, 1, 9);
	map_end_volume(m, &nothing, &nothing, 0);
	finish(m, 3);
	char *text = checked(), want[1024];

	snprintf(want, sizeof want,
		 "xflate-map\t2\nvolume\tFull-0001\tfile\tFull-0002\tfile\t1\nlabel\tbacula\tFile?1\tFull\t1700000123\n"
		 "old\t0\t208\t0\t0\t0\t0\t0\t1\nold\t209\t1208\t7\t1700000000\t3\t1\t9\t1\nnew\t0\t%zu\t0\t0\t0\t0\t0\t1\n"
		 "new\t78187493530\t78187493631\t7\t1700000000\t1\t0\t0\t1\nnew\t78187493632\t78187558143\t7\t1700000000\t2\t2\t3\t1\n"
		 "new\t78187558144\t78187558153\t8\t1700000000\t7\t0\t0\t1\n"
		 "session\t7\t1700000000\t12\tJ?big.1\t209\t1208\t1\t9\t1\t78187493530\t78187558143\t2\t3\t2\n"
		 "session\t8\t1700000000\t0\t\t0\t0\t0\t0\t0\t78187558144\t78187558153\t0\t0\t1\n"
		 "form\told\tBB02\t1000\tAES-256, key 1a2b3c4d\t0123456789abcdef\nform\tnew\tBB02\t64512\tnone\tfedcba9876543210\n"
		 "damage\t5\nend\t1209\t78187559182\t2\t3\t0\t18\n"
		 "volume\tstdin\ttape\tstdin\ttape\t2\nlabel\tunknown\t\t\t0\nold\t4294967301\t4294967301\t7\t1700000000\t3\t1\t9\t1\n"
		 "session\t7\t1700000000\t0\t\t4294967301\t4294967301\t1\t9\t1\t0\t0\t0\t0\t0\n"
		 "form\told\tBB02\t1000\tnone\t-\nform\tnew\tBB01\t0\tnone\t-\ndamage\t0\nend\t0\t0\t0\t0\t0\t0\nexit\t3\n",
		 label.len - 1);
	ck_assert_str_eq(text, want);
	free(text);
	mk_free(&label);
}
END_TEST

/* Even the longest names, all of which need mending, leave lines that are whole. */
START_TEST(test_names)
{
	struct map *m = map_new(fd);

	snprintf(volume.label.volume, sizeof volume.label.volume, "a\tb\nc\x01 d\xc3\xa4");
	memset(volume.label.media_type, '\n', LABEL_NAME_BYTES - 1);
	memset(volume.label.pool, '\t', LABEL_NAME_BYTES - 1);
	map_begin_set(m);
	map_begin_volume(m, &volume, &medium_file);
	map_end_volume(m, &nothing, &nothing, 0);
	finish(m, 0);
	char *text = checked(), want[1024], marks[LABEL_NAME_BYTES];

	memset(marks, '?', sizeof marks);
	snprintf(want, sizeof want,
		 "xflate-map\t2\nvolume\ta?b?c? d\xc3\xa4\tfile\ta?b?c? d\xc3\xa4\tfile\t1\nlabel\tbareos\t%.127s\t%.127s\t0\nform\t",
		 marks, marks);
	ck_assert_int_eq(strncmp(text, want, strlen(want)), 0);
	free(text);
}
END_TEST

/* More than any buffer, and all of it before the new label: no line is lost, and the volume's stands first. */
START_TEST(test_many)
{
	struct map *m = map_new(fd);

	map_begin_set(m);
	map_begin_volume(m, &volume, &medium_file);
	for (uint32_t i = 0; i < 20000; i++)
		old_block(m, &job, i, 1, i, 0, 0);
	put_label(m, "made");
	new_block(m, &job, 300, 1, 0, 0, 0);
	map_end_volume(m, &nothing, &nothing, 0);
	finish(m, 0);
	char *text = checked(), *line = strstr(text, "\nold\t");

	ck_assert_ptr_nonnull(line);
	ck_assert_ptr_nonnull(strstr(text, "2\nvolume\tFull-0001\tfile\tmade\tfile\t1\nlabel\t"));
	for (uint32_t i = 0; i < 20000; i++) {
		unsigned addr;

		ck_quick(line && sscanf(line, "\nold\t%u\t", &addr) == 1 && addr == i);
		line = strchr(line + 1, '\n');
	}
	ck_assert_int_eq(strncmp(line, "\nnew\t0\t", 7), 0);
	free(text);
}
END_TEST

/* ---- runs ---- */

/* The lines of one side. */
struct seen {
	uint64_t lines, blocks, behind[4]; /* behind: the last block of a session */
};

static void see_line(const char *line, struct seen *seen)
{
	char *at = (char *)line;
	uint64_t n[8];

	for (int i = 0; i < 8; i++)
		n[i] = strtoull(at, &at, 10);
	ck_quick(*at == '\n' && n[2] < 4 && n[0] >= seen->behind[n[2]] && n[1] >= n[0] && n[7] > 0);
	seen->behind[n[2]] = n[1] + 1;
	seen->blocks += n[7];
	seen->lines++;
}

static void see_lines(const char *text, const char *side, struct seen *seen)
{
	size_t side_bytes = strlen(side);

	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		if (strncmp(line, side, side_bytes) == 0)
			see_line(line + side_bytes, seen);
	}
}

/* Blocks of two sessions by turns, up to bytes of them, in volumes of as many blocks. */
static void feed(struct map *m, uint64_t bytes, uint32_t len, uint64_t volume_blocks)
{
	struct job jobs[2] = {{.session_id = 1, .session_time = 9}, {.session_id = 2, .session_time = 9, .index = 1}};
	uint64_t count = bytes / len;

	map_begin_set(m);
	for (uint64_t i = 0; i < count; i++) {
		if (i % volume_blocks == 0)
			map_begin_volume(m, &volume, &medium_file);
		old_block(m, &jobs[i % 2], i * len, len, (uint32_t)(i / 2), 1, (int32_t)(i / 2 + 1));
		if ((i + 1) % volume_blocks == 0 || i + 1 == count)
			map_end_volume(m, &nothing, &nothing, 0);
	}
}

/* Up to 2^19 of a size of blocks each of them has its line. */
START_TEST(test_each_block_a_line)
{
	struct map *m = map_new(fd);
	struct seen seen = {0};
	uint64_t blocks = 1u << MAP_LINES_SHIFT;

	feed(m, blocks * 64512, 64512, blocks);
	finish(m, 0);
	char *text = checked();
	see_lines(text, "old", &seen);
	ck_assert_uint_eq(seen.lines, blocks);
	ck_assert_uint_eq(seen.blocks, blocks);
	free(text);
}
END_TEST

/* 20 TB in volumes of 1 TB: as many lines a side as the documentation says, and less than 1 GiB for both. */
START_TEST(test_lines_of_20_tb)
{
	struct map *m = map_new(fd);
	struct seen seen = {0};
	uint64_t bytes = 20000000000000, blocks = bytes / 64512;

	feed(m, bytes, 64512, blocks / 20);
	finish(m, 0);
	char *text = checked();
	see_lines(text, "old", &seen);
	ck_assert_uint_eq(seen.blocks, blocks);
	ck_assert_uint_ge(seen.lines, 3600000);
	ck_assert_uint_le(seen.lines, 3700000);
	ck_assert_uint_le(strlen(text), (size_t)1 << 29);
	free(text);
}
END_TEST

/* A line that stands for several blocks: from the first to the last one's end, number and FileIndexes, and none of another session or
 * volume; the sums of a session are those of all its blocks. */
START_TEST(test_run)
{
	struct map *m = map_new(fd);
	struct job jobs[2] = {{.session_id = 1, .session_time = 9}, {.session_id = 2, .session_time = 9, .index = 1}};
	uint32_t big = 1u << 30;

	map_begin_set(m);
	map_begin_volume(m, &volume, &medium_file);
	/* So many bytes that 1000 blocks of 1000 are less than their part of them. */
	for (uint32_t i = 0; i < 1000; i++)
		old_block(m, &jobs[1], (uint64_t)i * big, big, i, 0, 0);
	uint64_t at = 1000ull * big;
	for (uint32_t i = 0; i < 5; i++) {
		old_block(m, &jobs[0], at + 2000 * i, 1000, 40 + i, i % 4 == 0 ? 0 : (int32_t)i + 2, i % 4 == 0 ? 0 : 7);
		old_block(m, NULL, at + 2000 * i + 1000, 1000, 0, 0, 0);
	}
	map_end_volume(m, &nothing, &nothing, 0);
	map_begin_volume(m, &volume, &medium_file);
	old_block(m, &jobs[0], 300, 1000, 45, 8, 8);
	map_end_volume(m, &nothing, &nothing, 0);
	finish(m, 0);
	char *text = checked(), want[256];
	unsigned labels = 0;

	snprintf(want, sizeof want, "\nold\t%llu\t%llu\t1\t9\t40\t3\t7\t5\nsession\t1\t9\t0\t\t%llu\t%llu\t3\t7\t5\t0\t0\t0\t0\t0\n",
		 (unsigned long long)at, (unsigned long long)at + 8999, (unsigned long long)at, (unsigned long long)at + 8999);
	ck_assert_ptr_nonnull(strstr(text, want));
	ck_assert_ptr_nonnull(strstr(text, "\nold\t300\t1299\t1\t9\t45\t8\t8\t1\nsession\t1\t9\t0\t\t300\t1299\t8\t8\t1\t0"));
	/* The label's blocks stay alone: 5 of them, and what is in a run behind them. */
	for (const char *line = text; (line = strstr(line, "\t0\t0\t0\t0\t0\t1\n")); line++)
		labels++;
	ck_assert_uint_eq(labels, 5);
	free(text);
}
END_TEST

/* ---- what is taken back ---- */

START_TEST(test_rewind)
{
	struct err e = {0};
	char *text[2];

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(ftruncate(fd, 0), 0);
		ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
		struct map *m = map_new(fd);

		feed(m, 1000000000, 1000000, 300);
		ck_assert_int_eq(map_mark(m, &e), 0);
		if (i == 1) {
			/* A set of more bytes than all the rest, which fails inside a volume, once before its label is written. */
			feed(m, 1ull << 45, 1u << 30, 5000);
			map_begin_volume(m, &volume, &medium_file);
			old_block(m, &job, 0, 1, 0, 0, 0);
			put_label(m, "taken back");
			old_block(m, &job, 1, 1, 0, 0, 0);
			map_rewind(m);
			ck_assert_int_eq(map_mark(m, &e), 0);
			map_begin_set(m);
			map_begin_volume(m, &volume, &medium_file);
			old_block(m, &job, 0, 1, 0, 0, 0);
			map_rewind(m);
			ck_assert_int_eq(map_mark(m, &e), 0);
		}
		feed(m, 1000000000, 1000, 300);
		finish(m, 0);
		text[i] = checked();
	}
	ck_assert_ptr_nonnull(strstr(text[0], "\tfile\t2\n"));
	ck_assert_str_eq(text[0], text[1]);
	free(text[0]);
	free(text[1]);
}
END_TEST

START_TEST(test_write_error)
{
	int full = open("/dev/full", O_WRONLY);
	struct map *m = map_new(full);
	struct err e = {0};

	map_begin_set(m);
	map_begin_volume(m, &volume, &medium_file);
	put_label(m, "a");
	for (uint32_t i = 0; i < 10000; i++)
		new_block(m, &job, i, 1, i, 0, 0);
	ck_assert_int_eq(map_finish(m, 0, &e), XE_FAILED);
	ck_assert_ptr_nonnull(strstr(e.text, "write error"));
	map_free(m);
	map_free(NULL);
	close(full);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("map");
	TCase *t = tcase_create("map");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_lines);
	tcase_add_test(t, test_names);
	tcase_add_test(t, test_many);
	tcase_add_test(t, test_each_block_a_line);
	tcase_add_test(t, test_run);
	tcase_add_test(t, test_rewind);
	tcase_add_test(t, test_write_error);
	suite_add_tcase(s, t);
	t = tcase_create("20 TB");
	tcase_set_timeout(t, 600);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_lines_of_20_tb);
	suite_add_tcase(s, t);
	return check_run(s);
}
