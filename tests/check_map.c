/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The map: its lines, its checksum, names that would break it, write errors. */
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

START_TEST(test_lines)
{
	struct map *m = map_new(fd);
	struct err e = {0};
	struct item old = {.kind = ITEM_BLOCK,
			   .volume = &volume,
			   .job = &job,
			   .addr = 209,
			   .len = 1000,
			   .number = 3,
			   .first_index = 1,
			   .last_index = 9};
	struct packed_block now = {.addr = 0x123456789a, .end = 0x12345678ff, .len = 102, .number = 1};

	map_begin_volume(m, &volume);
	map_old_block(m, &old);
	map_new_block(m, &now);
	now.job = &job;
	now.first_index = 2;
	now.last_index = 3;
	map_new_block(m, &now);
	map_end_volume(m, 1209, 78187493631, 2, 3);
	volume.medium = &medium_tape;
	volume.has_label = false;
	map_begin_volume(m, &volume);
	old.addr = 1ull << 32 | 5;
	map_old_block(m, &old);
	ck_assert_int_eq(map_finish(m, &e), 0);
	map_free(m);
	char *text = checked();

	ck_assert_str_eq(text, "xflate-map\t1\nvolume\tFull-0001\tfile\nold\t209\t1208\t7\t1700000000\t3\t1\t9\n"
			       "new\t78187493530\t78187493631\t0\t0\t1\t0\t0\nnew\t78187493530\t78187493631\t7\t1700000000\t1\t2\t3\n"
			       "end\t1209\t78187493631\t2\t3\nvolume\tstdin\ttape\n"
			       "old\t4294967301\t4294967301\t7\t1700000000\t3\t1\t9\n");
	free(text);
}
END_TEST

START_TEST(test_names)
{
	struct map *m = map_new(fd);
	struct err e = {0};

	snprintf(volume.label.volume, sizeof volume.label.volume, "a\tb\nc\x01 d\xc3\xa4");
	map_begin_volume(m, &volume);
	ck_assert_int_eq(map_finish(m, &e), 0);
	map_free(m);
	char *text = checked();

	ck_assert_str_eq(text, "xflate-map\t1\nvolume\ta?b?c? d\xc3\xa4\tfile\n");
	free(text);
}
END_TEST

/* More than any buffer: no line is lost. */
START_TEST(test_many)
{
	struct map *m = map_new(fd);
	struct err e = {0};

	map_begin_volume(m, &volume);
	for (uint32_t i = 0; i < 20000; i++)
		map_new_block(m, &(struct packed_block){.job = &job, .addr = i, .end = i, .number = i});
	ck_assert_int_eq(map_finish(m, &e), 0);
	map_free(m);
	char *text = checked(), *line = strstr(text, "new\t");

	for (uint32_t i = 0; i < 20000; i++) {
		unsigned addr;

		ck_quick(line && sscanf(line, "new\t%u\t", &addr) == 1 && addr == i);
		line = strchr(line, '\n') + 1;
	}
	ck_assert_str_eq(line, "");
	free(text);
}
END_TEST

START_TEST(test_write_error)
{
	int full = open("/dev/full", O_WRONLY);
	struct map *m = map_new(full);
	struct err e = {0};

	for (uint32_t i = 0; i < 10000; i++)
		map_new_block(m, &(struct packed_block){.number = i});
	ck_assert_int_eq(map_finish(m, &e), XE_FAILED);
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
	tcase_add_test(t, test_write_error);
	suite_add_tcase(s, t);
	return check_run(s);
}
