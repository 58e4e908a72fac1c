/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buf.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct buf_pool {
	pthread_mutex_t lock;
	struct buf *free_list;
	size_t kept, keep_bytes;
	uint64_t limit;
	_Atomic uint64_t charged;
};

struct buf_pool *buf_pool_new(size_t keep_bytes)
{
	struct buf_pool *pool = calloc(1, sizeof *pool);
	if (pool == NULL)
		return NULL;
	pthread_mutex_init(&pool->lock, NULL);
	pool->keep_bytes = keep_bytes;
	pool->limit = BUF_LIMIT_BYTES;
	return pool;
}

void buf_pool_limit(struct buf_pool *pool, uint64_t bytes)
{
	pool->limit = bytes;
}

uint64_t buf_pool_limit_bytes(const struct buf_pool *pool)
{
	return pool->limit;
}

bool buf_pool_allows(const struct buf_pool *pool, uint64_t bytes)
{
	uint64_t charged = atomic_load_explicit(&pool->charged, memory_order_relaxed);
	return charged <= pool->limit && bytes <= pool->limit - charged;
}

void buf_pool_charge(struct buf_pool *pool, uint64_t bytes)
{
	atomic_fetch_add_explicit(&pool->charged, bytes, memory_order_relaxed);
}

void buf_pool_discharge(struct buf_pool *pool, uint64_t bytes)
{
	atomic_fetch_sub_explicit(&pool->charged, bytes, memory_order_relaxed);
}

static void buf_free(struct buf *b)
{
	free(b->data);
	free(b);
}

void buf_pool_free(struct buf_pool *pool)
{
	if (pool == NULL)
		return;
	for (struct buf *b = pool->free_list, *next; b; b = next) {
		next = b->next;
		buf_free(b);
	}
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

/* First fit, but never a giant for a dwarf: memory must stay bounded by what is asked for. */
static struct buf *take_free(struct buf_pool *pool, size_t cap)
{
	pthread_mutex_lock(&pool->lock);
	struct buf *found = NULL;
	for (struct buf **at = &pool->free_list; *at; at = &(*at)->next) {
		if ((*at)->cap >= cap && (*at)->cap / 4 <= cap) {
			found = *at;
			*at = found->next;
			pool->kept -= found->cap;
			break;
		}
	}
	pthread_mutex_unlock(&pool->lock);
	return found;
}

struct buf *buf_new(struct buf_pool *pool, size_t cap)
{
	struct buf *b = take_free(pool, cap);
	if (b == NULL) {
		b = malloc(sizeof *b);
		uint8_t *data = malloc(cap ? cap : 1);
		if (b == NULL || data == NULL) {
			free(b);
			free(data);
			return NULL;
		}
		b->data = data;
		b->cap = cap;
		b->pool = pool;
	}
	b->next = NULL;
	atomic_init(&b->refs, 1);
	return b;
}

void buf_ref(struct buf *b)
{
	atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
}

void buf_unref(struct buf *b)
{
	if (b == NULL || atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) != 1)
		return;
	struct buf_pool *pool = b->pool;
	pthread_mutex_lock(&pool->lock);
	bool keep = b->cap <= pool->keep_bytes - pool->kept;
	if (keep) {
		b->next = pool->free_list;
		pool->free_list = b;
		pool->kept += b->cap;
	}
	pthread_mutex_unlock(&pool->lock);
	if (!keep)
		buf_free(b);
}
