/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cryptocache.h"

#include "base/bytes.h"
#include "base/outfile.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ID_BYTES 21u
#define HEADER_BYTES 32u
#define VERSION 1u
static const char id_bareos[ID_BYTES] = "BAREOS Crypto Cache\n";
static const char id_bacula[ID_BYTES] = "Bacula Crypto Cache\n";

struct cryptocache_layout cryptocache_native(void)
{
	return (struct cryptocache_layout){sizeof(void *), BYTE_ORDER == BIG_ENDIAN};
}

static size_t row_bytes(unsigned pointer_bytes)
{
	return (size_t)pointer_bytes * 2 + CRYPTOCACHE_FIELD_BYTES * 2 + sizeof(int64_t);
}

void cryptocache_free(struct cryptocache *c)
{
	secret_free(&c->pages);
	names_free(&c->names);
	*c = CRYPTOCACHE_NONE;
}

/* ---- rows in memory ---- */

/* Room for one more, zeroed; it counts only after c->count++. */
static int make_room(struct cryptocache *c, struct err *e)
{
	size_t used = c->count * sizeof *c->entries;
	if (c->count >= CRYPTOCACHE_ENTRIES_MAX)
		return err_set(e, XE_FAILED, "more than %zu entries", CRYPTOCACHE_ENTRIES_MAX);
	c->pages.len = used;
	int r = secret_grow(&c->pages, used + sizeof *c->entries, e);
	if (r != 0)
		return r;
	c->entries = (struct cryptocache_entry *)(void *)c->pages.data;
	memset(&c->entries[c->count], 0, sizeof *c->entries);
	return 0;
}

static int count_in(struct cryptocache *c, struct err *e)
{
	int r = names_add(&c->names, c->entries, sizeof *c->entries, c->count, e);
	if (r == 0)
		c->count++;
	return r;
}

struct cryptocache_entry *cryptocache_find(const struct cryptocache *c, const char *volume)
{
	size_t i = names_find(&c->names, c->entries, sizeof *c->entries, volume);
	return i == NAMES_ABSENT ? NULL : &c->entries[i];
}

int cryptocache_put(struct cryptocache *c, const char *volume, const char *key, int64_t now, enum cryptocache_change *change, struct err *e)
{
	if (strlen(volume) >= CRYPTOCACHE_FIELD_BYTES || strlen(key) >= CRYPTOCACHE_FIELD_BYTES)
		return err_set(e, XE_USAGE, "a volume name or a key of more than %u characters", CRYPTOCACHE_FIELD_BYTES - 1);
	struct cryptocache_entry *entry = cryptocache_find(c, volume);
	*change = entry == NULL ? CRYPTOCACHE_ADDED : strcmp(entry->key, key) == 0 ? CRYPTOCACHE_SAME : CRYPTOCACHE_CHANGED;
	if (entry == NULL) {
		int r = make_room(c, e);
		if (r != 0)
			return r;
		entry = &c->entries[c->count];
		strcpy(entry->volume, volume);
		r = count_in(c, e);
		if (r != 0)
			return r;
	}
	memset(entry->key, 0, sizeof entry->key);
	strcpy(entry->key, key);
	entry->added = now;
	return 0;
}

int cryptocache_remove(struct cryptocache *c, const char *volume, struct err *e)
{
	size_t kept = 0, before = c->count;
	for (size_t i = 0; i < before; i++) {
		if (strcmp(c->entries[i].volume, volume) != 0)
			c->entries[kept++] = c->entries[i];
	}
	if (kept == before)
		return err_set(e, XE_KEY, "%s is not in the cache", volume);
	secret_wipe(&c->entries[kept], (before - kept) * sizeof *c->entries);
	names_free(&c->names);
	int r = 0;
	for (c->count = 0; r == 0 && c->count < kept;)
		r = count_in(c, e);
	return r;
}

int64_t cryptocache_expires(const struct cryptocache_entry *entry)
{
	return entry->added > INT64_MAX - CRYPTOCACHE_MAX_AGE_S ? INT64_MAX : entry->added + CRYPTOCACHE_MAX_AGE_S;
}

/* ---- the format ---- */

static uint32_t rd_32(struct rd *r, bool big_endian)
{
	uint32_t v = rd_le32(r);
	return big_endian ? __builtin_bswap32(v) : v;
}

static int64_t rd_64(struct rd *r, bool big_endian)
{
	uint64_t v = rd_be64(r);
	return (int64_t)(big_endian ? v : __builtin_bswap64(v));
}

