/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate key probe: which of a cache's keys opens the block under the head.  Keys are loaded one by one and the drive is
 * asked whether it could decrypt the block; nothing is read, the tape does not move.  HP's LTO-4 locks itself after ten
 * wrong keys, so few are tried: first those that the block's own descriptor points to. */
#include "cmd/command.h"

#include "base/json.h"
#include "base/msg.h"
#include "base/quit.h"
#include "cmd/device.h"
#include "cmd/drivekey.h"
#include "tape/keyload.h"
#include "tape/leftover.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define VERB "key probe"
#define TRIES_DEFAULT 3
#define TRIES_MAX 1000000

struct request {
	const char *device, *first;
	struct drivekey_sources sources;
	uint64_t tries;
	bool force, json;
	unsigned wait;
	int algorithm;
};

struct outcome {
	const struct cryptocache_entry *match; /* NULL: none */
	char key_id[SECRET_ID_BYTES];
	uint64_t wrong, unusable, left;
};

/* Does the block's descriptor name this volume, or its key's id? */
static bool is_named(const struct scsi_next_block *b, const char *volume, const char *id)
{
	for (unsigned i = 0; i < b->kads.count; i++) {
		const struct scsi_kad *k = &b->kads.kads[i];
		if (memmem(k->data, k->len, volume, strlen(volume)) != NULL || (*id && memmem(k->data, k->len, id, strlen(id)) != NULL))
			return true;
	}
	return false;
}

/* 0: opens it; 1: does not; below: an error. */
static int try_key(struct drive *d, enum drive_ready ready, const struct request *q, const struct drivekey *k, struct err *e)
{
	const struct keyload_options load = {.key = {k->key.data, k->key.len}, .mode = KEYLOAD_DECRYPT, .algorithm = q->algorithm};
	struct keyload_result result;
	struct scsi_next_block b;
	bool has;
	int rc = keyload_run(d, ready, &load, &result, e);
	if (rc == 0)
		rc = drive_next_block(d, &b, &has, e);
	if (rc != 0)
		return rc;
	if (!has || (b.encryption != SCSI_BLOCK_DECRYPTABLE && b.encryption != SCSI_BLOCK_LOCKED))
		return err_set(e, XE_REFUSED, "with a key loaded, the drive no longer says what the block is (status %u)", has ? b.encryption : 0);
	return b.encryption == SCSI_BLOCK_DECRYPTABLE ? 0 : 1;
}

static bool is_tried(const uint8_t *tried, size_t count, const struct cryptocache *cache, size_t at)
{
	for (size_t i = 0; i < count; i++) {
		if (tried[i] && i != at && strcmp(cache->entries[i].key, cache->entries[at].key) == 0)
			return true; /* the same key under another name */
	}
	return tried[at];
}

enum pass { PASS_FIRST, PASS_NAMED, PASS_REST, PASSES };

static int try_entry(struct drive *d, enum drive_ready ready, const struct request *q, const struct secret *kek,
		     const struct cryptocache_entry *entry, const struct scsi_next_block *b, enum pass pass, bool *tried,
		     struct outcome *o, struct err *e)
{
	struct drivekey k = DRIVEKEY_NONE;
	struct err mine = {0};
	*tried = false;
	int rc = drivekey_open(entry, kek, &k, &mine);
	if (rc != 0) {
		if (pass == PASS_REST) {
			o->unusable++;
			msg_warning("%s: %s", entry->volume, mine.text);
		}
		drivekey_free(&k);
		return 1;
	}
	bool wanted = pass == PASS_FIRST ? strcmp(entry->volume, q->first) == 0 : pass == PASS_REST || is_named(b, entry->volume, k.id);
	rc = 1;
	if (wanted && o->wrong >= q->tries) {
		o->left++;
	} else if (wanted) {
		*tried = true;
		rc = try_key(d, ready, q, &k, e);
		o->wrong += rc == 1;
	}
	if (rc == 0) {
		o->match = entry;
		memcpy(o->key_id, k.id, sizeof o->key_id);
	}
	drivekey_free(&k);
	return rc;
}

