/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate key status: what the drive says of its encryption. */
#include "cmd/command.h"

#include "base/msg.h"
#include "cmd/drive/device.h"
#include "cmd/drive/drivetext.h"
#include "cmd/drive/explain.h"
#include "cmd/drive/pasted.h"
#include "tape/sense_table.h"

struct request {
	const char *device;
	char *explain;
	unsigned vendor; /* of what is explained */
	bool json, bscrypto;
	unsigned wait;
};

static int gather(struct drive *d, struct drivetext_report *r, struct err *e)
{
	int rc = drive_identify(d, &r->id, e);
	if (rc == 0 && r->ready == DRIVE_READY)
		rc = cartridge_read(d, &r->cartridge, &r->medium, e);
	if (rc == 0)
		rc = drive_encrypts(d, &r->encrypts, e);
	if (rc != 0 || !r->encrypts)
		return rc;
	rc = drive_status(d, &r->status, e);
	if (rc == 0)
		rc = drive_capabilities(d, &r->capabilities, &r->has_capabilities, e);
	if (rc == 0)
		rc = drive_management(d, &r->management, &r->has_management, e);
	/* Some drives block on this page without a medium. */
	if (rc == 0 && r->ready == DRIVE_READY)
		rc = drive_next_block(d, &r->next, &r->has_next, e);
	return rc;
}

static int print_bscrypto(const struct drivetext_report *r, struct err *e)
{
	if (!r->encrypts)
		return err_set(e, XE_REFUSED, "this drive has no tape data encryption, and bscrypto no words for that");
	drivetext_bscrypto_status(&r->status);
	if (r->has_next)
		drivetext_bscrypto_volume(&r->next);
	return 0;
}

static int status(void *request, struct drive *d, enum drive_ready ready, struct err *e)
{
	const struct request *q = request;
	struct drivetext_report report = {.device = q->device, .ready = ready};
	int rc = gather(d, &report, e);
	if (rc != 0)
		return rc;
	if (q->bscrypto)
		return print_bscrypto(&report, e);
	if (q->json)
		drivetext_json(&report);
	else
		drivetext_print(&report);
	return 0;
}

static int take_vendor(const struct command *verb, void *vendor, const char *text)
{
	unsigned v = sense_vendor_of(text, "");
	*(unsigned *)vendor = v;
	return v ? 0 : msg_usage(verb->path, "--vendor is ibm, hp or quantum");
}

static const struct option_row rows[] = {
	OPTION_FLAG(0, "json", struct request, json),
	OPTION_FLAG(0, "bscrypto", struct request, bscrypto),
	OPTION_TAKE_AT(0, "wait", device_wait_option, struct request, wait),
	OPTION_TAKE_AT(0, "explain", pasted_option, struct request, explain),
	OPTION_TAKE_AT(0, "vendor", take_vendor, struct request, vendor),
	OPTIONS_END,
};

static int cmd_key_status(int argc, char **argv)
{
	static const char verb[] = "key status";
	struct request q = {0};
	struct operands rest;
	struct err e = {0};
	int left;
	if (!options_parse(&command_key_status, argc, argv, &q, &rest, &left))
		return left;
	if (q.explain && (rest.count > 0 || q.json || q.bscrypto))
		return msg_usage(verb,
				 "--explain needs no drive, and has one form; put what you paste in quotes, or give it to --explain -");
	if (q.vendor && !q.explain)
		return msg_usage(verb, "--vendor goes with --explain: a drive tells its vendor by itself");
	if (q.explain)
		return explain_run(q.explain, q.vendor, &e) == 0 ? 0 : msg_fail(&e);
	if (q.json && q.bscrypto)
		return msg_usage(verb, "one of --json and --bscrypto");
	left = device_operand(verb, &rest, &q.device);
	return left != 0 ? left
			 : device_run(&(struct device_visit){.device = q.device, .wait = q.wait, .json = q.json, .act = status, .arg = &q});
}

const struct command command_key_status = {
	.name = "status",
	.path = "key status",
	.summary = "what a tape drive says of its keys and its cartridge",
	.help = "Usage: xflate key status [OPTIONS] DEVICE\n"
		"       xflate key status --explain HEX\n"
		"\n"
		"Tells who manages the drive's keys (application, library, appliance, nobody),\n"
		"its modes, whether a key is in it, the key instance counter, the descriptors of\n"
		"that key and of the next block, whether the drive can decrypt that block, and\n"
		"the algorithms; of the cartridge its type, WORM, loads, life, errors and first\n"
		"encrypted block, as far as the drive tells.  Moves no tape, needs no\n"
		"cartridge.  DEVICE: /dev/nst0, /dev/sg3, iscsi://host/target/lun; without it,\n"
		"$TAPE.\n"
		"\n"
		"      --json          the same as JSON\n"
		"      --bscrypto      the lines of bscrypto -e -v\n"
		"      --wait SECONDS  for a drive that is still loading\n"
		"      --explain HEX   no drive: a page, sense data or a sense code in words, as\n"
		"                      sg_raw, sg_logs -H, xxd, od, hexdump, kernels, LTFS and\n"
		"                      stenc print them; - reads from standard input.  Nothing\n"
		"                      that may be a key is printed\n"
		"      --vendor VENDOR ibm, hp or quantum: whose sense codes those are\n"
		"  -q, --quiet\n"
		"\n"
		"Rights: an sg node (a tape node's is found by itself) must be writable; a node\n"
		"of st without one takes CAP_SYS_RAWIO.\n"
		"\n"
		"Exit status: 0 all well; 1 failed; 2 wrong usage; 5 drive not ready; 6 refused\n"
		"by the drive; 7 not permitted.\n",
	.run = cmd_key_status,
	.options = rows,
};
