/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/drive/explain.h"

#include "base/msg.h"
#include "cmd/drive/alerttext.h"
#include "cmd/drive/drivetext.h"
#include "cmd/drive/pasted.h"
#include "cmd/drive/sensetext.h"
#include "tape/pagekind.h"

#include <stdio.h>

#define MAY_HOLD_A_KEY "whoever saw it can read the tape"

/* ---- pages with keys ---- */

static void print_set(const struct pasted *p)
{
	static const char *const scopes[] = {"public", "local", "all initiators"};
	const struct scsi_set *s = &p->find.set;
	puts("Set Data Encryption page (SECURITY PROTOCOL OUT)");
	if (p->guard == KEYGUARD_CUT)
		puts("  cut:                  not all of it is here");
	printf("  %-21s %s%s\n  %-21s encryption %u, decryption %u\n  %-21s %u\n", "scope:", s->scope < 3 ? scopes[s->scope] : "reserved",
	       s->lock ? ", locked" : "", "modes:", s->encryption, s->decryption, "algorithm:", s->algorithm);
	if (p->guard == KEYGUARD_PAGE)
		printf("  %-21s CEEM %u, RDMC %u%s%s%s%s\n", "controls:", s->ceem, s->rdmc, s->sdk ? ", SDK" : "",
		       s->ckod ? ", clear on demount" : "", s->ckorp ? ", CKORP" : "", s->ckorl ? ", CKORL" : "");
	printf("  %-21s %zu bytes (not shown), format %u\n", "key:", p->find.key_len, s->key_format);
	drivetext_kads("key descriptor:", &p->kads);
}

static int refuse_guarded(struct err *e)
{
	msg_warning("this may hold a key: " MAY_HOLD_A_KEY);
	return err_set(e, XE_FAILED,
		       "--explain: this may be a Set Data Encryption page with a key in it, damaged, cut, or with something before it: "
		       "nothing of it is shown.  To explain sense data that came with it, paste them alone");
}

/* What may be with a key. */
static int explain_guarded(const struct pasted *p, struct err *e)
{
	if (p->guard == KEYGUARD_DAMAGED)
		return refuse_guarded(e);
	if (p->guard == KEYGUARD_COMMAND) {
		puts("SECURITY PROTOCOL OUT, Set Data Encryption page: the command that sends a key; the page is not here");
		return 0;
	}
	print_set(p);
	if (p->find.key_len > 0)
		msg_warning("this page holds a key: " MAY_HOLD_A_KEY);
	if (p->paste.sections > 1)
		msg_warning("what else was pasted is not explained, since a page with a key is there; paste it alone");
	return 0;
}

/* ---- other pages ---- */

static void print_sense(struct span s, unsigned vendor)
{
	struct sense sense;
	(void)sense_read(s, &sense);
	sense.vendor = vendor;
	puts("sense data");
	sensetext_print(&sense, s);
}

static void print_list(struct span s)
{
	static const uint16_t pages[] = {0x0000, 0x0001, 0x0010, 0x0011, 0x0012, 0x0020, 0x0021, 0x0030, 0x0031};
	uint16_t list = s.data[1];
	bool listed;
	printf("pages of SECURITY PROTOCOL %s\n  %-21s", list == SCSI_PAGE_IN_PAGES ? "IN" : "OUT", "of those known here:");
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
		if (scsi_read_page_list(s, list, pages[i], &listed) && listed)
			printf(" %04xh", pages[i]);
	}
	putchar('\n');
}

static void print_formats(struct span s)
{
	static const char *const names[] = {"plain", "vendor's reference", "wrapped with the drive's public key", "ESP-SCSI"};
	unsigned formats = 0;
	(void)scsi_read_key_formats(s, &formats);
	puts("Supported Key Formats page");
	for (unsigned i = 0; i < 4; i++) {
		if (formats >> i & 1)
			printf("  %-21s %s\n", "key format:", names[i]);
	}
}

