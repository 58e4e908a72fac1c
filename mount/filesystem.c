/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers of the view are those of the kernel's nodes: nothing has to be remembered of what it knows. */
#include "mount/filesystem.h"

#ifdef HAVE_LIBFUSE3

#define FUSE_USE_VERSION 35
#include <fuse_lowlevel.h>

#include "base/array.h"
#include "mount/xattrs.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEPT_SECONDS 86400.0 /* by the kernel */
#define READ_MAX ((size_t)4 << 20)

struct filesystem {
	struct filesystem_options o;
	struct fuse_session *session;
	bool mounted;
};

static struct filesystem *of(fuse_req_t request)
{
	return fuse_req_userdata(request);
}

static int errno_of(const struct err *e)
{
	switch (e->code) {
	case XE_KEY:
	case XE_PERMISSION: return EACCES;
	default: return EIO;
	}
}

/* Faults of the index and of reading names, which no file tells. */
static void refuse(fuse_req_t request, const struct err *e)
{
	of(request)->o.tell(of(request)->o.arg, e->text);
	fuse_reply_err(request, errno_of(e));
}

/* ---- names and attributes ---- */

static void fs_init(void *arg, struct fuse_conn_info *connection)
{
	const struct filesystem *fs = arg;
	/* Access lists then count, as modes do. */
	if (fs->o.allow_other)
		connection->want |= connection->capable & FUSE_CAP_POSIX_ACL;
}

/* 1, 0: there is no such node, < 0. */
static int entry_of(struct filesystem *fs, uint64_t number, struct fuse_entry_param *entry, struct err *e)
{
	*entry = (struct fuse_entry_param){.ino = number, .attr_timeout = KEPT_SECONDS, .entry_timeout = KEPT_SECONDS};
	return view_stat(fs->o.view, number, &entry->attr, e);
}

static void fs_lookup(fuse_req_t request, fuse_ino_t folder, const char *name)
{
	struct filesystem *fs = of(request);
	struct fuse_entry_param entry = {.entry_timeout = KEPT_SECONDS};
	struct err e = {0};
	uint64_t number;
	int rc = view_look_up(fs->o.view, folder, name, &number, &e);
	if (rc > 0)
		rc = entry_of(fs, number, &entry, &e);
	if (rc < 0)
		refuse(request, &e);
	else
		fuse_reply_entry(request, &entry);
}

static void fs_getattr(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info)
{
	(void)info;
	struct err e = {0};
	struct stat st;
	int rc = view_stat(of(request)->o.view, number, &st, &e);
	if (rc > 0)
		fuse_reply_attr(request, &st, KEPT_SECONDS);
	else if (rc == 0)
		fuse_reply_err(request, ENOENT);
	else
		refuse(request, &e);
}

static void fs_readlink(fuse_req_t request, fuse_ino_t number)
{
	struct view_file file;
	struct err e = {0};
	int rc = view_file(of(request)->o.view, number, &file, &e);
	if (rc > 0)
		fuse_reply_readlink(request, file.row.stat.link);
	else if (rc == 0)
		fuse_reply_err(request, EINVAL);
	else
		refuse(request, &e);
	if (rc > 0)
		view_file_free(&file);
}

/* ---- folders ---- */

/* Offsets: what of "." and ".." was given is in the upper half, the last node in the lower. */
#define AFTER_DOT ((uint64_t)1 << 32)
#define AFTER_DOTS ((uint64_t)2 << 32)
#define AFTER_NODE ((uint64_t)3 << 32)

struct listing {
	fuse_req_t request;
	bool plus;
	char *out;
	size_t room, used;
	/* What is to come of it: attributes are asked for when the view is done. */
	struct listed {
		char *name;
		uint64_t number, offset;
	} * entries;
	size_t count, cap, bytes;
	bool no_memory;
};

