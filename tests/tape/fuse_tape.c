/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two tape drives as FUSE files, for a program that reads and writes them as it would /dev/st0:
 *
 *   st0, st1          rewinding drives: one read is one block, one write is one block, file marks, MTIOCGET, MTIOCTOP
 *   st0.log, st1.log  what is on the medium, one line each: "block LENGTH" or "mark"
 *
 * usage: fuse_tape MOUNTPOINT [--fixed BYTES] [--capacity BLOCKS].  As Linux's st driver does: a read with too little
 * room for the block fails with ENOMEM and leaves the tape behind it; the end of data reads as 0; a file mark is written
 * on close after a write; a drive in fixed block mode takes multiples of its block size only; a full medium is ENOSPC. */
#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fuse_lowlevel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mtio.h>
#include <unistd.h>

#define DRIVES 2
#define RECORDS_MAX 100000

struct record {
	char *data; /* NULL: a file mark */
	size_t len;
};

static struct drive {
	struct record records[RECORDS_MAX];
	size_t pos, end;
	int wrote;
} drives[DRIVES];

static size_t fixed_bytes, capacity = RECORDS_MAX;

/* Inodes: 1 the folder, 2 and 3 the drives, 4 and 5 their logs. */
static const char *const names[] = {"st0", "st1", "st0.log", "st1.log"};

static struct drive *drive_of(fuse_ino_t ino)
{
	return ino == 2 || ino == 3 ? &drives[ino - 2] : NULL;
}

static void describe(fuse_ino_t ino, struct stat *st)
{
	memset(st, 0, sizeof *st);
	st->st_ino = ino;
	st->st_nlink = 1;
	st->st_mode = ino == 1 ? S_IFDIR | 0755 : S_IFREG | 0666;
}

static void on_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)fi;
	struct stat st;
	if (ino < 1 || ino > 5) {
		fuse_reply_err(req, ENOENT);
		return;
	}
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
	for (size_t i = 0; parent == 1 && i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(name, names[i]) != 0)
			continue;
		struct fuse_entry_param e = {.ino = i + 2};
		describe(e.ino, &e.attr);
		fuse_reply_entry(req, &e);
		return;
	}
	fuse_reply_err(req, ENOENT);
}

static void on_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	fi->direct_io = 1;
	fi->nonseekable = drive_of(ino) != NULL;
	fuse_reply_open(req, fi);
}

static void reply_log(fuse_req_t req, const struct drive *d, size_t size, off_t off)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	for (size_t i = 0; i < d->end; i++) {
		if (d->records[i].data)
			fprintf(out, "block %zu\n", d->records[i].len);
		else
			fprintf(out, "mark\n");
	}
	fclose(out);
	size_t from = (size_t)off < len ? (size_t)off : len;
	fuse_reply_buf(req, text + from, size < len - from ? size : len - from);
	free(text);
}

static void on_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	(void)fi;
	struct drive *d = drive_of(ino);
	if (d == NULL) {
		reply_log(req, &drives[ino - 4], size, off);
		return;
	}
	if (d->pos == d->end) {
		fuse_reply_buf(req, NULL, 0);
		return;
	}
	const struct record *r = &d->records[d->pos++];
	if (r->len > size) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	fuse_reply_buf(req, r->data, r->len);
}

static void put(struct drive *d, const char *data, size_t len)
{
	for (size_t i = d->pos; i < d->end; i++)
		free(d->records[i].data);
	struct record *r = &d->records[d->pos];
	r->data = data ? malloc(len) : NULL;
	r->len = data ? len : 0;
	if (data)
		memcpy(r->data, data, len);
	d->end = ++d->pos;
}

static void on_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size, off_t off, struct fuse_file_info *fi)
{
	(void)off;
	(void)fi;
	struct drive *d = drive_of(ino);
	if (d == NULL || (fixed_bytes && size % fixed_bytes)) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	if (d->pos + 2 >= capacity) {
		fuse_reply_err(req, ENOSPC);
		return;
	}
	put(d, data, size);
	d->wrote = 1;
	fuse_reply_write(req, size);
}

static void on_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)fi;
	struct drive *d = drive_of(ino);
	if (d && d->wrote)
		put(d, NULL, 0);
	if (d)
		d->wrote = 0, d->pos = 0;
	fuse_reply_err(req, 0);
}

static void on_ioctl(fuse_req_t req, fuse_ino_t ino, int cmd, void *arg, struct fuse_file_info *fi, unsigned flags, const void *in,
		     size_t in_size, size_t out_size)
{
	(void)arg;
	(void)fi;
	(void)flags;
	struct drive *d = drive_of(ino);
	if (d && (unsigned)cmd == MTIOCGET && out_size >= sizeof(struct mtget)) {
		struct mtget status = {
			.mt_type = MT_ISSCSI2, .mt_gstat = 0x41010000, .mt_dsreg = (long)fixed_bytes, .mt_blkno = (int)d->pos};
		fuse_reply_ioctl(req, 0, &status, sizeof status);
	} else if (d && (unsigned)cmd == MTIOCTOP && in_size >= sizeof(struct mtop)) {
		const struct mtop *op = in;
		if (op->mt_op == MTWEOF) {
			for (int i = 0; i < op->mt_count; i++)
				put(d, NULL, 0);
			d->wrote = 0;
		} else if (op->mt_op == MTREW) {
			d->pos = 0;
		} else if (op->mt_op == MTBSR) {
			d->pos -= (size_t)op->mt_count < d->pos ? (size_t)op->mt_count : d->pos;
		}
		fuse_reply_ioctl(req, 0, NULL, 0);
	} else {
		fuse_reply_err(req, ENOTTY);
	}
}

static const struct fuse_lowlevel_ops operations = {
	.lookup = on_lookup,
	.getattr = on_getattr,
	.setattr = on_setattr,
	.open = on_open,
	.read = on_read,
	.write = on_write,
	.release = on_release,
	.ioctl = on_ioctl,
};

int main(int argc, char **argv)
{
	if (argc < 2)
		return 64;
	for (int i = 2; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--fixed") == 0)
			fixed_bytes = strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--capacity") == 0)
			capacity = strtoul(argv[i + 1], NULL, 10);
	}
	char *fuse_argv[] = {argv[0], NULL};
	struct fuse_args args = FUSE_ARGS_INIT(1, fuse_argv);
	struct fuse_session *session = fuse_session_new(&args, &operations, sizeof operations, NULL);
	if (session == NULL || fuse_set_signal_handlers(session) != 0 || fuse_session_mount(session, argv[1]) != 0)
		return 1;
	int rc = fuse_session_loop(session);
	fuse_session_unmount(session);
	fuse_remove_signal_handlers(session);
	fuse_session_destroy(session);
	return rc == 0 ? 0 : 1;
}