static void print_wrapping_key(struct span s)
{
	struct span bytes;
	uint32_t type = 0, format = 0;
	(void)scsi_read_wrapping_key(s, &type, &format, &bytes);
	printf("Device Server Key Wrapping Public Key page\n  %-21s type %u, format %u, %zu bytes\n", "public key:", type, format,
	       bytes.len);
}

static void print_page(enum pagekind kind, struct span s, unsigned vendor)
{
	struct scsi_capabilities capabilities;
	struct scsi_status status;
	struct scsi_next_block next;
	struct scsi_management management;
	switch (kind) {
	case PAGEKIND_NONE: break;
	case PAGEKIND_SENSE: print_sense(s, vendor); break;
	case PAGEKIND_PAGE_LIST: print_list(s); break;
	case PAGEKIND_KEY_FORMATS: print_formats(s); break;
	case PAGEKIND_WRAPPING_KEY: print_wrapping_key(s); break;
	case PAGEKIND_RANDOM: puts("Random Number page"); break;
	case PAGEKIND_CAPABILITIES:
		(void)scsi_read_capabilities(s, &capabilities);
		puts("Data Encryption Capabilities page");
		drivetext_capabilities(&capabilities);
		break;
	case PAGEKIND_MANAGEMENT:
		(void)scsi_read_management(s, &management);
		puts("Data Encryption Management Capabilities page");
		drivetext_management(&management);
		break;
	case PAGEKIND_STATUS:
		(void)scsi_read_status(s, &status);
		puts("Data Encryption Status page");
		drivetext_status(&status, NULL);
		break;
	case PAGEKIND_NEXT_BLOCK:
		(void)scsi_read_next_block(s, &next);
		puts("Next Block Encryption Status page");
		drivetext_next_block(&next, NULL);
		break;
	case PAGEKIND_TAPEALERT:
	case PAGEKIND_TAPEALERT_RESPONSE:
	case PAGEKIND_LOG_LIST: (void)alerttext_print_page(s, ALERTTEXT_UNKNOWN); break;
	}
}

/* ---- the whole ---- */

struct tally {
	unsigned explained, left;
	const char *why; /* of the last dump that was not explained */
	uint8_t codes[PASTE_CODES][3];
	unsigned code_count; /* of sense data that were explained */
};

static void note_code(struct tally *t, struct span s)
{
	struct sense sense;
	if (!sense_read(s, &sense) || t->code_count == PASTE_CODES)
		return;
	const uint8_t code[3] = {sense.key, sense.asc, sense.ascq};
	memcpy(t->codes[t->code_count++], code, 3);
}

/* A dump that can be read in more than one way is explained in each that makes sense. */
static void explain_dump(struct pasted *p, unsigned i, unsigned vendor, struct tally *t)
{
	static const char *const notes[PASTED_WAYS] = {NULL, "read with ffffff8f as the one byte 8f, as old programs print it",
						       "read as 16-bit words of od or hexdump, with the two bytes of each swapped"};
	const struct paste_section *section = &p->paste.section[i];
	unsigned explained = 0;
	for (enum pasted_way way = PASTED_AS_IS; way < PASTED_WAYS && section->why == NULL && !section->command; way++) {
		struct span s = pasted_bytes(p, i, way);
		enum pagekind kind = s.len > 0 ? pagekind_of(s) : PAGEKIND_NONE;
		if (kind == PAGEKIND_NONE)
			continue;
		if (t->explained > 0)
			putchar('\n');
		if (notes[way])
			printf("(%s%s)\n", explained > 0 ? "the same digits may also be something else; " : "", notes[way]);
		print_page(kind, s, vendor);
		if (kind == PAGEKIND_SENSE)
			note_code(t, s);
		explained++;
		t->explained++;
	}
	if (explained == 0 && !section->command) {
		t->left++;
		t->why = section->why ? section->why : t->why;
	}
}

