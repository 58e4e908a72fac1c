/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of the verb "key" that have files of their own. */
#ifndef CMD_KEY_KEY_H
#define CMD_KEY_KEY_H

#include "cmd/command.h"

/* "key generate" with --volumes, which has options of its own. */
extern const struct command command_key_generate_volumes;
int key_volumes(int argc, char **argv);

/* The help of the verb "key", and of those below it. */
extern const char key_help[];

#endif
