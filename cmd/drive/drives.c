/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate drives: the tape drives and changers of this machine. */
#include "cmd/drive/drives.h"

#include "base/json.h"
#include "base/msg.h"
#include "cmd/command.h"
#include "cmd/drive/device.h"
#include "tape/inventory.h"
#include "tape/keyload.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A unit, and what it says itself where it may be asked. */
struct line {
	const struct inventory_unit *unit;
	char node[PATH_MAX], sg[PATH_MAX]; /* "": none */
	char serial[IDENTITY_TEXT_BYTES];
	enum inventory_rights rights;
	bool told, encrypts; /* told: the drive has answered whether it encrypts */
	uint8_t control;     /* who manages its keys */
	struct err problem;  /* why it was not asked, or has not answered */
};

/* The sg node is not exclusive; where it is not there, the tape node.  "": there is neither. */
static const char *best_node(const struct line *l)
{
	return l->sg[0] && access(l->sg, F_OK) == 0 ? l->sg : l->node[0] && access(l->node, F_OK) == 0 ? l->node : "";
}

/* ---- asking ---- */

/* INQUIRY and SECURITY PROTOCOL IN alone: nothing moves, and no medium is needed. */
static int ask(struct drive *d, struct line *l)
{
	struct drive_identity id;
	struct err *e = &l->problem;
	int rc = drive_identify(d, &id, e);
	if (l->serial[0] == '\0')
		memcpy(l->serial, id.serial, sizeof l->serial);
	if (rc == 0)
		rc = drive_encrypts(d, &l->encrypts, e);
	struct scsi_status status = {0};
	if (rc == 0 && l->encrypts)
		rc = drive_status(d, &status, e);
	l->told = rc == 0;
	l->control = status.control;
	return rc;
}

static void ask_drive(struct line *l)
{
	struct drive d = DRIVE_NONE;
	const char *node = best_node(l);
	int rc = node[0] ? transport_open(&d.transport, node, &l->problem)
			 : err_set(&l->problem, XE_PERMISSION, "it has no node here (a container that was not given it?)");
	if (rc == 0)
		rc = ask(&d, l);
	device_tell_attention(node, &d);
	drive_close(&d);
	/* What the modes promised, the kernel did not keep: a container, a security module. */
	if (rc == XE_PERMISSION && l->rights == INVENTORY_ALL)
		l->rights = INVENTORY_SOME;
}

static void path_of(const char *dev, const char *name, char path[static PATH_MAX])
{
	path[0] = '\0';
	if (name[0])
		snprintf(path, PATH_MAX, "%s/%s", dev, name);
}

static void gather(const char *dev, const struct inventory_unit *u, struct line *l)
{
	*l = (struct line){.unit = u, .rights = inventory_rights(dev, u)};
	path_of(dev, u->node, l->node);
	path_of(dev, u->sg, l->sg);
	memcpy(l->serial, u->serial, sizeof l->serial);
	if (u->type == IDENTITY_TYPE_TAPE)
		ask_drive(l);
}

/* ---- telling ---- */

static const char *const kinds[] = {[IDENTITY_TYPE_TAPE] = "drive", [IDENTITY_TYPE_CHANGER] = "changer"};
static const char *const rights[] = {[INVENTORY_ALL] = "yes", [INVENTORY_SOME] = "some", [INVENTORY_NONE] = "no"};

static const char *or_dash(const char *text)
{
	return text[0] ? text : "-";
}

static void print_line(const struct line *l)
{
	const struct inventory_unit *u = l->unit;
	char product[40];
	bool tape = u->type == IDENTITY_TYPE_TAPE;
	snprintf(product, sizeof product, "%s %s %s", u->vendor, u->product, u->revision);
	printf("%-10s %-9s %-7s %-9s %-31s %-12s %-8s %-12s %s\n", or_dash(l->node), or_dash(l->sg), kinds[u->type], u->address, product,
	       or_dash(l->serial),
	       !tape         ? "-"
	       : !l->told    ? "?"
	       : l->encrypts ? "yes"
			     : "no",
	       !tape         ? "-"
	       : !l->told    ? "?"
	       : l->encrypts ? keyload_method(l->control)
			     : "-",
	       rights[l->rights]);
}

