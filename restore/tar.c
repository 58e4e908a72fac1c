/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "restore/tar.h"

#ifdef HAVE_LIBARCHIVE

#include "base/io.h"
#include "base/printable.h"
#include "base/system.h"
#include "format/stream.h"
#include "format/xattr.h"
#include "restore/seen.h"
#include "restore/spool.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define BLOCK_BYTES (1 << 18)
#define LAST_BLOCK_BYTES 10240 /* as tar has always done */
#define UNIT_BYTES 512u
#define PART_BYTES ((size_t)1 << 18)
#define HOLE_BYTES ((size_t)64 << 20)      /* of zeros, which nobody touches */
#define FILE_MAX_BYTES ((uint64_t)1 << 50) /* holes, too, are counted out */

struct tar {
	struct target target;
	int fd;
	struct archive *archive;
	struct archive_entry *entry;
	struct spool spool;
	struct err err;    /* of writing */
	struct seen files; /* what is in the archive and no folder */
	char *path;        /* of a damaged file */
	uint8_t *part, *zeros;
};

/* ---- libarchive ---- */

static la_ssize_t on_write(struct archive *a, void *arg, const void *data, size_t n)
{
	struct tar *t = arg;
	if (io_write(t->fd, data, n, &t->err) == 0)
		return (la_ssize_t)n;
	err_volume(&t->err, "standard output");
	archive_set_error(a, EIO, "%s", t->err.text);
	return ARCHIVE_FATAL;
}

static bool is_utf8(const char *text)
{
	for (size_t n; *text; text += n) {
		n = printable_utf8_bytes(text);
		if (n == 0)
			return false;
	}
	return true;
}

/* Of a call's result: warnings are of what tar cannot hold, and only that entry's.  bytes: one of its names is no UTF-8, which is told, too,
 * and all the same as it was. */
static int judge(struct tar *t, int result, bool bytes, struct made *m, struct err *e)
{
	if (result == ARCHIVE_OK || (result == ARCHIVE_WARN && bytes && t->err.code == XE_OK))
		return 0;
	const char *why = archive_error_string(t->archive);
	why = why ? why : "the archive cannot be written";
	if (t->err.code != XE_OK)
		return (*e = t->err).code;
	if (result == ARCHIVE_FATAL) {
		err_volume(e, "standard output");
		return err_set(e, XE_FAILED, "%s", why);
	}
	m->how = result == ARCHIVE_WARN ? MADE_BARE : MADE_NOT;
	snprintf(m->why, sizeof m->why, "%s", why);
	return 0;
}

/* libarchive reads the text but for its comments, and its mode follows it: which is right, for that of such a file is its mask. */
static bool add_acl(struct archive_entry *entry, const struct extra *x)
{
	char *text = malloc(x->data.len + 1);
	size_t n = 0;
	bool comment = false;
	for (size_t i = 0; text && i < x->data.len && x->data.data[i]; i++) {
		char c = (char)x->data.data[i];
		comment = c == '#' || (comment && c != '\n');
		if (!comment && c != '\t' && c != ' ')
			text[n++] = c;
	}
	if (text)
		text[n] = '\0';
	int type = x->stream == STREAM_ACL_LINUX_ACCESS ? ARCHIVE_ENTRY_ACL_TYPE_ACCESS : ARCHIVE_ENTRY_ACL_TYPE_DEFAULT;
	bool right = text && archive_entry_acl_from_text(entry, text, type) == ARCHIVE_OK;
	free(text);
	return right;
}

/* Without memory libarchive takes a name alone, and says nothing. */
static uint64_t bytes_taken(struct archive_entry *entry)
{
	const char *name;
	const void *value;
	size_t n;
	uint64_t bytes = 0;
	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &n) == ARCHIVE_OK)
		bytes += n;
	return bytes;
}

/* Others are written with percent signs, which some who unpack them read back, and some do not. */
static bool name_fits(const char *name)
{
	for (; *name; name++) {
		if (*name < '!' || *name > '~' || *name == '%' || *name == '=')
			return false;
	}
	return true;
}

