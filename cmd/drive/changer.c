/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate changer: wraps an autochanger command, so that keys follow the tapes.  After a load it finds the volume's key by
 * the label and loads it; after an unload it clears the drive; everything else passes through.
 *
 * The key goes when the tape has gone, not before: an unload that fails, or is killed, leaves the tape in a drive that still
 * encrypts.  After a load whatever key was there is another tape's: it is cleared first of all.  What cannot be put right is
 * said, with the key that is there.
 *
 * It opens the drive by itself, not with device_run: around a command whose exit status goes before ours, and each time another sentence
 * tells what it means that the drive cannot be asked. */
#include "cmd/command.h"

#include "base/msg.h"
#include "base/quit.h"
#include "cmd/drive/device.h"
#include "cmd/drive/drivekey.h"
#include "cmd/drive/keyevents.h"
#include "cmd/drive/labelkey.h"
#include "cmd/drive/loading.h"
#include "crypt/child.h"
#include "tape/leftover.h"

#include <stdio.h>
#include <string.h>

#define VERB "changer"
#define APPEAR_S 20u /* for a loaded cartridge to be seen by its drive */
#define LEAVE_S 30u  /* for an unloaded one to be gone */
#define BUSY_S 2u    /* for another program that looks at it to be done */
#define PAUSE_MS 250u
#define SURE_TIMES 3u

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
	struct events events;
};

/* What was in the drive before the command. */
struct before {
	bool known, had_tape, had_key;
};

/* ---- the command ---- */

/* Its exit status, as a shell tells it. */
static int run_command(const struct request *q)
{
	struct err e = {0};
	int status;
	fflush(stdout);
	if (child_pass(q->command, &status, &e) != 0)
		(void)msg_fail(&e);
	return status;
}

/* ---- what is in the drive ---- */

/* A key in an empty drive is nobody's: before a load it goes at once, so that it is not there whatever becomes of us. */
static void look_before(const struct request *q, bool loads, struct before *b)
{
	struct drive d = DRIVE_NONE;
	struct leftover l;
	enum drive_ready ready;
	struct err ignored = {0};
	*b = (struct before){0};
	if (drive_open(&d, q->device, &ready, &ignored) == 0) {
		if (loads && ready == DRIVE_NO_MEDIUM)
			keyevents_clear(q->loading.events, q->device, &d, &ignored);
		leftover_look(&d, &l);
		*b = (struct before){l.state != LEFTOVER_UNKNOWN, ready != DRIVE_NO_MEDIUM, l.state == LEFTOVER_KEY};
	}
	drive_close(&d);
}

static int fail(const struct request *q, struct err *e)
{
	err_volume(e, q->device);
	return msg_fail(e);
}

/* The command's own status says more than ours. */
static int worse(int status, int ours)
{
	return status ? status : ours;
}

/* ---- keys ---- */

/* Leaves the drive without a key or with that of the tape in it. */
static int load_key(const struct request *q, struct drive *d, enum drive_ready ready, bool rewind, const struct secret *kek,
		    const struct cryptocache *cache, struct err *e)
{
	struct labelkey l;
	struct drivekey k = DRIVEKEY_NONE;
	struct keyload_result result;
	const char *place = drivekey_place(&q->sources);
	int rc = labelkey_find(d, ready, rewind, q->loading.algorithm, kek, cache, place, &l, e);
	if (rc == 0 && l.volume[0])
		rc = keyevents_label(q->loading.events, q->device, l.volume, e);
	const char *what = l.volume[0] ? "volume " : "a tape without a label";
	if (rc != 0)
		return rc;
	if (l.entry == NULL && q->require)
		return err_set(e, XE_KEY, "%s%s: no key in %s, and --require-key is given", what, l.volume, place);
	if (l.entry == NULL) {
		msg_info("%s: %s%s has no key in %s: what is written to it will not be encrypted", q->device, what, l.volume, place);
		return 0;
	}
	rc = drivekey_open(l.entry, kek, &k, e);
	if (rc == 0)
		rc = loading_run(d, ready, q->device, &q->loading, l.volume, &k, &result, e);
	drivekey_free(&k);
	return rc;
}

