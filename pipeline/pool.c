/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every thread is equal and does what is needed most:
 *
 *   - if the oldest slot is converted and nobody writes, write it;
 *   - else, if a task waits, do it: those who read and write need what it makes;
 *   - else, if a slot is free and nobody reads, read the next input into it and convert it at once, while it is warm;
 *   - else wait until one of these becomes possible: whoever goes to work then wakes one of those that wait, and that one, where
 *     there is more to do, the next.
 *
 * So slots go round a ring: free -> (read) -> converting -> done -> (write) -> free.  Reads are in ring order, and so are
 * writes, hence the output has the order of the input whatever the threads do.  Nobody hands work to anybody: a slot is
 * touched by one thread from its read to the end of its conversion, and by one thread while it is written.  One thread
 * alone runs read, convert, write in turn through the same code.
 *
 * Memory is the slots'.  There are two more than threads, so that one can wait for its turn and one can be written while
 * every thread converts. */
#include "pipeline/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum slot_state { SLOT_FREE, SLOT_BUSY, SLOT_DONE };

struct pool {
	const struct pool_job *job;
	void *const *slots;
	size_t count;
	enum slot_state *state;
	size_t read_next, write_next; /* ring positions */
	bool reading, writing;
	bool ended; /* nothing more to read */
	bool stopped;
	unsigned waiting;
	pthread_mutex_t lock;
	pthread_cond_t change;
};

struct member {
	struct pool *pool;
	unsigned worker;
	pthread_t thread;
};

size_t pool_slots(unsigned threads)
{
	return threads == 1 ? 1 : (size_t)threads + 2;
}

static bool may_write(const struct pool *p)
{
	return !p->writing && p->state[p->write_next] == SLOT_DONE;
}

static bool may_read(const struct pool *p)
{
	return !p->ended && !p->reading && p->state[p->read_next] == SLOT_FREE;
}

static bool may_help(const struct pool *p)
{
	return p->job->tasks && tasks_wait(p->job->tasks);
}

static bool all_written(const struct pool *p)
{
	return p->ended && !p->reading && p->read_next == p->write_next && p->state[p->write_next] == SLOT_FREE;
}

/* To work, without the lock.  What can be done meanwhile one of the others does. */
static void leave(struct pool *p)
{
	if (p->waiting > 0 && (may_write(p) || may_help(p) || may_read(p)))
		pthread_cond_signal(&p->change);
	pthread_mutex_unlock(&p->lock);
}

static void wait_for_change(struct pool *p)
{
	p->waiting++;
	pthread_cond_wait(&p->change, &p->lock);
	p->waiting--;
}

static void write_oldest(struct pool *p, unsigned worker)
{
	size_t slot = p->write_next;
	p->writing = true;
	leave(p);
	bool go_on = p->job->write(p->job->arg, p->slots[slot], worker);
	pthread_mutex_lock(&p->lock);
	p->writing = false;
	p->state[slot] = SLOT_FREE;
	p->write_next = (slot + 1) % p->count;
	p->stopped = !go_on;
	if (p->stopped && p->job->cancel)
		p->job->cancel(p->job->arg);
}

static void read_and_convert(struct pool *p, unsigned worker)
{
	size_t slot = p->read_next;
	p->reading = true;
	p->state[slot] = SLOT_BUSY;
	leave(p);
	bool more = p->job->read(p->job->arg, p->slots[slot]);
	pthread_mutex_lock(&p->lock);
	p->reading = false;
	p->read_next = (slot + 1) % p->count;
	p->ended = !more;
	leave(p);
	p->job->work(p->job->arg, p->slots[slot], worker);
	pthread_mutex_lock(&p->lock);
	p->state[slot] = SLOT_DONE;
}

static void help(struct pool *p)
{
	leave(p);
	tasks_help(p->job->tasks);
	pthread_mutex_lock(&p->lock);
}

/* A task was posted by one who is at work. */
static void wake(void *arg)
{
	struct pool *p = arg;
	pthread_mutex_lock(&p->lock);
	if (p->waiting > 0)
		pthread_cond_signal(&p->change);
	pthread_mutex_unlock(&p->lock);
}

static void *take_part(void *arg)
{
	const struct member *m = arg;
	struct pool *p = m->pool;
	pthread_mutex_lock(&p->lock);
	while (!p->stopped && !all_written(p)) {
		if (may_write(p))
			write_oldest(p, m->worker);
		else if (may_help(p))
			help(p);
		else if (may_read(p))
			read_and_convert(p, m->worker);
		else
			wait_for_change(p);
	}
	pthread_cond_broadcast(&p->change);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Signals from outside belong to the main thread; those that a thread brings upon itself are its own. */
static unsigned start(struct member *members, unsigned threads)
{
	static const int own[] = {SIGPIPE, SIGXFSZ, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};
	sigset_t outside, old;
	sigfillset(&outside);
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		sigdelset(&outside, own[i]);
	pthread_sigmask(SIG_BLOCK, &outside, &old);
	unsigned started = 1;
	while (started < threads && pthread_create(&members[started].thread, NULL, take_part, &members[started]) == 0)
		started++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return started;
}

bool pool_run(const struct pool_job *job, unsigned threads, void *const *slots)
{
	struct pool p = {.job = job, .slots = slots, .count = pool_slots(threads)};
	struct member *members = calloc(threads, sizeof *members);
	p.state = calloc(p.count, sizeof *p.state);
	bool ok = members != NULL && p.state != NULL;
	pthread_mutex_init(&p.lock, NULL);
	pthread_cond_init(&p.change, NULL);
	unsigned started = 0;
	if (job->tasks)
		tasks_tell(job->tasks, wake, &p);
	if (ok) {
		for (unsigned i = 0; i < threads; i++)
			members[i] = (struct member){.pool = &p, .worker = i};
		/* Fewer threads than asked for only take longer. */
		started = start(members, threads);
		take_part(&members[0]);
	}
	for (unsigned i = 1; i < started; i++)
		pthread_join(members[i].thread, NULL);
	if (job->tasks)
		tasks_tell(job->tasks, NULL, NULL);
	pthread_cond_destroy(&p.change);
	pthread_mutex_destroy(&p.lock);
	free(p.state);
	free(members);
	return ok;
}
