/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate alerts: the TapeAlert flags of a drive. */
#include "cmd/command.h"

#include "base/json.h"
#include "base/msg.h"
#include "cmd/device.h"

#include <getopt.h>

struct request {
	const char *device;
	bool all, keep, json;
};

static bool is_active(const struct tapealert *t, unsigned n)
{
	return t->active >> (n - 1) & 1;
}

static void print_text(const struct request *q, const struct tapealert *t)
{
	for (unsigned n = 1; n <= TAPEALERT_FLAGS; n++) {
		const struct tapealert_flag *f = tapealert_flag(n);
		if (!is_active(t, n) && !q->all)
			continue;
		bool reported = t->reported >> (n - 1) & 1;
		printf("%2u %-8s %s: %s\n", n, is_active(t, n) ? "ACTIVE" : reported ? "-" : "not told", tapealert_severity(f->severity), f->name);
		printf("            %s\n", f->meaning);
		if (is_active(t, n))
			printf("            what to do: %s\n", f->advice);
	}
	if (t->active == 0)
		printf("no TapeAlert flag is active\n");
	printf(q->keep ? "The flags are as they were: reading this page does not clear them.\n" :
			 "Reading has cleared the flags for this host; they come back when their cause does.\n");
}

static void print_json(const struct request *q, const struct tapealert *t)
{
	struct json j = {.out = stdout};
	char mask[24];
	json_object(&j, NULL);
	json_number(&j, "format", 1);
	json_text(&j, "device", q->device);
	/* As Bareos's catalog has them, flag n in bit n, which leaves out the 64th. */
	snprintf(mask, sizeof mask, "0x%016llx", (unsigned long long)(t->active << 1));
	json_text(&j, "bareos_flags", mask);
	json_bool(&j, "cleared_by_reading", !q->keep);
	json_array(&j, "flags");
	for (unsigned n = 1; n <= TAPEALERT_FLAGS; n++) {
		const struct tapealert_flag *f = tapealert_flag(n);
		if (!is_active(t, n) && !q->all)
			continue;
		json_object(&j, NULL);
		json_number(&j, "flag", n);
		json_bool(&j, "active", is_active(t, n));
		json_text(&j, "severity", tapealert_severity(f->severity));
		json_text(&j, "name", f->name);
		json_text(&j, "meaning", f->meaning);
		json_text(&j, "advice", f->advice);
		json_end_object(&j);
	}
	json_end_array(&j);
	json_end_object(&j);
}

static int run_alerts(const struct request *q)
{
	struct drive d = DRIVE_NONE;
	enum drive_ready ready;
	struct tapealert t = {0};
	struct err e = {0};
	int rc = device_open(&d, q->device, 0, &ready, &e);
	if (rc == 0)
		rc = drive_alerts(&d, q->keep ? TAPEALERT_RESPONSE_PAGE : TAPEALERT_PAGE, &t, &e);
	drive_close(&d);
	if (rc != 0) {
		err_volume(&e, q->device);
		return msg_fail(&e);
	}
	if (q->json)
		print_json(q, &t);
	else
		print_text(q, &t);
	bool critical = false;
	for (unsigned n = 1; n <= TAPEALERT_FLAGS; n++)
		critical = critical || (is_active(&t, n) && tapealert_flag(n)->severity == 'C');
	return critical ? 3 : 0;
}

static int cmd_alerts(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"all", no_argument, NULL, 'a'},   {"keep", no_argument, NULL, 'k'},	{"json", no_argument, NULL, 'j'},
		{"quiet", no_argument, NULL, 'q'}, {"verbose", no_argument, NULL, 'v'}, {"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct request q = {0};
	int option, rc = command_no_abbreviations("alerts", argc, argv, long_options);
	optind = 1;
	opterr = 0;
	while (rc == 0 && (option = getopt_long(argc, argv, "qv", long_options, NULL)) != -1) {
		switch (option) {
		case 'a': q.all = true; break;
		case 'k': q.keep = true; break;
		case 'j': q.json = true; break;
		case 'q': msg_set_verbosity(msg_verbosity() - 1); break;
		case 'v': msg_set_verbosity(msg_verbosity() + 1); break;
		case 'h': fputs(command_alerts.help, stdout); return 0;
		default: return msg_usage("alerts", "%s: unknown option", argv[optind - 1]);
		}
	}
	if (rc == 0)
		rc = device_argument("alerts", argc, argv, optind, &q.device);
	return rc ? rc : run_alerts(&q);
}

const struct command command_alerts = {
	.name = "alerts",
	.summary = "TapeAlert flags of a tape drive",
	.help = "Usage: xflate alerts [OPTIONS] DEVICE\n"
		"\n"
		"Prints the active ones of a drive's 64 TapeAlert flags, with severity, meaning\n"
		"and advice.  READING CLEARS THEM for this host: do not ask a drive that a\n"
		"storage daemon watches (Drive Tape Alert Enabled) without --keep.  DEVICE:\n"
		"/dev/nst0, /dev/sg3, iscsi://host/target/lun; without it, $TAPE.\n"
		"\n"
		"      --all    the flags that are not active, too\n"
		"      --keep   ask by another page (12h) that leaves the flags alone; not every\n"
		"               drive has it\n"
		"      --json   as JSON\n"
		"  -q, --quiet\n"
		"\n"
		"Exit status: 0 no critical flag; 1 failed; 2 wrong usage; 3 a critical flag is\n"
		"active; 5 drive not ready; 6 refused by the drive; 7 not permitted.\n",
	.run = cmd_alerts,
};