static bool add_xattrs(struct archive_entry *entry, struct span record)
{
	uint64_t bytes = bytes_taken(entry);
	struct rd r = rd_over(record.data, record.len);
	struct xattr x;
	bool right = true;
	while (xattr_next(&r, &x)) {
		archive_entry_xattr_add_entry(entry, x.name, x.value.data, x.value.len);
		bytes += x.value.len;
		right = name_fits(x.name) && right;
	}
	return right && !r.bad && bytes == bytes_taken(entry);
}

/* Everything is stored: who unpacks it decides. */
static bool add_extras(struct archive_entry *entry, const struct object *o)
{
	bool right = true;
	for (size_t i = 0; i < o->extra_count; i++) {
		bool xattr = o->extras[i].stream == STREAM_XATTR_LINUX;
		right = (xattr ? add_xattrs(entry, o->extras[i].data) : add_acl(entry, &o->extras[i])) && right;
	}
	return right;
}

static void describe(struct tar *t, const struct object *o, const char *path)
{
	static const uint32_t types[] = {
		[OBJECT_FILE] = AE_IFREG, [OBJECT_FOLDER] = AE_IFDIR, [OBJECT_SYMLINK] = AE_IFLNK, [OBJECT_LINK] = AE_IFREG};
	struct archive_entry *entry = archive_entry_clear(t->entry);
	archive_entry_copy_pathname(entry, path);
	archive_entry_set_filetype(entry, o->kind == OBJECT_SPECIAL ? o->stat->mode & S_IFMT : types[o->kind]);
	archive_entry_set_perm(entry, o->mode);
	archive_entry_set_uid(entry, o->stat->uid);
	archive_entry_set_gid(entry, o->stat->gid);
	time_t mtime;
	(void)system_time(o->stat->mtime, &mtime);
	archive_entry_set_mtime(entry, mtime, 0);
	archive_entry_set_size(entry, 0);
	if (o->kind == OBJECT_SYMLINK)
		archive_entry_copy_symlink(entry, o->link);
	else if (o->kind == OBJECT_LINK)
		archive_entry_copy_hardlink(entry, o->link);
	else if (o->kind == OBJECT_SPECIAL)
		archive_entry_set_rdev(entry, (dev_t)o->stat->device);
}

static int write_header(struct tar *t, const struct object *o, const char *path, struct made *m, struct err *e)
{
	bool links = o->kind == OBJECT_SYMLINK || o->kind == OBJECT_LINK;
	bool bytes = !is_utf8(path) || (links && !is_utf8(o->link));
	if (!add_extras(t->entry, o)) {
		m->how = MADE_BARE;
		snprintf(m->why, sizeof m->why,
			 "its access list or its extended attributes cannot be read, or not be written into an archive as they are");
	}
	time_t mtime;
	if (!system_time(o->stat->mtime, &mtime)) {
		m->how = MADE_BARE;
		snprintf(m->why, sizeof m->why, "it was changed at a time that this system cannot tell");
	}
	int rc = judge(t, archive_write_header(t->archive, t->entry), bytes, m, e);
	return rc == 0 && m->how != MADE_NOT && o->kind != OBJECT_FOLDER ? seen_add(&t->files, path, e) : rc;
}

/* The thing at hand, and nothing else. */
static void not_made(struct made *m, const char *why)
{
	m->how = MADE_NOT;
	snprintf(m->why, sizeof m->why, "%s", why);
}

/* ---- content ---- */

static int write_part(struct tar *t, const void *data, size_t n, struct err *e)
{
	struct made failed;
	la_ssize_t written = archive_write_data(t->archive, data, n);
	if (written == (la_ssize_t)n)
		return 0;
	return judge(t, ARCHIVE_FATAL, false, &failed, e);
}

/* What is between two extents: libarchive takes it and leaves it out. */
static int write_hole(struct tar *t, uint64_t bytes, struct err *e)
{
	int rc = 0;
	for (; rc == 0 && bytes > 0; bytes -= bytes < HOLE_BYTES ? bytes : HOLE_BYTES)
		rc = write_part(t, t->zeros, bytes < HOLE_BYTES ? (size_t)bytes : HOLE_BYTES, e);
	return rc;
}

