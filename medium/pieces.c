/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "medium/pieces.h"

#include "base/array.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

bool pieces_digits(const char *digits, uint64_t most, uint64_t *number)
{
	uint64_t n = 0;
	if (digits[0] == '\0' || (digits[0] == '0' && digits[1] != '\0'))
		return false;
	for (const char *d = digits; *d; d++) {
		if (*d < '0' || *d > '9')
			return false;
		n = n * 10 + (uint64_t)(*d - '0');
		if (n > most)
			return false;
	}
	*number = n;
	return true;
}

/* ---- what is there ---- */

static int add(struct pieces *p, int folder, const char *name, uint64_t number, struct err *e)
{
	struct io file;
	struct piece *all = array_reach(p->all, &p->cap, p->count, sizeof *all);
	if (all == NULL)
		return err_memory(e, (p->count + 1) * sizeof *all, "the files of a volume");
	p->all = all;
	int rc = io_open_in(&file, folder, name, e);
	if (rc != 0)
		return rc;
	p->all[p->count++] = (struct piece){.number = number, .bytes = file.size};
	io_close(&file);
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;
	return (x->number > y->number) - (x->number < y->number);
}

/* A descriptor of its own: it is closed with the list, and the folder's stays. */
static DIR *list_of(int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (fd >= 0 && dir == NULL)
		close(fd);
	return dir;
}

static int list(struct pieces *p, int folder, bool (*number)(const char *name, uint64_t *number), struct err *e)
{
	DIR *dir = list_of(folder);
	if (dir == NULL)
		return err_errno(e, XE_FAILED, errno, "cannot list the folder");
	int rc = 0;
	struct dirent *d;
	while (rc == 0 && (errno = 0, d = readdir(dir)) != NULL) {
		uint64_t n;
		if (number(d->d_name, &n))
			rc = add(p, folder, d->d_name, n, e);
	}
	if (rc == 0 && errno != 0)
		rc = err_errno(e, XE_FAILED, errno, "cannot list the folder");
	closedir(dir);
	if (p->count > 0)
		qsort(p->all, p->count, sizeof *p->all, by_number);
	return rc;
}

struct pieces *pieces_new(int folder, bool (*number)(const char *name, uint64_t *number),
			  void (*name)(uint64_t number, char text[static PIECES_NAME_BYTES]), struct err *e)
{
	struct pieces *p = calloc(1, sizeof *p);
	if (p == NULL) {
		err_memory(e, sizeof *p, "the files of a volume");
		return NULL;
	}
	*p = (struct pieces){.name = name, .file = IO_CLOSED};
	if (list(p, folder, number, e) == 0)
		return p;
	pieces_free(p);
	return NULL;
}

void pieces_free(struct pieces *p)
{
	if (p == NULL)
		return;
	io_close(&p->file);
	free(p->all);
	free(p);
}

size_t pieces_behind(const struct pieces *p, uint64_t addr)
{
	size_t low = 0, high = p->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (p->all[mid].addr + p->all[mid].bytes > addr)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* ---- reading ---- */

static int reach(const struct medium_input *in, size_t i, const char *name, struct err *e)
{
	struct pieces *p = in->pieces;
	if (p->file.fd >= 0 && p->at == i)
		return 0;
	io_close(&p->file);
	p->at = i;
	int rc = io_open_in(&p->file, in->io.fd, name, e);
	if (rc == 0)
		posix_fadvise(p->file.fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return rc;
}

/* Up to n bytes of one piece. */
static int read_piece(const struct medium_input *in, size_t i, uint64_t at, void *data, size_t n, size_t *got, struct err *e)
{
	const struct piece *piece = &in->pieces->all[i];
	char name[PIECES_NAME_BYTES];
	struct err unread = {0};
	uint64_t offset = at - piece->addr;
	size_t want = n < piece->bytes - offset ? n : (size_t)(piece->bytes - offset);
	in->pieces->name(piece->number, name);
	int rc = reach(in, i, name, e);
	if (rc != 0)
		return rc;
	rc = io_read_at(&in->pieces->file, offset, data, want, got, &unread);
	if (rc != 0)
		return err_within(e, name, &unread);
	return *got == want ? 0 : err_set(e, XE_FAILED, "%s: became shorter while it was read", name);
}

int pieces_read_at(const struct medium_input *in, uint64_t at, void *data, size_t n, size_t *got, struct err *e)
{
	const struct pieces *p = in->pieces;
	*got = 0;
	int rc = 0;
	for (size_t i = pieces_behind(p, at); rc == 0 && *got < n && i < p->count && p->all[i].addr <= at + *got; i++) {
		size_t some = 0;
		rc = p->all[i].bytes == 0 ? 0 : read_piece(in, i, at + *got, (uint8_t *)data + *got, n - *got, &some, e);
		*got += some;
	}
	return rc;
}

int pieces_read(struct medium_input *in, void *data, size_t least, size_t most, size_t *got, struct err *e)
{
	(void)least;
	int rc = pieces_read_at(in, in->at, data, most, got, e);
	in->at += rc == 0 ? *got : 0;
	return rc;
}

void pieces_close(struct medium_input *in)
{
	pieces_free(in->pieces);
	in->pieces = NULL;
}

/* ---- writing ---- */

int pieces_write(struct sink *s, void (*name)(uint64_t number, char text[static PIECES_NAME_BYTES]), const uint8_t *data, size_t len,
		 struct err *e)
{
	char text[PIECES_NAME_BYTES];
	struct err unwritten = {0};
	name(s->piece_number, text);
	int rc = s->piece.fd < 0 ? io_make_in(&s->piece, s->out.fd, text, e) : 0;
	if (rc != 0)
		return rc;
	s->piece_bytes += len;
	rc = io_write(s->piece.fd, data, len, &unwritten);
	return rc == 0 ? 0 : err_within(e, text, &unwritten);
}

int pieces_finish(struct sink *s, struct err *e)
{
	int rc = s->piece.fd >= 0 && fsync(s->piece.fd) != 0 ? err_errno(e, XE_FAILED, errno, "cannot write it to the disk") : 0;
	io_close(&s->piece);
	return rc;
}

int pieces_next(struct sink *s, struct err *e)
{
	s->piece_number++;
	s->piece_bytes = 0;
	return pieces_finish(s, e);
}
