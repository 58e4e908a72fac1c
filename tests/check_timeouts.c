/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a drive tells of its commands' timeouts, every truncation of it, lengths that lie; what it is doing; waiting in words. */
#include "cmd/drive/waiting.h"
#include "tape/timeouts.h"

#include "guarded.h"

static uint8_t bytes[512];

static struct span image(const char *hex)
{
	return (struct span){bytes, unhex(bytes, hex)};
}

/* LOAD 7920 recommended; SECURITY PROTOCOL IN only nominal; LOG SENSE with a descriptor that tells nothing; two service actions
 * of A3h; INQUIRY without a descriptor; a command that takes ten years. */
#define REPORT_HEX                                           \
	"00000080"                                           \
	"1b 00 0000 00 02 0006 000a 00 00 000003c0 00001ef0" \
	"a2 00 0000 00 02 000c 000a 00 00 00000190 00000000" \
	"4d 00 0000 00 02 000a 000a 00 00 00000000 00000000" \
	"a3 00 000c 00 03 000c 000a 00 00 0000003c 00000064" \
	"a3 00 0005 00 03 000c 000a 00 00 0000003c 000000c8" \
	"12 00 0000 00 00 0006"                              \
	"8c 00 0000 00 02 0010 000a 00 00 ffffffff ffffffff"

START_TEST(test_report)
{
	struct timeouts t;
	ck_assert(timeouts_read(image(REPORT_HEX), &t));
	ck_assert_uint_eq(t.told[0x1b], 7920);
	ck_assert_uint_eq(t.told[0xa2], 400);
	ck_assert_uint_eq(t.told[0x4d], 0);
	ck_assert_uint_eq(t.told[0xa3], 200);
	ck_assert_uint_eq(t.told[0x12], 0);
	ck_assert_uint_eq(timeouts_seconds(&t, 0xa2), 400);
	ck_assert_uint_eq(timeouts_seconds(&t, 0x4d), 180);
	ck_assert_uint_eq(timeouts_seconds(&t, 0x8c), TIMEOUTS_MAX_S);
	ck_assert(!timeouts_read(image("000000"), &t));
	ck_assert(timeouts_read(image("00000000"), &t));
	/* More than is there, and a descriptor of another length. */
	ck_assert(timeouts_read(image("ffffffff 1b 00 0000 00 02 0006 0004 00 00 000003c0"), &t) && t.told[0x1b] == 0);
	ck_assert(timeouts_read(image("ffffffff 1b 00 0000 00 02 0006 ffff 00 00 000003c0 00001ef0"), &t) && t.told[0x1b] == 7920);
}
END_TEST

START_TEST(test_truncated)
{
	struct span whole = image(REPORT_HEX);
	for (size_t n = 0; n <= whole.len; n++) {
		struct guarded g = guarded_new(n);
		struct timeouts t;
		memcpy(g.p, whole.data, n);
		ck_assert(timeouts_read((struct span){g.p, n}, &t) == (n >= 4));
		ck_assert_uint_eq(t.told[0x1b], n >= 24 ? 7920 : 0);
		guarded_free(&g);
	}
}
END_TEST

/* Never less than the slowest drive that is known takes, told or not (formats/sense-and-alerts.md 4). */
START_TEST(test_classes)
{
	struct timeouts none = {0}, hasty;
	for (int op = 0; op < 256; op++)
		hasty.told[op] = 1;
	for (int op = 0; op < 256; op++) {
		unsigned seconds = timeouts_seconds(&none, (uint8_t)op);
		ck_assert_uint_ge(seconds, 60);
		ck_assert_uint_eq(timeouts_seconds(NULL, (uint8_t)op), seconds);
		ck_assert_uint_eq(timeouts_seconds(&hasty, (uint8_t)op), seconds);
	}
	ck_assert_uint_ge(timeouts_seconds(NULL, 0x4d), 132); /* LOG SENSE, READ ATTRIBUTE of an LTO-9 */
	ck_assert_uint_ge(timeouts_seconds(NULL, 0x8c), 132);
	ck_assert_uint_ge(timeouts_seconds(NULL, 0xa2), 300); /* TS11xx */
	ck_assert_uint_ge(timeouts_seconds(NULL, 0xb5), 300);
	ck_assert_uint_ge(timeouts_seconds(NULL, 0x01), 1020);
	ck_assert_uint_ge(timeouts_seconds(NULL, 0x08), 2340 + 300);
}
END_TEST

START_TEST(test_activity)
{
	uint8_t activity;
	ck_assert(identity_activity(image("11 00 0008 0000 03 04 00 80 0b 00"), &activity) && activity == 0x0b);
	ck_assert(identity_activity(image("51 00 000d 0001 03 01 ff 0000 03 04 00 80 02 00"), &activity) && activity == 2);
	ck_assert(!identity_activity(image("12 00 0008 0000 03 04 00 80 0b 00"), &activity));
	ck_assert(!identity_activity(image("11 00 0008 0000 03 04 00 80"), &activity));
	ck_assert(!identity_activity(image("11 00 0006 0000 03 02 00 80"), &activity));
	ck_assert(!identity_activity(image("11 00 0005 0001 03 01 00"), &activity));
	ck_assert(!identity_activity(image("11 00"), &activity));
}
END_TEST

START_TEST(test_words)
{
	char text[WAITING_TIME_BYTES];
	ck_assert_str_eq(waiting_time(0, text), "0 s");
	ck_assert_str_eq(waiting_time(119, text), "119 s");
	ck_assert_str_eq(waiting_time(120, text), "2 min");
	ck_assert_str_eq(waiting_time(3599, text), "59 min");
	ck_assert_str_eq(waiting_time(7500, text), "2 h 05 min");
	ck_assert_str_eq(waiting_time(UINT32_MAX, text), "1193046 h 28 min");
}
END_TEST

/* Room is made for what is added, and nothing is written behind the end. */
START_TEST(test_added)
{
	struct err e = {0};
	char most[ERR_TEXT_BYTES + 10];
	err_set(&e, XE_FAILED, "it fails");
	err_add(&e, "; %d left", 3);
	ck_assert_str_eq(e.text, "it fails; 3 left");
	ck_assert_int_eq(e.code, XE_FAILED);
	memset(most, 'x', sizeof most);
	most[sizeof most - 1] = '\0';
	e = (struct err){0};
	err_set(&e, XE_KEY, "%s", most);
	err_add(&e, "; the end");
	ck_assert_uint_eq(strlen(e.text), ERR_TEXT_BYTES - 1);
	ck_assert_str_eq(e.text + ERR_TEXT_BYTES - 1 - 9, "; the end");
	err_add(&e, "%s", most);
	ck_assert_uint_eq(strlen(e.text), ERR_TEXT_BYTES - 1);
	ck_assert_ptr_null(strchr(e.text, ';'));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("timeouts");
	TCase *t = tcase_create("timeouts");
	tcase_add_test(t, test_report);
	tcase_add_test(t, test_truncated);
	tcase_add_test(t, test_classes);
	tcase_add_test(t, test_activity);
	tcase_add_test(t, test_words);
	tcase_add_test(t, test_added);
	suite_add_tcase(s, t);
	return check_run(s);
}
