/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Leaving early: what must not stay behind is cleaned up, and a signal then ends the process as it would have without us. */
#ifndef BASE_QUIT_H
#define BASE_QUIT_H

/* Installs the handlers of SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXCPU; those that were ignored stay ignored.  SIGXFSZ is
 * ignored: the write fails instead.  Once, before there are threads. */
void quit_catch_signals(void);

/* Between fork and exec: signals do there what they did before quit_catch_signals, lest a child cleans up what is ours. */
void quit_in_child(void);

#define QUIT_CLEANERS 4

/* From now on clean is called on the way out, once for each function.  Only calls that are safe in a signal handler. */
void quit_add(void (*clean)(void));

/* The first SIGINT, SIGTERM, SIGHUP or SIGXCPU only calls wake (in the handler), and quit_asked tells the signal: for a run that has
 * something in memory to bring to safety.  The second ends the process as ever.  NULL: so does the first. */
void quit_gently(void (*wake)(void));
int quit_asked(void);

/* Cleans up and ends by this signal; with exit status 128 + signal_number where the system withholds it, as it does from the
 * first process of a container. */
void quit_by(int signal_number) __attribute__((noreturn));

/* Cleans up and ends with exit status 1.  why: the whole line for standard error. */
void quit_now(const char *why) __attribute__((noreturn));

#endif
