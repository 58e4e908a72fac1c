/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One file becomes like another. */
#include "base/attributes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "volume_maker.h"

static struct mk_dir dir;
static char a[128], b[128], lost[ATTRIBUTES_LOST_BYTES];
static int from, to;
static struct err e;

static void setup(void)
{
	mk_dir_new(&dir);
	mk_in_dir(&dir, "a", a);
	mk_in_dir(&dir, "b", b);
	mk_write(a, "old", 3);
	mk_write(b, "new", 3);
	from = open(a, O_RDONLY);
	to = open(b, O_RDONLY);
	e = (struct err){0};
}

static void teardown(void)
{
	close(from);
	close(to);
	mk_dir_remove(&dir);
}

START_TEST(test_mode_and_times)
{
	const struct timespec times[2] = {{1000, 1}, {2000, 2}};
	struct stat st;

	/* Nobody may write to it, and it gets its attributes all the same. */
	ck_assert_int_eq(fchmod(from, 04444), 0);
	ck_assert_int_eq(futimens(from, times), 0);
	ck_assert_int_eq(attributes_copy(from, to, lost, &e), 0);
	ck_assert_str_eq(lost, "");
	ck_assert_int_eq(fstat(to, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 04444);
	ck_assert_int_eq(st.st_mtim.tv_sec, 2000);
	ck_assert_int_eq(st.st_mtim.tv_nsec, 2);
	ck_assert_int_eq(st.st_size, 3);
}
END_TEST

START_TEST(test_owner)
{
	struct stat st;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(fchown(from, 4545, 4546), 0);
	ck_assert_int_eq(fchmod(from, 06755), 0);
	ck_assert_int_eq(attributes_copy(from, to, lost, &e), 0);
	ck_assert_int_eq(fstat(to, &st), 0);
	ck_assert_int_eq(st.st_uid, 4545);
	ck_assert_int_eq(st.st_gid, 4546);
	ck_assert_int_eq(st.st_mode & 07777, 06755);
}
END_TEST

START_TEST(test_extended)
{
	char value[8];

	if (fsetxattr(from, "user.one", "1", 1, 0) != 0 && errno == EOPNOTSUPP)
		return;
	ck_assert_int_eq(fsetxattr(from, "user.none", "", 0, 0), 0);
	ck_assert_int_eq(fchmod(from, 0400), 0);
	ck_assert_int_eq(attributes_copy(from, to, lost, &e), 0);
	ck_assert_str_eq(lost, "");
	ck_assert_int_eq(fgetxattr(to, "user.one", value, sizeof value), 1);
	ck_assert_int_eq(value[0], '1');
	ck_assert_int_eq(fgetxattr(to, "user.none", value, sizeof value), 0);
}
END_TEST

/* Version 2, entries of tag, rights and id, little endian: owner, user 4545, group, mask, others. */
static const char acl[] = "\2\0\0\0"
			  "\1\0\6\0\377\377\377\377"
			  "\2\0\4\0\301\21\0\0"
			  "\4\0\0\0\377\377\377\377"
			  "\20\0\4\0\377\377\377\377"
			  "\40\0\0\0\377\377\377\377";

START_TEST(test_acl)
{
	char value[64];
	const size_t bytes = sizeof acl - 1;

	if (fsetxattr(from, "system.posix_acl_access", acl, bytes, 0) != 0)
		return;
	ck_assert_int_eq(attributes_copy(from, to, lost, &e), 0);
	ck_assert_int_eq(fgetxattr(to, "system.posix_acl_access", value, sizeof value), (int)bytes);
	ck_assert_mem_eq(value, acl, bytes);
	/* And the other way round: one that the old file did not have is taken off. */
	ck_assert_int_eq(fremovexattr(from, "system.posix_acl_access"), 0);
	ck_assert_int_eq(attributes_copy(from, to, lost, &e), 0);
	ck_assert_int_eq(fgetxattr(to, "system.posix_acl_access", value, sizeof value), -1);
}
END_TEST

/* ---- of what is made of others ---- */

static mode_t mode_after(const char *const *of, size_t count, bool for_owner)
{
	struct stat st;
	e = (struct err){0};
	ck_assert_int_eq(fchmod(to, 0600), 0);
	ck_assert_int_eq(attributes_follow(of, count, to, for_owner, &e), 0);
	ck_assert_int_eq(fstat(to, &st), 0);
	return st.st_mode & 07777;
}

START_TEST(test_follow_one)
{
	static const mode_t modes[] = {0644, 0640, 0600, 0400, 0444, 0660, 0755, 06755, 01777, 0};
	const struct timespec times[2] = {{1000, 1}, {2000, 2}};
	const char *const of[] = {a};
	struct stat st;

	ck_assert(attributes_are_there(a));
	ck_assert(!attributes_are_there("-"));
	ck_assert(!attributes_are_there("/dev/null"));
	ck_assert(!attributes_are_there("/nowhere"));
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		ck_assert_int_eq(fchmod(from, modes[i]), 0);
		ck_assert_int_eq(futimens(from, times), 0);
		ck_assert_int_eq(mode_after(of, 1, false), modes[i] & 0777);
		ck_assert_int_eq(mode_after(of, 1, true), 0600);
		ck_assert_int_eq(fstat(to, &st), 0);
		ck_assert_int_eq(st.st_mtim.tv_sec, 2000);
		ck_assert_int_eq(st.st_mtim.tv_nsec, 2);
	}
}
END_TEST

