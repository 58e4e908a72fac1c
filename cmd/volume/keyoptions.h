/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options that say where keys of encrypted volumes come from; those who read volumes share them. */
#ifndef CMD_VOLUME_KEYOPTIONS_H
#define CMD_VOLUME_KEYOPTIONS_H

#include "crypt/volkey.h"

#include <stdbool.h>

enum {
	KEYS_KEY = 1000,
	KEYS_DIR,
	KEYS_COMMAND,
	KEYS_CONFIG,
	KEYS_NEW_KEY,
	KEYS_NEW_DIR,
	KEYS_NEW_COMMAND,
};

/* Into a table of long options. */
#define KEYS_OPTIONS                                                                                \
	{"key", required_argument, NULL, KEYS_KEY}, {"key-dir", required_argument, NULL, KEYS_DIR}, \
		{"key-command", required_argument, NULL, KEYS_COMMAND},                             \
	{                                                                                           \
		"key-config", required_argument, NULL, KEYS_CONFIG                                  \
	}
#define KEYS_NEW_OPTIONS                                                                                            \
	{"new-key", required_argument, NULL, KEYS_NEW_KEY}, {"new-key-dir", required_argument, NULL, KEYS_NEW_DIR}, \
	{                                                                                                           \
		"new-key-command", required_argument, NULL, KEYS_NEW_COMMAND                                        \
	}

/* As given. */
struct keyoptions {
	const char *key, *dir, *command, *config;
	const char *new_key, *new_dir, *new_command;
	struct volkey_source read, write; /* opened */
};

/* Takes one of these options.  *status becomes the exit status of wrong usage if it was given before.  False: it is none of
 * these. */
bool keyoptions_option(struct keyoptions *k, const char *verb, int option, const char *value, int *status);

/* Can what was given be, together?  0 or the exit status of wrong usage. */
int keyoptions_check(const struct keyoptions *k, const char *verb);

/* Is standard input asked for a key and for one of the count volumes at paths?  Returns as above. */
int keyoptions_check_inputs(const struct keyoptions *k, const char *verb, const char *const *paths, size_t count);

/* Is there anything to open volumes with, or to make new keys with? */
bool keyoptions_given(const struct keyoptions *k);
bool keyoptions_new_given(const struct keyoptions *k);

/* Reads keys and configuration into k->read and k->write; warns of what others can change (trust.h).  XE_KEY, XE_USAGE, and as secretsource_read. */
int keyoptions_open(struct keyoptions *k, struct err *e) __attribute__((warn_unused_result));

/* Wipes and frees them.  Idempotent. */
void keyoptions_close(struct keyoptions *k);

#endif
