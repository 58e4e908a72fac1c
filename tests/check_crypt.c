/* SPDX-License-Identifier: GPL-3.0-or-later */
/* crypt/: the block cipher, base64, answers of an Encryption Command, key-manager.conf and its expressions. */
#include "crypt/answer.h"
#include "crypt/keyconf.h"
#include "crypt/pattern.h"
#include "crypt/volkey.h"
#include "format/block.h"

#include "guarded.h"

#include <stdio.h>

static size_t from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	for (; hex[0] && hex[1]; hex += 2) {
		unsigned v;
		ck_assert_int_eq(sscanf(hex, "%2x", &v), 1);
		out[n++] = (uint8_t)v;
	}
	return n;
}

static struct secret secret_of(const void *data, size_t len)
{
	struct secret s = SECRET_NONE;
	struct err e = {0};
	ck_assert_int_eq(secret_set(&s, data, len, &e), 0);
	return s;
}

static struct secret hex_secret(const char *hex)
{
	uint8_t bytes[256];
	return secret_of(bytes, from_hex(hex, bytes));
}

/* ---- the cipher ---- */

/* IEEE 1619, annex B: vectors 2, 3, 15 and the first 32 bytes of 10, whose data unit numbers a block header can hold; then
 * the two of bacula-encryption.md 1.3.  tweak: bytes 8 to 11 and 16 to 23 of the header. */
static const struct {
	const char *key, *tweak, *plain, *sealed;
} vectors[] = {
	{"1111111111111111111111111111111122222222222222222222222222222222", "333333333300000000000000",
	 "4444444444444444444444444444444444444444444444444444444444444444",
	 "c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0"},
	{"fffefdfcfbfaf9f8f7f6f5f4f3f2f1f022222222222222222222222222222222", "333333333300000000000000",
	 "4444444444444444444444444444444444444444444444444444444444444444",
	 "af85336b597afc1a900b2eb21ec949d292df4c047e0b21532186a5971a227a89"},
	{"27182818284590452353602874713526624977572470936999595749669676273141592653589793238462643383279502884197169399375105"
	 "820974944592",
	 "ff0000000000000000000000", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	 "1c3b3a102f770386e4836c99e370cf9bea00803f5e482357a4ae12d414a3e63b"},
	{"fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0", "9a7856341200000000000000",
	 "000102030405060708090a0b0c0d0e0f10", "6c1625db4671522d3d7599601de7ca09ed"},
	{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b"
	 "3c3d3e3f",
	 "00000001000000106b02d541", "6465666768696a6b6c6d6e6f7071727374757677", "09c028821fb2e5bd6cbc623230730f7233f33371"},
	{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "00000001000000106b02d541",
	 "6465666768696a6b6c6d6e6f7071727374757677", "a3dc5cbc422ed910a0d82269634580c501befa03"},
};

START_TEST(test_xts_known)
{
	uint8_t block[128] = {0}, tweak[12], out[128], plain[64], sealed[64];
	struct secret key = hex_secret(vectors[_i].key);
	struct err e = {0};
	struct xts *x;
	ck_assert_int_eq(xts_new(&x, &key, &e), 0);
	from_hex(vectors[_i].tweak, tweak);
	memcpy(block + 8, tweak, 4);
	memcpy(block + 16, tweak + 4, 8);
	memcpy(block + 12, "BB03", 4);
	size_t n = from_hex(vectors[_i].plain, plain);
	ck_assert_uint_eq(from_hex(vectors[_i].sealed, sealed), n);
	memcpy(block + 32, plain, n);
	ck_assert(xts_encrypt_block(x, block, out, 32 + n));
	ck_assert_mem_eq(out, block, 32);
	ck_assert_mem_eq(out + 32, sealed, n);
	/* In place as well. */
	ck_assert(xts_decrypt_block(x, out, out, 32 + n));
	ck_assert_mem_eq(out, block, 32 + n);
	xts_free(x);
	secret_free(&key);
}
END_TEST

/* The checksum of bacula-encryption.md 1.3, over the plain block. */
START_TEST(test_checksum_known)
{
	uint8_t block[52];
	from_hex("0000000700000034000000014242303300000010"
		 "6b02d541"
		 "0753f9c6eafe9ba7"
		 "6465666768696a6b6c6d6e6f7071727374757677",
		 block);
	struct block_header h;
	ck_assert(block_header_read(block, sizeof block, &h));
	ck_assert_uint_eq(block_checksum(block, &h), 0x0753f9c6eafe9ba7u);
	ck_assert(block_is_encrypted(&h));
}
END_TEST

