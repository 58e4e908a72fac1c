/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keywrap.c: the vectors of RFC 3394 and RFC 5649, passphrases, every sample of the real bscrypto. */
#include "keywrap.h"

#include "check_samples.h"

#include <stdio.h>

static struct err e;

static void setup(void)
{
	e = (struct err){0};
}

START_TEST(test_rfc3394)
{
	static const struct {
		const char *kek, *data, *wrapped;
	} v[] = {
		{"000102030405060708090A0B0C0D0E0F", "00112233445566778899AABBCCDDEEFF",
		 "1FA68B0A8112B447 AEF34BD8FB5A7B82 9D3E862371D2CFE5"},
		{"000102030405060708090A0B0C0D0E0F1011121314151617", "00112233445566778899AABBCCDDEEFF",
		 "96778B25AE6CA435 F92B5B97C050AED2 468AB8A17AD84E5D"},
		{"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", "00112233445566778899AABBCCDDEEFF",
		 "64E8C3F9CE0F5BA2 63E9777905818A2A 93C8191E7D6E8AE7"},
		{"000102030405060708090A0B0C0D0E0F1011121314151617", "00112233445566778899AABBCCDDEEFF0001020304050607",
		 "031D33264E15D332 68F24EC260743EDC E1C6C7DDEE725A93 6BA814915C6762D2"},
		{"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", "00112233445566778899AABBCCDDEEFF0001020304050607",
		 "A8F9BC1612C68B3F F6E6F4FBE30E71E4 769C8B80A32CB895 8CD5D17D6B254DA1"},
		{"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F",
		 "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F",
		 "28C9F404C4B810F4 CBCCB35CFB87F826 3F5786E2D80ED326 CBC7F0E71A99F43B FB988B9B7A02DD21"},
	};
	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
		uint8_t kek[32], data[32], wrapped[40];
		size_t k = unhex(kek, v[i].kek), n = unhex(data, v[i].data), w = unhex(wrapped, v[i].wrapped);
		struct guarded out = guarded_new(n + 8), back = guarded_new(n);
		ck_assert_uint_eq(w, n + 8);
		ck_assert_int_eq(keywrap_wrap(kek, k, data, n, out.p, &e), 0);
		ck_assert_mem_eq(out.p, wrapped, w);
		ck_assert_int_eq(keywrap_unwrap(kek, k, wrapped, w, back.p, &e), 0);
		ck_assert_mem_eq(back.p, data, n);
		/* Any bit that is another one is found, and nothing is given out. */
		for (size_t bit = 0; bit < w * 8; bit++) {
			e = (struct err){0};
			wrapped[bit / 8] ^= (uint8_t)(1 << bit % 8);
			ck_quick(keywrap_unwrap(kek, k, wrapped, w, back.p, &e) == XE_KEY);
			wrapped[bit / 8] ^= (uint8_t)(1 << bit % 8);
			for (size_t b = 0; b < n; b++)
				ck_quick(back.p[b] == 0);
		}
		guarded_free(&out);
		guarded_free(&back);
		e = (struct err){0};
	}
}
END_TEST

START_TEST(test_rfc5649)
{
	static const struct {
		const char *data, *wrapped;
	} v[] = {
		{"c37b7e6492584340 bed1220780894115 5068f738", "138bdeaa9b8fa7fc 61f97742e72248ee 5ae6ae5360d1ae6a 5f54f373fa543b6a"},
		{"466f7250617369", "afbeb0f07dfbf541 9200f2ccb50bb24f"},
	};
	uint8_t kek[32];
	size_t k = unhex(kek, "5840df6e29b02af1 ab493b705bf16ea1 ae8338f4dcc176a8");
	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
		uint8_t data[32], wrapped[40];
		size_t n = unhex(data, v[i].data), w = unhex(wrapped, v[i].wrapped), got;
		struct guarded out = guarded_new(w), back = guarded_new(w);
		ck_assert_uint_eq(w, KEYWRAP_PADDED_BYTES(n));
		ck_assert_int_eq(keywrap_wrap_padded(kek, k, data, n, out.p, &e), 0);
		ck_assert_mem_eq(out.p, wrapped, w);
		ck_assert_int_eq(keywrap_unwrap_padded(kek, k, wrapped, w, back.p, &got, &e), 0);
		ck_assert_uint_eq(got, n);
		ck_assert_mem_eq(back.p, data, n);
		guarded_free(&out);
		guarded_free(&back);
	}
	/* Every length. */
	for (size_t n = 1; n <= 80; n++) {
		uint8_t data[80], back[96], wrapped[96];
		size_t got;
		memset(data, (int)n, sizeof data);
		ck_assert_int_eq(keywrap_wrap_padded(kek, 16, data, n, wrapped, &e), 0);
		ck_assert_int_eq(keywrap_unwrap_padded(kek, 16, wrapped, KEYWRAP_PADDED_BYTES(n), back, &got, &e), 0);
		ck_assert_uint_eq(got, n);
		ck_assert_mem_eq(back, data, n);
	}
}
END_TEST

