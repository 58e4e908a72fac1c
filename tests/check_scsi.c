/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages and CDBs of tape data encryption: images of formats/keys-and-drives.md 5, every truncation, lengths that lie. */
#include "base/printable.h"
#include "scsi.h"
#include "tape/identity.h"

#include "guarded.h"

/* From SSC-4's example in stenc's tests. */
#define STATUS_HEX "0020 0024 42 02 02 01 00000001 18 00 0000 0000000000000000 00 01 000c 48656c6c6f20776f726c6421"
#define NEXT_HEX "0021 001c 0000000000000102 45 01 02 02 00 03 0008 564f4c2d30303031 01 02 0000"
#define CAPS_HEX                                                                                     \
	"0010 0058 09 000000000000000000000000000000"                                                \
	"00 00 0014 ba10 0020 000c 0020 1800 0000 0000 0000 00010010" /* CCM */                      \
	"01 00 0014 3a18 0020 000c 0020 d800 0000 0000 0000 00010014" /* GCM, not for this volume */ \
	"03 00 0014 ba1a 000c 003c 0020 ca00 0000 0000 0000 00010014" /* GCM, fixed descriptor */
#define MANAGEMENT_HEX "0012 000c 01 05 00 04 0000000000000000"
#define KEY_HEX "4142434445464748494a4b4c4d4e4f505152535455565758595a616263646500"

static uint8_t bytes[1024];

static struct span image(const char *hex)
{
	return (struct span){bytes, unhex(bytes, hex)};
}

static void expect_bytes(const uint8_t *got, size_t len, const char *hex)
{
	uint8_t want[512];
	size_t n = unhex(want, hex);
	ck_assert_uint_eq(len, n);
	ck_assert_mem_eq(got, want, n);
}

static void expect_cdb(struct scsi_cdb c, const char *hex)
{
	expect_bytes(c.bytes, c.len, hex);
}

/* ---- CDBs ---- */

START_TEST(test_cdbs)
{
	/* As Bareos and stenc send them. */
	expect_cdb(scsi_make_security_in(0x20, 0x0020, SCSI_PAGE_MAX_BYTES), "a2 20 00 20 00 00 00 00 20 04 00 00");
	expect_cdb(scsi_make_security_in(0x20, 0x0021, SCSI_PAGE_MAX_BYTES), "a2 20 00 21 00 00 00 00 20 04 00 00");
	expect_cdb(scsi_make_security_out(0x20, 0x0010, 52), "b5 20 00 10 00 00 00 00 00 34 00 00");
	expect_cdb(scsi_make_security_in(0x00, 0xabcd, 0x01020304), "a2 00 ab cd 00 00 01 02 03 04 00 00");
	expect_cdb(scsi_make_log_sense(0x2e, 2048), "4d 00 6e 00 00 00 00 08 00 00");
	expect_cdb(scsi_make_inquiry(96), "12 00 00 00 60 00");
	expect_cdb(scsi_make_inquiry_vpd(0x83, 252), "12 01 83 00 fc 00");
	expect_cdb(scsi_make_test_unit_ready(), "00 00 00 00 00 00");
	expect_cdb(scsi_make_request_sense(252), "03 00 00 00 fc 00");
	expect_cdb(scsi_make_read_attribute(0x0806, 512), "8c 00 00 00 00 00 00 00 08 06 00 00 02 00 00 00");
	expect_cdb(scsi_make_mode_sense(0x10, 64), "1a 00 10 00 40 00");
	expect_cdb(scsi_make_read_position(), "34 00 00 00 00 00 00 00 00 00");
	expect_cdb(scsi_make_rewind(), "01 00 00 00 00 00");
	expect_cdb(scsi_make_read(0x123456), "08 02 12 34 56 00");
	expect_cdb(scsi_make_report_opcodes(0x2004), "a3 0c 80 00 00 00 00 00 20 04 00 00");
	struct scsi_cdb c = scsi_make_security_in(0x20, 0x0020, SCSI_PAGE_MAX_BYTES);
	scsi_set_room(&c, 252);
	expect_cdb(c, "a2 20 00 20 00 00 00 00 00 fc 00 00");
}
END_TEST

