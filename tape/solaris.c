/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Solaris and illumos: USCSI on the tape node.  It takes the privilege sys_devices. */
#if defined(__sun)
#include "tape/transport.h"

#include "tape/nodes.h"
#include "tape/outcome.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <stropts.h>
#include <sys/scsi/impl/uscsi.h>
#include <unistd.h>

static int on_send(struct transport *t, const struct transport_request *q, struct transport_reply *reply, struct err *e)
{
	uint8_t cdb[16] = {0};
	memcpy(cdb, q->cdb, q->cdb_len < sizeof cdb ? q->cdb_len : sizeof cdb);
	unsigned seconds = q->seconds > TRANSPORT_SECONDS ? q->seconds : TRANSPORT_SECONDS;
	struct uscsi_cmd u = {0};
	u.uscsi_flags = USCSI_SILENT | USCSI_RQENABLE | (q->way == TRANSPORT_IN ? USCSI_READ : q->way == TRANSPORT_OUT ? USCSI_WRITE : 0);
	u.uscsi_timeout = (short)(seconds < 32767 ? seconds : 32767);
	u.uscsi_cdb = (caddr_t)cdb;
	u.uscsi_cdblen = (uchar_t)q->cdb_len;
	u.uscsi_bufaddr = q->len ? q->data : NULL;
	u.uscsi_buflen = q->len;
	u.uscsi_rqbuf = (caddr_t)reply->sense;
	u.uscsi_rqlen = sizeof reply->sense;
	bool failed = ioctl(t->fd, USCSICMD, &u) != 0;
	if (failed && (errno == EPERM || errno == EACCES))
		return err_errno(e, XE_PERMISSION, errno,
				 "the system does not let this process send commands: it needs the privilege sys_devices");
	const struct outcome_uscsi o = {
		failed, errno, (uint8_t)u.uscsi_status, u.uscsi_rqstatus, sizeof reply->sense, u.uscsi_rqresid, q->len, u.uscsi_resid};
	outcome_uscsi(&o, reply);
	return 0;
}

static void on_close(struct transport *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

static const struct transport_ops ops = {on_send, NULL, on_close};

int solaris_open(struct transport *t, const char *device, struct err *e)
{
	char use[256];
	t->ops = &ops;
	if (nodes_rewinds(NODES_SOLARIS, device, use, sizeof use))
		return err_set(e, XE_USAGE, "this node rewinds the tape when it is closed; use %s", use);
	snprintf(t->node, sizeof t->node, "%s", t->device);
	t->fd = open(device, O_RDWR | O_NONBLOCK);
	if (t->fd < 0 && (errno == EACCES || errno == EROFS))
		t->fd = open(device, O_RDONLY | O_NONBLOCK);
	if (t->fd < 0)
		return err_errno(e,
				 errno == EPERM || errno == EACCES ? XE_PERMISSION
				 : errno == EBUSY                  ? XE_NOT_READY
								   : XE_FAILED,
				 errno, "cannot open");
	return 0;
}
#endif
