/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "restore/temporary.h"

#include "base/bytes.h"
#include "base/hex.h"
#include "base/quit.h"
#include "base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TEMPORARY_PREFIX ".xflate-"

static volatile sig_atomic_t unfinished_at = -1;
static char unfinished[TEMPORARY_BYTES];

static void clean(void)
{
	if (unfinished_at >= 0)
		unlinkat(unfinished_at, unfinished, 0);
	unfinished_at = -1;
}

void temporary_draw(struct temporary *t, int at)
{
	if (t->drawn == 0) {
		if (getrandom(&t->chance, sizeof t->chance, 0) != (ssize_t)sizeof t->chance)
			t->chance = (uint64_t)getpid() << 32 | (uint64_t)time(NULL);
		quit_add(clean);
	}
	uint8_t number[8];
	struct wr w = wr_over(number, sizeof number);
	wr_be64(&w, t->chance + t->drawn++);
	memcpy(t->name, TEMPORARY_PREFIX, sizeof TEMPORARY_PREFIX);
	hex_text(number, sizeof number, t->name + sizeof TEMPORARY_PREFIX - 1);
	temporary_move(t, at);
}

void temporary_move(struct temporary *t, int at)
{
	temporary_forget();
	t->at = at;
	memcpy(unfinished, t->name, sizeof unfinished);
	unfinished_at = at;
}

void temporary_forget(void)
{
	unfinished_at = -1;
}

void temporary_remove(const struct temporary *t)
{
	int errnum = errno;
	unlinkat(t->at, t->name, 0);
	temporary_forget();
	errno = errnum;
}

/* Some file systems have no rename(2) that replaces nothing. */
int temporary_rename(const struct temporary *t, const char *name)
{
	int rc = system_rename_to_free(t->at, t->name, t->at, name);
	if (rc == 0 || (errno != EINVAL && errno != ENOSYS))
		return rc;
	struct stat st;
	if (fstatat(t->at, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return errno == ENOENT ? renameat(t->at, t->name, t->at, name) : -1;
}

void temporary_final(const char *base, bool damaged, unsigned index, char name[static NAME_MAX + 1])
{
	char behind[32] = "";
	int more = damaged || index > 0 ? snprintf(behind, sizeof behind, "%s", damaged ? ".damaged" : "") : 0;
	if (index > 0)
		more += snprintf(behind + more, sizeof behind - (size_t)more, ".%u", index + 1);
	size_t room = NAME_MAX - (size_t)more, n = strnlen(base, room);
	memcpy(name, base, n);
	memcpy(name + n, behind, (size_t)more + 1);
}
