/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tape/keyload.h"

#include <stdio.h>

#define INDEX_FALLBACK 1 /* of HP and IBM, and Bareos's only one; Quantum's LTO-4 has 0 */

enum { MODE_OFF = 0, ENCRYPT = 2, RAW = 1, DECRYPT = 2, MIXED = 3 };
enum { CONTROL_DRIVE = 2, CONTROL_LIBRARY = 3, CONTROL_APPLIANCE = 4 };

const char *keyload_method(uint8_t control)
{
	static const char *const names[] = {"not reported", "application", "drive", "library", "appliance"};
	return control < sizeof names / sizeof names[0] ? names[control] : "unknown";
}

/* ---- before ---- */

static int check_control(const struct scsi_status *s, const struct scsi_capabilities *c, bool has_list, struct err *e)
{
	if (s->control >= CONTROL_DRIVE)
		return err_set(e, XE_REFUSED,
			       "this drive takes its keys from %s, not from this host: set its encryption method to \"application "
			       "managed\" (at the library's panel or web page, for the drive or its partition; a drive taken out of a "
			       "library keeps the setting, and the vendor's tool changes it)",
			       s->control == CONTROL_LIBRARY     ? "the library or a key manager behind it"
			       : s->control == CONTROL_APPLIANCE ? "a key management appliance"
								 : "itself alone");
	if (has_list && c->config == 2)
		return err_set(e, XE_REFUSED,
			       "this drive lets nobody on this path set its encryption (CFG_P 2): set its encryption method to "
			       "\"application managed\" at the library or with the vendor's tool");
	return 0;
}

static void name_medium(const struct keyload_result *r, char *text, size_t room)
{
	snprintf(text, room, "%s%s%s%s", r->medium.format ? r->medium.format : "the medium", r->medium.barcode[0] ? " (" : "",
		 r->medium.barcode, r->medium.barcode[0] ? ")" : "");
}

static int check_medium(const struct keyload_options *o, const struct keyload_result *r, struct err *e)
{
	char name[160];
	name_medium(r, name, sizeof name);
	if (!r->has_medium)
		return 0;
	if (!r->medium.can_encrypt)
		return err_set(e, XE_REFUSED, "%s cannot be encrypted: that began with LTO-4 media", name);
	if (r->known && !r->algorithm.valid_for_volume && o->algorithm < 0)
		return err_set(e, XE_REFUSED,
			       "the drive says that %s cannot be encrypted with any algorithm it has for it; --algorithm %u tries it "
			       "all the same",
			       name, r->algorithm.index);
	return 0;
}

/* A drive without a list of algorithms gets Bareos's index. */
static int choose_algorithm(const struct keyload_options *o, const struct scsi_capabilities *c, bool has_list, struct keyload_result *r,
			    struct err *e)
{
	bool encrypt = o->mode == KEYLOAD_MIXED;
	const struct scsi_algorithm *a = NULL;
	if (has_list && o->algorithm >= 0)
		a = scsi_find_algorithm(c, (uint8_t)o->algorithm);
	else if (has_list)
		a = scsi_choose_algorithm(c, encrypt);
	if (a) {
		r->algorithm = *a;
		r->known = true;
		return 0;
	}
	if (has_list && o->algorithm >= 0)
		return err_set(e, XE_REFUSED, "the drive has no algorithm %d; xflate key status tells which it has", o->algorithm);
	if (has_list && c->count > 0)
		return err_set(e, XE_REFUSED,
			       "none of the drive's %u algorithms is AES-256-GCM with 32-byte keys in hardware; xflate key status "
			       "tells what they are, --algorithm N takes one",
			       c->count);
	r->algorithm = (struct scsi_algorithm){.index = o->algorithm >= 0 ? (uint8_t)o->algorithm : INDEX_FALLBACK};
	r->fallback = o->algorithm < 0;
	return 0;
}

static int check_algorithm(const struct keyload_options *o, const struct keyload_result *r, struct err *e)
{
	const struct scsi_algorithm *a = &r->algorithm;
	if (!r->known)
		return 0;
	if (o->key.data && a->key_bytes != o->key.len)
		return err_set(e, XE_KEY, "algorithm %u takes keys of %u bytes, this one has %zu", a->index, a->key_bytes, o->key.len);
	if (o->mode == KEYLOAD_MIXED && a->encrypt == 0)
		return err_set(e, XE_REFUSED, "the drive cannot encrypt with algorithm %u, only decrypt: --mode decrypt", a->index);
	if (o->mode != KEYLOAD_RAW && a->decrypt == 0)
		return err_set(e, XE_REFUSED, "the drive cannot decrypt with algorithm %u", a->index);
	if (o->mode == KEYLOAD_RAW && a->raw == 1)
		return err_set(e, XE_REFUSED, "the drive allows no raw reading (RDMC_C 1)");
	return 0;
}

