/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tasks: each is done once, whoever does it, and whoever waits for it sees what it made. */
#include "base/tasks.h"

#include "crew.h"
#include "guarded.h"

struct sum {
	struct task task;
	unsigned from, value; /* no atomics: who finishes it must see what it made */
	unsigned runs;
};

static void add_up(struct task *t)
{
	struct sum *s = (struct sum *)t;
	s->value = s->from * 3 + 1;
	s->runs++;
}

START_TEST(test_alone)
{
	struct tasks *all = tasks_new();
	struct sum a = {.task.run = add_up, .from = 1}, b = {.task.run = add_up, .from = 2}, c = {.task.run = add_up, .from = 3};
	/* Never posted: nothing to wait for. */
	tasks_finish(all, &a.task);
	tasks_withdraw(all, &a.task);
	ck_assert(tasks_finished(all, &a.task) && a.runs == 0);
	ck_assert(!tasks_wait(all) && !tasks_help(all));
	tasks_post(all, &a.task);
	tasks_post(all, &b.task);
	tasks_post(all, &c.task);
	ck_assert(tasks_wait(all) && !tasks_finished(all, &a.task));
	/* From the end, from the middle, and the last that is left. */
	tasks_finish(all, &c.task);
	ck_assert_uint_eq(c.value, 10);
	tasks_withdraw(all, &b.task);
	ck_assert(tasks_help(all));
	ck_assert(a.runs == 1 && b.runs == 0 && c.runs == 1);
	ck_assert(!tasks_help(all) && !tasks_wait(all));
	tasks_post(all, &b.task);
	tasks_post(all, &a.task);
	ck_assert(tasks_help(all));
	ck_assert(b.runs == 1 && a.runs == 1);
	tasks_finish(all, &a.task);
	tasks_finish(all, &a.task);
	ck_assert_uint_eq(a.runs, 2);
	tasks_free(all);
	tasks_free(NULL);
}
END_TEST

static void count_up(void *arg)
{
	(*(unsigned *)arg)++;
}

START_TEST(test_told)
{
	struct tasks *all = tasks_new();
	unsigned told = 0;
	struct sum a = {.task.run = add_up};
	tasks_tell(all, count_up, &told);
	tasks_post(all, &a.task);
	ck_assert_uint_eq(told, 1);
	tasks_tell(all, NULL, NULL);
	tasks_finish(all, &a.task);
	tasks_post(all, &a.task);
	tasks_finish(all, &a.task);
	ck_assert_uint_eq(told, 1);
	tasks_free(all);
}
END_TEST

/* ---- with helpers ---- */

#define HELPERS 4
#define SUMS 64

START_TEST(test_helped)
{
	struct crew crew;
	static struct sum sums[SUMS];
	unsigned posted[SUMS] = {0};
	uint64_t seed = 2026;
	crew_begin(&crew, HELPERS);
	for (size_t i = 0; i < SUMS; i++)
		sums[i] = (struct sum){.task.run = add_up};
	for (unsigned round = 0; round < 40000; round++) {
		size_t i = sample_next(&seed) % SUMS;
		struct sum *s = &sums[i];
		if (sample_next(&seed) % 8 == 0) {
			unsigned before = s->runs;
			tasks_post(crew.all, &s->task);
			tasks_withdraw(crew.all, &s->task);
			posted[i] += s->runs - before;
			ck_quick(s->runs - before <= 1);
		} else {
			s->from = round;
			tasks_post(crew.all, &s->task);
			posted[i]++;
			if (sample_next(&seed) % 4 == 0)
				tasks_help(crew.all);
			tasks_finish(crew.all, &s->task);
			ck_quick(s->value == round * 3 + 1);
			ck_quick(tasks_finished(crew.all, &s->task));
		}
	}
	/* All of them at once. */
	for (size_t i = 0; i < SUMS; i++)
		tasks_post(crew.all, &sums[i].task);
	for (size_t i = 0; i < SUMS; i++) {
		tasks_finish(crew.all, &sums[(i * 7) % SUMS].task);
		posted[i]++;
	}
	for (size_t i = 0; i < SUMS; i++)
		ck_quick(sums[i].runs == posted[i]);
	crew_end(&crew);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tasks");
	TCase *t = tcase_create("tasks");
	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_alone);
	tcase_add_test(t, test_told);
	tcase_add_test(t, test_helped);
	suite_add_tcase(s, t);
	return check_run(s);
}
