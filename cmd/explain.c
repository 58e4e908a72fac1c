/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/explain.h"

#include "base/msg.h"
#include "base/secret.h"
#include "cmd/drivetext.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX_BYTES 40000u

/* ---- hex ---- */

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int parse_hex(const char *text, size_t n, uint8_t *bytes, size_t *len, struct err *e)
{
	int high = -1;
	*len = 0;
	for (size_t i = 0; i < n; i++) {
		bool prefix = text[i] == '0' && i + 1 < n && (text[i + 1] == 'x' || text[i + 1] == 'X') && high < 0;
		if (prefix) {
			i++;
			continue;
		}
		int d = digit(text[i]);
		if (d < 0 && memchr(" \t\r\n:,-", text[i], 7) != NULL && high < 0)
			continue;
		if (d < 0)
			return err_set(e, XE_USAGE, "--explain: character %zu is no hex digit", i + 1);
		if (high < 0) {
			high = d;
		} else {
			bytes[(*len)++] = (uint8_t)(high << 4 | d);
			high = -1;
		}
	}
	if (high >= 0)
		return err_set(e, XE_USAGE, "--explain: an odd number of hex digits");
	return *len > 0 ? 0 : err_set(e, XE_USAGE, "--explain: no hex digits");
}

/* ---- kinds ---- */

static bool explain_sense(struct span s)
{
	struct scsi_sense sense;
	char text[SCSI_SENSE_TEXT_BYTES];
	if (!scsi_sense_read(s, &sense))
		return false;
	scsi_sense_describe(&sense, false, text);
	const char *advice = scsi_sense_advice(&sense);
	printf("sense data\n  %-21s %s\n", "meaning:", text);
	if (sense.has_field && !sense.in_cdb)
		printf("  %-21s %s, if it was sent with a key\n", "field:", scsi_set_field(sense.field));
	if (sense.has_info)
		printf("  %-21s %lld\n", "information:", (long long)sense.info);
	if (sense.filemark || sense.eom || sense.ili)
		printf("  %-21s %s%s%s\n", "flags:", sense.filemark ? "file mark " : "", sense.eom ? "end of medium " : "",
		       sense.ili ? "wrong length" : "");
	if (advice)
		printf("  %-21s %s\n", "advice:", advice);
	return true;
}

static void explain_set(const struct scsi_set *s)
{
	static const char *const scopes[] = {"public", "local", "all initiators"};
	printf("Set Data Encryption page (SECURITY PROTOCOL OUT)\n"
	       "  %-21s %s%s\n  %-21s CEEM %u, RDMC %u%s%s%s%s\n  %-21s encryption %u, decryption %u\n  %-21s %u\n  %-21s %zu bytes (not "
	       "shown), format %u\n",
	       "scope:", s->scope < 3 ? scopes[s->scope] : "reserved", s->lock ? ", locked" : "", "controls:", s->ceem, s->rdmc,
	       s->sdk ? ", SDK" : "", s->ckod ? ", clear on demount" : "", s->ckorp ? ", CKORP" : "", s->ckorl ? ", CKORL" : "", "modes:",
	       s->encryption, s->decryption, "algorithm:", s->algorithm, "key:", s->key.len, s->key_format);
	if (s->ukad.data) {
		struct scsi_kads kads = {.count = 1};
		kads.kads[0].len = (uint16_t)(s->ukad.len < SCSI_KAD_MAX_BYTES ? s->ukad.len : SCSI_KAD_MAX_BYTES);
		memcpy(kads.kads[0].data, s->ukad.data, kads.kads[0].len);
		drivetext_kads("key descriptor:", &kads);
	}
	if (s->key.len > 0)
		msg_warning("this page holds a key: whoever saw it can read the tape");
}

/* Of two pages 0010h, the one with a scope in byte 4 is that of SECURITY PROTOCOL OUT; the other's bits there are reserved. */
static bool explain_0010(struct span s)
{
	struct scsi_capabilities c;
	struct scsi_set set;
	if (s.len > 4 && (s.data[4] & 0xe0) != 0 && scsi_read_set(s, &set)) {
		explain_set(&set);
		return true;
	}
	if (!scsi_read_capabilities(s, &c))
		return false;
	puts("Data Encryption Capabilities page");
	drivetext_capabilities(&c);
	return true;
}

