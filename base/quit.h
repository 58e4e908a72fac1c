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
 * something in memory to bring to safety.  The second ends the process as ever.  NULL: so does the first.  quit_asked tells those that are
 * held back, too; 0: none. */
void quit_gently(void (*wake)(void));
int quit_asked(void);

/* Signals that end a program (SIGQUIT, too) are held back where it must not end halfway: while a set of files gets its names; while a
 * drive is at work: killed between two commands, we would leave behind the key of another tape, and a command that a handler breaks off
 * is sent twice.  Whoever holds them looks for them where it
 * waits (quit_asked, quit_sleep), brings the drive into a state that can be told, and releases them; then they do what they would
 * have done.  SIGPIPE is ignored meanwhile: a reader of messages that goes away is no reason to stop halfway.  For a process whose other
 * threads take no signals.  Idempotent; quit_release does not return if a signal has come. */
void quit_hold(void);
void quit_release(void);

/* Sleeps, but not on when quit_asked(). */
void quit_sleep(unsigned milliseconds);

/* Cleans up and ends by this signal; with exit status 128 + signal_number where the system withholds it, as it does from the
 * first process of a container. */
void quit_by(int signal_number) __attribute__((noreturn));

/* Cleans up and ends with exit status 1.  why: the whole line for standard error. */
void quit_now(const char *why) __attribute__((noreturn));

#endif
