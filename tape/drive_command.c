/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tape/drive_command.h"

#include "tape/sense_table.h"

#include <stdlib.h>

enum scsi_status_code {
	GOOD = 0x00,
	CHECK = 0x02,
	CONDITION_MET = 0x04,
	BUSY = 0x08,
	RESERVED = 0x18,
	FULL = 0x28,
	ACA = 0x30,
	ABORTED = 0x40
};

static int status_error(const struct drive_command *c, uint8_t status, struct err *e)
{
	switch (status) {
	case BUSY:
	case FULL: return err_set(e, XE_NOT_READY, "%s: the drive is busy (status %02x); try again", c->name, status);
	case RESERVED:
		return err_set(e, XE_REFUSED,
			       "%s: reservation conflict (status 18): another host, or another path of this one, has reserved the drive",
			       c->name);
	case ABORTED: return err_set(e, XE_REFUSED, "%s: aborted (status 40)", c->name);
	default: return err_set(e, XE_REFUSED, "%s: the drive ended it with status %02x", c->name, status);
	}
}

static int sense_error(const struct drive_command *c, const struct sense *s, struct err *e)
{
	char text[SENSE_TEXT_BYTES];
	const char *advice = sense_advice(s);
	sense_describe(s, c->set_page, text);
	enum xerr code = !s->deferred && (s->key == SENSE_KEY_NOT_READY || s->key == SENSE_KEY_UNIT_ATTENTION) ? XE_NOT_READY
			 : sense_is_of_encryption(s)                                                           ? XE_KEY
													       : XE_REFUSED;
	return err_set(e, code, "%s: %s%s%s", c->name, text, s->valid && advice ? "; " : "", s->valid && advice ? advice : "");
}

/* No error, or one that needs no attention: recovered, or file mark and short block of a read. */
static bool is_harmless(const struct sense *s)
{
	return s->valid && !s->deferred && (s->key == SENSE_KEY_RECOVERED || s->key == SENSE_KEY_NONE);
}

/* For the rare path on which a check condition comes without its sense. */
static void fetch_sense(struct drive *d, struct transport_reply *reply)
{
	const struct scsi_cdb cdb = scsi_make_request_sense(TRANSPORT_SENSE_BYTES);
	struct transport_reply second;
	struct err ignored = {0};
	const struct transport_request q = {cdb.bytes, cdb.len, TRANSPORT_IN, reply->sense, sizeof reply->sense, TRANSPORT_SECONDS};
	memset(reply->sense, 0, sizeof reply->sense);
	int rc = transport_send(d->transport, &q, &second, &ignored);
	reply->sense_len = rc == 0 && second.status == GOOD && second.trouble[0] == '\0' ? second.transferred : 0;
}

static int learn_timeouts(struct drive *d, uint8_t opcode, struct err *e);

/* Whose codes these are, where that makes a difference: INQUIRY leaves everything as it is. */
static void learn_vendor(struct drive *d)
{
	uint8_t data[IDENTITY_INQUIRY_BYTES] = {0};
	const struct scsi_cdb cdb = scsi_make_inquiry(sizeof data);
	const struct transport_request q = {cdb.bytes, cdb.len, TRANSPORT_IN, data, sizeof data, TRANSPORT_SECONDS};
	struct transport_reply reply;
	struct identity device;
	struct err ignored = {0};
	if (d->vendor == 0 && sense_by_vendor(&d->sense) && transport_send(d->transport, &q, &reply, &ignored) == 0 &&
	    reply.status == GOOD && reply.trouble[0] == '\0' && identity_inquiry((struct span){data, reply.transferred}, &device))
		d->vendor = sense_vendor_of(device.vendor, device.product);
	d->sense.vendor = d->vendor;
}

/* A UNIT ATTENTION says what happened before, not what is wrong
 * with this command: it is kept, and the command sent again, once.  A deferred error is another matter: it is of a
 * write that this or another program believes to have succeeded, and must not be swallowed. */