START_TEST(test_xts_limits)
{
	struct err e = {0};
	struct xts *x;
	uint8_t block[64] = {0};
	struct secret key = hex_secret(vectors[0].key);
	ck_assert_int_eq(xts_new(&x, &key, &e), 0);
	ck_assert(!xts_encrypt_block(x, block, block, 32 + 15));
	ck_assert(xts_encrypt_block(x, block, block, 32 + 16));
	xts_free(x);
	size_t most = XTS_HEADER_BYTES + XTS_BODY_MAX_BYTES;
	uint8_t *large = calloc(1, most + 16);
	ck_assert_int_eq(xts_new(&x, &key, &e), 0);
	ck_assert(xts_encrypt_block(x, large, large, most));
	ck_assert(!xts_encrypt_block(x, large, large, most + 16));
	xts_free(x);
	free(large);
	secret_free(&key);
	for (size_t n = 0; n < 80; n++) {
		if (n == 16 || n == 32 || n == 64)
			continue;
		uint8_t bytes[80] = {1};
		key = secret_of(bytes, n);
		e = (struct err){0};
		ck_assert_int_eq(xts_new(&x, &key, &e), XE_KEY);
		ck_assert_ptr_null(x);
		secret_free(&key);
	}
}
END_TEST

/* Never to encrypt with; what others have encrypted so can be read: IEEE 1619 vector 1. */
START_TEST(test_equal_halves)
{
	uint8_t zeros[64] = {0}, out[64];
	struct secret key = secret_of(zeros, 32);
	struct err e = {0};
	struct xts *x;
	ck_assert_int_eq(xts_check_key(XTS_AES_128, &key, &e), XE_KEY);
	e = (struct err){0};
	ck_assert_int_eq(xts_new(&x, &key, &e), 0);
	ck_assert(!xts_encrypt_block(x, zeros, out, sizeof zeros));
	uint8_t sealed[64] = {0};
	from_hex("917cf69ebd68b2ec9b9fe9a3eadda692cd43d2f59598ed858c02c2652fbf922e", sealed + 32);
	ck_assert(xts_decrypt_block(x, sealed, out, sizeof out));
	ck_assert_mem_eq(out, zeros, sizeof zeros);
	xts_free(x);
	secret_free(&key);
}
END_TEST

START_TEST(test_cipher_names)
{
	enum xts_cipher c;
	ck_assert(xts_parse("AES_256_XTS", 11, &c) && c == XTS_AES_256);
	ck_assert(xts_parse("aes_128_xts", 11, &c) && c == XTS_AES_128);
	ck_assert(xts_parse("null", 4, &c) && c == XTS_NULL);
	ck_assert(!xts_parse("AES_256_XT", 10, &c));
	ck_assert(!xts_parse("", 0, &c));
}
END_TEST

/* ---- answers ---- */

static const char KEY64[] = "WTRhiPazeymGQ1jBejKm2BrBLyr+zm6ehNHWzdqBrun2Rg//WBKncIZPo7AVzDq4dDsiltlSn9GT8X8nqplOhQ==";

START_TEST(test_answer)
{
	char text[400];
	struct answer a = {0};
	struct err e = {0};
	int n = snprintf(text, sizeof text,
			 "\n cipher : aes_256_xts \r\nunknown: x y\ncomment = nothing\ncipher_key=%s\n"
			 "master_keyid: Q0JE\nenc_cipher_key: AAEC\nvolume_name: V1",
			 KEY64);
	ck_assert_int_eq(answer_read(&a, text, (size_t)n, &e), 0);
	ck_assert_int_eq(answer_check(&a, &e), 0);
	ck_assert_int_eq(a.cipher, XTS_AES_256);
	ck_assert_uint_eq(a.key.len, 64);
	ck_assert_str_eq(a.volume, "V1");
	ck_assert_uint_eq(a.master_id_len, 3);
	ck_assert_mem_eq(a.enc_key, "\0\1\2", 3);
	struct secret out = SECRET_NONE;
	ck_assert_int_eq(answer_write(&a, true, &out, &e), 0);
	char wanted[400];
	int w = snprintf(wanted, sizeof wanted,
			 "cipher: AES_256_XTS\ncipher_key: %s\nvolume_name: V1\nmaster_keyid: Q0JE\n"
			 "enc_cipher_key: AAEC\n\n",
			 KEY64);
	ck_assert_uint_eq(out.len, (size_t)w);
	ck_assert_mem_eq(out.data, wanted, (size_t)w);
	secret_free(&out);
	answer_free(&a);
}
END_TEST

