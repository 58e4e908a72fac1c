/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of bscrypto, and how it reads them: letters may be joined and carry their value, long options take "=v" or
 * "v", the next word is a value whatever it looks like, and options may stand behind the device.
 *
 * cmd/options does not read them: no name may be cut short, and what is wrong ends with a status of the original's, 104 to 114, and in
 * the original's order: all of the line is read before any of it is judged. */
#include "cmd/bscrypto/bscrypto.h"

#include "base/printable.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the parser that the original uses. */
#define EXIT_BAD_VALUE 104
#define EXIT_EXCLUDED 108
#define EXIT_UNEXPECTED 109
#define EXIT_ARGUMENTS 114

enum { HELP, VERSION, BASE64, CLEAR, DUMP, LEVEL, TIMESTAMPS, DRIVE, GENERATE, SHOW, POPULATE, RENEW, SET, VOLUME, KEK, OPTION_COUNT };

struct bscrypto_option {
	char letter, other; /* 0: none */
	const char *name;
	const char *value;    /* NULL: takes none */
	const char *excludes; /* letters, in the order of this table */
	const char *help;
};

static const struct bscrypto_option options[OPTION_COUNT] = {
	[HELP] = {'h', '?', "help", NULL, "", "Print this help message and exit."},
	[VERSION] = {0, 0, "version", NULL, "", "Display program version information and exit"},
	[BASE64] = {'b', 0, "base64", NULL, "", "Perform base64 encoding of keydata."},
	[CLEAR] = {'c', 0, "clear-encryption", NULL, "Degkprsv", "Clear encryption key."},
	[DUMP] = {'D', 0, "dump-cache", "<cachefile>", "cesv", "Dump content of given cachefile."},
	[LEVEL] = {'d', 0, "debug-level", "<level>", "", "Set debug level to <level>."},
	[TIMESTAMPS] = {0, 0, "debug-timestamps", NULL, "", "Print timestamps in debug output."},
	[DRIVE] = {'e', 0, "drive-encryption-status", NULL, "cDgkprs", "Show drive encryption status."},
	[GENERATE] = {'g', 0, "generate-passphrase", "<keyfile>", "ceksv", "Generate new encryption passphrase in keyfile."},
	[SHOW] = {'k', 0, "show-keyfile", "<keyfile>", "cegsv", "Show content of keyfile."},
	[POPULATE] = {'p', 0, "populate-cachefile", "<cachefile>", "cev", "Populate given cachefile with crypto keys."},
	[RENEW] = {'r', 0, "reset-expiry-time", "<cachefile>", "cesv", "Reset expiry time for entries of given cachefile."},
	[SET] = {'s', 0, "set-encryption-key", "<keyfile>", "cDegkrv", "Set encryption key loaded from keyfile."},
	[VOLUME] = {'v', 0, "volume-encryption-status", NULL, "cDgkprs", "Show volume encryption status."},
	[KEK] = {'w', 0, "wrap-unwrap-key", "<keyfile>", "",
		 "Wrap/Unwrap the key using RFC3394 aes-(un)wrap using the key in keyfile \n        as a Key Encryption."},
};

int bscrypto_fail(const char *format, ...)
{
	char line[8192];
	va_list ap;
	va_start(ap, format);
	vsnprintf(line, sizeof line, format, ap);
	va_end(ap);
	printable_make(line);
	fprintf(stderr, "%s\n", line);
	return 1;
}

static int by_letter(char letter)
{
	for (int i = 0; letter && i < OPTION_COUNT; i++) {
		if (options[i].letter == letter || options[i].other == letter)
			return i;
	}
	return -1;
}

static int by_name(const char *name, size_t len)
{
	if (len == 2 && memcmp(name, "dt", 2) == 0)
		return TIMESTAMPS;
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0)
			return i;
	}
	return -1;
}

static void print_help(FILE *out)
{
	fputs("The Bareos encryption tool.\nUsage: bscrypto [OPTIONS] [device_name]\n\nPositionals:\n"
	      "    device_name TEXT\n        Name of device. \n\n\nOptions:\n",
	      out);
	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct bscrypto_option *o = &options[i];
		fputs("    ", out);
		if (o->letter)
			fprintf(out, "-%c,", o->letter);
		if (o->other)
			fprintf(out, "-%c,", o->other);
		fprintf(out, "%s--%s", i == TIMESTAMPS ? "--dt," : "", o->name);
		fprintf(out, "%s%s\n", o->value ? " " : "", o->value ? o->value : "");
		if (o->excludes[0])
			fputs("        Excludes:", out);
		for (const char *x = o->excludes; *x; x++)
			fprintf(out, " --%s", options[by_letter(*x)].name);
		fprintf(out, "%s        %s \n\n", o->excludes[0] ? "\n" : "", o->help);
	}
	fputs("\n", out);
}

