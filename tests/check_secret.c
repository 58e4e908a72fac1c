/* SPDX-License-Identifier: GPL-3.0-or-later */
/* base/secret.c: pages of their own, wiped, bounded, never in an error. */
#include "base/secret.h"

#include "guarded.h"

#include <stdio.h>
#include <unistd.h>

static int pipe_with(const void *data, size_t len)
{
	int fd[2];
	ck_assert_int_eq(pipe(fd), 0);
	ck_assert_int_eq(write(fd[1], data, len), (ssize_t)len);
	close(fd[1]);
	return fd[0];
}

START_TEST(test_read)
{
	struct secret s = SECRET_NONE;
	struct err e = {0};
	int fd = pipe_with("hidden \r\n\n", 10);
	ck_assert_int_eq(secret_read(&s, fd, 10, "F", &e), 0);
	ck_assert_uint_eq(s.len, 10);
	secret_trim(&s);
	ck_assert_uint_eq(s.len, 6);
	ck_assert_mem_eq(s.data, "hidden\0", 7);
	secret_free(&s);
	ck_assert_ptr_null(s.data);
	secret_free(&s);
	close(fd);
}
END_TEST

START_TEST(test_limits)
{
	struct secret s = SECRET_NONE;
	struct err e = {0};
	int fd = pipe_with("hidden", 6);
	ck_assert_int_eq(secret_read(&s, fd, 5, "F", &e), XE_KEY);
	ck_assert_ptr_nonnull(strstr(e.text, "5 bytes"));
	ck_assert_ptr_null(strstr(e.text, "hid"));
	ck_assert_ptr_null(s.data);
	close(fd);

	e = (struct err){0};
	fd = pipe_with("", 0);
	ck_assert_int_eq(secret_read(&s, fd, 5, "F", &e), XE_KEY);
	ck_assert_ptr_nonnull(strstr(e.text, "empty"));
	close(fd);

	e = (struct err){0};
	ck_assert_int_eq(secret_read(&s, 999, 5, "F", &e), XE_FAILED);
}
END_TEST

START_TEST(test_equal_and_set)
{
	struct secret a = SECRET_NONE, b = SECRET_NONE;
	struct err e = {0};
	ck_assert(secret_equal(&a, &b));
	ck_assert_int_eq(secret_set(&a, "abcd", 4, &e), 0);
	ck_assert(!secret_equal(&a, &b));
	ck_assert_int_eq(secret_set(&b, "abcd", 4, &e), 0);
	ck_assert(secret_equal(&a, &b));
	b.data[3] ^= 1;
	ck_assert(!secret_equal(&a, &b));
	ck_assert_int_eq(secret_set(&a, a.data + 1, 2, &e), 0); /* out of itself */
	ck_assert_uint_eq(a.len, 2);
	ck_assert_mem_eq(a.data, "bc", 2);
	secret_free(&a);
	secret_free(&b);
}
END_TEST

/* printf 'xflate\0key' | sha256sum, and the same with another domain. */
START_TEST(test_id)
{
	struct secret s = SECRET_NONE;
	struct err e = {0};
	char id[SECRET_ID_BYTES], other[SECRET_ID_BYTES];
	ck_assert_int_eq(secret_set(&s, "key", 3, &e), 0);
	secret_id(&s, "xflate", id);
	ck_assert_str_eq(id, "559d92a8");
	secret_id(&s, "xflat", other);
	ck_assert_str_ne(id, other);
	secret_free(&s);
}
END_TEST

/* A secret's pages are kept out of core dumps: the kernel says "dd" of them. */
START_TEST(test_not_dumped)
{
	struct secret s = SECRET_NONE;
	struct err e = {0};
	ck_assert_int_eq(secret_set(&s, "abcd", 4, &e), 0);
	FILE *maps = fopen("/proc/self/smaps", "re");
	ck_assert_ptr_nonnull(maps);
	char line[512];
	bool inside = false, seen = false;
	while (fgets(line, sizeof line, maps)) {
		unsigned long from, to;
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = from <= (unsigned long)s.data && (unsigned long)s.data < to;
		else if (inside && strncmp(line, "VmFlags:", 8) == 0)
			seen = strstr(line, " dd") != NULL;
	}
	fclose(maps);
	ck_assert(seen);
	secret_free(&s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("secret");
	TCase *t = tcase_create("secret");
	tcase_add_test(t, test_read);
	tcase_add_test(t, test_limits);
	tcase_add_test(t, test_equal_and_set);
	tcase_add_test(t, test_id);
	tcase_add_test(t, test_not_dumped);
	suite_add_tcase(s, t);
	return check_run(s);
}
