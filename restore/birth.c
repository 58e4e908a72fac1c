/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "restore/birth.h"

#include <sys/stat.h>
#include <unistd.h>

#define BARE_MODE 0600u

struct birth birth_of_ours(void)
{
	return (struct birth){.uid = geteuid(), .gid = getegid()};
}

static bool is_ours(const struct birth *b, const struct birthright *w)
{
	return (!w->owner || (w->uid == b->uid && w->gid == b->gid)) && w->mode <= 0777;
}

uint32_t birth_mode(const struct birth *b, const struct birthright *wanted)
{
	return is_ours(b, wanted) ? wanted->mode : BARE_MODE;
}

bool birth_is_right(struct birth *b, uint64_t folder, int fd, const struct birthright *wanted)
{
	struct stat st;
	if (!is_ours(b, wanted))
		return false;
	if (b->right && b->folder == folder && b->mode == wanted->mode)
		return true;
	b->right = fstat(fd, &st) == 0 && (st.st_mode & 07777) == wanted->mode &&
		   (!wanted->owner || (st.st_uid == wanted->uid && st.st_gid == wanted->gid));
	b->folder = folder;
	b->mode = wanted->mode;
	return b->right;
}