/* What the daemon refuses is refused, and no error repeats a value. */
START_TEST(test_answer_bad)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"cipher: AES_512_XTS\n", "unknown cipher"}, {"cipher AES_256_XTS\n", "name: value"}, {"some warning\n", "name: value"},
		{"cipher_key: SECRET!\n", "no base64"},      {"cipher_key: \n", "no base64"},         {"cipher_key: =\n", "no base64"},
		{"master_keyid: ???\n", "no base64"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct answer a = {0};
		struct err e = {0};
		ck_assert_int_eq(answer_read(&a, bad[i].text, strlen(bad[i].text), &e), XE_KEY);
		ck_assert_msg(strstr(e.text, bad[i].says) != NULL, "%s", e.text);
		ck_assert_ptr_null(strstr(e.text, "SECRET"));
		ck_assert_ptr_null(a.key.data);
	}
	static const char *const incomplete[] = {"",
						 "cipher: AES_256_XTS\n",
						 "cipher_key: AAAA\n",
						 "cipher: AES_256_XTS\ncipher_key: AAAA\n",
						 "error: no key today\n",
						 ".\ncipher: NULL\n"};
	for (size_t i = 0; i < sizeof incomplete / sizeof incomplete[0]; i++) {
		struct answer a = {0};
		struct err e = {0};
		ck_assert_int_eq(answer_read(&a, incomplete[i], strlen(incomplete[i]), &e), 0);
		ck_assert_int_eq(answer_check(&a, &e), XE_KEY);
		answer_free(&a);
	}
}
END_TEST

/* Every beginning of an answer is read without a fault; at most the last one is whole. */
START_TEST(test_answer_cut)
{
	char text[300];
	int n = snprintf(text, sizeof text, "cipher: AES_256_XTS\ncipher_key: %s\nvolume_name: V\n", KEY64);
	for (int len = 0; len <= n; len++) {
		struct answer a = {0};
		struct err e = {0};
		bool whole = answer_read(&a, text, (size_t)len, &e) == 0 && answer_check(&a, &e) == 0;
		/* A name that is cut before its colon is no line, as the daemon sees it. */
		int key = (int)(strstr(text, "==") - text), name = (int)(strstr(text, "volume_name") - text);
		ck_assert_int_eq(whole, len >= key && !(len > name && len <= name + 11));
		answer_free(&a);
	}
}
END_TEST

/* ---- key-manager.conf ---- */

static int read_conf(struct keyconf **c, const char *text, struct err *e)
{
	struct secret s = secret_of(text, strlen(text));
	int rc = keyconf_read(c, &s, e);
	secret_free(&s);
	return rc;
}

START_TEST(test_keyconf)
{
	struct keyconf *c;
	struct err e = {0};
	ck_assert_int_eq(
		read_conf(&c,
			  "# comment\n; another\n[DEFAULT]\ngnupghome = \"/g h\"\n\n[AAAA]\nVolume_Regex=Vol-[0-9]+\ncipher: AES_256_XTS\n"
			  "passphrase = a%%b = c\nstealth = Yes\nuid=who\n[BBBB]\nvolume_regex = \ngnupghome=/other\nmasterkey=off\n"
			  "[CCCC]\n",
			  &e),
		0);
	const struct keyconf_section *s;
	ck_assert_int_eq(keyconf_for_volume(c, "Vol-17x", &s, &e), 0);
	ck_assert_str_eq(s->name, "AAAA");
	ck_assert_str_eq(s->home, "/g h");
	ck_assert_str_eq(s->passphrase, "a%b = c");
	ck_assert(s->stealth && s->has_cipher && s->cipher == XTS_AES_256 && s->master && s->check);
	ck_assert_int_eq(keyconf_for_volume(c, "xVol-1", &s, &e), 0); /* anchored; the empty expression of the second matches all */
	ck_assert_str_eq(s->name, "BBBB");
	ck_assert_str_eq(s->home, "/other");
	ck_assert(!s->master && !s->stealth && s->passphrase == NULL);
	ck_assert_ptr_nonnull(keyconf_by_name(c, "CCCC"));
	ck_assert_ptr_null(keyconf_by_name(c, "cccc"));
	ck_assert_ptr_null(keyconf_by_name(c, "DEFAULT"));
	ck_assert_ptr_null(keyconf_at(c, 3));
	keyconf_free(c);
	ck_assert_int_eq(keyconf_for_volume(NULL, "x", &s, &e), 0);
	ck_assert_ptr_null(s);
}
END_TEST

START_TEST(test_keyconf_bad)
{
	static const char *const bad[] = {
		"volume_regex=x\n",
		"[A\n",
		"[]\n",
		"[A]\nnothing\n",
		"[A]\n=x\n",
		"[A]\n[A]\n",
		"[A]\nstealth=maybe\n",
		"[A]\ncipher=DES\n",
		"[A]\nvolume_regex=(\n",
		"[A]\nvolume_regex=[\n",
		"[A]\nvolume_regex=(?<x\n",
		"[A]\nvolume_regex=a{65536}\n",
		"[A]\npassphrase=%(secret)s\n",
		"[A]\nuid=x\n  more\n",
		"[A]\nstealth=on\nSTEALTH=off\n",
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct keyconf *c;
		struct err e = {0};
		ck_assert_msg(read_conf(&c, bad[i], &e) == XE_USAGE, "%s", bad[i]);
		ck_assert_ptr_null(c);
		ck_assert_ptr_null(strstr(e.text, "secret"));
	}
}
END_TEST