static bool collect(void *arg, const char *name, uint64_t number, uint64_t next)
{
	struct listing *l = arg;
	struct listed *grown = array_reach(l->entries, &l->cap, l->count, sizeof *grown);
	l->entries = grown ? grown : l->entries;
	char *copy = grown ? strdup(name) : NULL;
	l->no_memory = copy == NULL;
	if (copy == NULL)
		return false;
	l->entries[l->count++] = (struct listed){copy, number, AFTER_NODE + next};
	/* An entry takes more than its name. */
	l->bytes += strlen(name) + (l->plus ? 128 : 24);
	return l->bytes < l->room;
}

/* False: there is no room for it any more. */
static bool put(struct listing *l, const char *name, const struct fuse_entry_param *entry, uint64_t offset)
{
	size_t n = l->plus ? fuse_add_direntry_plus(l->request, l->out + l->used, l->room - l->used, name, entry, (off_t)offset)
			   : fuse_add_direntry(l->request, l->out + l->used, l->room - l->used, name, &entry->attr, (off_t)offset);
	if (n > l->room - l->used)
		return false;
	l->used += n;
	return true;
}

static bool put_dots(struct listing *l, fuse_ino_t folder, uint64_t offset)
{
	const struct fuse_entry_param dot = {.attr.st_ino = folder, .attr.st_mode = S_IFDIR};
	return (offset > 0 || put(l, ".", &dot, AFTER_DOT)) && (offset > AFTER_DOT || put(l, "..", &dot, AFTER_DOTS));
}

static int put_all(struct listing *l, struct err *e)
{
	struct fuse_entry_param entry;
	int rc = 1;
	for (size_t i = 0; rc > 0 && i < l->count; i++) {
		rc = entry_of(of(l->request), l->entries[i].number, &entry, e);
		if (rc > 0 && !put(l, l->entries[i].name, &entry, l->entries[i].offset))
			break;
	}
	return rc < 0 ? rc : 0;
}

static void list(fuse_req_t request, fuse_ino_t folder, size_t room, uint64_t offset, bool plus)
{
	struct listing l = {.request = request, .plus = plus, .room = room < READ_MAX ? room : READ_MAX};
	struct err e = {0};
	l.out = malloc(l.room);
	uint64_t after = offset > AFTER_NODE ? offset - AFTER_NODE : 0;
	int found = l.out ? view_list(of(request)->o.view, folder, after, collect, &l, &e) : err_memory(&e, l.room, "a folder");
	if (l.no_memory)
		found = err_memory(&e, l.bytes, "a folder");
	int rc = found < 0 ? found : 0;
	if (found > 0 && put_dots(&l, folder, offset))
		rc = put_all(&l, &e);
	if (rc < 0)
		refuse(request, &e);
	else if (found == 0)
		fuse_reply_err(request, ENOENT);
	else
		fuse_reply_buf(request, l.out, l.used);
	for (size_t i = 0; i < l.count; i++)
		free(l.entries[i].name);
	free(l.entries);
	free(l.out);
}

static void fs_opendir(fuse_req_t request, fuse_ino_t folder, struct fuse_file_info *info)
{
	(void)folder;
	info->cache_readdir = 1;
	info->keep_cache = 1;
	fuse_reply_open(request, info);
}

static void fs_readdir(fuse_req_t request, fuse_ino_t folder, size_t room, off_t offset, struct fuse_file_info *info)
{
	(void)info;
	list(request, folder, room, (uint64_t)offset, false);
}

static void fs_readdirplus(fuse_req_t request, fuse_ino_t folder, size_t room, off_t offset, struct fuse_file_info *info)
{
	(void)info;
	list(request, folder, room, (uint64_t)offset, true);
}

/* ---- content ---- */

static struct openfile *handle(const struct fuse_file_info *info)
{
	return (struct openfile *)(uintptr_t)info->fh;
}

static void fs_open(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info)
{
	struct filesystem *fs = of(request);
	struct err e = {0};
	if ((info->flags & O_ACCMODE) != O_RDONLY) {
		fuse_reply_err(request, EROFS);
		return;
	}
	struct openfile *f = openfiles_take(fs->o.files, number, &e);
	if (f == NULL) {
		refuse(request, &e);
		return;
	}
	int rc = openfile_check(fs->o.files, f, &e);
	info->fh = (uintptr_t)f;
	info->keep_cache = 1;
	if (rc != 0)
		fuse_reply_err(request, errno_of(&e));
	if (rc != 0 || fuse_reply_open(request, info) != 0)
		openfiles_put(fs->o.files, f);
}

