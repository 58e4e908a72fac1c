/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cartridge memory and volume statistics: pages of formats/sense-and-alerts.md 7, every truncation, lengths that lie. */
#include "tape/cartridge.h"

#include "guarded.h"

#define MAM_HEX                                                       \
	"00000066"                                                    \
	"0000 80 0008 0000000000002000"                               \
	"0003 80 0008 000000000000004f"                               \
	"0220 80 0008 000000000012d687"                               \
	"0224 80 0008 0000000000000002 0225 80 0008 ffffffffffffffff" \
	"0401 81 0008 4d454449554d2020"                               \
	"0408 80 0001 80"                                             \
	"0806 01 0008 4130303030314c36"                               \
	"0808 02 0000"

/* Parameters 0, 1 and 0200h begin as captured from an HPE LTO-9. */
#define STATS_HEX                                                \
	"17 00 0064"                                             \
	"0000 43 01 01"                                          \
	"0001 43 04 0000004f"                                    \
	"0009 43 02 0003"                                        \
	"0010 43 08 00000000000004d2"                            \
	"0019 43 01 ff"                                          \
	"0042 41 0a 41303030 30314c392020"                       \
	"0081 43 01 01"                                          \
	"0200 43 14 09000000 ffffffffffff 09000001 000000000007" \
	"0201 43 0a 09000001 fffffffffffe"                       \
	"0300 41 03 010203"

static uint8_t bytes[1024];

static struct span image(const char *hex)
{
	return (struct span){bytes, unhex(bytes, hex)};
}

static struct told_number number(const char *hex)
{
	return told_number(image(hex));
}

static struct told_place place(const char *hex)
{
	return told_place(image(hex));
}

START_TEST(test_told)
{
	ck_assert(number("00").told && number("00").value == 0);
	ck_assert(number("fe").told && number("fe").value == 0xfe);
	ck_assert(!number("ff").told && !number("ffffffff").told && !number("ffffffffffffffff").told && !number("").told);
	ck_assert(number("0102030405060708").value == 0x0102030405060708);
	ck_assert(!number("000000000000000001").told);
	ck_assert(place("ffffffffffff").kind == TOLD_NONE && place("ffffffffffffffff").kind == TOLD_NONE);
	ck_assert(place("fffffffffffe").kind == TOLD_SOMEWHERE && place("fffffffffffffffe").kind == TOLD_SOMEWHERE);
	ck_assert(place("fffffffffffd").kind == TOLD_AT && place("fffffffffffd").object == 0xfffffffffffd);
	ck_assert(place("000000000000").kind == TOLD_AT && place("0000ffffffffffff").kind == TOLD_AT);
	ck_assert(place("").kind == TOLD_NOTHING && place("ffffffff").kind == TOLD_NOTHING && place("ff").kind == TOLD_NOTHING);
}
END_TEST

START_TEST(test_mam)
{
	struct mam m = {0};
	bool complete;
	ck_assert(mam_read(image(MAM_HEX), &m, &complete) && complete);
	ck_assert_uint_eq(m.count, 8);
	ck_assert(m.number[MAM_REMAINING_MIB].value == 0x2000 && m.number[MAM_LOADS].value == 79);
	ck_assert(m.number[MAM_WRITTEN_MB].told && m.number[MAM_WRITTEN_MB].value == 1234567);
	ck_assert(!m.number[MAM_READ_MB].told);
	ck_assert(m.number[MAM_TYPE].told && m.number[MAM_TYPE].value == MAM_TYPE_WORM);
	ck_assert(m.place[MAM_FIRST_ENCRYPTED].kind == TOLD_AT && m.place[MAM_FIRST_ENCRYPTED].object == 2);
	ck_assert(m.place[MAM_FIRST_CLEAR].kind == TOLD_NONE);
	ck_assert_str_eq(m.text[MAM_SERIAL], "MEDIUM");
	ck_assert_str_eq(m.text[MAM_BARCODE], "A00001L6");
	ck_assert_str_eq(m.text[MAM_MANUFACTURER], "");
	/* A second answer adds, an empty value takes nothing away, escape sequences do not reach the terminal. */
	ck_assert(mam_read(image("00000014 0400 81 0003 1b5b41 0401 81 0000 0000 00 0000"), &m, &complete));
	ck_assert(!complete); /* it announces one byte more */
	ck_assert_str_eq(m.text[MAM_MANUFACTURER], "?[A");
	ck_assert_str_eq(m.text[MAM_SERIAL], "MEDIUM");
	ck_assert(m.number[MAM_REMAINING_MIB].value == 0x2000);
	/* Values of other lengths are none. */
	struct mam odd = {0};
	ck_assert(mam_read(image("00000019 0224 80 0006 000000000001 0003 80 0009 000000000000000001"), &odd, &complete) && complete);
	ck_assert(odd.place[MAM_FIRST_ENCRYPTED].kind == TOLD_NOTHING && !odd.number[MAM_LOADS].told);
	ck_assert(mam_read(image("00000000"), &odd, &complete) && complete);
	ck_assert(!mam_read(image("000000"), &odd, &complete) && !complete);
}
END_TEST