/* ---- Set Data Encryption ---- */

START_TEST(test_set_pages)
{
	uint8_t key[SCSI_KEY_BYTES], page[SCSI_SET_MAX_BYTES];
	unhex(key, KEY_HEX);
	struct scsi_set s = scsi_bareos_set(1, (struct span){key, sizeof key});
	memset(page, 0xff, sizeof page);
	expect_bytes(page, scsi_write_set(&s, page, sizeof page), "00 10 00 30 40 00 02 03 01 00 00 00 00 00 00 00 00 00 00 20" KEY_HEX);
	s = scsi_bareos_clear(1);
	memset(page, 0xff, sizeof page);
	expect_bytes(page, scsi_write_set(&s, page, sizeof page),
		     "00 10 00 30 40 00 00 00 01 00 00 00 00 00 00 00 00 00 00 20"
		     "0000000000000000000000000000000000000000000000000000000000000000");
	/* stenc's: off, and on with raw reading allowed, clear on demount and a descriptor. */
	s = (struct scsi_set){.scope = 2, .ceem = 1, .algorithm = 1};
	expect_bytes(page, scsi_write_set(&s, page, sizeof page), "0010 0010 40 40 00 00 01 00 00 00000000000000 0000");
	s = (struct scsi_set){.scope = 2,
			      .ceem = 1,
			      .rdmc = 2,
			      .ckod = true,
			      .encryption = 2,
			      .decryption = 2,
			      .algorithm = 1,
			      .key = {key, sizeof key},
			      .ukad = {(const uint8_t *)"Hello world!", 12}};
	expect_bytes(page, scsi_write_set(&s, page, sizeof page),
		     "0010 0040 40 64 02 02 01 00 00 00000000000000 0020" KEY_HEX "00 00 000c 48656c6c6f20776f726c6421");
	/* Every bit in its place; descriptors ascend. */
	s = (struct scsi_set){.scope = 7,
			      .lock = true,
			      .ceem = 3,
			      .rdmc = 3,
			      .sdk = true,
			      .ckod = true,
			      .ckorp = true,
			      .ckorl = true,
			      .encryption = 1,
			      .decryption = 3,
			      .algorithm = 0xfe,
			      .key_format = 3,
			      .kad_format = 2,
			      .ukad = {(const uint8_t *)"u", 1},
			      .akad = {(const uint8_t *)"aa", 2}};
	expect_bytes(page, scsi_write_set(&s, page, sizeof page),
		     "0010 001b e1 ff 01 03 fe 03 02 00000000000000 0000 0000 0001 75 0100 0002 6161");
}
END_TEST

START_TEST(test_set_room)
{
	uint8_t key[SCSI_KEY_BYTES] = {0}, page[SCSI_SET_MAX_BYTES + 64];
	static uint8_t kad[SCSI_SET_MAX_BYTES];
	struct scsi_set s = scsi_bareos_set(1, (struct span){key, sizeof key});
	for (size_t room = 0; room < 60; room++) {
		struct guarded g = guarded_new(room);
		ck_quick(scsi_write_set(&s, g.p, room) == (room >= 52 ? 52u : 0u));
		guarded_free(&g);
	}
	s.ukad = (struct span){kad, SCSI_SET_MAX_BYTES - 56};
	ck_assert_uint_eq(scsi_write_set(&s, page, sizeof page), SCSI_SET_MAX_BYTES);
	s.ukad.len++;
	ck_assert_uint_eq(scsi_write_set(&s, page, sizeof page), 0);
	s.ukad.len = SIZE_MAX - 8;
	ck_assert_uint_eq(scsi_write_set(&s, page, sizeof page), 0);
	s = scsi_bareos_set(1, (struct span){NULL, SIZE_MAX});
	ck_assert_uint_eq(scsi_write_set(&s, page, sizeof page), 0);
}
END_TEST