static int check_kad(const struct keyload_options *o, const struct keyload_result *r, struct err *e)
{
	const struct scsi_algorithm *a = &r->algorithm;
	if (o->kad.data && o->mode != KEYLOAD_MIXED)
		return err_set(e, XE_USAGE, "--kad describes what is written, and nothing is written encrypted in this mode");
	if (o->kad.data == NULL)
		return r->known && a->kads == 1 && o->mode == KEYLOAD_MIXED
			       ? err_set(e, XE_REFUSED, "algorithm %u of this drive wants a key descriptor (DKAD_C 1): --kad TEXT",
					 a->index)
			       : 0;
	if (!r->known)
		return 0;
	if (a->kads == 2 || a->ukad_max == 0)
		return err_set(e, XE_USAGE, "algorithm %u of this drive takes no key descriptor: leave out --kad", a->index);
	if (o->kad.len > a->ukad_max)
		return err_set(e, XE_USAGE, "--kad: %zu bytes; algorithm %u of this drive takes %u", o->kad.len, a->index, a->ukad_max);
	return 0;
}

/* RDMC_C: 1 no raw reading at all, 6 and 7 off and on for good, 4 and 5 off and on unless something else is asked for. */
static int check_raw(const struct keyload_options *o, const struct keyload_result *r, struct err *e)
{
	const struct scsi_algorithm *a = &r->algorithm;
	if (!o->raw_readable)
		return 0;
	if (o->mode != KEYLOAD_MIXED)
		return err_set(e, XE_USAGE, "--raw-readable marks what is written, and nothing is written encrypted in this mode");
	if (r->known && (a->raw == 1 || a->raw == 6))
		return err_set(e, XE_REFUSED, "algorithm %u of this drive lets no block be read raw (RDMC_C %u): leave out --raw-readable",
			       a->index, a->raw);
	return 0;
}

static int check_demount(struct drive *d, const struct keyload_options *o, const struct keyload_result *r, struct err *e)
{
	struct scsi_management m;
	bool has;
	if (!o->clear_on_demount)
		return 0;
	if (!r->has_medium)
		return err_set(e, XE_NOT_READY, "--clear-on-demount needs a cartridge in the drive");
	int rc = drive_management(d, &m, &has, e);
	if (rc == 0 && has && !m.ckod)
		rc = err_set(e, XE_REFUSED, "this drive has no clear on demount (CKOD_C 0)");
	return rc;
}

static int prepare(struct drive *d, const struct keyload_options *o, struct keyload_result *r, struct err *e)
{
	struct scsi_capabilities c;
	bool encrypts, has_list;
	int rc = drive_encrypts(d, &encrypts, e);
	if (rc == 0 && !encrypts)
		rc = err_set(
			e, XE_REFUSED,
			"this drive cannot encrypt: it knows no tape data encryption (LTO-4 was the first; some drives need a licence)");
	if (rc == 0)
		rc = drive_status(d, &r->before, e);
	if (rc == 0)
		rc = drive_capabilities(d, &c, &has_list, e);
	if (rc == 0)
		rc = check_control(&r->before, &c, has_list, e);
	if (rc == 0)
		rc = choose_algorithm(o, &c, has_list, r, e);
	if (rc == 0 && r->has_medium)
		drive_medium(d, &r->medium);
	if (rc == 0)
		rc = check_medium(o, r, e);
	if (rc == 0)
		rc = check_algorithm(o, r, e);
	if (rc == 0)
		rc = check_kad(o, r, e);
	if (rc == 0)
		rc = check_raw(o, r, e);
	if (rc == 0)
		rc = check_demount(d, o, r, e);
	r->had_key = rc == 0 && (r->before.encryption != MODE_OFF || r->before.decryption != MODE_OFF);
	return rc;
}

/* ---- the page ---- */

/* Without options: byte for byte Bareos's page. */
static struct scsi_set make_page(const struct keyload_options *o, const struct keyload_result *r, uint8_t padded[SCSI_KAD_MAX_BYTES])
{
	struct scsi_set s = scsi_bareos_set(r->algorithm.index, o->key);
	s.ckod = o->clear_on_demount;
	/* Where it is on for good (RDMC_C 7) the drive refuses to be told so. */
	s.rdmc = o->raw_readable && !(r->known && r->algorithm.raw == 7) ? 2 : 0;
	if (o->mode != KEYLOAD_MIXED) {
		s.encryption = MODE_OFF;
		s.decryption = o->mode == KEYLOAD_RAW ? RAW : DECRYPT;
	}
	if (o->mode == KEYLOAD_RAW)
		s.key = (struct span){NULL, 0};
	if (o->kad.data == NULL)
		return s;
	s.kad_format = r->known && r->algorithm.kad_format ? 2 : 0; /* an ASCII key name */
	s.ukad = o->kad;
	if (r->known && r->algorithm.ukad_fixed && r->algorithm.ukad_max <= SCSI_KAD_MAX_BYTES) {
		memset(padded, ' ', r->algorithm.ukad_max);
		memcpy(padded, o->kad.data, o->kad.len);
		s.ukad = (struct span){padded, r->algorithm.ukad_max};
	}
	return s;
}

