/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drive of model.h as files of a FUSE mount: programs open, ioctl, read and write them as they would the real nodes.
 *
 *   nst0, sg0   one drive; SG_IO on both, and on nst0 what st does: MTIOCTOP, MTIOCGET, one read or write for one block
 *   st0         the same under the name of a node that rewinds
 *   ctl         a line written here changes the drive (model.c: model_control), and: exclusive N, rawio N,
 *               read-only N (sg0 may not be opened for writing), watch HEX, forget
 *   state       what it is in
 *   timeouts    seconds that SG_IO gave each kind of command, the last time: lines "OP SECONDS"
 *   leaks       what was found of the key in the memory of the client: lines "WHEN page=N key=N watch=N"
 *
 * usage: fuse_drive MOUNTPOINT PERSONALITY [LOG]
 *
 * SG_IO has no size in its number, so FUSE hands over the caller's pointer only; its memory is reached with
 * process_vm_readv, which takes the rights of ptrace. */
#define FUSE_USE_VERSION 31
#include "model.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <scsi/sg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mtio.h>
#include <sys/uio.h>
#include <unistd.h>

#define TRANSFER_MAX (8u << 20)
#define REGION_MAX ((size_t)16 << 20) /* of memory to be scanned: the shadow of a sanitizer is none of it */

static struct drive drive;

enum { ROOT = 1, NST, SG, ST, CTL, STATE, LEAKS, TIMEOUTS };
static const char *const names[] = {"nst0", "sg0", "st0", "ctl", "state", "leaks", "timeouts"};

static bool exclusive, no_rawio, read_only, nst_open, wrote;
static char leaks[8192];
static unsigned given[256]; /* seconds, by operation code */
static uint8_t last_page[2048], watched[256];
static size_t last_page_len, watched_len;
static bool scanned;

/* ---- the client's memory ---- */

static bool pull(pid_t pid, void *to, const void *from, size_t n)
{
	struct iovec l = {to, n}, r = {(void *)(uintptr_t)from, n};
	return process_vm_readv(pid, &l, 1, &r, 1, 0) == (ssize_t)n;
}

static bool push(pid_t pid, const void *from, void *to, size_t n)
{
	struct iovec l = {(void *)(uintptr_t)from, n}, r = {to, n};
	return process_vm_writev(pid, &l, 1, &r, 1, 0) == (ssize_t)n;
}

static unsigned count(const uint8_t *hay, size_t len, const uint8_t *needle, size_t n)
{
	unsigned found = 0;
	for (const uint8_t *at = hay; n > 0 && (at = memmem(at, len - (size_t)(at - hay), needle, n)) != NULL; at++)
		found++;
	return found;
}

/* How often the page, its key, and what is watched for stand in the writable memory of pid. */
static void scan(pid_t pid, const char *when)
{
	char path[64], line[512];
	unsigned pages = 0, keys = 0, watches = 0;
	size_t key_len = last_page_len > 20 ? get16(last_page + 18) : 0;
	snprintf(path, sizeof path, "/proc/%d/maps", pid);
	FILE *maps = fopen(path, "r");
	while (maps && fgets(line, sizeof line, maps)) {
		unsigned long from, to;
		char rights[8];
		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 || rights[0] != 'r' || rights[1] != 'w' || to - from > REGION_MAX)
			continue;
		uint8_t *copy = malloc(to - from);
		if (copy && pull(pid, copy, (void *)from, to - from)) {
			pages += count(copy, to - from, last_page, last_page_len);
			keys += count(copy, to - from, last_page + 20, key_len);
			watches += count(copy, to - from, watched, watched_len);
		}
		free(copy);
	}
	if (maps)
		fclose(maps);
	size_t used = strlen(leaks);
	snprintf(leaks + used, sizeof leaks - used, "%s page=%u key=%u watch=%u\n", when, pages, keys, watches);
}

/* ---- files ---- */

static void describe(fuse_ino_t ino, struct stat *st)
{
	memset(st, 0, sizeof *st);
	st->st_ino = ino;
	st->st_nlink = 1;
	st->st_mode = ino == ROOT ? S_IFDIR | 0755 : S_IFREG | 0666;
	st->st_uid = getuid();
}

static void on_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)fi;
	struct stat st;
	describe(ino, &st);
	fuse_reply_attr(req, &st, 0);
}

static void on_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set, struct fuse_file_info *fi)
{
	(void)attr;
	(void)to_set;
	on_getattr(req, ino, fi);
}

static void on_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param e = {0};
	for (size_t i = 0; parent == ROOT && i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(name, names[i]) == 0) {
			e.ino = i + 2;
			describe(e.ino, &e.attr);
			fuse_reply_entry(req, &e);
			return;
		}
	}
	fuse_reply_err(req, ENOENT);
}