static void explain_code(const struct paste_code *c, unsigned vendor, struct tally *t)
{
	struct sense s = {
		.valid = true, .has_code = true, .deferred = c->deferred, .key = c->key, .asc = c->asc, .ascq = c->ascq, .vendor = vendor};
	const uint8_t code[3] = {c->key, c->asc, c->ascq};
	for (unsigned i = 0; i < t->code_count; i++) {
		if (memcmp(t->codes[i], code, 3) == 0 || (!c->has_key && memcmp(t->codes[i] + 1, code + 1, 2) == 0))
			return;
	}
	if (t->explained > 0)
		putchar('\n');
	t->explained++;
	if (!c->has_key) {
		printf("sense code %02x/%02x\n  %-21s the sense key is not told, and decides: write KEY/%02x/%02x\n", c->asc, c->ascq,
		       "meaning:", c->asc, c->ascq);
		return;
	}
	puts("sense code");
	sensetext_print(&s, (struct span){NULL, 0});
}

/* LTFS' 05ee0f, alone: three bytes in one word that are a code of the tables. */
static bool bare_code(const struct pasted *p, struct paste_code *c)
{
	struct span text = {p->text.data, p->text.len};
	while (text.len > 0 && memchr(" \t\r\n", text.data[text.len - 1], 4) != NULL)
		text.len--;
	if (p->paste.sections != 1 || p->paste.len != 3 || (text.len != 6 && text.len != 8))
		return false;
	const uint8_t *b = p->paste.data;
	*c = (struct paste_code){.has_key = b[0] <= 15, .key = b[0], .asc = b[1], .ascq = b[2]};
	const struct sense s = {.valid = true, .has_code = true, .key = b[0], .asc = b[1], .ascq = b[2]};
	return c->has_key && memchr(text.data, ' ', text.len) == NULL && sense_is_known(&s);
}

/* Beside the command that sends a key only sense data are safe to be explained. */
static bool only_sense(struct pasted *p)
{
	for (unsigned i = 0; i < p->paste.sections; i++) {
		struct span s = paste_bytes(&p->paste, &p->paste.section[i]);
		if (!p->paste.section[i].command && (pagekind_of(s) != PAGEKIND_SENSE || pagekind_is_cut_sense(s)))
			return false;
	}
	return true;
}

static int explain_all(struct pasted *p, unsigned vendor, struct err *e)
{
	struct tally t = {0};
	struct paste_code code;
	if ((p->command || p->paste.sets_key) && !only_sense(p))
		return refuse_guarded(e);
	if (p->command)
		puts("(the command that sends a key, SECURITY PROTOCOL OUT, is in it; the page with the key is not)");
	for (unsigned i = 0; i < p->paste.sections; i++)
		explain_dump(p, i, vendor, &t);
	for (unsigned i = 0; i < p->paste.codes; i++)
		explain_code(&p->paste.code[i], vendor, &t);
	if (t.explained == 0 && bare_code(p, &code)) {
		explain_code(&code, vendor, &t);
		t.left = 0;
	}
	if (t.explained > 0 || p->command) {
		if (t.left > 0 || p->paste.lost)
			msg_warning("%u more %s not explained%s%s", t.left, t.left == 1 ? "dump in it is" : "dumps in it are",
				    t.why ? ": " : "", t.why ? t.why : "");
		return 0;
	}
	return err_set(e, XE_FAILED,
		       "--explain: %zu bytes that cannot be told for sure to be sense data, a page of tape data encryption, or a TapeAlert "
		       "log page%s%s; nothing of them is shown, since they may be a key%s",
		       p->paste.len, t.why ? ": " : "", t.why ? t.why : "", p->paste.len == 3 ? ".  A sense code is written 5/24/00" : "");
}

int explain_run(char *text, unsigned vendor, struct err *e)
{
	struct pasted p = PASTED_NONE;
	int rc = pasted_read(&p, text, e);
	if (rc == 0)
		rc = p.guard == KEYGUARD_NONE ? explain_all(&p, vendor ? vendor : p.paste.vendor, e) : explain_guarded(&p, e);
	pasted_free(&p);
	secret_wipe_registers();
	return rc;
}
