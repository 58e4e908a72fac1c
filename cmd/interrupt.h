/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signals that end a program, held back while a drive is at work: killed between two commands, it would leave behind the key
 * of another tape.  Whoever holds them looks for them where it waits, brings the drive into a state that can be told, and
 * releases them; then they do what they would have done. */
#ifndef CMD_INTERRUPT_H
#define CMD_INTERRUPT_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU: held back unless they are ignored.  SIGPIPE is ignored: a reader of messages
 * that goes away is no reason to stop halfway.  Idempotent. */
void interrupt_hold(void);

/* Lets them through: does not return if one has come. */
void interrupt_release(void);

/* In a child, before exec: as they were before interrupt_hold. */
void interrupt_forget(void);

/* The signal that waits; 0: none. */
int interrupt_pending(void);

/* Sleeps, but not on when one waits. */
void interrupt_sleep(unsigned milliseconds);

/* Waits for child and returns what waitpid said of it.  A signal that comes meanwhile is passed on to it (to its group, if it
 * has one of its own), and a child that does not end of it within seconds is killed; the signal waits on. */
int interrupt_wait_child(pid_t child, bool group);

#endif
