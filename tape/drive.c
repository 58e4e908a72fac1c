/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tape/drive.h"

#include "base/printable.h"
#include "base/secret.h"
#include "tape/sense_table.h"

#include <stdio.h>
#include <stdlib.h>

#define ATTENTIONS_MAX 8

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

/* ---- running a command ---- */

struct command {
	const char *name; /* for messages */
	struct scsi_cdb cdb;
	enum transport_way way;
	void *data;
	size_t len;
	bool set_page;
	bool once; /* a UNIT ATTENTION is not to be passed over */
};

static int status_error(const struct command *c, uint8_t status, struct err *e)
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

static int sense_error(const struct command *c, const struct sense *s, struct err *e)
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

/* *got: bytes of data-in, bounded by what was asked for.  A UNIT ATTENTION says what happened before, not what is wrong
 * with this command: it is kept, and the command sent again, once.  A deferred error is another matter: it is of a
 * write that this or another program believes to have succeeded, and must not be swallowed. */
static int run(struct drive *d, const struct command *c, size_t *got, struct err *e)
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

/* The drive knows the command or page not: 05/20/00, 05/24/00, 05/25/00 of a unit that does not support it. */
static bool is_unsupported(const struct drive *d)
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

/* A command whose answer may have up to SCSI_PAGE_MAX_BYTES; the caller frees *data.  What room once was taken is what the
 * next one begins with; a refusal counts when every room was refused. */
static int ask(struct drive *d, const char *name, struct scsi_cdb cdb, uint8_t **data, size_t *got, struct err *e)
{
	struct err mine = {0};
	int rc = 0;
	*got = 0;
	*data = malloc(SCSI_PAGE_MAX_BYTES);
	if (*data == NULL)
		return err_memory(e, SCSI_PAGE_MAX_BYTES, "a page");
	for (unsigned i = d->room; i < ROOMS; i++) {
		scsi_set_room(&cdb, rooms[i]);
		const struct command c = {name, cdb, TRANSPORT_IN, *data, rooms[i], false, false};
		mine = (struct err){0};
		rc = run(d, &c, got, &mine);
		if (rc == 0)
			d->room = i;
		if (rc == 0 || !may_dislike_room(d))
			break;
	}
	if (rc != 0)
		*e = e->code == XE_OK ? mine : *e;
	return rc;
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
	int rc = ask(d, "REPORT SUPPORTED OPERATION CODES", scsi_make_report_opcodes(0), &data, &got, &mine);
	if (rc != 0 || !timeouts_read((struct span){data, got}, &d->timeouts))
		d->timeouts = (struct timeouts){0};
	free(data);
	if (rc == 0 || !d->sense.deferred)
		return 0;
	*e = e->code == XE_OK ? mine : *e;
	return rc;
}

/* ---- opening ---- */

int drive_ready(struct drive *d, enum drive_ready *ready, struct err *e)
{
	const struct command c = {"TEST UNIT READY", scsi_make_test_unit_ready(), TRANSPORT_NO_DATA, NULL, 0, false, true};
	struct err mine = {0};
	size_t got;
	int rc = 0;
	for (int i = 0; i < ATTENTIONS_MAX; i++) {
		mine = (struct err){0};
		rc = run(d, &c, &got, &mine);
		if (rc == 0 || !d->sense.valid || d->sense.deferred || d->sense.key != SENSE_KEY_UNIT_ATTENTION)
			break;
	}
	*ready = DRIVE_READY;
	d->not_ready = (struct sense){0};
	if (rc == 0)
		return 0;
	if (d->sense.valid && !d->sense.deferred && d->sense.key == SENSE_KEY_NOT_READY) {
		*ready = sense_is_no_medium(&d->sense) ? DRIVE_NO_MEDIUM : DRIVE_NOT_YET;
		d->not_ready = d->sense;
		return 0;
	}
	/* Damaged or foreign media are no reason not to talk to the drive. */
	if (d->sense.valid && !d->sense.deferred && (d->sense.key == SENSE_KEY_MEDIUM_ERROR || d->sense.key == SENSE_KEY_BLANK_CHECK))
		return 0;
	*e = e->code == XE_OK ? mine : *e;
	return rc;
}

