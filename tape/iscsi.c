/* SPDX-License-Identifier: GPL-3.0-or-later */
/* iscsi://host[:port]/target/lun through libiscsi.  The session is in clear text: whoever sees the network sees the key.
 * A connection that breaks is not made again behind our back: a reset may have taken the key out of the drive. */
#ifdef HAVE_LIBISCSI
#include "tape/transport.h"

#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
#include <stdio.h>
#include <string.h>

#define INITIATOR_FILE "/etc/iscsi/initiatorname.iscsi"
#define INITIATOR_DEFAULT "iqn.2007-10.com.github:xflate"
#define SCSI_STATUS_MAX 0xff

/* Targets admit initiators by name: that of open-iscsi's file, as the kernel's initiator would use. */
static void initiator_name(char *name, size_t room)
{
	char line[256];
	snprintf(name, room, "%s", INITIATOR_DEFAULT);
	FILE *f = fopen(INITIATOR_FILE, "re");
	while (f && fgets(line, sizeof line, f) != NULL) {
		if (strncmp(line, "InitiatorName=", 14) == 0)
			snprintf(name, room, "%.*s", (int)strcspn(line + 14, " \t\r\n"), line + 14);
	}
	if (f)
		fclose(f);
}

/* A check condition's data is two bytes of length and the sense. */
static void take_sense(const struct scsi_task *task, struct transport_reply *reply)
{
	if (task->datain.data == NULL || task->datain.size < 2)
		return;
	size_t len = (size_t)task->datain.data[0] << 8 | task->datain.data[1], here = (size_t)task->datain.size - 2;
	reply->sense_len = len < here ? len : here;
	if (reply->sense_len > sizeof reply->sense)
		reply->sense_len = sizeof reply->sense;
	memcpy(reply->sense, task->datain.data + 2, reply->sense_len);
}

static int on_send(struct transport *t, const struct transport_request *q, struct transport_reply *reply, struct err *e)
{
	uint8_t cdb[16] = {0};
	memcpy(cdb, q->cdb, q->cdb_len < sizeof cdb ? q->cdb_len : sizeof cdb);
	int way = q->way == TRANSPORT_IN ? SCSI_XFER_READ : q->way == TRANSPORT_OUT ? SCSI_XFER_WRITE : SCSI_XFER_NONE;
	struct scsi_task *task = scsi_create_task((int)q->cdb_len, cdb, way, (int)q->len);
	if (task == NULL)
		return err_memory(e, sizeof *task, "a command");
	struct iscsi_data out = {.size = q->len, .data = q->data};
	iscsi_set_timeout(t->session, (int)(q->seconds > TRANSPORT_SECONDS ? q->seconds : TRANSPORT_SECONDS));
	struct scsi_task *done = iscsi_scsi_command_sync(t->session, t->unit, task, q->way == TRANSPORT_OUT ? &out : NULL);
	if (done == NULL || task->status > SCSI_STATUS_MAX) {
		snprintf(reply->trouble, sizeof reply->trouble, "iSCSI: %.80s",
			 done && task->status == (int)SCSI_STATUS_TIMEOUT ? "timed out" : iscsi_get_error(t->session));
	} else {
		reply->status = (uint8_t)task->status;
		if (reply->status == 2)
			take_sense(task, reply);
		size_t got = q->way == TRANSPORT_IN && task->datain.data && task->datain.size > 0 ? (size_t)task->datain.size : 0;
		if (q->way == TRANSPORT_IN && reply->status != 2) {
			reply->transferred = got < q->len ? got : q->len;
			memcpy(q->data, task->datain.data ? task->datain.data : cdb, reply->transferred);
		} else if (q->way == TRANSPORT_OUT) {
			reply->transferred = q->len;
		}
	}
	scsi_free_scsi_task(task);
	return 0;
}

static void on_close(struct transport *t)
{
	if (t->session) {
		if (iscsi_is_logged_in(t->session))
			iscsi_logout_sync(t->session);
		iscsi_destroy_context(t->session);
	}
	t->session = NULL;
}

static const struct transport_ops ops = {on_send, NULL, on_close};

int iscsi_transport_open(struct transport *t, const char *url, struct err *e)
{
	t->ops = &ops;
	snprintf(t->node, sizeof t->node, "%s", t->device);
	if (strchr(url, '%') != NULL || strchr(url, '@') != NULL)
		return err_set(e, XE_USAGE, "a URL shows its user and password to everybody; xflate takes none in it");
	char name[256];
	initiator_name(name, sizeof name);
	struct iscsi_context *iscsi = iscsi_create_context(name);
	if (iscsi == NULL)
		return err_memory(e, 0, "iSCSI");
	t->session = iscsi;
	struct iscsi_url *parsed = iscsi_parse_full_url(iscsi, url);
	if (parsed == NULL)
		return err_set(e, XE_USAGE, "not of the form iscsi://host[:port]/target/lun");
	t->unit = parsed->lun;
	iscsi_set_targetname(iscsi, parsed->target);
	iscsi_set_session_type(iscsi, ISCSI_SESSION_NORMAL);
	iscsi_set_header_digest(iscsi, ISCSI_HEADER_DIGEST_NONE_CRC32C);
	iscsi_set_noautoreconnect(iscsi, 1);
	iscsi_set_timeout(iscsi, (int)TRANSPORT_SECONDS);
	int rc = 0;
	if (iscsi_full_connect_sync(iscsi, parsed->portal, parsed->lun) != 0)
		rc = err_set(e, XE_REFUSED, "cannot connect: %.200s", iscsi_get_error(iscsi));
	iscsi_destroy_url(parsed);
	return rc;
}
#endif