static void fs_read(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset, struct fuse_file_info *info)
{
	(void)number;
	struct filesystem *fs = of(request);
	struct err e = {0};
	size_t got = 0, n = size < READ_MAX ? size : READ_MAX;
	char *out = malloc(n ? n : 1);
	int rc = out ? openfile_read(fs->o.files, handle(info), (uint64_t)offset, out, n, &got, &e) : err_memory(&e, n, "reading");
	if (rc == 0)
		fuse_reply_buf(request, out, got);
	else
		fuse_reply_err(request, errno_of(&e));
	free(out);
}

static void fs_release(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info)
{
	(void)number;
	openfiles_put(of(request)->o.files, handle(info));
	fuse_reply_err(request, 0);
}

/* ---- extended attributes ---- */

/* What is asked for, and what comes of it. */
struct asked {
	struct filesystem *fs;
	const char *name, *file; /* name NULL: all names */
	struct xattrs_value value;
};

static int answer(void *arg, const struct extra *extras, size_t count, struct err *e)
{
	struct asked *a = arg;
	char stranger[256], text[1024];
	if (a->name == NULL)
		return xattrs_names(extras, count, &a->value, e);
	int rc = xattrs_get(extras, count, a->name, &a->value, stranger, e);
	if (rc > 0 && stranger[0]) {
		snprintf(text, sizeof text, "%.600s: in its access list %s is nobody who is known here: the entry is left out", a->file,
			 stranger);
		a->fs->o.tell(a->fs->o.arg, text);
	}
	return rc;
}

static void reply_value(fuse_req_t request, const struct xattrs_value *value, size_t room)
{
	if (room == 0)
		fuse_reply_xattr(request, value->len);
	else if (value->len > room)
		fuse_reply_err(request, ERANGE);
	else
		fuse_reply_buf(request, (const char *)value->data, value->len);
}

static void ask(fuse_req_t request, fuse_ino_t number, const char *name, size_t room)
{
	struct asked a = {.fs = of(request), .name = name};
	struct err e = {0};
	int rc = view_extras(a.fs->o.view, number, &number, &e);
	struct openfile *f = rc > 0 ? openfiles_take(a.fs->o.files, number, &e) : NULL;
	if (rc < 0 || (rc > 0 && f == NULL)) {
		refuse(request, &e);
		return;
	}
	if (f) {
		a.file = openfile_name(f);
		rc = openfile_extras(a.fs->o.files, f, answer, &a, &e);
		openfiles_put(a.fs->o.files, f);
	}
	if (rc < 0)
		fuse_reply_err(request, errno_of(&e));
	else if (name && rc == 0)
		fuse_reply_err(request, ENODATA);
	else
		reply_value(request, &a.value, room);
	free(a.value.data);
}

static void fs_getxattr(fuse_req_t request, fuse_ino_t number, const char *name, size_t room)
{
	ask(request, number, name, room);
}

static void fs_listxattr(fuse_req_t request, fuse_ino_t number, size_t room)
{
	ask(request, number, NULL, room);
}

/* ---- the whole ---- */

static void fs_statfs(fuse_req_t request, fuse_ino_t number)
{
	(void)number;
	const struct statvfs st = {.f_bsize = 131072, .f_frsize = 512, .f_namemax = NAMETREE_NAME_BYTES - 1};
	fuse_reply_statfs(request, &st);
}

static const struct fuse_lowlevel_ops operations = {
	.init = fs_init,
	.lookup = fs_lookup,
	.getattr = fs_getattr,
	.readlink = fs_readlink,
	.open = fs_open,
	.read = fs_read,
	.release = fs_release,
	.opendir = fs_opendir,
	.readdir = fs_readdir,
	.readdirplus = fs_readdirplus,
	.getxattr = fs_getxattr,
	.listxattr = fs_listxattr,
	.statfs = fs_statfs,
};

/* libfuse has one function for all, without an argument. */
static struct {
	void *arg;
	void (*tell)(void *arg, const char *text);
	char last[512];
} listener;

