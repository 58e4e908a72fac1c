/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verb catalog: what its subcommands share. */
#ifndef CMD_CATALOG_CATALOG_H
#define CMD_CATALOG_CATALOG_H

#include "catalog/mapfile.h"
#include "cmd/command.h"

extern const struct command command_catalog_rows, command_catalog_sql, command_catalog_check, command_catalog_bsr;

/* Words of --product, in this order. */
enum catalog_product { CATALOG_BAREOS, CATALOG_BACULA };
extern const char *const catalog_products[];

struct catalog_maps {
	const char *const *paths; /* borrowed */
	size_t count;
	struct mapped_list list;
};

/* Reads them all.  XE_USAGE for one that is named twice, else as mapfile_read; or as read, which is called for each path. */
int catalog_read(struct catalog_maps *m, int (*read)(struct mapped_list *l, const char *path, struct err *e), struct err *e)
	__attribute__((warn_unused_result));
int catalog_read_maps(struct catalog_maps *m, struct err *e) __attribute__((warn_unused_result));

/* Idempotent. */
void catalog_free_maps(struct catalog_maps *m);

/* Whose catalog it is: given (an enum catalog_product; -1: it is not), or as the labels say.  XE_USAGE. */
int catalog_whose(const struct mapped_list *l, int given, bool *bareos, struct err *e) __attribute__((warn_unused_result));

#endif