/* A command that did not get through is EIO like others: no status, no sense. */
static bool lost(const struct answer *a)
{
	return a->host || a->driver || a->error;
}

/* A command of st's own: at open it takes a UNIT ATTENTION away. */
static void own_command(const uint8_t *cdb, size_t len, const uint8_t *out, size_t out_len, uint8_t *in, size_t room, struct answer *a)
{
	drive.timeout = 0; /* st is patient */
	for (int i = 0; i < 8; i++) {
		model_command(&drive, cdb, len, out, out_len, in, room, a);
		if (a->status != CHECK || (a->sense[2] & 0xf) != 6)
			return;
	}
}

static void on_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	fi->direct_io = 1;
	fi->nonseekable = 1;
	if (ino == NST || ino == ST) {
		static const uint8_t ready[6] = {0};
		struct answer a;
		if (exclusive && nst_open) {
			fuse_reply_err(req, EBUSY);
			return;
		}
		if (drive.unplugged) {
			fuse_reply_err(req, ENXIO);
			return;
		}
		own_command(ready, 6, NULL, 0, NULL, 0, &a);
		if ((a.status != GOOD || lost(&a)) && (fi->flags & O_NONBLOCK) == 0) {
			fuse_reply_err(req, drive.medium == MEDIUM_NONE ? ENOMEDIUM : EIO);
			return;
		}
		if (drive.write_protected && (fi->flags & O_ACCMODE) != O_RDONLY) {
			fuse_reply_err(req, EROFS);
			return;
		}
		nst_open = true;
	}
	if (ino == SG && read_only && (fi->flags & O_ACCMODE) != O_RDONLY) {
		fuse_reply_err(req, EACCES);
		return;
	}
	fi->fh = (uint64_t)(fi->flags & O_ACCMODE);
	fuse_reply_open(req, fi);
}

static void on_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)fi;
	if ((ino == NST || ino == SG) && last_page_len > 0)
		scan(fuse_req_ctx(req)->pid, "close");
	fuse_reply_err(req, 0);
}

static void on_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)fi;
	if (ino == NST || ino == ST) {
		static const uint8_t mark[6] = {0x10, 0, 0, 0, 1};
		static const uint8_t rewind_cdb[6] = {1};
		struct answer a;
		nst_open = false;
		if (wrote)
			own_command(mark, 6, NULL, 0, NULL, 0, &a);
		wrote = false;
		if (ino == ST)
			own_command(rewind_cdb, 6, NULL, 0, NULL, 0, &a);
	}
	fuse_reply_err(req, 0);
}

static void reply_text(fuse_req_t req, const char *text, size_t len, off_t offset, size_t size)
{
	size_t at = (size_t)offset < len ? (size_t)offset : len;
	fuse_reply_buf(req, text + at, len - at < size ? len - at : size);
}

/* How long each kind of command was given, the last time. */
static void note_timeout(uint8_t op, unsigned seconds)
{
	given[op] = seconds;
}

static size_t timeouts_text(char *text, size_t room)
{
	size_t n = 0;
	for (unsigned op = 0; op < 256 && n + 24 < room; op++)
		n += given[op] ? (size_t)snprintf(text + n, room - n, "%02x %u\n", op, given[op]) : 0;
	return n;
}

