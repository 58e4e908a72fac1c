/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/wholefile.h"

#include "base/array.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STEP_BYTES ((size_t)1 << 16)

static int read_on(int fd, size_t most, char **data, size_t *len, struct err *e)
{
	size_t room = 0;
	for (;;) {
		char *grown = array_reach(*data, &room, *len + STEP_BYTES - 1, 1);
		if (grown == NULL)
			return err_memory(e, *len + STEP_BYTES, "a file");
		*data = grown;
		ssize_t n = read(fd, *data + *len, STEP_BYTES);
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return err_errno(e, XE_FAILED, errno, "cannot read it");
		*len += n > 0 ? (size_t)n : 0;
		if (*len > most)
			return err_set(e, XE_FAILED, "is larger than %zu bytes, which it should not be", most);
	}
}

int wholefile_read(const char *path, size_t most, char **data, size_t *len, struct err *e)
{
	bool standard = strcmp(path, "-") == 0;
	*data = NULL;
	*len = 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_errno(e, XE_FAILED, errno, "cannot open it");
	int rc = read_on(fd, most, data, len, e);
	if (!standard)
		close(fd);
	if (rc != 0) {
		free(*data);
		*data = NULL;
	}
	return rc;
}
