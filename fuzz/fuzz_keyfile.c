/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A key directory with a foreign file in it.  Input: a Volume Name up to a NUL, the file: it is a whole key file or
 * an error. */
#include "fuzz/fuzz.h"

#include "crypt/getkey.h"

static char folder[] = "/tmp/xflate-fuzz-keyfile.XXXXXX";
static struct keydir dir = {.fd = -1};

static void leave(void)
{
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", folder);
	if (system(command) != 0)
		fprintf(stderr, "%s stays\n", folder);
}

static void enter(void)
{
	struct err e = {0};
	if (dir.fd >= 0)
		return;
	FUZZ_MUST(mkdtemp(folder) != NULL && keydir_open(&dir, folder, false, &e) == 0);
	atexit(leave);
}

static void put(const uint8_t *data, size_t size)
{
	int fd = openat(dir.fd, "V", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FUZZ_MUST(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
	struct answer a = {0};
	struct err e = {0};
	bool found;
	enter();
	if (nul == NULL)
		return 0;
	if (keydir_read(&dir, (const char *)data, &a, &found, &e) == 0)
		answer_free(&a);
	put(nul + 1, size - (size_t)(nul + 1 - data));
	e = (struct err){0};
	if (keydir_read(&dir, "V", &a, &found, &e) == 0) {
		FUZZ_MUST(found && a.has_cipher && (a.key.len > 0 || a.enc_key_len > 0));
		FUZZ_MUST(strcmp(a.volume, "V") == 0);
		answer_free(&a);
	}
	unlinkat(dir.fd, "V", 0);
	return 0;
}