START_TEST(test_set_read)
{
	struct span p = image("0010 0040 40 64 02 02 01 00 02 00000000000000 0020" KEY_HEX "00 00 000c 48656c6c6f20776f726c6421");
	struct scsi_set s;
	ck_assert(scsi_read_set(p, &s));
	ck_assert_uint_eq(s.scope, 2);
	ck_assert_uint_eq(s.ceem, 1);
	ck_assert_uint_eq(s.rdmc, 2);
	ck_assert(s.ckod && !s.lock && !s.sdk && !s.ckorp && !s.ckorl);
	ck_assert_uint_eq(s.encryption, 2);
	ck_assert_uint_eq(s.decryption, 2);
	ck_assert_uint_eq(s.kad_format, 2);
	ck_assert_uint_eq(s.key.len, 32);
	ck_assert_uint_eq(s.ukad.len, 12);
	for (size_t n = 0; n < p.len; n++) {
		struct guarded g = guarded_copy(p.data, n);
		ck_quick(!scsi_read_set((struct span){g.p, n}, &s));
		guarded_free(&g);
	}
	bytes[19] = 0x60; /* a key that goes beyond the page */
	ck_assert(!scsi_read_set(p, &s));
	bytes[19] = 0x20;
	bytes[55] = 0xff; /* a descriptor that does */
	ck_assert(!scsi_read_set(p, &s));
	ck_assert_str_eq(scsi_set_field(8), "the algorithm index");
	ck_assert_str_eq(scsi_set_field(18), "the key length");
	ck_assert_str_eq(scsi_set_field(0xffff), "the KAD");
}
END_TEST

/* ---- status ---- */

START_TEST(test_status)
{
	struct span p = image(STATUS_HEX);
	struct scsi_status s;
	ck_assert(scsi_read_status(p, &s));
	ck_assert_uint_eq(s.nexus_scope, 2);
	ck_assert_uint_eq(s.key_scope, 2);
	ck_assert_uint_eq(s.encryption, 2);
	ck_assert_uint_eq(s.decryption, 2);
	ck_assert_uint_eq(s.algorithm, 1);
	ck_assert_uint_eq(s.counter, 1);
	ck_assert_uint_eq(s.control, 1);
	ck_assert(s.vcelb && !s.rdmd);
	ck_assert_uint_eq(s.ceems, 0);
	ck_assert_uint_eq(s.kads.count, 1);
	ck_assert(!s.kads.cut && !s.kads.unordered);
	const struct scsi_kad *k = scsi_find_kad(&s.kads, SCSI_KAD_U);
	ck_assert_ptr_nonnull(k);
	ck_assert_uint_eq(k->authenticated, 1);
	ck_assert_uint_eq(k->len, 12);
	ck_assert_mem_eq(k->data, "Hello world!", 12);
	ck_assert_ptr_null(scsi_find_kad(&s.kads, SCSI_KAD_A));
	p = image("0020 0014 85 01 03 fe 01020304 77 02 0506 0000000000000000");
	ck_assert(scsi_read_status(p, &s));
	ck_assert_uint_eq(s.nexus_scope, 4);
	ck_assert_uint_eq(s.key_scope, 5);
	ck_assert_uint_eq(s.encryption, 1);
	ck_assert_uint_eq(s.decryption, 3);
	ck_assert_uint_eq(s.counter, 0x01020304);
	ck_assert_uint_eq(s.control, 7);
	ck_assert(!s.vcelb && s.rdmd);
	ck_assert_uint_eq(s.ceems, 3);
	ck_assert_uint_eq(s.kad_format, 2);
	ck_assert_uint_eq(s.supplemental, 0x0506);
	ck_assert_uint_eq(s.kads.count, 0);
}
END_TEST

/* Fewer bytes than the fixed part are no page; a descriptor that does not fit is not there, and that is told. */
START_TEST(test_status_truncated)
{
	uint8_t page[64];
	size_t len = unhex(page, STATUS_HEX);
	for (size_t n = 0; n <= len; n++) {
		struct guarded g = guarded_copy(page, n);
		struct scsi_status s;
		bool read = scsi_read_status((struct span){g.p, n}, &s);
		ck_quick(read == (n >= 24));
		ck_quick(!read || s.kads.count == (n == len ? 1u : 0u));
		ck_quick(!read || s.kads.cut == (n < len));
		guarded_free(&g);
	}
}
END_TEST