/* The key of the tape in the open drive, with cache and KEK read for it.  rewind: the tape need not be at its beginning. */
static int find_and_load(const struct request *q, struct drive *d, enum drive_ready ready, bool rewind, struct err *e)
{
	struct secret kek = SECRET_NONE;
	struct cryptocache cache = CRYPTOCACHE_NONE;
	int rc = drivekey_prepare(&q->sources, &kek, &cache, e);
	if (rc == 0)
		rc = waiting_run(d, q->device, q->wait, APPEAR_S, &ready, e);
	if (rc == 0)
		rc = load_key(q, d, ready, rewind, &kek, &cache, e);
	cryptocache_free(&cache);
	secret_free(&kek);
	return rc;
}

/* ---- load ---- */

/* The command has failed.  A tape that was there before keeps its key; else nothing has a right to one. */
static void after_failed_load(const struct request *q, struct drive *d, enum drive_ready ready, const struct before *b)
{
	struct leftover l;
	struct err e = {0};
	leftover_look(d, &l);
	if (l.state == LEFTOVER_NONE)
		return;
	err_set(&e, XE_FAILED, "the load failed");
	bool same_tape = ready != DRIVE_NO_MEDIUM && (b->had_tape || !b->known);
	if (same_tape)
		leftover_name(d, &e);
	else
		keyevents_clear(q->loading.events, q->device, d, &e);
	msg_warning("%s: %s", q->device, e.text);
}

/* Before anything that takes time, or can fail.  What does not work yet, with a drive that is loading, is tried again behind. */
static void clear_foreign(const struct request *q, struct drive *d)
{
	struct leftover l;
	struct err ignored = {0};
	char text[LEFTOVER_TEXT_BYTES];
	leftover_look(d, &l);
	if (l.state != LEFTOVER_KEY)
		return;
	leftover_describe(&l, text);
	if (keyevents_clear(q->loading.events, q->device, d, &ignored))
		msg_info("%s: cleared what was in the drive before the load: %s", q->device, text);
}

static int after_load(const struct request *q, const struct before *b, int status)
{
	struct drive d = DRIVE_NONE;
	enum drive_ready ready;
	struct err e = {0};
	int rc = waiting_open(&d, q->device, status == 0 ? q->wait : 0, &ready, &e);
	if (rc != 0) {
		err_add(&e, "; what is in the drive after the load is not known: A KEY MAY BE IN THE DRIVE");
		return worse(status, fail(q, &e));
	}
	d.encrypts = b->had_key;
	device_tell_attention(q->device, &d);
	if (status != 0) {
		after_failed_load(q, &d, ready, b);
	} else {
		clear_foreign(q, &d);
		rc = find_and_load(q, &d, ready, true, &e);
		if (rc == 0 && quit_asked() != 0)
			rc = err_set(&e, XE_FAILED, "interrupted by a signal");
		if (rc != 0)
			keyevents_clear(q->loading.events, q->device, &d, &e);
	}
	drive_close(&d);
	return rc ? fail(q, &e) : status;
}

/* ---- unload ---- */

/* Some commands end before the drive has let go of the tape.  After one that failed the tape has gone only if the drive says
 * so time and again: between threading and ejecting it says many things. */
static bool has_gone(struct drive *d, enum drive_ready *ready, bool unloaded)
{
	unsigned ms = 0, agreed = 0, wanted = unloaded ? 1 : SURE_TIMES;
	for (;; ms += PAUSE_MS) {
		struct err ignored = {0};
		agreed = *ready == DRIVE_NO_MEDIUM ? agreed + 1 : 0;
		bool go_on = *ready == DRIVE_NO_MEDIUM || (*ready == DRIVE_NOT_YET && unloaded && ms < LEAVE_S * 1000 && quit_asked() == 0);
		if (agreed == wanted || !go_on)
			return agreed == wanted;
		quit_sleep(PAUSE_MS);
		if (drive_ready(d, ready, &ignored) != 0)
			return false;
	}
}

