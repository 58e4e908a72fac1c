/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linux: SG_IO on sg nodes and on nodes of the st driver.
 *
 * For a tape node the commands go through its sg node where there is one: st's open is exclusive, sends commands of its
 * own, and its SG_IO takes CAP_SYS_RAWIO for everything, where sg takes write permission.  Data is read through st, which must know where the tape is. */
#if defined(__linux__)
#include "tape/transport.h"

#include "tape/nodes.h"
#include "tape/outcome.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <scsi/sg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mtio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MAJOR_TAPE 9 /* st: bit 7 of the minor is "does not rewind" */
#define MINOR_NO_REWIND 0x80u

/* ---- sending ---- */

/* Which rights are missing.  sg filters the commands of a node that was opened for reading only, st those of a process
 * without CAP_SYS_RAWIO, and all of them. */
static int not_permitted(const struct transport *t, struct err *e)
{
	bool through_st = t->tape_node && strcmp(t->node, t->device) == 0;
	bool read_only = (fcntl(t->fd, F_GETFL) & O_ACCMODE) == O_RDONLY;
	return err_set(e, XE_PERMISSION,
		       "the kernel does not let this process send this command: %s the capability CAP_SYS_RAWIO (run as root; or "
		       "AmbientCapabilities=CAP_SYS_RAWIO in a systemd unit; or setcap cap_sys_rawio=ep on the program)%s",
		       through_st  ? "a node of st takes"
		       : read_only ? "an sg node that may not be written to takes"
				   : "it takes",
		       through_st  ? ", or use the drive's sg node, which takes write permission instead"
		       : read_only ? ", or give write permission for the node (it is the group tape's)"
				   : "");
}

static int io_error(const struct transport *t, int errnum, struct err *e)
{
	switch (errnum) {
	case EPERM:
	case EACCES: return not_permitted(t, e);
	case ENOTTY:
	case EINVAL:
		return err_errno(e, XE_REFUSED, errnum,
				 "this node takes no SCSI commands (lin_tape's do not; use the drive's sg node, see lsscsi -g)");
	case ENODEV:
	case ENXIO: return err_errno(e, XE_REFUSED, errnum, "the drive has gone");
	case EINTR: return err_set(e, XE_REFUSED, "interrupted by a signal while the drive was at work");
	default: return err_errno(e, XE_REFUSED, errnum, "cannot send a command");
	}
}

static int on_send(struct transport *t, const struct transport_request *q, struct transport_reply *reply, struct err *e)
{
	uint8_t cdb[16] = {0};
	memcpy(cdb, q->cdb, q->cdb_len < sizeof cdb ? q->cdb_len : sizeof cdb);
	unsigned seconds = q->seconds > TRANSPORT_SECONDS ? q->seconds : TRANSPORT_SECONDS;
	sg_io_hdr_t h = {
		.interface_id = 'S',
		.dxfer_direction = q->way == TRANSPORT_IN    ? SG_DXFER_FROM_DEV
				   : q->way == TRANSPORT_OUT ? SG_DXFER_TO_DEV
							     : SG_DXFER_NONE,
		.cmd_len = (unsigned char)q->cdb_len,
		.mx_sb_len = sizeof reply->sense,
		.dxfer_len = (unsigned)q->len,
		.dxferp = q->len ? q->data : NULL,
		.cmdp = cdb,
		.sbp = reply->sense,
		.timeout = seconds * 1000,
	};
	if (ioctl(t->fd, SG_IO, &h) != 0)
		return io_error(t, errno, e);
	const struct outcome_linux o = {h.status, h.host_status, h.driver_status, h.sb_len_wr, h.resid, q->len};
	outcome_linux(&o, reply);
	return 0;
}

/* ---- the first block, through st ---- */

static int rewind_tape(int fd, struct err *e)
{
	struct mtop op = {.mt_op = MTREW, .mt_count = 1};
	while (ioctl(fd, MTIOCTOP, &op) != 0) {
		if (errno != EINTR)
			return err_errno(e, errno == ENOMEDIUM ? XE_NOT_READY : XE_REFUSED, errno, "cannot rewind");
	}
	return 0;
}