START_TEST(test_mam_truncated)
{
	static const size_t ends[] = {17, 30, 43, 56, 69, 82, 88, 101};
	struct span whole = image(MAM_HEX);
	ck_assert_uint_eq(whole.len, 106);
	for (size_t n = 0; n < whole.len; n++) {
		struct guarded g = guarded_copy(whole.data, n);
		struct mam m = {0};
		bool complete;
		unsigned there = 0;
		for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
			there += ends[i] <= n;
		ck_assert(mam_read((struct span){g.p, n}, &m, &complete) == (n >= 4));
		ck_assert(!complete);
		ck_assert_uint_eq(m.count, there);
		guarded_free(&g);
	}
}
END_TEST

START_TEST(test_volstats)
{
	struct volstats s;
	ck_assert(volstats_read(image(STATS_HEX), &s));
	ck_assert(s.number[VOLSTATS_MOUNTS].told && s.number[VOLSTATS_MOUNTS].value == 79);
	ck_assert(s.number[VOLSTATS_READ_ERRORS].value == 3 && s.number[VOLSTATS_WRITTEN_MB].value == 1234);
	ck_assert(!s.number[VOLSTATS_LIFE_PERCENT].told && !s.number[VOLSTATS_WRITE_ERRORS].told);
	ck_assert(s.number[VOLSTATS_WORM].value == 1);
	ck_assert_str_eq(s.text[VOLSTATS_BARCODE], "A00001L9");
	ck_assert(s.place[VOLSTATS_FIRST_ENCRYPTED][0].kind == TOLD_NONE);
	ck_assert(s.place[VOLSTATS_FIRST_ENCRYPTED][1].kind == TOLD_AT && s.place[VOLSTATS_FIRST_ENCRYPTED][1].object == 7);
	ck_assert(s.place[VOLSTATS_FIRST_CLEAR][0].kind == TOLD_NOTHING && s.place[VOLSTATS_FIRST_CLEAR][1].kind == TOLD_SOMEWHERE);
	/* The page says that it is not valid; it is another page, or a subpage; it has nothing. */
	ck_assert(!volstats_read(image("17 00 000d 0000 43 01 00 0001 43 04 0000004f"), &s) && !s.number[VOLSTATS_MOUNTS].told);
	ck_assert(!volstats_read(image("17 00 000d 0001 43 04 0000004f 0000 43 01 00"), &s) && !s.number[VOLSTATS_MOUNTS].told);
	ck_assert(!volstats_read(image("14 00 0008 0001 43 04 0000004f"), &s));
	ck_assert(!volstats_read(image("57 01 0008 0001 43 04 0000004f"), &s));
	ck_assert(!volstats_read(image("17 00 0005 0000 43 01 01"), &s));
	ck_assert(!volstats_read(image("17 00 0000"), &s) && !volstats_read(image("170000"), &s));
	/* One announces what it was asked for, and zeros follow: they are no parameter 0 that says not valid. */
	ck_assert(volstats_read(image("17 00 ffff 0000 43 01 01 0001 43 04 0000004f 0000000000000000 0000000000000000"), &s));
	ck_assert(s.number[VOLSTATS_MOUNTS].value == 79);
	/* Records of places whose length lies, or of a partition that there is no room for. */
	ck_assert(volstats_read(image("17 00 0018 0200 43 0a 0a000000 000000000001 0201 43 0a 02000000 000000000001"), &s));
	ck_assert(s.place[VOLSTATS_FIRST_ENCRYPTED][0].kind == TOLD_NOTHING && s.place[VOLSTATS_FIRST_CLEAR][0].kind == TOLD_NOTHING);
	ck_assert(volstats_read(image("17 00 000e 0200 43 0a 0900ffff 000000000001"), &s));
	ck_assert(volstats_read(image("17 00 0005 0200 43 01 00"), &s));
}
END_TEST

