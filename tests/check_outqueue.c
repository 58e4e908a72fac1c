/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/outqueue.h"

#include <check.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What a drive got. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static size_t writes, bytes, fails_at;
static unsigned char next_byte;
static bool in_order, slow;

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

static int take(int fd, const void *data, size_t n, struct err *e)
{
	ck_assert_int_eq(fd, 7);
	if (slow)
		pause_ms(20);
	pthread_mutex_lock(&lock);
	bool failed = ++writes == fails_at;
	bytes += n;
	in_order = in_order && *(const unsigned char *)data == next_byte++;
	pthread_mutex_unlock(&lock);
	return failed ? err_set(e, XE_FAILED, "the drive is on fire") : 0;
}

static size_t taken(void)
{
	pthread_mutex_lock(&lock);
	size_t n = writes;
	pthread_mutex_unlock(&lock);
	return n;
}

static bool comes_to(size_t n)
{
	for (int i = 0; i < 500 && taken() != n; i++)
		pause_ms(10);
	return taken() == n;
}

static unsigned char put_byte;

static void begin(void)
{
	writes = bytes = fails_at = 0;
	next_byte = put_byte = 0;
	in_order = true;
	slow = false;
}

static int put(struct outqueue *q, size_t n, struct err *e)
{
	static unsigned char data[4000];
	ck_assert(n <= sizeof data);
	memset(data, put_byte++, n);
	return outqueue_write(q, data, n, e);
}

START_TEST(stands_and_streams)
{
	struct outqueue *q = outqueue_new(&(struct outqueue_marks){.low = 3000, .high = 10000}, 7, take);
	struct err e = {0};

	begin();
	for (int i = 0; i < 9; i++)
		ck_assert_int_eq(put(q, 1000, &e), 0);
	pause_ms(50);
	ck_assert_uint_eq(taken(), 0);
	/* The tenth fills it: it goes on until fewer than 3000 bytes are left, and stands. */
	ck_assert_int_eq(put(q, 1000, &e), 0);
	ck_assert(comes_to(8));
	pause_ms(50);
	ck_assert_uint_eq(taken(), 8);
	/* One that there is no room for starts it, too. */
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(put(q, 2500, &e), 0);
	pause_ms(50);
	ck_assert_uint_eq(taken(), 8);
	ck_assert_int_eq(put(q, 2500, &e), 0);
	ck_assert(comes_to(13));
	ck_assert_int_eq(outqueue_drain(q, &e), 0);
	ck_assert_uint_eq(taken(), 14);
	ck_assert_uint_eq(bytes, 20000);
	/* And the marks count again. */
	ck_assert_int_eq(put(q, 1000, &e), 0);
	pause_ms(50);
	ck_assert_uint_eq(taken(), 14);
	outqueue_free(q);
	ck_assert_uint_eq(taken(), 15);
	ck_assert(in_order);
}
END_TEST

START_TEST(waits_for_room)
{
	struct outqueue *q = outqueue_new(&(struct outqueue_marks){.high = 3000}, 7, take);
	struct err e = {0};

	begin();
	slow = true;
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(put(q, 1000, &e), 0);
		/* No more than there is room for is ever ahead of the drive. */
		ck_assert_uint_le((size_t)i + 1, taken() + 4);
	}
	/* Larger than all the room: it is alone there. */
	ck_assert_int_eq(put(q, 4000, &e), 0);
	ck_assert_uint_ge(taken(), 100);
	outqueue_free(q);
	ck_assert_uint_eq(taken(), 101);
	ck_assert(in_order);
	outqueue_free(NULL);
}
END_TEST

START_TEST(fails)
{
	struct outqueue *q = outqueue_new(&(struct outqueue_marks){.high = 3000}, 7, take);
	struct err e = {0};

	begin();
	fails_at = 2;
	int rc = 0;
	for (int i = 0; i < 100 && rc == 0; i++)
		rc = put(q, 1000, &e);
	ck_assert_int_eq(rc, XE_FAILED);
	ck_assert_str_eq(e.text, "the drive is on fire");
	struct err again = {0};
	ck_assert_int_eq(put(q, 10, &again), XE_FAILED);
	ck_assert_int_eq(outqueue_drain(q, &again), XE_FAILED);
	outqueue_free(q);
	/* Behind a write that failed there is no other. */
	ck_assert_uint_eq(taken(), 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("outqueue");
	TCase *t = tcase_create("outqueue");

	tcase_add_test(t, stands_and_streams);
	tcase_add_test(t, waits_for_room);
	tcase_add_test(t, fails);
	suite_add_tcase(suite, t);
	SRunner *r = srunner_create(suite);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
