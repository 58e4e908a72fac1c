/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands of "key" and "cache" share: options, and lists of keys in whatever file they come. */
#ifndef CMD_KEY_KEYARGS_H
#define CMD_KEY_KEYARGS_H

#include "cmd/command.h"
#include "cmd/key/paper.h"
#include "keys/bundle.h"
#include "keys/keylist.h"

/* What was asked for. */
struct keyargs {
	const char *output; /* NULL: standard output */
	const char *kek;    /* sources */
	const char *new_kek;
	const char *bundle;
	bool has_format;
	enum keylist_format format;
	bool base64, raw, force, drop_trailing, id, json, plain_keys, no_keys;
	bool volumes; /* --volumes, with or without a source */
	const char *volumes_source;
	const char *cache;
	const char *catalog; /* a command */
	bool missing, rotate;
	const char *pool, *media_type, *storage;
	enum paper_form qr;
	unsigned shares, threshold; /* 0: not given */
	const char *const *names;   /* what is no option */
	size_t count;
};

/* Takers of their options (options.h). */
int keyargs_take_format(const struct command *verb, void *args, const char *text);
int keyargs_take_volumes(const struct command *verb, void *args, const char *text);
int keyargs_take_qr(const struct command *verb, void *args, const char *text);

/* Rows, for the tables of those who have them. */
#define KEYARGS_OUTPUT OPTION_TEXT('o', "output", struct keyargs, output)
#define KEYARGS_KEK OPTION_TEXT(0, "kek", struct keyargs, kek)
#define KEYARGS_NEW_KEK OPTION_TEXT(0, "new-kek", struct keyargs, new_kek)
#define KEYARGS_BUNDLE OPTION_TEXT(0, "bundle", struct keyargs, bundle)
#define KEYARGS_FORMAT OPTION_TAKE(0, "format", keyargs_take_format)
#define KEYARGS_BASE64 OPTION_FLAG(0, "base64", struct keyargs, base64)
#define KEYARGS_RAW_KEY OPTION_FLAG(0, "raw-key", struct keyargs, raw)
#define KEYARGS_FORCE OPTION_FLAG(0, "force", struct keyargs, force)
#define KEYARGS_DROP_TRAILING OPTION_FLAG(0, "drop-trailing", struct keyargs, drop_trailing)
#define KEYARGS_ID OPTION_FLAG(0, "id", struct keyargs, id)
#define KEYARGS_JSON OPTION_FLAG(0, "json", struct keyargs, json)
#define KEYARGS_PLAIN_KEYS OPTION_FLAG(0, "plain-keys", struct keyargs, plain_keys)
#define KEYARGS_NO_KEYS OPTION_FLAG(0, "no-keys", struct keyargs, no_keys)
#define KEYARGS_VOLUMES OPTION_MAY_TAKE(0, "volumes", keyargs_take_volumes)
#define KEYARGS_CACHE OPTION_TEXT(0, "cache", struct keyargs, cache)
#define KEYARGS_CATALOG_COMMAND OPTION_TEXT(0, "catalog-command", struct keyargs, catalog)
#define KEYARGS_MISSING OPTION_FLAG(0, "missing", struct keyargs, missing)
#define KEYARGS_ROTATE OPTION_FLAG(0, "rotate", struct keyargs, rotate)
#define KEYARGS_POOL OPTION_TEXT(0, "pool", struct keyargs, pool)
#define KEYARGS_MEDIA_TYPE OPTION_TEXT(0, "media-type", struct keyargs, media_type)
#define KEYARGS_STORAGE OPTION_TEXT(0, "storage", struct keyargs, storage)
#define KEYARGS_QR OPTION_TAKE_WORD(0, "qr", keyargs_take_qr, paper_forms)
#define KEYARGS_SHARES OPTION_NUMBER(0, "shares", 1, 255, "a number of shares", struct keyargs, shares)
#define KEYARGS_THRESHOLD OPTION_NUMBER(0, "threshold", 1, 255, "a number of shares", struct keyargs, threshold)

/* Reads the command line of a verb whose request is a struct keyargs; as options_parse. */
bool keyargs_parse(const struct command *verb, int argc, char **argv, struct keyargs *a, int *status);

/* More than one of these sources would read standard input?  NULLs count for nothing.  Returns 0 or wrong usage. */
int keyargs_one_input(const struct command *verb, const char *a, const char *b, const char *c);

/* Is what is to be written (-o, --bundle) also a file that is read: one of these, or a KEK?  Returns 0 or wrong usage. */
int keyargs_no_input_is_output(const struct command *verb, const struct keyargs *a, const char *input);

/* Reads a list from a source (secretsource_read): lines, tables, JSON, a crypto cache or a bundle.  Prints what is wrong with its
 * lines.  info, if not NULL, tells of a bundle: its date is "" if it is none.  bundle_only: nothing else will do. */
int keyargs_read_list(const char *source, bool bundle_only, struct keylist *list, struct bundle_info *info, struct err *e)
	__attribute__((warn_unused_result));

/* The same of bytes that were read. */
int keyargs_take_list(const struct secret *bytes, const char *source, bool bundle_only, struct keylist *list, struct bundle_info *info,
		      struct err *e) __attribute__((warn_unused_result));

/* Is there a key in it that nobody needs a KEK for? */
bool keyargs_is_clear(const struct keylist *list);

/* Prints the faults of a list. */
void keyargs_print_faults(const struct keylist *list, const char *source);

#define KEYARGS_LIST_MAX_BYTES ((size_t)64 << 20)

#endif
