/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Threads that do nothing but help with tasks. */
#ifndef TESTS_CREW_H
#define TESTS_CREW_H

#include "base/tasks.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>

#define CREW_MAX 8

struct crew {
	struct tasks *all;
	unsigned helpers;
	pthread_t threads[CREW_MAX];
	atomic_bool over;
};

static void *crew_help(void *arg)
{
	struct crew *crew = arg;
	while (!atomic_load(&crew->over))
		tasks_help(crew->all);
	return NULL;
}

static inline void crew_begin(struct crew *crew, unsigned helpers)
{
	*crew = (struct crew){.all = tasks_new(), .helpers = helpers};
	for (unsigned i = 0; i < helpers; i++)
		ck_assert_int_eq(pthread_create(&crew->threads[i], NULL, crew_help, crew), 0);
}

static inline void crew_end(struct crew *crew)
{
	atomic_store(&crew->over, true);
	for (unsigned i = 0; i < crew->helpers; i++)
		pthread_join(crew->threads[i], NULL);
	tasks_free(crew->all);
}

#endif
