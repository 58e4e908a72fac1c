/* SPDX-License-Identifier: GPL-3.0-or-later */
/* key status --explain: every form of a dump is read as the same bytes; nothing of a page with a key is ever printed. */
#include "cmd/drive/explain.h"
#include "tape/keyguard.h"
#include "tape/pagekind.h"
#include "tape/paste.h"
#include "tape/sense_table.h"

#include "guarded.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- what the command prints ---- */

static char output[1 << 16];
static int status;

static const char *explain(const char *text, unsigned vendor)
{
	static int into = -1;
	char *copy = strdup(text);
	struct err e = {0};
	if (into < 0)
		into = memfd_create("output", MFD_CLOEXEC);
	fflush(NULL);
	int out = dup(1), error = dup(2);
	ck_quick(into >= 0 && ftruncate(into, 0) == 0 && lseek(into, 0, SEEK_SET) == 0 && dup2(into, 1) == 1 && dup2(into, 2) == 2);
	status = explain_run(copy, vendor, &e);
	fflush(NULL);
	dup2(out, 1);
	dup2(error, 2);
	close(out);
	close(error);
	ssize_t n = pread(into, output, sizeof output - sizeof e.text - 1, 0);
	snprintf(output + (n > 0 ? n : 0), sizeof e.text + 1, "%s", e.text);
	free(copy);
	return output;
}

/* ---- forms ---- */

struct buffer {
	char text[1 << 16];
	size_t len;
};

static void say(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct buffer *b, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	b->len += (size_t)vsnprintf(b->text + b->len, sizeof b->text - b->len, format, args);
	va_end(args);
	ck_quick(b->len < sizeof b->text);
}

static void column(struct buffer *b, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		say(b, "%c", p[i] >= 0x20 && p[i] < 0x7f ? p[i] : '.');
}

/* What stands before the bytes of a row, between them, and behind them. */
struct form {
	const char *name, *prefix;
	int digits;             /* of the offset; 0: none, below 0: octal */
	const char *behind;     /* the offset */
	const char *gap;        /* between bytes */
	unsigned group;         /* bytes without a gap */
	const char *middle;     /* behind the eighth byte, instead */
	const char *text, *end; /* around the column of text; NULL: none */
	bool last;              /* an offset behind all */
	bool swapped;
};

static const struct form forms[] = {
	{"xxd", "", 8, ": ", " ", 2, NULL, "  ", "", false, false},
	{"xxd -g1", "", 8, ": ", " ", 1, NULL, "  ", "", false, false},
	{"xxd -g4", "", 8, ": ", " ", 4, NULL, "  ", "", false, false},
	{"xxd without its text", "", 8, ": ", " ", 2, NULL, NULL, NULL, false, false},
	{"hexdump -C", "", 8, "  ", " ", 1, "  ", "  |", "|", true, false},
	{"hexdump", "", 7, " ", " ", 2, NULL, NULL, NULL, true, true},
	{"od -Ax -tx1", "", 6, " ", " ", 1, NULL, NULL, NULL, true, false},
	{"od -Ax -tx1z", "", 6, " ", " ", 1, NULL, "  >", "<", true, false},
	{"od -tx1", "", -7, " ", " ", 1, NULL, NULL, NULL, true, false},
	{"od -x", "", -7, " ", " ", 2, NULL, NULL, NULL, true, true},
	{"od -An -tx1", "", 0, "", " ", 1, NULL, NULL, NULL, false, false},
	{"sg_raw", "        ", 0, "", " ", 1, "  ", NULL, NULL, false, false},
	{"sg_logs -H", " ", 2, "     ", " ", 1, "  ", "    ", "", false, false},
	{"a kernel's log", "[ 1234.567890] st 1:0:0:0: [st0] ", 8, ": ", " ", 1, NULL, "  ", "", false, false},
	{"syslog", "Nov 30 10:11:12 host7 kernel: [ 12.5] st0: ", 8, ": ", " ", 1, NULL, "  ", "", false, false},
	{"hex digits with colons", "", 0, "", ":", 1, NULL, NULL, NULL, false, false},
	{"hex digits with commas", "", 0, "", ", ", 1, NULL, NULL, NULL, false, false},
	{"pairs", "", 0, "", " ", 2, NULL, NULL, NULL, false, false},
	{"xxd -p", "", 0, "", "", 16, NULL, NULL, NULL, false, false},
};

