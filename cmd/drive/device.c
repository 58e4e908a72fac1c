/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/drive/device.h"

#include "base/msg.h"
#include "base/quit.h"
#include "cmd/command.h"
#include "format/tapelabel.h"
#include "keywrap.h"
#include "tape/keyload.h"

#include <stdlib.h>
#include <unistd.h>

#define LABEL_ROOM ((size_t)1 << 20)
#define WAIT_MAX_S 86400u

/* A dump, or a key: where --explain was forgotten, or an argument is not where it belongs. */
static bool is_pasted(const char *text)
{
	enum keywrap_form form = keywrap_form_of(text, strlen(text));
	if (access(text, F_OK) == 0 || strncmp(text, "iscsi:", 6) == 0)
		return false;
	if (form != KEYWRAP_UNKNOWN && (form != KEYWRAP_PASSPHRASE || strncmp(text, "/dev/", 5) != 0))
		return true;
	return text[strspn(text, "0123456789abcdefABCDEFxXhH \t\r\n,:;.-_")] == '\0' || (*text != '/' && strpbrk(text, " \t\r\n"));
}

int device_operand(const char *verb, const struct operands *rest, const char **device)
{
	bool pasted = false;
	*device = rest->count ? rest->names[0] : getenv("TAPE");
	if (*device == NULL || **device == '\0')
		return msg_usage(verb, "which DEVICE? (or set TAPE)");
	for (size_t i = 0; i < rest->count; i++)
		pasted = pasted || is_pasted(rest->names[i]);
	if (pasted || is_pasted(*device))
		return msg_usage(verb, "what stands for the DEVICE looks like bytes or a key, and so it is not shown; bytes are for key "
				       "status --explain");
	if (rest->count > 1)
		return msg_usage(verb, "%s: one device at a time", rest->names[1]);
	if (strncmp(*device, "iscsi://", 8) == 0 && strpbrk(*device, "%@") != NULL)
		return msg_usage(verb, "a URL shows its user and password to everybody; none is taken in it");
	return 0;
}

int device_wait_option(const struct command *verb, void *seconds, const char *text)
{
	uint64_t v = WAITING_READY;
	if (strcmp(text, "ready") != 0 && !options_number(text, 0, WAIT_MAX_S, &v))
		return msg_usage(verb->path, "--wait %s: neither a number of seconds (0 to %u) nor ready", text, WAIT_MAX_S);
	*(unsigned *)seconds = (unsigned)v;
	return 0;
}

void device_tell_attention(const char *device, const struct drive *d)
{
	char text[SENSE_TEXT_BYTES];
	if (!d->attention.valid)
		return;
	sense_describe(&d->attention, false, text);
	if (sense_is_notable_attention(&d->attention))
		msg_info("%s: the drive reported %s", device, text);
}

static int act(const struct device_visit *v, struct drive *d, enum drive_ready ready, struct err *e)
{
	device_tell_attention(v->device, d);
	int rc = v->wait > 0 ? waiting_run(d, v->device, v->wait, 0, &ready, e) : 0;
	if (v->hold)
		quit_hold();
	if (rc == 0)
		rc = v->act(v->arg, d, ready, e);
	if (rc != 0 && v->failed)
		v->failed(d, e);
	return rc;
}

int device_run(const struct device_visit *v)
{
	struct drive d = DRIVE_NONE;
	enum drive_ready ready;
	struct err e = {0};
	int rc = waiting_open(&d, v->device, v->wait, &ready, &e), status = 0;
	bool opened = rc == 0;
	if (opened)
		rc = act(v, &d, ready, &e);
	drive_close(&d);
	if (rc != 0) {
		err_volume(&e, v->device);
		status = command_fail(&e, v->json);
		if (v->told)
			*v->told = e;
	}
	if (opened && v->hold)
		quit_release();
	return status;
}

/* ---- the label ---- */

static int clear_before_label(struct drive *d, struct err *e)
{
	struct scsi_status status;
	bool encrypts;
	int rc = drive_encrypts(d, &encrypts, e);
	if (rc != 0 || !encrypts)
		return rc;
	rc = drive_status(d, &status, e);
	if (rc != 0 || (status.encryption == 0 && status.decryption == 0))
		return rc;
	if (status.control >= 2)
		return 0; /* not ours to clear; loading will say so */
	return drive_clear(d, status.algorithm, false, NULL, e);
}

static int check_position(struct drive *d, bool rewind, struct err *e)
{
	struct identity_position p;
	bool has;
	int rc = drive_position(d, &p, &has, e);
	if (rc == 0 && has && !p.at_beginning && !rewind)
		rc = err_set(e, XE_FAILED,
			     "the tape stands at block %u, not at its beginning, where the label is; rewind it first (mt rewind), or "
			     "give --rewind",
			     p.block);
	return rc;
}

int device_volume_name(struct drive *d, enum drive_ready ready, bool rewind, char name[static LABEL_NAME_BYTES], bool *found, struct err *e)
{
	*found = false;
	name[0] = '\0';
	if (ready != DRIVE_READY)
		return err_set(e, XE_NOT_READY,
			       ready == DRIVE_NO_MEDIUM ? "there is no cartridge in the drive, and so no label to read"
							: "the drive is not ready; try again (--wait SECONDS)");
	uint8_t *block = malloc(LABEL_ROOM);
	size_t got = 0;
	if (block == NULL)
		return err_memory(e, LABEL_ROOM, "the label");
	int rc = check_position(d, rewind, e);
	if (rc == 0)
		rc = clear_before_label(d, e);
	if (rc == 0)
		rc = drive_first_block(d, block, LABEL_ROOM, &got, e);
	if (rc == 0)
		*found = tapelabel_name((struct span){block, got}, name);
	free(block);
	return rc;
}
