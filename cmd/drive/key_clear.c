/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate key clear: takes the key out of a drive, and looks whether it is gone. */
#include "cmd/command.h"

#include "base/json.h"
#include "base/msg.h"
#include "cmd/drive/device.h"
#include "tape/keyload.h"
#include "tape/leftover.h"

#include <getopt.h>

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

static int run_clear(const char *device, unsigned wait, bool as_json)
{
	struct drive d = DRIVE_NONE;
	enum drive_ready ready;
	struct scsi_status after = {0};
	struct err e = {0};
	int rc = waiting_open(&d, device, wait, &ready, &e);
	if (rc == 0) {
		device_tell_attention(device, &d);
		rc = wait > 0 ? waiting_run(&d, device, wait, 0, &ready, &e) : 0;
		if (rc == 0)
			rc = clear(&d, &after, &e);
		/* A drive that is not ready can be cleared all the same; one that cannot be is said to have what it has. */
		if (rc != 0)
			leftover_clear(&d, &e);
	}
	drive_close(&d);
	if (rc != 0) {
		err_volume(&e, device);
		return msg_fail(&e);
	}
	msg_info("%s: no key is in the drive, key instance counter %u", device, after.counter);
	if (as_json) {
		struct json j = {.out = stdout};
		json_object(&j, NULL);
		json_number(&j, "format", 1);
		json_text(&j, "device", device);
		json_bool(&j, "cleared", true);
		json_number(&j, "key_instance_counter", after.counter);
		json_end_object(&j);
	}
	return 0;
}

static int cmd_key_clear(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"json", no_argument, NULL, 'j'},    {"wait", required_argument, NULL, 't'}, {"quiet", no_argument, NULL, 'q'},
		{"verbose", no_argument, NULL, 'v'}, {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0},
	};
	const char *device;
	bool as_json = false;
	unsigned wait = 0;
	int option, rc = command_no_abbreviations(VERB, argc, argv, long_options);
	optind = 1;
	opterr = 0;
	while (rc == 0 && (option = getopt_long(argc, argv, "qv", long_options, NULL)) != -1) {
		switch (option) {
		case 'j': as_json = true; break;
		case 't': rc = device_wait_option(VERB, optarg, &wait); break;
		case 'q': msg_set_verbosity(msg_verbosity() - 1); break;
		case 'v': msg_set_verbosity(msg_verbosity() + 1); break;
		case 'h': fputs(command_key_clear.help, stdout); return 0;
		default: return msg_usage(VERB, "%s: unknown option, or its value is missing", argv[optind - 1]);
		}
	}
	if (rc == 0)
		rc = device_argument(VERB, argc, argv, optind, &device);
	return rc ? rc : run_clear(device, wait, as_json);
}

const struct command command_key_clear = {
	.name = "clear",
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
};
