/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sense data in both forms and in words; TapeAlert pages and their table. */
#include "tape/sense.h"
#include "tape/tapealert.h"

#include "guarded.h"

#include <stdio.h>

static uint8_t bytes[1024];

static struct span image(const char *hex)
{
	return (struct span){bytes, unhex(bytes, hex)};
}

#define FIXED_HEX "70 00 05 00000000 0a 00000000 26 00 00 80 0008"
#define DESCRIPTOR_HEX "72 05 26 00 000000 14 00 0a 80 00 0000000000000203 02 06 0000 8a 0008 00"

START_TEST(test_fixed)
{
	struct sense s;
	ck_assert(sense_read(image(FIXED_HEX), &s));
	ck_assert(s.valid && !s.deferred && s.has_code && s.has_field && !s.in_cdb && !s.has_info);
	ck_assert(sense_is(&s, 5, 0x26, 0));
	ck_assert(!sense_is(&s, 5, 0x26, 1) && !sense_is(&s, 6, 0x26, 0));
	ck_assert_uint_eq(s.field, 8);
	ck_assert(sense_read(image("f0 00 a0 00010203 0a 00000000 00 00 00 00 0000"), &s));
	ck_assert(s.filemark && s.ili && !s.eom && s.has_info && s.info == 0x00010203 && s.key == 0);
	ck_assert(sense_read(image("71 00 43 00000000 0a 00000000 0c 00 00 80 0008"), &s));
	ck_assert(s.deferred && s.eom && !s.has_field);
	ck_assert(sense_read(image("f1 00 03"), &s));
	ck_assert(s.deferred && s.key == 3 && !s.has_code && !s.has_info);
	/* An additional length that ends before the code, and one that goes beyond the data. */
	ck_assert(sense_read(image("70 00 05 00000000 04 00000000 26 00"), &s));
	ck_assert(!s.has_code && s.asc == 0);
	ck_assert(sense_read(image("70 00 05 00000000 ff 00000000 26 02"), &s));
	ck_assert(s.has_code && s.asc == 0x26 && s.ascq == 2 && !s.has_field);
}
END_TEST

START_TEST(test_descriptor)
{
	struct sense s;
	ck_assert(sense_read(image(DESCRIPTOR_HEX), &s));
	ck_assert(s.valid && s.has_code && s.key == 5 && s.asc == 0x26 && s.has_info && s.info == 0x203);
	ck_assert(s.has_field && !s.in_cdb && s.field == 8);
	ck_assert(sense_read(image("73 03 0c 00 000000 04 04 02 00 e0"), &s));
	ck_assert(s.deferred && s.filemark && s.eom && s.ili);
	ck_assert(sense_read(image("72 05 24 00 000000 08 02 06 0000 c0 0001 00"), &s));
	ck_assert(s.has_field && s.in_cdb && s.field == 1);
	/* A descriptor that announces more than there is ends the row; information that is not valid does not count. */
	ck_assert(sense_read(image("72 05 24 00 000000 08 02 ff 0000 c0 0001 00"), &s));
	ck_assert(sense_read(image("72 05 24 00 000000 0c 00 0a 00 00 0000000000000203"), &s));
	ck_assert(!s.has_info);
}
END_TEST

/* What stands beside the code. */
START_TEST(test_fields)
{
	struct sense s;
	ck_assert(sense_read(image("f0 00 20 fffffc18 0a 00000000 0000 00 000000"), &s));
	ck_assert(s.ili && s.has_info && s.info == -1000);
	ck_assert(sense_read(image("72 00 00 00 000000 10 00 0a 80 00 fffffffffffffc18 04 02 00 20"), &s));
	ck_assert(s.ili && s.has_info && s.info == -1000);
	ck_assert(sense_read(image("f0 00 80 7fffffff 0a 00000000 0001 00 000000"), &s) && s.info == 0x7fffffff);
	ck_assert(sense_read(image("70 00 02 00000000 0a 00000000 0401 00 80 8000"), &s));
	ck_assert(s.has_progress && s.progress == 0x8000 && !s.has_field && !s.has_retries);
	ck_assert(sense_read(image("70 00 03 00000000 0a 00000000 1100 17 80 0005"), &s));
	ck_assert(s.has_retries && s.retries == 5 && s.fru == 0x17 && s.fault == 0);
	/* Without SKSV IBM has its fault symptom code there; the room was too small for the rest. */
	ck_assert(sense_read(image("70 00 14 00000000 0a 00000000 4400 00 00 6b09"), &s));
	ck_assert(s.fault == 0x6b09 && s.overflow && !s.has_retries);
	ck_assert(sense_read(image("72 02 04 04 800000 0c 03 02 00 21 0a 06 02 04 04 00 4000"), &s));
	ck_assert(s.overflow && s.fru == 0x21 && s.has_progress && s.progress == 0x4000);
	/* A descriptor that is cut tells nothing. */
	ck_assert(sense_read(image("72 02 04 04 000000 06 0a 06 02 04 04 00"), &s) && !s.has_progress);
	ck_assert(sense_read(image("72 00 00 00 000000 0b 00 0a 80 00 ffffffffffff fc"), &s) && !s.has_info);
}
END_TEST

