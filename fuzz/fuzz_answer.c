/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers of an Encryption Command: what is accepted can be written and reads back the same; no error quotes a value. */
#include "fuzz/fuzz.h"

#include "crypt/answer.h"

static void again(const struct answer *a)
{
	struct secret text = SECRET_NONE;
	struct answer b = {0};
	struct err e = {0};
	FUZZ_MUST(answer_write(a, true, &text, &e) == 0);
	FUZZ_MUST(answer_read(&b, (const char *)text.data, text.len, &e) == 0);
	FUZZ_MUST(secret_equal(&a->key, &b.key) && a->cipher == b.cipher);
	FUZZ_MUST(a->enc_key_len == b.enc_key_len && memcmp(a->enc_key, b.enc_key, a->enc_key_len) == 0);
	secret_free(&text);
	answer_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct answer a = {0};
	struct err e = {0};
	if (answer_read(&a, (const char *)data, size, &e) == 0 && answer_check(&a, &e) == 0)
		again(&a);
	FUZZ_MUST(memchr(a.volume, 0, sizeof a.volume) != NULL && memchr(a.error, 0, sizeof a.error) != NULL);
	answer_free(&a);
	return 0;
}
