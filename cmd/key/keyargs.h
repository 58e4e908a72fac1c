/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands of "key" and "cache" share: options, and lists of keys in whatever file they come. */
#ifndef CMD_KEY_KEYARGS_H
#define CMD_KEY_KEYARGS_H

#include "cmd/command.h"
#include "cmd/key/paper.h"
#include "keys/bundle.h"
#include "keys/keylist.h"

/* The options, by the letter under which keyargs_parse knows them. */
struct keyargs {
	const char *output;  /* o  -o, --output FILE; NULL: standard output */
	const char *kek;     /* k  --kek SOURCE */
	const char *new_kek; /* n  --new-kek SOURCE */
	const char *bundle;  /* B  --bundle FILE */
	bool has_format;     /* f  --format lines|json|sql */
	enum keylist_format format;
	bool base64;     /* b  --base64 */
	bool raw;        /* r  --raw-key */
	bool force;      /* F  --force */
	bool id;         /* i  --id */
	bool json;       /* j  --json */
	bool plain_keys; /* p  --plain-keys */
	bool no_keys;    /* K  --no-keys */
	bool volumes;    /* V  --volumes[=SOURCE] */
	const char *volumes_source;
	const char *cache;          /* c  --cache FILE */
	const char *catalog;        /* C  --catalog-command COMMAND */
	bool missing;               /* m  --missing */
	bool rotate;                /* R  --rotate */
	const char *pool;           /* P  --pool NAME */
	const char *media_type;     /* M  --media-type NAME */
	const char *storage;        /* S  --storage NAME */
	enum paper_form qr;         /* Q  --qr text|svg|html */
	unsigned shares, threshold; /* N, T  --shares N, --threshold K; 0: not given */
	const char *const *names;   /* what is no option */
	size_t count;
};

/* Parses the options of "VERB SUB" (argv[0] is SUB) among those whose letters are in allowed; -q, -v and --help are
 * always there.  There must be min to max names, which are called what ("FILE VOLUME").  Returns -1 to go on, or the
 * exit status. */
int keyargs_parse(const struct command *verb, const char *allowed, const char *what, size_t min, size_t max, int argc, char **argv,
		  struct keyargs *a);

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