/* A field up to its NUL; false if it has none. */
static bool rd_field(struct rd *r, char field[static CRYPTOCACHE_FIELD_BYTES])
{
	const uint8_t *at = rd_bytes(r, CRYPTOCACHE_FIELD_BYTES);
	const uint8_t *nul = at ? memchr(at, 0, CRYPTOCACHE_FIELD_BYTES) : NULL;
	memset(field, 0, CRYPTOCACHE_FIELD_BYTES);
	if (nul == NULL)
		return false;
	memcpy(field, at, (size_t)(nul - at));
	return true;
}

static bool rd_row(struct rd *r, struct cryptocache_layout layout, struct cryptocache_entry *entry)
{
	rd_bytes(r, (size_t)layout.pointer_bytes * 2);
	bool good = rd_field(r, entry->volume);
	good = rd_field(r, entry->key) && good;
	entry->added = rd_64(r, layout.big_endian);
	return good && !r->bad;
}

/* How many of count rows have both a name and a key, were they laid out like this. */
static size_t plausible_rows(const uint8_t *rows, size_t len, size_t count, struct cryptocache_layout layout)
{
	struct rd r = rd_over(rows, len);
	struct cryptocache_entry entry;
	size_t good = 0;
	for (size_t i = 0; i < count; i++)
		good += rd_row(&r, layout, &entry) && entry.volume[0] && entry.key[0];
	secret_wipe(&entry, sizeof entry);
	return good;
}

/* Bareos takes a file of which less than a row is left over; so both widths may fit a small one. */
static int find_width(struct cryptocache *c, const uint8_t *rows, size_t len, size_t count, struct err *e)
{
	struct cryptocache_layout wide = {8, c->layout.big_endian}, narrow = {4, c->layout.big_endian};
	bool fits_wide = len / row_bytes(8) == count, fits_narrow = len / row_bytes(4) == count;
	if (!fits_wide && !fits_narrow)
		return err_set(e, XE_DAMAGE,
			       "byte 28: the header counts %zu entries, but %zu bytes follow it, which are %zu (or, of a "
			       "32-bit daemon, %zu); the file is damaged, or was cut",
			       count, len, len / row_bytes(8), len / row_bytes(4));
	/* A cache that was cut, or has bytes behind it, may be as long as one of the other width: the one whose rows all make
	 * sense it is; a whole wide one need not, daemons may have written an empty name. */
	fits_narrow = fits_narrow && plausible_rows(rows, len, count, narrow) == count;
	bool plausible = fits_wide && plausible_rows(rows, len, count, wide) == count;
	fits_wide = plausible || (len == count * row_bytes(8) && !fits_narrow);
	if (!fits_wide && !fits_narrow)
		return err_set(e, XE_DAMAGE,
			       "the header counts %zu entries, but the %zu bytes behind it are not as many; the file is damaged, "
			       "or was cut",
			       count, len);
	c->layout = fits_wide ? wide : narrow;
	if (count == 0)
		c->layout.pointer_bytes = cryptocache_native().pointer_bytes;
	c->trailing = len - count * row_bytes(c->layout.pointer_bytes);
	return 0;
}

static int parse_header(struct cryptocache *c, struct rd *r, size_t *count, struct err *e)
{
	if (rd_left(r) < HEADER_BYTES)
		return err_set(e, XE_DAMAGE, "is %zu bytes long, the header of a crypto cache alone has %u", rd_left(r), HEADER_BYTES);
	const uint8_t *id = rd_bytes(r, ID_BYTES);
	c->bacula = memcmp(id, id_bacula, ID_BYTES) == 0;
	if (!c->bacula && memcmp(id, id_bareos, ID_BYTES) != 0)
		return err_set(e, XE_DAMAGE, "byte 0: no crypto cache, which would begin with \"BAREOS Crypto Cache\"");
	rd_bytes(r, 3);
	uint32_t version = rd_le32(r);
	c->layout.big_endian = version == __builtin_bswap32(VERSION);
	if (version != VERSION && !c->layout.big_endian)
		return err_set(e, XE_DAMAGE, "byte 24: the version of this crypto cache is 0x%x, only %u is known", version, VERSION);
	*count = rd_32(r, c->layout.big_endian);
	if (*count > CRYPTOCACHE_ENTRIES_MAX)
		return err_set(e, XE_DAMAGE, "byte 28: the header counts %zu entries, more than %zu", *count, CRYPTOCACHE_ENTRIES_MAX);
	return 0;
}