START_TEST(test_wrap_limits)
{
	uint8_t kek[32] = {0}, in[64] = {0}, out[80];
	static const size_t bad_keks[] = {0, 1, 15, 17, 31, 33}, bad_lens[] = {0, 1, 8, 15, 17, 4104};
	for (size_t i = 0; i < 6; i++) {
		e = (struct err){0};
		ck_assert_int_eq(keywrap_wrap(kek, bad_keks[i], in, 16, out, &e), XE_FAILED);
		e = (struct err){0};
		ck_assert_int_eq(keywrap_wrap(kek, 16, in, bad_lens[i] < 64 ? bad_lens[i] : 9, out, &e), XE_FAILED);
		e = (struct err){0};
		ck_assert_int_eq(keywrap_unwrap(kek, bad_keks[i], in, 24, out, &e), XE_KEY);
	}
	for (size_t n = 0; n < 24; n++) {
		e = (struct err){0};
		ck_assert_int_eq(keywrap_unwrap(kek, 16, in, n, out, &e), XE_KEY);
	}
}
END_TEST

/* formats/keys-and-drives.md 2.1, 2.3 and 3 */
START_TEST(test_bareos_vectors)
{
	struct secret kek = SECRET_NONE, key = SECRET_NONE, text = SECRET_NONE, drive = SECRET_NONE;
	const char *wrapped = "/3Fq8mNgW1+JJsA6eX7+3+Dr3KMNYcFSgHQHUEF+NNoHmQhSVU1S4g";
	uint8_t want[32];
	ck_assert_int_eq(secret_set(&kek, "0123456789abcdefGHIJKLMNOPQRSTUV", 32, &e), 0);
	ck_assert_int_eq(secret_set(&key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef", 32, &e), 0);
	ck_assert_int_eq(keywrap_seal(&key, KEYWRAP_WRAPPED, &kek, &text, &e), 0);
	ck_assert_uint_eq(text.len, 54);
	ck_assert_mem_eq(text.data, wrapped, 54);
	ck_assert_int_eq(keywrap_seal(&key, KEYWRAP_BASE64, NULL, &text, &e), 0);
	ck_assert_uint_eq(text.len, 43);
	ck_assert_mem_eq(text.data, "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY", 43);
	ck_assert_int_eq(keywrap_open(wrapped, 54, &kek, &key, &e), 0);
	ck_assert_uint_eq(key.len, 32);
	ck_assert_mem_eq(key.data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef", 32);
	kek.len = 16;
	ck_assert_int_eq(keywrap_open(wrapped, 54, &kek, &key, &e), 0);
	ck_assert_int_eq(keywrap_drive_key(&key, &drive, &e), 0);
	ck_assert_uint_eq(unhex(want, "4142434445464748494a4b4c4d4e4f505152535455565758595a616263646500"), 32);
	ck_assert_uint_eq(drive.len, 32);
	ck_assert_mem_eq(drive.data, want, 32);
	/* It ends at a NUL, and is filled up. */
	ck_assert_int_eq(secret_set(&key, "ab\0cd", 5, &e), 0);
	ck_assert_int_eq(keywrap_drive_key(&key, &drive, &e), 0);
	memset(want, 0, sizeof want);
	memcpy(want, "ab", 2);
	ck_assert_mem_eq(drive.data, want, 32);
	secret_free(&kek);
	secret_free(&key);
	secret_free(&text);
	secret_free(&drive);
}
END_TEST

START_TEST(test_draw)
{
	uint8_t all[256];
	char out[256];
	unsigned times[256] = {0};
	for (int i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	ck_assert_uint_eq(keywrap_draw(all, 32, out, 32), 32);
	ck_assert_mem_eq(out, "abcdefghijklmnopqrstuvwxyzABCDEF", 32);
	ck_assert_uint_eq(keywrap_draw(all, 90, out, 90), 90);
	ck_assert_mem_eq(out + 62, "!@#$%^&*()-_=+|[]{};:,.<>?/~", 28);
	/* No bias: each of the 90 twice, bytes of 180 and more not at all. */
	ck_assert_uint_eq(keywrap_draw(all, 256, out, 256), 180);
	for (int i = 0; i < 180; i++)
		times[(unsigned char)out[i]]++;
	int kinds = 0;
	for (int c = 0; c < 256; c++) {
		ck_quick(times[c] == 0 || times[c] == 2);
		kinds += times[c] > 0;
	}
	ck_assert_int_eq(kinds, 90);
	ck_assert_uint_eq(keywrap_draw(all + 180, 76, out, 10), 0);
	ck_assert_uint_eq(keywrap_draw(all, 256, out, 5), 5);
}
END_TEST

START_TEST(test_generate)
{
	struct secret a = SECRET_NONE, b = SECRET_NONE;
	unsigned seen[128] = {0};
	for (int i = 0; i < 300; i++) {
		ck_assert_int_eq(keywrap_generate(&a, &e), 0);
		ck_quick(a.len == 32 && keywrap_form_of((char *)a.data, a.len) == KEYWRAP_PASSPHRASE);
		for (size_t k = 0; k < 32; k++)
			seen[a.data[k] & 127]++;
	}
	/* 9600 draws of 90: each about 107 times. */
	for (const char *c = "azAZ09!~"; *c; c++)
		ck_quick(seen[(unsigned char)*c] > 50 && seen[(unsigned char)*c] < 180);
	ck_quick(seen['\\'] == 0 && seen['"'] == 0 && seen['\''] == 0 && seen['`'] == 0 && seen[' '] == 0);
	ck_assert_int_eq(keywrap_generate_raw(&a, 32, &e), 0);
	ck_assert_int_eq(keywrap_generate_raw(&b, 32, &e), 0);
	ck_assert(a.len == 32 && !secret_equal(&a, &b));
	secret_free(&a);
	secret_free(&b);
}
END_TEST

START_TEST(test_forms)
{
	static const struct {
		const char *text;
		enum keywrap_form form;
	} v[] = {
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef", KEYWRAP_PASSPHRASE},
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcde", KEYWRAP_UNKNOWN},
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg", KEYWRAP_UNKNOWN},
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZ abcde", KEYWRAP_UNKNOWN},
		{"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY", KEYWRAP_BASE64},
		{"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=", KEYWRAP_BASE64},
		{"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY==", KEYWRAP_UNKNOWN},
		{"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZ", KEYWRAP_UNKNOWN}, /* odd bits */
		{"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVph-mNkZWY", KEYWRAP_UNKNOWN},
		{"/3Fq8mNgW1+JJsA6eX7+3+Dr3KMNYcFSgHQHUEF+NNoHmQhSVU1S4g", KEYWRAP_WRAPPED},
		{"/3Fq8mNgW1+JJsA6eX7+3+Dr3KMNYcFSgHQHUEF+NNoHmQhSVU1S4g==", KEYWRAP_WRAPPED},
		{"/3Fq8mNgW1+JJsA6eX7+3+Dr3KMNYcFSgHQHUEF+NNoHmQhSVU1S4g=", KEYWRAP_UNKNOWN},
		{"xflate1:/3Fq8mNgW1+JJsA6eX7+3+Dr3KMNYcFSgHQHUEF+NNoHmQhSVU1S4g", KEYWRAP_OWN},
		{"xflate2:/3Fq8mNgW1+JJsA6eX7+3+Dr3KMNYcFSgHQHUEF+NNoHmQhSVU1S4g", KEYWRAP_UNKNOWN},
		{"xflate1:", KEYWRAP_UNKNOWN},
		{"", KEYWRAP_UNKNOWN},
	};
	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++)
		ck_assert_msg(keywrap_form_of(v[i].text, strlen(v[i].text)) == v[i].form, "%s", v[i].text);
}
END_TEST

/* A wrong KEK, no KEK, and what is no key: never a key, never a word of it in the error. */
START_TEST(test_refusals)
{
	const char *wrapped = "/3Fq8mNgW1+JJsA6eX7+3+Dr3KMNYcFSgHQHUEF+NNoHmQhSVU1S4g";
	struct secret kek = SECRET_NONE, key = SECRET_NONE;
	ck_assert_int_eq(secret_set(&kek, "0123456789abcdeg", 16, &e), 0);
	ck_assert_int_eq(keywrap_open(wrapped, 54, &kek, &key, &e), XE_KEY);
	ck_assert_ptr_null(key.data);
	ck_assert_ptr_null(strstr(e.text, "0123"));
	setup();
	ck_assert_int_eq(keywrap_open(wrapped, 54, NULL, &key, &e), XE_KEY);
	ck_assert_ptr_nonnull(strstr(e.text, "KEK is needed"));
	setup();
	kek.len = 15;
	ck_assert_int_eq(keywrap_open(wrapped, 54, &kek, &key, &e), XE_KEY);
	setup();
	ck_assert_int_eq(keywrap_open("no key at all", 13, &kek, &key, &e), XE_KEY);
	ck_assert_ptr_null(strstr(e.text, "no key at all"));
	for (size_t n = 0; n <= 40; n++) {
		setup();
		ck_assert_int_eq(secret_set(&kek, "0123456789abcdef0123456789abcdef01234567", n, &e), 0);
		ck_assert_int_eq(keywrap_prepare_kek(&kek, &e), n < 16 ? XE_KEY : 0);
	}
	setup();
	ck_assert_int_eq(secret_set(&kek, "0123456789abcde\r\n ", 18, &e), 0);
	ck_assert_int_eq(keywrap_prepare_kek(&kek, &e), XE_KEY);
	secret_free(&kek);
	secret_free(&key);
}
END_TEST

START_TEST(test_raw)
{
	struct secret text = SECRET_NONE, key = SECRET_NONE, kek = SECRET_NONE, sealed = SECRET_NONE, back = SECRET_NONE;
	uint8_t want[64];
	const char *hex = "00112233445566778899aabbCCDDEEff000102030405060708090a0b0c0d0e0f";
	ck_assert_uint_eq(unhex(want, hex), 32);
	ck_assert_int_eq(secret_set(&text, "00112233445566778899aabbCCDDEEff000102030405060708090a0b0c0d0e0f\r\n", 66, &e), 0);
	ck_assert_int_eq(keywrap_raw_key(&text, &key, &e), 0);
	ck_assert_uint_eq(key.len, 32);
	ck_assert_mem_eq(key.data, want, 32);
	/* 32 bytes as they are, even if they end like a line. */
	want[31] = '\n';
	ck_assert_int_eq(secret_set(&text, want, 32, &e), 0);
	ck_assert_int_eq(keywrap_raw_key(&text, &key, &e), 0);
	ck_assert_mem_eq(key.data, want, 32);
	for (size_t n = 0; n < 140; n++) {
		char many[140];
		memset(many, 'a', sizeof many);
		setup();
		ck_assert_int_eq(secret_set(&text, many, n, &e), 0);
		ck_quick((keywrap_raw_key(&text, &back, &e) == 0) == (n == 32 || n == 64 || n == 128));
		ck_quick(e.code == 0 || strstr(e.text, "aaa") == NULL);
	}
	setup();
	ck_assert_int_eq(secret_set(&kek, "0123456789abcdefGHIJKLMNOPQRSTUV", 32, &e), 0);
	for (size_t n = 32; n <= 64; n += 32) {
		ck_assert_int_eq(secret_set(&key, hex, n, &e), 0);
		ck_assert_int_eq(keywrap_seal(&key, KEYWRAP_OWN, &kek, &sealed, &e), 0);
		ck_assert_uint_eq(sealed.len, n == 32 ? 62 : 104);
		ck_assert(keywrap_form_of((char *)sealed.data, sealed.len) == KEYWRAP_OWN);
		ck_assert_int_eq(keywrap_open((char *)sealed.data, sealed.len, &kek, &back, &e), 0);
		ck_assert(secret_equal(&key, &back));
		/* All of the KEK counts. */
		kek.data[31] ^= 1;
		ck_assert_int_eq(keywrap_open((char *)sealed.data, sealed.len, &kek, &back, &e), XE_KEY);
		kek.data[31] ^= 1;
		setup();
	}
	/* 32 random bytes are a KEK as they are, 64 hex digits are 32 bytes. */
	memset(want, 0x91, 32);
	want[31] = '\n';
	ck_assert_int_eq(secret_set(&kek, want, 32, &e), 0);
	ck_assert_int_eq(keywrap_prepare_kek(&kek, &e), 0);
	ck_assert_uint_eq(kek.len, 32);
	ck_assert_int_eq(secret_set(&kek, hex, 64, &e), 0);
	ck_assert_int_eq(keywrap_seal(&key, KEYWRAP_OWN, &kek, &sealed, &e), 0);
	ck_assert_int_eq(secret_set(&kek, hex, 31, &e), 0);
	ck_assert_int_eq(keywrap_seal(&key, KEYWRAP_OWN, &kek, &sealed, &e), XE_KEY);
	secret_free(&text);
	secret_free(&key);
	secret_free(&kek);
	secret_free(&sealed);
	secret_free(&back);
}
END_TEST

/* What the real bscrypto wrapped opens to what it showed, and is wrapped again byte for byte. */
START_TEST(test_samples)
{
	static const struct {
		const char *kek, *wrapped, *passphrase;
	} v[] = {
		{"kek-16.txt", "wrapped-kek-16.key", "{OyiEnxda?Y#3gIVMCRT!DGKB0V3pxVW"},
		{"kek-32.txt", "wrapped-kek-16.key", "{OyiEnxda?Y#3gIVMCRT!DGKB0V3pxVW"},
		{"kek-32.txt", "wrapped-kek-32.key", "NwJ*D]M$v4pdwEWayJO*OmfGD$-btbp1"},
		{"kek-32-newline.txt", "wrapped-kek-32-newline.key", "76:(*TMjcm$56l5zlwN_-g@Df5$-)>)Z"},
		{"kek-64.txt", "wrapped-kek-64.key", "e!dF}o<kn&2!F|Nue[JA99kojMezXCMr"},
		{"kek-16.txt", "foreign-wrapped.key", "ThisIsA32BytePassphraseForTests!"},
		{"kek-16.txt", "foreign-wrapped-padded-nl.key", "ThisIsA32BytePassphraseForTests!"},
		{NULL, "plain64-0.key", "9e-ct0%%g[P_u$$xQsSY1D1@Mn+:W;5R"},
		{NULL, "plain64-1.key", "MH=GNUK<CX+)nl,#*P@{oKC$dSu:S_nR"},
		{NULL, "plain64-2.key", "R8(7lv2F)1oEiKo(@Gc4Vwm.J*W=eE)V"},
		{NULL, "foreign-base64.key", "ThisIsA32BytePassphraseForTests!"},
		{NULL, "foreign-base64-padded.key", "ThisIsA32BytePassphraseForTests!"},
		{NULL, "plain-0.key", "M91uz5:x&5rrFq;.B,*x~bXD(hk%(Q:e"},
	};
	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
		struct secret kek = SECRET_NONE, key = SECRET_NONE, back = SECRET_NONE, text = sample(v[i].wrapped);
		if (v[i].kek) {
			kek = sample(v[i].kek);
			ck_assert_int_eq(keywrap_prepare_kek(&kek, &e), 0);
		}
		secret_trim(&text);
		ck_assert_int_eq(keywrap_open((char *)text.data, text.len, v[i].kek ? &kek : NULL, &key, &e), 0);
		ck_assert_uint_eq(key.len, 32);
		ck_assert_mem_eq(key.data, v[i].passphrase, 32);
		enum keywrap_form form = keywrap_form_of((char *)text.data, text.len);
		ck_assert_int_eq(keywrap_seal(&key, form, &kek, &back, &e), 0);
		ck_assert_mem_eq(back.data, text.data, back.len);
		secret_free(&kek);
		secret_free(&key);
		secret_free(&back);
		secret_free(&text);
	}
}
END_TEST

START_TEST(test_ids)
{
	struct secret a = SECRET_NONE;
	char one[SECRET_ID_BYTES], two[SECRET_ID_BYTES];
	/* One key has one id, whichever way it came; of a passphrase 31 characters count. */
	ck_assert_int_eq(secret_set(&a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef", 32, &e), 0);
	ck_assert_int_eq(keywrap_opened_id(&a, KEYWRAP_WRAPPED, one, &e), 0);
	a.data[31] = 'X';
	ck_assert_int_eq(keywrap_opened_id(&a, KEYWRAP_PASSPHRASE, two, &e), 0);
	ck_assert_str_eq(one, two);
	a.data[31] = 0;
	keywrap_key_id(&a, two);
	ck_assert_str_eq(one, two);
	/* printf 'xflate drive key\0ABCDEFGHIJKLMNOPQRSTUVWXYZabcde\0' | sha256sum */
	ck_assert_str_eq(one, "e0dbf1ac");
	keywrap_kek_id(&a, one);
	a.len = 16;
	keywrap_kek_id(&a, two);
	ck_assert_str_eq(one, two);
	secret_free(&a);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("keywrap");
	TCase *t = tcase_create("keywrap");
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_rfc3394);
	tcase_add_test(t, test_rfc5649);
	tcase_add_test(t, test_wrap_limits);
	tcase_add_test(t, test_bareos_vectors);
	tcase_add_test(t, test_draw);
	tcase_add_test(t, test_generate);
	tcase_add_test(t, test_forms);
	tcase_add_test(t, test_refusals);
	tcase_add_test(t, test_raw);
	tcase_add_test(t, test_samples);
	tcase_add_test(t, test_ids);
	suite_add_tcase(s, t);
	return check_run(s);
}
