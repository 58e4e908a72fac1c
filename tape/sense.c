/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tape/sense.h"

#include "scsi.h"
#include "tape/sense_table.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- reading ---- */

/* The three bytes that mean something else for each sense key, if their first bit is set. */
static void read_specific(struct rd *r, struct sense *s)
{
	uint8_t flags = rd_u8(r);
	uint16_t value = rd_be16(r);
	if (r->bad || (flags & 0x80) == 0)
		return;
	switch (s->key) {
	case SENSE_KEY_ILLEGAL_REQUEST:
		s->has_field = true;
		s->in_cdb = flags & 0x40;
		s->field = value;
		s->has_bit = flags & 0x08;
		s->bit = s->has_bit ? flags & 7 : 0;
		break;
	case SENSE_KEY_NONE:
	case SENSE_KEY_NOT_READY:
		s->has_progress = true;
		s->progress = value;
		break;
	case SENSE_KEY_RECOVERED:
	case SENSE_KEY_MEDIUM_ERROR:
	case SENSE_KEY_HARDWARE_ERROR:
		s->has_retries = true;
		s->retries = value;
		break;
	default: break;
	}
}

/* IBM's LTO have a code for their service there instead. */
static void read_fault(struct rd r, struct sense *s)
{
	uint8_t flags = rd_u8(&r);
	uint16_t value = rd_be16(&r);
	if (!r.bad && (flags & 0x80) == 0)
		s->fault = value;
}

static void read_flags(uint8_t flags, struct sense *s)
{
	s->filemark = flags & 0x80;
	s->eom = flags & 0x40;
	s->ili = flags & 0x20;
}

/* Behind byte 0.  Old devices send less than 14 bytes: then there is a key and no code. */
static void read_fixed(struct rd *r, bool info_valid, struct sense *s)
{
	bool cut = false;
	rd_u8(r);
	uint8_t flags = rd_u8(r);
	s->valid = !r->bad;
	read_flags(flags, s);
	s->key = flags & 0xf;
	s->overflow = flags & 0x10;
	s->info = rd_be32s(r);
	s->has_info = info_valid && !r->bad;
	uint8_t more = rd_u8(r);
	struct rd rest = rd_announced(r, more, &cut);
	rd_bytes(&rest, 4);
	s->asc = rd_u8(&rest);
	s->ascq = rd_u8(&rest);
	s->has_code = !rest.bad;
	if (!s->has_code)
		s->asc = s->ascq = 0;
	s->fru = rd_u8(&rest);
	read_fault(rest, s);
	read_specific(&rest, s);
}

/* type: of SPC-4 4.5.2.  What a tape drive does not send is stepped over. */
static void read_descriptor(struct rd *d, uint8_t type, struct sense *s)
{
	switch (type) {
	case 0x00: { /* information */
		bool is_valid = rd_u8(d) & 0x80;
		rd_u8(d);
		s->info = (int64_t)rd_be64(d);
		s->has_info = is_valid && !d->bad;
		break;
	}
	case 0x02: /* sense key specific */
		rd_be16(d);
		read_specific(d, s);
		break;
	case 0x03: /* field replaceable unit */
		rd_u8(d);
		s->fru = rd_u8(d);
		break;
	case 0x04: /* stream commands */
		rd_u8(d);
		read_flags(rd_u8(d), s);
		break;
	case 0x0a: { /* another progress indication */
		rd_bytes(d, 4);
		uint16_t progress = rd_be16(d);
		s->has_progress = s->has_progress || !d->bad;
		s->progress = d->bad ? s->progress : progress;
		break;
	}
	default: break;
	}
}

static void read_descriptors(struct rd *r, struct sense *s)
{
	bool cut = false;
	s->key = rd_u8(r) & 0xf;
	s->asc = rd_u8(r);
	s->ascq = rd_u8(r);
	s->valid = s->has_code = !r->bad;
	s->overflow = rd_u8(r) & 0x80;
	rd_bytes(r, 2);
	uint8_t more = rd_u8(r);
	struct rd list = rd_announced(r, more, &cut);
	while (!list.bad && rd_left(&list) >= 2) {
		uint8_t type = rd_u8(&list), len = rd_u8(&list);
		struct rd d = rd_announced(&list, len, &cut);
		read_descriptor(&d, type, s);
	}
}