/* The announced length is never believed: neither too much nor too little. */
START_TEST(test_lengths_lie)
{
	uint8_t page[64];
	size_t len = unhex(page, STATUS_HEX);
	for (unsigned lie = 0; lie <= 0xffff; lie += lie < 64 ? 1 : 997) {
		struct guarded g = guarded_copy(page, len);
		struct scsi_status s;
		g.p[2] = (uint8_t)(lie >> 8);
		g.p[3] = (uint8_t)lie;
		bool read = scsi_read_status((struct span){g.p, len}, &s);
		ck_quick(read == (lie >= 20));
		ck_quick(!read || s.kads.count == (lie >= 36 ? 1u : 0u));
		ck_quick(!read || s.kads.cut == (lie > 36 || (lie > 20 && lie < 36)));
		guarded_free(&g);
	}
	/* The descriptor's own length. */
	for (unsigned lie = 0; lie <= 0xffff; lie += lie < 64 ? 1 : 997) {
		struct guarded g = guarded_copy(page, len);
		struct scsi_status s;
		g.p[26] = (uint8_t)(lie >> 8);
		g.p[27] = (uint8_t)lie;
		ck_quick(scsi_read_status((struct span){g.p, len}, &s));
		ck_quick(lie <= 12 || (s.kads.count == 0 && s.kads.cut));
		guarded_free(&g);
	}
	/* mhvtl announces 12 bytes that are zero, or not there. */
	struct scsi_status s;
	struct span p = image("0020 0020 21 02 03 01 00000005 00 00 0000 0000000000000000 000000000000000000000000");
	ck_assert(scsi_read_status(p, &s));
	ck_assert(s.kads.count == 0 && !s.kads.cut);
	ck_assert(scsi_read_status((struct span){p.data, 24}, &s));
	ck_assert(s.kads.count == 0 && s.kads.cut);
}
END_TEST

START_TEST(test_kads)
{
	struct scsi_status s;
	static uint8_t page[24 + 10 * 6 + 4 + 300];
	/* Ten descriptors: eight are kept. */
	memcpy(page, "\0\x20", 2);
	page[3] = 20 + 60;
	for (unsigned i = 0; i < 10; i++) {
		page[24 + i * 6] = (uint8_t)i;
		page[24 + i * 6 + 3] = 2;
	}
	page[25] = 1;
	ck_assert(scsi_read_status((struct span){page, 84}, &s));
	ck_assert(s.kads.count == SCSI_KADS_MAX && s.kads.cut && !s.kads.unordered);
	page[24] = 5;
	ck_assert(scsi_read_status((struct span){page, 84}, &s));
	ck_assert(s.kads.unordered);
	/* The longest that is kept, and one more. */
	page[24] = 0;
	for (unsigned n = SCSI_KAD_MAX_BYTES; n <= SCSI_KAD_MAX_BYTES + 1; n++) {
		page[2] = (uint8_t)((20 + 4 + n) >> 8);
		page[3] = (uint8_t)(20 + 4 + n);
		page[26] = (uint8_t)(n >> 8);
		page[27] = (uint8_t)n;
		ck_assert(scsi_read_status((struct span){page, 28 + n}, &s));
		ck_assert(s.kads.count == (n == SCSI_KAD_MAX_BYTES ? 1u : 0u) && s.kads.cut == (n > SCSI_KAD_MAX_BYTES));
	}
	ck_assert_str_eq(scsi_kad_name(0), "U-KAD");
	ck_assert_str_eq(scsi_kad_name(4), "wrapped-key KAD");
	ck_assert_ptr_null(scsi_kad_name(5));
}
END_TEST

/* ---- next block ---- */