static void json_line(struct json *j, const struct line *l)
{
	const struct inventory_unit *u = l->unit;
	static const char *const commands[] = {[INVENTORY_ALL] = "all", [INVENTORY_SOME] = "some", [INVENTORY_NONE] = "none"};
	json_object(j, NULL);
	json_text(j, "kind", kinds[u->type]);
	json_text(j, "address", u->address);
	if (l->node[0])
		json_text(j, "node", l->node);
	if (l->sg[0])
		json_text(j, "sg", l->sg);
	json_text(j, "vendor", u->vendor);
	json_text(j, "product", u->product);
	json_text(j, "revision", u->revision);
	json_known(j, "serial", l->serial);
	json_text(j, "commands", commands[l->rights]);
	if (l->told) {
		json_bool(j, "encrypts", l->encrypts);
		json_text(j, "method", l->encrypts ? keyload_method(l->control) : "none");
	}
	if (l->problem.code != XE_OK)
		json_text(j, "error", l->problem.text);
	json_end_object(j);
}

/* That something is not permitted is an answer to what was asked; other troubles are the drive's. */
static int tell_problem(const struct line *l)
{
	struct err e = l->problem;
	const char *node = best_node(l), *name = node[0] ? node : l->unit->address;
	if (e.code == XE_OK)
		return 0;
	if (e.code == XE_PERMISSION) {
		msg_warning("%s: %s", name, e.text);
		return 0;
	}
	err_volume(&e, name);
	return msg_fail(&e);
}

static void print_lines(const struct line *lines, size_t count)
{
	if (count > 0)
		printf("%-10s %-9s %-7s %-9s %-31s %-12s %-8s %-12s %s\n", "NODE", "SG", "KIND", "ADDRESS", "PRODUCT", "SERIAL", "ENCRYPTS",
		       "KEYS BY", "COMMANDS");
	else
		puts("This machine has no tape drive and no changer that its kernel knows of.");
	for (size_t i = 0; i < count; i++)
		print_line(&lines[i]);
}

static void json_lines(const struct line *lines, size_t count)
{
	struct json j = json_begin(stdout);
	json_array(&j, "devices");
	for (size_t i = 0; i < count; i++)
		json_line(&j, &lines[i]);
	json_end_array(&j);
	json_end_object(&j);
}

static int tell(const char *dev, const struct inventory *i, struct line *lines, bool json)
{
	int status = 0;
	for (size_t n = 0; n < i->count; n++)
		gather(dev, &i->units[n], &lines[n]);
	if (json)
		json_lines(lines, i->count);
	else
		print_lines(lines, i->count);
	for (size_t n = 0; n < i->count; n++)
		status = err_worse_status(status, tell_problem(&lines[n]));
	return status;
}

int drives_run(const char *sysfs, const char *dev, bool json)
{
	struct inventory i = {0};
	struct err e = {0};
	int status = 0, rc = inventory_read(sysfs, &i, &e);
	struct line *lines = rc == 0 ? calloc(i.count + 1, sizeof *lines) : NULL;
	if (rc == 0 && lines == NULL)
		rc = err_memory(&e, (i.count + 1) * sizeof *lines, "the list of drives");
	status = rc == 0 ? tell(dev, &i, lines, json) : command_fail(&e, json);
	free(lines);
	inventory_free(&i);
	return status;
}

struct request {
	bool json;
};

static const struct option_row rows[] = {OPTION_FLAG(0, "json", struct request, json), OPTIONS_END};

static int cmd_drives(int argc, char **argv)
{
	struct request q = {0};
	struct operands rest;
	int status;
	if (!options_parse(&command_drives, argc, argv, &q, &rest, &status))
		return status;
	if (rest.count > 0)
		return msg_usage("drives", "takes no DEVICE: key status tells of one drive");
	return drives_run("/sys", "/dev", q.json);
}

const struct command command_drives = {
	.name = "drives",
	.path = "drives",
	.summary = "the tape drives and changers of this machine",
	.help = "Usage: xflate drives [OPTIONS]\n"
		"\n"
		"Lists the tape drives and changers that this machine's kernel knows, a line\n"
		"each: the node that does not rewind, the sg node, kind, SCSI address, vendor,\n"
		"product and firmware, serial number; whether a drive encrypts, who manages its\n"
		"keys (application: this host; library, appliance, drive), and whether this\n"
		"process may send commands: yes; some (an sg node that may only be read, without\n"
		"CAP_SYS_RAWIO); no.  ? is what the drive was not, or could not be, asked.  The\n"
		"reason follows on standard error.  Moves no tape, needs no cartridge.\n"
		"\n"
		"      --json   the same as JSON, with the reasons\n"
		"  -q, --quiet\n"
		"\n"
		"Drives behind iSCSI are listed where the kernel's initiator is logged in.\n"
		"\n"
		"Exit status: 0 listed, also where there is none, or one may not be asked; 1\n"
		"failed; 2 wrong usage; 5 a drive is not ready to answer; 6 one refused.\n",
	.run = cmd_drives,
	.options = rows,
};
