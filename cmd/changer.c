/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate changer: wraps an autochanger command, so that keys follow the tapes.  After a load it finds the volume's key by
 * the label and loads it, before an unload it clears; everything else passes through. */
#include "cmd/command.h"

#include "base/msg.h"
#include "cmd/device.h"
#include "cmd/drivekey.h"
#include "cmd/loading.h"
#include "tape/keyload.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define VERB "changer"
#define WAIT_DEFAULT_S 300

/* Of the arguments behind the command: %c %o %S %a %d, as daemons give them to mtx-changer. */
enum { ARGUMENT_OPERATION = 2, ARGUMENT_DEVICE = 4 };

struct request {
	char **command; /* ends with NULL */
	int count;
	const char *device; /* the archive device, or --device */
	struct drivekey_sources sources;
	struct loading_options loading;
	bool require;
	unsigned wait;
};

/* ---- the command ---- */

/* Its exit status, as a shell tells it. */
static int run_command(const struct request *q)
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid < 0) {
		msg_error("%s: cannot start: %s", q->command[0], strerror(errno));
		return 1;
	}
	if (pid == 0) {
		execvp(q->command[0], q->command);
		msg_error("%s: cannot run: %s", q->command[0], strerror(errno));
		_exit(errno == ENOENT ? 127 : 126);
	}
	int status;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : 1;
}

/* ---- keys ---- */

/* Leaves the drive without a key or with that of the tape in it. */
static int load_key(const struct request *q, struct drive *d, enum drive_ready ready, const struct secret *kek,
		    const struct cryptocache *cache, struct err *e)
{
	char volume[LABEL_NAME_BYTES];
	struct drivekey k = DRIVEKEY_NONE;
	struct keyload_result result;
	bool found;
	int rc = device_volume_name(d, ready, true, volume, &found, e);
	const struct cryptocache_entry *entry = rc == 0 && found ? cryptocache_find(cache, volume) : NULL;
	if (rc != 0)
		return rc;
	if (entry == NULL && q->require)
		return err_set(e, XE_KEY, "%s%s%s: no key in %s, and --require-key is given; no key is in the drive", found ? "volume " : "a tape without a label",
			       found ? volume : "", "", drivekey_place(&q->sources));
	if (entry == NULL) {
		msg_info("%s: %s%s has no key: what is written to it will not be encrypted", q->device,
			 found ? "volume " : "a tape without a label", found ? volume : "");
		return 0;
	}
	rc = drivekey_open(entry, kek, &k, e);
	if (rc == 0)
		rc = loading_run(d, ready, q->device, &q->loading, volume, &k, &result, e);
	drivekey_free(&k);
	return rc;
}

static int after_load(const struct request *q)
{
	struct secret kek = SECRET_NONE;
	struct cryptocache cache = CRYPTOCACHE_NONE;
	struct drive d = DRIVE_NONE;
	enum drive_ready ready;
	struct err e = {0};
	int rc = drivekey_prepare(&q->sources, &kek, &cache, &e);
	if (rc == 0)
		rc = device_open(&d, q->device, q->wait, &ready, &e);
	if (rc == 0)
		rc = load_key(q, &d, ready, &kek, &cache, &e);
	drive_close(&d);
	cryptocache_free(&cache);
	secret_free(&kek);
	if (rc == 0)
		return 0;
	err_volume(&e, q->device);
	return msg_fail(&e);
}

/* A key that stays is no reason to keep the tape in the drive, but one to be told of; the next load clears it. */
static void before_unload(const struct request *q)
{
	struct drive d = DRIVE_NONE;
	enum drive_ready ready;
	struct err e = {0};
	bool encrypts = false;
	uint8_t algorithm;
	int rc = device_open(&d, q->device, 0, &ready, &e);
	if (rc == 0)
		rc = drive_encrypts(&d, &encrypts, &e);
	if (rc == 0 && encrypts)
		rc = keyload_index(&d, &algorithm, &e);
	if (rc == 0 && encrypts)
		rc = drive_clear(&d, algorithm, false, NULL, &e);
	drive_close(&d);
	if (rc != 0)
		msg_warning("%s: the key could not be cleared before the unload: %s", q->device, e.text);
}

static int run_changer(const struct request *q)
{
	const char *operation = q->count > ARGUMENT_OPERATION ? q->command[ARGUMENT_OPERATION] : "";
	bool loads = strcmp(operation, "load") == 0, unloads = strcmp(operation, "unload") == 0;
	if ((loads || unloads) && q->device == NULL)
		return msg_usage(VERB, "%s: which drive? The command's arguments are %%c %%o %%S %%a %%d, or give --device", operation);
	if (unloads)
		before_unload(q);
	int status = run_command(q);
	if (status == 0 && loads)
		status = after_load(q);
	return status;
}