static void on_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *fi)
{
	(void)fi;
	char text[2048];
	if (ino == STATE) {
		reply_text(req, text, model_state(&drive, text, sizeof text), offset, size);
		return;
	}
	if (ino == TIMEOUTS) {
		reply_text(req, text, timeouts_text(text, sizeof text), offset, size);
		return;
	}
	if (ino == LEAKS) {
		reply_text(req, leaks, strlen(leaks), offset, size);
		return;
	}
	if ((ino != NST && ino != ST) || drive.unplugged) {
		fuse_reply_err(req, ENODEV);
		return;
	}
	uint8_t *data = malloc(size), cdb[6] = {8, 0, (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};
	struct answer a;
	own_command(cdb, 6, NULL, 0, data, size, &a);
	uint8_t key = a.sense[2] & 0xf;
	if (lost(&a))
		fuse_reply_err(req, EIO);
	else if (a.status == GOOD || (a.status == CHECK && (a.sense[2] & 0x20) && key == 0))
		fuse_reply_buf(req, (const char *)data, a.in_len);
	else if (a.status == CHECK && ((a.sense[2] & 0x80) || key == 8))
		fuse_reply_buf(req, NULL, 0);
	else
		fuse_reply_err(req, EIO);
	free(data);
}

static void control(const char *line)
{
	unsigned n;
	if (sscanf(line, "exclusive %u", &n) == 1) {
		exclusive = n;
	} else if (sscanf(line, "rawio %u", &n) == 1) {
		no_rawio = !n;
	} else if (sscanf(line, "read-only %u", &n) == 1) {
		read_only = n;
	} else if (strncmp(line, "watch ", 6) == 0) {
		watched_len = 0;
		for (const char *p = line + 6;
		     isxdigit((unsigned char)p[0]) && isxdigit((unsigned char)p[1]) && watched_len < sizeof watched; p += 2) {
			char two[3] = {p[0], p[1], 0};
			watched[watched_len++] = (uint8_t)strtoul(two, NULL, 16);
		}
	} else if (strcmp(line, "forget") == 0) {
		leaks[0] = '\0';
		last_page_len = 0;
	} else if (!model_control(&drive, line)) {
		fprintf(stderr, "fuse_drive: what is \"%s\"?\n", line);
	}
}

static void on_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size, off_t offset, struct fuse_file_info *fi)
{
	(void)offset;
	(void)fi;
	if (ino == CTL) {
		char *copy = strndup(data, size), *save = NULL;
		for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
			control(line);
		free(copy);
		fuse_reply_write(req, size);
		return;
	}
	static const uint8_t cdb[6] = {0x0a};
	struct answer a;
	if ((ino != NST && ino != ST) || drive.unplugged) {
		fuse_reply_err(req, ENODEV);
		return;
	}
	own_command(cdb, 6, (const uint8_t *)data, size, NULL, 0, &a);
	wrote = true;
	if (a.status != GOOD || lost(&a))
		fuse_reply_err(req, a.sense[2] == 0x4d ? ENOSPC : EIO);
	else
		fuse_reply_write(req, size);
}

/* ---- ioctl ---- */

static void tape_operation(fuse_req_t req, const struct mtop *op)
{
	uint8_t cdb[10] = {0};
	struct answer a;
	unsigned long n = (unsigned long)op->mt_count & 0xffffff;
	switch (op->mt_op) {
	case MTREW: cdb[0] = 1; break;
	case MTWEOF: cdb[0] = 0x10; break;
	case MTFSF:
		cdb[0] = 0x11;
		cdb[1] = 1;
		break;
	case MTBSF:
		cdb[0] = 0x11;
		cdb[1] = 1;
		n = 0x1000000 - n;
		break;
	case MTFSR: cdb[0] = 0x11; break;
	case MTBSR:
		cdb[0] = 0x11;
		n = 0x1000000 - n;
		break;
	case MTEOM:
		cdb[0] = 0x11;
		cdb[1] = 3;
		break;
	case MTOFFL: cdb[0] = 0x1b; break;
	case MTLOAD:
		cdb[0] = 0x1b;
		cdb[4] = 1;
		break;
	default: fuse_reply_ioctl(req, 0, NULL, 0); return;
	}
	if (cdb[0] == 0x10 || cdb[0] == 0x11) {
		cdb[2] = (uint8_t)(n >> 16);
		cdb[3] = (uint8_t)(n >> 8);
		cdb[4] = (uint8_t)n;
	}
	wrote = false;
	own_command(cdb, 6, NULL, 0, NULL, 0, &a);
	if (a.status != GOOD || lost(&a))
		fuse_reply_err(req, drive.medium == MEDIUM_NONE ? ENOMEDIUM : EIO);
	else
		fuse_reply_ioctl(req, 0, NULL, 0);
}

/* What the kernel lets a process without CAP_SYS_RAWIO do (seen in user-mode-linux, sg.c and st.c of 6.1): nothing
 * through st, everything through an sg node opened for writing, a few commands through one opened for reading. */
static bool is_permitted(fuse_ino_t ino, uint8_t op, uint64_t mode)
{
	static const uint8_t reading[] = {0x00, 0x03, 0x12, 0x1a, 0x4d, 0x5a};
	return !no_rawio || (ino == SG && (mode == O_RDWR || memchr(reading, op, sizeof reading)));
}

