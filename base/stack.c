/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/stack.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>

struct call {
	int (*run)(int argc, char **argv);
	int argc, result;
	char **argv;
	sigset_t mask;
};

static void *call(void *arg)
{
	struct call *c = arg;
	pthread_sigmask(SIG_SETMASK, &c->mask, NULL);
	c->result = c->run(c->argc, c->argv);
	return NULL;
}

int stack_run(int (*run)(int argc, char **argv), int argc, char **argv)
{
	/* Not on this stack, which has no room to spare. */
	static struct call c;
	static struct rlimit limit;
	static pthread_attr_t size;
	static sigset_t all;
	pthread_t thread;
	if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= STACK_BYTES)
		return run(argc, argv);
	c = (struct call){.run = run, .argc = argc, .argv = argv};
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &c.mask);
	bool started = pthread_attr_init(&size) == 0 && pthread_attr_setstacksize(&size, STACK_BYTES) == 0 &&
		       pthread_setattr_default_np(&size) == 0 && pthread_create(&thread, &size, call, &c) == 0;
	if (!started) {
		pthread_sigmask(SIG_SETMASK, &c.mask, NULL);
		return run(argc, argv);
	}
	pthread_join(thread, NULL);
	return c.result;
}
