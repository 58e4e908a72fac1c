/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of sense codes: every code of the sheet has its kind, no entry hides another, vendors are told apart. */
#include "tape/sense.h"
#include "tape/sense_table.h"

#include "guarded.h"

#include <stdio.h>

static const struct known {
	uint8_t key, asc, first, last;
	unsigned vendor;
	const char *classes;
} known[] = {
#include "sense_codes.h"
	/* Of 2.2, by hand. */
	{0, 0x82, 0x82, 0x82, SENSE_IBM, "CLEAN"},
	{0, 0x82, 0x82, 0x82, SENSE_HP, "CLEAN"},
	{0, 0x82, 0x82, 0x82, SENSE_QUANTUM, "CLEAN"},
	{0, 0x82, 0x82, 0x82, 0, "CLEAN"},
	{5, 0x82, 0x83, 0x83, SENSE_IBM, "FW"},
	{5, 0x82, 0x83, 0x83, SENSE_HP, "FW"},
	{0, 0x82, 0x83, 0x83, SENSE_HP, "FW"},
	{6, 0x82, 0x83, 0x83, SENSE_IBM, "INFO"},
	{1, 0x82, 0x52, 0x52, SENSE_IBM, "WORN"},
	{1, 0x83, 0x83, 0x83, SENSE_QUANTUM, "INFO"},
	{5, 0x80, 0x00, 0x00, SENSE_IBM, "MODE"},
	{3, 0x85, 0x00, 0x02, SENSE_IBM, "WP"},
	{5, 0x85, 0x03, 0x03, SENSE_QUANTUM, "WP"},
	{1, 0x85, 0x00, 0x01, SENSE_IBM, "INFO"},
	{6, 0x85, 0x00, 0x00, SENSE_QUANTUM, "INFO"},
	{5, 0xa3, 0x01, 0x01, SENSE_IBM, "OURS"},
	{4, 0x47, 0x80, 0x81, SENSE_IBM, "HW"},
	{4, 0x47, 0x80, 0x81, 0, "HW"},
	{2, 0x04, 0x83, 0x83, SENSE_QUANTUM, "LIB"},
	{2, 0x04, 0x8d, 0x8d, SENSE_QUANTUM, "LIB"},
	{11, 0x08, 0x80, 0x88, SENSE_QUANTUM, "CABLE"},
	{11, 0x08, 0xb0, 0xb7, SENSE_QUANTUM, "CABLE"},
	{5, 0x3b, 0xa0, 0xa0, SENSE_QUANTUM, "LIB"},
	{5, 0x53, 0x81, 0x83, SENSE_QUANTUM, "LIB"},
	{4, 0x83, 0x00, 0x06, SENSE_QUANTUM, "LIB"},
	{3, 0x83, 0x90, 0x94, SENSE_QUANTUM, "WP"},
	{3, 0x31, 0x94, 0x94, SENSE_QUANTUM, "WP"},
	{5, 0x26, 0x80, 0x80, SENSE_HP, "MODE"},
	{6, 0x2a, 0x80, 0x80, SENSE_HP, "MODE"},
	{7, 0x74, 0x80, 0x80, SENSE_HP, "INFO"},
	{7, 0x74, 0x82, 0x82, SENSE_HP, "WORN"},
	{7, 0x74, 0x05, 0x05, SENSE_HP, "INFO"},
	{7, 0x74, 0x05, 0x05, SENSE_IBM, "HW"},
	{7, 0x74, 0x05, 0x05, 0, "HW"},
	{7, 0x27, 0x08, 0x08, SENSE_HP, "EOM"},
	{5, 0x26, 0x90, 0x91, SENSE_IBM, "FW"},
	{5, 0x26, 0x93, 0x93, SENSE_HP, "FW"},
	/* The key decides: the same code without its failure. */
	{1, 0x0c, 0x00, 0x00, 0, "REC"},
	{1, 0x11, 0x00, 0x00, 0, "REC"},
	{1, 0x37, 0x00, 0x00, 0, "REC"},
	{4, 0x04, 0x03, 0x03, SENSE_IBM, "HW"},
	{5, 0x29, 0x04, 0x04, 0, "FW"},
	{6, 0x29, 0x04, 0x04, 0, "KEY"},
	{3, 0x7f, 0x01, 0x01, 0, "WORN"},
	{11, 0x7f, 0x01, 0x01, 0, "CABLE"},
};

