/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options that say where keys of encrypted volumes come from; those who read volumes share them. */
#ifndef CMD_VOLUME_KEYOPTIONS_H
#define CMD_VOLUME_KEYOPTIONS_H

#include "cmd/options.h"
#include "crypt/volkey.h"

/* Rows of a table of options: member is a struct keyoptions. */
#define KEYOPTIONS_ROWS(request, member)                                                                \
	OPTION_SOURCE(0, "key", request, member.key), OPTION_SOURCE(0, "key-dir", request, member.dir), \
		OPTION_SOURCE(0, "key-command", request, member.command), OPTION_SOURCE(0, "key-config", request, member.config)
#define KEYOPTIONS_NEW_ROWS(request, member)                                                                            \
	OPTION_SOURCE(0, "new-key", request, member.new_key), OPTION_SOURCE(0, "new-key-dir", request, member.new_dir), \
		OPTION_SOURCE(0, "new-key-command", request, member.new_command)

/* As given. */
struct keyoptions {
	const char *key, *dir, *command, *config;
	const char *new_key, *new_dir, *new_command;
	struct volkey_source read, write; /* opened */
};

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