bool sense_read(struct span bytes, struct sense *s)
{
	struct rd r = rd_over(bytes.data, bytes.len);
	*s = (struct sense){0};
	uint8_t first = rd_u8(&r);
	s->deferred = (first & 0x7f) == 0x71 || (first & 0x7f) == 0x73;
	switch (first & 0x7f) {
	case 0x70:
	case 0x71: read_fixed(&r, first & 0x80, s); break;
	case 0x72:
	case 0x73: read_descriptors(&r, s); break;
	default: break;
	}
	if (!s->valid)
		*s = (struct sense){0};
	return s->valid;
}

bool sense_is(const struct sense *s, uint8_t key, uint8_t asc, uint8_t ascq)
{
	return s->valid && s->key == key && s->asc == asc && s->ascq == ascq;
}

bool sense_is_notable_attention(const struct sense *s)
{
	bool firmware = s->asc == 0x3f && (s->ascq == 0x01 || s->ascq == 0x16);
	return s->asc == 0x29 || s->asc == 0x2a || firmware;
}

bool sense_is_becoming_ready(const struct sense *s)
{
	return s->asc == 0x04 && (s->ascq == 0x01 || s->ascq == 0x04);
}

bool sense_is_no_medium(const struct sense *s)
{
	return s->asc == 0x3a && s->ascq < 3;
}

bool sense_is_of_encryption(const struct sense *s)
{
	return (s->key == SENSE_KEY_DATA_PROTECT && s->asc == 0x74 && s->ascq <= 3) ||
	       (s->key == SENSE_KEY_MEDIUM_ERROR && s->asc == 0xee && s->ascq == 0xd0);
}

/* ---- words ---- */

const char *sense_key_text(uint8_t key)
{
	static const char *const names[16] = {
		"NO SENSE",       "RECOVERED ERROR", "NOT READY",   "MEDIUM ERROR",    "HARDWARE ERROR", "ILLEGAL REQUEST",
		"UNIT ATTENTION", "DATA PROTECT",    "BLANK CHECK", "VENDOR SPECIFIC", "COPY ABORTED",   "ABORTED COMMAND",
		"RESERVED",       "VOLUME OVERFLOW", "MISCOMPARE",  "COMPLETED",
	};
	return names[key & 0xf];
}

/* ---- codes ---- */

/* Two bits or more set: it may be any of these vendors. */
static bool is_one_vendor(unsigned vendor)
{
	return vendor != 0 && (vendor & (vendor - 1)) == 0;
}

static const struct sense_entry *standard_entry(const struct sense *s)
{
	return s->has_code ? sense_find(&sense_standard, NULL, 0, s->key, s->asc, s->ascq) : NULL;
}

static const struct sense_entry *vendor_entry(const struct sense *s, unsigned vendors, const struct sense_entry *after)
{
	return s->has_code ? sense_find(&sense_vendors, after, vendors, s->key, s->asc, s->ascq) : NULL;
}

/* What counts most for s: its vendor's entry, else the standard's, else another vendor's. */
static const struct sense_entry *best_entry(const struct sense *s)
{
	const struct sense_entry *own = s->vendor ? vendor_entry(s, s->vendor, NULL) : NULL, *standard = standard_entry(s);
	if (own && (is_one_vendor(s->vendor) || standard == NULL))
		return own;
	return standard ? standard : vendor_entry(s, SENSE_VENDORS, NULL);
}

bool sense_by_vendor(const struct sense *s)
{
	const struct sense_entry *first = vendor_entry(s, SENSE_VENDORS, NULL);
	return first && (standard_entry(s) || vendor_entry(s, SENSE_VENDORS & ~(unsigned)first->vendors, NULL));
}