static int write_extent(struct tar *t, const struct spool_extent *x, struct err *e)
{
	int rc = 0;
	for (uint64_t done = 0; rc == 0 && done < x->bytes;) {
		size_t n = x->bytes - done < PART_BYTES ? (size_t)(x->bytes - done) : PART_BYTES;
		rc = spool_read(&t->spool, x->offset + done, t->part, n, e);
		if (rc == 0)
			rc = write_part(t, t->part, n, e);
		done += n;
	}
	return rc;
}

static int write_content(struct tar *t, uint64_t size, struct err *e)
{
	uint64_t at = 0;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < t->spool.count; i++) {
		const struct spool_extent *x = &t->spool.extents[i];
		rc = write_hole(t, x->offset - at, e);
		if (rc == 0)
			rc = write_extent(t, x, e);
		at = x->offset + x->bytes;
	}
	return rc == 0 ? write_hole(t, size - at, e) : rc;
}

static uint64_t up(uint64_t at, uint64_t most)
{
	uint64_t whole = (at + UNIT_BYTES - 1) / UNIT_BYTES * UNIT_BYTES;
	return whole < most ? whole : most;
}

/* In units of tar's blocks: GNU tar begins each piece with one, libarchive does not. */
static void describe_holes(struct tar *t, uint64_t size)
{
	const struct spool *s = &t->spool;
	if (s->count == 1 && s->extents[0].offset == 0 && s->extents[0].bytes == size)
		return;
	for (size_t i = 0; i < s->count; i++) {
		uint64_t begin = s->extents[i].offset / UNIT_BYTES * UNIT_BYTES;
		uint64_t end = up(s->extents[i].offset + s->extents[i].bytes, size);
		for (; i + 1 < s->count && s->extents[i + 1].offset / UNIT_BYTES * UNIT_BYTES <= end; i++)
			end = up(s->extents[i + 1].offset + s->extents[i + 1].bytes, size);
		archive_entry_sparse_add_entry(t->entry, (la_int64_t)begin, (la_int64_t)(end - begin));
	}
	/* A file that is all hole: libarchive knows no such, but one with nothing at its end. */
	if (s->count == 0 && size > 0)
		archive_entry_sparse_add_entry(t->entry, (la_int64_t)size, 0);
}

/* ---- the target ---- */

/* Is something in the archive in the place of a folder that path leads through?  Who unpacks it would be led elsewhere, or fail. */
static bool way_is_barred(const struct tar *t, char *path, bool folder)
{
	bool barred = folder && seen_has(&t->files, path);
	for (char *slash = strchr(path, '/'); slash && !barred; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		barred = seen_has(&t->files, path);
		*slash = '/';
	}
	return barred;
}

/* Decides m->how: MADE to go on. */
static int look(const struct tar *t, const struct object *o, struct made *m, struct err *e)
{
	char *path = strdup(o->path);
	if (path == NULL)
		return err_memory(e, 0, "a path");
	if (way_is_barred(t, path, o->kind == OBJECT_FOLDER))
		not_made(m, "a file or a link is in the place of its folder in this archive: nothing is written through it");
	else if (o->kind == OBJECT_SYMLINK && o->link[0] == '\0')
		not_made(m, "a symbolic link to nothing");
	free(path);
	return 0;
}

static int begin(void *arg, const struct object *o, struct made *m, struct err *e)
{
	struct tar *t = arg;
	spool_empty(&t->spool);
	*m = (struct made){.how = MADE, .path = o->path};
	return look(t, o, m, e);
}

static int write_at(void *arg, uint64_t at, struct span data, struct made *m, struct err *e)
{
	struct tar *t = arg;
	*m = (struct made){.how = MADE};
	int rc = at <= (uint64_t)INT64_MAX - data.len ? spool_write(&t->spool, at, data, e) : SPOOL_UNFIT;
	if (rc == SPOOL_UNFIT)
		not_made(m,
			 "its content reaches beyond what a file in the folder of TMPDIR can hold, or is of too many pieces in no order");
	return rc == SPOOL_UNFIT ? 0 : rc;
}

/* PATH.damaged; NULL without memory. */
static const char *damaged_path(struct tar *t, const char *path)
{
	free(t->path);
	if (asprintf(&t->path, "%s.damaged", path) < 0)
		t->path = NULL;
	return t->path;
}