/* The tape is still there, and its key has gone: the drive was reset, or has cleared it with the demount.  It is not rewound:
 * who writes on where it stands must not overwrite its label. */
static int bring_back(const struct request *q, struct drive *d, enum drive_ready ready, const struct before *b, int status)
{
	struct err e = {0};
	struct leftover l;
	int rc = find_and_load(q, d, ready, false, &e);
	leftover_look(d, &l);
	if (rc == 0 && l.state == LEFTOVER_KEY) {
		msg_warning("%s: the tape is still in the drive; its key had gone and is loaded again", q->device);
		return status;
	}
	if (rc == 0 && l.state == LEFTOVER_NONE && !b->had_key)
		return status;
	if (rc == 0)
		err_set(&e, XE_KEY, "the key of the tape has gone, and %s has none for it", drivekey_place(&q->sources));
	if (keyevents_clear(q->loading.events, q->device, d, &e))
		err_add(&e, ": THE DRIVE IS CLEAR, and the tape still in it: what is written next is not encrypted");
	return worse(status, fail(q, &e));
}

static int still_loaded(const struct request *q, struct drive *d, enum drive_ready ready, const struct before *b, int status)
{
	struct leftover l;
	struct err e = {0};
	char text[LEFTOVER_TEXT_BYTES];
	leftover_look(d, &l);
	switch (l.state) {
	case LEFTOVER_KEY:
		leftover_describe(&l, text);
		msg_warning("%s: the tape is still in the drive, and so it keeps its key, which is not cleared: %s", q->device, text);
		return status;
	case LEFTOVER_NONE: return b->had_key || !b->known ? bring_back(q, d, ready, b, status) : status;
	default:
		err_set(&e, XE_FAILED,
			"the tape is still in the drive, which does not tell whether its key is, too (%s): look at it (xflate key "
			"status) before anything is written",
			l.why.text);
		return worse(status, fail(q, &e));
	}
}

/* A key that stays is no reason to call an unload failed, but one to be told of; the next load clears it. */
static void clear_empty_drive(const struct request *q, struct drive *d)
{
	struct err e = {0};
	err_set(&e, XE_FAILED, "the tape is unloaded, but the key could not be cleared");
	if (!keyevents_clear(q->loading.events, q->device, d, &e))
		msg_warning("%s: %s", q->device, e.text);
}

static int after_unload(const struct request *q, const struct before *b, int status)
{
	struct drive d = DRIVE_NONE;
	enum drive_ready ready;
	struct err e = {0};
	if (waiting_open(&d, q->device, BUSY_S, &ready, &e) != 0) {
		msg_warning("%s: after the unload the drive cannot be asked what is in it: A KEY MAY BE IN THE DRIVE: %s", q->device,
			    e.text);
		return status;
	}
	d.encrypts = b->had_key;
	if (has_gone(&d, &ready, status == 0))
		clear_empty_drive(q, &d);
	else
		status = still_loaded(q, &d, ready, b, status);
	drive_close(&d);
	return status;
}

static int run_changer(const struct request *q)
{
	const char *operation = q->count > ARGUMENT_OPERATION ? q->command[ARGUMENT_OPERATION] : "";
	bool loads = strcmp(operation, "load") == 0, unloads = strcmp(operation, "unload") == 0;
	struct before before = {0};
	if ((loads || unloads) && q->device == NULL)
		return msg_usage(VERB, "%s: which drive? The command's arguments are %%c %%o %%S %%a %%d, or give --device", operation);
	quit_hold();
	if (loads || unloads)
		look_before(q, loads, &before);
	int status = run_command(q);
	if (loads)
		status = after_load(q, &before, status);
	else if (unloads)
		status = after_unload(q, &before, status);
	quit_release();
	return status;
}

