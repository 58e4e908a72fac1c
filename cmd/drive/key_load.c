/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate key load: a key into the drive, and proof that it is there. */
#include "cmd/command.h"

#include "base/json.h"
#include "base/msg.h"
#include "base/quit.h"
#include "cmd/drive/device.h"
#include "cmd/drive/drivekey.h"
#include "cmd/drive/keyevents.h"
#include "cmd/drive/labelkey.h"
#include "cmd/drive/loading.h"
#include "tape/leftover.h"

#include <string.h>

#define VERB "key load"

struct request {
	const char *device, *volume;
	struct drivekey_sources sources;
	struct loading_options loading;
	bool automatic, rewind, json;
	unsigned wait;
	struct events events;
};

static int check_request(const struct request *q)
{
	int ways = (q->sources.key != NULL) + (q->volume != NULL) + q->automatic;
	bool raw = q->loading.mode == KEYLOAD_RAW;
	if (raw && (ways > 0 || drivekey_by_name(&q->sources) || q->sources.kek || q->loading.kad))
		return msg_usage(VERB, "--mode raw reads what is stored and takes no key");
	if (!raw && ways == 0)
		return msg_usage(VERB, "which key? --key SOURCE, --volume NAME --cache FILE, or --auto --cache FILE");
	if (ways > 1)
		return msg_usage(VERB, "one of --key, --volume and --auto");
	if ((q->volume || q->automatic) && !drivekey_by_name(&q->sources))
		return msg_usage(VERB, "--cache FILE or --catalog-command COMMAND: where are the keys?");
	if (q->sources.key && drivekey_by_name(&q->sources))
		return msg_usage(VERB, "--%s: the key comes from --key", q->sources.cache ? "cache" : "catalog-command");
	if (q->sources.raw && q->sources.key == NULL)
		return msg_usage(VERB, "--raw-key belongs to --key; a cache knows which keys are raw");
	if (q->volume && (strlen(q->volume) >= LABEL_NAME_BYTES || *q->volume == '\0'))
		return msg_usage(VERB, "--volume: a volume name has 1 to %d characters", LABEL_NAME_BYTES - 1);
	if (q->rewind && !q->automatic)
		return msg_usage(VERB, "--rewind belongs to --auto");
	return 0;
}

static void write_json(const struct request *q, const char *volume, const struct drivekey *k, const struct keyload_result *r)
{
	struct json j = json_begin(stdout);
	json_text(&j, "device", q->device);
	json_bool(&j, "loaded", !q->loading.dry_run);
	json_known(&j, "volume", volume);
	if (k->id[0])
		json_text(&j, "key_id", k->id);
	json_text(&j, "mode", loading_modes[q->loading.mode]);
	json_number(&j, "algorithm_index", r->algorithm.index);
	json_bool(&j, "algorithm_from_drive", r->known);
	json_bool(&j, "had_key", r->had_key);
	if (!q->loading.dry_run)
		json_number(&j, "key_instance_counter", r->after.counter);
	json_end_object(&j);
}

/* What is to be loaded; for --auto the cache alone, since the tape is yet to tell its name. */
struct key_material {
	struct secret kek;
	struct cryptocache cache;
	struct drivekey key;
	char volume[LABEL_NAME_BYTES];
};

#define KEY_MATERIAL_NONE ((struct key_material){.kek = SECRET_NONE, .cache = CRYPTOCACHE_NONE, .key = DRIVEKEY_NONE})

static void free_keys(struct key_material *k)
{
	drivekey_free(&k->key);
	cryptocache_free(&k->cache);
	secret_free(&k->kek);
}

static int open_key(const struct request *q, const struct cryptocache_entry *entry, struct key_material *k, struct err *e)
{
	return entry ? drivekey_open(entry, &k->kek, &k->key, e)
		     : err_set(e, XE_KEY, "volume %s has no key in %s%s", k->volume, drivekey_place(&q->sources),
			       q->automatic ? "; no key is in the drive now" : "");
}

/* Before the drive is touched: whoever types a key, or waits for a pipe, may still be interrupted. */
static int gather_keys(const struct request *q, struct key_material *k, struct err *e)
{
	if (q->volume)
		snprintf(k->volume, sizeof k->volume, "%s", q->volume);
	int rc = drivekey_prepare(&q->sources, &k->kek, &k->cache, e);
	if (rc == 0 && q->volume)
		rc = open_key(q, cryptocache_find(&k->cache, k->volume), k, e);
	else if (rc == 0 && q->sources.key)
		rc = drivekey_read(&q->sources, &k->kek, &k->key, e);
	return rc;
}

static int key_of_label(const struct request *q, struct drive *d, enum drive_ready ready, struct key_material *k, struct err *e)
{
	struct labelkey l;
	int rc = labelkey_find(d, ready, q->rewind, q->loading.algorithm, &k->kek, &k->cache, drivekey_place(&q->sources), &l, e);
	if (rc == 0 && l.volume[0] == '\0')
		rc = err_set(e, XE_FAILED, "the tape has no label of Bareos or Bacula in its first block; name the volume with --volume");
	snprintf(k->volume, sizeof k->volume, "%s", l.volume);
	if (rc == 0)
		rc = keyevents_label(q->loading.events, q->device, l.volume, e);
	return rc ? rc : open_key(q, l.entry, k, e);
}

static int load(const struct request *q, struct drive *d, enum drive_ready ready, struct key_material *k, struct err *e)
{
	struct keyload_result result;
	int rc = q->wait > 0 ? waiting_run(d, q->device, q->wait, 0, &ready, e) : 0;
	if (rc == 0 && q->automatic)
		rc = key_of_label(q, d, ready, k, e);
	if (rc == 0)
		rc = loading_run(d, ready, q->device, &q->loading, k->volume, &k->key, &result, e);
	if (rc == 0 && q->json)
		write_json(q, k->volume, &k->key, &result);
	return rc;
}

