/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way of a SCSI command to a drive: SG_IO on Linux, CAM on FreeBSD, USCSI on Solaris, and iSCSI everywhere. */
#ifndef TAPE_TRANSPORT_H
#define TAPE_TRANSPORT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum transport_way { TRANSPORT_NO_DATA, TRANSPORT_IN, TRANSPORT_OUT };

struct transport_request {
	const uint8_t *cdb;
	size_t cdb_len;
	enum transport_way way;
	void *data; /* len bytes; zero-filled by the caller for TRANSPORT_IN */
	size_t len;
	unsigned seconds; /* until it is given up; at least TRANSPORT_SECONDS */
};

#define TRANSPORT_SECONDS 60u
#define TRANSPORT_SENSE_BYTES 252
#define TRANSPORT_TROUBLE_BYTES 96

struct transport_reply {
	uint8_t status;     /* of SCSI: 0 good, 2 check condition, 8 busy, 18h reservation conflict, ... */
	size_t transferred; /* bytes of data that are the device's; never more than were asked for */
	size_t sense_len;
	uint8_t sense[TRANSPORT_SENSE_BYTES];
	/* Not empty: the command did not end; whether the drive has executed it is not known. */
	char trouble[TRANSPORT_TROUBLE_BYTES];
};

struct transport;

/* device is a node, or iscsi://host[:port]/target/lun.  Rewinding nodes are refused (XE_USAGE).  The medium need not be
 * there.  XE_FAILED, XE_NOT_READY, XE_REFUSED, XE_PERMISSION. */
int transport_open(struct transport **t, const char *device, struct err *e) __attribute__((warn_unused_result));

/* NULL is fine. */
void transport_close(struct transport *t);

/* Sends one command, once.  A command that ended in any way returns 0: look at the reply.  Errors are those of the
 * operating system: XE_PERMISSION, XE_REFUSED. */
int transport_send(struct transport *t, const struct transport_request *q, struct transport_reply *reply, struct err *e)
	__attribute__((warn_unused_result));

/* Where the operating system's tape driver can do it: rewinds, reads the first block, rewinds; a driver that knows of
 * every movement stays in step with its drive.  *handled is false where there is no such driver: use SCSI commands. */
int transport_first_block(struct transport *t, void *data, size_t room, size_t *got, bool *handled, struct err *e)
	__attribute__((warn_unused_result));

/* What is built in: "SG_IO, iscsi:// (libiscsi)". */
const char *transport_kinds(void);

/* ---- for the files of the operating systems ---- */

struct transport_ops {
	int (*send)(struct transport *t, const struct transport_request *q, struct transport_reply *reply, struct err *e);
	int (*first_block)(struct transport *t, void *data, size_t room, size_t *got, struct err *e); /* NULL: none */
	void (*close)(struct transport *t);
};

struct transport {
	const struct transport_ops *ops;
	int fd;
	bool tape_node;   /* device is a node of the tape driver */
	void *session;    /* of CAM or libiscsi */
	int unit;         /* iSCSI: the LUN */
	char device[256]; /* as it was named */
	char node[256];   /* what the commands go through: another one for Linux's nst nodes */
};

/* Each opens device into t, whose ops it sets; t->device is filled already.  Errors as transport_open. */
#if defined(__linux__)
int linux_open(struct transport *t, const char *device, struct err *e) __attribute__((warn_unused_result));
/* sysfs: "/sys".  The sg node that belongs to a tape node: name of room bytes, device numbers.  False if there is none. */
bool linux_find_generic(const char *sysfs, unsigned major, unsigned minor, char *name, size_t room, unsigned *sg_major, unsigned *sg_minor);
#elif defined(__FreeBSD__)
int freebsd_open(struct transport *t, const char *device, struct err *e) __attribute__((warn_unused_result));
#elif defined(__sun)
int solaris_open(struct transport *t, const char *device, struct err *e) __attribute__((warn_unused_result));
#endif
#ifdef HAVE_LIBISCSI
int iscsi_transport_open(struct transport *t, const char *url, struct err *e) __attribute__((warn_unused_result));
#endif

#endif