int cryptocache_parse(struct cryptocache *c, const uint8_t *data, size_t len, struct err *e)
{
	struct rd r = rd_over(data, len);
	size_t count = 0;
	cryptocache_free(c);
	int rc = parse_header(c, &r, &count, e);
	if (rc == 0)
		rc = find_width(c, r.p, rd_left(&r), count, e);
	while (rc == 0 && c->count < count) {
		rc = make_room(c, e);
		if (rc == 0 && !rd_row(&r, c->layout, &c->entries[c->count]))
			rc = err_set(e, XE_DAMAGE, "byte %zu: entry %zu has a name or a key without an end",
				     HEADER_BYTES + c->count * row_bytes(c->layout.pointer_bytes), c->count + 1);
		if (rc == 0)
			rc = count_in(c, e);
	}
	if (rc != 0)
		cryptocache_free(c);
	return rc;
}

static void wr_32(struct wr *w, uint32_t v, bool big_endian)
{
	wr_be32(w, big_endian ? v : __builtin_bswap32(v));
}

static void wr_zeros(struct wr *w, size_t n)
{
	static const uint8_t zeros[16];
	wr_bytes(w, zeros, n);
}

int cryptocache_serialize(const struct cryptocache *c, struct cryptocache_layout layout, struct secret *bytes, struct err *e)
{
	size_t len = HEADER_BYTES + c->count * row_bytes(layout.pointer_bytes);
	int r = secret_new(bytes, len, e);
	if (r != 0)
		return r;
	struct wr w = wr_over(bytes->data, len);
	wr_bytes(&w, id_bareos, ID_BYTES);
	wr_zeros(&w, 3);
	wr_32(&w, VERSION, layout.big_endian);
	wr_32(&w, (uint32_t)c->count, layout.big_endian);
	for (size_t i = 0; i < c->count; i++) {
		const struct cryptocache_entry *entry = &c->entries[i];
		uint64_t added = (uint64_t)entry->added;
		wr_zeros(&w, (size_t)layout.pointer_bytes * 2);
		wr_bytes(&w, entry->volume, CRYPTOCACHE_FIELD_BYTES);
		wr_bytes(&w, entry->key, CRYPTOCACHE_FIELD_BYTES);
		wr_be64(&w, layout.big_endian ? added : __builtin_bswap64(added));
	}
	bytes->len = len;
	return 0;
}

/* ---- on the disk ----
 *
 * Daemons lock nothing and write over what is there; of those who come here, one at a time changes a file: flock(2) on the file
 * itself, and a look whether it still has the name when the lock is ours, because each change puts another file in its place. */

#define FILE_MAX_BYTES (CRYPTOCACHE_ENTRIES_MAX * 280 + 512)
#define LOCK_WAIT_S 30
#define LOCK_POLL_NS 20000000L
#define ATTEMPTS_MAX 1000

static int cannot_open(struct err *e)
{
	return err_errno(e, XE_FAILED, errno, "cannot open");
}

static int read_and_parse(struct cryptocache *c, int fd, struct err *e)
{
	struct secret bytes = SECRET_NONE;
	struct stat st;
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return err_set(e, XE_FAILED, "is a folder");
	if (isatty(fd))
		return err_set(e, XE_USAGE, "a crypto cache is not read from a terminal");
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0)
		return err_set(e, XE_DAMAGE, "is empty, not even the header of a crypto cache");
	struct err fault = {0};
	int r = secret_read(&bytes, fd, FILE_MAX_BYTES, "crypto cache", &fault);
	if (r == XE_KEY)
		r = err_set(e, XE_DAMAGE, "is empty, or larger than any crypto cache");
	else if (r != 0)
		r = err_set(e, fault.code, "%s", fault.text);
	else
		r = cryptocache_parse(c, bytes.data, bytes.len, e);
	secret_free(&bytes);
	return r;
}

int cryptocache_read(struct cryptocache *c, const char *path, struct err *e)
{
	bool standard = strcmp(path, "-") == 0;
	cryptocache_free(c);
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r = fd < 0 ? cannot_open(e) : read_and_parse(c, fd, e);
	if (fd >= 0 && !standard)
		close(fd);
	if (r != 0)
		err_volume(e, standard ? "standard input" : path);
	return r;
}