static const struct {
	const char *name;
	enum sense_cause cause;
} classes[] = {
	{"KEY", SENSE_KEY},
	{"BAD", SENSE_WRONG_KEY},
	{"MODE", SENSE_METHOD},
	{"WAIT", SENSE_WAIT},
	{"OPT9", SENSE_LOADING},
	{"WP", SENSE_PROTECTED},
	{"NOENC", SENSE_NO_ENCRYPTION},
	{"CLEAN", SENSE_CLEAN},
	{"WORN", SENSE_WORN},
	{"HW", SENSE_HARDWARE},
	{"FW", SENSE_FIRMWARE},
	{"CABLE", SENSE_CABLE},
	{"HOST", SENSE_OTHER_HOST},
	{"POS", SENSE_POSITION},
	{"EOM", SENSE_FULL},
	{"OURS", SENSE_REQUEST},
	{"INFO", SENSE_INFORMATION},
	{"REC", SENSE_RECOVERED},
	{"DRILL", SENSE_DRILL},
	{"LIB", SENSE_LIBRARY},
};

static bool has_class(const char *list, const char *name)
{
	const char *at = strstr(list, name);
	size_t n = strlen(name);
	return at && (at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0');
}

static const char *class_of(const struct sense *s)
{
	for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
		if (strcmp(sense_kind(s), sense_cause_name(classes[i].cause)) == 0)
			return classes[i].name;
	}
	return "?";
}

static struct sense sense_of(unsigned key, unsigned asc, unsigned ascq, unsigned vendor)
{
	return (struct sense){
		.valid = true, .has_code = true, .key = (uint8_t)key, .asc = (uint8_t)asc, .ascq = (uint8_t)ascq, .vendor = vendor};
}

/* WAIT and OPT9 have one name for people; what is waited for is in the advice. */
START_TEST(test_every_code)
{
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		const struct known *k = &known[i];
		for (unsigned ascq = k->first; ascq <= k->last; ascq++) {
			struct sense s = sense_of(k->key, k->asc, ascq, k->vendor);
			const char *got = class_of(&s);
			bool right = has_class(k->classes, got) || (strcmp(got, "WAIT") == 0 && has_class(k->classes, "OPT9")) ||
				     (k->key == 1 && strcmp(got, "REC") == 0);
			ck_assert_msg(right, "%x/%02x/%02x of vendor %u is %s, not %s", k->key, k->asc, ascq, k->vendor, got, k->classes);
			ck_assert_msg(k->asc == 0x7f || sense_is_known(&s), "%x/%02x/%02x is not in the tables", k->key, k->asc, ascq);
		}
	}
}
END_TEST

/* A is a part of B: what stands before may be more particular, never as general or more. */
static bool is_within(const struct sense_entry *a, const struct sense_entry *b)
{
	return (a->keys & ~(unsigned)b->keys) == 0 && a->asc == b->asc && a->first >= b->first && a->last <= b->last &&
	       (a->vendors & ~(unsigned)b->vendors) == 0;
}

static bool meets(const struct sense_entry *a, const struct sense_entry *b)
{
	bool same_vendor = a->vendors == b->vendors || (a->vendors & b->vendors) != 0;
	return a->asc == b->asc && (a->keys & b->keys) != 0 && a->first <= b->last && b->first <= a->last && same_vendor;
}

