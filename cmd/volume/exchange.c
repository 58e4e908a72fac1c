/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nothing is removed but what has a name that ends in BESIDE_NEW, and NAME.orig: where it is NAME itself, or by exchange_discard. */
#include "cmd/volume/exchange.h"

#include "base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define UNFINISHED_MODE 0600 /* until it is dressed, for nobody else's eyes */

static int sync_folder(const struct beside *b, struct err *e)
{
	if (fsync(b->folder) == 0 || errno == EINVAL)
		return 0;
	return err_errno(e, XE_FAILED, errno, "its folder could not be written to the disk");
}

/* What is not there is as good as removed. */
static int remove_name(const struct beside *b, const char *name, struct err *e)
{
	if (unlinkat(b->folder, name, 0) == 0 || errno == ENOENT)
		return 0;
	return err_errno(e, XE_FAILED, errno, "%s cannot be removed", name);
}

/* Never over what has the name already.  File systems that do not know RENAME_NOREPLACE have links: exchange_try has seen to it. */
static int rename_to_free(const struct beside *b, const char *from, const char *to, struct err *e)
{
	if (system_rename_to_free(b->folder, from, b->folder, to) == 0)
		return 0;
	bool unknown = errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP;
	if (unknown && linkat(b->folder, from, b->folder, to, 0) == 0)
		return remove_name(b, from, e);
	return err_errno(e, XE_FAILED, errno, "%s cannot be renamed to %s", from, to);
}

/* NAME.orig, where that is NAME itself. */
static int unlink_original(const struct beside *b, struct err *e)
{
	char name[BESIDE_NAME_BYTES];
	struct stat now, original;
	int there = beside_look(b, b->name, &now, e);
	int linked = there < 0 ? there : beside_look(b, beside_name(b, "", BESIDE_ORIGINAL, name), &original, e);
	if (linked <= 0)
		return linked;
	if (!there || !beside_same_file(&now, &original))
		return err_set(e, XE_FAILED, "%s is not the same file any more; it is not removed", name);
	return remove_name(b, name, e);
}

/* ---- forward ---- */

static int link_original(struct beside *b, struct err *e)
{
	char name[BESIDE_NAME_BYTES];
	beside_name(b, "", BESIDE_ORIGINAL, name);
	if (linkat(b->folder, b->name, b->folder, name, 0) == 0) {
		b->state = BESIDE_LINKED;
		return 0;
	}
	bool cannot = errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK;
	return err_errno(e, XE_FAILED, errno, "cannot get the name %s%s", name,
			 cannot ? ", which needs a file system with hard links and the rights of its owner; else convert it with -o" : "");
}

/* What has the name now is what got the second one: not the old volume, if somebody has just put another file in its place. */
static int check_linked(struct beside *b, struct err *e)
{
	int rc = beside_unchanged_linked(b, e);
	struct err unsaid = {0};
	if (rc != 0 && unlink_original(b, &unsaid) == 0)
		b->state = BESIDE_BEGUN;
	return rc;
}

int exchange_link(struct beside *b, struct err *e)
{
	int rc = link_original(b, e);
	if (rc == 0)
		rc = check_linked(b, e);
	return beside_fault(b, rc != 0 ? rc : sync_folder(b, e), e);
}

int exchange_place_sides(struct beside *b, struct err *e)
{
	char made[BESIDE_NAME_BYTES], name[BESIDE_NAME_BYTES];
	struct stat st;
	int rc = 0;
	for (size_t i = 0; rc == 0 && beside_sides[i]; i++) {
		int there = beside_look(b, beside_name(b, beside_sides[i], BESIDE_NEW, made), &st, e);
		rc = there > 0 ? rename_to_free(b, made, beside_name(b, beside_sides[i], "", name), e) : there;
		if (there == 0)
			rc = err_set(e, XE_FAILED, "%s was taken away, and the catalog needs it", made);
	}
	if (rc == 0)
		rc = sync_folder(b, e);
	b->state = rc == 0 ? BESIDE_PLACED : b->state;
	return beside_fault(b, rc, e);
}

/* Of a set with many volumes much was done since they were looked at: once more, for what the rename would end for good. */
int exchange_replace(struct beside *b, struct err *e)
{
	char name[BESIDE_NAME_BYTES];
	int rc = beside_unchanged_linked(b, e);
	if (rc == 0)
		rc = beside_unchanged_new(b, e);
	if (rc != 0)
		return rc;
	if (renameat(b->folder, beside_name(b, "", BESIDE_NEW, name), b->folder, b->name) != 0)
		return beside_fault(b, err_errno(e, XE_FAILED, errno, "cannot be replaced by %s", name), e);
	b->state = BESIDE_EXCHANGED;
	return beside_fault(b, sync_folder(b, e), e);
}