static const struct {
	const char *pattern, *name;
	bool matches;
} patterns[] = {
	{"Vol", "Volume1", true},
	{"Vol$", "Volume1", false},
	{"ol", "Volume1", false},
	{"Vol-[0-9]+$", "Vol-0017", true},
	{"Vol-\\d{4}$", "Vol-0017", true},
	{"Vol-\\d{5}", "Vol-0017", false},
	{"(?:a|b)c", "bcd", true},
	{"a|b", "bx", true},
	{"", "anything", true},
	{"[\\w.-]+$", "A.b-c_9", true},
	{"[^\\w]", "_", false},
	{"[]x]", "]", true},
	{"[^]x]", "]", false},
	{"[a\\-z]", "-", true},
	{"[a\\-z]", "m", false},
	{"[-^]", "^", true},
	{"[\\^]", "^", true},
	{"[[.]", "[", true},
	{"a+?b", "aab", true},
	{"\\AVol\\Z", "Vol", true},
	{"a\\.b", "axb", false},
	{"\\D", "7", false},
	{"x{2,3}y", "xxxy", true},
	{"x{2,}y", "xy", false},
};

START_TEST(test_patterns)
{
	struct pattern *p;
	struct err e = {0};
	ck_assert_msg(pattern_new(&p, patterns[_i].pattern, &e) == 0, "%s: %s", patterns[_i].pattern, e.text);
	bool matches;
	ck_assert_int_eq(pattern_matches(p, patterns[_i].name, &matches, &e), 0);
	ck_assert_msg(matches == patterns[_i].matches, "%s of %s", patterns[_i].pattern, patterns[_i].name);
	pattern_free(p);
}
END_TEST

START_TEST(test_patterns_bad)
{
	static const char *const bad[] = {"\\", "(?P<n>x", "[z-a]", "[", "[a", "a**", "a{2,1}", "a{65536}", "\\1", "*", "("};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct pattern *p;
		struct err e = {0};
		ck_assert_msg(pattern_new(&p, bad[i], &e) == XE_USAGE, "%s", bad[i]);
		ck_assert_ptr_null(p);
	}
	/* One that would take longer than anybody waits. */
	struct pattern *p;
	struct err e = {0};
	bool matches;
	ck_assert_int_eq(pattern_new(&p, "(a|aa)+$", &e), 0);
	ck_assert_int_eq(pattern_matches(p, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", &matches, &e), XE_USAGE);
	ck_assert_ptr_nonnull(strstr(e.text, "too long"));
	pattern_free(p);
}
END_TEST

/* ---- keys that people name ---- */

START_TEST(test_named_keys)
{
	static const char hex32[] = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F\n";
	static const struct {
		const char *text;
		size_t len, key;
	} cases[] = {
		{hex32, sizeof hex32 - 1, 32},
		{"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", 45, 32},
		{"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", 43, 32},
		{"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d"
		 "\x1e\x1f",
		 32, 32},
		{"short", 5, 0},
		{"AAECAwQFBgcICQoLDA0ODw==", 24, 0},
		{"000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1G", 64, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct secret text = secret_of(cases[i].text, cases[i].len), key = SECRET_NONE;
		struct err e = {0};
		int rc = volkey_parse(&key, &text, &e);
		/* 64 characters that are no hex digits are a raw key of 64 bytes. */
		size_t wanted = i == 6 ? 64 : cases[i].key;
		ck_assert_int_eq(rc, wanted ? 0 : XE_KEY);
		ck_assert_uint_eq(key.len, wanted);
		for (size_t k = 0; wanted == 32 && k < 32; k++)
			ck_assert_uint_eq(key.data[k], k);
		secret_free(&key);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("crypt");
	TCase *t = tcase_create("crypt");
	tcase_add_loop_test(t, test_xts_known, 0, (int)(sizeof vectors / sizeof vectors[0]));
	tcase_add_test(t, test_checksum_known);
	tcase_add_test(t, test_xts_limits);
	tcase_add_test(t, test_equal_halves);
	tcase_add_test(t, test_cipher_names);
	tcase_add_test(t, test_answer);
	tcase_add_test(t, test_answer_bad);
	tcase_add_test(t, test_answer_cut);
	tcase_add_test(t, test_keyconf);
	tcase_add_test(t, test_keyconf_bad);
	tcase_add_loop_test(t, test_patterns, 0, (int)(sizeof patterns / sizeof patterns[0]));
	tcase_add_test(t, test_patterns_bad);
	tcase_add_test(t, test_named_keys);
	suite_add_tcase(s, t);
	return check_run(s);
}
