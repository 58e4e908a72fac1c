/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xflate mount: the files of volumes as a file system. */
#include "cmd/command.h"

#include "base/msg.h"
#include "base/printable.h"
#include "base/quit.h"
#include "cmd/background.h"
#include "cmd/volume/indexrun.h"
#include "cmd/volume/keyoptions.h"
#include "cmd/volume/pkioptions.h"
#include "crypt/pkisessions.h"
#include "medium/medium.h"
#include "mount/filesystem.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define MEMORY_BYTES ((uint64_t)1 << 30)

struct request {
	const char *index;
	bool foreground, allow_other;
	struct indexrun run;
	struct keyoptions keys;
	struct pkioptions pki;
	struct pkisessions *sessions;
	const char **paths; /* of volumes, absolute as far as they are there */
	size_t path_count;
	const char *folder;
	struct background background;
	struct fileindex *x;
	struct cipher *cipher;
	struct view *view;
	struct openfiles *files;
};

static const struct option_row rows[] = {
	OPTION_SOURCE(0, "index", struct request, index),
	OPTION_FLAG('f', "foreground", struct request, foreground),
	OPTION_FLAG(0, "allow-other", struct request, allow_other),
	OPTION_FLAG(0, "all-digests", struct request, run.all_digests),
	OPTION_TAKE_AT('T', "threads", command_threads, struct request, run.run.threads),
	COMMAND_MAX_MEMORY(struct request, run.run.max_memory),
	COMMAND_PROGRESS(struct request, run.progress),
	KEYOPTIONS_ROWS(struct request, keys),
	PKIOPTIONS_ROWS(struct request, pki),
	OPTIONS_END,
};

/* ---- what is said ---- */

/* Where nobody reads standard error any more, the log of the system gets it. */
static bool silent;

/* Names in it are foreign: nothing of theirs is to look like a line of the log, or reach a terminal (msg_warning sees to that itself). */
static void to_log(const char *text)
{
	char line[ERR_TEXT_BYTES + ERR_VOLUME_BYTES + 1024];
	snprintf(line, sizeof line, "%s", text);
	printable_make(line);
	syslog(LOG_WARNING, "%s", line);
}

static void tell(void *arg, const char *text)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	(void)arg;
	pthread_mutex_lock(&lock);
	if (silent)
		to_log(text);
	else
		msg_warning("%s", text);
	pthread_mutex_unlock(&lock);
}

/* ---- where it goes ---- */

static bool is_mounted_on(const char *folder, const struct stat *st)
{
	struct stat above;
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/..", folder);
	bool known = n < (int)sizeof path && stat(path, &above) == 0;
	return known && (above.st_dev != st->st_dev || above.st_ino == st->st_ino);
}

static int check_empty(const char *folder, struct err *e)
{
	DIR *d = opendir(folder);
	if (d == NULL)
		return err_errno(e, XE_FAILED, errno, "cannot be looked into, and only an empty folder is taken");
	const struct dirent *entry;
	while ((entry = readdir(d)) && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0))
		;
	bool empty = entry == NULL;
	closedir(d);
	return !empty ? err_set(e, XE_FAILED, "is not empty: what is in it would be hidden; take an empty folder") : 0;
}

static int check_folder(const char *folder, struct err *e)
{
	struct stat st;
	int rc = stat(folder, &st) == 0 ? 0 : errno;
	err_volume(e, folder);
	if (rc == ENOTCONN)
		return err_set(e, XE_FAILED, "a file system that has died is still mounted there: take it away with fusermount3 -u");
	if (rc != 0)
		return err_errno(e, XE_FAILED, rc, "nothing can be mounted there");
	if (!S_ISDIR(st.st_mode))
		return err_set(e, XE_FAILED, "is no folder: nothing can be mounted there");
	if (is_mounted_on(folder, &st))
		return err_set(e, XE_FAILED, "something is mounted there already");
	rc = check_empty(folder, e);
	if (rc == 0)
		*e = (struct err){0};
	return rc;
}

/* ---- what is in it ---- */

