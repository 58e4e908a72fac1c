/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Children: so many at once, each with its task and its place; how they end; signals reach all of them. */
#include "base/children.h"
#include "base/quit.h"

#include "guarded.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#define TASKS 40

static struct shared {
	_Atomic unsigned at_once, most_at_once;
	_Atomic bool in_place[8], crowded;
} * shared;
static struct children c;
static struct child_end end;
static struct err e;
static unsigned ticks, asked;

static void tick(void *arg, bool was_asked)
{
	(void)arg;
	ticks++;
	asked += was_asked;
}

static void begin(unsigned most)
{
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(shared != MAP_FAILED);
	ticks = asked = 0;
	e = (struct err){0};
	children_begin(&c, most, tick, NULL);
}

static int work(void *arg, size_t task, unsigned place)
{
	unsigned now = ++shared->at_once;
	ck_assert_ptr_eq(arg, &c);
	if (now > shared->most_at_once)
		shared->most_at_once = now;
	shared->crowded = shared->crowded || shared->in_place[place];
	shared->in_place[place] = true;
	usleep(2000 + 1000 * (unsigned)(task % 5));
	shared->in_place[place] = false;
	shared->at_once--;
	return (int)task;
}

START_TEST(test_all_once)
{
	bool seen[TASKS] = {false};
	size_t next = 0, ended = 0;
	begin(3);
	while (ended < TASKS) {
		for (; next < TASKS && children_room(&c); next++)
			ck_assert_int_eq(children_start(&c, next, work, &c, &e), 0);
		ck_assert(children_wait(&c, &end));
		ck_assert(WIFEXITED(end.status) && WEXITSTATUS(end.status) == (int)end.task);
		ck_assert(!seen[end.task] && end.place < 3 && end.seconds >= 0.002);
		seen[end.task] = true;
		ended++;
	}
	ck_assert(!children_wait(&c, &end));
	ck_assert_uint_eq(shared->most_at_once, 3);
	ck_assert(!shared->crowded);
	children_end(&c);
	ck_assert_int_eq(c.stopped_by, 0);
}
END_TEST

static int die(void *arg, size_t task, unsigned place)
{
	(void)arg;
	(void)place;
	signal((int)task, SIG_DFL); /* Check has one of its own */
	raise((int)task);
	return 0;
}

/* A crash, a kill: told as it was, and none but that one ends. */
START_TEST(test_killed)
{
	static const int by[] = {SIGKILL, SIGSEGV, SIGTERM};
	begin(1);
	ck_assert_int_eq(children_start(&c, (size_t)by[_i], die, &c, &e), 0);
	ck_assert(!children_room(&c));
	ck_assert(children_wait(&c, &end));
	ck_assert(WIFSIGNALED(end.status) && WTERMSIG(end.status) == by[_i]);
	ck_assert(children_room(&c));
	children_end(&c);
	ck_assert_int_eq(c.stopped_by, 0);
}
END_TEST

static int wait_long(void *arg, size_t task, unsigned place)
{
	(void)arg;
	(void)place;
	signal(SIGTERM, SIG_DFL);
	if (task == 0)
		kill(getppid(), SIGUSR1);
	usleep(50000);
	if (task == 0)
		kill(getppid(), SIGTERM);
	sleep(30);
	return 0;
}

/* Who asks how far it is, is told; what ends the parent ends the children, and no more are begun. */
START_TEST(test_stopped)
{
	begin(4);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(children_start(&c, i, wait_long, &c, &e), 0);
	for (int i = 0; i < 3; i++) {
		ck_assert(children_wait(&c, &end));
		ck_assert(WIFSIGNALED(end.status) && WTERMSIG(end.status) == SIGTERM);
		ck_assert(!children_room(&c));
	}
	ck_assert(!children_wait(&c, &end));
	ck_assert_uint_ge(asked, 1);
	ck_assert_int_eq(c.stopped_by, SIGTERM);
	children_end(&c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("children");
	TCase *t = tcase_create("children");
	tcase_add_test(t, test_all_once);
	tcase_add_loop_test(t, test_killed, 0, 3);
	tcase_add_test(t, test_stopped);
	suite_add_tcase(s, t);
	return check_run(s);
}