START_TEST(test_truncated)
{
	const char *const samples[] = {FIXED_HEX, DESCRIPTOR_HEX};
	struct sense s;
	for (size_t i = 0; i < 2; i++) {
		uint8_t whole[64];
		size_t len = unhex(whole, samples[i]), least = i == 0 ? 3 : 4;
		for (size_t n = 0; n <= len; n++) {
			struct guarded g = guarded_copy(whole, n);
			ck_quick(sense_read((struct span){g.p, n}, &s) == (n >= least));
			ck_quick(s.valid == (n >= least));
			ck_quick(n >= least || (s.key == 0 && !s.has_code));
			guarded_free(&g);
		}
	}
	for (unsigned first = 0; first < 256; first++) {
		uint8_t b[18] = {(uint8_t)first, 5, 5};
		unsigned form = first & 0x7f;
		ck_quick(sense_read((struct span){b, sizeof b}, &s) == (form >= 0x70 && form <= 0x73));
	}
}
END_TEST

static void expect_words(const char *hex, bool set_page, const char *text, const char *advice)
{
	struct sense s;
	char got[SENSE_TEXT_BYTES];
	sense_read(image(hex), &s);
	sense_describe(&s, set_page, got);
	const char *told = sense_advice(&s);
	ck_assert_str_eq(got, text);
	ck_assert_msg(advice ? told && strstr(told, advice) : told == NULL, "%s: advice \"%s\"", text, told ? told : "");
}

START_TEST(test_words)
{
	expect_words(FIXED_HEX, true, "5/26/00 ILLEGAL REQUEST: invalid field in the parameter list (byte 8, the algorithm index)",
		     "algorithm index");
	expect_words(FIXED_HEX, false, "5/26/00 ILLEGAL REQUEST: invalid field in the parameter list (byte 8)", "key status");
	expect_words("72 07 74 01 00000000", false,
		     "7/74/01 DATA PROTECT: unable to decrypt: there is no key in the drive, or decryption is off", "probe");
	expect_words("72 07 74 03 00000000", false, "7/74/03 DATA PROTECT: wrong key", "ten wrong");
	expect_words("72 07 26 10 00000000", true, "7/26/10 DATA PROTECT: too many wrong keys: the drive takes no more of them", "unload");
	expect_words("72 06 29 05 00000000", false, "6/29/05 UNIT ATTENTION: the transceivers have changed their mode", NULL);
	expect_words("72 06 29 00 00000000", false, "6/29/00 UNIT ATTENTION: power on or reset: the drive has lost its key, most likely",
		     "load the key again");
	expect_words("72 06 2a 13 00000000", false,
		     "6/2a/13 UNIT ATTENTION: the key instance counter has changed: another key than the locked one is in the drive",
		     "load the key again");
	expect_words("72 05 ee 10 00000000", false, "5/ee/10 ILLEGAL REQUEST: IBM: a key is required", "application managed");
	expect_words("72 07 ef 10 00000000", false, "7/ef/10 DATA PROTECT: IBM: a key is required", "key manager");
	expect_words("72 07 ef 77 00000000", false, "7/ef/77 DATA PROTECT: IBM: encryption, keys by the library or a key manager",
		     "application managed");
	expect_words("72 09 83 01 00000000", false, "9/83/01 VENDOR SPECIFIC: a vendor's own code", NULL);
	expect_words("72 03 7f 01 00000000", false, "3/7f/01 MEDIUM ERROR: a code that is not in xflate's table", NULL);
	expect_words("71 00 03 00000000 0a 00000000 0c 00 00 00 0000", false,
		     "3/0c/00 MEDIUM ERROR, deferred (of an earlier command): write error", "alerts");
	expect_words("70 00 04", false, "4/00/00 HARDWARE ERROR: nothing more is said", NULL);
	expect_words("70 00 05 00000000 0a 00000000 26 00 00 8f 0008", true,
		     "5/26/00 ILLEGAL REQUEST: invalid field in the parameter list (byte 8 bit 7, the algorithm index)", "key status");
	expect_words("", false, "no sense data", NULL);
	expect_words("72 02 3a 00 00000000", false, "2/3a/00 NOT READY: no medium", "load a cartridge");
	/* Every code that drives send about keys has words and no placeholder. */
	for (unsigned ascq = 0; ascq <= 0x0d; ascq++) {
		struct sense s = {.valid = true, .has_code = true, .key = 7, .asc = 0x74, .ascq = (uint8_t)ascq};
		ck_quick(sense_is_known(&s));
	}
	for (unsigned key = 0; key < 16; key++)
		ck_quick(strlen(sense_key_text((uint8_t)key)) > 0);
}
END_TEST

/* ---- TapeAlert ---- */

static size_t alert_page(uint8_t *p, uint64_t active)
{
	memcpy(p, "\x2e\0\x01\x40", 4);
	for (unsigned i = 0; i < 64; i++) {
		uint8_t *at = p + 4 + 5 * i;
		at[0] = 0;
		at[1] = (uint8_t)(i + 1);
		at[2] = 0x60;
		at[3] = 1;
		at[4] = active >> i & 1;
	}
	return 324;
}