static const struct option long_options[] = {
	{"catalog-command", required_argument, NULL, 'C'},
	{"cache", required_argument, NULL, 'c'},	{"kek", required_argument, NULL, 'w'},
	{"device", required_argument, NULL, 'd'},	{"mode", required_argument, NULL, 'm'},
	{"algorithm", required_argument, NULL, 'i'},	{"kad", required_argument, NULL, 'a'},
	{"clear-on-demount", no_argument, NULL, 'o'},	{"require-key", no_argument, NULL, 'r'},
	{"wait", required_argument, NULL, 't'},		{"quiet", no_argument, NULL, 'q'},
	{"verbose", no_argument, NULL, 'v'},		{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

/* Where "--" stands: what is behind it is none of ours, whatever it looks like. */
static int own_arguments(int argc, char **argv)
{
	int i = 1;
	while (i < argc && strcmp(argv[i], "--") != 0)
		i++;
	return i;
}

static int cmd_changer(int argc, char **argv)
{
	struct request q = {.loading = LOADING_DEFAULTS, .wait = WAIT_DEFAULT_S};
	int option, own = own_arguments(argc, argv), rc = command_no_abbreviations(VERB, own, argv, long_options);
	optind = 1;
	opterr = 0;
	while (rc == 0 && (option = getopt_long(own, argv, "+qv", long_options, NULL)) != -1) {
		switch (option) {
		case 'c': q.sources.cache = optarg; break;
		case 'C': q.sources.catalog = optarg; break;
		case 'w': q.sources.kek = optarg; break;
		case 'd': q.device = optarg; break;
		case 'm': rc = loading_mode_option(VERB, optarg, &q.loading); break;
		case 'i': rc = loading_algorithm_option(VERB, optarg, &q.loading); break;
		case 'a': q.loading.kad = optarg; break;
		case 'o': q.loading.clear_on_demount = true; break;
		case 'r': q.require = true; break;
		case 't': rc = device_wait_option(VERB, optarg, &q.wait); break;
		case 'q': msg_set_verbosity(msg_verbosity() - 1); break;
		case 'v': msg_set_verbosity(msg_verbosity() + 1); break;
		case 'h': fputs(command_changer.help, stdout); return 0;
		default: return msg_usage(VERB, "%s: unknown option, or its value is missing", argv[optind - 1]);
		}
	}
	if (rc != 0)
		return rc;
	if (optind < own || own + 1 >= argc)
		return msg_usage(VERB, "which command? It stands behind --");
	if ((rc = drivekey_check(VERB, &q.sources)) != 0)
		return rc;
	if (!drivekey_by_name(&q.sources))
		return msg_usage(VERB, "--cache FILE or --catalog-command COMMAND: where are the keys?");
	if (q.loading.mode == KEYLOAD_RAW)
		return msg_usage(VERB, "--mode raw takes no key");
	q.command = argv + own + 1;
	q.count = argc - own - 1;
	if (q.device == NULL && q.count > ARGUMENT_DEVICE)
		q.device = q.command[ARGUMENT_DEVICE];
	secret_guard_process();
	return run_changer(&q);
}

const struct command command_changer = {
	.name = "changer",
	.summary = "wrap an autochanger command: keys follow the tapes",
	.help = "Usage: xflate changer [OPTIONS] --cache FILE -- COMMAND ARGUMENTS...\n"
		"\n"
		"For the Changer Command of a storage daemon:\n"
		"\n"
		"  xflate changer --cache FILE -- /PATH/mtx-changer %c %o %S %a %d\n"
		"\n"
		"After a load it reads the tape's label (which is clear), finds the volume's key\n"
		"in the cache, and loads it into the drive; before an unload it clears the drive.\n"
		"A volume without a key is used in clear.  All other operations pass through.\n"
		"\n"
		"      --cache FILE        crypto cache of a Bareos storage daemon, or one made\n"
		"                          with xflate cache\n"
		"      --catalog-command COMMAND    instead of a cache: prints volumes and keys\n"
		"      --kek SOURCE        Key Encryption Key: FILE, -, fd:N or cred:NAME\n"
		"      --device DEVICE     the drive, if it is not the command's fifth word (%a)\n"
		"      --require-key       a volume without a key is an error\n"
		"      --kad TEXT          key descriptor; %v volume name, %k key id\n"
		"      --clear-on-demount, --mode MODE, --algorithm N    as with key load\n"
		"      --wait SECONDS      for the drive to load (default 300)\n"
		"  -q, -v\n"
		"\n"
		"Exit status: that of the command; if it is 0 and the key fails: 1, or 4 key, 5\n"
		"drive not ready, 6 refused by the drive, 7 not permitted.\n",
	.run = cmd_changer,
};