/* Nobody may read the sum who could not read a part. */
START_TEST(test_follow_several)
{
	char c[128];
	const struct timespec early[2] = {{1000, 1}, {2000, 2}}, late[2] = {{1, 1}, {2000, 3}};
	const char *const of[] = {a, c};
	struct stat st;

	mk_in_dir(&dir, "c", c);
	mk_write(c, "too", 3);
	int other = open(c, O_RDONLY);
	ck_assert_int_eq(fchmod(from, 0646), 0);
	ck_assert_int_eq(fchmod(other, 0664), 0);
	ck_assert_int_eq(futimens(from, early), 0);
	ck_assert_int_eq(futimens(other, late), 0);
	ck_assert_int_eq(mode_after(of, 2, false), 0644);
	ck_assert_int_eq(fstat(to, &st), 0);
	ck_assert_int_eq(st.st_mtim.tv_nsec, 3);
	if (geteuid() == 0) {
		ck_assert_int_eq(fchown(other, 4545, 4546), 0);
		ck_assert_int_eq(fchmod(from, 0660), 0);
		ck_assert_int_eq(fchmod(other, 0660), 0);
		/* Which of the two groups? */
		ck_assert_int_eq(mode_after(of, 2, false), 0600);
		ck_assert_int_eq(fstat(to, &st), 0);
		ck_assert_int_eq(st.st_uid, 0);
		ck_assert_int_eq(st.st_gid, 0);
		ck_assert_int_eq(mode_after(of + 1, 1, false), 0660);
		ck_assert_int_eq(fstat(to, &st), 0);
		ck_assert_int_eq(st.st_uid, 4545);
		ck_assert_int_eq(st.st_gid, 4546);
	}
	close(other);
	unlink(c);
	ck_assert_int_eq(attributes_follow(of, 2, to, false, &e), XE_FAILED);
}
END_TEST

/* The mode of a file with an ACL is not what its group may do. */
START_TEST(test_follow_acl)
{
	char value[64];
	const char *const of[] = {a, a};
	const size_t bytes = sizeof acl - 1;

	if (fsetxattr(from, "system.posix_acl_access", acl, bytes, 0) != 0)
		return;
	ck_assert_int_eq(mode_after(of, 1, false), 0640);
	ck_assert_int_eq(fgetxattr(to, "system.posix_acl_access", value, sizeof value), (int)bytes);
	ck_assert_mem_eq(value, acl, bytes);
	ck_assert_int_eq(mode_after(of, 2, false), 0600);
	ck_assert_int_eq(fgetxattr(to, "system.posix_acl_access", value, sizeof value), -1);
	ck_assert_int_eq(fsetxattr(to, "system.posix_acl_access", acl, bytes, 0), 0);
	ck_assert_int_eq(fremovexattr(from, "system.posix_acl_access"), 0);
	ck_assert_int_eq(mode_after(of, 1, false), 0640);
	ck_assert_int_eq(fgetxattr(to, "system.posix_acl_access", value, sizeof value), -1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("attributes");
	TCase *t = tcase_create("attributes");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_mode_and_times);
	tcase_add_test(t, test_owner);
	tcase_add_test(t, test_extended);
	tcase_add_test(t, test_acl);
	tcase_add_test(t, test_follow_one);
	tcase_add_test(t, test_follow_several);
	tcase_add_test(t, test_follow_acl);
	suite_add_tcase(s, t);
	return check_run(s);
}