/* Raw reading takes no key. */
static const char *const modes[] = {[KEYLOAD_MIXED] = "mixed", [KEYLOAD_DECRYPT] = "decrypt", NULL};

static const struct option_row rows[] = {
	OPTION_LAST(0, "cache", struct request, sources.cache),
	OPTION_LAST(0, "catalog-command", struct request, sources.catalog),
	OPTION_LAST(0, "kek", struct request, sources.kek),
	OPTION_LAST(0, "device", struct request, device),
	LOADING_ROWS(struct request, loading, modes),
	OPTION_FLAG(0, "require-key", struct request, require),
	EVENTS_ROWS(struct request, events),
	OPTION_TAKE_AT(0, "wait", device_wait_option, struct request, wait),
	OPTIONS_END,
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
	struct request q = {.loading = LOADING_DEFAULTS, .wait = WAITING_READY};
	struct operands rest;
	int status, own = own_arguments(argc, argv);
	if (!options_parse(&command_changer, own, argv, &q, &rest, &status))
		return status;
	if (rest.count > 0 || own + 1 >= argc)
		return msg_usage(VERB, "which command? It stands behind --");
	q.loading.events = &q.events;
	if ((status = events_check(&q.events, VERB)) != 0 || (status = drivekey_check(VERB, &q.sources)) != 0)
		return status;
	if (!drivekey_by_name(&q.sources))
		return msg_usage(VERB, "--cache FILE or --catalog-command COMMAND: where are the keys?");
	q.command = argv + own + 1;
	q.count = argc - own - 1;
	if (q.device == NULL && q.count > ARGUMENT_DEVICE)
		q.device = q.command[ARGUMENT_DEVICE];
	return run_changer(&q);
}

const struct command command_changer = {
	.name = "changer",
	.path = "changer",
	.summary = "wrap an autochanger command: keys follow the tapes",
	.help = "Usage: xflate changer [OPTIONS] --cache FILE -- COMMAND ARGUMENTS...\n"
		"\n"
		"For the Changer Command of a storage daemon:\n"
		"\n"
		"  xflate changer --cache FILE -- /PATH/mtx-changer %c %o %S %a %d\n"
		"\n"
		"After a load it reads the tape's label (of an encrypted one it probes for the\n"
		"key, as key probe does), finds the volume's key in the cache, and loads it into\n"
		"the drive; once a tape is unloaded it clears the\n"
		"drive, and while the tape stays in it, so does its key.  A volume without a key\n"
		"is used in clear.  All other operations pass through.\n"
		"\n"
		"      --cache FILE        crypto cache of a Bareos storage daemon, or one made\n"
		"                          with xflate cache\n"
		"      --catalog-command COMMAND    instead of a cache: prints volumes and keys\n"
		"      --kek SOURCE        Key Encryption Key: FILE, -, fd:N or cred:NAME\n"
		"      --device DEVICE     the drive, if it is not the command's fifth word (%a)\n"
		"      --require-key       a volume without a key is an error\n"
		"      --events COMMAND [--events-for EVENT,...] [--events-veto]  is told\n"
		"      --kad TEXT          key descriptor; %v volume name, %k key id\n"
		"      --clear-on-demount, --raw-readable, --mode MODE, --algorithm N\n"
		"                          as with key load\n"
		"      --wait SECONDS      for the drive to load; ready (default): as long as it\n"
		"                          says that it is becoming ready, else 300\n"
		"  -q, -v\n"
		"\n"
		"Exit status: that of the command; if it is 0 and the key fails: 1, or 4 key, 5\n"
		"drive not ready, 6 refused by the drive, 7 not permitted.  Whatever fails, the\n"
		"drive is cleared, or the message tells which key is still in it.\n",
	.run = cmd_changer,
	.options = rows,
	.secrets = true,
};