static void sg_io(fuse_req_t req, fuse_ino_t ino, uint64_t mode, void *arg)
{
	pid_t pid = fuse_req_ctx(req)->pid;
	sg_io_hdr_t h;
	uint8_t cdb[16] = {0};
	struct answer a;
	if (!pull(pid, &h, arg, sizeof h)) {
		fuse_reply_err(req, EFAULT);
		return;
	}
	if (h.interface_id != 'S' || h.cmd_len > sizeof cdb || h.dxfer_len > TRANSFER_MAX || h.timeout < 1000 || h.iovec_count) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	bool out = h.dxfer_direction == SG_DXFER_TO_DEV, in = h.dxfer_direction == SG_DXFER_FROM_DEV;
	uint8_t *data = calloc(1, h.dxfer_len + 1);
	if (!pull(pid, cdb, h.cmdp, h.cmd_len) || (out && !pull(pid, data, h.dxferp, h.dxfer_len))) {
		free(data);
		fuse_reply_err(req, EFAULT);
		return;
	}
	if (!is_permitted(ino, cdb[0], mode)) {
		free(data);
		fuse_reply_err(req, EPERM);
		return;
	}
	drive.timeout = h.timeout / 1000;
	note_timeout(cdb[0], drive.timeout);
	model_command(&drive, cdb, h.cmd_len, out ? data : NULL, out ? h.dxfer_len : 0, in ? data : NULL, in ? h.dxfer_len : 0, &a);
	if (cdb[0] == 0xb5 && h.dxfer_len > 20 && h.dxfer_len <= sizeof last_page && data[6] + data[7] > 0) {
		memcpy(last_page, data, h.dxfer_len);
		last_page_len = h.dxfer_len;
		scanned = false;
	} else if (cdb[0] == 0xa2 && last_page_len > 0 && !scanned) {
		scan(pid, "status");
		scanned = true;
	}
	h.status = a.status;
	h.masked_status = a.status >> 1;
	h.host_status = (unsigned short)a.host;
	h.driver_status = (unsigned short)(a.driver ? a.driver : a.status == CHECK ? 8 : 0);
	h.sb_len_wr = (unsigned char)(a.sense_len < h.mx_sb_len ? a.sense_len : h.mx_sb_len);
	h.resid = in ? (int)(h.dxfer_len - a.in_len) : 0;
	h.duration = 1;
	h.info = a.status || a.host || a.driver ? SG_INFO_CHECK : SG_INFO_OK;
	int error = drive.unplugged ? ENODEV : a.error;
	bool ok = !(in && a.in_len && !push(pid, data, h.dxferp, a.in_len)) && !(h.sb_len_wr && !push(pid, a.sense, h.sbp, h.sb_len_wr)) &&
		  push(pid, &h, arg, sizeof h);
	memset(data, 0, h.dxfer_len);
	free(data);
	if (error)
		fuse_reply_err(req, error);
	else if (ok)
		fuse_reply_ioctl(req, 0, NULL, 0);
	else
		fuse_reply_err(req, EFAULT);
}

static void on_ioctl(fuse_req_t req, fuse_ino_t ino, int command, void *arg, struct fuse_file_info *fi, unsigned flags, const void *in,
		     size_t in_len, size_t out_len)
{
	(void)flags;
	unsigned c = (unsigned)command;
	bool is_tape = ino == NST || ino == ST;
	if (!is_tape && ino != SG) {
		fuse_reply_err(req, ENOTTY);
	} else if (c == SG_IO) {
		sg_io(req, ino, fi->fh, arg);
	} else if (c == MTIOCTOP && is_tape && in_len >= sizeof(struct mtop)) {
		tape_operation(req, in);
	} else if (c == MTIOCGET && is_tape && out_len >= sizeof(struct mtget)) {
		struct mtget g = {.mt_type = MT_ISSCSI2, .mt_gstat = 0x41010000, .mt_blkno = (int)drive.pos};
		fuse_reply_ioctl(req, 0, &g, sizeof g);
	} else if (c == SG_GET_VERSION_NUM && ino == SG) {
		int version = 30536;
		push(fuse_req_ctx(req)->pid, &version, arg, sizeof version);
		fuse_reply_ioctl(req, 0, NULL, 0);
	} else {
		fuse_reply_err(req, ENOTTY);
	}
}

static const struct fuse_lowlevel_ops ops = {.lookup = on_lookup,
					     .getattr = on_getattr,
					     .setattr = on_setattr,
					     .open = on_open,
					     .flush = on_flush,
					     .release = on_release,
					     .read = on_read,
					     .write = on_write,
					     .ioctl = on_ioctl};

int main(int argc, char **argv)
{
	const struct personality *p = argc > 2 ? model_personality(argv[2]) : NULL;
	if (p == NULL) {
		fprintf(stderr, "usage: fuse_drive MOUNTPOINT PERSONALITY [LOG]\n");
		return 64;
	}
	drive.log = argc > 3 ? fopen(argv[3], "w") : NULL;
	model_power_on(&drive, p);
	char *options[] = {argv[0], "-oallow_other", NULL};
	struct fuse_args args = FUSE_ARGS_INIT(getuid() ? 1 : 2, options);
	struct fuse_session *s = fuse_session_new(&args, &ops, sizeof ops, NULL);
	if (s == NULL || fuse_set_signal_handlers(s) != 0 || fuse_session_mount(s, argv[1]) != 0)
		return 1;
	int rc = fuse_session_loop(s);
	fuse_session_unmount(s);
	fuse_remove_signal_handlers(s);
	fuse_session_destroy(s);
	return rc > 0 ? 0 : rc;
}