int drive_command_run(struct drive *d, const struct drive_command *c, size_t *got, struct err *e)
{
	struct transport_reply reply;
	*got = 0;
	int rc = learn_timeouts(d, c->cdb.bytes[0], e);
	if (rc != 0)
		return rc;
	const struct transport_request q = {c->cdb.bytes, c->cdb.len, c->way,
					    c->data,      c->len,     timeouts_seconds(&d->timeouts, c->cdb.bytes[0])};
	for (int attempt = 0;; attempt++) {
		d->sense = (struct sense){0};
		if (c->way == TRANSPORT_IN)
			memset(c->data, 0, c->len);
		rc = transport_send(d->transport, &q, &reply, e);
		if (rc != 0)
			return rc;
		if (reply.trouble[0])
			return err_set(e, XE_REFUSED, "%s: %s", c->name, reply.trouble);
		if (reply.status != CHECK)
			break;
		if (reply.sense_len == 0)
			fetch_sense(d, &reply);
		sense_read((struct span){reply.sense, reply.sense_len}, &d->sense);
		learn_vendor(d);
		bool attention = d->sense.valid && d->sense.key == SENSE_KEY_UNIT_ATTENTION && !d->sense.deferred;
		if (attention)
			d->attention = d->sense;
		if (!attention || c->once || attempt > 0)
			break;
	}
	if (reply.status == CHECK && !is_harmless(&d->sense))
		return sense_error(c, &d->sense, e);
	if (reply.status != GOOD && reply.status != CHECK && reply.status != CONDITION_MET)
		return status_error(c, reply.status, e);
	*got = reply.transferred;
	return 0;
}

bool drive_command_is_unknown(const struct drive *d)
{
	return sense_is(&d->sense, SENSE_KEY_ILLEGAL_REQUEST, 0x20, 0) || sense_is(&d->sense, SENSE_KEY_ILLEGAL_REQUEST, 0x24, 0) ||
	       sense_is(&d->sense, SENSE_KEY_ILLEGAL_REQUEST, 0x26, 0);
}

/* Some drives refuse an allocation length that they dislike as they refuse a page that they do not have: 5/24/00. */
static const uint32_t rooms[] = {SCSI_PAGE_MAX_BYTES, 4096, 2048, 1024, 512, 252, 128, 64};
#define ROOMS (sizeof rooms / sizeof rooms[0])

/* 5/24/00, and the drive does not point at protocol or page: then the length may be what it means. */
static bool may_dislike_room(const struct drive *d)
{
	return sense_is(&d->sense, SENSE_KEY_ILLEGAL_REQUEST, 0x24, 0) &&
	       !(d->sense.has_field && d->sense.in_cdb && d->sense.field < SCSI_CDB_ROOM_BYTE);
}

/* What room once was taken is what the next one begins with; a refusal counts when every room was refused. */
int drive_command_ask(struct drive *d, const char *name, struct scsi_cdb cdb, uint8_t **data, size_t *got, struct err *e)
{
	struct err mine = {0};
	int rc = 0;
	*got = 0;
	*data = malloc(SCSI_PAGE_MAX_BYTES);
	if (*data == NULL)
		return err_memory(e, SCSI_PAGE_MAX_BYTES, "a page");
	for (unsigned i = d->room; i < ROOMS; i++) {
		scsi_set_room(&cdb, rooms[i]);
		const struct drive_command c = {name, cdb, TRANSPORT_IN, *data, rooms[i], false, false};
		mine = (struct err){0};
		rc = drive_command_run(d, &c, got, &mine);
		if (rc == 0)
			d->room = i;
		if (rc == 0 || !may_dislike_room(d))
			break;
	}
	return err_pass(e, &mine);
}

/* Once for each drive, before the first command that may take long: what it says of its timeouts.  A drive that does not
 * know the command has none to tell, and nothing but patience depends on it; a deferred error is passed on, as ever. */
static int learn_timeouts(struct drive *d, uint8_t opcode, struct err *e)
{
	uint8_t *data = NULL;
	size_t got;
	struct err mine = {0};
	if (d->has_timeouts || timeouts_seconds(NULL, opcode) <= TRANSPORT_SECONDS)
		return 0;
	d->has_timeouts = true;
	int rc = drive_command_ask(d, "REPORT SUPPORTED OPERATION CODES", scsi_make_report_opcodes(0), &data, &got, &mine);
	if (rc != 0 || !timeouts_read((struct span){data, got}, &d->timeouts))
		d->timeouts = (struct timeouts){0};
	free(data);
	if (rc == 0 || !d->sense.deferred)
		return 0;
	return err_pass(e, &mine);
}