/* A UNIT ATTENTION (a reset, another host's key) makes what is known of the drive stale: look again, then send again. */
static int send_page(struct drive *d, const struct scsi_set *page, struct scsi_status *before, struct err *e)
{
	struct err mine = {0};
	int rc = drive_set(d, page, &mine);
	if (rc != 0 && d->sense.valid && !d->sense.deferred && d->sense.key == SENSE_KEY_UNIT_ATTENTION) {
		mine = (struct err){0};
		rc = drive_status(d, before, &mine);
		if (rc == 0)
			rc = drive_set(d, page, &mine);
	}
	return err_pass(e, &mine);
}

/* ---- behind ---- */

static bool same_kad(const struct scsi_set *page, const struct scsi_status *s)
{
	const struct scsi_kad *k = scsi_find_kad(&s->kads, SCSI_KAD_U);
	/* One that nobody gave is that of another key. */
	if (page->ukad.data == NULL)
		return k == NULL || k->len == 0;
	return k && k->len == page->ukad.len && memcmp(k->data, page->ukad.data, k->len) == 0;
}

/* What page 0020h shows to be other than asked for; 0 if nothing. */
static int compare(const struct scsi_set *page, const struct keyload_result *r, struct err *e)
{
	const struct scsi_status *s = &r->after;
	static const char taken[] = "the drive took the command, but";
	if (s->encryption != page->encryption || s->decryption != page->decryption)
		return err_set(e, XE_REFUSED, "%s reports encryption mode %u, decryption mode %u instead of %u and %u", taken,
			       s->encryption, s->decryption, page->encryption, page->decryption);
	if (s->algorithm != page->algorithm)
		return err_set(e, XE_REFUSED, "%s reports algorithm %u instead of %u", taken, s->algorithm, page->algorithm);
	if (!same_kad(page, s))
		return err_set(e, XE_REFUSED, "%s does not report the key descriptor that it was given%s", taken,
			       page->ukad.data ? "" : ", which is none: another key is in it");
	if (page->rdmc == 2 && s->rdmd)
		return err_set(e, XE_REFUSED, "%s reports that blocks will not be readable raw", taken);
	if (s->counter == r->before.counter)
		return err_set(e, XE_REFUSED, "%s its key instance counter still is %u: no key was loaded", taken, s->counter);
	return 0;
}

/* A failure that leaves open whether the drive has executed the command: anything but a plain refusal.  Then its counter
 * tells. */
static bool may_be_loaded(struct drive *d, const struct keyload_result *r, int rc)
{
	const struct sense *s = &d->sense;
	bool refused = s->valid && !s->deferred && (s->key == SENSE_KEY_ILLEGAL_REQUEST || s->key == SENSE_KEY_DATA_PROTECT);
	struct scsi_status now;
	struct err ignored = {0};
	if (rc == XE_PERMISSION || rc == XE_USAGE || refused)
		return false;
	return drive_status(d, &now, &ignored) != 0 || now.counter != r->before.counter || d->attention.valid;
}

static void take_back(struct drive *d, uint8_t algorithm, struct err *e)
{
	struct err second = {0};
	err_add(e, "%s",
		drive_clear(d, algorithm, false, NULL, &second) == 0 ? "; the key was cleared again"
								     : "; clearing it again failed, too: A KEY MAY BE IN THE DRIVE");
}

int keyload_run(struct drive *d, enum drive_ready ready, const struct keyload_options *o, struct keyload_result *r, struct err *e)
{
	uint8_t padded[SCSI_KAD_MAX_BYTES];
	*r = (struct keyload_result){.has_medium = ready == DRIVE_READY, .medium.can_encrypt = true};
	int rc = prepare(d, o, r, e);
	if (rc != 0 || o->dry_run)
		return rc;
	struct scsi_set page = make_page(o, r, padded);
	struct err mine = {0};
	d->attention = (struct sense){0};
	rc = send_page(d, &page, &r->before, &mine);
	bool may_be_there = rc == 0 || may_be_loaded(d, r, rc);
	if (rc == 0)
		rc = drive_status(d, &r->after, &mine);
	if (rc == 0)
		rc = compare(&page, r, &mine);
	if (rc != 0 && may_be_there)
		take_back(d, page.algorithm, &mine);
	return err_pass(e, &mine);
}

int keyload_index(struct drive *d, uint8_t *index, struct err *e)
{
	struct scsi_status s;
	struct scsi_capabilities c;
	bool has_list;
	*index = INDEX_FALLBACK;
	int rc = drive_status(d, &s, e);
	if (rc == 0 && (s.encryption != MODE_OFF || s.decryption != MODE_OFF)) {
		*index = s.algorithm;
		return 0;
	}
	if (rc == 0)
		rc = drive_capabilities(d, &c, &has_list, e);
	if (rc == 0 && has_list && c.count > 0) {
		const struct scsi_algorithm *a = scsi_choose_algorithm(&c, false);
		*index = a ? a->index : c.algorithms[0].index;
	}
	return rc;
}
