/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Work that is done ahead by whoever has nothing else to do.  Who needs it done does it himself where nobody has begun: so nothing ever
 * waits for a thread that is not at work. */
#ifndef BASE_TASKS_H
#define BASE_TASKS_H

#include <stdbool.h>

struct tasks;

enum task_state { TASK_NONE, TASK_POSTED, TASK_RUNNING, TASK_DONE };

/* {.run = ...}, part of what it works on.  The rest is tasks.c's, but that TASK_NONE and TASK_DONE may be seen by who posts it. */
struct task {
	void (*run)(struct task *t);
	enum task_state state;
	struct task *next;
};

/* NULL without memory.  Nothing is posted any more when it is freed (NULL is fine). */
struct tasks *tasks_new(void);
void tasks_free(struct tasks *all);

/* Who is to be told of each task that is posted, by the thread that posts; NULL: nobody. */
void tasks_tell(struct tasks *all, void (*posted)(void *arg), void *arg);

/* Another one, TASK_NONE or TASK_DONE; it stays until it is finished or withdrawn.  Any thread, as all of these. */
void tasks_post(struct tasks *all, struct task *t);

/* Returns when t is done.  One that was never posted is. */
void tasks_finish(struct tasks *all, struct task *t);

/* Is it, without waiting? */
bool tasks_finished(struct tasks *all, const struct task *t);

/* t is not begun any more, and not at work either when this returns. */
void tasks_withdraw(struct tasks *all, struct task *t);

/* Is any posted that nobody has begun? */
bool tasks_wait(const struct tasks *all);

/* Runs the oldest of them; false: there is none. */
bool tasks_help(struct tasks *all);

#endif
