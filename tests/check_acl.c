/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Access lists and extended attributes as they are stored, and what the kernel is given. */
#include "format/acl.h"
#include "format/xattr.h"

#include "tests/guarded.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static uint8_t packed[ACL_PACKED_BYTES];
static char why[ACL_WHY_BYTES];

static bool resolve(void *arg, bool group, const char *name, uint32_t *id)
{
	(void)arg;
	*id = group ? 60 : 1;
	return strcmp(name, group ? "games" : "daemon") == 0;
}

static size_t pack(const char *text, size_t n)
{
	struct guarded g = guarded_copy((const uint8_t *)text, n);
	size_t len = acl_pack((struct span){g.p, n}, resolve, NULL, packed, why);

	guarded_free(&g);
	return len;
}

/* As Linux has it of a file with this list (getfattr -e hex). */
START_TEST(known)
{
	static const char text[] = "user::rw-\nuser:daemon:rwx\t\t#effective:r--\ngroup::r--\ngroup:games:rw-\nmask::r--\nother::r--\n";
	static const uint8_t wanted[] = {2,  0, 0, 0, 1,   0,   6,   0,   255, 255, 255, 255, 2,   0,   7,   0,  1, 0,
					 0,  0, 4, 0, 4,   0,   255, 255, 255, 255, 8,   0,   6,   0,   60,  0,  0, 0,
					 16, 0, 4, 0, 255, 255, 255, 255, 32,  0,   4,   0,   255, 255, 255, 255};

	ck_assert_uint_eq(pack(text, sizeof text), sizeof wanted); /* with its NUL */
	ck_assert_int_eq(memcmp(packed, wanted, sizeof wanted), 0);
	ck_assert_uint_eq(pack(text, sizeof text - 2), sizeof wanted); /* without its last newline */
	ck_assert_int_eq(memcmp(packed, wanted, sizeof wanted), 0);
}
END_TEST

START_TEST(order_and_numbers)
{
	static const char text[] = "other::---\nuser:4294967294:r-x\nuser:7:--x\nmask::rwx\nuser::rwx\ngroup::r-x";

	ck_assert_uint_eq(pack(text, sizeof text - 1), 4 + 6 * 8);
	ck_assert_uint_eq(packed[4], 1);
	ck_assert_uint_eq(packed[12], 2);
	ck_assert_uint_eq(packed[16], 7);
	ck_assert_uint_eq(packed[20], 2);
	ck_assert_uint_eq(packed[24], 254);
}
END_TEST

START_TEST(hostile)
{
	static const char *const texts[] = {"",
					    "hello",
					    "user::rwz",
					    "user::rw",
					    "user",
					    "user:",
					    "user::",
					    "users::rwx",
					    "mask:daemon:rwx",
					    "user:nobody-x:r--",
					    "group:daemon:r--",
					    "user:4294967295:rwx",
					    "user:-1:rwx",
					    "user:18446744073709551617:rwx",
					    "#",
					    "\n\n",
					    "user::rwx:1",
					    "\xff\n"};
	char *many = malloc(20 * 9000 + 1);
	size_t n = 0;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		why[0] = '\0';
		ck_assert_msg(pack(texts[i], strlen(texts[i])) == 0, "%s", texts[i]);
		ck_assert(why[0]);
	}
	for (int i = 0; i < 8191; i++)
		n += (size_t)sprintf(many + n, "user:%d:r--\n", i);
	ck_assert_uint_eq(pack(many, n), 4 + 8191 * 8);
	n += (size_t)sprintf(many + n, "user:9000:r--\n");
	ck_assert_uint_eq(pack(many, n), 0);
	free(many);
}
END_TEST

static const uint8_t two[] = {0, 0x5c, 0x58, 0x84, 0, 0,    0,    6,    'u', 's', 'e', 'r', '.', 'x', 0, 0, 0,
			      3, 1,    0,    2,    0, 0x5c, 0x58, 0x84, 0,   0,   0,   1,   'y', 0,   0, 0, 0};

START_TEST(xattrs)
{
	struct rd r = rd_over(two, sizeof two);
	struct xattr x;

	ck_assert(xattr_next(&r, &x));
	ck_assert_str_eq(x.name, "user.x");
	ck_assert_uint_eq(x.value.len, 3);
	ck_assert_int_eq(memcmp(x.value.data, "\1\0\2", 3), 0);
	ck_assert(xattr_next(&r, &x));
	ck_assert_str_eq(x.name, "y");
	ck_assert_uint_eq(x.value.len, 0);
	ck_assert(!xattr_next(&r, &x) && !r.bad);
	/* Each beginning of it is whole, or known to be cut. */
	for (size_t n = 0; n < sizeof two; n++) {
		struct guarded g = guarded_copy(two, n);

		r = rd_over(g.p, n);
		while (xattr_next(&r, &x))
			;
		ck_assert(r.bad == (n != 0 && n != 21));
		guarded_free(&g);
	}
	/* No name, one with a NUL, another magic. */
	for (int i = 0; i < 3; i++) {
		uint8_t wrong[sizeof two];

		memcpy(wrong, two, sizeof two);
		wrong[i == 0 ? 7 : i == 1 ? 10 : 3] = 0;
		r = rd_over(wrong, sizeof wrong);
		ck_assert(!xattr_next(&r, &x) && r.bad);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("acl");
	TCase *t = tcase_create("acl");

	tcase_add_test(t, known);
	tcase_add_test(t, order_and_numbers);
	tcase_add_test(t, hostile);
	tcase_add_test(t, xattrs);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
