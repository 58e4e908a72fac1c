/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which volumes are meant: operands, folders, lists; what is left out of a folder, what is there twice, what cannot be looked at. */
#include "cmd/volume/volumelist.h"

#include "base/msg.h"
#include "format/block.h"
#include "guarded.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char top[256];
static int back = -1;

/* zeros bytes, then a block of a volume, then zeros. */
static void put_volume(const char *path, size_t before, size_t after)
{
	uint8_t block[128] = {0};
	struct block_header h = {.version = 2, .len = 64, .session_id = 1, .session_time = 7};
	block_seal(block, &h, true);
	FILE *f = fopen(path, "wb");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fseek(f, (long)before, SEEK_SET), 0);
	ck_assert_uint_eq(fwrite(block, h.len, 1, f), 1);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(truncate(path, (off_t)(before + h.len + after)), 0);
}

static void put_text(const char *path, const char *text, size_t n)
{
	FILE *f = fopen(path, "wb");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
}

static void begin(void)
{
	const char *folder = getenv("TMPDIR");
	snprintf(top, sizeof top, "%s/volumelist-XXXXXX", folder ? folder : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(top));
	back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(chdir(top), 0);
}

static void end(void)
{
	char command[sizeof top + 16];
	ck_assert_int_eq(fchdir(back), 0);
	close(back);
	snprintf(command, sizeof command, "rm -rf %s", top);
	ck_assert_int_eq(system(command), 0);
}

/* The paths, a newline behind each; or the error's code. */
static const char *listed(const struct volumelist_options *o, const char *const *names, size_t count)
{
	static char text[4096];
	struct volumelist l = VOLUMELIST_NONE;
	struct err e = {0};
	int rc = volumelist_read(&l, o, &(struct operands){names, count}, &e);
	text[0] = '\0';
	if (rc != 0)
		snprintf(text, sizeof text, "%d %s", rc, e.text);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		strcat(text, l.paths[i]);
		strcat(text, "\n");
	}
	volumelist_free(&l);
	ck_assert_ptr_null(l.paths);
	volumelist_free(&l);
	return text;
}

#define LISTED(o, ...) listed(o, (const char *const[]){__VA_ARGS__}, sizeof(const char *const[]){__VA_ARGS__} / sizeof(const char *))
static const struct volumelist_options plain = {.files_from = NULL}, recursive = {.recursive = true};

START_TEST(what_is_named_is_taken)
{
	put_text("text", "no volume", 9);
	put_volume("v", 0, 0);
	ck_assert_str_eq(LISTED(&plain, "v", "text", "missing", "-", ""), "v\ntext\nmissing\n-\n\n");
	ck_assert_str_eq(LISTED(&plain, "v", "./v", "-"), "v\n-\n");
	ck_assert_int_eq(mkdir("folder", 0700), 0);
	ck_assert(strstr(LISTED(&plain, "v", "folder"), "-2 is a folder, and no volume; --recursive"));
}
END_TEST

START_TEST(folders_are_read_in_order)
{
	ck_assert_int_eq(mkdir("f", 0700), 0);
	ck_assert_int_eq(mkdir("f/sub", 0700), 0);
	ck_assert_int_eq(mkdir("f/empty", 0700), 0);
	put_volume("f/z", 0, 0);
	put_volume("f/a", 0, 0);
	put_volume("f/B", 0, 0);
	put_volume("f/sub/x", 0, 0);
	put_volume("other", 0, 0);
	ck_assert_str_eq(LISTED(&recursive, "f//"), "f/B\nf/a\nf/sub/x\nf/z\n");
	ck_assert_str_eq(LISTED(&recursive, "f/z", "f", "other"), "f/z\nf/B\nf/a\nf/sub/x\nother\n");
	ck_assert_str_eq(LISTED(&recursive, "."), "./f/B\n./f/a\n./f/sub/x\n./f/z\n./other\n");
	ck_assert(strstr(LISTED(&recursive, "f/empty"), "-1 there is no volume"));
}
END_TEST

/* A volume's beginning may be damaged, or its only block lie at its end. */
START_TEST(what_is_no_volume_is_left_out)
{
	ck_assert_int_eq(mkdir("f", 0700), 0);
	put_volume("f/good", 0, 10);
	put_volume("f/wounded", 99999, 3 << 20);
	put_volume("f/tail", 3 << 20, 0);
	put_volume("f/far", 2 << 20, 3 << 20);
	put_volume("f/.hidden", 0, 0);
	put_volume("f/v.orig", 0, 0);
	put_volume("f/v.partial", 0, 0);
	put_volume("f/v.xflate-new", 0, 0);
	put_volume("f/original", 0, 0);
	put_text("f/v.map", "xflate-map 3\n", 13);
	put_text("f/v.sql", "BB02 BB02 BB02 BB02 BB02 BB02 BB02 BB02 BB02", 44);
	put_text("f/empty", "", 0);
	put_text("f/ansi", "VOL1", 4);
	put_text("f/tape", "VOL1ABC                                                                         more of it", 90);
	ck_assert_int_eq(mkfifo("f/pipe", 0600), 0);
	ck_assert_str_eq(LISTED(&recursive, "f"), "f/good\nf/original\nf/tail\nf/tape\nf/wounded\n");
	ck_assert_str_eq(LISTED(&recursive, "f/v.orig", "f/pipe"), "f/v.orig\nf/pipe\n");
}
END_TEST