/* A descriptor, to read, or XE_FAILED. */
static int open_new(const struct beside *b, struct err *e)
{
	char name[BESIDE_NAME_BYTES];
	int fd = openat(b->folder, beside_name(b, "", BESIDE_NEW, name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd >= 0 ? fd : beside_fault(b, err_errno(e, XE_FAILED, errno, "%s cannot be opened", name), e);
}

int exchange_uncache(struct beside *b, struct err *e)
{
	int fd = open_new(b, e);
	if (fd < 0)
		return fd;
	(void)!posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
	return 0;
}

int exchange_dress(struct beside *b, char lost[static ATTRIBUTES_LOST_BYTES], struct err *e)
{
	int fd = open_new(b, e);
	if (fd < 0)
		return fd;
	int rc = attributes_copy(b->fd, fd, lost, e);
	if (rc == 0 && (fsync(fd) != 0 || fstat(fd, &b->fresh_st) != 0))
		rc = err_errno(e, XE_FAILED, errno, "the new volume cannot be written to the disk");
	close(fd);
	return beside_fault(b, rc, e);
}

/* ---- and back ---- */

/* What is placed goes back to where it was made. */
static int take_back_sides(const struct beside *b, struct err *e)
{
	char made[BESIDE_NAME_BYTES], name[BESIDE_NAME_BYTES];
	struct stat st;
	int rc = 0;
	for (size_t i = 0; rc == 0 && beside_sides[i]; i++) {
		int unfinished = beside_look(b, beside_name(b, beside_sides[i], BESIDE_NEW, made), &st, e);
		int placed = unfinished == 0 ? beside_look(b, beside_name(b, beside_sides[i], "", name), &st, e) : 0;
		rc = unfinished < 0 || placed < 0 ? XE_FAILED : placed ? rename_to_free(b, name, made, e) : 0;
	}
	return rc;
}

/* The steps of an exchange the other way round, each on the disk before the next. */
static int go_back_linked(const struct beside *b, struct err *e)
{
	int rc = take_back_sides(b, e);
	if (rc == 0)
		rc = sync_folder(b, e);
	if (rc == 0)
		rc = unlink_original(b, e);
	return rc == 0 ? sync_folder(b, e) : rc;
}

/* NAME.xflate-new is the last: as long as it is there, what else is there is known for ours. */
int exchange_undo(struct beside *b, struct err *e)
{
	char name[BESIDE_NAME_BYTES];
	bool linked = b->state == BESIDE_LINKED || b->state == BESIDE_PLACED;
	int rc = linked ? go_back_linked(b, e) : 0;
	for (size_t i = 0; rc == 0 && beside_sides[i]; i++)
		rc = remove_name(b, beside_name(b, beside_sides[i], BESIDE_NEW, name), e);
	if (rc == 0)
		rc = remove_name(b, beside_name(b, "", BESIDE_NEW, name), e);
	if (rc == 0)
		rc = sync_folder(b, e);
	if (rc == 0 && fstat(b->fd, &b->st) != 0)
		rc = err_errno(e, XE_FAILED, errno, "cannot be looked at");
	b->state = rc == 0 ? BESIDE_ALONE : b->state;
	return beside_fault(b, rc, e);
}

int exchange_discard(struct beside *b, struct err *e)
{
	char name[BESIDE_NAME_BYTES];
	int rc = remove_name(b, beside_name(b, "", BESIDE_ORIGINAL, name), e);
	b->state = rc == 0 ? BESIDE_ALONE : b->state;
	return beside_fault(b, rc, e);
}

int exchange_sync(const struct beside *b, struct err *e)
{
	return beside_fault(b, sync_folder(b, e), e);
}

/* ---- before it costs hours ---- */

/* The steps in the order of an exchange: what a run leaves that is cut off in here is one of the states, too. */
int exchange_try(struct beside *b, struct err *e)
{
	char name[BESIDE_NAME_BYTES];
	beside_name(b, "", BESIDE_NEW, name);
	int fd = openat(b->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, UNFINISHED_MODE);
	if (fd < 0)
		return beside_fault(b, err_errno(e, XE_FAILED, errno, "%s cannot be made beside it", name), e);
	b->state = BESIDE_BEGUN;
	int rc = attributes_copy_owner(b->fd, fd, e);
	close(fd);
	if (rc == 0)
		rc = sync_folder(b, e);
	if (rc == 0)
		rc = link_original(b, e);
	struct err unsaid = {0};
	int undone = exchange_undo(b, rc == 0 ? e : &unsaid);
	return beside_fault(b, rc != 0 ? rc : undone, e);
}
