/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Enough stack, whatever `ulimit -s` says: it is the limit of the first thread and the size of all others. */
#ifndef BASE_STACK_H
#define BASE_STACK_H

#define STACK_BYTES (1u << 20) /* of each thread where the limit is lower: several times what the deepest call takes */

/* Returns run(argc, argv); where the limit is lower than STACK_BYTES, from a thread with such a stack, which then is the one that
 * signals from outside belong to.  Before there are other threads. */
int stack_run(int (*run)(int argc, char **argv), int argc, char **argv);

#endif