static int check_volumes(const struct request *q, struct err *e)
{
	for (size_t i = 0; i < q->path_count; i++) {
		if (strcmp(q->paths[i], "-") != 0 && (access(q->paths[i], F_OK) != 0 || medium_has_ranges(q->paths[i])))
			continue;
		err_volume(e, strcmp(q->paths[i], "-") == 0 ? "stdin" : q->paths[i]);
		return err_set(e, XE_USAGE,
			       "only files and chunks can be mounted, for they are read in any order; extract reads all others");
	}
	return 0;
}

static int open_index(struct request *q, struct err *e)
{
	enum fileindex_access access = q->path_count > 0 ? FILEINDEX_WRITE : FILEINDEX_READ;
	q->x = fileindex_open(q->index, access, q->run.run.max_memory / 4, e);
	if (q->x == NULL)
		return e->code;
	/* An index that stays knows nothing that only one with a key may see. */
	q->run.pki = q->index == NULL ? &q->pki : NULL;
	return q->path_count > 0 ? indexrun_update(&q->run, q->x, q->paths, q->path_count, e) : 0;
}

static int open_view(struct request *q, struct err *e)
{
	const struct view_options vo = {.index = q->x, .max_memory = q->run.run.max_memory, .tell = tell};
	q->view = view_new(&vo, e);
	if (q->view == NULL)
		return e->code;
	if (view_jobs(q->view) == 0)
		return err_set(e, XE_FAILED, "there is no job on %s", q->path_count > 0 ? "these volumes" : "the volumes of this index");
	const struct cipher_options co = {.read = q->run.run.cipher.read};
	q->cipher = cipher_new(&co);
	q->sessions = q->pki.opened ? pkisessions_new(q->pki.opened) : NULL;
	bool ready = q->cipher && (q->sessions || q->pki.opened == NULL);
	const struct openfiles_options oo = {.view = q->view, .keys = cipher_keys(q->cipher), .sessions = q->sessions, .tell = tell};
	q->files = ready ? openfiles_new(&oo) : NULL;
	return q->files ? 0 : err_memory(e, 0, "files");
}

/* ---- the run ---- */

static struct filesystem *volatile mounted;

static void stop(void)
{
	if (mounted)
		filesystem_stop(mounted);
}

/* Until somebody unmounts it, or a signal comes.  status: to exit with, so far. */
static int serve(struct request *q, int *status, struct err *e)
{
	const struct filesystem_options fo = {
		.folder = q->folder,
		.view = q->view,
		.files = q->files,
		.allow_other = q->allow_other,
		.threads = q->run.run.threads,
		.tell = tell,
	};
	quit_gently(stop);
	struct filesystem *fs = filesystem_mount(&fo, e);
	if (fs == NULL)
		return e->code;
	mounted = fs;
	*status = q->run.damages > 0 ? 3 : 0;
	if (q->background.ready >= 0) {
		openlog("xflate", LOG_PID, LOG_DAEMON);
		silent = true;
	}
	background_ready(&q->background, *status);
	int rc = quit_asked() ? 0 : filesystem_serve(fs, e);
	mounted = NULL;
	filesystem_unmount(fs);
	return rc;
}

static int mount_all(struct request *q)
{
	struct err e = {0};
	int status = 0;
	int rc = filesystem_check(&e);
	if (rc == 0)
		rc = check_folder(q->folder, &e);
	if (rc == 0)
		rc = check_volumes(q, &e);
	if (rc == 0)
		rc = keyoptions_open(&q->keys, &e);
	if (rc == 0)
		rc = pkioptions_open(&q->pki, &e);
	q->run.run.cipher.read = keyoptions_given(&q->keys) ? &q->keys.read : NULL;
	if (rc == 0)
		rc = open_index(q, &e);
	if (rc == 0)
		rc = open_view(q, &e);
	if (rc == 0)
		rc = serve(q, &status, &e);
	openfiles_free(q->files);
	view_free(q->view);
	fileindex_free(q->x);
	cipher_free(q->cipher);
	pkisessions_free(q->sessions);
	pkioptions_close(&q->pki);
	keyoptions_close(&q->keys);
	if (rc != 0 && silent)
		syslog(LOG_ERR, "%s: %s", q->folder, e.text);
	return rc != 0 ? msg_fail(&e) : status;
}

static int run(struct request *q)
{
	struct err e = {0};
	int status = 0;
	int child = q->foreground ? 1 : background_fork(&q->background, &status, &e);
	if (child < 0)
		return msg_fail(&e);
	if (child == 0)
		return status;
	status = mount_all(q);
	if (quit_asked())
		quit_by(quit_asked());
	return status;
}