int drive_open(struct drive *d, const char *device, enum drive_ready *ready, struct err *e)
{
	*d = DRIVE_NONE;
	int rc = transport_open(&d->transport, device, e);
	if (rc == 0)
		rc = drive_ready(d, ready, e);
	if (rc != 0) {
		err_volume(e, device);
		drive_close(d);
	}
	return rc;
}

void drive_close(struct drive *d)
{
	transport_close(d->transport);
	d->transport = NULL;
}

/* Loading, and what an LTO-9 does with a new medium; formatting; operations, self tests that run. */
bool drive_is_becoming_ready(const struct drive *d)
{
	static const uint8_t codes[][2] = {{0x04, 0x01}, {0x04, 0x04}, {0x04, 0x07}, {0x04, 0x09}, {0x04, 0x0e}, {0x04, 0x13},
					   {0x04, 0x1c}, {0x00, 0x16}, {0x00, 0x19}, {0x00, 0x1a}, {0x00, 0x22}, {0x3e, 0x00}};
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		if (sense_is(&d->not_ready, SENSE_KEY_NOT_READY, codes[i][0], codes[i][1]))
			return true;
	}
	return false;
}

enum drive_activity drive_activity(struct drive *d)
{
	uint8_t data[256], activity;
	struct err ignored = {0};
	size_t got;
	const struct command c = {"LOG SENSE (drive status)",
				  scsi_make_log_sense(IDENTITY_STATUS_PAGE, sizeof data),
				  TRANSPORT_IN,
				  data,
				  sizeof data,
				  false,
				  false};
	if (run(d, &c, &got, &ignored) != 0 || !identity_activity((struct span){data, got}, &activity))
		return DRIVE_ACTIVITY_UNKNOWN;
	return (enum drive_activity)activity;
}

/* ---- what it is ---- */

static int inquire(struct drive *d, int vpd, uint8_t *data, size_t room, size_t *got, struct err *e)
{
	uint16_t len = (uint16_t)room;
	const struct command c = {
		"INQUIRY", vpd < 0 ? scsi_make_inquiry(len) : scsi_make_inquiry_vpd((uint8_t)vpd, len), TRANSPORT_IN, data, room, false,
		false};
	return run(d, &c, got, e);
}

int drive_inquire(struct drive *d, struct identity *device, struct err *e)
{
	uint8_t data[IDENTITY_INQUIRY_BYTES];
	size_t got;
	int rc = inquire(d, -1, data, sizeof data, &got, e);
	if (rc != 0)
		return rc;
	if (!identity_inquiry((struct span){data, got}, device))
		return err_set(e, XE_REFUSED, "INQUIRY: the answer of %zu bytes is too short", got);
	d->vendor = sense_vendor_of(device->vendor, device->product);
	return 0;
}

int drive_identify(struct drive *d, struct drive_identity *id, struct err *e)
{
	uint8_t data[252];
	size_t got;
	*id = (struct drive_identity){0};
	int rc = drive_inquire(d, &id->device, e);
	if (rc != 0)
		return rc;
	struct err ignored = {0};
	if (inquire(d, 0x80, data, sizeof data, &got, &ignored) == 0)
		identity_serial((struct span){data, got}, id->serial);
	ignored = (struct err){0};
	if (inquire(d, 0x83, data, sizeof data, &got, &ignored) == 0)
		identity_name((struct span){data, got}, id->identity);
	if (id->device.type != IDENTITY_TYPE_TAPE)
		return err_set(e, XE_REFUSED, "%s %s is no tape drive (device type %u)%s", id->device.vendor, id->device.product,
			       id->device.type, id->device.type == IDENTITY_TYPE_CHANGER ? " but a changer: name its drive" : "");
	return 0;
}