static void check_list(const struct sense_list *list, bool of_vendors)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct sense_entry *t = &list->entries[i];
		bool reached = false;
		ck_assert_msg(t->keys != 0 && t->first <= t->last && t->cause < SENSE_CAUSES && t->meaning[0] != '\0', "entry %zu", i);
		ck_assert_msg((t->vendors != 0) == of_vendors, "entry %zu: vendor", i);
		for (unsigned key = 0; key < 16; key++) {
			for (unsigned ascq = t->first; ascq <= t->last && (t->keys >> key & 1); ascq++)
				reached = reached || sense_find(list, NULL, t->vendors, (uint8_t)key, t->asc, (uint8_t)ascq) == t;
		}
		ck_assert_msg(reached, "entry %zu (%02x/%02x, \"%s\") is hidden by those before it", i, t->asc, t->first, t->meaning);
		for (size_t before = 0; before < i; before++) {
			const struct sense_entry *b = &list->entries[before];
			/* Of two vendors' entries the earlier may say more of one of them. */
			bool fewer_codes = b->first >= t->first && b->last <= t->last && b->last - b->first < t->last - t->first;
			bool in_order = !meets(b, t) || is_within(b, t) || fewer_codes ||
					(of_vendors && (b->keys & ~(unsigned)t->keys) == 0);
			ck_assert_msg(in_order, "entry %zu (\"%s\") hides a part of entry %zu (\"%s\")", before, b->meaning, i, t->meaning);
		}
	}
}

START_TEST(test_none_hides_another)
{
	check_list(&sense_standard, false);
	check_list(&sense_vendors, true);
}
END_TEST

/* Whatever arrives: words that fit, no failure where the command has succeeded, no key for who has none. */
START_TEST(test_every_number)
{
	char text[SENSE_TEXT_BYTES];
	size_t longest = 0;
	for (unsigned n = 0; n < 1u << 20; n++) {
		struct sense s = sense_of(n >> 16, n >> 8 & 0xff, n & 0xff,
					  n % 5 == 4 ? SENSE_HP | SENSE_IBM
					  : n % 5    ? 1u << (n % 5 - 1)
						     : 0);
		sense_describe(&s, false, text);
		const char *advice = sense_advice(&s);
		longest = strlen(text) > longest ? strlen(text) : longest;
		ck_quick(s.key != 1 || strstr(text, "succeeded") != NULL);
		ck_quick(s.key != 1 || advice == NULL || strstr(advice, "key load") == NULL || s.asc >= 0xee);
		ck_quick(advice == NULL || advice[0] != '\0');
		ck_quick(sense_kind(&s)[0] != '\0');
	}
	ck_assert_uint_lt(longest, SENSE_TEXT_BYTES - 40); /* room for the field pointer */
}
END_TEST

static void expect(unsigned key, unsigned asc, unsigned ascq, unsigned vendor, const char *words, const char *advice)
{
	struct sense s = sense_of(key, asc, ascq, vendor);
	char text[SENSE_TEXT_BYTES];
	sense_describe(&s, false, text);
	const char *got = sense_advice(&s);
	ck_assert_msg(strstr(text, words) != NULL, "\"%s\" has not \"%s\"", text, words);
	ck_assert_msg(advice == NULL || (got && strstr(got, advice)), "%s: advice \"%s\" has not \"%s\"", text, got ? got : "", advice);
}

static void expect_not(unsigned key, unsigned asc, unsigned ascq, unsigned vendor, const char *words)
{
	struct sense s = sense_of(key, asc, ascq, vendor);
	char text[2 * SENSE_TEXT_BYTES];
	sense_describe(&s, false, text);
	snprintf(text + strlen(text), SENSE_TEXT_BYTES, "; %s", sense_advice(&s) ? sense_advice(&s) : "");
	ck_assert_msg(strstr(text, words) == NULL, "\"%s\" has \"%s\"", text, words);
}

