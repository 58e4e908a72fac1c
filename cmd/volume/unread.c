/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/volume/unread.h"

#include "base/array.h"
#include "base/msg.h"
#include "cmd/command.h"

#include <stdlib.h>
#include <string.h>

int unread_add(struct unread *u, const char *path, const struct err *why, struct err *e)
{
	u->status = err_worse_status(u->status, msg_fail(why));
	struct unread_one *all = array_reach(u->all, &u->room, u->count, sizeof *all);
	char *copy = all ? strdup(path) : NULL;
	u->all = all ? all : u->all;
	if (copy == NULL)
		return err_memory(e, 0, "what could not be read");
	u->all[u->count++] = (struct unread_one){copy, *why};
	return 0;
}

void unread_json(const struct unread *u, struct json *j, const char *key, const struct err *e, int status)
{
	json_array(j, "unread");
	for (size_t i = 0; i < u->count; i++) {
		json_object(j, NULL);
		json_text(j, key, u->all[i].path);
		json_text(j, "error", u->all[i].why.text);
		json_end_object(j);
	}
	json_end_array(j);
	struct err first = *e;
	if (err_pass(&first, u->count > 0 ? &u->all[0].why : e) != XE_OK && e->code == XE_OK)
		err_volume(&first, u->all[0].path);
	command_json_error(j, &first);
	json_signed(j, "exit_status", status);
}

void unread_free(struct unread *u)
{
	for (size_t i = 0; i < u->count; i++)
		free(u->all[i].path);
	free(u->all);
	*u = (struct unread){0};
}