static int check(const struct request *q)
{
	if (q->folder == NULL)
		return msg_usage("mount", "say where to: an empty folder, as the last operand");
	if (q->path_count == 0 && q->index == NULL)
		return msg_usage("mount", "no volume named, and no index with --index");
	int status = keyoptions_check(&q->keys, "mount");
	if (status == 0)
		status = keyoptions_check_inputs(&q->keys, "mount", q->paths, q->path_count);
	return status != 0 ? status : pkioptions_check(&q->pki, "mount", q->paths, q->path_count, NULL, q->keys.key);
}

/* The last one is the folder.  The working folder may go, or be another one for who looks into the index. */
static int take_operands(struct request *q, const struct operands *rest)
{
	q->path_count = rest->count > 0 ? rest->count - 1 : 0;
	q->folder = rest->count > 0 ? rest->names[q->path_count] : NULL;
	q->paths = calloc(q->path_count + 1, sizeof *q->paths);
	struct err e = {0};
	if (q->paths == NULL)
		return err_memory(&e, 0, "the arguments"), msg_fail(&e);
	for (size_t i = 0; i < q->path_count; i++) {
		char *whole = strcmp(rest->names[i], "-") == 0 ? NULL : realpath(rest->names[i], NULL);
		q->paths[i] = whole ? whole : strdup(rest->names[i]);
	}
	return 0;
}

static void free_operands(struct request *q)
{
	for (size_t i = 0; q->paths && i < q->path_count; i++)
		free((char *)(uintptr_t)q->paths[i]);
	free(q->paths);
}

static int cmd_mount(int argc, char **argv)
{
	struct request q = {.run.run = {.threads = command_processors(), .max_memory = MEMORY_BYTES}, .background = BACKGROUND_NONE};
	struct operands rest;
	int status;
	if (!options_parse(&command_mount, argc, argv, &q, &rest, &status))
		return status;
	status = take_operands(&q, &rest);
	if (status == 0)
		status = check(&q);
	if (status == 0)
		status = run(&q);
	free_operands(&q);
	return status;
}

const struct command command_mount = {
	.name = "mount",
	.path = "mount",
	.summary = "the files of volumes as a file system",
	.help = "Usage: xflate mount [OPTIONS] VOLUME... FOLDER\n"
		"       xflate mount [OPTIONS] --index DB [VOLUME...] FOLDER\n"
		"\n"
		"All files of all jobs, to read: FOLDER/JOB/... by the unique names of jobs, and\n"
		"FOLDER/by-time/CLIENT/FILESET/TIME/..., the state after each of them.  A file is\n"
		"read where it lies, when somebody reads it.  What is damaged ends in an\n"
		"input/output error there, and is told.  Take it away with fusermount3 -u FOLDER,\n"
		"umount, or SIGTERM.\n"
		"\n"
		"      --index DB       what is in this index (as find has it); VOLUMEs are read\n"
		"                       into it first.  Without it, all VOLUMEs are read once\n"
		"  -f, --foreground     stay in the foreground, problems to standard error; else\n"
		"                       to the log of the system, once it is mounted\n"
		"      --allow-other    others than you may look into it, too, as far as owners,\n"
		"                       modes and access lists of the files let them\n"
		"      --all-digests    count every kind of digest of large files\n"
		"  -T, --threads N      workers, 0: one a processor (the default)\n"
		"      --max-memory BYTES\n"
		"                       for names, and what waits while volumes are read\n"
		"                       (default: 1G)\n"
		"      --progress auto|never|always|json\n"
		"      --key SOURCE, --key-dir DIR, --key-config FILE, --key-command CMD\n"
		"                       opens encrypted volumes, as with filter\n"
		"      --pki-key SOURCE, --pki-cert SOURCE, --pki-passphrase SOURCE\n"
		"                       decrypts what clients encrypted, and checks what\n"
		"                       they signed, as with extract\n"
		"  -q, --quiet          no notes; -qq: no problems on standard error either\n"
		"\n"
		"Exit status: 0 mounted; 3 mounted, and damage was found on the volumes;\n"
		"1 failed; 2 wrong usage; 4 encrypted, and there is no key.\n",
	.run = cmd_mount,
	.options = rows,
};
