/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digests against what md5sum, sha*sum and xxhsum say of "abc", in one piece and in three, twice with one state. */
#include "base/digest.h"

#include "guarded.h"

static const struct {
	enum digest_kind kind;
	size_t len;
	const char *abc;
} known[] = {
	{DIGEST_MD5, 16, "900150983cd24fb0d6963f7d28e17f72"},
	{DIGEST_SHA1, 20, "a9993e364706816aba3e25717850c26c9cd0d89d"},
	{DIGEST_SHA256, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{DIGEST_SHA512, 64,
	 "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49"
	 "f"},
	{DIGEST_XXH64, 8, "44bc2cf5ad770999"},
	{DIGEST_XXH3_64, 8, "78af5f94892f3950"},
	{DIGEST_XXH3_128, 16, "06b05ab6733a618578af5f94892f3950"},
};

START_TEST(test_known)
{
	struct digest *d = digest_new(known[_i].kind);
	uint8_t value[DIGEST_MAX_BYTES];
	char text[DIGEST_TEXT_BYTES];
	ck_assert_ptr_nonnull(d);
	for (int round = 0; round < 2; round++) {
		digest_add(d, "a", 1);
		digest_add(d, "", 0);
		digest_text(d, text); /* in between: it can be added to further */
		digest_add(d, round ? "b" : "bc", round ? 1 : 2);
		if (round)
			digest_add(d, "c", 1);
		ck_assert_uint_eq(digest_value(d, value), known[_i].len);
		digest_text(d, text);
		ck_assert_str_eq(text, known[_i].abc);
		ck_assert(digest_reset(d));
	}
	digest_free(d);
}
END_TEST

START_TEST(test_nothing)
{
	char text[DIGEST_TEXT_BYTES] = "x";
	digest_add(NULL, "abc", 3);
	digest_text(NULL, text);
	ck_assert_str_eq(text, "");
	digest_free(NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("digest");
	TCase *t = tcase_create("digest");
	tcase_add_loop_test(t, test_known, 0, DIGEST_KINDS);
	tcase_add_test(t, test_nothing);
	suite_add_tcase(s, t);
	return check_run(s);
}
