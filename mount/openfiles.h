/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of a view that somebody reads, each once, however many do: and the last OPENFILES_KEPT that nobody reads any more, for what was
 * learnt of them.  Any thread; readers of one file wait for each other, those of different ones do not. */
#ifndef MOUNT_OPENFILES_H
#define MOUNT_OPENFILES_H

#include "mount/view.h"
#include "restore/extra.h"
#include "volume/opener.h"

#define OPENFILES_KEPT 64u

struct openfiles_options {
	struct view *view;
	const struct opener_keys *keys; /* NULL: none; are asked by one thread at a time */
	struct pkisessions *sessions;   /* with keys of clients who encrypt; NULL: none */
	void *arg;
	/* What of a file cannot be read, once for each file; names in it are as on the volume.  Any thread, one at a time. */
	void (*tell)(void *arg, const char *text);
};

struct openfiles;

/* What options names must stay until openfiles_free (NULL is fine).  NULL without memory. */
struct openfiles *openfiles_new(const struct openfiles_options *options);
void openfiles_free(struct openfiles *o);

struct openfile;

/* The file of this number, for openfiles_put.  NULL: e tells; XE_PERMISSION: its client encrypted it. */
struct openfile *openfiles_take(struct openfiles *o, uint64_t number, struct err *e);
void openfiles_put(struct openfiles *o, struct openfile *f);

/* Is there content to read?  As filebytes_read has it, and XE_PERMISSION: its client encrypted it, and no key opens it; the fault was told. */
int openfile_check(struct openfiles *o, struct openfile *f, struct err *e) __attribute__((warn_unused_result));

/* At most n bytes from at on into out; *got: fewer at its end. */
int openfile_read(struct openfiles *o, struct openfile *f, uint64_t at, void *out, size_t n, size_t *got, struct err *e)
	__attribute__((warn_unused_result));

/* Calls use with what stands behind its content; what that returns. */
int openfile_extras(struct openfiles *o, struct openfile *f, int (*use)(void *arg, const struct extra *extras, size_t count, struct err *e),
		    void *arg, struct err *e) __attribute__((warn_unused_result));

/* Its name on the volume. */
const char *openfile_name(const struct openfile *f);

#endif