static int try_all(struct drive *d, enum drive_ready ready, const struct request *q, const struct secret *kek,
		   const struct cryptocache *cache, const struct scsi_next_block *b, struct outcome *o, struct err *e)
{
	uint8_t *tried = calloc(cache->count + 1, 1);
	if (tried == NULL)
		return err_memory(e, cache->count, "the list of keys");
	int rc = 1;
	for (int pass = q->first ? PASS_FIRST : PASS_NAMED; pass < PASSES && rc == 1; pass++) {
		for (size_t i = 0; i < cache->count && rc == 1; i++) {
			bool now;
			if (is_tried(tried, cache->count, cache, i))
				continue;
			if (quit_asked() != 0) {
				rc = err_set(e, XE_FAILED, "interrupted by a signal");
				break;
			}
			rc = try_entry(d, ready, q, kek, &cache->entries[i], b, (enum pass)pass, &now, o, e);
			tried[i] = now;
		}
	}
	free(tried);
	return rc < 0 ? rc : 0;
}

static int check_block(struct drive *d, enum drive_ready ready, const struct request *q, struct scsi_next_block *b, struct err *e)
{
	struct scsi_status s;
	bool encrypts, has;
	if (ready != DRIVE_READY)
		return err_set(e, XE_NOT_READY, "%s", ready == DRIVE_NO_MEDIUM ? "there is no cartridge in the drive" : "the drive is not ready; try again (--wait SECONDS)");
	int rc = drive_encrypts(d, &encrypts, e);
	if (rc == 0 && !encrypts)
		rc = err_set(e, XE_REFUSED, "this drive has no tape data encryption");
	if (rc == 0)
		rc = drive_status(d, &s, e);
	if (rc == 0 && (s.encryption != 0 || s.decryption != 0) && !q->force)
		rc = err_set(e, XE_FAILED, "a key is in the drive, and would be lost: --force, if nothing else uses the drive");
	if (rc == 0)
		rc = drive_next_block(d, b, &has, e);
	if (rc != 0)
		return rc;
	if (!has || b->encryption <= SCSI_BLOCK_NONE)
		return err_set(e, XE_FAILED,
			       "the drive does not say that there is an encrypted block at this place: go to one (the label, block 0, is "
			       "clear: mt -f DEVICE asf 0, mt -f DEVICE fsr 1)");
	if (b->encryption == SCSI_BLOCK_CLEAR)
		return err_set(e, XE_FAILED, "the block at this place is not encrypted: go to one that is (mt -f DEVICE fsr 1)");
	if (b->encryption == SCSI_BLOCK_OTHER_ALGORITHM)
		return err_set(e, XE_REFUSED, "the block is encrypted by an algorithm that this drive does not have");
	if (b->encryption > SCSI_BLOCK_LOCKED)
		return err_set(e, XE_REFUSED, "the drive reports block status %u, which means nothing", b->encryption);
	return 0;
}

static void tell(const struct request *q, const struct outcome *o)
{
	if (q->json) {
		struct json j = {.out = stdout};
		json_object(&j, NULL);
		json_number(&j, "format", 1);
		json_text(&j, "device", q->device);
		json_bool(&j, "found", o->match != NULL);
		if (o->match) {
			json_text(&j, "volume", o->match->volume);
			json_text(&j, "key_id", o->key_id);
		}
		json_number(&j, "wrong", o->wrong);
		json_number(&j, "not_tried", o->left);
		json_end_object(&j);
	} else if (o->match) {
		printf("volume %s, key %s\n", o->match->volume, o->key_id);
	}
}

static int probe(const struct request *q, struct drive *d, enum drive_ready ready, struct err *e)
{
	struct secret kek = SECRET_NONE;
	struct cryptocache cache = CRYPTOCACHE_NONE;
	struct outcome o = {0};
	struct scsi_next_block b;
	uint8_t algorithm = 0;
	int rc = drivekey_prepare(&q->sources, &kek, &cache, e);
	if (rc == 0)
		rc = check_block(d, ready, q, &b, e);
	if (rc == 0)
		rc = keyload_index(d, &algorithm, e);
	if (rc == 0) {
		rc = try_all(d, ready, q, &kek, &cache, &b, &o, e);
		struct err second = {0};
		int cleared = drive_clear(d, algorithm, false, NULL, rc == 0 ? e : &second);
		if (cleared != 0)
			leftover_clear(d, e);
		rc = rc ? rc : cleared;
	}
	if (rc == 0)
		tell(q, &o);
	if (rc == 0 && o.match == NULL)
		rc = err_set(e, XE_KEY, "none of %llu keys opens the block%s", (unsigned long long)o.wrong,
			     o.left ? "; the rest was not tried, lest the drive lock itself: name the likely volume with --first, or "
				      "raise --tries" : "");
	cryptocache_free(&cache);
	secret_free(&kek);
	return rc;
}

