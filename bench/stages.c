/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate with a clock around reading, work and writing: what of a run is in turn, and bounds it however many threads there are.
 *
 * It is the program itself, of the same objects: only its calls of pool_run() come here first (ld --wrap), and the functions of the job are
 * called through others that look at the thread's own processor clock.  So xflate carries nothing of this, and waiting and what other
 * programs do count for nothing.  Tasks (base/tasks.h) are work, whoever runs them: on many processors there is always one who would wait.
 * At the end a line on standard error: seconds of reading, of work, of writing, and slots. */
#include "pipeline/pool.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TASKS_MAX 4096

void __wrap_tasks_post(struct tasks *all, struct task *t);
void __real_tasks_post(struct tasks *all, struct task *t);
bool __wrap_pool_run(const struct pool_job *job, unsigned threads, void *const *slots);
bool __real_pool_run(const struct pool_job *job, unsigned threads, void *const *slots);

static struct {
	pthread_mutex_t lock;
	uint64_t read, work, write, slots; /* ns */
} sum = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* What a thread has spent on tasks, ns: no part of the reading and writing that they were run in. */
static _Thread_local uint64_t aside;

/* What each task does, beside its place. */
static struct {
	const struct task *task;
	void (*run)(struct task *t);
} known[TASKS_MAX];

static uint64_t now_beside_tasks(void)
{
	return now() - aside;
}

static void add(uint64_t *to, uint64_t began)
{
	uint64_t spent = now_beside_tasks() - began;
	pthread_mutex_lock(&sum.lock);
	*to += spent;
	pthread_mutex_unlock(&sum.lock);
}

/* With the lock.  The place of a task, or a free one. */
static size_t place_of(const struct task *t)
{
	size_t i = ((uintptr_t)t >> 4) % TASKS_MAX;
	for (size_t tries = 0; known[i].task && known[i].task != t; tries++) {
		if (tries == TASKS_MAX)
			abort();
		i = (i + 1) % TASKS_MAX;
	}
	return i;
}

static void timed_task(struct task *t)
{
	pthread_mutex_lock(&sum.lock);
	void (*run)(struct task *) = known[place_of(t)].run;
	pthread_mutex_unlock(&sum.lock);
	uint64_t began = now();
	run(t);
	uint64_t spent = now() - began;
	aside += spent;
	pthread_mutex_lock(&sum.lock);
	sum.work += spent;
	pthread_mutex_unlock(&sum.lock);
}

void __wrap_tasks_post(struct tasks *all, struct task *t)
{
	if (t->run != timed_task) {
		pthread_mutex_lock(&sum.lock);
		size_t i = place_of(t);
		known[i].task = t;
		known[i].run = t->run;
		pthread_mutex_unlock(&sum.lock);
		t->run = timed_task;
	}
	__real_tasks_post(all, t);
}

static bool timed_read(void *arg, void *slot)
{
	const struct pool_job *job = arg;
	uint64_t began = now_beside_tasks();
	bool more = job->read(job->arg, slot);
	add(&sum.read, began);
	return more;
}

static void timed_work(void *arg, void *slot, unsigned worker)
{
	const struct pool_job *job = arg;
	uint64_t began = now_beside_tasks();
	job->work(job->arg, slot, worker);
	add(&sum.work, began);
}

static bool timed_write(void *arg, void *slot, unsigned worker)
{
	const struct pool_job *job = arg;
	uint64_t began = now_beside_tasks();
	bool go_on = job->write(job->arg, slot, worker);
	add(&sum.write, began);
	sum.slots++;
	return go_on;
}

static void cancel(void *arg)
{
	const struct pool_job *job = arg;
	job->cancel(job->arg);
}

bool __wrap_pool_run(const struct pool_job *job, unsigned threads, void *const *slots)
{
	struct pool_job timed = *job;
	timed.arg = (void *)job;
	timed.read = timed_read;
	timed.work = timed_work;
	timed.write = timed_write;
	timed.cancel = job->cancel ? cancel : NULL;
	return __real_pool_run(&timed, threads, slots);
}

__attribute__((destructor)) static void tell(void)
{
	if (sum.slots > 0)
		fprintf(stderr, "stages: %.6f %.6f %.6f %llu\n", (double)sum.read / 1e9, (double)sum.work / 1e9, (double)sum.write / 1e9,
			(unsigned long long)sum.slots);
}
