/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pool under work of random length: order, stop, end. */
#include "pipeline/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "guarded.h"

#define SLOTS 40

struct slot {
	unsigned serial; /* 0: free */
	bool worked;
	unsigned worker;
};

struct run {
	unsigned inputs, stop_at; /* stop_at: the write that says stop, counted from 1; 0: none */
	unsigned reads, writes;
	unsigned max_us;
	_Atomic unsigned reading, writing, works, busy, most_busy;
	_Atomic unsigned in_use[64]; /* by worker */
	_Atomic bool wrong;
	unsigned threads;
};

static void nap(unsigned us)
{
	struct timespec t = {.tv_nsec = us * 1000L};

	if (us)
		nanosleep(&t, NULL);
}

static void must(struct run *r, bool ok)
{
	if (!ok)
		atomic_store(&r->wrong, true);
}

static unsigned pause_of(const struct run *r, unsigned serial, unsigned salt)
{
	uint64_t seed = serial * 7919u + salt * 104729u + 1;

	sample_next(&seed);
	return r->max_us ? sample_next(&seed) % r->max_us : 0;
}

static bool read_next(void *arg, void *slot)
{
	struct run *r = arg;
	struct slot *s = slot;

	must(r, atomic_fetch_add(&r->reading, 1) == 0);
	must(r, s->serial == 0 && !s->worked); /* written before it is filled again */
	s->serial = ++r->reads;
	nap(pause_of(r, s->serial, 1) / 8);
	atomic_fetch_sub(&r->reading, 1);
	return r->reads < r->inputs;
}

static void work(void *arg, void *slot, unsigned worker)
{
	struct run *r = arg;
	struct slot *s = slot;
	unsigned busy = atomic_fetch_add(&r->busy, 1) + 1;

	must(r, worker < r->threads);
	must(r, atomic_fetch_add(&r->in_use[worker], 1) == 0); /* its working memory is its own */
	must(r, s->serial != 0 && !s->worked);
	if (busy > atomic_load(&r->most_busy))
		atomic_store(&r->most_busy, busy);
	nap(pause_of(r, s->serial, 2));
	s->worked = true;
	s->worker = worker;
	atomic_fetch_add(&r->works, 1);
	atomic_fetch_sub(&r->busy, 1);
	atomic_fetch_sub(&r->in_use[worker], 1);
}

static bool write_next(void *arg, void *slot, unsigned worker)
{
	struct run *r = arg;
	struct slot *s = slot;

	must(r, atomic_fetch_add(&r->writing, 1) == 0);
	must(r, worker < r->threads);
	must(r, atomic_fetch_add(&r->in_use[worker], 1) == 0);
	must(r, s->worked && s->serial == ++r->writes); /* in the order of read */
	nap(pause_of(r, s->serial, 3) / 4);
	*s = (struct slot){0};
	atomic_fetch_sub(&r->in_use[worker], 1);
	atomic_fetch_sub(&r->writing, 1);
	return r->stop_at == 0 || r->writes < r->stop_at;
}

static struct run go(unsigned threads, unsigned inputs, unsigned stop_at, unsigned max_us)
{
	static struct slot slots[SLOTS];
	void *list[SLOTS];
	struct run r = {.inputs = inputs, .stop_at = stop_at, .max_us = max_us, .threads = threads};
	const struct pool_job job = {.arg = &r, .read = read_next, .work = work, .write = write_next};

	memset(slots, 0, sizeof slots);
	ck_assert_uint_le(pool_slots(threads), SLOTS);
	for (size_t i = 0; i < SLOTS; i++)
		list[i] = &slots[i];
	ck_assert(pool_run(&job, threads, list));
	ck_assert(!r.wrong);
	ck_assert_uint_eq(r.busy + r.reading + r.writing, 0); /* all threads have ended */
	for (size_t i = pool_slots(threads); i < SLOTS; i++)
		ck_assert_uint_eq(slots[i].serial, 0);
	return r;
}

START_TEST(test_order)
{
	unsigned threads = (unsigned)_i;

	for (unsigned inputs = 1; inputs < 40; inputs++) {
		struct run r = go(threads, inputs, 0, inputs % 3 ? 200 : 0);

		ck_assert_uint_eq(r.reads, inputs);
		ck_assert_uint_eq(r.works, inputs);
		ck_assert_uint_eq(r.writes, inputs);
	}
	struct run r = go(threads, 3000, 0, 0);

	ck_assert_uint_eq(r.writes, 3000);
	r = go(threads, 300, 0, 1000);
	ck_assert_uint_eq(r.writes, 300);
	if (threads > 1)
		ck_assert_uint_gt(r.most_busy, 1);
	ck_assert_uint_le(r.most_busy, threads);
}
END_TEST

START_TEST(test_stop)
{
	unsigned threads = (unsigned)_i;

	for (unsigned stop = 1; stop <= 30; stop++) {
		struct run r = go(threads, 1000000, stop, stop % 2 ? 300 : 0);

		ck_assert_uint_eq(r.writes, stop);
		ck_assert_uint_le(r.reads, stop + pool_slots(threads) + 1);
	}
	/* by the last one, and behind it */
	struct run r = go(threads, 20, 20, 100);

	ck_assert_uint_eq(r.writes, 20);
	r = go(threads, 20, 21, 100);
	ck_assert_uint_eq(r.writes, 20);
}
END_TEST

static pthread_t main_thread;
static _Atomic bool elsewhere;

static void note_thread(void *arg, void *slot, unsigned worker)
{
	work(arg, slot, worker);
	if (!pthread_equal(main_thread, pthread_self()) || worker != 0)
		elsewhere = true;
}

START_TEST(test_single_thread)
{
	struct slot slot = {0};
	void *list[1] = {&slot};
	struct run r = {.inputs = 50, .threads = 1};
	const struct pool_job job = {.arg = &r, .read = read_next, .work = note_thread, .write = write_next};

	main_thread = pthread_self();
	ck_assert_uint_eq(pool_slots(1), 1);
	ck_assert(pool_run(&job, 1, list));
	ck_assert(!r.wrong && !elsewhere);
	ck_assert_uint_eq(r.writes, 50);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pool");
	TCase *t = tcase_create("pool");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, test_order, 1, 9);
	tcase_add_loop_test(t, test_stop, 1, 9);
	tcase_add_loop_test(t, test_order, 16, 17);
	tcase_add_loop_test(t, test_stop, 16, 17);
	tcase_add_test(t, test_single_thread);
	suite_add_tcase(s, t);
	return check_run(s);
}