static int on_first_block(struct transport *t, void *data, size_t room, size_t *got, struct err *e)
{
	/* Without O_NONBLOCK the open hangs for a minute where the medium is not there yet. */
	int fd = open(t->device, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_errno(e, errno == EBUSY || errno == ENOMEDIUM ? XE_NOT_READY : XE_FAILED, errno,
				 errno == EBUSY ? "another program uses the tape" : "cannot open it to read the label");
	int rc = rewind_tape(fd, e);
	if (rc == 0) {
		ssize_t n;
		do
			n = read(fd, data, room);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			rc = err_errno(e, XE_REFUSED, errno,
				       errno == ENOMEM ? "the first block is larger than %zu bytes: no label"
						       : "cannot read the first block (into %zu bytes); it may be encrypted",
				       room);
		else
			*got = (size_t)n;
		struct err ignored = {0};
		int back = rewind_tape(fd, rc == 0 ? e : &ignored);
		if (rc == 0)
			rc = back;
	}
	close(fd);
	return rc;
}

static void on_close(struct transport *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

static const struct transport_ops ops = {on_send, on_first_block, on_close};

/* ---- opening ---- */

bool linux_find_generic(const char *sysfs, unsigned major_number, unsigned minor_number, char *name, size_t room, unsigned *sg_major,
			unsigned *sg_minor)
{
	char path[PATH_MAX];
	bool found = false;
	snprintf(path, sizeof path, "%s/dev/char/%u:%u/device/scsi_generic", sysfs, major_number, minor_number);
	DIR *d = opendir(path);
	for (struct dirent *entry; d && !found && (entry = readdir(d)) != NULL;) {
		if (strncmp(entry->d_name, "sg", 2) != 0 || strlen(entry->d_name) >= room || strlen(entry->d_name) > 32)
			continue;
		char dev[PATH_MAX + 64];
		snprintf(dev, sizeof dev, "%s/%.32s/dev", path, entry->d_name);
		FILE *f = fopen(dev, "re");
		found = f && fscanf(f, "%u:%u", sg_major, sg_minor) == 2;
		if (f)
			fclose(f);
		if (found)
			snprintf(name, room, "%s", entry->d_name);
	}
	if (d)
		closedir(d);
	return found;
}

/* Opened for writing, sg passes every command; opened for reading only, a few (LOG SENSE is one) unless the process has
 * CAP_SYS_RAWIO. */
static int open_generic(const char *path)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 && (errno == EACCES || errno == EROFS || errno == EPERM))
		fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	return fd;
}

static bool open_sibling(struct transport *t, const struct stat *st)
{
	char name[40];
	unsigned sg_major, sg_minor;
	if (!linux_find_generic("/sys", major(st->st_rdev), minor(st->st_rdev), name, sizeof name, &sg_major, &sg_minor))
		return false;
	snprintf(t->node, sizeof t->node, "/dev/%s", name);
	t->fd = open_generic(t->node);
	struct stat opened;
	if (t->fd >= 0 && fstat(t->fd, &opened) == 0 && S_ISCHR(opened.st_mode) && major(opened.st_rdev) == sg_major &&
	    minor(opened.st_rdev) == sg_minor)
		return true;
	on_close(t);
	return false;
}

static int open_error(const char *device, int errnum, struct err *e)
{
	switch (errnum) {
	case EACCES:
	case EPERM: return err_errno(e, XE_PERMISSION, errnum, "cannot open (tape nodes are the group's: usermod -aG tape USER)");
	case EBUSY: return err_errno(e, XE_NOT_READY, errnum, "another program has opened it; use the drive's sg node, see lsscsi -g");
	case ENOMEDIUM: return err_errno(e, XE_NOT_READY, errnum, "cannot open");
	case ENXIO:
	case ENODEV: return err_errno(e, XE_REFUSED, errnum, "there is no drive behind this node");
	default: return err_errno(e, XE_FAILED, errnum, "cannot open%s", strchr(device, '/') ? "" : " (a device is a path, /dev/nst0)");
	}
}

int linux_open(struct transport *t, const char *device, struct err *e)
{
	t->ops = &ops;
	struct stat st;
	if (stat(device, &st) != 0)
		return open_error(device, errno, e);
	char use[PATH_MAX];
	bool is_st = S_ISCHR(st.st_mode) && major(st.st_rdev) == MAJOR_TAPE;
	if (is_st && (minor(st.st_rdev) & MINOR_NO_REWIND) == 0 && !nodes_rewinds(NODES_LINUX, device, use, sizeof use))
		snprintf(use, sizeof use, "the one whose name ends in -nst");
	else if (!nodes_rewinds(NODES_LINUX, device, use, sizeof use))
		use[0] = '\0';
	if (use[0])
		return err_set(e, XE_USAGE, "this node rewinds the tape when it is closed; use %s, or the drive's sg node", use);
	if (S_ISDIR(st.st_mode))
		return err_set(e, XE_USAGE, "is a folder, not a drive");
	t->tape_node = is_st;
	if (is_st && open_sibling(t, &st))
		return 0;
	snprintf(t->node, sizeof t->node, "%s", device);
	t->fd = is_st ? open(device, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) : open_generic(device);
	if (t->fd < 0)
		return open_error(device, errno, e);
	struct mtget status;
	t->tape_node = is_st || ioctl(t->fd, MTIOCGET, &status) == 0;
	return 0;
}
#endif
