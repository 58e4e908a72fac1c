/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/digest.h"

#include <openssl/evp.h>
#include <stdio.h>

/* EVP_MD_CTX is all the state there is. */
struct digest *digest_new(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1) {
		EVP_MD_CTX_free(ctx);
		ctx = NULL;
	}
	return (struct digest *)ctx;
}

void digest_free(struct digest *d)
{
	EVP_MD_CTX_free((EVP_MD_CTX *)d);
}

void digest_add(struct digest *d, const void *data, size_t len)
{
	if (d)
		EVP_DigestUpdate((EVP_MD_CTX *)d, data, len);
}

void digest_text(const struct digest *d, char text[static DIGEST_TEXT_BYTES])
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	text[0] = '\0';
	EVP_MD_CTX *copy = d ? EVP_MD_CTX_new() : NULL;
	if (copy && EVP_MD_CTX_copy_ex(copy, (const EVP_MD_CTX *)d) == 1 && EVP_DigestFinal_ex(copy, sum, &len) == 1) {
		for (unsigned i = 0; i < len && i < 32; i++)
			snprintf(text + 2 * i, 3, "%02x", sum[i]);
	}
	EVP_MD_CTX_free(copy);
}