START_TEST(test_alerts)
{
	uint8_t page[400];
	struct tapealert t;
	uint64_t active = (uint64_t)1 << 63 | 1u << 19 | 1u;
	size_t len = alert_page(page, active);
	ck_assert(tapealert_read((struct span){page, len}, &t));
	ck_assert(t.active == active && t.reported == UINT64_MAX);
	for (size_t n = 0; n <= len; n++) {
		struct guarded g = guarded_copy(page, n);
		bool read = tapealert_read((struct span){g.p, n}, &t);
		unsigned whole = n < 4 ? 0 : (unsigned)(n - 4) / 5;
		ck_quick(read == (whole > 0));
		ck_quick(!read || t.reported == (whole == 64 ? UINT64_MAX : ((uint64_t)1 << whole) - 1));
		ck_quick((t.active & ~t.reported) == 0);
		guarded_free(&g);
	}
	/* Only bit 0 counts; parameters of other lengths are stepped over; numbers beyond 64 are none. */
	ck_assert(tapealert_read(image("2e 00 0013 0001 60 01 fe 0002 60 02 01 00 0041 60 01 01 0003 60 00"), &t));
	ck_assert(t.reported == 3 && t.active == 2);
	ck_assert(!tapealert_read(image("2e 00 0005 0041 60 01 01"), &t));
	ck_assert(!tapealert_read(image("2e 00 0005 0000 60 01 01"), &t));
	ck_assert(!tapealert_read(image("0d 00 0005 0001 60 01 01"), &t));
	ck_assert(tapealert_read(image("6e 00 ffff 0001 60 01 01"), &t) && t.active == 1);
	/* Page 12h: the first bit is flag 1. */
	ck_assert(tapealert_read(image("12 00 000c 0000 00 08 8000 1000 0000 0001"), &t));
	ck_assert(t.active == ((uint64_t)1 << 63 | 1u << 19 | 1u) && t.reported == UINT64_MAX);
	ck_assert(!tapealert_read(image("12 00 000c 0000 00 08 8000 1000 0000 00"), &t));
	ck_assert(!tapealert_read(image("12 00 000c 0000 00 04 8000 1000 0000 0001"), &t));
}
END_TEST

START_TEST(test_alert_table)
{
	unsigned critical = 0, warnings = 0, information = 0, reserved = 0;
	for (unsigned n = 1; n <= TAPEALERT_FLAGS; n++) {
		const struct tapealert_flag *f = tapealert_flag(n);
		ck_assert(f->name && f->meaning && f->advice);
		critical += f->severity == 'C';
		warnings += f->severity == 'W';
		information += f->severity == 'I';
		reserved += f->severity == '-';
	}
	/* formats/keys-and-drives.md 7.3 */
	ck_assert_uint_eq(information, 4);
	ck_assert_uint_eq(reserved, 3);
	ck_assert_uint_eq(critical + warnings + information + reserved, 64);
	ck_assert_uint_eq(critical, 25);
	ck_assert_str_eq(tapealert_flag(20)->name, "Clean now");
	ck_assert_str_eq(tapealert_flag(16)->name, "Forced eject");
	ck_assert_str_eq(tapealert_flag(47)->name, "External encryption: communication");
	ck_assert_str_eq(tapealert_flag(55)->name, "Loading or threading failure");
	ck_assert_str_eq(tapealert_severity('C'), "critical");
}
END_TEST

/* formats/sense-and-alerts.md 5.2, letter by letter. */
START_TEST(test_library_alert_table)
{
	static const char severities[] = "CWCCWCWWCCCCWWWCCCWIIIWCWWWWWCCI";
	for (unsigned n = 1; n <= TAPEALERT_FLAGS; n++) {
		const struct tapealert_flag *f = tapealert_library_flag(n);
		ck_assert(f->name && f->meaning && f->advice);
		ck_assert_msg(f->severity == (n <= 32 ? severities[n - 1] : '-'), "flag %u: %c", n, f->severity);
		ck_assert(n > 32 || strcmp(f->name, tapealert_flag(n)->name) != 0 || (n >= 26 && n <= 29));
	}
	ck_assert_str_eq(tapealert_library_flag(1)->name, "Library hardware A");
	ck_assert_str_eq(tapealert_library_flag(16)->name, "Library door");
	ck_assert_str_eq(tapealert_library_flag(24)->name, "Library inventory");
	ck_assert_str_eq(tapealert_library_flag(32)->name, "Unreadable barcode labels");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sense");
	TCase *t = tcase_create("sense");
	tcase_add_test(t, test_fixed);
	tcase_add_test(t, test_descriptor);
	tcase_add_test(t, test_fields);
	tcase_add_test(t, test_truncated);
	tcase_add_test(t, test_words);
	tcase_add_test(t, test_alerts);
	tcase_add_test(t, test_alert_table);
	tcase_add_test(t, test_library_alert_table);
	suite_add_tcase(s, t);
	return check_run(s);
}