#define FORMS (sizeof forms / sizeof forms[0])
#define MORE_FORMS 8 /* write_special */

static void write_offset(struct buffer *b, const struct form *f, size_t at)
{
	if (f->digits > 0)
		say(b, "%0*zx%s", f->digits, at, f->behind);
	else if (f->digits < 0)
		say(b, "%0*zo%s", -f->digits, at, f->behind);
}

static void write_form(struct buffer *b, const struct form *f, const uint8_t *p, size_t len, const char *newline)
{
	for (size_t row = 0; row < len; row += 16) {
		size_t n = len - row < 16 ? len - row : 16;
		say(b, "%s", f->prefix);
		write_offset(b, f, row);
		for (size_t i = 0; i < n; i++) {
			size_t at = row + (f->swapped ? i ^ 1 : i);
			const char *gap = i == 0 ? "" : i == 8 && f->middle ? f->middle : i % f->group == 0 ? f->gap : "";
			say(b, "%s%02x", gap, at < len ? p[at] : 0);
			if (f->swapped && i + 1 == n && n % 2 == 1)
				b->text[b->len - 2] = '0', b->text[b->len - 1] = '0', say(b, "%02x", p[row + i]);
		}
		if (f->text) {
			say(b, "%*s%s", (int)(16 - n) * 3, "", f->text);
			column(b, p + row, n);
			say(b, "%s", f->end);
		}
		say(b, "%s", newline);
	}
	if (f->last) {
		write_offset(b, f, len);
		say(b, "%s", newline);
	}
}

static const char *write_special(struct buffer *b, unsigned which, const uint8_t *p, size_t len)
{
	switch (which) {
	case 0:
		for (size_t i = 0; i < len; i++)
			say(b, "0x%02x,%s", p[i], i % 12 == 11 ? "\n  " : " ");
		return "xxd -i";
	case 1:
		for (size_t i = 0; i < len; i++)
			say(b, "\\x%02x", p[i]);
		return "\\x70";
	case 2:
		for (size_t i = 0; i < len; i++)
			say(b, p[i] >= 0x80 ? "ffffff%02x " : "%02x ", p[i]);
		return "numbers with their sign";
	case 3:
		say(b, " Raw Sense:              0x");
		for (size_t i = 0; i < len; i++)
			say(b, p[i] >= 0x80 ? "ffffff%02x" : "%02x", p[i]);
		return "stenc 1";
	case 4:
		say(b, "st0: Raw sense data:");
		for (size_t i = 0; i < len; i++)
			say(b, "0x%02x ", p[i]);
		return "an old kernel";
	case 5:
		for (size_t i = 0; i < len; i++)
			say(b, "%02Xh%s", p[i], i % 16 == 15 ? "\r\n" : " ");
		return "70h";
	case 6:
		for (size_t row = 0; row < len; row += 16) {
			say(b, "%07zo", row);
			for (size_t i = row; i < row + 16 && i < len; i += 2)
				say(b, " %06o", (unsigned)(p[i] | (i + 1 < len ? p[i + 1] : 0) << 8));
			say(b, "\n");
		}
		return "od";
	default:
		for (size_t row = 0; row < len; row += 16) {
			say(b, "%07zo", row);
			for (size_t i = row; i < row + 16 && i < len; i++)
				say(b, " %03o", p[i]);
			say(b, "\n");
		}
		return "od -b";
	}
}