START_TEST(test_next_block)
{
	struct scsi_next_block b;
	struct span p = image(NEXT_HEX);
	size_t len = p.len;
	ck_assert(scsi_read_next_block(p, &b));
	ck_assert_uint_eq(b.object, 0x102);
	ck_assert_uint_eq(b.compression, 4);
	ck_assert_uint_eq(b.encryption, SCSI_BLOCK_DECRYPTABLE);
	ck_assert_uint_eq(b.algorithm, 1);
	ck_assert(b.emes && !b.rdmds);
	ck_assert_uint_eq(b.kad_format, 2);
	ck_assert_uint_eq(b.kads.count, 2);
	ck_assert_uint_eq(b.kads.kads[0].authenticated, 3);
	ck_assert_mem_eq(b.kads.kads[0].data, "VOL-0001", 8);
	ck_assert_uint_eq(b.kads.kads[1].type, SCSI_KAD_A);
	for (size_t n = 0; n <= len; n++) {
		struct guarded g = guarded_copy(p.data, n);
		bool read = scsi_read_next_block((struct span){g.p, n}, &b);
		ck_quick(read == (n >= 16));
		ck_quick(!read || b.kads.cut == (n < len));
		guarded_free(&g);
	}
	/* A page that was not asked for. */
	ck_assert(!scsi_read_next_block(image(STATUS_HEX), &b));
	struct scsi_status s;
	ck_assert(!scsi_read_status(image(NEXT_HEX), &s));
}
END_TEST

/* ---- capabilities ---- */

START_TEST(test_capabilities)
{
	struct scsi_capabilities c;
	struct span p = image(CAPS_HEX);
	ck_assert(scsi_read_capabilities(p, &c));
	ck_assert_uint_eq(c.external, 2);
	ck_assert_uint_eq(c.config, 1);
	ck_assert_uint_eq(c.count, 3);
	ck_assert(!c.cut);
	const struct scsi_algorithm *a = &c.algorithms[1];
	ck_assert_uint_eq(a->index, 1);
	ck_assert(!a->valid_for_volume && a->kad_format && !a->ukad_fixed);
	ck_assert_uint_eq(a->encrypt, 2);
	ck_assert_uint_eq(a->decrypt, 2);
	ck_assert_uint_eq(a->ukad_max, 32);
	ck_assert_uint_eq(a->akad_max, 12);
	ck_assert_uint_eq(a->key_bytes, 32);
	ck_assert_uint_eq(a->kads, 3);
	ck_assert_uint_eq(a->raw, 4);
	ck_assert_uint_eq(a->code, SCSI_ALGORITHM_GCM);
	a = &c.algorithms[2];
	ck_assert(a->valid_for_volume && a->ukad_fixed);
	ck_assert_uint_eq(a->raw, 5);
	/* The GCM that is valid for the volume, though it comes last. */
	ck_assert_ptr_eq(scsi_choose_algorithm(&c, true), a);
	ck_assert_ptr_eq(scsi_find_algorithm(&c, 0), &c.algorithms[0]);
	ck_assert_ptr_null(scsi_find_algorithm(&c, 2));
	c.algorithms[2].valid_for_volume = false;
	ck_assert_ptr_eq(scsi_choose_algorithm(&c, true), &c.algorithms[1]);
	c.algorithms[1].key_bytes = 16;
	ck_assert_ptr_eq(scsi_choose_algorithm(&c, true), &c.algorithms[2]);
	c.algorithms[2].encrypt = 1; /* in software */
	ck_assert_ptr_null(scsi_choose_algorithm(&c, true));
	ck_assert_ptr_eq(scsi_choose_algorithm(&c, false), &c.algorithms[2]);
	c.algorithms[2].code = 0x00010016;
	ck_assert_ptr_null(scsi_choose_algorithm(&c, false));
	ck_assert_str_eq(scsi_algorithm_name(0x00010014), "AES-256-GCM-128");
	ck_assert_str_eq(scsi_algorithm_name(0x80010410), "vendor specific");
	ck_assert_ptr_null(scsi_algorithm_name(0));
}
END_TEST