/* A key that was in the drive before is named; one that a veto does not want there goes. */
static void leave_failed(struct request *q, struct drive *d, struct err *e)
{
	if (q->events.stopped.code == XE_OK)
		leftover_name(d, e);
	else
		keyevents_clear(&q->events, q->device, d, e);
}

/* Not device_run's way: keys come before the drive, which is looked at even if they do not come; a key that was in it before is named
 * after every failure, since whoever uses the drive goes on with it. */
static int run_load(struct request *q)
{
	struct drive d = DRIVE_NONE;
	struct key_material keys = KEY_MATERIAL_NONE;
	enum drive_ready ready;
	struct err e = {0}, ignored = {0};
	if (events_begin(&q->events, &e) != 0) {
		events_end(&q->events, "run-end", err_exit_status(e.code), &e, NULL, NULL);
		return command_fail(&e, q->json);
	}
	int rc = gather_keys(q, &keys, &e);
	quit_hold();
	int opened = waiting_open(&d, q->device, rc == 0 ? q->wait : 0, &ready, rc == 0 ? &e : &ignored);
	if (rc == 0 && opened == 0) {
		device_tell_attention(q->device, &d);
		rc = load(q, &d, ready, &keys, &e);
	}
	free_keys(&keys);
	if (rc != 0 && opened == 0)
		leave_failed(q, &d, &e);
	if (rc == 0)
		rc = opened;
	drive_close(&d);
	if (rc != 0)
		err_volume(&e, q->device);
	int status = rc == 0 ? 0 : command_fail(&e, q->json);
	events_end(&q->events, "run-end", status, &e, NULL, NULL);
	quit_release();
	return status;
}

static const struct option_row rows[] = {
	OPTION_LAST(0, "key", struct request, sources.key),
	OPTION_LAST(0, "volume", struct request, volume),
	OPTION_FLAG(0, "auto", struct request, automatic),
	OPTION_FLAG(0, "rewind", struct request, rewind),
	OPTION_LAST(0, "cache", struct request, sources.cache),
	OPTION_LAST(0, "catalog-command", struct request, sources.catalog),
	OPTION_LAST(0, "kek", struct request, sources.kek),
	OPTION_FLAG(0, "raw-key", struct request, sources.raw),
	LOADING_ROWS(struct request, loading, loading_modes),
	OPTION_TAKE_AT(0, "wait", device_wait_option, struct request, wait),
	OPTION_FLAG(0, "dry-run", struct request, loading.dry_run),
	OPTION_FLAG(0, "json", struct request, json),
	EVENTS_ROWS(struct request, events),
	OPTIONS_END,
};

static int cmd_key_load(int argc, char **argv)
{
	struct request q = {.loading = LOADING_DEFAULTS};
	struct operands rest;
	int status;
	if (!options_parse(&command_key_load, argc, argv, &q, &rest, &status))
		return status;
	q.loading.events = &q.events;
	status = events_check(&q.events, VERB);
	if (status == 0)
		status = drivekey_check(VERB, &q.sources);
	if (status == 0)
		status = check_request(&q);
	if (status == 0)
		status = device_operand(VERB, &rest, &q.device);
	return status != 0 ? status : run_load(&q);
}

const struct command command_key_load = {
	.name = "load",
	.path = "key load",
	.summary = "a key into a tape drive, and proof that it is there",
	.help = "Usage: xflate key load [OPTIONS] DEVICE\n"
		"\n"
		"Loads a key into a tape drive, reads the drive's status back, and fails (with\n"
		"the key cleared again) unless it is what was asked for.  DEVICE: /dev/nst0,\n"
		"/dev/sg3, iscsi://host/target/lun; without it, $TAPE.\n"
		"\n"
		"      --key SOURCE        the key; SOURCE: FILE, -, fd:N, cred:NAME or tty\n"
		"      --volume NAME       the key of this volume in the cache\n"
		"      --auto              read the volume's name from the label of the tape\n"
		"      --rewind            --auto may rewind a tape that is not at its beginning\n"
		"      --cache FILE        crypto cache of a Bareos storage daemon\n"
		"      --catalog-command COMMAND    instead of a cache: prints volumes and keys\n"
		"      --kek SOURCE        Key Encryption Key, if the key is wrapped\n"
		"      --raw-key           --key is 32 bytes or 64 hex digits, no passphrase\n"
		"      --mode MODE         mixed: writes encrypted, reads both (default);\n"
		"                          decrypt: writes clear, reads encrypted; raw: no key\n"
		"      --algorithm N       index of the algorithm (default: found)\n"
		"      --kad TEXT          key descriptor for the tape; %v volume name, %k key id\n"
		"      --clear-on-demount  the drive forgets the key when it unloads the tape\n"
		"      --raw-readable      what is written may be read raw (--mode raw)\n"
		"      --wait SECONDS      for a drive that is still loading; ready: as long as\n"
		"                          it says so (hours for a new LTO-9 medium)\n"
		"      --dry-run           check everything, load nothing\n"
		"      --events COMMAND [--events-for EVENT,...] [--events-veto]  is told\n"
		"      --json, -q, -v\n"
		"\n"
		"Exit status: 0 loaded; 1 failed; 2 wrong usage; 4 key; 5 drive not ready;\n"
		"6 refused by the drive; 7 not permitted.\n",
	.run = cmd_key_load,
	.options = rows,
};
