/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/planlists.h"

#include "base/outfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LIST_NAME_BYTES (UNIT_NAME_BYTES + 24)

static int all_absolute(const struct plan *p, struct err *e)
{
	for (size_t i = 0; i < p->input_count; i++) {
		if (p->inputs[i].path[0] == '/')
			continue;
		err_volume(e, p->inputs[i].path);
		return err_set(e, XE_USAGE, "--lists are read elsewhere: give absolute paths");
	}
	return 0;
}

static const char *path_of(const struct plan *p, const struct unit *unit, size_t index)
{
	return p->inputs[p->units.volumes[unit->first + index]].path;
}

static int write_list(const struct plan *p, const struct unit *unit, int fd, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < unit->count; i++) {
		const char *path = path_of(p, unit, i);
		rc = io_write(fd, path, strlen(path) + 1, e);
	}
	if (rc == 0 && fsync(fd) != 0)
		rc = err_errno(e, XE_FAILED, errno, "write error");
	return rc;
}

static int make_list(const struct plan *p, size_t index, int folder, struct err *e)
{
	const struct unit *unit = &p->units.all[p->order[index]];
	char name[LIST_NAME_BYTES];
	int digits = snprintf(NULL, 0, "%zu", p->units.count);
	struct io out;
	snprintf(name, sizeof name, "%0*zu.%s", digits, index + 1, unit->name);
	int rc = io_make_in(&out, folder, name, e);
	if (rc == 0)
		rc = write_list(p, unit, out.fd, e);
	io_close(&out);
	return rc;
}

int planlists_write(const struct plan *p, const char *folder, struct err *e)
{
	struct outfile out = OUTFILE_NONE;
	int rc = all_absolute(p, e);
	if (rc == 0)
		rc = outfile_open_folder(&out, folder, 0755, false, false, e);
	for (size_t i = 0; rc == 0 && i < p->units.count; i++)
		rc = make_list(p, i, out.io.fd, e);
	if (rc == 0)
		rc = outfile_finish(&out, e);
	if (rc == 0)
		rc = outfile_commit(&out, e);
	if (rc != 0) {
		outfile_abandon(&out);
		err_volume(e, folder);
	}
	return rc;
}