static void attribute(struct drive *d, uint16_t number, char *text)
{
	uint8_t data[512];
	struct span value;
	struct err ignored = {0};
	size_t got;
	const struct command c = {
		"READ ATTRIBUTE", scsi_make_read_attribute(number, sizeof data), TRANSPORT_IN, data, sizeof data, false, false};
	if (run(d, &c, &got, &ignored) == 0 && identity_attribute((struct span){data, got}, number, &value))
		printable_field(value, text, IDENTITY_TEXT_BYTES);
}

void drive_medium(struct drive *d, struct drive_medium *m)
{
	drive_format(d, m);
	attribute(d, IDENTITY_ATTRIBUTE_BARCODE, m->barcode);
	attribute(d, IDENTITY_ATTRIBUTE_SERIAL, m->serial);
}

void drive_format(struct drive *d, struct drive_medium *m)
{
	*m = (struct drive_medium){.can_encrypt = true};
	uint8_t data[64];
	struct err ignored = {0};
	size_t got;
	const struct command c = {"MODE SENSE", scsi_make_mode_sense(0x10, sizeof data), TRANSPORT_IN, data, sizeof data, false, false};
	if (run(d, &c, &got, &ignored) != 0 || !identity_density((struct span){data, got}, &m->density, &m->write_protected))
		return;
	m->format = identity_density_name(m->density, &m->can_encrypt);
	identity_medium_type((struct span){data, got}, &m->type);
}

/* What a drive may do without, and not answer by a deferred error: that one is of somebody's write. */
static int may_lack(struct drive *d, const struct command *c, size_t *got, struct err *e)
{
	struct err mine = {0};
	int rc = run(d, c, got, &mine);
	if (rc == 0)
		return 0;
	*got = 0;
	if (!d->sense.deferred)
		return 0;
	*e = e->code == XE_OK ? mine : *e;
	return rc;
}

int drive_attributes(struct drive *d, uint16_t first, uint8_t *data, uint32_t room, size_t *got, struct err *e)
{
	const struct command c = {"READ ATTRIBUTE", scsi_make_read_attribute(first, room), TRANSPORT_IN, data, room, false, false};
	return may_lack(d, &c, got, e);
}

int drive_log_page(struct drive *d, uint8_t page, uint8_t *data, uint16_t room, size_t *got, struct err *e)
{
	const struct command c = {"LOG SENSE", scsi_make_log_sense(page, room), TRANSPORT_IN, data, room, false, false};
	return may_lack(d, &c, got, e);
}

/* ---- encryption ---- */

/* A page of SECURITY PROTOCOL IN; the caller frees *data. */
static int security_in(struct drive *d, const char *name, uint8_t protocol, uint16_t page, uint8_t **data, size_t *got, struct err *e)
{
	return ask(d, name, scsi_make_security_in(protocol, page, 0), data, got, e);
}

static int no_page(const char *name, size_t got, struct err *e)
{
	return err_set(e, XE_REFUSED, "%s: the answer of %zu bytes is not that page", name, got);
}

int drive_encrypts(struct drive *d, bool *yes, struct err *e)
{
	static const char name[] = "SECURITY PROTOCOL IN (list of protocols)";
	uint8_t *data = NULL;
	size_t got;
	struct err mine = {0};
	*yes = false;
	int rc = security_in(d, name, SCSI_PROTOCOL_INFORMATION, SCSI_PAGE_PROTOCOLS, &data, &got, &mine);
	if (rc == 0 && !scsi_read_protocols((struct span){data, got}, SCSI_PROTOCOL_TAPE, yes))
		rc = no_page(name, got, &mine);
	free(data);
	if (rc == 0 && *yes)
		return 0;
	/* Some firmware answers to protocol 20h and leaves it out of the list, or has no list. */
	bool knows_command = rc == 0 || !sense_is(&d->sense, SENSE_KEY_ILLEGAL_REQUEST, 0x20, 0);
	if (knows_command && (rc == 0 || is_unsupported(d))) {
		struct scsi_status status;
		mine = (struct err){0};
		rc = drive_status(d, &status, &mine);
		*yes = rc == 0;
	}
	if (rc == 0 || (is_unsupported(d) && !d->encrypts))
		return 0;
	*e = e->code == XE_OK ? mine : *e;
	return rc;
}