START_TEST(test_capabilities_truncated)
{
	struct scsi_capabilities c;
	uint8_t page[128];
	size_t len = unhex(page, CAPS_HEX);
	for (size_t n = 0; n <= len; n++) {
		struct guarded g = guarded_copy(page, n);
		bool read = scsi_read_capabilities((struct span){g.p, n}, &c);
		ck_quick(read == (n >= 20));
		ck_quick(!read || c.count == (n - 20) / 24);
		ck_quick(!read || c.cut == (n < len));
		guarded_free(&g);
	}
	/* A descriptor's length that is too small, zero, or goes beyond. */
	for (unsigned lie = 0; lie <= 0xffff; lie += lie < 128 ? 1 : 997) {
		struct guarded g = guarded_copy(page, len);
		g.p[22] = (uint8_t)(lie >> 8);
		g.p[23] = (uint8_t)lie;
		ck_quick(scsi_read_capabilities((struct span){g.p, len}, &c));
		ck_quick(c.count <= 3);
		ck_quick(lie >= 20 || c.count == 0);
		ck_quick(lie <= 68 || (c.count == 1 && c.cut));
		guarded_free(&g);
	}
	/* More than there is room for. */
	static uint8_t many[20 + 24 * 40];
	memcpy(many, page, 20);
	many[2] = (uint8_t)((sizeof many - 4) >> 8);
	many[3] = (uint8_t)(sizeof many - 4);
	for (size_t i = 0; i < 40; i++)
		memcpy(many + 20 + 24 * i, page + 20, 24);
	ck_assert(scsi_read_capabilities((struct span){many, sizeof many}, &c));
	ck_assert(c.count == SCSI_ALGORITHMS_MAX && c.cut);
}
END_TEST

/* ---- lists ---- */

START_TEST(test_lists)
{
	bool listed;
	unsigned formats;
	struct scsi_management m;
	ck_assert(scsi_read_protocols(image("000000000000 0003 00 20 ef"), 0x20, &listed) && listed);
	ck_assert(scsi_read_protocols(image("000000000000 0003 00 20 ef"), 0x21, &listed) && !listed);
	ck_assert(scsi_read_protocols(image("000000000000 ffff 00"), 0x20, &listed) && !listed);
	ck_assert(!scsi_read_protocols(image("000000000000 00"), 0x20, &listed));
	ck_assert(scsi_read_page_list(image("0000 0006 0010 0020 0021"), 0, 0x21, &listed) && listed);
	ck_assert(scsi_read_page_list(image("0000 0006 0010 0020 00"), 0, 0x21, &listed) && !listed);
	ck_assert(!scsi_read_page_list(image("0000 0006 0010 0020 0021"), 1, 0x21, &listed));
	struct span v;
	uint32_t type, format;
	ck_assert(scsi_read_wrapping_key(image("0031 000c 00000001 00000002 0002 abcd"), &type, &format, &v));
	ck_assert(type == 1 && format == 2 && v.len == 2 && v.data[1] == 0xcd);
	ck_assert(!scsi_read_wrapping_key(image("0031 000c 00000001 00000002 0003 abcd"), &type, &format, &v));
	ck_assert(scsi_read_key_formats(image("0011 0003 00 02 ff"), &formats));
	ck_assert_uint_eq(formats, 5);
	ck_assert(scsi_read_management(image(MANAGEMENT_HEX), &m));
	ck_assert(m.lock && m.ckod && !m.ckorp && m.ckorl && m.all_nexus && !m.local && !m.public);
	for (size_t n = 0; n < 8; n++) {
		struct span p = image(MANAGEMENT_HEX);
		struct guarded g = guarded_copy(p.data, n);
		ck_quick(!scsi_read_management((struct span){g.p, n}, &m));
		guarded_free(&g);
	}
}
END_TEST

/* ---- who it is ---- */

