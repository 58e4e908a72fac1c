/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/keyoptions.h"

#include "base/msg.h"
#include "cmd/secretsource.h"
#include "cmd/trust.h"

#include <string.h>
#include <sys/stat.h>

#define KEY_TEXT_BYTES 1024u
#define COMMAND_SECONDS 60u /* as the daemon waits */

bool keyoptions_given(const struct keyoptions *k)
{
	return k->key || k->dir || k->command || k->config;
}

bool keyoptions_new_given(const struct keyoptions *k)
{
	return k->new_key || k->new_dir || k->new_command;
}

static bool same_folder(const char *a, const char *b)
{
	struct stat x, y;
	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int keyoptions_check(const struct keyoptions *k, const char *verb)
{
	if ((k->key != NULL) + (k->dir != NULL) + (k->command != NULL) > 1)
		return msg_usage(verb, "--key, --key-dir or --key-command: one of them");
	if ((k->new_key != NULL) + (k->new_dir != NULL) + (k->new_command != NULL) > 1)
		return msg_usage(verb, "--new-key, --new-key-dir or --new-key-command: one of them");
	if (k->config && (k->key || k->command) && !k->new_dir)
		return msg_usage(verb, "--key-config goes with a key directory, or stands alone");
	if (k->key && k->new_key && strcmp(k->key, k->new_key) == 0 && (strcmp(k->key, "-") == 0 || strcmp(k->key, "tty") == 0))
		return msg_usage(verb, "%s cannot give two keys", k->key);
	/* Its files are for the volumes as they are, which are still needed if anything goes wrong. */
	if (k->dir && k->new_dir && same_folder(k->dir, k->new_dir))
		return msg_usage(verb, "--new-key-dir must not be the folder of the old keys, which are in force until the new "
				       "volumes are in place");
	if (k->command && k->new_command && strcmp(k->command, k->new_command) == 0)
		return msg_usage(verb, "--new-key-command would replace the keys that the same command has to give for --key-command");
	return 0;
}

int keyoptions_check_inputs(const struct keyoptions *k, const char *verb, const char *const *paths, size_t count)
{
	bool asked = (k->key && strcmp(k->key, "-") == 0) || (k->new_key && strcmp(k->new_key, "-") == 0);
	for (size_t i = 0; asked && i < count; i++) {
		if (strcmp(paths[i], "-") == 0)
			return msg_usage(verb, "standard input cannot give the key and a volume, too; name a file, fd:N or tty");
	}
	return 0;
}

static int read_key(const char *source, const char *what, struct secret *key, struct err *e)
{
	struct secret text = SECRET_NONE;
	struct err why = {0};
	int rc = secretsource_read(source, what, false, KEY_TEXT_BYTES, &text, e);
	if (rc == 0 && volkey_parse(key, &text, &why) != 0)
		rc = err_set(e, why.code, "%s: %s", source, why.text);
	secret_free(&text);
	return rc;
}

static void warn_of_others(const struct keyoptions *k)
{
	if (k->dir)
		trust_folder(k->dir);
	if (k->new_dir)
		trust_folder(k->new_dir);
	if (k->config)
		trust_file(k->config);
}

int keyoptions_open(struct keyoptions *k, struct err *e)
{
	warn_of_others(k);
	k->read = (struct volkey_source){.dir = k->dir, .command = k->command, .seconds = COMMAND_SECONDS};
	k->write = (struct volkey_source){.dir = k->new_dir, .command = k->new_command, .seconds = COMMAND_SECONDS};
	int rc = k->key ? read_key(k->key, "key of the volumes", &k->read.key, e) : 0;
	if (rc == 0 && k->new_key)
		rc = read_key(k->new_key, "new key of the volumes", &k->write.key, e);
	bool reads = k->config && !k->key && !k->command;
	if (rc == 0 && reads)
		rc = keyconf_load(&k->read.conf, k->config, false, e);
	if (rc == 0 && k->config && k->new_dir)
		rc = keyconf_load(&k->write.conf, k->config, false, e);
	return rc;
}

void keyoptions_close(struct keyoptions *k)
{
	volkey_source_free(&k->read);
	volkey_source_free(&k->write);
}