static const char *write_any(struct buffer *b, unsigned which, const uint8_t *p, size_t len, const char *newline)
{
	if (which >= FORMS)
		return write_special(b, which - FORMS, p, len);
	write_form(b, &forms[which], p, len, newline);
	return forms[which].name;
}

/* ---- every form of the same sense data ---- */

START_TEST(test_forms)
{
	static const char *const samples[] = {
		"70 00 05 00000000 0a 00000000 26 00 00 80 0008",
		"f0 00 20 fffffc18 0a 00000000 0000 00 000000",
		"72 05 26 00 000000 14 00 0a 80 00 0000000000000203 02 06 0000 8a 0008 00",
		"70 00 06 00000000 1c 00000000 2900 00 000000 0102030405060741424344454647 0809 0a0b",
		"70 00 05 00000000 0a 00000000 74 21 00 00 0000",
	};
	static struct buffer b;
	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
		uint8_t bytes[64];
		size_t len = unhex(bytes, samples[i]);
		char *want = strdup(explain(samples[i], 0));
		ck_assert_int_eq(status, 0);
		for (unsigned which = 0; which < FORMS + MORE_FORMS; which++) {
			for (unsigned newline = 0; newline < 2; newline++) {
				b.len = 0;
				const char *name = write_any(&b, which, bytes, len, newline ? "\r\n" : "\n");
				const char *got = explain(b.text, 0);
				const char *from = got[0] == '(' ? strchr(got, '\n') + 1 : got;
				ck_assert_msg(strcmp(from, want) == 0, "%s\n%s\nis read as\n%s\nnot\n%s", name, b.text, got, want);
			}
		}
		free(want);
	}
}
END_TEST