static int end(void *arg, const struct object *o, enum ending how, uint64_t size, struct made *m, struct err *e)
{
	struct tar *t = arg;
	const char *path = how == ENDING_DAMAGED ? damaged_path(t, o->path) : o->path;
	*m = (struct made){.how = MADE, .path = path};
	if (path == NULL)
		return err_memory(e, 0, "a path");
	if (how == ENDING_NONE)
		return 0;
	if (size > FILE_MAX_BYTES) {
		not_made(m, "it is larger than any file of an archive (1 PiB)");
		return 0;
	}
	describe(t, o, path);
	archive_entry_set_size(t->entry, (la_int64_t)size);
	describe_holes(t, size);
	int rc = write_header(t, o, path, m, e);
	if (rc == 0 && m->how != MADE_NOT)
		rc = write_content(t, size, e);
	return rc;
}

static int make(void *arg, const struct object *o, struct made *m, struct err *e)
{
	struct tar *t = arg;
	const char *path = o->damaged ? damaged_path(t, o->path) : o->path;
	*m = (struct made){.how = MADE, .path = path};
	if (path == NULL)
		return err_memory(e, 0, "a path");
	int rc = look(t, o, m, e);
	if (rc != 0 || m->how != MADE)
		return rc;
	describe(t, o, path);
	return write_header(t, o, path, m, e);
}

/* What ends early must not look as if it were whole. */
static int finish(void *arg, bool whole, struct finished *f, struct err *e)
{
	struct tar *t = arg;
	*f = (struct finished){0};
	if (!whole) {
		archive_write_fail(t->archive);
		return 0;
	}
	struct made failed;
	return judge(t, archive_write_close(t->archive) == ARCHIVE_OK ? ARCHIVE_OK : ARCHIVE_FATAL, false, &failed, e);
}

static bool open_archive(struct tar *t)
{
	struct archive *a = t->archive;
	return archive_write_set_format_pax_restricted(a) == ARCHIVE_OK &&
	       archive_write_set_format_option(a, "pax", "xattrheader", "SCHILY") == ARCHIVE_OK && /* what GNU tar reads */
	       archive_write_set_bytes_per_block(a, BLOCK_BYTES) == ARCHIVE_OK &&
	       archive_write_set_bytes_in_last_block(a, LAST_BLOCK_BYTES) == ARCHIVE_OK &&
	       archive_write_open(a, t, NULL, on_write, NULL) == ARCHIVE_OK;
}

struct tar *tar_new(int fd, const char *spool, struct err *e)
{
	struct tar *t = calloc(1, sizeof *t);
	if (t == NULL) {
		err_memory(e, sizeof *t, "an archive");
		return NULL;
	}
	t->fd = fd;
	t->spool = SPOOL_NONE(spool);
	t->target = (struct target){.arg = t, .begin = begin, .write = write_at, .end = end, .make = make, .finish = finish};
	t->archive = archive_write_new();
	t->entry = archive_entry_new();
	t->part = malloc(PART_BYTES);
	t->zeros = calloc(1, HOLE_BYTES);
	if (t->archive && t->entry && t->part && t->zeros && open_archive(t))
		return t;
	err_memory(e, PART_BYTES, "an archive");
	tar_free(t);
	return NULL;
}

void tar_free(struct tar *t)
{
	if (t == NULL)
		return;
	if (t->archive) {
		archive_write_fail(t->archive);
		archive_write_free(t->archive);
	}
	archive_entry_free(t->entry);
	spool_free(&t->spool);
	seen_free(&t->files);
	free(t->path);
	free(t->part);
	free(t->zeros);
	free(t);
}

const struct target *tar_target(struct tar *t)
{
	return &t->target;
}

#else

struct tar *tar_new(int fd, const char *spool, struct err *e)
{
	(void)fd;
	(void)spool;
	err_set(e, XE_USAGE, "this xflate was built without libarchive, which writes archives: extract to a folder (-C), or build it anew");
	return NULL;
}

void tar_free(struct tar *t)
{
	(void)t;
}

const struct target *tar_target(struct tar *t)
{
	(void)t;
	return NULL;
}

#endif
