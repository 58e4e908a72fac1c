/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate key clear: takes the key out of a drive, and looks whether it is gone. */
#include "cmd/command.h"

#include "base/json.h"
#include "base/msg.h"
#include "cmd/drive/device.h"
#include "tape/keyload.h"
#include "tape/leftover.h"

#define VERB "key clear"

static int clear(struct drive *d, struct scsi_status *after, struct err *e)
{
	bool encrypts;
	uint8_t algorithm;
	int rc = drive_encrypts(d, &encrypts, e);
	if (rc == 0 && !encrypts)
		rc = err_set(e, XE_REFUSED, "this drive has no tape data encryption: there is no key to clear");
	if (rc == 0)
		rc = keyload_index(d, &algorithm, e);
	if (rc == 0)
		rc = drive_clear(d, algorithm, false, after, e);
	return rc;
}

struct request {
	const char *device;
	unsigned wait;
	bool json;
};

static int run_clear(const struct request *q)
{
	struct drive d = DRIVE_NONE;
	enum drive_ready ready;
	struct scsi_status after = {0};
	struct err e = {0};
	int rc = waiting_open(&d, q->device, q->wait, &ready, &e);
	if (rc == 0) {
		device_tell_attention(q->device, &d);
		rc = q->wait > 0 ? waiting_run(&d, q->device, q->wait, 0, &ready, &e) : 0;
		if (rc == 0)
			rc = clear(&d, &after, &e);
		/* A drive that is not ready can be cleared all the same; one that cannot be is said to have what it has. */
		if (rc != 0)
			leftover_clear(&d, &e);
	}
	drive_close(&d);
	if (rc != 0) {
		err_volume(&e, q->device);
		return msg_fail(&e);
	}
	msg_info("%s: no key is in the drive, key instance counter %u", q->device, after.counter);
	if (q->json) {
		struct json j = {.out = stdout};
		json_object(&j, NULL);
		json_number(&j, "format", 1);
		json_text(&j, "device", q->device);
		json_bool(&j, "cleared", true);
		json_number(&j, "key_instance_counter", after.counter);
		json_end_object(&j);
	}
	return 0;
}

static const struct option_row rows[] = {
	OPTION_TAKE_AT(0, "wait", device_wait_option, struct request, wait),
	OPTION_FLAG(0, "json", struct request, json),
	OPTIONS_END,
};

static int cmd_key_clear(int argc, char **argv)
{
	struct request q = {0};
	struct operands rest;
	int status;
	if (!options_parse(&command_key_clear, argc, argv, &q, &rest, &status))
		return status;
	status = device_operand(VERB, &rest, &q.device);
	return status != 0 ? status : run_clear(&q);
}

const struct command command_key_clear = {
	.name = "clear",
	.path = "key clear",
	.summary = "the key out of a tape drive",
	.help = "Usage: xflate key clear [OPTIONS] DEVICE\n"
		"\n"
		"Takes the key out of a tape drive and reads its status back: fails unless both\n"
		"modes are off.  What is written from then on is not encrypted, and encrypted\n"
		"blocks cannot be read.  Needs no cartridge.  DEVICE: /dev/nst0, /dev/sg3,\n"
		"iscsi://host/target/lun; without it, $TAPE.\n"
		"\n"
		"      --wait SECONDS  for a drive that is still loading (or: ready)\n"
		"      --json          the result as JSON\n"
		"  -q, --quiet         say nothing if all is well\n"
		"\n"
		"Exit status: 0 cleared; 1 failed; 2 wrong usage; 5 drive not ready; 6 refused by\n"
		"the drive; 7 not permitted.\n",
	.run = cmd_key_clear,
	.options = rows,
};