/* Of what each program prints, and how people write a code. */
START_TEST(test_pastes)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{"5/74/21", "5/74/21 ILLEGAL REQUEST: the configuration of encryption"},
		{"05ee0f", "5/ee/0f ILLEGAL REQUEST: IBM: the key service failed"},
		{"0x05ee0f", "5/ee/0f"},
		{"LTFS30201D CDB check condition: sense = 05ee0f, Encryption - Key Service Failure.", "5/ee/0f ILLEGAL"},
		{"LTFS30201D sense = 05/ee0f", "5/ee/0f ILLEGAL"},
		{"LTFS12345E unknown sense code 054a00 (sense)", "5/4a/00 ILLEGAL"},
		{"7/EF10", "7/ef/10 DATA PROTECT: IBM: a key is required"},
		{"the drive said 06/2A01.", "6/2a/01 UNIT ATTENTION: mode parameters"},
		{"SK=02 ASC=04 ASCQ=01", "2/04/01 NOT READY: becoming ready"},
		{"Sense Code:              Illegal Request (0x05)\n ASC:                    0x26\n ASCQ:                   0x00\n "
		 "Additional data:        0x00000000ffffff8f000800\n",
		 "5/26/00 ILLEGAL"},
		{"st 1:0:0:0: [st0] tag#5 Sense Key : Data Protect [current] \nst 1:0:0:0: [st0] <<vendor>>ASC=0xef <<vendor>>ASCQ=0x81 \n",
		 "7/ef/81 DATA PROTECT"},
		{"Current st09:00: Sense key Blank Check\nASC=14 ASCQ= 3\n", "8/14/03 BLANK CHECK: end of data not found"},
		{"Sense Key : Medium Error [deferred]\n ASC=0x0c ASCQ=0x0", "deferred"},
		{"ASC=0x74 ASCQ=0x03", "the sense key is not told"},
		{"Nov 30 10:11:12 host kernel: [12345.678901] st 1:0:0:0: [st0] Sense Data: 70 00 05 00 00 00 00 0a 00 00 00 00 74 21 00 "
		 "00 00 00",
		 "5/74/21"},
		{">>> transport error\n Raw sense data (in hex), sb_len=18, calculated_len=18\n        70 00 02 00 00 00 00 0a  00 00 00 "
		 "00 04 01 00 00\n        00 00\n",
		 "2/04/01 NOT READY"},
		{"    cdb to send: [b5 20 00 10 00 00 00 00 00 34 00 00]\nFixed format, current; Sense key: Illegal Request\n Raw sense "
		 "data (in hex):\n        70 00 05 00 00 00 00 0a  00 00 00 00 26 00 00 80\n        00 08\n",
		 "5/26/00"},
		{"00000000  70 00 05 00 00 00 00 18  00 00 00 00 24 00 00 00  |p...........$...|\n00000010  00 00 00 00 00 00 00 00  00 00 "
		 "00 00 00 00 00 00  |................|\n*\n00000040\n",
		 "5/24/00"},
		{"st 1:0:0:0: [st0] tag#5 Sense Key : Data Protect [current] \nst 1:0:0:0: [st0] tag#5 Add. Sense: Unable to decrypt "
		 "data\n",
		 "7/74/01 DATA PROTECT"},
		{"Descriptor format, <<<deferred>>>; Sense key: Medium Error\nAdditional sense: Write error\n",
		 "3/0c/00 MEDIUM ERROR, deferred"},
		{"Fixed format, current;  Sense key: Illegal Request\n Additional sense: Invalid field in parameter list\n  Sense Key "
		 "Specific: Error in Data parameters: byte 8 bit 7\n",
		 "5/26/00"},
		{"Sense key: Not Ready\nAdditional sense: Logical unit is in process of becoming ready", "2/04/01"},
		{"Sense key: Not Ready\nAdditional sense: Logical unit not ready, operation in progress", "2/04/07"},
		{"Add. Sense: Unable to decrypt data", "the sense key is not told"},
		{"(sa0:mpt0:0:1:0): SCSI sense: ILLEGAL REQUEST asc:24,0 (Invalid field in CDB)", "5/24/00"},
		{"(sa0:mpt0:0:1:0): SCSI sense: Deferred error: MEDIUM ERROR asc:c,0 (Write error)", "3/0c/00 MEDIUM ERROR, deferred"},
		{"Sense: [key=5 ILLEGAL REQUEST, asc=0x74, ascq=0x21]", "5/74/21"},
		{"Sense key 7, ASC/ASCQ = 74h/03h", "7/74/03"},
		{"70 00 05 00 00 00 00 10 00 00 00 00 26 00 00 ff ff ff 8f 00 08 00 00 00", "byte 8 bit 7"},
		{"IBM ULT3580-HH8: 7/74/05", "error while decrypting\n"},
		{"HP Ultrium 6-SCSI: 7/74/05", "HP: key-associated data"},
		{"[ 12.5] st 1:0:0:0: [st0] tag#5 CDB[00]: b5 20 00 10 00 00 00 00 00 34 00 00\n[ 12.5] st 1:0:0:0: [st0] tag#5 Sense Key "
		 ": Illegal Request [current]\n[ 12.5] st 1:0:0:0: [st0] tag#5 Add. Sense: Invalid field in parameter list\n",
		 "5/26/00"},
		{"b5 20 00 10 00 00 00 00 00 34 00 00", "the command that sends a key"},
		{"00 00 00 04 00 12 17 2e", "TapeAlert (reading clears"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *got = explain(cases[i].text, 0);
		ck_assert_msg(status == 0 && strstr(got, cases[i].words), "%s\nis explained as\n%s\nwithout \"%s\"", cases[i].text, got,
			      cases[i].words);
	}
}
END_TEST