static int run_probe(const struct request *q)
{
	struct drive d = DRIVE_NONE;
	enum drive_ready ready;
	struct err e = {0};
	int rc = device_open(&d, q->device, q->wait, &ready, &e);
	quit_hold();
	if (rc == 0)
		rc = probe(q, &d, ready, &e);
	drive_close(&d);
	if (rc != 0)
		err_volume(&e, q->device);
	int status = rc == 0 ? 0 : msg_fail(&e);
	quit_release();
	return status;
}

static const struct option long_options[] = {
	{"catalog-command", required_argument, NULL, 'C'},
	{"cache", required_argument, NULL, 'c'}, {"kek", required_argument, NULL, 'w'},	  {"first", required_argument, NULL, 'n'},
	{"tries", required_argument, NULL, 'r'}, {"algorithm", required_argument, NULL, 'i'}, {"force", no_argument, NULL, 'f'},
	{"wait", required_argument, NULL, 't'},	 {"json", no_argument, NULL, 'j'},	  {"quiet", no_argument, NULL, 'q'},
	{"verbose", no_argument, NULL, 'v'},	 {"help", no_argument, NULL, 'h'},	  {NULL, 0, NULL, 0},
};

static int cmd_key_probe(int argc, char **argv)
{
	struct request q = {.tries = TRIES_DEFAULT, .algorithm = -1};
	uint64_t v;
	int option, rc = command_no_abbreviations(VERB, argc, argv, long_options);
	optind = 1;
	opterr = 0;
	while (rc == 0 && (option = getopt_long(argc, argv, "qv", long_options, NULL)) != -1) {
		switch (option) {
		case 'c': q.sources.cache = optarg; break;
		case 'C': q.sources.catalog = optarg; break;
		case 'w': q.sources.kek = optarg; break;
		case 'n': q.first = optarg; break;
		case 'r':
			if (!command_number(optarg, 1, TRIES_MAX, &q.tries))
				return msg_usage(VERB, "--tries %s: not a number of keys (1 to %d)", optarg, TRIES_MAX);
			break;
		case 'i':
			if (!command_number(optarg, 0, 255, &v))
				return msg_usage(VERB, "--algorithm %s: not an index (0 to 255)", optarg);
			q.algorithm = (int)v;
			break;
		case 'f': q.force = true; break;
		case 't': rc = device_wait_option(VERB, optarg, &q.wait); break;
		case 'j': q.json = true; break;
		case 'q': msg_set_verbosity(msg_verbosity() - 1); break;
		case 'v': msg_set_verbosity(msg_verbosity() + 1); break;
		case 'h': fputs(command_key_probe.help, stdout); return 0;
		default: return msg_usage(VERB, "%s: unknown option, or its value is missing", argv[optind - 1]);
		}
	}
	if (rc == 0)
		rc = drivekey_check(VERB, &q.sources);
	if (rc == 0 && !drivekey_by_name(&q.sources))
		rc = msg_usage(VERB, "--cache FILE or --catalog-command COMMAND: which keys?");
	if (rc == 0)
		rc = device_argument(VERB, argc, argv, optind, &q.device);
	if (rc != 0)
		return rc;
	secret_guard_process();
	return run_probe(&q);
}

const struct command command_key_probe = {
	.name = "probe",
	.summary = "which key of a cache opens the block under the head",
	.help = "Usage: xflate key probe [OPTIONS] DEVICE --cache FILE\n"
		"\n"
		"Loads keys of a crypto cache one by one, for decryption only, and asks the drive\n"
		"each time whether it could decrypt the block at the tape's place.  Nothing is\n"
		"read, the tape does not move, and no key is in the drive at the end.  Prints the\n"
		"volume name and key id of the one that fits; keys that the block's descriptor\n"
		"names come first.  Some drives lock themselves after ten wrong keys and reads,\n"
		"so this stops after 3 wrong ones.\n"
		"\n"
		"      --cache FILE    crypto cache of a Bareos storage daemon\n"
		"      --catalog-command COMMAND    instead of a cache: prints volumes and keys\n"
		"      --kek SOURCE    Key Encryption Key, if the keys are wrapped: FILE, -,\n"
		"                      fd:N, cred:NAME or tty\n"
		"      --first NAME    try this volume's key first\n"
		"      --tries N       stop after N wrong keys (default 3)\n"
		"      --algorithm N   index of the algorithm (default: found)\n"
		"      --force         although a key is in the drive: it is lost\n"
		"      --wait SECONDS  for a drive that is still loading (or: ready)\n"
		"      --json, -q, -v\n"
		"\n"
		"Exit status: 0 found; 1 failed; 2 wrong usage; 4 no key fits; 5 drive not ready;\n"
		"6 refused by the drive; 7 not permitted.\n",
	.run = cmd_key_probe,
};