int drive_status(struct drive *d, struct scsi_status *s, struct err *e)
{
	static const char name[] = "SECURITY PROTOCOL IN (encryption status)";
	uint8_t *data = NULL;
	size_t got;
	int rc = security_in(d, name, SCSI_PROTOCOL_TAPE, SCSI_PAGE_STATUS, &data, &got, e);
	if (rc == 0 && !scsi_read_status((struct span){data, got}, s))
		rc = no_page(name, got, e);
	free(data);
	d->encrypts = d->encrypts || rc == 0;
	return rc;
}

/* A page that may be missing. */
static int optional_page(struct drive *d, const char *name, uint16_t page, uint8_t **data, size_t *got, bool *has, struct err *e)
{
	struct err mine = {0};
	int rc = security_in(d, name, SCSI_PROTOCOL_TAPE, page, data, got, &mine);
	*has = rc == 0;
	if (rc != 0 && is_unsupported(d))
		return 0;
	if (rc != 0)
		*e = e->code == XE_OK ? mine : *e;
	return rc;
}

int drive_capabilities(struct drive *d, struct scsi_capabilities *c, bool *has, struct err *e)
{
	static const char name[] = "SECURITY PROTOCOL IN (encryption capabilities)";
	uint8_t *data = NULL;
	size_t got;
	int rc = optional_page(d, name, SCSI_PAGE_CAPABILITIES, &data, &got, has, e);
	if (rc == 0 && *has && !scsi_read_capabilities((struct span){data, got}, c))
		rc = no_page(name, got, e);
	free(data);
	return rc;
}

int drive_management(struct drive *d, struct scsi_management *m, bool *has, struct err *e)
{
	static const char name[] = "SECURITY PROTOCOL IN (encryption management)";
	uint8_t *data = NULL;
	size_t got;
	int rc = optional_page(d, name, SCSI_PAGE_MANAGEMENT, &data, &got, has, e);
	if (rc == 0 && *has && !scsi_read_management((struct span){data, got}, m))
		*has = false; /* optional, and nothing but advice depends on it */
	free(data);
	return rc;
}

int drive_next_block(struct drive *d, struct scsi_next_block *b, bool *has, struct err *e)
{
	static const char name[] = "SECURITY PROTOCOL IN (next block)";
	uint8_t *data = NULL;
	size_t got;
	struct err mine = {0};
	*has = false;
	int rc = security_in(d, name, SCSI_PROTOCOL_TAPE, SCSI_PAGE_NEXT_BLOCK, &data, &got, &mine);
	if (rc == 0 && !scsi_read_next_block((struct span){data, got}, b))
		rc = no_page(name, got, &mine);
	free(data);
	*has = rc == 0;
	/* HP answers 8/14/03 to a blank tape. */
	bool nothing_there = d->sense.valid && !d->sense.deferred &&
			     (d->sense.key == SENSE_KEY_NOT_READY || d->sense.key == SENSE_KEY_BLANK_CHECK || is_unsupported(d));
	if (rc == 0 || nothing_there)
		return 0;
	*e = e->code == XE_OK ? mine : *e;
	return rc;
}

int drive_set(struct drive *d, const struct scsi_set *s, struct err *e)
{
	struct secret page = SECRET_NONE;
	size_t got;
	int rc = secret_new(&page, SCSI_SET_MAX_BYTES, e);
	if (rc != 0)
		return rc;
	page.len = scsi_write_set(s, page.data, SCSI_SET_MAX_BYTES);
	if (page.len == 0) {
		rc = err_set(e, XE_USAGE, "key and KAD do not fit into a page of %u bytes", SCSI_SET_MAX_BYTES);
	} else {
		const struct command c = {s->encryption || s->decryption ? "SECURITY PROTOCOL OUT (set the key)"
									 : "SECURITY PROTOCOL OUT (clear the key)",
					  scsi_make_security_out(SCSI_PROTOCOL_TAPE, SCSI_PAGE_SET, (uint32_t)page.len),
					  TRANSPORT_OUT,
					  page.data,
					  page.len,
					  true,
					  true};
		rc = run(d, &c, &got, e);
	}
	secret_free(&page);
	secret_wipe_registers();
	return rc;
}