/* What is not all there or may be two things is not guessed. */
START_TEST(test_refusals)
{
	static const struct {
		const char *text, *words;
		int code;
	} cases[] = {
		{"zz", "no hex digits", XE_USAGE},
		{"", "no hex digits", XE_USAGE},
		{"00 99 00 00", "cannot be told", XE_FAILED},
		{"00000010: 7000 0500 0000 000a 0000 0000 2600 0080\n00000020: 0008\n", "its beginning is missing", XE_FAILED},
		{"00000000: 7000 0500 0000 001c 0000 0000 2600 0080\n00000020: 0008 0000\n", "lines of it are missing", XE_FAILED},
		{"000000 70 00 05\n*\n", "cannot be told", XE_FAILED},
		{"70 00 05 00 00 00 00 0a 00 00 00 00 26 0z 00 80 00 08", "no hex digits", XE_FAILED},
		{"00000000: 01110000 00000000 00000101\n", "binary", XE_FAILED},
		/* The text beside a dump is a part of it. */
		{"00000010: 2035 2f37 342f 3231 2061 6263 6465 6667   5/74/21 abcdefg\n", "its beginning is missing", XE_FAILED},
		{"00 20 41 42 43 44 45 46 47 48 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00", "cannot be told",
		 XE_FAILED},
		/* A key that begins like sense data: one of its length that does not end as they would. */
		{"70 00 05 42 43 44 45 f0 47 48 49 4a 4b 4c 4d 4e 4f 50 51 52 53 54 55 56 57 58 59 5a 5b 5c 5d 5e", "cannot be told",
		 XE_FAILED},
		/* A Set page whose code was damaged: its key would be a descriptor. */
		{"0021 0030 00 00 00 02 01 00 00 00 0000000000 00 00 0020 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		 "may be a Set Data Encryption page", XE_FAILED},
		{"0021 0030 00 00 00 02 01 00 00 00 0000000001 00 00 0020 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		 "cannot be told", XE_FAILED},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *got = explain(cases[i].text, 0);
		ck_assert_msg(status == cases[i].code && strstr(got, cases[i].words), "%s\n%d: %s\nwithout \"%s\"", cases[i].text, status,
			      got, cases[i].words);
	}
}
END_TEST

/* ---- keys ---- */

static uint32_t seed;

static unsigned next(unsigned below)
{
	seed = seed * 1664525u + 1013904223u;
	return (unsigned)((uint64_t)(seed >> 8) * below >> 24);
}

static void make_key(uint8_t *key, size_t len, unsigned kind)
{
	for (size_t i = 0; i < len; i++)
		key[i] = kind == 0   ? (uint8_t)next(256)
			 : kind == 1 ? (uint8_t)(' ' + 1 + next(94))
			 : kind == 2 ? (uint8_t)(0x80 + next(128))
				     : (uint8_t)next(256);
	if (kind == 3) /* a short passphrase, as Bareos pads it */
		memset(key + len / 3, 0, len - len / 3);
}

/* A page of any scope, modes, algorithm, length, with and without descriptors; *at: of the key. */
static size_t make_page(uint8_t *p, const uint8_t *key, size_t key_len)
{
	static const uint8_t modes[][2] = {{2, 3}, {2, 2}, {0, 2}, {0, 3}, {2, 0}, {1, 1}, {0, 0}};
	const uint8_t *mode = modes[next(7)];
	struct scsi_set s = {.scope = (uint8_t)next(3),
			     .lock = next(4) == 0,
			     .ceem = (uint8_t)next(4),
			     .rdmc = (uint8_t)next(4),
			     .ckod = next(2),
			     .encryption = mode[0],
			     .decryption = mode[1],
			     .algorithm = (uint8_t)next(8),
			     .key_format = next(4) ? 0 : 2,
			     .kad_format = (uint8_t)next(3),
			     .key = {key, key_len}};
	if (next(3) == 0)
		s.ukad = (struct span){(const uint8_t *)"VOL-0001 kad", 12};
	if (next(5) == 0)
		s.akad = (struct span){(const uint8_t *)"A-KAD", 5};
	return scsi_write_set(&s, p, SCSI_SET_MAX_BYTES);
}

/* One fault, or none; what stays of the page is at p. */
static size_t damage(uint8_t *p, size_t len, unsigned kind, size_t at, unsigned value)
{
	switch (kind) {
	case 1: return at % len; /* cut */
	case 2: memmove(p, p + at % len, len - at % len); return len - at % len;
	case 3: p[at % 20] ^= (uint8_t)(1u << (value % 8)); return len;
	case 4: p[at % 20] = (uint8_t)value; return len;
	case 5: memmove(p + at % len, p + at % len + 1, len - at % len - 1); return len - 1;
	case 6:
		memmove(p + at % len + 1, p + at % len, len - at % len);
		p[at % len] = (uint8_t)value;
		return len + 1;
	case 7: {
		size_t from = at % len, n = value % (len - from) + 1;
		memmove(p, p + from, n);
		return n;
	}
	case 8: p[0] = 0, p[1] = (uint8_t[]){0x00, 0x01, 0x11, 0x12, 0x20, 0x21, 0x30, 0x31}[value % 8]; return len;
	case 9: p[18] = 0, p[19] = (uint8_t)(value % 64); return len;
	default: return len;
	}
}

static const char *const before[] = {
	"",
	"",
	"    cdb to send: [b5 20 00 10 00 00 00 00 00 34 00 00]\n",
	"b5 20 00 10 00 00 00 00 00 34 00 00\n",
	"sg_raw -s 52 /dev/sg3 b5 20 00 10 00 00 00 00 00 34 00 00\n",
	"st 1:0:0:0: [st0] tag#5 CDB: Security out b5 20 00 10 00 00 00 00 00 34 00 00\n",
	"Raw sense data (in hex):\n        70 00 05 00 00 00 00 0a  00 00 00 00 26 00 00 80\n        00 08\n",
	"Set Data Encryption, 52 bytes:\n",
	"70 00 05 00 00 00 00 0a 00 00 00 00 26 00 00 80 00 08 ",
	"$ xxd page\n",
};

/* In the text: a digit lost, another character, a line lost, doubled, changed with the next. */
static void damage_text(struct buffer *b, unsigned kind, size_t at)
{
	char *text = b->text, *line = text + at % (b->len + 1);
	while (line > text && line[-1] != '\n')
		line--;
	char *end = strchr(line, '\n');
	size_t n = end ? (size_t)(end + 1 - line) : strlen(line), rest = strlen(line);
	at %= b->len + (b->len == 0);
	switch (kind) {
	case 1: memmove(text + at, text + at + 1, b->len - at); break;
	case 2: text[at] = "zZ?.-|> "[at % 8]; break;
	case 3: memmove(line, line + n, rest - n + 1); break;
	case 4: memmove(line + n, line, rest + 1); break;
	case 5: text[at] = '\0'; break;
	case 6: memmove(text, line, rest + 1); break;
	case 7: text[at] = '\n'; break;
	default: break;
	}
	b->len = strlen(text);
}

struct plan {
	unsigned form, before, damage, value, text_damage, key_kind;
	size_t at, text_at, key_len;
	uint32_t page_seed;
};

static void build(struct buffer *b, const struct plan *t, const uint8_t *key)
{
	uint8_t page[SCSI_SET_MAX_BYTES + 16] = {0};
	seed = t->page_seed;
	size_t len = make_page(page, key, t->key_len);
	len = damage(page, len, t->damage, t->at, t->value);
	b->len = 0;
	say(b, "%s", before[t->before]);
	write_any(b, t->form, page, len, "\n");
	damage_text(b, t->text_damage, t->text_at);
}

/* Three bytes of the key one after the other, in hex whatever stands between, four as a number, six as text. */
static const char *leaked(const char *got, const uint8_t *key, size_t len)
{
	static char digits[sizeof output], number[32];
	size_t n = 0;
	for (const char *c = got; *c; c++) {
		if (strchr(" \n\t/:,.-", *c) == NULL || *c == '\0')
			digits[n++] = (char)tolower((unsigned char)*c);
	}
	digits[n] = '\0';
	for (size_t i = 0; i + 3 <= len; i++) {
		snprintf(number, sizeof number, "%02x%02x%02x", key[i], key[i + 1], key[i + 2]);
		if ((key[i] | key[i + 1] | key[i + 2]) != 0 && strstr(digits, number))
			return "in hex";
		if (i + 4 > len || (key[i] | key[i + 1]) == 0)
			continue;
		uint32_t v = (uint32_t)key[i] << 24 | (uint32_t)key[i + 1] << 16 | (uint32_t)key[i + 2] << 8 | key[i + 3];
		snprintf(number, sizeof number, "%u", v);
		if (v > 99999 && strstr(got, number))
			return "as a number";
		bool text = i + 6 <= len;
		for (size_t k = i; text && k < i + 6; k++)
			text = key[k] > 0x20 && key[k] < 0x7f;
		snprintf(number, sizeof number, "%.6s", text ? (const char *)key + i : "");
		if (text && strstr(got, number))
			return "as text";
	}
	return NULL;
}

/* Two pages that differ in their keys alone get the same answer: so nothing of a key is in it.  Where the key's bytes also
 * stand as text beside the digits, or a digit was lost, the forms of the two may differ; then no three bytes of it are. */
START_TEST(test_no_key_is_printed)
{
	static struct buffer b;
	static char first[sizeof output];
	static const size_t lengths[] = {16, 24, 32, 32, 32, 64};
	unsigned rounds = getenv("EXPLAIN_ROUNDS") ? (unsigned)atoi(getenv("EXPLAIN_ROUNDS")) : 12000, shown = 0, differ = 0;
	uint32_t state = 20261130;
	for (unsigned i = 0; i < rounds; i++) {
		uint8_t key[2][64];
		seed = state;
		struct plan t = {.form = next(FORMS + MORE_FORMS),
				 .before = next(3) ? 0 : next(sizeof before / sizeof before[0]),
				 .damage = next(10),
				 .value = next(256),
				 .text_damage = next(3) ? 0 : next(8),
				 .key_kind = next(4),
				 .at = next(1024),
				 .text_at = next(1 << 14),
				 .key_len = lengths[next(6)],
				 .page_seed = next(1 << 24)};
		make_key(key[0], t.key_len, t.key_kind);
		make_key(key[1], t.key_len, t.key_kind);
		state = seed;
		for (unsigned k = 0; k < 2; k++) {
			build(&b, &t, key[k]);
			const char *got = explain(b.text, next(4) ? 0 : SENSE_IBM), *how = leaked(got, key[k], t.key_len);
			ck_assert_msg(how == NULL, "round %u: form %u, damage %u at %zu: a key is shown %s:\n%s\nof\n%s", i, t.form,
				      t.damage, t.at, how, got, b.text);
			if (k == 0)
				snprintf(first, sizeof first, "%s", got);
			else
				differ += strcmp(first, got) != 0;
			shown += strstr(got, "(not shown)") != NULL;
		}
	}
	ck_assert_uint_gt(shown, rounds / 3);   /* whole and cut pages are recognized, in all forms */
	ck_assert_uint_lt(differ, rounds / 50); /* by counts of bytes and lines, where the text fell apart */
}
END_TEST

/* The last line of defence by itself: with any other page code, and whatever stands in its header, a page that has a key is of
 * no kind that would be printed. */
START_TEST(test_no_other_kind)
{
	for (unsigned i = 0; i < 200000; i++) {
		uint8_t key[32], page[SCSI_SET_MAX_BYTES];
		seed = i;
		make_key(key, sizeof key, i % 3);
		size_t len = make_page(page, key, sizeof key);
		unsigned code = next(3) ? next(0x32) : next(0x10000);
		page[0] = (uint8_t)(code >> 8);
		page[1] = (uint8_t)code;
		if (next(2))
			memset(page + 5, 0, 15); /* no header left that tells it from capabilities */
		if (next(2))
			page[2] = (uint8_t)((len - 4) >> 8), page[3] = (uint8_t)(len - 4);
		size_t from = next(4) ? 0 : next(20);
		enum pagekind kind = pagekind_of((struct span){page + from, len - from});
		ck_assert_msg(kind == PAGEKIND_NONE, "round %u: code %04x from byte %zu is kind %d", i, code, from, kind);
	}
	/* 18 of a key, and what stands before them. */
	uint8_t bytes[64];
	ck_assert_int_eq(
		pagekind_of((struct span){
			bytes, unhex(bytes, "0020 0020 41424344 45464748 00000000 00000000 0000000000000000 000000000000000000000000")}),
		PAGEKIND_NONE);
	ck_assert(!keyguard_is_capabilities(
		(struct span){bytes, unhex(bytes, "0010 0030 00 00 000000000000 0000000000000000 0000 "
						  "4142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f60")}));
	struct keyguard_find find;
	ck_assert_int_eq(keyguard_look((struct span){bytes, unhex(bytes, "0010 0030 00 00 00 00 00 00 00 00")}, &find), KEYGUARD_DAMAGED);
	ck_assert_int_eq(keyguard_look((struct span){bytes, unhex(bytes, "0010")}, &find), KEYGUARD_DAMAGED);
}
END_TEST

/* What is whole is told for what it is. */
START_TEST(test_set_pages)
{
	static struct buffer b;
	for (unsigned form = 0; form < FORMS + MORE_FORMS; form++) {
		for (unsigned i = 0; i < 12; i++) {
			uint8_t key[32], page[SCSI_SET_MAX_BYTES];
			seed = form * 100 + i;
			make_key(key, sizeof key, i % 4);
			size_t len = make_page(page, key, sizeof key);
			/* od and hexdump print words: the last of an odd count has a byte too many, which is zero. */
			b.len = 0;
			const char *name = write_any(&b, form, page, len, "\n");
			const char *got = explain(b.text, 0);
			ck_assert_msg(status == 0 && strstr(got, "(not shown)") && strstr(got, "this page holds a key"), "%s:\n%s\n%s",
				      name, b.text, got);
			ck_assert_msg(strstr(got, "cut:") == NULL, "%s:\n%s\n%s", name, b.text, got);
		}
	}
}
END_TEST

/* Each truncation, from either side. */
START_TEST(test_set_truncated)
{
	static struct buffer b;
	uint8_t key[32], page[SCSI_SET_MAX_BYTES];
	for (unsigned scope = 0; scope < 3; scope++) {
		for (unsigned i = 0; i < 32; i++)
			key[i] = (uint8_t)i;
		struct scsi_set s = scsi_bareos_set(1, (struct span){key, sizeof key});
		s.scope = (uint8_t)scope;
		size_t len = scsi_write_set(&s, page, sizeof page);
		for (size_t from = 0; from < len; from++) {
			for (size_t end = from + 1; end <= len; end++) {
				b.len = 0;
				write_form(&b, &forms[10], page + from, end - from, "\n");
				const char *got = explain(b.text, 0);
				/* 000102 is in texts, too; so are codes of three bytes. */
				const char *how = leaked(got, key + 3, sizeof key - 3);
				ck_assert_msg(how == NULL, "%zu to %zu: shown %s: %s", from, end, how, got);
				ck_assert_msg(status != 0 || end < 21 || from > 0 || strstr(got, "holds a key"), "%zu to %zu: %s", from,
					      end, got);
			}
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("explain");
	TCase *t = tcase_create("explain");
	tcase_set_timeout(t, 300);
	tcase_add_test(t, test_forms);
	tcase_add_test(t, test_pastes);
	tcase_add_test(t, test_refusals);
	tcase_add_test(t, test_no_other_kind);
	tcase_add_test(t, test_set_pages);
	tcase_add_test(t, test_set_truncated);
	tcase_add_test(t, test_no_key_is_printed);
	suite_add_tcase(s, t);
	return check_run(s);
}
