/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FreeBSD: CAM.  libcam finds the pass device that belongs to nsa0; the tape driver's node is not opened.  What the
 * adapter reports is judged in outcome.c. */
#if defined(__FreeBSD__)
#include "tape/transport.h"

#include "tape/nodes.h"
#include "tape/outcome.h"

#include "base/secret.h"

#include <camlib.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <cam/scsi/scsi_message.h>

static int on_send(struct transport *t, const struct transport_request *q, struct transport_reply *reply, struct err *e)
{
	union ccb *ccb = cam_getccb(t->session);
	if (ccb == NULL)
		return err_memory(e, sizeof *ccb, "a command");
	CCB_CLEAR_ALL_EXCEPT_HDR(&ccb->csio);
	unsigned seconds = q->seconds > TRANSPORT_SECONDS ? q->seconds : TRANSPORT_SECONDS;
	uint32_t way = q->way == TRANSPORT_IN ? CAM_DIR_IN : q->way == TRANSPORT_OUT ? CAM_DIR_OUT : CAM_DIR_NONE;
	cam_fill_csio(&ccb->csio, 0, NULL, way | CAM_DEV_QFRZDIS, MSG_SIMPLE_Q_TAG, q->data, (uint32_t)q->len, sizeof reply->sense,
		      (uint8_t)q->cdb_len, seconds * 1000);
	memcpy(ccb->csio.cdb_io.cdb_bytes, q->cdb, q->cdb_len);
	int rc = 0;
	if (cam_send_ccb(t->session, ccb) < 0) {
		rc = err_errno(e, errno == EPERM || errno == EACCES ? XE_PERMISSION : XE_REFUSED, errno, "cannot send a command");
	} else {
		const struct ccb_scsiio *s = &ccb->csio;
		const struct outcome_cam o = {s->ccb_h.status, s->scsi_status, s->sense_len, s->sense_resid, q->len, s->resid};
		outcome_cam(&o, reply);
		size_t room = sizeof s->sense_data < sizeof reply->sense ? sizeof s->sense_data : sizeof reply->sense;
		memcpy(reply->sense, &s->sense_data, room);
		if (reply->sense_len > room)
			reply->sense_len = room;
	}
	secret_wipe(ccb, sizeof *ccb);
	cam_freeccb(ccb);
	return rc;
}

static void on_close(struct transport *t)
{
	if (t->session)
		cam_close_device(t->session);
	t->session = NULL;
}

static const struct transport_ops ops = {on_send, NULL, on_close};

int freebsd_open(struct transport *t, const char *device, struct err *e)
{
	char use[256];
	t->ops = &ops;
	if (nodes_rewinds(NODES_FREEBSD, device, use, sizeof use))
		return err_set(e, XE_USAGE, "this node rewinds the tape when it is closed; use %s, or its pass device", use);
	snprintf(t->node, sizeof t->node, "%s", t->device);
	t->session = cam_open_device(device, O_RDWR);
	if (t->session == NULL)
		return err_set(e, errno == EPERM || errno == EACCES ? XE_PERMISSION : XE_FAILED, "cannot open: %.200s", cam_errbuf);
	return 0;
}
#endif