int drive_clear(struct drive *d, uint8_t algorithm, bool exactly, struct scsi_status *after, struct err *e)
{
	struct scsi_set page = scsi_bareos_clear(algorithm);
	struct scsi_status status;
	struct err mine = {0};
	int rc = 0;
	/* No key, length 0, as stenc does; a few firmwares want 32 bytes.  What else can come is one UNIT ATTENTION. */
	bool short_page = !exactly;
	for (int attempt = 0; attempt < 3; attempt++) {
		page.key.len = short_page ? 0 : SCSI_KEY_BYTES;
		mine = (struct err){0};
		rc = drive_set(d, &page, &mine);
		bool attention = d->sense.valid && d->sense.key == SENSE_KEY_UNIT_ATTENTION;
		bool refused = d->sense.valid && d->sense.key == SENSE_KEY_ILLEGAL_REQUEST && short_page;
		if (rc == 0 || (!attention && !refused))
			break;
		short_page = short_page && !refused;
	}
	if (rc == 0)
		rc = drive_status(d, &status, &mine);
	if (rc == 0 && (status.encryption != 0 || status.decryption != 0))
		rc = err_set(&mine, XE_REFUSED,
			     "the drive took the command to clear its key, but reports encryption mode %u, decryption mode %u: the key "
			     "may still be in it",
			     status.encryption, status.decryption);
	if (rc != 0)
		*e = e->code == XE_OK ? mine : *e;
	else if (after)
		*after = status;
	return rc;
}

/* ---- the tape ---- */

int drive_alerts(struct drive *d, uint8_t page, struct tapealert *t, struct err *e)
{
	static const char name[] = "LOG SENSE (TapeAlert)";
	uint8_t data[TAPEALERT_ROOM];
	size_t got;
	const struct command c = {name, scsi_make_log_sense(page, sizeof data), TRANSPORT_IN, data, sizeof data, false, false};
	int rc = run(d, &c, &got, e);
	if (rc == 0 && !tapealert_read((struct span){data, got}, t))
		rc = no_page(name, got, e);
	return rc;
}

int drive_position(struct drive *d, struct identity_position *p, bool *has, struct err *e)
{
	uint8_t data[20];
	size_t got;
	struct err mine = {0};
	const struct command c = {"READ POSITION", scsi_make_read_position(), TRANSPORT_IN, data, sizeof data, false, false};
	int rc = run(d, &c, &got, &mine);
	*has = rc == 0 && identity_position((struct span){data, got}, p);
	if (rc == 0 || is_unsupported(d))
		return 0;
	*e = e->code == XE_OK ? mine : *e;
	return rc;
}

static int read_block(struct drive *d, void *data, size_t room, size_t *got, struct err *e)
{
	struct err mine = {0};
	const struct command c = {"READ", scsi_make_read((uint32_t)room), TRANSPORT_IN, data, room, false, false};
	int rc = run(d, &c, got, &mine);
	if (rc == 0 && d->sense.valid && d->sense.filemark)
		*got = 0;
	if (rc != 0 && d->sense.valid && d->sense.key == SENSE_KEY_BLANK_CHECK)
		return 0;
	if (rc != 0)
		*e = e->code == XE_OK ? mine : *e;
	return rc;
}

int drive_first_block(struct drive *d, void *data, size_t room, size_t *got, struct err *e)
{
	bool handled;
	int rc = transport_first_block(d->transport, data, room, got, &handled, e);
	if (handled || rc != 0)
		return rc;
	const struct command rewind = {"REWIND", scsi_make_rewind(), TRANSPORT_NO_DATA, NULL, 0, false, false};
	size_t none;
	rc = run(d, &rewind, &none, e);
	if (rc != 0)
		return rc;
	rc = read_block(d, data, room, got, e);
	struct err ignored = {0};
	int back = run(d, &rewind, &none, rc == 0 ? e : &ignored);
	return rc ? rc : back;
}
