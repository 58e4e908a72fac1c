/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tape/drive.h"

#include "base/printable.h"
#include "base/secret.h"
#include "tape/drive_command.h"
#include "tape/sense_table.h"

#include <stdlib.h>

#define ATTENTIONS_MAX 8

/* ---- opening ---- */

int drive_ready(struct drive *d, enum drive_ready *ready, struct err *e)
{
	const struct drive_command c = {"TEST UNIT READY", scsi_make_test_unit_ready(), TRANSPORT_NO_DATA, NULL, 0, false, true};
	struct err mine = {0};
	size_t got;
	int rc = 0;
	for (int i = 0; i < ATTENTIONS_MAX; i++) {
		mine = (struct err){0};
		rc = drive_command_run(d, &c, &got, &mine);
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
	return err_pass(e, &mine);
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
	const struct drive_command c = {"LOG SENSE (drive status)",
					scsi_make_log_sense(IDENTITY_STATUS_PAGE, sizeof data),
					TRANSPORT_IN,
					data,
					sizeof data,
					false,
					false};
	if (drive_command_run(d, &c, &got, &ignored) != 0 || !identity_activity((struct span){data, got}, &activity))
		return DRIVE_ACTIVITY_UNKNOWN;
	return (enum drive_activity)activity;
}

/* ---- what it is ---- */

static int inquire(struct drive *d, int vpd, uint8_t *data, size_t room, size_t *got, struct err *e)
{
	uint16_t len = (uint16_t)room;
	const struct drive_command c = {
		"INQUIRY", vpd < 0 ? scsi_make_inquiry(len) : scsi_make_inquiry_vpd((uint8_t)vpd, len), TRANSPORT_IN, data, room, false,
		false};
	return drive_command_run(d, &c, got, e);
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
	const struct drive_command c = {
		"READ ATTRIBUTE", scsi_make_read_attribute(number, sizeof data), TRANSPORT_IN, data, sizeof data, false, false};
	if (drive_command_run(d, &c, &got, &ignored) == 0 && identity_attribute((struct span){data, got}, number, &value))
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
	const struct drive_command c = {"MODE SENSE", scsi_make_mode_sense(0x10, sizeof data), TRANSPORT_IN, data, sizeof data, false,
					false};
	if (drive_command_run(d, &c, &got, &ignored) != 0 || !identity_density((struct span){data, got}, &m->density, &m->write_protected))
		return;
	m->format = identity_density_name(m->density, &m->can_encrypt);
	identity_medium_type((struct span){data, got}, &m->type);
}

/* What a drive may do without, and not answer by a deferred error: that one is of somebody's write. */
static int may_lack(struct drive *d, const struct drive_command *c, size_t *got, struct err *e)
{
	struct err mine = {0};
	int rc = drive_command_run(d, c, got, &mine);
	if (rc == 0)
		return 0;
	*got = 0;
	if (!d->sense.deferred)
		return 0;
	return err_pass(e, &mine);
}

int drive_attributes(struct drive *d, uint16_t first, uint8_t *data, uint32_t room, size_t *got, struct err *e)
{
	const struct drive_command c = {"READ ATTRIBUTE", scsi_make_read_attribute(first, room), TRANSPORT_IN, data, room, false, false};
	return may_lack(d, &c, got, e);
}

int drive_log_page(struct drive *d, uint8_t page, uint8_t *data, uint16_t room, size_t *got, struct err *e)
{
	const struct drive_command c = {"LOG SENSE", scsi_make_log_sense(page, room), TRANSPORT_IN, data, room, false, false};
	return may_lack(d, &c, got, e);
}

/* ---- encryption ---- */

/* A page of SECURITY PROTOCOL IN; the caller frees *data. */
static int security_in(struct drive *d, const char *name, uint8_t protocol, uint16_t page, uint8_t **data, size_t *got, struct err *e)
{
	return drive_command_ask(d, name, scsi_make_security_in(protocol, page, 0), data, got, e);
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
	if (knows_command && (rc == 0 || drive_command_is_unknown(d))) {
		struct scsi_status status;
		mine = (struct err){0};
		rc = drive_status(d, &status, &mine);
		*yes = rc == 0;
	}
	if (rc == 0 || (drive_command_is_unknown(d) && !d->encrypts))
		return 0;
	return err_pass(e, &mine);
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
	if (rc != 0 && drive_command_is_unknown(d))
		return 0;
	return err_pass(e, &mine);
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
			     (d->sense.key == SENSE_KEY_NOT_READY || d->sense.key == SENSE_KEY_BLANK_CHECK || drive_command_is_unknown(d));
	if (rc == 0 || nothing_there)
		return 0;
	return err_pass(e, &mine);
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
		const struct drive_command c = {s->encryption || s->decryption ? "SECURITY PROTOCOL OUT (set the key)"
									       : "SECURITY PROTOCOL OUT (clear the key)",
						scsi_make_security_out(SCSI_PROTOCOL_TAPE, SCSI_PAGE_SET, (uint32_t)page.len),
						TRANSPORT_OUT,
						page.data,
						page.len,
						true,
						true};
		rc = drive_command_run(d, &c, &got, e);
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
	if (rc == 0 && after)
		*after = status;
	return err_pass(e, &mine);
}

/* ---- the tape ---- */

int drive_alerts(struct drive *d, uint8_t page, struct tapealert *t, struct err *e)
{
	static const char name[] = "LOG SENSE (TapeAlert)";
	uint8_t data[TAPEALERT_ROOM];
	size_t got;
	const struct drive_command c = {name, scsi_make_log_sense(page, sizeof data), TRANSPORT_IN, data, sizeof data, false, false};
	int rc = drive_command_run(d, &c, &got, e);
	if (rc == 0 && !tapealert_read((struct span){data, got}, t))
		rc = no_page(name, got, e);
	return rc;
}

int drive_position(struct drive *d, struct identity_position *p, bool *has, struct err *e)
{
	uint8_t data[20];
	size_t got;
	struct err mine = {0};
	const struct drive_command c = {"READ POSITION", scsi_make_read_position(), TRANSPORT_IN, data, sizeof data, false, false};
	int rc = drive_command_run(d, &c, &got, &mine);
	*has = rc == 0 && identity_position((struct span){data, got}, p);
	if (rc == 0 || drive_command_is_unknown(d))
		return 0;
	return err_pass(e, &mine);
}

static int read_block(struct drive *d, void *data, size_t room, size_t *got, struct err *e)
{
	struct err mine = {0};
	const struct drive_command c = {"READ", scsi_make_read((uint32_t)room), TRANSPORT_IN, data, room, false, false};
	int rc = drive_command_run(d, &c, got, &mine);
	if (rc == 0 && d->sense.valid && d->sense.filemark)
		*got = 0;
	if (rc != 0 && d->sense.valid && d->sense.key == SENSE_KEY_BLANK_CHECK)
		return 0;
	return err_pass(e, &mine);
}

int drive_first_block(struct drive *d, void *data, size_t room, size_t *got, struct err *e)
{
	bool handled;
	int rc = transport_first_block(d->transport, data, room, got, &handled, e);
	if (handled || rc != 0)
		return rc;
	const struct drive_command rewind = {"REWIND", scsi_make_rewind(), TRANSPORT_NO_DATA, NULL, 0, false, false};
	size_t none;
	rc = drive_command_run(d, &rewind, &none, e);
	if (rc != 0)
		return rc;
	rc = read_block(d, data, room, got, e);
	struct err ignored = {0};
	int back = drive_command_run(d, &rewind, &none, rc == 0 ? e : &ignored);
	return rc ? rc : back;
}