START_TEST(test_words_by_cause)
{
	expect(3, 0xee, 0xd0, 0, "IBM: the block that was read could not be decrypted", "key probe");
	expect(5, 0xee, 0x2e, 0, "IBM: unsupported type", "application managed");
	expect(5, 0xee, 0x77, 0, "IBM: encryption, a code that is not known", "log");
	expect(5, 0x74, 0x21, 0, "the configuration of encryption is prevented", "application managed");
	expect_not(5, 0x74, 0x21, 0, "load the key");
	expect_not(5, 0x74, 0x10, 0, "load the key");
	expect_not(7, 0x74, 0x71, 0, "load the key");
	expect(1, 0x5d, 0xff, 0, "drill", "nothing to do");
	expect_not(1, 0x5d, 0xff, 0, "expects to fail");
	expect(1, 0x5d, 0x00, 0, "the drive expects to fail", "service");
	expect(1, 0x11, 0x00, 0, "recovered", "nothing to do");
	expect_not(1, 0x11, 0x00, 0, "unrecovered");
	expect(3, 0x11, 0x00, 0, "unrecovered read error", "clean the drive");
	expect(3, 0x04, 0x10, 0, "cartridge memory", "retire");
	expect_not(3, 0x04, 0x10, 0, "wait");
	expect(4, 0x47, 0x80, 0, "IBM, Quantum: internal CRC", "service");
	expect(7, 0x5a, 0x02, 0, "append-only", "append at the end");
	expect(5, 0x4a, 0x00, 0, "command phase error", "cables");
	expect(0, 0x82, 0x82, 0, "wants to be cleaned", "clean the drive");
	expect(6, 0x29, 0x07, 0, "login", NULL);
	expect_not(6, 0x29, 0x07, 0, "load the key");
	expect(6, 0x29, 0x02, 0, "may have stayed", "key status");
	expect(7, 0x74, 0x05, 0, "error while decrypting; HP: key-associated data", "another drive");
	expect(7, 0x74, 0x05, SENSE_HP, "HP: key-associated data", "go on reading");
	expect_not(7, 0x74, 0x05, SENSE_HP, "error while");
	expect_not(7, 0x74, 0x05, SENSE_IBM, "HP");
	expect(2, 0x04, 0x01, 0, "LTO-9", "two hours");
	expect(2, 0x3a, 0x04, 0, "its memory can be read", "load");
	expect_not(2, 0x3a, 0x04, 0, "no medium");
	expect(5, 0x29, 0x04, SENSE_IBM, "firmware has failed", "dump");
	expect_not(5, 0x29, 0x04, SENSE_IBM, "its key is lost");
	/* Another vendor's own code is not this one's, but worth naming. */
	expect(5, 0xee, 0x10, SENSE_HP, "IBM: a key is required", NULL);
	expect(9, 0x83, 0x01, 0, "a vendor's own code", NULL);
	expect(6, 0x82, 0x83, 0, "IBM: the drive has been cleaned (old firmware); HP, Quantum: a bad firmware image", NULL);
}
END_TEST

START_TEST(test_vendor_names)
{
	ck_assert_uint_eq(sense_vendor_of("IBM     ", "ULT3580-HH8     "), SENSE_IBM);
	ck_assert_uint_eq(sense_vendor_of("HP", "Ultrium 6-SCSI"), SENSE_HP);
	ck_assert_uint_eq(sense_vendor_of("HP", "Ultrium 1-SCSI"), SENSE_HP);
	ck_assert_uint_eq(sense_vendor_of("HPE", "Ultrium 9-SCSI"), SENSE_HP | SENSE_IBM);
	ck_assert_uint_eq(sense_vendor_of("HPE", "Ultrium 10-SCSI"), SENSE_HP | SENSE_IBM);
	ck_assert_uint_eq(sense_vendor_of("QUANTUM", "ULTRIUM-HH8"), SENSE_QUANTUM);
	ck_assert_uint_eq(sense_vendor_of("LENOVO", "ULT3580-HH7"), SENSE_IBM);
	ck_assert_uint_eq(sense_vendor_of("hp", ""), SENSE_HP);
	ck_assert_uint_eq(sense_vendor_of("STK", "T10000D"), 0);
	ck_assert_uint_eq(sense_vendor_of("", ""), 0);
	ck_assert_str_eq(sense_vendor_name(SENSE_HP | SENSE_QUANTUM), "HP, Quantum");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sense table");
	TCase *t = tcase_create("sense table");
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_every_code);
	tcase_add_test(t, test_none_hides_another);
	tcase_add_test(t, test_every_number);
	tcase_add_test(t, test_words_by_cause);
	tcase_add_test(t, test_vendor_names);
	suite_add_tcase(s, t);
	return check_run(s);
}
