/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of the verb "key" that have files of their own. */
#ifndef CMD_KEY_KEY_H
#define CMD_KEY_KEY_H

/* "key generate --volumes": as run of struct subcommand. */
int key_volumes(int argc, char **argv);

/* "key split" and "key join", as above. */
int key_split(int argc, char **argv);
int key_join(int argc, char **argv);

#endif