static bool explain_alerts(struct span s)
{
	struct tapealert t;
	if (!tapealert_read(s, &t))
		return false;
	printf("TapeAlert, %s\n", t.active ? "active flags:" : "no flag is active");
	for (unsigned n = 1; n <= TAPEALERT_FLAGS; n++) {
		if (t.active >> (n - 1) & 1)
			printf("  %2u %s: %s\n", n, tapealert_severity(tapealert_flag(n)->severity), tapealert_flag(n)->name);
	}
	return true;
}

static bool explain_list(struct span s, uint16_t list)
{
	static const uint16_t pages[] = {0x0000, 0x0001, 0x0010, 0x0011, 0x0012, 0x0020, 0x0021, 0x0030, 0x0031};
	bool listed;
	if (s.len < 6 || !scsi_read_page_list(s, list, 0, &listed))
		return false;
	printf("pages of SECURITY PROTOCOL %s\n  %-21s", list == SCSI_PAGE_IN_PAGES ? "IN" : "OUT", "of those known here:");
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
		(void)scsi_read_page_list(s, list, pages[i], &listed);
		if (listed)
			printf(" %04xh", pages[i]);
	}
	putchar('\n');
	return true;
}

/* Pages that say little. */
static bool explain_small(struct span s, unsigned code)
{
	static const char *const names[] = {"plain", "vendor's reference", "wrapped with the drive's public key", "ESP-SCSI"};
	struct span bytes;
	unsigned formats;
	uint32_t type, format;
	if (code == SCSI_PAGE_KEY_FORMATS && scsi_read_key_formats(s, &formats)) {
		puts("Supported Key Formats page");
		for (unsigned i = 0; i < 4; i++) {
			if (formats >> i & 1)
				printf("  %-21s %s\n", "key format:", names[i]);
		}
		return true;
	}
	if (code == SCSI_PAGE_RANDOM && scsi_read_random(s, &bytes)) {
		puts("Random Number page");
		return true;
	}
	if (code == SCSI_PAGE_WRAPPING_KEY && scsi_read_wrapping_key(s, &type, &format, &bytes)) {
		printf("Device Server Key Wrapping Public Key page\n  %-21s type %u, format %u, %zu bytes\n", "public key:", type, format, bytes.len);
		return true;
	}
	return false;
}

static bool explain_page(struct span s)
{
	struct scsi_status status;
	struct scsi_next_block next;
	struct scsi_management m;
	unsigned code = s.len >= 2 ? (unsigned)s.data[0] << 8 | s.data[1] : 0;
	switch (code) {
	case SCSI_PAGE_IN_PAGES:
	case SCSI_PAGE_OUT_PAGES: return explain_list(s, (uint16_t)code);
	case SCSI_PAGE_KEY_FORMATS:
	case SCSI_PAGE_RANDOM:
	case SCSI_PAGE_WRAPPING_KEY: return explain_small(s, code);
	case SCSI_PAGE_CAPABILITIES: return explain_0010(s);
	case SCSI_PAGE_MANAGEMENT:
		if (!scsi_read_management(s, &m))
			return false;
		puts("Data Encryption Management Capabilities page");
		drivetext_management(&m);
		return true;
	case SCSI_PAGE_STATUS:
		if (!scsi_read_status(s, &status))
			return false;
		puts("Data Encryption Status page");
		drivetext_status(&status, NULL);
		return true;
	case SCSI_PAGE_NEXT_BLOCK:
		if (!scsi_read_next_block(s, &next))
			return false;
		puts("Next Block Encryption Status page");
		drivetext_next_block(&next, NULL);
		return true;
	default: return explain_sense(s) || explain_alerts(s);
	}
}

int explain_run(const char *text, struct err *e)
{
	struct secret typed = SECRET_NONE, bytes = SECRET_NONE; /* a page may hold a key */
	size_t len = 0;
	bool from_input = strcmp(text, "-") == 0;
	int rc = from_input ? secret_read(&typed, 0, TEXT_MAX_BYTES, "standard input", e) : secret_set(&typed, text, strlen(text), e);
	if (rc == 0)
		rc = secret_new(&bytes, typed.len / 2 + 1, e);
	if (rc == 0)
		rc = parse_hex((const char *)typed.data, typed.len, bytes.data, &len, e);
	if (rc == 0 && !explain_page((struct span){bytes.data, len}))
		rc = err_set(e, XE_FAILED,
			     "--explain: %zu bytes that are no sense data, no page of tape data encryption, and no TapeAlert log page", len);
	secret_free(&bytes);
	secret_free(&typed);
	return rc;
}
