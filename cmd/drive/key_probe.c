/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate key probe: which of a cache's keys opens the block under the head (probing.h).  Nothing is read, the tape does not move. */
#include "cmd/command.h"

#include "base/json.h"
#include "base/msg.h"
#include "cmd/drive/device.h"
#include "cmd/drive/drivekey.h"
#include "cmd/drive/loading.h"
#include "cmd/drive/probing.h"
#include "tape/keyload.h"
#include "tape/leftover.h"

#define VERB "key probe"
#define TRIES_MAX 1000000u

struct request {
	const char *device, *first;
	struct drivekey_sources sources;
	uint64_t tries;
	bool lose_key, json;
	unsigned wait;
	int algorithm;
	struct probing_outcome outcome;
	char volume[LABEL_NAME_BYTES]; /* whose key fits; "": none, or the run failed */
};

static int check_block(struct drive *d, enum drive_ready ready, const struct request *q, struct scsi_next_block *b, struct err *e)
{
	struct scsi_status s;
	bool encrypts, has;
	if (ready != DRIVE_READY)
		return err_set(e, XE_NOT_READY, "%s",
			       ready == DRIVE_NO_MEDIUM ? "there is no cartridge in the drive"
							: "the drive is not ready; try again (--wait SECONDS)");
	int rc = drive_encrypts(d, &encrypts, e);
	if (rc == 0 && !encrypts)
		rc = err_set(e, XE_REFUSED, "this drive has no tape data encryption");
	if (rc == 0)
		rc = drive_status(d, &s, e);
	if (rc == 0 && (s.encryption != 0 || s.decryption != 0) && !q->lose_key)
		rc = err_set(e, XE_FAILED, "a key is in the drive, and would be lost: --lose-key, if nothing else uses the drive");
	if (rc == 0)
		rc = drive_next_block(d, b, &has, e);
	if (rc != 0)
		return rc;
	if (!has || b->encryption <= SCSI_BLOCK_NONE)
		return err_set(
			e, XE_FAILED,
			"the drive does not say that there is an encrypted block at this place: go to one (a file mark may stand here, "
			"as it does behind the label of a new tape: mt -f DEVICE fsf 1)");
	if (b->encryption == SCSI_BLOCK_CLEAR)
		return err_set(e, XE_FAILED,
			       "the block at this place is not encrypted: go to one that is (mt -f DEVICE fsf 1; where no file "
			       "mark stands behind the label mt -f DEVICE fsr 1)");
	if (b->encryption == SCSI_BLOCK_OTHER_ALGORITHM)
		return err_set(e, XE_REFUSED, "the block is encrypted by an algorithm that this drive does not have");
	if (b->encryption > SCSI_BLOCK_LOCKED)
		return err_set(e, XE_REFUSED, "the drive reports block status %u, which means nothing", b->encryption);
	return 0;
}

/* Found or not: one document. */
static void tell(const struct request *q, const struct err *e, int status)
{
	const struct probing_outcome *o = &q->outcome;
	struct json j = json_begin(stdout);
	json_text(&j, "device", q->device);
	json_bool(&j, "found", q->volume[0] != '\0');
	if (q->volume[0]) {
		json_text(&j, "volume", q->volume);
		json_text(&j, "key_id", o->key_id);
	}
	json_number(&j, "wrong", o->wrong);
	json_number(&j, "not_tried", o->left);
	command_json_error(&j, e);
	json_signed(&j, "exit_status", status);
	json_end_object(&j);
}

/* The cache goes away. */
static void keep(struct request *q)
{
	if (q->outcome.match == NULL)
		return;
	snprintf(q->volume, sizeof q->volume, "%s", q->outcome.match->volume);
	if (!q->json)
		printf("volume %s, key %s\n", q->volume, q->outcome.key_id);
}

static int probe(void *request, struct drive *d, enum drive_ready ready, struct err *e)
{
	struct request *q = request;
	struct secret kek = SECRET_NONE;
	struct cryptocache cache = CRYPTOCACHE_NONE;
	struct probing_outcome *o = &q->outcome;
	struct scsi_next_block b;
	uint8_t algorithm = 0;
	int rc = drivekey_prepare(&q->sources, &kek, &cache, e);
	if (rc == 0)
		rc = check_block(d, ready, q, &b, e);
	if (rc == 0)
		rc = keyload_index(d, &algorithm, e);
	if (rc == 0) {
		const struct probing how = {q->first, q->tries, q->algorithm};
		rc = probing_run(d, ready, &how, &kek, &cache, &b, o, e);
		struct err second = {0};
		int cleared = drive_clear(d, algorithm, false, NULL, rc == 0 ? e : &second);
		if (cleared != 0)
			leftover_clear(d, e);
		if (rc == 0)
			rc = cleared;
	}
	if (rc == 0)
		keep(q);
	if (rc == 0 && o->match == NULL)
		rc = err_set(e, XE_KEY, "none of %llu keys opens the block%s", (unsigned long long)o->wrong,
			     o->left ? "; the rest was not tried, lest the drive lock itself: name the likely volume with --first, or "
				       "raise --tries"
				     : "");
	cryptocache_free(&cache);
	secret_free(&kek);
	return rc;
}

static const struct option_row rows[] = {
	OPTION_LAST(0, "cache", struct request, sources.cache),
	OPTION_LAST(0, "catalog-command", struct request, sources.catalog),
	OPTION_LAST(0, "kek", struct request, sources.kek),
	OPTION_LAST(0, "first", struct request, first),
	OPTION_NUMBER(0, "tries", 1, TRIES_MAX, "a number of keys", struct request, tries),
	LOADING_ALGORITHM(struct request, algorithm),
	OPTION_FLAG(0, "lose-key", struct request, lose_key),
	OPTION_TAKE_AT(0, "wait", device_wait_option, struct request, wait),
	OPTION_FLAG(0, "json", struct request, json),
	OPTIONS_END,
};

static int cmd_key_probe(int argc, char **argv)
{
	struct request q = {.tries = PROBING_TRIES, .algorithm = -1};
	struct operands rest;
	int status;
	if (!options_parse(&command_key_probe, argc, argv, &q, &rest, &status))
		return status;
	status = drivekey_check(VERB, &q.sources);
	if (status == 0 && !drivekey_by_name(&q.sources))
		status = msg_usage(VERB, "--cache FILE or --catalog-command COMMAND: which keys?");
	if (status == 0)
		status = device_operand(VERB, &rest, &q.device);
	if (status != 0)
		return status;
	struct err e = {0};
	status = device_run(&(struct device_visit){.device = q.device, .wait = q.wait, .hold = true, .act = probe, .told = &e, .arg = &q});
	if (q.json)
		tell(&q, &e, status);
	return status;
}

const struct command command_key_probe = {
	.name = "probe",
	.path = "key probe",
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
		"      --lose-key      although a key is in the drive: it is lost\n"
		"      --wait SECONDS  for a drive that is still loading (or: ready)\n"
		"      --json, -q, -v\n"
		"\n"
		"Exit status: 0 found; 1 failed; 2 wrong usage; 4 no key fits; 5 drive not ready;\n"
		"6 refused by the drive; 7 not permitted.\n",
	.run = cmd_key_probe,
	.options = rows,
};