/* As the original has it: the fault, then the whole help. */
static int refuse(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int refuse(int status, const char *format, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	bscrypto_fail("ERROR: %s", text);
	print_help(stderr);
	return status;
}

struct found {
	unsigned times[OPTION_COUNT];
	const char *value[OPTION_COUNT];
	const char *device;
	const char *unexpected;
	unsigned unexpected_count;
};

static int take(struct found *f, int option, const char *attached, int argc, char **argv, int *at)
{
	if (options[option].value) {
		if (attached == NULL && *at + 1 >= argc)
			return refuse(EXIT_ARGUMENTS, "ArgumentMismatch: --%s: 1 required %s missing", options[option].name,
				      options[option].value);
		if (f->times[option]++ > 0)
			return refuse(EXIT_ARGUMENTS, "ArgumentMismatch: --%s: At Most 1 required but received 2", options[option].name);
		f->value[option] = attached ? attached : argv[++*at];
	} else {
		f->times[option]++;
	}
	return -1;
}

static void unexpected(struct found *f, const char *word)
{
	if (f->unexpected_count++ == 0)
		f->unexpected = word;
}

/* "-bg-": letters, the last of which may have its value behind it. */
static int take_letters(struct found *f, int argc, char **argv, int *at)
{
	const char *word = argv[*at];
	for (const char *c = word + 1; *c; c++) {
		int option = by_letter(*c);
		if (option < 0) {
			unexpected(f, word);
			return -1;
		}
		const char *attached = options[option].value && c[1] ? c + 1 : NULL;
		int status = take(f, option, attached, argc, argv, at);
		if (status >= 0 || options[option].value)
			return status;
	}
	return -1;
}

static int take_all(struct found *f, int argc, char **argv)
{
	bool names_only = false;
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		int status = -1;
		if (names_only || word[0] != '-' || word[1] == '\0') {
			if (f->device)
				unexpected(f, word);
			else
				f->device = word;
		} else if (strcmp(word, "--") == 0) {
			names_only = true;
		} else if (word[1] == '-') {
			size_t len = strcspn(word + 2, "=");
			int option = by_name(word + 2, len);
			const char *attached = word[2 + len] == '=' ? word + 3 + len : NULL;
			if (option < 0 || (attached && !options[option].value))
				unexpected(f, word);
			else
				status = take(f, option, attached, argc, argv, &i);
		} else {
			status = take_letters(f, argc, argv, &i);
		}
		if (status >= 0)
			return status;
	}
	return -1;
}

static int check_exclusions(const struct found *f)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		for (const char *x = options[i].excludes; f->times[i] && *x; x++) {
			int other = by_letter(*x);
			if (f->times[other])
				return refuse(EXIT_EXCLUDED, "ExcludesError: --%s excludes --%s", options[i].name, options[other].name);
		}
	}
	return -1;
}

static int check_level(const struct found *f)
{
	const char *level = f->value[LEVEL];
	char *end;
	if (level == NULL)
		return -1;
	if (strcmp(level, "t") == 0)
		return refuse(EXIT_BAD_VALUE, "ValidationError: --debug-level: use --dt for timestamps");
	(void)strtol(level, &end, 10);
	if (*level == '\0' || *end != '\0')
		return refuse(EXIT_BAD_VALUE, "ConversionError: Could not convert: --debug-level = %s", level);
	return -1;
}

/* What the exclusions leave: a device is needed, and -s does not go with -p. */
static int check_sense(const struct found *f)
{
	bool files = f->times[GENERATE] || f->times[SHOW] || f->times[DUMP] || f->times[POPULATE] || f->times[RENEW];
	if (!files && f->device == NULL)
		return bscrypto_fail("Missing device_name argument for this option");
	if (f->times[SET] && f->times[POPULATE])
		return bscrypto_fail("-s and -p cannot be combined");
	return -1;
}

int bscrypto_parse(int argc, char **argv, struct bscrypto_options *o)
{
	struct found f = {.device = NULL};
	int status = take_all(&f, argc, argv);
	if (status >= 0)
		return status;
	if (f.times[HELP]) {
		print_help(stdout);
		return 0;
	}
	if (f.times[VERSION]) {
		puts(XFLATE_VERSION " (xflate)");
		return 0;
	}
	if ((status = check_level(&f)) >= 0 || (status = check_exclusions(&f)) >= 0)
		return status;
	if (f.unexpected_count)
		return refuse(EXIT_UNEXPECTED, "bscrypto: The following argument%s not expected: %s%s",
			      f.unexpected_count > 1 ? "s were" : " was", f.unexpected, f.unexpected_count > 1 ? " ..." : "");
	if ((status = check_sense(&f)) >= 0)
		return status;
	*o = (struct bscrypto_options){
		.base64 = f.times[BASE64] > 0,
		.clear = f.times[CLEAR] > 0,
		.drive_status = f.times[DRIVE] > 0,
		.volume_status = f.times[VOLUME] > 0,
		.dump = f.value[DUMP],
		.generate = f.value[GENERATE],
		.show = f.value[SHOW],
		.populate = f.value[POPULATE],
		.renew = f.value[RENEW],
		.set = f.value[SET],
		.kek = f.value[KEK],
		.device = f.device,
	};
	return -1;
}