bool sense_is_known(const struct sense *s)
{
	return best_entry(s) != NULL;
}

/* A command that has succeeded needs no help; but warnings come that way, too. */
static bool is_only_recovered(const struct sense *s, const struct sense_entry *t)
{
	bool warning = t->asc == 0x0b || t->asc == 0x5d || t->cause == SENSE_CLEAN || t->cause == SENSE_INFORMATION ||
		       t->cause == SENSE_DRILL;
	return s->key == SENSE_KEY_RECOVERED && !warning && t->vendors == 0;
}

static enum sense_cause cause_of(const struct sense *s)
{
	const struct sense_entry *t = best_entry(s);
	if (t == NULL || (s->asc == 0 && s->ascq == 0))
		return s->filemark || s->ili ? SENSE_POSITION : s->eom ? SENSE_FULL : sense_key_cause(s->key);
	return is_only_recovered(s, t) ? SENSE_RECOVERED : (enum sense_cause)t->cause;
}

const char *sense_kind(const struct sense *s)
{
	return sense_cause_name(cause_of(s));
}

const char *sense_advice(const struct sense *s)
{
	const struct sense_entry *t = best_entry(s);
	if (t == NULL || (s->asc == 0 && s->ascq == 0))
		return NULL;
	if (is_only_recovered(s, t))
		return sense_cause_advice(SENSE_RECOVERED);
	return t->advice ? t->advice : sense_cause_advice(t->cause);
}

/* ---- a line of text ---- */

struct text {
	char *at;
	size_t room;
};

static void add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(t->at, t->room, format, args);
	va_end(args);
	size_t used = n < 0 ? 0 : (size_t)n < t->room ? (size_t)n : t->room - 1;
	t->at += used;
	t->room -= used;
}

/* Each vendor's meaning once: an earlier entry of the same vendor is the more particular one. */
static bool add_vendors(struct text *t, const struct sense *s, unsigned vendors, const char *joint)
{
	unsigned left = vendors;
	bool any = false;
	for (const struct sense_entry *v = NULL; left != 0 && (v = vendor_entry(s, left, v)) != NULL; any = true) {
		add(t, "%s%s: %s", any ? "; " : joint, sense_vendor_name(v->vendors & left), v->meaning);
		left &= ~(unsigned)v->vendors;
	}
	return any;
}

static void add_meaning(struct text *t, const struct sense *s)
{
	const struct sense_entry *standard = standard_entry(s);
	if (!s->has_code || (s->asc == 0 && s->ascq == 0)) {
		add(t, "nothing more is said");
	} else if (is_one_vendor(s->vendor) && vendor_entry(s, s->vendor, NULL)) {
		add_vendors(t, s, s->vendor, "");
	} else if (standard) {
		add(t, "%s", standard->meaning);
		if (!is_one_vendor(s->vendor))
			add_vendors(t, s, s->vendor ? s->vendor : SENSE_VENDORS, "; ");
	} else if (!add_vendors(t, s, SENSE_VENDORS, "")) {
		add(t, s->asc >= 0x80 || s->ascq >= 0x80 ? "a vendor's own code" : "a code that is not in xflate's table");
	}
}

void sense_describe(const struct sense *s, bool set_page, char text[static SENSE_TEXT_BYTES])
{
	struct text t = {text, SENSE_TEXT_BYTES};
	if (!s->valid) {
		add(&t, "no sense data");
		return;
	}
	add(&t, "%x/%02x/%02x %s%s: %s", s->key, s->asc, s->ascq, sense_key_text(s->key),
	    s->deferred ? ", deferred (of an earlier command)" : "", s->key == SENSE_KEY_RECOVERED ? "the command has succeeded: " : "");
	add_meaning(&t, s);
	if (!s->has_field)
		return;
	add(&t, " (byte %u", s->field);
	if (s->has_bit)
		add(&t, " bit %u", s->bit);
	add(&t, "%s%s)", s->in_cdb ? " of the command" : set_page ? ", " : "", !s->in_cdb && set_page ? scsi_set_field(s->field) : "");
}