/* Waits its turn, but not for ever. */
static int lock(int fd, struct err *e)
{
	const struct timespec pause = {0, LOCK_POLL_NS};
	for (long waited = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_errno(e, XE_FAILED, errno, "cannot lock it");
		if (waited >= LOCK_WAIT_S * (1000000000L / LOCK_POLL_NS))
			return err_set(e, XE_FAILED, "another process has held its lock for %d seconds; nothing was changed", LOCK_WAIT_S);
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* *fd is the locked file that has this name; -1: there is none, and create allows that. */
static int open_locked(const char *path, bool create, int *fd, struct stat *st, struct err *e)
{
	struct stat named;
	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		*fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		if (*fd < 0 && (errno == EACCES || errno == EROFS || errno == EISDIR))
			*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		if (*fd < 0)
			return create && errno == ENOENT ? 0 : cannot_open(e);
		int r = fstat(*fd, st) == 0 && S_ISREG(st->st_mode) ? 0 : err_set(e, XE_FAILED, "is not a regular file");
		if (r == 0)
			r = lock(*fd, e);
		if (r == 0 && stat(path, &named) == 0 && named.st_dev == st->st_dev && named.st_ino == st->st_ino)
			return fstat(*fd, st) == 0 ? 0 : err_errno(e, XE_FAILED, errno, "cannot be read");
		close(*fd);
		*fd = -1;
		if (r != 0)
			return r;
	}
	return err_set(e, XE_FAILED, "others change it all the time; nothing was changed");
}

/* The new file is as the old one was, or nobody gets it. */
static int take_over(int fd, const struct stat *old, struct err *e)
{
	struct stat now;
	if (fstat(fd, &now) != 0)
		return err_errno(e, XE_FAILED, errno, "cannot be read");
	if ((now.st_uid != old->st_uid || now.st_gid != old->st_gid) && fchown(fd, old->st_uid, old->st_gid) != 0)
		return err_errno(e, XE_FAILED, errno, "cannot give the new file to the owner of the old one (%u:%u); nothing was changed",
				 (unsigned)old->st_uid, (unsigned)old->st_gid);
	if (fchmod(fd, old->st_mode & 07777) != 0)
		return err_errno(e, XE_FAILED, errno, "cannot give the new file the mode of the old one");
	return 0;
}

static int write_file(const struct cryptocache *c, const char *path, const struct stat *old, struct err *e)
{
	static struct outfile out; /* where the handlers of signals find it */
	struct secret bytes = SECRET_NONE;
	int r = cryptocache_serialize(c, cryptocache_native(), &bytes, e);
	if (r == 0)
		r = outfile_open(&out, path, 0600, old != NULL, false, e);
	else
		out = OUTFILE_NONE;
	if (r == 0 && old)
		r = take_over(out.io.fd, old, e);
	secret_wipe_registers();
	if (r == 0)
		r = io_write(out.io.fd, bytes.data, bytes.len, e);
	if (r == 0)
		r = outfile_commit(&out, e);
	outfile_abandon(&out);
	secret_free(&bytes);
	return r;
}

/* One try with the file as it is.  *again: somebody else made the file meanwhile. */
static int try_update(const char *path, bool create, int (*change)(struct cryptocache *, void *, struct err *), void *arg, bool *again,
		      struct err *e)
{
	struct cryptocache c = CRYPTOCACHE_NONE;
	struct stat st;
	int fd = -1;
	*again = false;
	int r = open_locked(path, create, &fd, &st, e);
	if (r == 0 && fd >= 0)
		r = read_and_parse(&c, fd, e);
	if (r == 0)
		r = change(&c, arg, e);
	if (r == 0) {
		struct stat made;
		r = write_file(&c, path, fd >= 0 ? &st : NULL, e);
		*again = r != 0 && fd < 0 && stat(path, &made) == 0;
	}
	cryptocache_free(&c);
	if (fd >= 0)
		close(fd); /* and with it the lock */
	return r;
}

int cryptocache_update(const char *path, bool create, int (*change)(struct cryptocache *, void *, struct err *), void *arg, struct err *e)
{
	/* A link stays one: what it points to is replaced. */
	char *target = realpath(path, NULL);
	bool again = true;
	int r = 0;
	for (int i = 0; again && i < ATTEMPTS_MAX; i++) {
		struct err fault = {0};
		r = try_update(target ? target : path, create, change, arg, &again, &fault);
		if (!again && r < 0)
			*e = fault;
	}
	free(target);
	if (again && r < 0)
		r = err_set(e, XE_FAILED, "others change it all the time; nothing was changed");
	if (r < 0)
		err_volume(e, path);
	return r < 0 ? r : 0;
}
