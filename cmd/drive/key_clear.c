/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate key clear: takes the key out of a drive, and looks whether it is gone. */
#include "cmd/command.h"

#include "base/json.h"
#include "base/msg.h"
#include "cmd/drive/device.h"
#include "cmd/drive/keyevents.h"
#include "tape/keyload.h"
#include "tape/leftover.h"

#define VERB "key clear"

struct request {
	const char *device;
	unsigned wait;
	bool json;
	struct events events;
};

static int take_out(struct drive *d, struct scsi_status *after, struct err *e)
{
	bool encrypts;
	uint8_t algorithm;
	int rc = drive_encrypts(d, &encrypts, e);
	if (rc == 0 && !encrypts)
		rc = err_set(e, XE_REFUSED, "this drive has no tape data encryption: there is no key to clear");
	if (rc == 0)
		rc = keyload_index(d, &algorithm, e);
	return rc == 0 ? drive_clear(d, algorithm, false, after, e) : rc;
}

static void tell(const struct request *q, const struct scsi_status *after)
{
	msg_info("%s: no key is in the drive, key instance counter %u", q->device, after->counter);
	if (!q->json)
		return;
	struct json j = json_begin(stdout);
	json_text(&j, "device", q->device);
	json_bool(&j, "cleared", true);
	json_number(&j, "key_instance_counter", after->counter);
	json_end_object(&j);
}

/* A drive that is not ready can be cleared all the same. */
static int clear(void *request, struct drive *d, enum drive_ready ready, struct err *e)
{
	struct scsi_status after = {0};
	(void)ready;
	struct request *q = request;
	bool has_key = keyevents_has_key(&q->events, d);
	int rc = take_out(d, &after, e);
	if (rc != 0)
		return rc;
	tell(q, &after);
	if (has_key)
		keyevents_cleared(&q->events, q->device);
	return 0;
}

static void name_leftover(struct drive *d, struct err *e)
{
	(void)leftover_clear(d, e);
}

static const struct option_row rows[] = {
	OPTION_TAKE_AT(0, "wait", device_wait_option, struct request, wait),
	OPTION_FLAG(0, "json", struct request, json),
	EVENTS_ROWS(struct request, events),
	OPTIONS_END,
};

static int cmd_key_clear(int argc, char **argv)
{
	struct request q = {0};
	struct operands rest;
	int status;
	if (!options_parse(&command_key_clear, argc, argv, &q, &rest, &status))
		return status;
	status = events_check(&q.events, VERB);
	if (status == 0)
		status = device_operand(VERB, &rest, &q.device);
	if (status != 0)
		return status;
	/* One that cannot be cleared is said to have what it has. */
	struct err e = {0};
	if (events_begin(&q.events, &e) == 0)
		status = device_run(&(struct device_visit){
			.device = q.device, .wait = q.wait, .json = q.json, .act = clear, .failed = name_leftover, .told = &e, .arg = &q});
	else
		status = command_fail(&e, q.json);
	events_end(&q.events, "run-end", status, &e, NULL, NULL);
	return status;
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
		"      --events COMMAND [--events-for EVENT,...] [--events-veto]  is told\n"
		"      --json          the result as JSON\n"
		"  -q, --quiet         say nothing if all is well\n"
		"\n"
		"Exit status: 0 cleared; 1 failed; 2 wrong usage; 5 drive not ready; 6 refused by\n"
		"the drive; 7 not permitted.\n",
	.run = cmd_key_clear,
	.options = rows,
};
