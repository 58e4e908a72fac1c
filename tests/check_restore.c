/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The room restore: paths, choices, links, what was seen, and a folder that nothing leads out of, whatever happens between two calls. */
#include "restore/choice.h"
#include "restore/links.h"
#include "restore/path.h"
#include "restore/seen.h"
#include "restore/tree.h"

#include "tests/volume_maker.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct err e;

static void setup(void)
{
	e = (struct err){0};
}

/* ---- paths ---- */

static const char *below(const char *name, unsigned strip, int verdict)
{
	static char *path;
	static size_t cap;

	ck_assert_int_eq(path_below(name, strip, &path, &cap, &e), verdict);
	return path;
}

START_TEST(paths)
{
	ck_assert_str_eq(below("/etc/fstab", 0, PATH_RIGHT), "etc/fstab");
	ck_assert_str_eq(below("etc/fstab", 0, PATH_RIGHT), "etc/fstab");
	ck_assert_str_eq(below("//a///b/./c/", 0, PATH_RIGHT), "a/b/c");
	ck_assert_str_eq(below("/a/b/c", 2, PATH_RIGHT), "c");
	ck_assert_str_eq(below("C:/Users/x", 0, PATH_RIGHT), "C/Users/x");
	ck_assert_str_eq(below("/C:/x", 0, PATH_RIGHT), "C:/x");
	ck_assert_str_eq(below("CC:/x", 0, PATH_RIGHT), "CC:/x");
	ck_assert_str_eq(below("...", 0, PATH_RIGHT), "...");
	ck_assert_str_eq(below("..a/b..", 0, PATH_RIGHT), "..a/b..");
	below("/", 0, PATH_NOTHING);
	below("", 0, PATH_NOTHING);
	below("/./.", 0, PATH_NOTHING);
	below("/a/b", 2, PATH_NOTHING);
	below("..", 0, PATH_CLIMBS);
	below("/a/../b", 0, PATH_CLIMBS);
	below("/a/../b", 2, PATH_CLIMBS); /* stripped or not */
	below("C:/..", 0, PATH_CLIMBS);
	static char deep[2 * PATH_LEVELS_MAX + 3];
	for (size_t i = 0; i <= 2 * PATH_LEVELS_MAX; i++)
		deep[i] = i % 2 ? '/' : 'd';
	below(deep, 0, PATH_DEEP);
	below(deep, 1, PATH_RIGHT);
	deep[2 * PATH_LEVELS_MAX] = '\0';
	below(deep, 0, PATH_RIGHT);
	ck_assert_str_eq(path_last("a/b/c"), "c");
	ck_assert_str_eq(path_last("c"), "c");
}
END_TEST

/* ---- choices ---- */

static bool takes(struct choice *c, const char *name)
{
	return choice_takes_file(c, name, 1);
}

START_TEST(choices)
{
	struct choice *c = choice_new();

	ck_assert(takes(c, "/anything") && !choice_is_part(c));
	ck_assert_int_eq(choice_glob(c, "/etc/ssh/", &e), 0);
	ck_assert_int_eq(choice_glob(c, "*.conf", &e), 0);
	ck_assert_int_eq(choice_glob(c, "home/[ab]", &e), 0);
	choice_ready(c);
	ck_assert(choice_is_part(c));
	ck_assert(takes(c, "/etc/ssh") && takes(c, "/etc/ssh/") && takes(c, "/etc/ssh/key") && takes(c, "etc/ssh/a/b"));
	ck_assert(!takes(c, "/etc/ssh2") && !takes(c, "/etc") && !takes(c, "/x/etc/ssh"));
	ck_assert(takes(c, "/a/b.conf") && takes(c, "/a.conf/below") && !takes(c, "/a.config"));
	ck_assert(takes(c, "/home/a") && takes(c, "/home/b/file") && !takes(c, "/home/c"));
	ck_assert_ptr_null(choice_unmet(c, 0));
	choice_free(c);
}
END_TEST