START_TEST(test_volstats_truncated)
{
	struct span whole = image(STATS_HEX);
	ck_assert_uint_eq(whole.len, 104);
	for (size_t n = 0; n <= whole.len; n++) {
		struct guarded g = guarded_copy(whole.data, n);
		struct volstats s;
		ck_assert(volstats_read((struct span){g.p, n}, &s) == (n >= 17));
		ck_assert(s.number[VOLSTATS_MOUNTS].told == (n >= 17));
		ck_assert(s.number[VOLSTATS_READ_ERRORS].told == (n >= 23));
		ck_assert(s.number[VOLSTATS_WORM].told == (n >= 59));
		ck_assert((s.place[VOLSTATS_FIRST_ENCRYPTED][1].kind == TOLD_AT) == (n >= 83));
		ck_assert((s.place[VOLSTATS_FIRST_CLEAR][1].kind == TOLD_SOMEWHERE) == (n >= 97));
		guarded_free(&g);
	}
	/* Any byte may be anything: nothing is read beyond the end. */
	for (size_t at = 0; at < whole.len; at++) {
		for (unsigned v = 0; v <= 0xff; v++) {
			struct guarded g = guarded_copy(whole.data, whole.len);
			struct volstats s;
			g.p[at] = (uint8_t)v;
			(void)volstats_read((struct span){g.p, g.len}, &s);
			guarded_free(&g);
		}
	}
}
END_TEST

START_TEST(test_merged)
{
	struct cartridge c = {0};
	struct drive_medium m = {0};
	c.mam.number[MAM_LOADS] = (struct told_number){true, 80};
	c.mam.place[MAM_FIRST_ENCRYPTED] = (struct told_place){TOLD_AT, 5};
	ck_assert(cartridge_number(&c, VOLSTATS_MOUNTS, MAM_LOADS).value == 80);
	c.stats.number[VOLSTATS_MOUNTS] = (struct told_number){true, 81};
	ck_assert(cartridge_number(&c, VOLSTATS_MOUNTS, MAM_LOADS).value == 81);
	ck_assert(cartridge_place(&c, VOLSTATS_FIRST_ENCRYPTED, MAM_FIRST_ENCRYPTED, 0).object == 5);
	ck_assert(cartridge_place(&c, VOLSTATS_FIRST_ENCRYPTED, MAM_FIRST_ENCRYPTED, 1).kind == TOLD_NOTHING);
	c.stats.place[VOLSTATS_FIRST_ENCRYPTED][0] = (struct told_place){TOLD_NONE, 0};
	ck_assert(cartridge_place(&c, VOLSTATS_FIRST_ENCRYPTED, MAM_FIRST_ENCRYPTED, 0).kind == TOLD_NONE);
	/* WORM by any of the three. */
	ck_assert(!cartridge_is_worm(&c, &m) && !cartridge_is_cleaning(&c));
	m.type = 0x6c;
	ck_assert(cartridge_is_worm(&c, &m));
	m.type = 0x68;
	c.mam.number[MAM_TYPE] = (struct told_number){true, MAM_TYPE_WORM};
	ck_assert(cartridge_is_worm(&c, &m));
	c.mam.number[MAM_TYPE] = (struct told_number){true, MAM_TYPE_CLEANING};
	ck_assert(!cartridge_is_worm(&c, &m) && cartridge_is_cleaning(&c));
	c.stats.number[VOLSTATS_WORM] = (struct told_number){true, 1};
	ck_assert(cartridge_is_worm(&c, &m));
}
END_TEST

START_TEST(test_types)
{
	uint8_t type;
	bool can;
	ck_assert(identity_medium_type(image("0b 6c"), &type) && type == 0x6c);
	ck_assert(!identity_medium_type(image("0b"), &type) && !identity_medium_type(image(""), &type));
	for (unsigned generation = 3; generation <= 10; generation++) {
		ck_assert(identity_is_worm((uint8_t)(generation << 4 | 0xc)));
		ck_assert(!identity_is_worm((uint8_t)(generation << 4 | 0x8)));
	}
	ck_assert(identity_is_worm(0x01) && identity_is_worm(0xa5) && identity_is_worm(0xc1));
	ck_assert(!identity_is_worm(0x00) && !identity_is_worm(0x80) && !identity_is_worm(0x91) && !identity_is_worm(0xb4));
	ck_assert_str_eq(identity_density_name(0x54, &can), "3592-E07");
	ck_assert_str_eq(identity_density_name(0x74, &can), "3592-E07 encrypted");
	ck_assert(can);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cartridge");
	TCase *t = tcase_create("cartridge");
	tcase_add_test(t, test_told);
	tcase_add_test(t, test_mam);
	tcase_add_test(t, test_mam_truncated);
	tcase_add_test(t, test_volstats);
	tcase_add_test(t, test_volstats_truncated);
	tcase_add_test(t, test_merged);
	tcase_add_test(t, test_types);
	suite_add_tcase(s, t);
	return check_run(s);
}
