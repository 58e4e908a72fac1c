/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tape/outcome.h"

#include "base/system.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CHECK_CONDITION 2

static void trouble(struct transport_reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void trouble(struct transport_reply *reply, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	vsnprintf(reply->trouble, sizeof reply->trouble, format, ap);
	va_end(ap);
}

/* A residue larger than what was asked for, or negative, is the lie of some adapter: then nothing more is known than
 * that no more came than there was room for. */
static size_t transferred(size_t len, int64_t resid)
{
	if (resid <= 0)
		return len;
	return (uint64_t)resid > len ? 0 : len - (size_t)resid;
}

static size_t sense_bytes(size_t n)
{
	return n < TRANSPORT_SENSE_BYTES ? n : TRANSPORT_SENSE_BYTES;
}

/* ---- Linux ---- */

static const char *host_text(unsigned host)
{
	static const char *const texts[] = {"",
					    "no connection to the drive",
					    "the bus is busy",
					    "timed out",
					    "no such target",
					    "aborted",
					    "transfer error",
					    "the host adapter failed",
					    "the bus or the drive was reset",
					    "unexpected interrupt",
					    "the command was passed on and lost",
					    "the host adapter asks to try again",
					    "to be tried again at once",
					    "put back into the queue",
					    "the transport was disrupted",
					    "the transport failed",
					    "the target failed",
					    "reservation conflict",
					    "no space to allocate",
					    "medium error",
					    "the transport is marginal"};
	return host < sizeof texts / sizeof texts[0] ? texts[host] : "unknown failure of the host adapter";
}

void outcome_linux(const struct outcome_linux *o, struct transport_reply *reply)
{
	enum { DID_NEXUS_FAILURE = 0x11, RESERVATION_CONFLICT = 0x18, DRIVER_MASK = 0xf, DRIVER_SENSE = 8, DRIVER_TIMEOUT = 6 };
	reply->status = o->status & 0x7e;
	reply->transferred = transferred(o->len, o->resid);
	reply->sense_len = sense_bytes(o->sense_len);
	unsigned driver = o->driver & DRIVER_MASK;
	if (reply->status == 0 && driver == DRIVER_SENSE && reply->sense_len > 0)
		reply->status = CHECK_CONDITION;
	else if (o->host == DID_NEXUS_FAILURE && reply->status == 0)
		reply->status = RESERVATION_CONFLICT;
	else if (o->host != 0 && reply->status == 0)
		trouble(reply, "%s (host status %02x)", host_text(o->host), o->host);
	else if (driver != 0 && driver != DRIVER_SENSE && reply->status == 0)
		trouble(reply, "%s (driver status %02x)", driver == DRIVER_TIMEOUT ? "timed out" : "the driver failed", o->driver);
}

/* ---- FreeBSD ---- */

void outcome_cam(const struct outcome_cam *o, struct transport_reply *reply)
{
	enum {
		MASK = 0x3f,
		REQ_CMP = 0x01,
		CMP_ERR = 0x04,
		DEV_NOT_THERE = 0x08,
		SEL_TIMEOUT = 0x0a,
		CMD_TIMEOUT = 0x0b,
		SCSI_STATUS_ERROR = 0x0c,
		BUS_RESET = 0x0e,
		AUTOSENSE_FAIL = 0x10,
		BDR_SENT = 0x17,
		AUTOSNS_VALID = 0x80
	};
	unsigned cam = o->cam_status & MASK;
	reply->status = o->status;
	reply->transferred = transferred(o->len, (int64_t)o->resid);
	if ((o->cam_status & AUTOSNS_VALID) != 0 && o->sense_resid <= o->sense_len)
		reply->sense_len = sense_bytes((size_t)o->sense_len - o->sense_resid);
	switch (cam) {
	case REQ_CMP: break;
	case SCSI_STATUS_ERROR:
		if (reply->status == 0)
			trouble(reply, "the adapter reports an error and no status");
		break;
	case AUTOSENSE_FAIL: reply->status = CHECK_CONDITION; break;
	case CMD_TIMEOUT:
	case SEL_TIMEOUT: trouble(reply, "timed out (CAM status %02x)", cam); break;
	case DEV_NOT_THERE: trouble(reply, "no such device (CAM status %02x)", cam); break;
	case BUS_RESET:
	case BDR_SENT: trouble(reply, "the bus or the drive was reset (CAM status %02x)", cam); break;
	default: trouble(reply, "the adapter failed (CAM status %02x)", cam); break;
	}
}

/* ---- Solaris ---- */

void outcome_uscsi(const struct outcome_uscsi *o, struct transport_reply *reply)
{
	reply->status = o->status & 0x7e;
	reply->transferred = transferred(o->len, o->resid > o->len ? (int64_t)o->len + 1 : (int64_t)o->resid);
	if (reply->status == CHECK_CONDITION && o->rq_status == 0 && o->rq_resid <= o->rq_len)
		reply->sense_len = sense_bytes((size_t)o->rq_len - o->rq_resid);
	/* A command that ended with another status than good is EIO, too. */
	if (o->failed && reply->status == 0) {
		char reason[64];
		trouble(reply, "%s", system_reason(o->errnum, reason, sizeof reason));
	}
}
