/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/secret.h"

#include "base/hex.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define FIRST_READ_BYTES 4096u

static size_t whole_pages(size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	return (n + page - 1) / page * page;
}

int secret_new(struct secret *s, size_t cap, struct err *e)
{
	secret_free(s);
	size_t n = whole_pages(cap ? cap : 1);
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return err_memory(e, n, "a secret");
	mlock(p, n); /* best effort: RLIMIT_MEMLOCK may be small */
	madvise(p, n, MADV_DONTDUMP);
	madvise(p, n, MADV_WIPEONFORK);
	*s = (struct secret){p, 0, n};
	return 0;
}

void secret_free(struct secret *s)
{
	if (s->data) {
		int saved = errno;
		OPENSSL_cleanse(s->data, s->cap);
		secret_wipe_registers();
		munmap(s->data, s->cap);
		errno = saved;
	}
	*s = SECRET_NONE;
}

int secret_set(struct secret *s, const void *data, size_t len, struct err *e)
{
	struct secret copy = SECRET_NONE; /* data may lie in s */
	int r = secret_new(&copy, len, e);
	if (r != 0)
		return r;
	if (len > 0)
		memcpy(copy.data, data, len);
	copy.len = len;
	secret_free(s);
	*s = copy;
	return 0;
}

int secret_grow(struct secret *s, size_t cap, struct err *e)
{
	if (cap <= s->cap)
		return 0;
	struct secret more = SECRET_NONE;
	int r = secret_new(&more, cap / 2 < s->cap ? s->cap * 2 : cap, e);
	if (r != 0)
		return r;
	if (s->len > 0)
		memcpy(more.data, s->data, s->len);
	more.len = s->len;
	secret_free(s);
	*s = more;
	return 0;
}

int secret_append(struct secret *s, const void *data, size_t len, struct err *e)
{
	if (len > SIZE_MAX / 4 - s->len)
		return err_memory(e, len, "a secret");
	int r = secret_grow(s, s->len + len, e);
	if (r != 0)
		return r;
	if (len > 0)
		memcpy(s->data + s->len, data, len);
	s->len += len;
	return 0;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	return a->len == b->len && (a->len == 0 || CRYPTO_memcmp(a->data, b->data, a->len) == 0);
}

int secret_read(struct secret *s, int fd, size_t max, const char *name, struct err *e)
{
	int r = secret_new(s, max < FIRST_READ_BYTES ? max + 1 : FIRST_READ_BYTES, e);
	while (r == 0) {
		if (s->len == s->cap)
			r = secret_grow(s, s->cap + 1, e);
		if (r != 0)
			break;
		size_t room = s->cap < max + 1 ? s->cap : max + 1;
		ssize_t n = read(fd, s->data + s->len, room - s->len);
		if (n == 0)
			break;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			r = err_errno(e, XE_FAILED, errno, "%s: cannot read", name);
			break;
		}
		s->len += (size_t)n;
		if (s->len > max)
			r = err_set(e, XE_KEY, "%s: longer than %zu bytes, which no such secret is", name, max);
	}
	if (r == 0 && s->len == 0)
		r = err_set(e, XE_KEY, "%s: empty, there is no secret in it", name);
	if (r != 0)
		secret_free(s);
	return r;
}

void secret_trim(struct secret *s)
{
	while (s->len > 0 && memchr("\n\r ", s->data[s->len - 1], 3) != NULL)
		s->data[--s->len] = 0;
}

void secret_id(const struct secret *s, const char *domain, char id[static SECRET_ID_BYTES])
{
	uint8_t hash[SHA256_DIGEST_LENGTH] = {0};
	struct secret text = SECRET_NONE;
	struct err e = {0};
	size_t tag = strlen(domain) + 1;
	id[0] = '\0';
	if (secret_library(&e) != 0 || secret_new(&text, tag + s->len, &e) != 0)
		return;
	/* One buffer and one call: no context of a library keeps a copy. */
	memcpy(text.data, domain, tag);
	if (s->len > 0)
		memcpy(text.data + tag, s->data, s->len);
	bool done = SHA256(text.data, tag + s->len, hash) != NULL;
	secret_free(&text);
	if (done)
		hex_text(hash, SECRET_ID_BYTES / 2, id);
}

int secret_library(struct err *e)
{
	return OSSL_LIB_CTX_get0_global_default() ? 0 : err_set(e, XE_FAILED, "out of memory (OpenSSL)");
}

void secret_guard_process(void)
{
	struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}

void secret_wipe_registers(void)
{
	static const uint8_t zeros[512];
	uint8_t to[sizeof zeros];
	void *(*volatile copy)(void *, const void *, size_t) = memcpy;
	/* Each range of sizes has its registers. */
	for (size_t n = 8; n <= sizeof zeros; n *= 2)
		copy(to, zeros, n);
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx"))
		__asm__ volatile("vzeroall" ::
					 : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
					   "xmm12", "xmm13", "xmm14", "xmm15");
	if (__builtin_cpu_supports("avx512f")) /* none of these is the compiler's without -mavx512f */
		__asm__ volatile(".irp r,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n\t"
				 "vpxorq %zmm\\r,%zmm\\r,%zmm\\r\n\t.endr");
#endif
}

void secret_wipe(void *data, size_t len)
{
	OPENSSL_cleanse(data, len);
}
