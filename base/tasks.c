/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/tasks.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct tasks {
	pthread_mutex_t lock;
	pthread_cond_t done;
	struct task *oldest, **newest;
	_Atomic unsigned posted; /* that nobody has begun */
	unsigned waiting;        /* threads, for one that another is at */
	void (*tell)(void *arg);
	void *tell_arg;
};

struct tasks *tasks_new(void)
{
	struct tasks *all = calloc(1, sizeof *all);
	if (all == NULL)
		return NULL;
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->done, NULL);
	all->newest = &all->oldest;
	return all;
}

void tasks_free(struct tasks *all)
{
	if (all == NULL)
		return;
	pthread_cond_destroy(&all->done);
	pthread_mutex_destroy(&all->lock);
	free(all);
}

void tasks_tell(struct tasks *all, void (*posted)(void *arg), void *arg)
{
	all->tell = posted;
	all->tell_arg = arg;
}

void tasks_post(struct tasks *all, struct task *t)
{
	pthread_mutex_lock(&all->lock);
	t->state = TASK_POSTED;
	t->next = NULL;
	*all->newest = t;
	all->newest = &t->next;
	atomic_fetch_add_explicit(&all->posted, 1, memory_order_relaxed);
	pthread_mutex_unlock(&all->lock);
	if (all->tell)
		all->tell(all->tell_arg);
}

/* Out of the row, where it is at *at. */
static void take(struct tasks *all, struct task **at)
{
	struct task *t = *at;
	*at = t->next;
	if (t->next == NULL)
		all->newest = at;
	t->next = NULL;
	atomic_fetch_sub_explicit(&all->posted, 1, memory_order_relaxed);
}

static struct task **find(struct tasks *all, const struct task *t)
{
	struct task **at = &all->oldest;
	while (*at != t)
		at = &(*at)->next;
	return at;
}

/* With the lock, which is let go of meanwhile; t is in no row. */
static void run(struct tasks *all, struct task *t)
{
	t->state = TASK_RUNNING;
	pthread_mutex_unlock(&all->lock);
	t->run(t);
	pthread_mutex_lock(&all->lock);
	t->state = TASK_DONE;
	if (all->waiting > 0)
		pthread_cond_broadcast(&all->done);
}

static void wait_for(struct tasks *all, const struct task *t)
{
	all->waiting++;
	while (t->state == TASK_RUNNING)
		pthread_cond_wait(&all->done, &all->lock);
	all->waiting--;
}

void tasks_finish(struct tasks *all, struct task *t)
{
	pthread_mutex_lock(&all->lock);
	if (t->state == TASK_POSTED) {
		take(all, find(all, t));
		run(all, t);
	}
	wait_for(all, t);
	pthread_mutex_unlock(&all->lock);
}

bool tasks_finished(struct tasks *all, const struct task *t)
{
	pthread_mutex_lock(&all->lock);
	bool finished = t->state != TASK_POSTED && t->state != TASK_RUNNING;
	pthread_mutex_unlock(&all->lock);
	return finished;
}

void tasks_withdraw(struct tasks *all, struct task *t)
{
	pthread_mutex_lock(&all->lock);
	if (t->state == TASK_POSTED) {
		take(all, find(all, t));
		t->state = TASK_NONE;
	}
	wait_for(all, t);
	pthread_mutex_unlock(&all->lock);
}

bool tasks_wait(const struct tasks *all)
{
	return atomic_load_explicit(&all->posted, memory_order_relaxed) > 0;
}

bool tasks_help(struct tasks *all)
{
	pthread_mutex_lock(&all->lock);
	struct task *t = all->oldest;
	if (t) {
		take(all, &all->oldest);
		run(all, t);
	}
	pthread_mutex_unlock(&all->lock);
	return t != NULL;
}