START_TEST(one_name)
{
	static const struct {
		const char *pattern, *name;
		bool fits;
	} names[] = {
		{"/etc", "/etc", true},          {"/etc", "/etc/", true},     {"/etc/", "/etc/", true},
		{"/etc", "/etc/a/b", true},      {"etc", "/etc/a", true},     {"/etc", "/etcetera", false},
		{"/etc/a", "/etc/", false},      {"*.txt", "/x/y.txt", true}, {"/x/*", "/x/y/z", true},
		{"x/*.txt", "/x/y/z.txt", true}, {"/x/?", "/x/y/z", true},    {"/x/?", "/x/yy", false},
		{"[ab]", "/a/c", true},          {"y", "/x/y", false},        {"C:/x", "C:/x/y", true},
		{"a\\*", "/a\\b", true},         {"a\\*", "/a*", false},      {"/", "/etc", true},
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct choice *c = choice_new();

		ck_assert_int_eq(choice_glob(c, names[i].pattern, &e), 0);
		choice_ready(c);
		ck_assert_msg(takes(c, names[i].name) == names[i].fits, "%s %s", names[i].pattern, names[i].name);
		ck_assert_int_eq(choice_unmet(c, 0) == NULL, names[i].fits);
		choice_free(c);
	}
}
END_TEST

START_TEST(names_in_a_file)
{
	static const char lines[] = "/a\n\nb/\nstar*\nb\n/never";
	static const char nuls[] = "a\nb\0c";
	struct choice *c = choice_new();

	ck_assert_int_eq(choice_names(c, (struct span){(const uint8_t *)lines, sizeof lines - 1}, &e), 0);
	choice_ready(c);
	ck_assert(takes(c, "/a") && takes(c, "/b/x") && takes(c, "/star*") && !takes(c, "/stars"));
	ck_assert_str_eq(choice_unmet(c, 0), "never");
	ck_assert_ptr_null(choice_unmet(c, 1));
	choice_free(c);
	c = choice_new();
	ck_assert_int_eq(choice_names(c, (struct span){(const uint8_t *)nuls, sizeof nuls - 1}, &e), 0);
	choice_ready(c);
	ck_assert(takes(c, "/a\nb") && takes(c, "/c") && !takes(c, "/a"));
	choice_free(c);
	c = choice_new();
	ck_assert_int_eq(choice_names(c, (struct span){(const uint8_t *)"", 0}, &e), 0);
	ck_assert(!choice_is_part(c));
	ck_assert_int_eq(choice_glob(c, "/", &e), 0);
	choice_ready(c);
	ck_assert(takes(c, "/x") && takes(c, "C:/x"));
	choice_free(c);
}
END_TEST

START_TEST(numbers)
{
	static const char *const wrong[] = {"0", "-1", "x", "5-", "5-4", "1,,2", "1 ", "99999999999", ",1", "1,", "3,"};
	struct choice *c = choice_new();

	ck_assert_int_eq(choice_indexes(c, "3,7-9", &e), 0);
	choice_ready(c);
	ck_assert(choice_takes_file(c, "x", 3) && choice_takes_file(c, "x", 8) && !choice_takes_file(c, "x", 4));
	choice_free(c);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		c = choice_new();
		e = (struct err){0};
		ck_assert_msg(choice_indexes(c, wrong[i], &e) == XE_USAGE, "%s", wrong[i]);
		choice_free(c);
	}
}
END_TEST

START_TEST(jobs)
{
	struct job job = {.session_id = 7,
			  .session_time = 1700000000,
			  .has_label = true,
			  .label = {.job_id = 12, .job = "J.2026_01", .job_name = "J"}};
	static const char *const right[] = {"7/1700000000", "12", "J.2026_01", "J"}, *const wrong[] = {"7", "1", "J.2026", "7/170000000",
												       ""};
	struct choice *c = choice_new();

	ck_assert(choice_takes_job(c, &job));
	for (size_t i = 0; i < 4; i++) {
		choice_job(c, right[i]);
		ck_assert(choice_takes_job(c, &job));
	}
	for (size_t i = 0; i < 5; i++) {
		choice_job(c, wrong[i]);
		ck_assert(!choice_takes_job(c, &job));
	}
	job.has_label = false;
	choice_job(c, "12");
	ck_assert(!choice_takes_job(c, &job));
	choice_free(c);
}
END_TEST

/* ---- what was made ---- */