START_TEST(each_is_there_once)
{
	ck_assert_int_eq(mkdir("f", 0700), 0);
	ck_assert_int_eq(mkdir("f/sub", 0700), 0);
	ck_assert_int_eq(mkdir("g", 0700), 0);
	put_volume("f/v", 0, 0);
	put_volume("g/w", 0, 0);
	ck_assert_int_eq(link("f/v", "f/sub/hard"), 0);
	ck_assert_int_eq(symlink("../../g/w", "f/sub/to-file"), 0);
	ck_assert_int_eq(symlink("../../f", "f/sub/round"), 0);
	ck_assert_int_eq(symlink("nowhere", "f/gone"), 0);
	ck_assert_str_eq(LISTED(&recursive, "f"), "f/gone\nf/sub/hard\nf/sub/to-file\n");
	ck_assert_str_eq(LISTED(&recursive, "f", "f/sub", "g", "f/sub/round"), "f/gone\nf/sub/hard\nf/sub/to-file\n");
}
END_TEST

START_TEST(a_folder_may_be_a_volume)
{
	ck_assert_int_eq(mkdir("f", 0700), 0);
	ck_assert_int_eq(mkdir("f/chunks", 0700), 0);
	ck_assert_int_eq(mkdir("f/chunks.partial", 0700), 0);
	ck_assert_int_eq(mkdir("f/parts", 0700), 0);
	put_volume("f/chunks/0000", 0, 0);
	put_volume("f/chunks.partial/0000", 0, 0);
	put_volume("f/parts/part.1", 0, 0);
	ck_assert_str_eq(LISTED(&recursive, "f"), "f/chunks\nf/parts\n");
	ck_assert_str_eq(LISTED(&plain, "f/chunks/", "f/parts"), "f/chunks/\nf/parts\n");
	/* Volumes that are called like chunks, and a volume whose first chunk is gone. */
	ck_assert_int_eq(mkdir("g", 0700), 0);
	ck_assert_int_eq(mkdir("g/gone", 0700), 0);
	put_volume("g/0001", 0, 0);
	put_volume("g/0002", 0, 0);
	put_volume("g/gone/0001", 5, 0);
	ck_assert_str_eq(LISTED(&recursive, "g"), "g/0001\ng/0002\ng/gone\n");
	ck_assert_str_eq(LISTED(&plain, "g"), "g\n");
}
END_TEST

START_TEST(names_come_from_lists)
{
	struct volumelist_options lines = {.files_from = "list"}, nul = {.files_from = "nul", .null = true, .recursive = true};
	put_volume("v", 0, 0);
	put_volume("two\nlines", 0, 0);
	ck_assert_int_eq(mkdir("f", 0700), 0);
	put_volume("f/w", 0, 0);
	put_text("list", "v\n\n missing \nv", 14);
	put_text("nul", "two\nlines\0f\0\0v", 14);
	ck_assert_str_eq(LISTED(&lines, "-"), "-\nv\n missing \n");
	ck_assert_str_eq(listed(&nul, NULL, 0), "two\nlines\nf/w\nv\n");
	lines.files_from = "nul";
	ck_assert(strstr(listed(&lines, NULL, 0), "-2 there is a NUL"));
	lines.files_from = "nowhere";
	ck_assert(strstr(listed(&lines, NULL, 0), "-1 cannot open the list"));
	lines.files_from = "f";
	ck_assert(strstr(listed(&lines, NULL, 0), "-1 cannot read the list"));
	put_text("list", "\n\n", 2);
	lines.files_from = "list";
	ck_assert(strstr(listed(&lines, NULL, 0), "-1 there is no volume"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("volumelist");
	TCase *tests = tcase_create("all");
	msg_set_verbosity(-2);
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, what_is_named_is_taken);
	tcase_add_test(tests, folders_are_read_in_order);
	tcase_add_test(tests, what_is_no_volume_is_left_out);
	tcase_add_test(tests, each_is_there_once);
	tcase_add_test(tests, a_folder_may_be_a_volume);
	tcase_add_test(tests, names_come_from_lists);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
