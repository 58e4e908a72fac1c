/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/standing.h"

#include "format/block.h"
#include "medium/medium.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define READ_BYTES ((size_t)1 << 20)

/* ---- size and time ---- */

static void later(struct timespec *latest, const struct timespec *t)
{
	if (t->tv_sec > latest->tv_sec || (t->tv_sec == latest->tv_sec && t->tv_nsec > latest->tv_nsec))
		*latest = *t;
}

static void add_files(DIR *dir, struct standing *s)
{
	const struct dirent *d;
	struct stat st;
	while ((d = readdir(dir)) != NULL) {
		s->names += strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
		if (fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
			continue;
		s->bytes += (uint64_t)st.st_size;
		later(&s->mtime, &st.st_mtim);
	}
}

/* What cannot be told would be taken for something that has changed: it is asked for twice. */
static bool tell(const char *path, struct stat *st)
{
	return stat(path, st) == 0 || (errno != ENOENT && stat(path, st) == 0);
}

bool standing_look(const char *path, struct standing *s)
{
	struct stat st;
	*s = (struct standing){0};
	if (!tell(path, &st) || !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		return false;
	s->folder = S_ISDIR(st.st_mode);
	s->mtime = st.st_mtim;
	s->bytes = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	DIR *dir = S_ISDIR(st.st_mode) ? opendir(path) : NULL;
	if (dir == NULL)
		return S_ISREG(st.st_mode);
	add_files(dir, s);
	closedir(dir);
	return true;
}

void standing_time(const struct timespec *t, char text[static STANDING_TEXT_BYTES])
{
	snprintf(text, STANDING_TEXT_BYTES, "%lld.%09ld", (long long)t->tv_sec, t->tv_nsec);
}

/* ---- digest ---- */

struct count {
	XXH64_state_t state;
	uint64_t bytes;
	uint8_t *data; /* BLOCK_MAX_BYTES or READ_BYTES, whichever is more */
	size_t room;
};

static void count_bytes(struct count *c, size_t got)
{
	XXH64_update(&c->state, c->data, got);
	c->bytes += got;
}

static int count_stretch(struct count *c, struct medium_input *in, struct err *e)
{
	size_t got = 1;
	int rc = 0;
	while (rc == 0 && got > 0) {
		rc = in->medium->read(in, c->data, c->room, c->room, &got, e);
		if (rc == 0)
			count_bytes(c, got);
	}
	return rc;
}

/* Stretches follow one another where addresses jump. */
static int count_stream(struct count *c, struct medium_input *in, struct err *e)
{
	struct medium_gap gap = {.why = ""};
	int rc = count_stretch(c, in, e);
	while (rc == 0 && in->medium->gap && in->medium->gap(in, in->at, &gap)) {
		if (gap.why[0])
			return err_set(e, XE_FAILED, "%s", gap.why);
		in->at = gap.at;
		rc = count_stretch(c, in, e);
	}
	return rc;
}

static int count_blocks(struct count *c, struct medium_input *in, struct err *e)
{
	enum medium_found found = MEDIUM_BLOCK;
	int rc = 0;
	while (rc == 0 && found != MEDIUM_END) {
		size_t got = 0;
		uint64_t addr;
		rc = in->medium->next(in, c->data, c->room, &got, &addr, &found, e);
		if (rc == 0 && (found == MEDIUM_LARGER || found == MEDIUM_LOST))
			rc = err_set(e, XE_FAILED, "a block of it cannot be read");
		if (rc == 0 && found == MEDIUM_BLOCK)
			count_bytes(c, got);
	}
	return rc;
}

int standing_digest(const char *path, char text[static STANDING_TEXT_BYTES], uint64_t *bytes, struct err *e)
{
	struct medium_input in;
	struct count c = {.room = BLOCK_MAX_BYTES > READ_BYTES ? BLOCK_MAX_BYTES : READ_BYTES};
	struct err mine = {0};
	int rc = medium_open(&in, path, &mine);
	c.data = malloc(c.room);
	if (rc == 0 && c.data == NULL)
		rc = err_memory(&mine, c.room, "a digest");
	XXH64_reset(&c.state, 0);
	if (rc == 0)
		rc = in.medium->by_block ? count_blocks(&c, &in, &mine) : count_stream(&c, &in, &mine);
	medium_close(&in);
	free(c.data);
	err_volume(&mine, path);
	snprintf(text, STANDING_TEXT_BYTES, "%016llx", (unsigned long long)XXH64_digest(&c.state));
	*bytes = c.bytes;
	return rc == 0 ? 0 : err_pass(e, &mine);
}