START_TEST(test_inquiry)
{
	struct identity d;
	char text[IDENTITY_TEXT_BYTES];
	struct span p = image("01 80 06 02 5b 00 00 00 4850202020202020 556c747269756d20362d534353490020 33354744");
	ck_assert(identity_inquiry(p, &d));
	ck_assert_uint_eq(d.type, IDENTITY_TYPE_TAPE);
	ck_assert_str_eq(d.vendor, "HP");
	ck_assert_str_eq(d.product, "Ultrium 6-SCSI");
	ck_assert_str_eq(d.revision, "35GD");
	for (size_t n = 0; n < 36; n++) {
		struct guarded g = guarded_copy(p.data, n);
		ck_quick(!identity_inquiry((struct span){g.p, n}, &d));
		guarded_free(&g);
	}
	bytes[8] = 0x1b; /* escape sequences do not reach the terminal */
	ck_assert(identity_inquiry(p, &d));
	ck_assert_str_eq(d.vendor, "?P");
	ck_assert(identity_serial(image("01 80 0004 20 41 42 20"), text));
	ck_assert_str_eq(text, "AB");
	ck_assert(identity_serial(image("01 80 ffff 41 42"), text)); /* announces more */
	ck_assert_str_eq(text, "AB");
	ck_assert(!identity_serial(image("01 83 0002 41 42"), text));
	ck_assert(!identity_serial(image("01 80 0000"), text));
	ck_assert(identity_name(image("01 83 0022 02 01 00 06 484520202020 01 13 00 08 5000000000000001 01 03 00 08 5001405000000001"),
				text));
	ck_assert_str_eq(text, "naa.5001405000000001");
	ck_assert(identity_name(image("01 83 000a 02 01 00 06 484520202020"), text));
	ck_assert_str_eq(text, "HE");
	ck_assert(!identity_name(image("01 83 000c 01 03 00 ff 5001405000000001"), text));
}
END_TEST

START_TEST(test_medium)
{
	struct span v;
	char text[IDENTITY_TEXT_BYTES];
	struct span p = image("00000014 0401 81 0003 4d3031 0806 81 0004 41303031 0900 00 0000 ");
	ck_assert(identity_attribute(p, IDENTITY_ATTRIBUTE_BARCODE, &v));
	ck_assert_uint_eq(v.len, 4);
	printable_field(v, text, 3); /* little room */
	ck_assert_str_eq(text, "A0");
	ck_assert(identity_attribute(p, IDENTITY_ATTRIBUTE_SERIAL, &v) && v.len == 3);
	ck_assert(!identity_attribute(p, 0x0400, &v));
	for (size_t n = 0; n < p.len; n++) {
		struct guarded g = guarded_copy(p.data, n);
		bool found = identity_attribute((struct span){g.p, n}, IDENTITY_ATTRIBUTE_BARCODE, &v);
		ck_quick(found == (n >= 21));
		guarded_free(&g);
	}
	uint8_t density;
	bool protected, can;
	ck_assert(identity_density(image("0b 00 90 08 44 000000 00000000"), &density, &protected));
	ck_assert(density == 0x44 && protected);
	ck_assert_str_eq(identity_density_name(density, &can), "LTO-3");
	ck_assert(!can);
	ck_assert_str_eq(identity_density_name(0x46, &can), "LTO-4");
	ck_assert(can);
	ck_assert_str_eq(identity_density_name(0x62, &can), "LTO-10");
	ck_assert(can);
	ck_assert_str_eq(identity_density_name(0x63, &can), "LTO-10 P");
	ck_assert_ptr_null(identity_density_name(0x13, &can));
	ck_assert(!identity_density(image("03 00 10 00 44"), &density, &protected));
	ck_assert(!identity_density(image("03 00 10 08"), &density, &protected));
	struct identity_position at;
	ck_assert(identity_position(image("80 00 0000 00000000 00000000"), &at) && at.at_beginning && at.block == 0);
	ck_assert(identity_position(image("04 00 0000 00000203"), &at) && !at.at_beginning && at.unknown && at.block == 0x203);
	ck_assert(!identity_position(image("80 00 0000 000000"), &at));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scsi");
	TCase *t = tcase_create("scsi");
	tcase_add_test(t, test_cdbs);
	tcase_add_test(t, test_set_pages);
	tcase_add_test(t, test_set_room);
	tcase_add_test(t, test_set_read);
	tcase_add_test(t, test_status);
	tcase_add_test(t, test_status_truncated);
	tcase_add_test(t, test_lengths_lie);
	tcase_add_test(t, test_kads);
	tcase_add_test(t, test_next_block);
	tcase_add_test(t, test_capabilities);
	tcase_add_test(t, test_capabilities_truncated);
	tcase_add_test(t, test_lists);
	tcase_add_test(t, test_inquiry);
	tcase_add_test(t, test_medium);
	suite_add_tcase(s, t);
	return check_run(s);
}
