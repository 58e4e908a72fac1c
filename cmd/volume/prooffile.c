/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/prooffile.h"

#include "base/outfile.h"
#include "base/wholefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_BYTES ((size_t)1 << 30) /* of a state */

/* The file itself is another one after each unit, so it cannot be what is locked. */
static int lock(struct prooffile *f, struct err *e)
{
	char path[PLACE_PATH_BYTES], *real = realpath(f->path, NULL);
	struct stat st;
	/* Beside the file itself, by whatever link it is named. */
	if (real == NULL && lstat(f->path, &st) == 0)
		return err_set(e, XE_USAGE, "is a symbolic link that leads nowhere");
	int n = snprintf(path, sizeof path, "%s" PROOFFILE_LOCK, real ? real : f->path);
	f->lost = real == NULL && lstat(path, &st) == 0;
	free(real);
	if (n < 0 || (size_t)n >= sizeof path)
		return err_set(e, XE_FAILED, "its path is too long");
	f->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
	if (f->lock < 0)
		return err_errno(e, XE_FAILED, errno, "cannot open %s", path);
	while (flock(f->lock, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			return err_set(e, XE_FAILED, "another verify is at work with this state");
		if (errno != EINTR)
			return err_errno(e, XE_FAILED, errno, "cannot lock %s", path);
	}
	return 0;
}

static int read_state(struct prooffile *f, struct err *e)
{
	struct stat st;
	char *data = NULL;
	size_t len;
	f->new = stat(f->path, &st) != 0 && errno == ENOENT;
	if (f->new)
		return 0;
	int rc = wholefile_read(f->path, MOST_BYTES, &data, &len, e);
	if (rc == 0)
		rc = proofstate_parse(&f->state, data, len, e);
	free(data);
	if (rc != 0)
		err_add(e, "; nothing is written over it: name another file, or move this one away and all volumes count as never proved");
	return rc;
}

/* Who opened a pipe would wait for whoever writes into it. */
static int refuse_others(const char *path, struct err *e)
{
	struct stat st;
	return stat(path, &st) != 0 || S_ISREG(st.st_mode) ? 0 : err_set(e, XE_USAGE, "is no file, and a state is to stand there");
}

int prooffile_open(struct prooffile *f, const char *path, struct err *e)
{
	*f = PROOFFILE_NONE;
	f->path = path;
	err_volume(e, path);
	int rc = refuse_others(path, e);
	if (rc == 0)
		rc = lock(f, e);
	if (rc == 0)
		rc = read_state(f, e);
	if (rc == 0)
		e->volume[0] = '\0';
	return rc;
}

int prooffile_save(struct prooffile *f, struct err *e)
{
	struct outfile o = OUTFILE_NONE;
	char *text;
	size_t len;
	struct err mine = {0};
	int rc = proofstate_print(&f->state, &text, &len, &mine);
	if (rc == 0)
		rc = outfile_open(&o, f->path, 0640, !f->new, false, &mine);
	if (rc == 0)
		rc = io_write(o.io.fd, text, len, &mine);
	if (rc == 0)
		rc = outfile_commit(&o, &mine);
	f->new = f->new &&rc != 0;
	outfile_abandon(&o);
	free(text);
	err_volume(&mine, f->path);
	return rc == 0 ? 0 : err_pass(e, &mine);
}

void prooffile_leave(struct prooffile *f)
{
	if (f->lock >= 0)
		close(f->lock);
	f->lock = -1;
}

void prooffile_close(struct prooffile *f)
{
	prooffile_leave(f);
	proofstate_free(&f->state);
}
