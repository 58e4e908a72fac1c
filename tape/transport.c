/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tape/transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ISCSI_PREFIX "iscsi://"

static int open_any(struct transport *t, const char *device, struct err *e)
{
	if (strncmp(device, ISCSI_PREFIX, sizeof ISCSI_PREFIX - 1) == 0) {
#ifdef HAVE_LIBISCSI
		return iscsi_transport_open(t, device, e);
#else
		return err_set(e, XE_USAGE, "iscsi:// is not built in: it needs libiscsi at build time");
#endif
	}
#if defined(__linux__)
	return linux_open(t, device, e);
#elif defined(__FreeBSD__)
	return freebsd_open(t, device, e);
#elif defined(__sun)
	return solaris_open(t, device, e);
#else
	return err_set(e, XE_FAILED, "there is no way to send SCSI commands on this operating system but iscsi://");
#endif
}

int transport_open(struct transport **t, const char *device, struct err *e)
{
	struct transport *made = calloc(1, sizeof *made);
	*t = NULL;
	if (made == NULL)
		return err_memory(e, sizeof *made, "the drive");
	made->fd = -1;
	int rc = 0;
	if (strlen(device) >= sizeof made->device)
		rc = err_set(e, XE_USAGE, "the name of the device is too long");
	else
		snprintf(made->device, sizeof made->device, "%s", device);
	if (rc == 0)
		rc = open_any(made, device, e);
	if (rc != 0) {
		transport_close(made);
		return rc;
	}
	*t = made;
	return 0;
}

void transport_close(struct transport *t)
{
	if (t && t->ops)
		t->ops->close(t);
	free(t);
}

int transport_send(struct transport *t, const struct transport_request *q, struct transport_reply *reply, struct err *e)
{
	*reply = (struct transport_reply){0};
	return t->ops->send(t, q, reply, e);
}

int transport_first_block(struct transport *t, void *data, size_t room, size_t *got, bool *handled, struct err *e)
{
	*got = 0;
	*handled = t->tape_node && t->ops->first_block != NULL;
	return *handled ? t->ops->first_block(t, data, room, got, e) : 0;
}

const char *transport_kinds(void)
{
	return
#if defined(__linux__)
		"SG_IO"
#elif defined(__FreeBSD__)
		"CAM"
#elif defined(__sun)
		"USCSI"
#endif
#ifdef HAVE_LIBISCSI
		", iscsi:// (libiscsi)"
#endif
		;
}