static __attribute__((format(printf, 2, 0))) void on_log(enum fuse_log_level level, const char *format, va_list arguments)
{
	char text[sizeof listener.last];
	if (level > FUSE_LOG_WARNING)
		return;
	vsnprintf(text, sizeof text, format, arguments);
	text[strcspn(text, "\n")] = '\0';
	snprintf(listener.last, sizeof listener.last, "%s", text);
	if (listener.tell)
		listener.tell(listener.arg, text);
}

static struct fuse_session *new_session(struct filesystem *fs)
{
	struct fuse_args arguments = FUSE_ARGS_INIT(0, NULL);
	bool right = fuse_opt_add_arg(&arguments, "xflate") == 0 && fuse_opt_add_arg(&arguments, "-oro,fsname=xflate,subtype=xflate") == 0;
	if (right && fs->o.allow_other)
		right = fuse_opt_add_arg(&arguments, "-oallow_other,default_permissions") == 0;
	struct fuse_session *s = right ? fuse_session_new(&arguments, &operations, sizeof operations, fs) : NULL;
	fuse_opt_free_args(&arguments);
	return s;
}

int filesystem_check(struct err *e)
{
	return access("/dev/fuse", F_OK) == 0 ? 0
					      : err_errno(e, XE_FAILED, errno,
							  "/dev/fuse: nothing can be mounted (modprobe fuse; containers "
							  "need the device)");
}

struct filesystem *filesystem_mount(const struct filesystem_options *options, struct err *e)
{
	struct filesystem *fs = calloc(1, sizeof *fs);
	if (fs == NULL) {
		err_memory(e, sizeof *fs, "a file system");
		return NULL;
	}
	fs->o = *options;
	listener.last[0] = '\0';
	fuse_set_log_func(on_log);
	fs->session = new_session(fs);
	fs->mounted = fs->session && fuse_session_mount(fs->session, options->folder) == 0;
	listener.arg = options->arg;
	listener.tell = options->tell;
	if (fs->mounted)
		return fs;
	err_volume(e, options->folder);
	err_set(e, XE_FAILED, "cannot be mounted: %s",
		listener.last[0] ? listener.last : "libfuse does not say why; is there a /dev/fuse?");
	filesystem_unmount(fs);
	return NULL;
}

/* A handler may interrupt the wait for the threads: it is not to be taken up again. */
static void let_signals_interrupt(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
		struct sigaction action;
		if (sigaction(signals[i], NULL, &action) != 0)
			continue;
		action.sa_flags &= ~SA_RESTART;
		sigaction(signals[i], &action, NULL);
	}
}

int filesystem_serve(struct filesystem *fs, struct err *e)
{
	struct fuse_loop_config config = {.max_idle_threads = fs->o.threads};
	let_signals_interrupt();
	int rc = fs->o.threads > 1 ? fuse_session_loop_mt(fs->session, &config) : fuse_session_loop(fs->session);
	return rc < 0 ? err_errno(e, XE_FAILED, -rc, "the file system ended") : 0;
}

void filesystem_stop(struct filesystem *fs)
{
	fuse_session_exit(fs->session);
}

void filesystem_unmount(struct filesystem *fs)
{
	if (fs == NULL)
		return;
	listener.tell = NULL;
	if (fs->mounted)
		fuse_session_unmount(fs->session);
	if (fs->session)
		fuse_session_destroy(fs->session);
	free(fs);
}

#else

int filesystem_check(struct err *e)
{
	return err_set(e, XE_USAGE, "this xflate was built without libfuse 3: there is no mount");
}

struct filesystem *filesystem_mount(const struct filesystem_options *options, struct err *e)
{
	(void)options;
	err_set(e, XE_USAGE, "there is no mount");
	return NULL;
}

int filesystem_serve(struct filesystem *fs, struct err *e)
{
	(void)fs;
	return err_set(e, XE_USAGE, "there is no mount");
}

void filesystem_stop(struct filesystem *fs)
{
	(void)fs;
}

void filesystem_unmount(struct filesystem *fs)
{
	(void)fs;
}

#endif