START_TEST(links)
{
	struct links *l = links_new();

	ck_assert_ptr_null(links_find(l, "/a"));
	for (int i = 0; i < 1000; i++) {
		char name[16];
		snprintf(name, sizeof name, "/%d", i);
		ck_assert_int_eq(links_add(l, name, name + 1, LINKS_MADE, &e), 0);
	}
	ck_assert_int_eq(links_add(l, "/7", "seven", LINKS_DAMAGED, &e), 0);
	ck_assert_str_eq(links_find(l, "/7")->path, "seven");
	ck_assert_int_eq(links_find(l, "/7")->state, LINKS_DAMAGED);
	ck_assert_str_eq(links_find(l, "/999")->path, "999");
	ck_assert_ptr_null(links_find(l, "/1000"));
	links_free(l);
}
END_TEST

START_TEST(seen)
{
	struct seen s = SEEN_NONE;
	char path[16];

	ck_assert(!seen_has(&s, "a"));
	for (int i = 0; i < 5000; i++) {
		snprintf(path, sizeof path, "%d", i);
		ck_assert_int_eq(seen_add(&s, path, &e), 0);
		ck_assert_int_eq(seen_add(&s, path, &e), 0);
	}
	ck_assert_uint_eq(s.used, 5000);
	for (int i = 0; i < 10000; i++) {
		snprintf(path, sizeof path, "%d", i);
		ck_assert(seen_has(&s, path) == (i < 5000));
	}
	seen_free(&s);
	seen_free(&s);
}
END_TEST

/* ---- a folder ---- */

static struct mk_dir dir;
static char root[128];
static struct tree *tree;
static const struct target *target;
static struct filestat stat_of;
static struct made made;

static void open_tree(enum existing existing)
{
	tree_free(tree);
	tree = tree_new(&(struct tree_options){.folder = root, .existing = existing}, &e);
	ck_assert_ptr_nonnull(tree);
	target = tree_target(tree);
}

static void tree_setup(void)
{
	setup();
	mk_dir_new(&dir);
	mk_in_dir(&dir, "in", root);
	stat_of = (struct filestat){.name = "", .link = "", .extended = "", .mtime = 1000};
	open_tree(EXISTING_SKIP);
}

static void tree_teardown(void)
{
	tree_free(tree);
	tree = NULL;
	mk_dir_remove(&dir);
}

static struct object object(enum object_kind kind, const char *path, const char *link)
{
	/* Who is not root gets to what is in a folder only if he may enter it. */
	uint32_t mode = kind == OBJECT_FOLDER ? 0750 : 0640;
	return (struct object){.kind = kind, .path = path, .stat = &stat_of, .mode = mode, .link = link};
}

static const char *at(const char *path)
{
	static char whole[2][256]; /* for calls with two */
	static unsigned turn;
	char *here = whole[turn++ % 2];

	snprintf(here, sizeof whole[0], "%s/%s", dir.path, path);
	return here;
}

/* Returns how it was made. */
static enum made_how put_file(const char *path, const char *content, enum ending how)
{
	const struct object o = object(OBJECT_FILE, path, NULL);

	ck_assert_int_eq(target->begin(target->arg, &o, &made, &e), 0);
	if (made.how != MADE)
		return made.how;
	ck_assert_int_eq(target->write(target->arg, 0, (struct span){(const uint8_t *)content, strlen(content)}, &made, &e), 0);
	ck_assert_int_eq(target->end(target->arg, &o, how, strlen(content), &made, &e), 0);
	return made.how;
}

static enum made_how put(enum object_kind kind, const char *path, const char *link)
{
	const struct object o = object(kind, path, link);

	ck_assert_int_eq(target->make(target->arg, &o, &made, &e), 0);
	return made.how;
}

static void finish(void)
{
	struct finished f;

	ck_assert_int_eq(target->finish(target->arg, true, &f, &e), 0);
	ck_assert_uint_eq(f.bare_folders, 0);
}

static void content_is(const char *path, const char *content)
{
	struct mk m = mk_read(at(path));

	ck_assert_uint_eq(m.len, strlen(content));
	ck_assert_int_eq(memcmp(m.p, content, m.len), 0);
	mk_free(&m);
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(at(path), &st) == 0;
}

