/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of the verb "key" that have files of their own. */
#ifndef CMD_KEY_H
#define CMD_KEY_H

/* "key generate --volumes": as run of struct subcommand. */
int key_volumes(int argc, char **argv);

#endif
