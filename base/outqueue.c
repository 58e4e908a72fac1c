/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/outqueue.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct piece {
	struct piece *next;
	size_t n;
	unsigned char data[];
};

struct outqueue {
	struct outqueue_marks marks;
	int fd;
	int (*write)(int fd, const void *data, size_t n, struct err *e);
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change;

	/* Under the lock */
	struct piece *first, **last;
	uint64_t bytes; /* that wait, those of the piece being written included */
	bool running;   /* it has started, and does not stand yet */
	bool full;      /* somebody has more than there is room for */
	bool draining;  /* the marks do not count */
	bool ended;     /* and nothing comes behind it */
	struct err err;
};

/* Is the first piece to be written now? */
static bool goes(struct outqueue *q)
{
	if (q->first == NULL || q->err.code != XE_OK)
		q->running = false;
	else if (q->draining || q->full || q->bytes >= q->marks.high)
		q->running = true;
	else if (q->bytes < q->marks.low)
		q->running = false;
	return q->running;
}

static void write_first(struct outqueue *q)
{
	struct piece *piece = q->first;
	struct err e = {0};
	pthread_mutex_unlock(&q->lock);
	int rc = q->write(q->fd, piece->data, piece->n, &e);
	pthread_mutex_lock(&q->lock);
	q->first = piece->next;
	if (q->first == NULL)
		q->last = &q->first;
	q->bytes -= piece->n;
	if (rc != 0)
		q->err = e;
	free(piece);
	pthread_cond_broadcast(&q->change);
}

static void *write_all(void *arg)
{
	struct outqueue *q = arg;
	pthread_mutex_lock(&q->lock);
	for (;;) {
		if (goes(q))
			write_first(q);
		else if (q->ended)
			break;
		else
			pthread_cond_wait(&q->change, &q->lock);
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

/* Signals from outside belong to the main thread; SIGPIPE comes to whoever writes. */
static bool start(struct outqueue *q)
{
	sigset_t outside, old;
	sigfillset(&outside);
	sigdelset(&outside, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &outside, &old);
	bool started = pthread_create(&q->thread, NULL, write_all, q) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return started;
}

struct outqueue *outqueue_new(const struct outqueue_marks *marks, int fd, int (*write)(int fd, const void *data, size_t n, struct err *e))
{
	struct outqueue *q = calloc(1, sizeof *q);
	if (q == NULL)
		return NULL;
	q->marks = *marks;
	q->fd = fd;
	q->write = write;
	q->last = &q->first;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->change, NULL);
	if (start(q))
		return q;
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->change);
	free(q);
	return NULL;
}

/* A piece that is larger than all the room has it alone. */
static bool has_room(const struct outqueue *q, size_t n)
{
	return q->bytes == 0 || (n <= q->marks.high && q->bytes <= q->marks.high - n);
}

int outqueue_write(struct outqueue *q, const void *data, size_t n, struct err *e)
{
	struct piece *piece = malloc(sizeof *piece + n);
	if (piece == NULL)
		return err_memory(e, n, "what waits to be written");
	*piece = (struct piece){.n = n};
	memcpy(piece->data, data, n);
	pthread_mutex_lock(&q->lock);
	while (q->err.code == XE_OK && !has_room(q, n)) {
		q->full = true;
		pthread_cond_broadcast(&q->change);
		pthread_cond_wait(&q->change, &q->lock);
	}
	q->full = false;
	int rc = err_pass(e, &q->err);
	if (rc == 0) {
		*q->last = piece;
		q->last = &piece->next;
		q->bytes += n;
		piece = NULL;
	}
	pthread_cond_broadcast(&q->change);
	pthread_mutex_unlock(&q->lock);
	free(piece);
	return rc;
}

int outqueue_drain(struct outqueue *q, struct err *e)
{
	pthread_mutex_lock(&q->lock);
	q->draining = true;
	pthread_cond_broadcast(&q->change);
	while (q->first && q->err.code == XE_OK)
		pthread_cond_wait(&q->change, &q->lock);
	q->draining = false;
	int rc = err_pass(e, &q->err);
	pthread_mutex_unlock(&q->lock);
	return rc;
}

void outqueue_free(struct outqueue *q)
{
	if (q == NULL)
		return;
	pthread_mutex_lock(&q->lock);
	q->draining = q->ended = true;
	pthread_cond_broadcast(&q->change);
	pthread_mutex_unlock(&q->lock);
	pthread_join(q->thread, NULL);
	for (struct piece *p = q->first, *next; p; p = next) {
		next = p->next;
		free(p);
	}
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->change);
	free(q);
}