START_TEST(makes)
{
	struct stat st;

	ck_assert_int_eq(put_file("a/b/file", "content", ENDING_WHOLE), MADE);
	ck_assert_str_eq(made.path, "a/b/file");
	ck_assert_int_eq(put(OBJECT_SYMLINK, "a/link", "nowhere"), MADE);
	ck_assert_int_eq(put(OBJECT_LINK, "c/other", "a/b/file"), MADE);
	stat_of.mtime = 5000;
	ck_assert_int_eq(put(OBJECT_FOLDER, "a/b", NULL), MADE);
	ck_assert_int_eq(stat(at("in/a/b"), &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0700);
	finish();
	content_is("in/c/other", "content");
	ck_assert_int_eq(stat(at("in/a/b/file"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0640);
	ck_assert_int_eq(st.st_mtime, 1000);
	ck_assert_int_eq(st.st_nlink, 2);
	ck_assert_int_eq(stat(at("in/a/b"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0750);
	ck_assert_int_eq(st.st_mtime, 5000);
	ck_assert_int_eq(stat(at("in/c"), &st), 0);
	ck_assert_int_eq(st.st_mode & 0777 & ~0755, 0);
}
END_TEST

/* Until its end there is no file of that name. */
START_TEST(appears_whole)
{
	const struct object o = object(OBJECT_FILE, "file", NULL);

	ck_assert_int_eq(target->begin(target->arg, &o, &made, &e), 0);
	ck_assert_int_eq(target->write(target->arg, 0, (struct span){(const uint8_t *)"half", 4}, &made, &e), 0);
	ck_assert(!exists("in/file"));
	ck_assert_int_eq(target->end(target->arg, &o, ENDING_NONE, 4, &made, &e), 0);
	ck_assert(!exists("in/file"));
	ck_assert_int_eq(put_file("file", "bad", ENDING_DAMAGED), MADE);
	ck_assert_str_eq(made.path, "file.damaged");
	ck_assert(!exists("in/file"));
	content_is("in/file.damaged", "bad");
	ck_assert_int_eq(put_file("file", "bad2", ENDING_DAMAGED), MADE);
	content_is("in/file.damaged.2", "bad2");
	/* One that is left open goes with the tree. */
	ck_assert_int_eq(target->begin(target->arg, &o, &made, &e), 0);
	tree_free(tree);
	tree = NULL;
	char command[256];
	snprintf(command, sizeof command, "test -z \"$(find %s -name '.xflate-*')\"", dir.path);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(holes)
{
	const struct object o = object(OBJECT_FILE, "holes", NULL);
	struct stat st;

	ck_assert_int_eq(target->begin(target->arg, &o, &made, &e), 0);
	ck_assert_int_eq(target->write(target->arg, 10 << 20, (struct span){(const uint8_t *)"x", 1}, &made, &e), 0);
	ck_assert_int_eq(target->end(target->arg, &o, ENDING_WHOLE, 20 << 20, &made, &e), 0);
	ck_assert_int_eq(stat(at("in/holes"), &st), 0);
	ck_assert_int_eq(st.st_size, 20 << 20);
	ck_assert_int_lt(st.st_blocks, 1024);
	/* Too far: this file alone. */
	const struct object far = object(OBJECT_FILE, "far", NULL);
	ck_assert_int_eq(target->begin(target->arg, &far, &made, &e), 0);
	ck_assert_int_eq(target->write(target->arg, UINT64_MAX - 1, (struct span){(const uint8_t *)"xyz", 3}, &made, &e), 0);
	ck_assert_int_eq(made.how, MADE_NOT);
	ck_assert_int_eq(put_file("next", "fine", ENDING_WHOLE), MADE);
}
END_TEST

/* What somebody, or an earlier record, puts into the way between two calls. */
START_TEST(links_in_the_way)
{
	const struct object o = object(OBJECT_FILE, "way/file", NULL);

	ck_assert_int_eq(mkdir(at("out"), 0755), 0);
	mk_write(at("out/victim"), "victim", 6);
	ck_assert_int_eq(put_file("first", "1", ENDING_WHOLE), MADE);
	ck_assert_int_eq(symlink("../out", at("in/way")), 0);
	ck_assert_int_eq(put_file("way/victim", "bad", ENDING_WHOLE), MADE_NOT);
	ck_assert_ptr_nonnull(strstr(made.why, "symbolic link"));
	ck_assert_int_eq(put(OBJECT_FOLDER, "way", NULL), MADE_NOT);
	ck_assert_int_eq(put(OBJECT_FOLDER, "way/deep/er", NULL), MADE_NOT);
	ck_assert_int_eq(put(OBJECT_SYMLINK, "way/link", "x"), MADE_NOT);
	ck_assert_int_eq(put(OBJECT_LINK, "way/hard", "first"), MADE_NOT);
	ck_assert_int_eq(put(OBJECT_LINK, "hard", "way/victim"), MADE_NOT);
	ck_assert_int_eq(unlink(at("in/way")), 0);
	/* A folder that becomes a link while a file in it is written: the file stays in the folder. */
	ck_assert_int_eq(target->begin(target->arg, &o, &made, &e), 0);
	ck_assert_int_eq(made.how, MADE);
	ck_assert_int_eq(rename(at("in/way"), at("in/moved")), 0);
	ck_assert_int_eq(symlink("../out", at("in/way")), 0);
	ck_assert_int_eq(target->write(target->arg, 0, (struct span){(const uint8_t *)"x", 1}, &made, &e), 0);
	ck_assert_int_eq(target->end(target->arg, &o, ENDING_WHOLE, 1, &made, &e), 0);
	content_is("in/moved/file", "x");
	ck_assert(!exists("out/file"));
	/* Nor does what a folder gets in the end go through one. */
	ck_assert_int_eq(put(OBJECT_FOLDER, "late", NULL), MADE);
	ck_assert_int_eq(rmdir(at("in/late")), 0);
	ck_assert_int_eq(symlink("../out", at("in/late")), 0);
	struct finished f;
	struct stat st;
	ck_assert_int_eq(target->finish(target->arg, true, &f, &e), 0);
	ck_assert_uint_ge(f.bare_folders, 1);
	ck_assert_int_eq(stat(at("out"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0755);
	content_is("out/victim", "victim");
}
END_TEST

/* Of the year 2242: where time_t has 32 bits that is said, and the file has no other time. */
START_TEST(time_beyond_32_bits)
{
	struct stat st;
	bool fits = sizeof st.st_mtime == 8;

	stat_of.mtime = 1LL << 33;
	ck_assert_int_eq(put_file("file", "x", ENDING_WHOLE), fits ? MADE : MADE_BARE);
	ck_assert(fits || strstr(made.why, "its time cannot be set") != NULL);
	ck_assert_int_eq(stat(at("in/file"), &st), 0);
	ck_assert(fits ? (int64_t)st.st_mtime == stat_of.mtime : st.st_mtime > 1000000000);
}
END_TEST

START_TEST(what_is_there)
{
	struct stat st;

	ck_assert_int_eq(mkdir(at("in/folder"), 0755), 0);
	mk_write(at("in/file"), "mine", 4);
	ck_assert_int_eq(put_file("file", "theirs", ENDING_WHOLE), MADE_THERE);
	ck_assert(!made.like);
	open_tree(EXISTING_NEWER);
	ck_assert_int_eq(put_file("file", "theirs", ENDING_WHOLE), MADE_THERE);
	stat_of.mtime = INT32_MAX;
	ck_assert_int_eq(put_file("file", "theirs", ENDING_WHOLE), MADE);
	content_is("in/file", "theirs");
	open_tree(EXISTING_SKIP);
	stat_of.size = 6;
	ck_assert_int_eq(put_file("file", "theirs", ENDING_WHOLE), MADE_THERE);
	ck_assert(made.like);
	open_tree(EXISTING_KEEP_BOTH);
	ck_assert_int_eq(put_file("file", "second", ENDING_WHOLE), MADE);
	ck_assert_str_eq(made.path, "file.2");
	ck_assert_int_eq(put(OBJECT_SYMLINK, "file", "third"), MADE);
	ck_assert_str_eq(made.path, "file.3");
	open_tree(EXISTING_REPLACE);
	ck_assert_int_eq(put_file("folder", "a file", ENDING_WHOLE), MADE_NOT);
	ck_assert_int_eq(put(OBJECT_FOLDER, "file", NULL), MADE_NOT);
	ck_assert_int_eq(put(OBJECT_SYMLINK, "file", "x"), MADE);
	ck_assert_int_eq(lstat(at("in/file"), &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(put_file("file", "again", ENDING_WHOLE), MADE);
	ck_assert(made.again);
	ck_assert_int_eq(put(OBJECT_LINK, "hard", "file"), MADE);
	ck_assert_int_eq(put(OBJECT_LINK, "hard", "file"), MADE_THERE);
	/* Of the same run the last counts, and nobody else's goes. */
	open_tree(EXISTING_SKIP);
	ck_assert_int_eq(put_file("file", "other", ENDING_WHOLE), MADE_THERE);
	ck_assert_int_eq(put_file("twice", "one", ENDING_WHOLE), MADE);
	ck_assert_int_eq(put_file("twice", "two", ENDING_WHOLE), MADE);
	content_is("in/twice", "two");
	ck_assert_int_eq(put_file("file", "x", ENDING_DAMAGED), MADE_THERE);
}
END_TEST

START_TEST(deep_and_long)
{
	char deep[6000], name[300];
	size_t n = 0;

	for (int i = 0; i < 400; i++)
		n += (size_t)snprintf(deep + n, sizeof deep - n, "d%d/", i % 10);
	snprintf(deep + n, sizeof deep - n, "file");
	ck_assert_int_eq(put_file(deep, "deep", ENDING_WHOLE), MADE);
	ck_assert_int_eq(put_file(deep, "deep", ENDING_WHOLE), MADE);
	ck_assert_int_eq(put_file("shallow", "x", ENDING_WHOLE), MADE);
	memset(name, 'a', 256);
	name[256] = '\0';
	ck_assert_int_eq(put_file(name, "x", ENDING_WHOLE), MADE_NOT);
	strcat(name, "/below");
	ck_assert_int_eq(put_file(name, "x", ENDING_WHOLE), MADE_NOT);
	name[255] = '\0';
	ck_assert_int_eq(put_file(name, "x", ENDING_WHOLE), MADE);
	ck_assert_int_eq(put_file(name, "x", ENDING_DAMAGED), MADE);
	ck_assert_uint_eq(strlen(made.path), 255);
	finish();
}
END_TEST

static unsigned mode_in(const char *path)
{
	struct stat st;

	ck_assert_int_eq(stat(at(path), &st), 0);
	return st.st_mode & 07777;
}

/* Whatever the kernel gives a file at its birth: it has its own mode in the end, the second of a folder, too. */
START_TEST(born)
{
	static const mode_t masks[] = {0, 022, 027, 077};
	char path[64];

	for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
		mode_t before = umask(masks[i]);
		for (int n = 0; n < 3; n++) {
			snprintf(path, sizeof path, "in/%zu/%d", i, n);
			ck_assert_int_eq(put_file(path + 3, "x", ENDING_WHOLE), MADE);
			ck_assert_uint_eq(mode_in(path), 0640);
		}
		umask(before);
	}
	/* Between two folders of different kinds. */
	ck_assert_int_eq(mkdir(at("in/group"), 0700), 0);
	ck_assert_int_eq(chmod(at("in/group"), 02777), 0);
	for (int n = 0; n < 4; n++) {
		snprintf(path, sizeof path, "in/%s/b%d", n % 2 ? "group" : "0", n);
		ck_assert_int_eq(put_file(path + 3, "x", ENDING_WHOLE), MADE);
		ck_assert_uint_eq(mode_in(path), 0640);
	}
}
END_TEST

/* What somebody puts into a folder of ours stays, though nobody looked. */
START_TEST(meanwhile)
{
	ck_assert_int_eq(put_file("new/first", "first", ENDING_WHOLE), MADE);
	mk_write(at("in/new/second"), "theirs", 6);
	ck_assert_int_eq(put_file("new/second", "second", ENDING_WHOLE), MADE_THERE);
	content_is("in/new/second", "theirs");
	ck_assert_int_eq(put_file("new/first", "again", ENDING_WHOLE), MADE);
	ck_assert(made.again);
	content_is("in/new/first", "again");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("restore");
	TCase *t = tcase_create("names"), *f = tcase_create("folder");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, paths);
	tcase_add_test(t, choices);
	tcase_add_test(t, one_name);
	tcase_add_test(t, names_in_a_file);
	tcase_add_test(t, numbers);
	tcase_add_test(t, jobs);
	tcase_add_test(t, links);
	tcase_add_test(t, seen);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(f, tree_setup, tree_teardown);
	tcase_set_timeout(f, 60);
	tcase_add_test(f, makes);
	tcase_add_test(f, appears_whole);
	tcase_add_test(f, holes);
	tcase_add_test(f, links_in_the_way);
	tcase_add_test(f, time_beyond_32_bits);
	tcase_add_test(f, what_is_there);
	tcase_add_test(f, deep_and_long);
	tcase_add_test(f, born);
	tcase_add_test(f, meanwhile);
	suite_add_tcase(s, f);
	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
